package withdraw_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type behaviour string

const (
	pays        behaviour = "takes it, then pays"
	paysAtOnce  behaviour = "pays at once"
	rejects     behaviour = "takes it, then rejects"
	declines    behaviour = "declines"
	dropsAfter  behaviour = "takes it and drops the answer, then pays"
	dropsBefore behaviour = "drops the request"
	refuses     behaviour = "refuses the connection"
)

var behaviours = []behaviour{pays, paysAtOnce, rejects, declines, dropsAfter, dropsBefore, refuses}

// bank is a provider with books. It has no idempotency: every order is an order.
type bank struct {
	clock *crashtest.Clock
	does  behaviour
	fee   decimal.NullDecimal // what it takes, where it is not the quote

	mu     sync.Mutex
	orders map[string]*bankOrder
	paid   decimal.Decimal // totals
	pays   int
}

type bankOrder struct {
	ref     string
	arrived int
	state   ports.Outcome
	becomes ports.Outcome
	settles time.Time
	order   ports.PayoutOrder
}

func (b *bank) Name() string                  { return "bank" }
func (b *bank) Lane(ports.PayoutOrder) string { return "bank:account" }

func (b *bank) Prepare(context.Context, ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	return []byte("evidence"), nil
}

func (b *bank) Disburse(_ context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if string(order.Evidence) != "evidence" || order.Transmissions == 0 {
		panic("the order was sent before it was written down")
	}
	switch b.does { //nolint:exhaustive // the others arrive
	case refuses:
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "connection refused"}}
	case dropsBefore:
		return ports.PayoutAnswer{}
	}
	o := b.orders[order.OperationID]
	if o == nil {
		o = &bankOrder{ref: fmt.Sprint("w-", len(b.orders)+1)}
		b.orders[order.OperationID] = o
	}
	o.arrived++
	o.order = order
	o.state, o.settles = ports.OutcomePending, b.clock.Now().Add(3*time.Hour)
	switch b.does { //nolint:exhaustive // the others are above
	case rejects:
		o.becomes = ports.OutcomeDeclined
	case declines:
		o.state = ports.OutcomeDeclined
	case paysAtOnce:
		b.pay(o)
	default:
		o.becomes = ports.OutcomeApproved
	}
	if b.does == dropsAfter {
		return ports.PayoutAnswer{}
	}
	return b.answer(o)
}

func (b *bank) pay(o *bankOrder) {
	o.state = ports.OutcomeApproved
	b.pays++
	b.paid = b.paid.Add(o.order.Total)
}

func (b *bank) answer(o *bankOrder) ports.PayoutAnswer {
	answer := ports.PayoutAnswer{Answer: ports.Answer{Outcome: o.state, ProviderRef: o.ref}, Status: "PENDING", Fee: b.fee}
	if o.state == ports.OutcomeApproved {
		answer.TransactionID, answer.TransactedAt = "tx-1", b.clock.Now()
	}
	return answer
}

func (b *bank) Inquire(_ context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.orders[order.OperationID]
	if o == nil {
		if b.clock.Now().Sub(order.SentAt) < 30*time.Minute {
			return ports.PayoutAnswer{Answer: ports.Answer{InquireAfter: 10 * time.Minute}}
		}
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "no trace of it"}}
	}
	if o.state == ports.OutcomePending && !b.clock.Now().Before(o.settles) {
		if o.state = o.becomes; o.state == ports.OutcomeApproved {
			b.pay(o)
		}
	}
	return b.answer(o)
}

// world is a store, a clock and a provider, in which processes come and go.
type world struct {
	store     ports.Store
	clock     *crashtest.Clock
	disburser ports.Disburser
	approvals int
	lenient   func(*withdraw.Route) // changes the route; nil: nothing
	sealer    ports.Sealer
	notifier  ports.Notifier
}

func newWorld(t *testing.T, does behaviour, approvals int) (*world, *bank) {
	t.Helper()
	clock := crashtest.NewClock()
	b := &bank{clock: clock, does: does, orders: make(map[string]*bankOrder)}
	w := &world{store: memory.New(), clock: clock, disburser: b, approvals: approvals}
	_, l := w.process(t, crashtest.Immortal())
	_, err := l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "in", Amount: won(50_000)})
	require.NoError(t, err)
	return w, b
}

func (w *world) process(t *testing.T, life *crashtest.Life) (*withdraw.Service, *ledger.Ledger) {
	t.Helper()
	store := crashtest.Store{Store: w.store, Life: life}
	wallets := ordertest.Ledger(t, store, w.clock)
	route := withdraw.Route{Disburser: ordertest.MortalDisburser{Disburser: w.disburser, Life: life}, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: w.approvals}
	if w.lenient != nil {
		w.lenient(&route)
	}
	recharges, err := recharge.New(store, wallets, recharge.Config{Clock: w.clock})
	require.NoError(t, err)
	auto, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{Clock: w.clock})
	require.NoError(t, err)
	s, err := withdraw.New(store, wallets, withdraw.Config{Clock: w.clock, Sealer: w.sealer, Notifier: w.notifier, Guard: auto}, route)
	require.NoError(t, err)
	return s, wallets
}

func payOut(key string) withdraw.Request {
	return withdraw.Request{WalletID: "w", Key: key, Disburser: "bank", Total: won(20_000), Who: "customer"}
}

func mustRequest(t *testing.T, s *withdraw.Service, key string) *ports.Withdrawal {
	t.Helper()
	op, err := s.Request(t.Context(), payOut(key))
	require.NoError(t, err)
	return op
}

// rest lets a worker run until nothing is due any more, or for three days.
func (w *world) rest(t *testing.T, s *withdraw.Service) {
	t.Helper()
	for range 3 * 24 * 60 {
		_, err := s.Follow(t.Context(), 100)
		require.NoError(t, err)
		open, err := s.List(t.Context(), withdraw.Listing{Open: true})
		require.NoError(t, err)
		if len(open) == 0 || open[0].DueAt.IsZero() {
			return
		}
		w.clock.Advance(time.Minute)
	}
	t.Fatal("a withdrawal never ends")
}

// follow lets a worker follow what is due an hour later.
func (w *world) follow(t *testing.T, s *withdraw.Service) {
	t.Helper()
	ordertest.Follow(t, w.clock, s)
}

// resend asks for the order again.
func resend() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} }

// Send is Disburse: an odd provider sends through the bank.
func (b *bank) Send(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	return b.Disburse(ctx, order)
}
