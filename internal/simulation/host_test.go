package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// host draws what is asked for. It knows what was answered, and asks about that.
type host struct {
	random    *rand.Rand
	name      string // keys begin with it
	access    access
	wallets   []string // that it uses
	weights   []int    // of kinds
	delegates bool     // it has policies delegated
	tossOdds  int      // one recharge in so many by a good card is by one at Toss, where it uses Toss
	now       func() time.Time
	look      func(walletID string) (cash, point decimal.Decimal) // available now
	lots      func(walletID string) []ports.PointLot
	awaits    func(via string) []request // recharges that customers were to pay; nil: the host has none
	backs     func(back bool) []request  // charges that banks took back, or gave back again; nil: none are known

	made        int
	debits      []request // acknowledged deducts and captures
	holds       []request // acknowledged, Of is their id
	recharges   []request // likewise, via Kona and by cards at Toss
	withdrawals []request // likewise
	debts       []request // likewise, Of is their id
	matched     []string  // rows of the bank that were credited
	returned    string    // a recharge whose customer came back from the window of Toss; blank: none
	spree       string    // a wallet whose customer is about to spend all; blank: none
	estate
}

// kind is something that a host may ask for.
type kind struct {
	name   string
	weight int
	draw   func(h *host, r *request) bool // false: there is nothing to ask about yet
}

// usually is how requests of the kind come back, when nothing is wrong.
func (k *kind) usually() ending {
	if k.name == "match a row twice" {
		return refused
	}
	return acknowledged
}

