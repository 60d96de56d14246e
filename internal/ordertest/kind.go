package ordertest

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Kind describes the orders of one kind, and what a room calls things.
type Kind struct {
	Record  ports.OperationKind // of the orders
	Adapter string              // what the log calls the adapter: "charger"

	// The statuses of the ends. All kinds have the same names for the others.
	Approved, Refused string
	// TakenBack is the status after [Process.TakeBack]. Blank: the kind has none.
	TakenBack string

	// What wallet "w" has while the order is open, and after it ended.
	Open, WhenApproved, WhenRefused int64

	// Figure is what the log calls the figure of an answer. Blank: the kind books none.
	Figure string
	// Ordered is the figure that is booked when the provider reports none.
	Ordered int64
	// Required says that a person who approves must name the figure if the provider reported
	// another than was ordered. Otherwise the reported one is booked.
	Required bool

	Commits      int  // how many are made until an order is sent
	NeedsOrder   bool // each order needs another one, which the same adapter approved
	PendingWaits bool // a pending order may be older than ReviewAfter
	Pauses       []time.Duration

	// World returns a store with wallet "w", in which an order can be made.
	World func(t *testing.T) *World
	// Start starts a process over the world.
	Start func(t *testing.T, w *World, providers []*Script) *Process
	// Other returns a record of the kind with the id "other", whose payment is "tx 9", and
	// which a person must decide.
	Other func() ports.Operation
}

// World is what processes of a test share.
type World struct {
	Store    ports.Store
	Clock    *crashtest.Clock
	Log      *crashtest.Log
	Notifier ports.Notifier
}

// Logger returns a logger to the log of the world.
func (w *World) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(w.Log, nil)) }

// Process is one process that runs orders. Functions that a kind does not have are nil.
type Process struct {
	// Order makes an order through a provider, with a key.
	Order   func(ctx context.Context, provider, key string) (ports.Operation, error)
	Get     func(ctx context.Context, id string) (ports.Operation, error)
	Follow  func(ctx context.Context, limit int) (int, error)
	Inquire func(ctx context.Context, act ports.Act) error
	Refuse  func(ctx context.Context, act ports.Act) error
	// Approve approves the order. A figure that is not valid leaves it to the service.
	Approve  func(ctx context.Context, act ports.Act, figure decimal.NullDecimal) error
	TakeBack func(ctx context.Context, act ports.Act) error
	Dispute  func(ctx context.Context, act ports.Act) error
	// Do does an act of a course.
	Do      func(ctx context.Context, as ports.Act, act Act) error
	Jobs    func() []worker.Job
	Wait    func(ctx context.Context) error
	Wallets *ledger.Ledger
}

// Order is what scenarios read of a record.
type Order struct {
	*ports.OperationHead
	Status                   string
	Answer                   ports.Answer
	Transmissions, Inquiries int
	SentAt                   time.Time
	Why                      string
	Others                   []string
	Booked                   decimal.Decimal // the figure that was booked
	Mismatch                 bool            // another figure was booked than was ordered
}

func read[A ports.ChargeAnswer | ports.PayoutAnswer](op ports.Operation, p *ports.Progress[A], common *ports.Answer, booked decimal.Decimal, mismatch bool) Order {
	return Order{
		op.Head(), op.StatusText(), *common, p.Transmissions, p.Inquiries, p.SentAt, p.Why, p.Others, booked, mismatch,
	}
}

// Read returns what scenarios read of a record.
func Read(t *testing.T, op ports.Operation) Order {
	t.Helper()
	switch op := op.(type) {
	case *ports.Recharge:
		return read(op, &op.Progress, &op.Answer.Answer, op.Credited, op.Mismatch)
	case *ports.Cancellation:
		return read(op, &op.Progress, &op.Answer.Answer, op.Amount, false)
	case *ports.Withdrawal:
		return read(op, &op.Progress, &op.Answer.Answer, op.ActualFee.Decimal, op.ActualFee.Valid && !op.ActualFee.Decimal.Equal(op.Fee))
	}
	t.Fatalf("%T is no order", op)
	return Order{}
}

// asBefore makes of a record what an earlier version wrote: without Taken and Others.
func asBefore(op ports.Operation) ports.Operation {
	old := op.Clone()
	old.Head().Version++
	switch old := old.(type) {
	case *ports.Recharge:
		old.Taken, old.Others = false, nil
	case *ports.Cancellation:
		old.Taken, old.Others = false, nil
	case *ports.Withdrawal:
		old.Taken, old.Others = false, nil
	}
	return old
}

// Follower is a service that follows orders.
type Follower interface {
	Follow(ctx context.Context, limit int) (int, error)
}

// Follow lets a worker follow what is due an hour later.
func Follow(t *testing.T, clock *crashtest.Clock, s Follower) {
	t.Helper()
	clock.Advance(time.Hour)
	_, err := s.Follow(t.Context(), 10)
	require.NoError(t, err)
}

// scene is a process over a world of its own, and one order.
type scene struct {
	t       *testing.T
	kind    Kind
	world   *World
	script  *Script
	process *Process
	id      string
	answers []chan Answer // of an order whose transmissions hang
}

// set returns a scene. The process is started by the first order, or by [scene.start].
func (k Kind) set(t *testing.T, script *Script) *scene {
	t.Helper()
	return &scene{t: t, kind: k, world: k.World(t), script: script}
}

func (s *scene) start() *Process {
	s.t.Helper()
	if s.process == nil {
		s.process = s.kind.Start(s.t, s.world, []*Script{s.script})
	}
	return s.process
}

