package toss_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// TestMain has more tests run at the same time than there are processors: most of them wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = parallel.Value.Set("6")
	}
	os.Exit(m.Run())
}

const (
	unknown  = ports.OutcomeUnknown
	approved = ports.OutcomeApproved
	declined = ports.OutcomeDeclined
	pending  = ports.OutcomePending
	notSent  = ports.OutcomeNotSent
	fault    = ports.OutcomeFault
)

// start is Monday noon in Korea.
var start = time.Date(2026, 3, 16, 3, 0, 0, 0, time.UTC)

func won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }

// world is a simulated provider with one card, and a client of it that needs no network. The clock
// stands still until a test moves it.
type world struct {
	*require.Assertions
	t      *testing.T
	clock  *tosstest.Clock
	theirs *skewed // the provider's clock
	sim    *tosstest.Simulator
	card   *tosstest.Card
	cards  map[string]*tosstest.Card // by payment method
	client *toss.Client
	made   *atomic.Int64
}

// skewed is a clock that differs from another.
type skewed struct {
	ports.Clock
	by atomic.Int64
}

func (c *skewed) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.by.Load())) }

func setup(t *testing.T) *world {
	t.Helper()
	return setupWith(t, tosstest.Config{Seed: 7})
}

func setupWith(t *testing.T, config tosstest.Config) *world {
	t.Helper()
	clock := tosstest.NewClock(start)
	w := &world{Assertions: require.New(t), t: t, clock: clock, theirs: &skewed{Clock: clock}, made: new(atomic.Int64)}
	config.Clock = w.theirs
	w.sim = tosstest.New(config)
	w.card = w.sim.NewCard(tosstest.CardConfig{})
	w.cards = map[string]*tosstest.Card{"card-1": w.card, "card-2": w.sim.NewCard(tosstest.CardConfig{})}
	w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{})
	return w
}

// newClient returns a client with a key, which asks the simulator in memory unless config says
// otherwise.
func (w *world) newClient(secret string, config toss.Config) *toss.Client {
	w.t.Helper()
	key, err := toss.NewSecretKey(secret)
	w.NoError(err)
	if config.BaseURL == "" {
		config.BaseURL = "https://toss.test"
	}
	if config.HTTPClient == nil {
		config.HTTPClient = &http.Client{Transport: w.sim.Transport()}
	}
	if config.Clock == nil {
		config.Clock = w.clock
	}
	client, err := toss.New(key, config)
	w.NoError(err)
	return client
}

// lookUp is the host's resolver of cards.
func (w *world) lookUp(_ context.Context, method string) (toss.BillingKey, error) {
	card := w.cards[method]
	if card == nil {
		return toss.BillingKey{}, ports.ErrNotFound
	}
	return toss.NewBillingKey(card.BillingKey(), card.CustomerKey()), nil
}

func (w *world) billing() *toss.BillingCharger {
	w.t.Helper()
	charger, err := toss.NewBillingCharger(w.client, "main", toss.BillingConfig{Card: w.lookUp})
	w.NoError(err)
	return charger
}

const refundNumber = "110222333444"

func refundAccount(context.Context, ports.CancelOrder) (toss.RefundAccount, error) {
	return toss.RefundAccount{Bank: "20", Number: refundNumber, Holder: "홍길동"}, nil
}

func (w *world) windows() *toss.WindowCharger {
	w.t.Helper()
	charger, err := toss.NewWindowCharger(w.client, "main", toss.WindowConfig{RefundAccount: refundAccount})
	w.NoError(err)
	return charger
}

func customer(context.Context, ports.ChargeOrder) (string, error) { return "홍길동", nil }

func (w *world) accounts() *toss.AccountCharger {
	w.t.Helper()
	charger, err := toss.NewAccountCharger(w.client, "main", toss.AccountConfig{Customer: customer, RefundAccount: refundAccount})
	w.NoError(err)
	return charger
}

// newOrder is an order as it is before Prepare.
func (w *world) newOrder(method string) ports.ChargeOrder {
	return ports.ChargeOrder{
		OperationID: fmt.Sprintf("operation-%d", w.made.Add(1)), WalletID: "w", PaymentMethod: method,
		Amount: won(30_000), Currency: "KRW", RequestedAt: w.clock.Now(),
	}
}

// prepared is an order that is prepared, written down as sent just now, and not sent.
func (w *world) prepared(charger ports.Charger, order ports.ChargeOrder) ports.ChargeOrder {
	w.t.Helper()
	evidence, refusal := charger.Prepare(w.t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

// confirmable is an order of a window that the customer agreed to.
func (w *world) confirmable(method tosstest.Method) ports.ChargeOrder {
	w.t.Helper()
	charger, order := w.windows(), w.newOrder("")
	evidence, refusal := charger.PrepareConfirm(w.t.Context(), order, w.pay(order, order.Amount, method))
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

// pay has the customer agree in a window, and returns the query of the successUrl.
func (w *world) pay(order ports.ChargeOrder, amount decimal.Decimal, method tosstest.Method) string {
	w.t.Helper()
	id := "jgw-" + order.OperationID
	if await, err := w.windows().Await(order, nil); err == nil {
		id = await.Shown[toss.ShownOrderID]
	}
	return w.sim.Authenticate(w.sim.OpenWindow(id, amount, method))
}

// send sends an order, and takes the answer through its stored form.
func (w *world) send(charger ports.Charger, order *ports.ChargeOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Last = w.stored(charger.Charge(w.t.Context(), *order))
	return order.Last
}

// resend sends an order again, as the core does after an answer that says so.
func (w *world) resend(charger ports.Charger, order *ports.ChargeOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Transmissions++
	order.ResentAt = w.clock.Now()
	return w.send(charger, order)
}

// inquire asks, and takes the answer through its stored form.
func (w *world) inquire(charger ports.Charger, order *ports.ChargeOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Inquiries++
	order.Last = w.stored(charger.Inquire(w.t.Context(), *order))
	return order.Last
}

func (w *world) stored(answer ports.ChargeAnswer) ports.ChargeAnswer {
	w.t.Helper()
	data, err := json.Marshal(answer)
	w.NoError(err)
	var back ports.ChargeAnswer
	w.NoError(json.Unmarshal(data, &back))
	return back
}

// executed counts the charges that moved money and were not given back.
func (w *world) executed() int {
	count := 0
	for _, p := range w.sim.Books().Payments {
		if !p.Outside && (p.Status == "DONE" || p.Status == "PARTIAL_CANCELED") {
			count++
		}
	}
	return count
}

// executions counts how often the money of an order moved.
func (w *world) executions(order ports.ChargeOrder) int {
	count := 0
	for _, p := range w.sim.Books().Payments {
		if strings.HasSuffix(p.OrderID, "-"+order.OperationID) {
			count += p.Executions
		}
	}
	return count
}

func amountOf(amount int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(amount)) }