var kinds = []kind{
	{"deposit", 5, func(h *host, r *request) bool { r.Amount = h.thousands(1, 60); return true }},
	{"grant", 5, func(h *host, r *request) bool {
		r.Amount = h.thousands(1, 5)
		if h.random.IntN(3) > 0 {
			r.Expires = h.later(4 * time.Hour)
		}
		r.Lower = h.random.Int32N(3)
		return true
	}},
	{"revoke", 3, (*host).drawLot},
	{"deduct", 20, func(h *host, r *request) bool { r.Amount = 1 + h.random.Int64N(20_000); return true }},
	{"refund", 6, func(h *host, r *request) bool {
		r.Amount, r.All = 1+h.random.Int64N(12_000), h.random.IntN(3) == 0
		return h.about(h.debits[max(0, len(h.debits)-5):], r)
	}},
	{"transfer", 6, func(h *host, r *request) bool {
		r.Peer, r.Amount = h.wallet(), h.thousands(1, 10)
		return r.Peer != r.Wallet
	}},
	{"adjust", 3, func(h *host, r *request) bool {
		r.Amount, r.Point = h.random.Int64N(4_000)-2_000, h.random.Int64N(400)-200
		return r.Amount != 0
	}},
	{"freeze", 1, func(*host, *request) bool { return true }},
	{"unfreeze", 3, func(*host, *request) bool { return true }},
	{"hold", 8, func(h *host, r *request) bool {
		r.Amount = h.thousands(1, 9)
		if h.random.IntN(2) == 0 {
			r.Expires = h.later(2 * time.Hour)
		}
		return true
	}},
	{"capture", 6, func(h *host, r *request) bool {
		r.Amount, r.All = 1+h.random.Int64N(5_000), h.random.IntN(3) == 0
		return h.about(h.holds, r)
	}},
	{"release", 3, func(h *host, r *request) bool { return h.about(h.holds, r) }},
	{"recharge", 12, func(h *host, r *request) bool {
		methods := h.access.methods()
		m := methods[h.random.IntN(len(methods))]
		if h.random.IntN(3) == 0 {
			m = methods[0] // the good card: others use up the lane with refusals
			if h.access.Shop.Secret != "" && h.random.IntN(h.tossOdds) == 0 {
				m = ports.PaymentMethod{Charger: viaCards, ID: h.access.Shop.Cards[0].ID}
			}
		}
		if h.awaits != nil && h.access.Shop.Secret != "" && h.random.IntN(6) == 0 {
			m = ports.PaymentMethod{Charger: viaAccount, ID: "20"}
		}
		if h.delegates && h.random.IntN(8) == 0 {
			m = h.access.ownMethods()[0]
		}
		r.Via, r.Method, r.Amount = m.Charger, m.ID, h.thousands(1, 3)*10
		h.drawBonus(r)
		return h.seldomDollars(r)
	}},
	{"cancel recharge", 9, func(h *host, r *request) bool {
		r.Key, r.Who = "", h.person()
		return h.about(h.recharges[max(0, len(h.recharges)-3):], r)
	}},
	{"cancel part", 6, (*host).cancelPart},
	{"begin", 8, (*host).begin},
	{"confirm", 10, (*host).confirm},
	{"notify", 6, (*host).notice},
	{"match a row", 6, (*host).matches},
	{"match a row twice", 2, (*host).matchesTwice},
	{"reverse recharge", 10, func(h *host, r *request) bool { return h.backsTo(r, true) }},
	{"reinstate recharge", 3, func(h *host, r *request) bool { return h.backsTo(r, false) }},
	{"collect", 2, func(h *host, r *request) bool {
		r.Key = ""
		return len(h.debts) == 0 || h.about(h.debts, r)
	}},
	{"write off", 1, func(h *host, r *request) bool {
		r.Key, r.Who = "", h.person()
		return h.about(h.debts[max(0, len(h.debts)-3):], r)
	}},
	{"withdraw", 8, func(h *host, r *request) bool {
		if r.Who = "customer"; h.random.IntN(3) == 0 {
			r.Who = h.person()
		}
		r.Amount, r.All = h.thousands(10, 12)+10*h.random.Int64N(50), h.random.IntN(2) == 0 // seldom the same
		h.wayOut(r)
		return true
	}},
	{"leave", 2, func(h *host, r *request) bool { h.allOut(r); return true }},
	{"approve", 10, (*host).verdict},
	{"reject", 1, (*host).verdict},
	{"cancel withdrawal", 1, (*host).verdict},
	{"report paid", 3, (*host).verdict},
	{"report refused", 1, (*host).verdict},
	{"report returned", 3, (*host).verdict},
	{"set policy", 4, func(h *host, r *request) bool {
		r.Key, r.Who, r.Terms = "", "customer", h.terms(r.Wallet)
		return h.seldomDollars(r)
	}},
	{"disable policy", 1, func(h *host, r *request) bool { r.Key, r.Who = "", h.person(); return true }},
	{"enable policy", 2, func(h *host, r *request) bool { r.Key, r.Who = "", h.person(); return true }},
	{"delete policy", 1, func(h *host, r *request) bool { r.Key, r.Who = "", h.person(); return true }},
	{"suspend policy", 1, func(h *host, r *request) bool { r.Key, r.Who = "", h.person(); return true }},
	{"reinstate policy", 1, func(h *host, r *request) bool { r.Key, r.Who = "", h.person(); return true }},
	{"open", 5, (*host).openNew},
	{windingUp, 2, (*host).windUp},
}

// wayOut draws the way of a payout.
func (h *host) wayOut(r *request) {
	r.Via = viaSOLAPI
	switch n := h.random.IntN(30); {
	case isDollars(r.Wallet) && n < 27, n < 1:
		r.Via = viaDollars
	case n < 11:
		r.Via = viaPeople
	}
}

// allOut makes r a request to wind its wallet up. Points are given up, and of the cash at most Point.
func (h *host) allOut(r *request) {
	r.Kind, r.Who, r.All, r.Point = "leave", "customer", true, 9_999*h.random.Int64N(2)
	h.wayOut(r)
}

// next draws a request.
func (h *host) next() *request {
	for {
		k := kinds[draw(h.random, h.weights)]
		if h.leaving != "" && h.random.IntN(3) > 0 {
			k = kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == windingUp })]
		}
		r := &request{Number: h.made + 1, Kind: k.name, Wallet: h.wallet()}
		r.Key = fmt.Sprintf("%s-%03d", h.name, r.Number)
		if h.spree != "" && h.spendAll(r) {
			h.made++
			return r
		}
		if h.returned != "" && h.returns(r) {
			h.made++
			return r
		}
		if k.draw(h, r) {
			if k.name != windingUp && !isAwaited(r.Via) {
				h.inLeastUnits(r)
			}
			h.made++
			return r
		}
	}
}