// another starts another process over the world.
func (s *scene) another(script *Script) *scene {
	s.t.Helper()
	other := *s
	other.script, other.process = script, s.kind.Start(s.t, s.world, []*Script{script})
	return &other
}

// order makes the order.
func (s *scene) order() Order {
	s.t.Helper()
	order, err := s.try("k")
	require.NoError(s.t, err)
	return order
}

// try makes an order with a key, which may fail.
func (s *scene) try(key string) (Order, error) {
	s.t.Helper()
	op, err := s.start().Order(s.t.Context(), s.providerName(), key)
	if op == nil {
		return Order{}, err
	}
	order := Read(s.t, op)
	s.id = order.ID
	return order, err
}

func (s *scene) providerName() string {
	if s.script.Name == "" {
		return "bank"
	}
	return s.script.Name
}

func (s *scene) get() Order {
	s.t.Helper()
	op, err := s.start().Get(s.t.Context(), s.id)
	require.NoError(s.t, err)
	return Read(s.t, op)
}

// step lets a worker follow what is due now.
func (s *scene) step() {
	s.t.Helper()
	_, err := s.start().Follow(s.t.Context(), 10)
	require.NoError(s.t, err)
}

// follow lets a worker follow what is due an hour later, and returns the order.
func (s *scene) follow() Order {
	s.t.Helper()
	s.world.Clock.Advance(time.Hour)
	s.step()
	return s.get()
}

func (s *scene) act() ports.Act {
	return ports.Act{ID: s.id, By: ports.By{Who: "kim", Why: "bank statement"}}
}

// refuse lets a person say that the provider did not do as asked.
func (s *scene) refuse() {
	s.t.Helper()
	require.NoError(s.t, s.start().Refuse(s.t.Context(), s.act()))
}

// inquired lets a person have the provider asked, and a worker ask.
func (s *scene) inquired(answer Answer) Order {
	s.t.Helper()
	s.script.Inquire = Always(answer)
	require.NoError(s.t, s.start().Inquire(s.t.Context(), s.act()))
	s.step()
	return s.get()
}

// approveReported lets a person approve without a figure an order for whose payment the provider reported one.
func (s *scene) approveReported(figure int64) {
	s.t.Helper()
	err := s.start().Approve(s.t.Context(), s.act(), decimal.NullDecimal{})
	if s.kind.Required {
		require.ErrorIs(s.t, err, ports.ErrInvalid, "the provider reported %d", figure)
		s.requireBalance(s.kind.Open)
		return
	}
	require.NoError(s.t, err)
	require.Equal(s.t, decimal.New(figure, 0).String(), s.get().Booked.String())
}

func (s *scene) requireBalance(want int64) {
	s.t.Helper()
	wallet, err := s.start().Wallets.Wallet(s.t.Context(), "w")
	require.NoError(s.t, err)
	require.True(s.t, wallet.Balance.Equal(decimal.New(want, 0)), "wallet %s", wallet.Balance)
}

func (s *scene) requireStatus(want string) Order {
	s.t.Helper()
	order := s.get()
	require.Equal(s.t, want, order.Status, "ref %q others %v why %q", order.ProviderRef, order.Others, order.Why)
	return order
}

// requireUndecided asks that a person decides about the order.
func (s *scene) requireUndecided() {
	s.t.Helper()
	order := s.get()
	require.Contains(s.t, []string{"review", "disputed"}, order.Status, "ref %q others %v why %q", order.ProviderRef, order.Others, order.Why)
}

// names is all that the record says of payments.
func (o Order) names() string {
	text := o.ProviderRef + " " + o.Why
	for _, ref := range o.Others {
		text += " " + ref
	}
	return text
}

// hung returns a scene with an order that was sent n times: each transmission hangs until it is
// answered.
func (k Kind) hung(t *testing.T, n int) *scene {
	t.Helper()
	return k.hungOver(t, n, nil)
}

// hungOver is hung over a store that the test wraps.
func (k Kind) hungOver(t *testing.T, n int, wrap func(ports.Store) ports.Store) *scene {
	t.Helper()
	s := k.set(t, &Script{Inquire: Always(Resend())})
	if wrap != nil {
		s.world.Store = wrap(s.world.Store)
	}
	s.answers, s.script.Send = Hang[Answer](t, n)
	s.order()
	for range n - 1 {
		s.follow()
	}
	return s
}

// answer answers a transmission, counted from zero.
func (s *scene) answer(i int, answer Answer) Order {
	s.t.Helper()
	Say(s.answers[i], answer)
	return s.get()
}

// meanwhile answers the first transmission while the provider is inquired, and then the inquiry.
func (s *scene) meanwhile(answer Answer, then string, inquiry Answer) Order {
	s.t.Helper()
	s.script.Inquire = func() Answer {
		require.Equal(s.t, then, s.answer(0, answer).Status)
		return inquiry
	}
	return s.follow()
}

// lost makes another order, which is lost, and whose inquiry finds a payment.
func (s *scene) lost(ref string) Order {
	s.t.Helper()
	other := s.another(&Script{Send: Always(Answer{}), Inquire: Always(Approved(ref))})
	_, err := other.try("lost")
	require.NoError(s.t, err)
	return other.follow()
}

// bubble runs a scenario with a time of its own.
func bubble(t *testing.T, name string, scenario func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, scenario)
	})
}

func won(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.New(n, 0)) }

// count returns how often a list has a name.
func count(list []string, name string) (n int) {
	for _, told := range list {
		if told == name {
			n++
		}
	}
	return n
}

// eventNames returns a notifier that keeps the names of events.
func eventNames() *Told[string] {
	return &Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
}
