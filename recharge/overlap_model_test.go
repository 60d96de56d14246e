package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_overlap_model draws courses of one recharge of 10,000 that was sent three
// times: answers to each transmission and to inquiries, which name two payments or none, and
// decisions of a person. After each step it checks what must hold of any course: see
// course.check.
func TestService_overlap_model(t *testing.T) {
	t.Parallel()
	seeds := 1_500
	if testing.Short() {
		seeds = 300
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { newCourse(t, uint64(seed)).run() })
		if t.Failed() {
			return
		}
	}
}

// TestService_overlap_courses: courses that broke a rule once.
func TestService_overlap_courses(t *testing.T) {
	t.Parallel()
	of := func(a ports.ChargeAnswer, amount string) ports.ChargeAnswer {
		a.Amount = decimal.NewNullDecimal(decimal.RequireFromString(amount))
		return a
	}
	const tooFine = "9000.0000001"
	for name, steps := range map[string]func(c *course){
		"a person approves an amount that no record can hold": func(c *course) {
			c.inquire(of(approved("tx A"), tooFine))
			c.answer(0, pending("tx A"))
			c.decide(act{ports.DecisionInquire, ""})
			c.answer(1, pending("tx A"))
			c.decide(act{ports.DecisionApprove, "tx A"})
		},
		"a refusal of one payment after a late approval of another": func(c *course) {
			c.decide(act{ports.DecisionDecline, ""})
			c.answer(1, approved("tx B"))
			c.answer(2, says(ports.OutcomeDeclined, "tx A"))
			c.decide(act{ports.DecisionApprove, "tx A"})
			c.answer(0, says(ports.OutcomeDeclined, "tx A"))
		},
		"a late approval of an amount that no record can hold": func(c *course) {
			c.inquire(says(ports.OutcomeNotSent, "tx A"))
			c.answer(1, of(approved("tx A"), tooFine))
			c.decide(act{ports.DecisionApprove, "tx A"})
		},
		"a guess of an id while the provider works on another": func(c *course) {
			c.answer(0, of(pending("tx B"), "9000"))
			c.inquire(says(ports.OutcomeUnknown, "tx A"))
			c.answer(2, says(ports.OutcomeDeclined, "tx A"))
			c.answer(1, approved("tx A"))
			c.decide(act{ports.DecisionApprove, ""})
		},
		"a late approval without an id after a late pending with one": func(c *course) {
			c.decide(act{ports.DecisionDecline, ""})
			c.answer(1, pending("tx A"))
			c.answer(0, approved(""))
			c.decide(act{ports.DecisionDecline, ""})
			c.answer(2, of(approved(""), "9000"))
			c.decide(act{ports.DecisionApprove, ""})
		},
		"a further payment of an amount that no record can hold": func(c *course) {
			c.answer(1, of(approved("tx B"), tooFine))
			c.answer(2, of(pending("tx A"), tooFine))
			c.decide(act{ports.DecisionApprove, "tx A"})
		},
		"an inquiry corrects an id back": func(c *course) {
			c.answer(0, of(pending("tx A"), "9000"))
			c.inquire(pending("tx B"))
			c.inquire(approved("tx A"))
		},
		"payments of a credit that was a mistake": func(c *course) {
			c.answer(2, approved(""))
			c.decide(act{ports.DecisionReverse, ""})
			c.answer(1, approved("tx B"))
			c.answer(0, pending("tx A"))
		},
		"a refusal with an id of its own": func(c *course) {
			c.inquire(of(pending("tx A"), "9000"))
			c.inquire(says(ports.OutcomeDeclined, "tx B"))
			c.answer(2, approved("tx A"))
			c.decide(act{ports.DecisionApprove, ""})
		},
		"an approval of another payment than the one of an amount that no record can hold": func(c *course) {
			c.inquire(of(pending("tx B"), tooFine))
			c.answer(1, pending("tx B"))
			c.inquire(approved("tx A"))
			c.answer(0, of(pending("tx B"), "10000"))
			c.inquire(of(approved(""), "10000"))
		},
		"an amount that is reported while two payments are in review": func(c *course) {
			c.inquire(pending("tx B"))
			c.answer(2, approved("tx A"))
			c.answer(0, of(pending("tx B"), "9000"))
			c.decide(act{ports.DecisionApprove, ""})
		},
		"an amount of a payment that a late one replaces": func(c *course) {
			c.inquire(of(pending("tx A"), "9000"))
			c.inquire(says(ports.OutcomeDeclined, "tx B"))
			c.answer(2, pending("tx B"))
			c.decide(act{ports.DecisionApprove, "tx A"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCourse(t, 0)
				steps(c)
				c.end()
			})
		})
	}
}

