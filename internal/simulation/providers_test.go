package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

func won(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

// konaKeys are made once: RSA keys take time.
var konaKeys = sync.OnceValue(konatest.NewKeys)

// providers are the simulated SOLAPI, Kona and Toss, with one account, two members and one shop.
type providers struct {
	solapi  *solapitest.Simulator
	account *solapitest.Account
	own     *solapitest.Account // it may recharge by itself
	kona    *konatest.Simulator
	members []*konatest.Member
	access  access
	gateway *gateway
	shop    *shop           // nil: the host does not use Toss
	rows    []row           // of the host's bank account
	backs   map[string]bool // charges that their cards' banks took back: true; false: and gave back again
	count   func(group, name string)
}

func newProviders(seed uint64, clock ports.Clock, count func(group, name string)) *providers {
	p := &providers{
		solapi:  solapitest.New(solapitest.Config{Clock: clock, Seed: seed}),
		kona:    konatest.New(konatest.Config{Clock: clock, Seed: seed, Keys: konaKeys()}),
		gateway: newGateway(seed, count), backs: make(map[string]bool),
		count: count,
	}
	p.account = p.solapi.NewAccount(solapitest.AccountConfig{Balance: won(100_000_000), Bank: "0235235235235235"})
	key := p.account.NewKey(solapitest.RoleOwner)
	p.access = access{Key: key.APIKey, Secret: key.Secret, Project: p.kona.Project()}
	p.access.Cards = []string{
		p.account.AddCard(solapitest.Card{}),
		p.account.AddCard(solapitest.Card{Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"}),
	}
	p.own = p.solapi.NewAccount(solapitest.AccountConfig{Balance: won(150_000)})
	key = p.own.NewKey(solapitest.RoleOwner)
	p.access.Own = ownAccount{Key: key.APIKey, Secret: key.Secret, Cards: []string{
		p.own.AddCard(solapitest.Card{}),
		p.own.AddCard(solapitest.Card{Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"}),
	}}
	for range 2 {
		m := p.kona.NewMember(konatest.MemberConfig{Bank: won(100_000_000), Limit: won(100_000_000)})
		number, expiry := m.Card()
		p.members = append(p.members, m)
		p.access.Members = append(p.access.Members, member{UserID: m.UserID(), PAR: m.PAR(), Number: number, Expiry: expiry})
	}
	return p
}

// useToss has the host use Toss as well.
func (p *providers) useToss(seed uint64, clock ports.Clock) {
	p.shop = newShop(seed, clock, p.count)
	p.access.Shop = p.shop.access
}

// methods returns all payment methods, each behind its Charger.
func (a *access) methods() []ports.PaymentMethod {
	var list []ports.PaymentMethod
	for _, card := range a.Cards {
		list = append(list, ports.PaymentMethod{Charger: viaSOLAPI, ID: card})
	}
	for _, m := range a.Members {
		list = append(list, ports.PaymentMethod{Charger: viaKona, ID: m.method()})
	}
	for _, card := range a.Shop.Cards {
		list = append(list, ports.PaymentMethod{Charger: viaCards, ID: card.ID})
	}
	return list
}

// misbehave has requests go wrong at random, from the simulators' own seed.
// One order in so many meets a fault, and one question in twenty.
func (p *providers) misbehave(orderOdds int) {
	p.gateway.odds = orderOdds
	if p.shop != nil {
		p.shop.misbehave(orderOdds)
	}
	p.solapi.Randomly(func(random *rand.Rand, r *http.Request) solapitest.Fault {
		faults, odds := solapiQuestions, 20
		if r.Method != http.MethodGet {
			faults, odds = solapiOrders, orderOdds
		}
		if r.Method == http.MethodPut {
			faults, odds = solapiSettings, 3
		}
		if random.IntN(odds) != 0 {
			return solapitest.Fault{}
		}
		fault := faults[random.IntN(len(faults))]
		if fault.Kind == solapitest.Late {
			fault.Delay = time.Duration(random.IntN(14*60)) * time.Second
		}
		p.count("provider faults", "solapi "+fault.name)
		return fault.Fault
	})
	p.kona.Randomly(func(random *rand.Rand, r *http.Request) konatest.Fault {
		faults, odds := konaOthers, 20
		if strings.HasSuffix(r.URL.Path, "/no-hce") || strings.HasSuffix(r.URL.Path, "/cancel") {
			faults, odds = konaOrders, orderOdds
		}
		if random.IntN(odds) != 0 {
			return konatest.Fault{}
		}
		fault := faults[random.IntN(len(faults))]
		if fault.Kind == konatest.Late {
			fault.Delay = time.Duration(random.IntN(14*60)) * time.Second
		}
		p.count("provider faults", "kona "+fault.name)
		return fault.Fault
	})
}

func (p *providers) heal() {
	p.solapi.Heal()
	p.kona.Heal()
	p.gateway.odds = 0
	if p.shop != nil {
		p.shop.heal()
	}
	for _, m := range p.members {
		m.Usually(konatest.Scenario{})
	}
}

// scenario draws what becomes of the next charges of a member.
func (p *providers) scenario(random *rand.Rand) string {
	m := p.members[random.IntN(len(p.members))]
	s := konatest.Scenario{}
	switch random.IntN(4) {
	case 0:
		s = konatest.Scenario{Code: "007_004"}
	case 1, 2:
		s = konatest.Scenario{Pending: true, Fail: random.IntN(3) == 0, After: time.Duration(random.IntN(40)) * time.Minute}
	}
	m.Usually(s)
	return fmt.Sprintf("member %d: %+v", m.UserID(), s)
}

// decide has an administrator of SOLAPI pay or reject a pending withdrawal, if there is
// one, and says which.
func (p *providers) decide(random *rand.Rand) string {
	for _, w := range p.account.Books().Withdrawals {
		if w.Status != "PENDING" {
			continue
		}
		decision := solapitest.Decision{Status: statusPaid, TransactionID: "tx-" + w.WithdrawID}
		if random.IntN(4) == 0 {
			decision = solapitest.Decision{Status: statusRejected, GiveBack: true}
		}
		p.account.Decide(w.WithdrawID, decision)
		return w.WithdrawID + " " + decision.Status
	}
	return ""
}

type solapiFault struct {
	name string
	solapitest.Fault
}

type konaFault struct {
	name string
	konatest.Fault
}

var solapiOrders = []solapiFault{
	{"connection refused", solapitest.Fault{Kind: solapitest.Refused}},
	{"closed before the effect", solapitest.Fault{Kind: solapitest.CloseBefore}},
	{"closed after the effect", solapitest.Fault{Kind: solapitest.CloseAfter}},
	{"executed late", solapitest.Fault{Kind: solapitest.Late}},
	{"answer cut off", solapitest.Fault{Kind: solapitest.Truncate}},
	{"garbage", solapitest.Fault{Kind: solapitest.Garbage}},
	{"empty object", solapitest.Fault{Kind: solapitest.EmptyObject}},
	{"wrong sums", solapitest.Fault{Kind: solapitest.WrongSums}},
	{"no id", solapitest.Fault{Kind: solapitest.NullID}},
	{"500 before the effect", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 500}},
	{"500 after the effect", solapitest.Fault{Kind: solapitest.StatusAfter, Status: 500}},
	{"402 before the effect", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 402, Code: "CardDeclined"}},
	{"402 after the effect", solapitest.Fault{Kind: solapitest.StatusAfter, Status: 402, Code: "CardDeclined"}},
	{"429 before the effect", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 429}},
	{"429 after the effect", solapitest.Fault{Kind: solapitest.StatusAfter, Status: 429}},
	{"409 before the effect", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 409, Code: "Conflict"}},
}

var solapiQuestions = []solapiFault{
	{"question refused", solapitest.Fault{Kind: solapitest.Refused}},
	{"question lost", solapitest.Fault{Kind: solapitest.CloseAfter}},
	{"question 503", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 503}},
	{"question garbage", solapitest.Fault{Kind: solapitest.Garbage}},
	{"question cut off", solapitest.Fault{Kind: solapitest.Truncate}},
	{"question 429", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 429}},
}

