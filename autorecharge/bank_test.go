package autorecharge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

func optional(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }

// cards is a Charger of cards that answer as they are told.
type cards struct {
	mu      sync.Mutex
	answers map[string]ports.ChargeAnswer // by payment method
	charges []ports.ChargeOrder           // all that arrived
	charged map[string]decimal.Decimal    // by wallet, what moved
	orders  map[string]bool               // that moved money
	set     ports.Delegation
	lane    string
	before  func(ports.ChargeOrder) // each charge
	refusal *ports.ChargeAnswer     // of each order, while it is prepared
}

func newCards() *cards {
	return &cards{answers: make(map[string]ports.ChargeAnswer), charged: make(map[string]decimal.Decimal), orders: make(map[string]bool)}
}

func (c *cards) Name() string                  { return "cards" }
func (c *cards) Lane(ports.ChargeOrder) string { return c.lane }
func (c *cards) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, c.refusal
}

func (c *cards) answer(card string, answer ports.ChargeAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[card] = answer
}

func (c *cards) Charge(_ context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	if c.before != nil {
		c.before(o)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.charges = append(c.charges, o)
	answer, known := c.answers[o.PaymentMethod]
	if !known {
		answer = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
	}
	if answer.Outcome == ports.OutcomeApproved {
		moved := o.Amount
		if answer.Amount.Valid {
			moved = answer.Amount.Decimal
		}
		c.charged[o.WalletID] = c.charged[o.WalletID].Add(moved)
		c.orders[o.OperationID] = true
	}
	return answer
}

func (c *cards) Inquire(_ context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orders[o.OperationID] {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
	}
	return c.answers["inquiry of "+o.PaymentMethod]
}

func (c *cards) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.charges)
}

// used lists the cards that were charged, in order.
func (c *cards) used() (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.charges {
		ids = append(ids, o.PaymentMethod)
	}
	return ids
}

// events collects what the host is told.
type events struct {
	mu    sync.Mutex
	names []string
	saw   func(ports.Event)
}

func (e *events) Notify(_ context.Context, event ports.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := event.EventName()
	if alert, ok := event.(ports.AlertEvent); ok {
		name = fmt.Sprintf("alert %s", alert.Level)
	}
	if e.saw != nil {
		e.saw(event)
	}
	if !strings.HasPrefix(name, "recharge.") {
		e.names = append(e.names, name)
	}
}

func (e *events) list() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.names)
}

// world is a store and cards, in which processes come and go.
type world struct {
	t      *testing.T
	store  ports.Store
	clock  *crashtest.Clock
	cards  *cards
	events *events
	limits ledger.Limits // of all wallets
	*process
}

type process struct {
	wallets   *ledger.Ledger
	recharges *recharge.Service
	engine    *autorecharge.Engine
	worker    *worker.Worker
	trigger   *autorecharge.Trigger
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: memory.New(), clock: crashtest.NewClock(), cards: newCards(), events: &events{}}
	w.process = w.start(crashtest.Immortal(), false)
	w.open("w", 10_000)
	return w
}

// start starts a process; with a trigger it acts right after each debit, without one
// only in its steps.
func (w *world) start(life *crashtest.Life, triggered bool) *process {
	w.t.Helper()
	return w.startWith(life, triggered, w.cards)
}

func (w *world) startWith(life *crashtest.Life, triggered bool, charger ports.Charger) *process {
	w.t.Helper()
	store := crashtest.Store{Store: w.store, Life: life}
	p := &process{trigger: autorecharge.NewTrigger()}
	config := ledger.Config{Clock: w.clock, Limits: func(*ports.Wallet) ledger.Limits { return w.limits }}
	if triggered {
		config.Observer = p.trigger
	}
	var err error
	p.wallets, err = ledger.New(store, config)
	require.NoError(w.t, err)
	p.recharges, err = recharge.New(store, p.wallets, recharge.Config{Clock: w.clock}, charger)
	require.NoError(w.t, err)
	p.engine, err = autorecharge.New(store, p.wallets, p.recharges, autorecharge.Config{Clock: w.clock, Trigger: p.trigger, Notifier: w.events})
	require.NoError(w.t, err)
	p.worker, err = worker.New(worker.Config{Batch: 10_000}, append(p.recharges.Jobs(), p.engine.Jobs()...)...)
	require.NoError(w.t, err)
	return p
}