// course is one course of a recharge, and what has been said of it.
type course struct {
	t       *testing.T
	random  *rand.Rand
	w       *world
	s       *recharge.Service
	wallets *ledger.Ledger
	id      string
	answers []chan ports.ChargeAnswer
	open    []int // transmissions that are not answered
	o       *odd
	sent    int // transmissions at the start of the step

	steps    []string
	op       *ports.Recharge
	named    []string                    // payments that the provider works on or approved, by id
	live     []string                    // likewise, without those that an inquiry corrected
	amounts  map[string]*decimal.Decimal // last that was reported of a payment; nil: none that a record can hold
	approved bool                        // the provider approved, once at least
}

func newCourse(t *testing.T, seed uint64) *course {
	t.Helper()
	c := &course{t: t, random: rand.New(rand.NewPCG(seed, 16)), amounts: make(map[string]*decimal.Decimal), open: []int{0, 1, 2}}
	c.w, c.s, c.wallets, c.id, c.answers, c.o = hung(t, 3)
	c.op = get(t, c.s, c.id)
	c.steps = append(c.steps, fmt.Sprint("seed ", seed))
	return c
}

func (c *course) run() {
	for range 3 + c.random.IntN(7) {
		switch c.random.IntN(3) {
		case 0:
			if len(c.open) > 0 {
				a := c.draw()
				a.Resend = false
				c.answer(c.open[c.random.IntN(len(c.open))], a)
			}
		case 1:
			c.inquire(c.draw())
		default:
			c.decide(acts()[c.random.IntN(len(acts()))])
		}
		if c.t.Failed() {
			break
		}
	}
	c.end()
}

// end lets the transmissions that are not answered end.
func (c *course) end() {
	if c.t.Failed() {
		c.t.Log(strings.Join(c.steps, "\n"))
	}
	for _, i := range c.open {
		c.answers[i] <- ports.ChargeAnswer{}
	}
	synctest.Wait()
}

// draw returns an answer.
func (c *course) draw() ports.ChargeAnswer {
	outcomes := []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomePending, ports.OutcomePending,
		ports.OutcomeDeclined, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault, ports.OutcomeUnknown, ports.Outcome(42),
	}
	a := ports.ChargeAnswer{Answer: ports.Answer{
		Outcome:     outcomes[c.random.IntN(len(outcomes))],
		ProviderRef: []string{"", "tx A", "tx A", "tx B"}[c.random.IntN(4)],
	}}
	if a.Outcome == ports.OutcomeUnknown && c.random.IntN(3) == 0 {
		a.ProviderRef, a.Resend = "", true
	}
	if has(&a) && c.random.IntN(3) == 0 {
		a.Amount = decimal.NewNullDecimal(decimal.RequireFromString([]string{"9000", "10000", "9000.0000001"}[c.random.IntN(3)]))
	}
	return a
}

// has reports whether the provider has the order, as an answer says.
func has(a *ports.ChargeAnswer) bool {
	return a.Outcome == ports.OutcomeApproved || a.Outcome == ports.OutcomePending
}

// answer lets the provider answer a transmission, counted from zero.
func (c *course) answer(i int, a ports.ChargeAnswer) {
	c.sent = c.op.Transmissions
	c.open = slices.DeleteFunc(c.open, func(open int) bool { return open == i })
	c.step("transmission %d: %s", i+1, describe(&a))
	c.answers[i] <- a
	synctest.Wait()
	c.check(&a, i+1, false)
}

// inquire lets a worker ask the provider, if the recharge is due for that.
func (c *course) inquire(a ports.ChargeAnswer) {
	c.sent = c.op.Transmissions
	asked := false
	c.o.Inquires = func() ports.ChargeAnswer { asked = true; return a }
	c.w.clock.Advance(time.Hour)
	_, err := c.s.Follow(c.t.Context(), 10)
	require.NoError(c.t, err)
	if asked {
		c.step("inquiry: %s", describe(&a))
		c.check(&a, 0, true)
	}
}