var solapiSettings = []solapiFault{
	{"setting refused", solapitest.Fault{Kind: solapitest.Refused}},
	{"setting lost before the effect", solapitest.Fault{Kind: solapitest.CloseBefore}},
	{"setting lost after the effect", solapitest.Fault{Kind: solapitest.CloseAfter}},
	{"setting late", solapitest.Fault{Kind: solapitest.Late}},
	{"setting 500 after the effect", solapitest.Fault{Kind: solapitest.StatusAfter, Status: 500}},
}

var konaOrders = []konaFault{
	{"connection refused", konatest.Fault{Kind: konatest.Refused}},
	{"closed before the effect", konatest.Fault{Kind: konatest.CloseBefore}},
	{"closed after the effect", konatest.Fault{Kind: konatest.CloseAfter}},
	{"executed late", konatest.Fault{Kind: konatest.Late}},
	{"answer cut off", konatest.Fault{Kind: konatest.Truncate}},
	{"garbage", konatest.Fault{Kind: konatest.Garbage}},
	{"empty object", konatest.Fault{Kind: konatest.EmptyObject}},
	{"no number", konatest.Fault{Kind: konatest.NullID}},
	{"no isPending", konatest.Fault{Kind: konatest.NoPending}},
	{"sealed for another key", konatest.Fault{Kind: konatest.BadSeal}},
	{"500 before the effect", konatest.Fault{Kind: konatest.StatusBefore, Status: 500}},
	{"500 after the effect", konatest.Fault{Kind: konatest.StatusAfter, Status: 500}},
	{"declined before the effect", konatest.Fault{Kind: konatest.StatusBefore, Status: 400, Code: "007_004"}},
	{"unknown code after the effect", konatest.Fault{Kind: konatest.StatusAfter, Status: 400, Code: "007_077"}},
	{"429 before the effect", konatest.Fault{Kind: konatest.StatusBefore, Status: 429}},
}

var konaOthers = []konaFault{
	{"question 400", konatest.Fault{Kind: konatest.StatusBefore, Status: 400, Code: "000_002"}},
	{"question 429", konatest.Fault{Kind: konatest.StatusBefore, Status: 429}},
	{"question lost", konatest.Fault{Kind: konatest.CloseAfter}},
}
