package simulation_test

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// The ways of Toss: cards that customers registered, a payment window, and virtual accounts.
const (
	viaCards   = "billing@toss:main"
	viaPay     = "window@toss:main"
	viaAccount = "account@toss:main"
)

func isToss(via string) bool { return strings.HasSuffix(via, "@toss:main") }

// accountLife is for how long a customer may pay into a virtual account.
const accountLife = time.Hour

// shopAccess is what a host knows of its shop at Toss.
type shopAccess struct {
	Secret string // blank: the host does not use Toss
	Cards  []shopCard
}

// shopCard is a card that a customer registered, by the host's own id.
type shopCard struct{ ID, BillingKey, CustomerKey string }

// card finds the billing key of a payment method.
func (a *shopAccess) card(_ context.Context, method string) (toss.BillingKey, error) {
	for _, c := range a.Cards {
		if c.ID == method {
			return toss.NewBillingKey(c.BillingKey, c.CustomerKey), nil
		}
	}
	return toss.BillingKey{}, ports.ErrNotFound
}

// refundTo is where money goes back to that was paid into a virtual account.
func refundTo(context.Context, ports.CancelOrder) (toss.RefundAccount, error) {
	return toss.RefundAccount{Bank: "20", Number: "110222333444", Holder: "Hong"}, nil
}

// shop is the simulated Toss with one shop and two cards, of which one is refused.
type shop struct {
	sim    *tosstest.Simulator
	access shopAccess
	tokens map[string]string   // what the window of an order returned last
	given  map[string][]string // all that its windows returned
	fell   map[string]bool     // recharges whose deposit the bank took back
	borne  map[string]bool     // of these, those that the host makes up for
	unseen map[string]bool     // paths of payments that were once not shown
	latest time.Time           // of the notifications that were delivered
	first  map[string]bool     // notifications that were delivered once
	count  func(group, name string)
}

func newShop(seed uint64, clock ports.Clock, count func(group, name string)) *shop {
	s := &shop{
		sim: tosstest.New(tosstest.Config{Clock: clock, Seed: seed}), tokens: make(map[string]string), given: make(map[string][]string),
		fell: make(map[string]bool), borne: make(map[string]bool), unseen: make(map[string]bool), first: make(map[string]bool), count: count,
	}
	s.access.Secret = s.sim.Shop().SecretKey
	for _, id := range []string{"card-good", "card-refused"} {
		card := s.sim.NewCard(tosstest.CardConfig{})
		s.access.Cards = append(s.access.Cards, shopCard{ID: id, BillingKey: card.BillingKey(), CustomerKey: card.CustomerKey()})
	}
	s.sim.Usually("/"+s.access.Cards[1].BillingKey, tosstest.Scenario{Code: "REJECT_CARD_PAYMENT"})
	return s
}

// The kinds of the names by which Toss knows what is ours, by Charger, and that of cancellations.
var tossKinds = map[string]string{viaCards: "jgb", viaPay: "jgw", viaAccount: "jga"}

const tossCancel = "jgc"

var plainID = regexp.MustCompile(`^[a-z0-9\-]{2,60}$`)