// act is what a person does.
type act struct {
	what ports.DecisionKind
	ref  string
}

func acts() []act {
	return []act{
		{ports.DecisionInquire, ""},
		{ports.DecisionInquire, ""},
		{ports.DecisionInquire, ""},
		{ports.DecisionDecline, ""},
		{ports.DecisionDecline, ""},
		{ports.DecisionApprove, ""},
		{ports.DecisionApprove, "tx A"},
		{ports.DecisionApprove, "tx B"},
		{ports.DecisionReinstate, ""},
		{ports.DecisionReinstate, "tx A"},
		{ports.DecisionReinstate, "tx B"},
		{ports.DecisionKeep, ""},
		{ports.DecisionDispute, ""},
		{ports.DecisionDispute, ""},
		{ports.DecisionReverse, ""},
		{ports.DecisionReverse, ""},
	}
}

// decide lets a person do something. What is refused must change nothing.
func (c *course) decide(a act) {
	was, ctx := c.op, c.t.Context()
	c.step("person: %s %s", a.what, a.ref)
	var err error
	switch a.what { //nolint:exhaustive // the others are of Resolve
	case ports.DecisionDispute:
		_, err = c.s.Dispute(ctx, ports.Act{ID: c.id, By: kim("look")})
	case ports.DecisionReverse:
		_, err = c.s.Reverse(ctx, ports.Act{ID: c.id, By: ports.By{Who: "kim", Why: "look"}})
	default:
		request := decide(c.id, a.what)
		request.ProviderRef = a.ref
		_, err = carryOut(ctx, c.s, request)
	}
	c.op = get(c.t, c.s, c.id)
	repeated := a.what == ports.DecisionDispute && was.Status == ports.RechargeDisputed
	c.require(repeated || errors.Is(err, ports.ErrNotOpen) == !slices.Contains(recharge.Acts(was), a.what), "Acts names what is allowed")
	if err != nil {
		c.steps[len(c.steps)-1] += ": " + err.Error()
		c.require(errors.Is(err, ports.ErrNotOpen) || errors.Is(err, ports.ErrInvalid) || errors.Is(err, recharge.ErrChargeTaken), "an error of another kind")
		c.require(c.op.Version == was.Version, "a decision that is refused changes nothing")
	}
	if amount, reported := c.amounts[c.op.ProviderRef]; was.EntrySeq == 0 && c.op.EntrySeq != 0 && reported {
		c.require(amount != nil && amount.Equal(c.op.Credited), "a person who names no amount credits what the provider reported")
	}
	c.checkBooks()
}

// check checks what an answer left: sent is the transmission that it answers, or zero.
func (c *course) check(a *ports.ChargeAnswer, sent int, inquiry bool) {
	was := c.op
	c.op = get(c.t, c.s, c.id)
	c.note(was, a, sent, inquiry)
	for _, ref := range c.named {
		c.require(c.visible(ref), "the record, or a claim, names each payment: "+ref)
	}
	if a.Outcome == ports.OutcomeApproved {
		c.require(c.heard(was, a), "an approval is credited, or a person hears of it")
	}
	ended := was.Open && !c.op.Open
	switch {
	case ended && c.op.EntrySeq == 0:
		c.require(!c.approved, "what was approved does not end as without money")
		c.require(len(c.live) == 0 || len(c.live) == 1 && (inquiry || a.ProviderRef == "" || a.ProviderRef == c.live[0]), "a refusal ends only the payment that it is about")
	case ended:
		for _, ref := range c.live {
			c.require(ref == c.op.ProviderRef, "the machine credits no order of several payments")
		}
		if amount, reported := c.amounts[c.op.ProviderRef]; reported {
			c.require(amount != nil && amount.Equal(c.op.Credited), "the machine credits what the provider reported last")
		}
	}
	c.require(!c.approved || c.op.Transmissions == c.sent, "what was approved is not sent again")
	c.approved = c.approved || a.Outcome == ports.OutcomeApproved
	c.checkBooks()
}

