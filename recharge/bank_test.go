package recharge_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

// behaviour is what a provider does with an order.
type behaviour string

const (
	approves      behaviour = "approves"
	declines      behaviour = "declines"
	pendsApproves behaviour = "pending, then approves"
	pendsDeclines behaviour = "pending, then declines"
	dropsAfter    behaviour = "approves and drops the answer"
	dropsBefore   behaviour = "drops the request"
	failsBefore   behaviour = "500 before the effect"
	failsAfter    behaviour = "500 after the effect"
	refuses       behaviour = "refuses the connection"
)

var behaviours = []behaviour{
	approves, declines, pendsApproves, pendsDeclines, dropsAfter, dropsBefore, failsBefore, failsAfter, refuses,
}

// bank is a provider with books: the truth that the ledger is compared with. Like
// SOLAPI it has no idempotency: every order that arrives is an order.
type bank struct {
	clock *crashtest.Clock
	does  behaviour

	mu       sync.Mutex
	orders   map[string]*bankOrder
	charges  int             // that moved money
	charged  decimal.Decimal // in all
	canceled decimal.Decimal
}

type bankOrder struct {
	ref     string
	arrived int // how often
	charges int
	state   ports.Outcome // pending, approved or declined
	settles time.Time     // when a pending one is decided
	becomes ports.Outcome
	amount  decimal.Decimal
}

var (
	_ ports.Charger  = (*bank)(nil)
	_ ports.Canceler = (*bank)(nil)
)

func (b *bank) Name() string                  { return "bank" }
func (b *bank) Lane(ports.ChargeOrder) string { return "bank:account" }
func (b *bank) settle(o *bankOrder) *bankOrder {
	if o.state == ports.OutcomePending && !b.clock.Now().Before(o.settles) {
		o.state = o.becomes
		if o.state == ports.OutcomeApproved {
			b.charge(o)
		}
	}
	return o
}

func (b *bank) charge(o *bankOrder) {
	o.state = ports.OutcomeApproved
	o.charges++
	b.charges++
	b.charged = b.charged.Add(o.amount)
}

func (b *bank) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return []byte("evidence"), nil
}

// Send is Charge: an odd provider sends through the bank.
func (b *bank) Send(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return b.Charge(ctx, order)
}

func (b *bank) Charge(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if string(order.Evidence) != "evidence" || order.Transmissions == 0 || order.SentAt.IsZero() {
		panic("the order was sent before it was written down")
	}
	switch b.does { //nolint:exhaustive // the others arrive
	case refuses:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "connection refused"}}
	case dropsBefore, failsBefore:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Message: "no answer"}}
	}
	o := b.orders[order.OperationID]
	if o == nil {
		o = &bankOrder{amount: order.Amount, ref: "tx " + order.OperationID}
		b.orders[order.OperationID] = o
	}
	o.arrived++
	switch b.does { //nolint:exhaustive // the others are above
	case declines:
		o.state = ports.OutcomeDeclined
	case pendsApproves, pendsDeclines:
		o.state, o.becomes = ports.OutcomePending, ports.OutcomeApproved
		if b.does == pendsDeclines {
			o.becomes = ports.OutcomeDeclined
		}
		o.settles = b.clock.Now().Add(12 * time.Minute)
	default:
		b.charge(o)
	}
	if b.does == dropsAfter || b.does == failsAfter {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Message: "no answer"}}
	}
	return b.answer(o)
}

func (b *bank) answer(o *bankOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: o.state, ProviderRef: o.ref, Code: "code"}, Amount: decimal.NewNullDecimal(o.amount)}
}

func (b *bank) Inquire(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o := b.orders[order.OperationID]; o != nil {
		return b.answer(b.settle(o))
	}
	if b.clock.Now().Sub(order.SentAt) < 30*time.Minute { // it may still be under way
		return ports.ChargeAnswer{Answer: ports.Answer{InquireAfter: 10 * time.Minute}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "no trace of it"}}
}