// usual is how often a host asks for what.
func usual() (weights []int) {
	for _, k := range kinds {
		weights = append(weights, k.weight)
	}
	return weights
}

// learn notes what an acknowledged request made.
func (h *host) learn(r *request, answer string) {
	known := *r
	switch r.Kind {
	case "deduct", "capture":
		known.Of = r.Key
		h.debits = append(h.debits, known)
	case "hold":
		_, known.Of, _ = strings.Cut(answer, " of ")
		h.holds = append(h.holds, known)
	case "confirm", "notify", "match a row":
		h.learnAwaited(&known, answer)
	case "release":
		h.end(r.Of)
	case "open":
		h.wallets = append(h.wallets, r.Wallet)
	case "close":
		h.leave(r.Wallet)
	case "leave":
		if answer == closedAtOnce {
			h.leave(r.Wallet)
			return
		}
		known.Of = answer
		h.withdrawals = append(h.withdrawals, known)
	case "recharge":
		if r.Via == viaKona || r.Via == viaCards {
			known.Of = answer
			h.recharges = append(h.recharges, known)
		}
	case "reverse recharge":
		if known.Of = answer; answer != "" {
			h.debts = append(h.debts, known)
		}
	case "withdraw":
		known.Of = answer
		h.withdrawals = append(h.withdrawals, known)
	}
}

// about makes r a request about one of those that are known.
func (h *host) about(known []request, r *request) bool {
	if len(known) == 0 {
		return false
	}
	of := known[h.random.IntN(len(known))]
	r.Wallet, r.Of, r.Via = of.Wallet, of.Of, of.Via
	return true
}

// verdict is about one of the last withdrawals; a report only about one that people pay.
func (h *host) verdict(r *request) bool {
	recent := h.withdrawals[max(0, len(h.withdrawals)-4):]
	r.Key, r.Who = "", h.person()
	if !h.about(recent, r) {
		return false
	}
	if strings.HasPrefix(r.Kind, "report") {
		r.Amount = 500
		return byHand(r.Via)
	}
	return true
}

// The caps of every policy. They never change, so that what was charged in a day can be
// held against them.
const (
	capDailyCount  = 2
	capDailyAmount = 60_000
	mostCharge     = 40_000
)

// capMonthCount is low for one wallet, so that it is used up within a run of some days.
func capMonthCount(walletID string) int {
	if walletID == "w1" {
		return 2
	}
	return 8
}

// autoPrefix begins the keys of the recharges that policies make.
const autoPrefix = "auto/"

func (h *host) terms(walletID string) *ports.PolicyTerms {
	terms := &ports.PolicyTerms{
		MinimumCash: won(h.thousands(5, 30)), DailyCount: capDailyCount, DailyAmount: decimal.NewNullDecimal(won(capDailyAmount)),
		MonthlyCount: capMonthCount(walletID), SuspendAfter: 1 + h.random.IntN(3), MaximumCharge: decimal.NewNullDecimal(won(mostCharge)),
		AlertLevels: []decimal.Decimal{won(h.thousands(1, 20))},
	}
	terms.RechargeTo = terms.MinimumCash.Add(won(h.thousands(1, 40)))
	methods := h.access.methods()
	first := h.random.IntN(len(methods))
	second := (first + 1 + h.random.IntN(len(methods)-1)) % len(methods)
	terms.Methods = []ports.PaymentMethod{methods[first], methods[second]}[:1+h.random.IntN(2)]
	if h.delegates {
		h.delegate(walletID, terms)
	}
	return terms
}

// seldomDollars lets few requests about wallets in dollars through: they come to nothing,
// since no provider takes dollars.
func (h *host) seldomDollars(r *request) bool { return !isDollars(r.Wallet) || h.random.IntN(4) == 0 }

func (h *host) thousands(least, most int64) int64 {
	return 1_000 * (least + h.random.Int64N(most-least+1))
}

func (h *host) later(most time.Duration) time.Time {
	return ports.Instant(h.now().Add(time.Minute + time.Duration(h.random.Int64N(int64(most)))))
}

func (h *host) person() string { return [...]string{"kim", "lee", "park"}[h.random.IntN(3)] }
