package kona_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

const (
	unknown  = ports.OutcomeUnknown
	approved = ports.OutcomeApproved
	declined = ports.OutcomeDeclined
	pending  = ports.OutcomePending
	notSent  = ports.OutcomeNotSent
	fault    = ports.OutcomeFault
)

const (
	chargePath  = "/no-hce"
	cancelPath  = "/no-hce/cancel"
	inquiryPath = "/result/inquiry"
	tokenPath   = "/onetimetoken"
)

// world is a simulated provider with one member, and a client of it that needs no
// network. The clock stands still until a test moves it.
type world struct {
	*require.Assertions
	t      *testing.T
	clock  *konatest.Clock
	theirs *skewed // the provider's clock
	sim    *konatest.Simulator
	member *konatest.Member
	others []*konatest.Member
	client *kona.Client
	codes  map[string]kona.Meaning
	blind  bool // the project's contract does not have the history
	orders int
}

var (
	start   = time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC) // noon in Korea
	simKeys = sync.OnceValue(konatest.NewKeys)
	learned = map[string]kona.Meaning{
		konatest.CodeNoSequence: kona.MeansNoSuchSequence, konatest.CodeMerchant: kona.MeansMerchantError,
		konatest.CodeToken: kona.MeansInvalidToken, konatest.CodeAccountTrouble: kona.MeansAccountTrouble,
	}
)

func won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }

func setup(t *testing.T) *world {
	t.Helper()
	clock := konatest.NewClock(start)
	w := newWorld(t, konatest.Config{Clock: clock, Seed: 7, Keys: simKeys()}, konatest.MemberConfig{Bank: won(1_000_000)})
	w.clock = clock
	return w
}

func newWorld(t *testing.T, config konatest.Config, member konatest.MemberConfig) *world {
	t.Helper()
	ours := config.Clock
	w := &world{Assertions: require.New(t), t: t, codes: learned, theirs: &skewed{Clock: ours}}
	config.Clock = w.theirs
	w.sim = konatest.New(config)
	w.member = w.sim.NewMember(member)
	w.client = w.newClient("https://kona.test/open-api", w.sim.Transport(), ours)
	return w
}

// skewed is a clock that differs from another.
type skewed struct {
	ports.Clock
	by atomic.Int64
}

func (c *skewed) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.by.Load())) }

func (w *world) newClient(base string, transport http.RoundTripper, clock ports.Clock) *kona.Client {
	w.t.Helper()
	p := w.sim.Project()
	client, err := kona.New(
		kona.NewCredentials(p.ASPID, p.AccessKey, p.Secret, kona.CryptoKey{ID: p.KeyID, Server: p.Server, Client: p.Client}),
		kona.Config{BaseURL: base, HTTPClient: &http.Client{Transport: transport}, Clock: clock},
	)
	w.NoError(err)
	return client
}

func (w *world) method() kona.Method { return methodOf(w.member) }

func methodOf(member *konatest.Member) kona.Method {
	return kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}
}

func (w *world) charger(without ...kona.PlanGroup) *kona.Charger {
	w.t.Helper()
	charger, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{
		MerchantID: w.sim.Project().MerchantID, Codes: w.codes, WithoutPlans: without,
		Card: w.card, WithoutHistory: w.blind,
	})
	w.NoError(err)
	return charger
}

func (w *world) card(_ context.Context, method kona.Method) (kona.Card, error) {
	for _, member := range append([]*konatest.Member{w.member}, w.others...) {
		if method == methodOf(member) {
			number, expiry := member.Card()
			return kona.Card{Number: number, Expiry: expiry}, nil
		}
	}
	return kona.Card{}, ports.ErrNotFound
}

// order is an order that was written down and sent just now.
func (w *world) order() ports.ChargeOrder {
	w.orders++
	return ports.ChargeOrder{
		OperationID: fmt.Sprint("operation ", w.orders), WalletID: "w", PaymentMethod: w.method().String(),
		Amount: won(30_000), Currency: "KRW", RequestedAt: w.clock.Now(), SentAt: w.clock.Now(), Transmissions: 1,
	}
}

// inquire asks, and takes the answer through its stored form.
func (w *world) inquire(order *ports.ChargeOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Inquiries++
	order.Last = stored(w, w.charger().Inquire(w.t.Context(), *order))
	return order.Last
}

func stored(w *world, answer ports.ChargeAnswer) ports.ChargeAnswer {
	w.t.Helper()
	data, err := json.Marshal(answer)
	w.NoError(err)
	var back ports.ChargeAnswer
	w.NoError(json.Unmarshal(data, &back))
	return back
}

// done counts the charges that were executed and not taken back.
func (w *world) done() int {
	count := 0
	for _, t := range w.sim.Books().Transactions {
		if t.CancelOf == "" && t.Status == konatest.Completed && !t.Canceled {
			count++
		}
	}
	return count
}

func oneCard(context.Context, kona.Method) (kona.Card, error) { return kona.Card{Number: testPAN}, nil }