// tossName is how Toss knows an operation. It must never change, so the simulation has its own.
func tossName(kind, id string) string {
	if plainID.MatchString(id) {
		return kind + "-" + id
	}
	sum := sha256.Sum256([]byte(id))
	return kind + "_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// misbehave has requests go wrong at random: one order in so many, and one question in twenty.
func (s *shop) misbehave(orderOdds int) {
	s.sim.Randomly(func(random *rand.Rand, r *http.Request) tosstest.Fault {
		faults, odds := tossQuestions, 20
		if r.Method == http.MethodPost {
			faults, odds = tossOrders, orderOdds
		}
		if random.IntN(odds) != 0 {
			return tosstest.Fault{}
		}
		fault := faults[random.IntN(len(faults))]
		if r.Method == http.MethodPost && random.IntN(3) == 0 {
			fault = tossWorst[random.IntN(len(tossWorst))]
		}
		if fault.Kind == tosstest.Late {
			fault.Delay = time.Duration(random.IntN(14*60)) * time.Second
		}
		if fault.Code == notFound {
			s.unseen[r.URL.Path] = true
		}
		s.count("provider faults", "toss "+fault.name)
		return fault.Fault
	})
}

// scenario draws what becomes of requests of a kind from now on: one time in two they are executed.
func (s *shop) scenario(random *rand.Rand) string {
	drawn := tossScenarios[random.IntN(len(tossScenarios))]
	if random.IntN(2) == 0 {
		s.sim.Usually(s.pathOf(drawn), tosstest.Scenario{})
		return drawn.name + ", no longer"
	}
	if drawn.Busy > 0 {
		drawn.Busy = time.Duration(1+random.IntN(10)) * time.Minute
	}
	s.sim.Usually(s.pathOf(drawn), drawn.Scenario)
	s.count("toss scenarios", drawn.name)
	return drawn.name
}

func (s *shop) pathOf(of tossScenario) string {
	if of.path == "" {
		return "/" + s.access.Cards[0].BillingKey
	}
	return of.path
}

// heal ends all that goes wrong. The card that is refused is refused still.
func (s *shop) heal() {
	s.sim.Heal()
	for _, drawn := range tossScenarios {
		s.sim.Usually(s.pathOf(drawn), tosstest.Scenario{})
	}
}

// books adds what Toss knows.
func (s *shop) books(b *books) {
	vias := make(map[string]string)
	for via, kind := range tossKinds {
		vias[kind] = via
	}
	for _, p := range s.sim.Books().Payments {
		via := vias[p.OrderID[:3]]
		for _, c := range p.Cancels {
			if _, twice := b.parts[c.Reason]; twice && !c.Outside {
				b.fault = fmt.Errorf("Toss carried out %s more than once", c.Reason)
			}
			b.parts[c.Reason] = c.Amount
		}
		fell, borne := s.fell[p.Label] && p.Executions == 0, s.borne[p.Label]
		switch {
		case p.Executions > 1, s.sim.Executions(p.OrderID) > 1:
			b.fault = fmt.Errorf("Toss executed %s more than once", p.OrderID)
		case p.Executions == 0 && !fell:
			continue
		case p.OrderID != tossName(tossKinds[via], p.Label):
			b.fault = fmt.Errorf("Toss knows %s as %s", p.Label, p.OrderID)
		}
		back := p.Total.Sub(p.Balance)
		c := charge{ref: p.Key, amount: p.Total, back: back, canceled: fell || back.Equal(p.Total), void: fell}
		switch {
		case borne:
			c = charge{ref: p.Key, amount: p.Total}
		case len(p.Cancels) > 0 && p.Cancels[0].Outside:
			c.void = true
		}
		b.charge(via, p.Label, c)
	}
}

const notFound = "NOT_FOUND_PAYMENT"

type tossFault struct {
	name string
	tosstest.Fault
}

// tossWorst are those of tossOrders that are drawn most: the order is executed, and seems not to be.
var tossWorst = []tossFault{
	{"executed late", tosstest.Fault{Kind: tosstest.Late}},
	{"declined with another status, after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 400, Code: "REJECT_CARD_PAYMENT"}},
}

var tossOrders = slices.Concat(tossWorst, []tossFault{
	{"connection refused", tosstest.Fault{Kind: tosstest.Refused}},
	{"closed before the effect", tosstest.Fault{Kind: tosstest.CloseBefore}},
	{"closed after the effect", tosstest.Fault{Kind: tosstest.CloseAfter}},
	{"answer cut off", tosstest.Fault{Kind: tosstest.Truncate}},
	{"garbage", tosstest.Fault{Kind: tosstest.Garbage}},
	{"empty object", tosstest.Fault{Kind: tosstest.EmptyObject}},
	{"another amount", tosstest.Fault{Kind: tosstest.WrongAmount}},
	{"another order", tosstest.Fault{Kind: tosstest.WrongOrder}},
	{"unknown status", tosstest.Fault{Kind: tosstest.OddStatus}},
	{"unknown fields", tosstest.Fault{Kind: tosstest.ExtraFields}},
	{"dollars", tosstest.Fault{Kind: tosstest.Dollars}},
	{"half a won", tosstest.Fault{Kind: tosstest.Fraction}},
	{"another type", tosstest.Fault{Kind: tosstest.WrongType}},
	{"another version", tosstest.Fault{Kind: tosstest.OtherVersion}},
	{"500 before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 500, Code: "FAILED_INTERNAL_SYSTEM_PROCESSING"}},
	{"500 after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 500, Code: "FAILED_INTERNAL_SYSTEM_PROCESSING"}},
	{"502 after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 502}},
	{"failed at the bank, before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 400, Code: "PROVIDER_ERROR"}},
	{"declined before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 403, Code: "REJECT_CARD_PAYMENT"}},
	{"unknown code after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 400, Code: "NEW_CODE_OF_TOMORROW"}},
	{"key refused before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY"}},
	{"409 before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 409, Code: "IDEMPOTENT_REQUEST_PROCESSING"}},
	{"409 after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 409, Code: "IDEMPOTENT_REQUEST_PROCESSING"}},
	{"429 before the effect", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 429}},
	{"429 after the effect", tosstest.Fault{Kind: tosstest.StatusAfter, Status: 429}},
})

var tossQuestions = []tossFault{
	{"question refused", tosstest.Fault{Kind: tosstest.Refused}},
	{"question lost", tosstest.Fault{Kind: tosstest.CloseAfter}},
	{"question 503", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 503}},
	{"question 429", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 429}},
	{"question garbage", tosstest.Fault{Kind: tosstest.Garbage}},
	{"question cut off", tosstest.Fault{Kind: tosstest.Truncate}},
	{"question empty", tosstest.Fault{Kind: tosstest.EmptyObject}},
	{"question, unknown status", tosstest.Fault{Kind: tosstest.OddStatus}},
	{"question, unknown fields", tosstest.Fault{Kind: tosstest.ExtraFields}},
	{"question, not shown yet", tosstest.Fault{Kind: tosstest.StatusBefore, Status: 404, Code: notFound}},
}

// tossScenario is what becomes of a request that is in order. The answer is kept under its
// Idempotency-Key.
type tossScenario struct {
	name, path string // blank: a charge of the good card
	tosstest.Scenario
}

var tossScenarios = []tossScenario{
	{"a charge is refused", "", tosstest.Scenario{Code: "EXCEED_MAX_DAILY_PAYMENT_COUNT"}},
	{"a charge is refused, and shown", "", tosstest.Scenario{Code: "REJECT_CARD_PAYMENT", Recorded: true}},
	{"a charge is executed, and called failed", "", tosstest.Scenario{Code: "FAILED_INTERNAL_SYSTEM_PROCESSING", Executed: true}},
	{"a charge takes minutes", "", tosstest.Scenario{Busy: time.Minute}},
	{"a confirmation is refused, and shown", "/confirm", tosstest.Scenario{Code: "REJECT_CARD_PAYMENT", Recorded: true}},
	{"a confirmation is executed, and called processed", "/confirm", tosstest.Scenario{Code: "ALREADY_PROCESSED_PAYMENT", Executed: true}},
	{"a confirmation takes minutes", "/confirm", tosstest.Scenario{Busy: time.Minute}},
	{"an account is executed, and called failed", "/virtual-accounts", tosstest.Scenario{Code: "PROVIDER_ERROR", Executed: true}},
	{"an account is refused", "/virtual-accounts", tosstest.Scenario{Code: "NOT_AVAILABLE_BANK"}},
	{"a cancellation is refused", "/cancel", tosstest.Scenario{Code: "NOT_CANCELABLE_AMOUNT"}},
	{"a cancellation is executed, and called done before", "/cancel", tosstest.Scenario{Code: "ALREADY_CANCELED_PAYMENT", Executed: true}},
	{"a cancellation takes minutes", "/cancel", tosstest.Scenario{Busy: time.Minute}},
}