// note keeps what an answer says.
func (c *course) note(was *ports.Recharge, a *ports.ChargeAnswer, sent int, inquiry bool) {
	ref := a.ProviderRef
	if has(a) && ref != "" {
		if inquiry && was.ProviderRef != "" && was.ProviderRef != ref && c.op.ProviderRef == ref { // the inquiry corrects the id
			c.live = slices.DeleteFunc(c.live, func(old string) bool { return old == was.ProviderRef })
		}
		for _, list := range []*[]string{&c.named, &c.live} {
			if !slices.Contains(*list, ref) {
				*list = append(*list, ref)
			}
		}
	}
	if refused := a.Outcome.Final() && a.Outcome != ports.OutcomeApproved; refused {
		delete(c.amounts, ref)
		c.named = slices.DeleteFunc(c.named, func(named string) bool { return named == ref || was.Open && !c.op.Open })
	}
	if early, known := c.amounts[""]; known && was.ProviderRef == "" && c.op.ProviderRef != "" {
		if _, known = c.amounts[c.op.ProviderRef]; !known {
			c.amounts[c.op.ProviderRef] = early
		}
		delete(c.amounts, "")
	}
	if !a.Amount.Valid || ref == "" && sent != 0 && sent != c.sent && a.Outcome == ports.OutcomePending { // of an earlier transmission
		return
	}
	if ref == "" {
		ref = c.op.ProviderRef
	}
	c.amounts[ref] = nil
	if a.Amount.Decimal.Exponent() >= -ports.MaxScale {
		c.amounts[ref] = &a.Amount.Decimal
	}
}

// visible reports whether a person, or another order, can know of a payment.
func (c *course) visible(ref string) bool {
	if c.op.Status == ports.RechargeReversed && !c.op.Disputed { // it was credited by mistake: the payment is free
		return true
	}
	claims, err := c.w.store.Operations(context.Background(), []string{ports.NamedID(ports.KindRecharge, "bank", ref), ports.ClaimID("bank", ref, 1)})
	require.NoError(c.t, err)
	return ref == c.op.ProviderRef || ref == c.op.DroppedRef || slices.Contains(c.op.Others, ref) || strings.Contains(c.op.Why, ref) || len(claims) > 0
}

// heard reports whether an approval was credited, or the record tells a person of it.
func (c *course) heard(was *ports.Recharge, a *ports.ChargeAnswer) bool {
	told := c.op.Answer.Outcome == ports.OutcomeApproved || strings.Contains(c.op.Why, "approved")
	credited := c.op.EntrySeq != 0 && c.op.ReverseSeq == 0
	switch {
	case c.op.Status == ports.RechargeReview || c.op.Status == ports.RechargeDisputed:
		return told
	case credited:
		return a.ProviderRef == "" || a.ProviderRef == c.op.ProviderRef
	}
	return was.Answer.Outcome == ports.OutcomeApproved || strings.Contains(was.Why, "approved") // a person has decided about it
}

// checkBooks checks that the wallet has what the record says.
func (c *course) checkBooks() {
	wallet, err := c.wallets.Wallet(c.t.Context(), "w")
	require.NoError(c.t, err)
	want := decimal.Decimal{}
	if c.op.EntrySeq != 0 && c.op.ReverseSeq == 0 {
		want = c.op.Credited
	}
	c.require(wallet.Balance.Equal(want), "the wallet has what the record says")
}

func (c *course) step(format string, args ...any) {
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func (c *course) require(holds bool, rule string) {
	c.t.Helper()
	if !holds {
		c.t.Errorf("%s\n%s: ref %q others %v dropped %q entry %d reversed %d credited %s answer %s why %q", rule, c.op.Status, c.op.ProviderRef, c.op.Others,
			c.op.DroppedRef, c.op.EntrySeq, c.op.ReverseSeq, c.op.Credited, c.op.Answer.Outcome, c.op.Why)
	}
}

func describe(a *ports.ChargeAnswer) string {
	text := strings.TrimSpace(a.Outcome.String() + " " + a.ProviderRef)
	if a.Amount.Valid {
		text += " of " + a.Amount.Decimal.String()
	}
	if a.Resend {
		text += " resend"
	}
	return text
}