func (w *world) open(id string, cash int64) {
	w.t.Helper()
	_, err := w.wallets.Open(w.t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
	require.NoError(w.t, err)
	w.deposit(id, cash)
}

func (w *world) deposit(id string, cash int64) {
	w.t.Helper()
	_, err := w.wallets.Credit(w.t.Context(), ledger.CreditRequest{WalletID: id, Key: ports.RandomIDs().NewID(), Amount: won(cash)})
	require.NoError(w.t, err)
}

// kim is the person of the tests, with a reason.
func kim(why string) ports.By { return ports.By{Who: "kim", Why: why} }

// acting is an act on the policy of a wallet.
func acting(id string, by ports.By) autorecharge.Act { return autorecharge.Act{WalletID: id, By: by} }

// setting gives a wallet terms.
func setting(id string, terms ports.PolicyTerms) autorecharge.SetRequest {
	return autorecharge.SetRequest{WalletID: id, Terms: terms, By: kim("asked")}
}

func (w *world) spend(cash int64) {
	w.t.Helper()
	w.take("w", cash)
}

func (w *world) take(id string, cash int64) {
	w.t.Helper()
	_, err := w.wallets.Deduct(w.t.Context(), ledger.DeductRequest{WalletID: id, Key: ports.RandomIDs().NewID(), Amount: won(cash)})
	require.NoError(w.t, err)
}

func (w *world) step() {
	w.t.Helper()
	require.NoError(w.t, w.worker.Step(w.t.Context()).Err())
}

func (w *world) balance() decimal.Decimal {
	w.t.Helper()
	wallet, err := w.wallets.Wallet(w.t.Context(), "w")
	require.NoError(w.t, err)
	return wallet.Balance
}

func (w *world) set(terms ports.PolicyTerms) {
	w.t.Helper()
	_, err := w.engine.Set(w.t.Context(), setting("w", terms))
	require.NoError(w.t, err)
	w.step()
}

func (w *world) policy() *policy {
	w.t.Helper()
	p, err := w.engine.Get(w.t.Context(), "w")
	require.NoError(w.t, err)
	return stateful(p)
}

// policy is a policy with its state.
type policy struct {
	ports.Policy
	State autorecharge.State
}

// stateful returns a policy with its state.
func stateful(op ports.Operation) *policy {
	record := op.(*ports.Policy).Clone().(*ports.Policy)
	state, err := autorecharge.StateOf(record)
	if err != nil {
		panic(err)
	}
	return &policy{*record, state}
}

// record returns the policy as it is stored.
func (p *policy) record() *ports.Policy {
	record := p.Policy
	state, err := json.Marshal(p.State)
	if err != nil {
		panic(err)
	}
	record.State = state
	return &record
}

// stored returns the policy as the store has it, without what the engine adds on reading.
func (w *world) stored() *policy {
	w.t.Helper()
	found, err := w.store.Operations(w.t.Context(), []string{w.policy().ID})
	require.NoError(w.t, err)
	return stateful(found[0])
}

// usual is the policy of SOLAPI's sample: 1,000 and 100,000, with two cards.
func usual() ports.PolicyTerms {
	return ports.PolicyTerms{
		Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "first"}, {Charger: "cards", ID: "second"}},
		MinimumCash: won(1_000), RechargeTo: won(100_000),
	}
}

func declined(next bool) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "402"}, NextMethod: next}
}

const minute = time.Minute