func (b *bank) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (b *bank) Cancel(_ context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if order.Transmissions == 0 || order.SentAt.IsZero() {
		panic("the cancellation was sent before it was written down")
	}
	o := &bankOrder{amount: order.Amount}
	b.orders[order.CancelID] = o
	o.arrived++
	switch b.does { //nolint:exhaustive // what a cancellation can do
	case refuses:
		delete(b.orders, order.CancelID)
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	case dropsBefore:
		delete(b.orders, order.CancelID)
		return ports.ChargeAnswer{}
	case declines:
		o.state = ports.OutcomeDeclined
	case pendsDeclines:
		o.state, o.becomes, o.settles = ports.OutcomePending, ports.OutcomeDeclined, b.clock.Now().Add(time.Minute)
	case pendsApproves:
		o.state, o.becomes, o.settles = ports.OutcomePending, ports.OutcomeApproved, b.clock.Now().Add(time.Minute)
	default:
		o.state = ports.OutcomeApproved
	}
	if o.state == ports.OutcomeApproved {
		b.canceled = b.canceled.Add(o.amount)
	}
	if b.does == dropsAfter {
		return ports.ChargeAnswer{}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: o.state}}
}

func (b *bank) InquireCancel(_ context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orders[order.CancelID]
	if o == nil {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	if o.state == ports.OutcomePending && !b.clock.Now().Before(o.settles) {
		if o.state = o.becomes; o.state == ports.OutcomeApproved {
			b.canceled = b.canceled.Add(o.amount)
		}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: o.state}}
}

// parting is a bank that takes back parts, but none of 7.
type parting struct{ *bank }

func (parting) CheckPart(order ports.CancelOrder) error {
	if order.Amount.Equal(won(7)) {
		return ports.Invalid("Amount", "is one that the bank does not give back")
	}
	return nil
}

// Unwrap returns the bank.
func (p parting) Unwrap() ports.Charger { return p.bank }

// world is a store, a clock and a provider, in which processes come and go.
type world struct {
	store   ports.Store
	clock   *crashtest.Clock
	charger ports.Charger
	limits  ledger.Limits // of all wallets; processes that were started know them
}

func newWorld(t *testing.T, does behaviour) (*world, *bank) {
	t.Helper()
	clock := crashtest.NewClock()
	b := &bank{clock: clock, does: does, orders: make(map[string]*bankOrder)}
	w := &world{store: memory.New(), clock: clock, charger: b}
	_, l := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, l, "w")
	return w, b
}

// process starts a process over the store.
func (w *world) process(t *testing.T, l *crashtest.Life, notifier ports.Notifier) (*recharge.Service, *ledger.Ledger) {
	t.Helper()
	store := crashtest.Store{Store: w.store, Life: l}
	wallets, err := ledger.New(store, ledger.Config{Clock: w.clock, Limits: func(*ports.Wallet) ledger.Limits { return w.limits }})
	require.NoError(t, err)
	var charger ports.Charger = ordertest.MortalCharger{Charger: w.charger, Life: l}
	if parts, can := w.charger.(ports.PartCanceler); can {
		charger = ordertest.MortalCanceler{MortalCharger: ordertest.MortalCharger{Charger: w.charger, Life: l}, Canceler: parts}
	}
	if l.Forever() {
		charger = w.charger // with its optional interfaces
	}
	s, err := recharge.New(store, wallets, recharge.Config{Clock: w.clock, Notifier: notifier}, charger)
	require.NoError(t, err)
	return s, wallets
}

func topUp(key string) recharge.Request {
	return recharge.Request{WalletID: "w", Key: key, Charger: "bank", PaymentMethod: "card", Amount: won(10_000)}
}

// follow lets a worker follow what is due an hour later.
func (w *world) follow(t *testing.T, s *recharge.Service) {
	t.Helper()
	ordertest.Follow(t, w.clock, s)
}

// rest lets a worker run until nothing is open, or for two days.
func (w *world) rest(t *testing.T, s *recharge.Service) {
	t.Helper()
	for range 2 * 24 * 60 {
		for _, job := range s.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		open, err := w.store.FindOperations(t.Context(), ports.OperationFilter{Open: true, Limit: 1})
		require.NoError(t, err)
		due, err := w.store.FindOperations(t.Context(), ports.OperationFilter{DueBy: w.clock.Now().Add(24 * time.Hour), Limit: 1})
		require.NoError(t, err)
		if len(open) == 0 && len(due) == 0 || len(open) > 0 && open[0].StatusText() == string(ports.RechargeReview) {
			return
		}
		w.clock.Advance(time.Minute)
	}
	t.Fatal("an operation never ends")
}

func mustRecharge(t *testing.T, s *recharge.Service, key string) *ports.Recharge {
	t.Helper()
	op, err := s.Recharge(t.Context(), topUp(key))
	require.NoError(t, err)
	return op
}

// resend asks for the order again.
func resend() ports.ChargeAnswer { return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}} }
