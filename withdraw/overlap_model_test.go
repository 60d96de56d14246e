package withdraw_test

import (
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
	"github.com/jigap/jigap/withdraw"
)

// TestService_overlap_model draws courses of one withdrawal of 20,000, with a fee of 1,500,
// that was sent three times: answers to each transmission and to inquiries, which name two
// payouts or none, and decisions of a person. After each step it checks what must hold of any
// course: see course.check.
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

// course is one course of a withdrawal, and what has been said of it.
type course struct {
	t       *testing.T
	random  *rand.Rand
	w       *world
	s       *withdraw.Service
	wallets *ledger.Ledger
	id      string
	answers []chan ports.PayoutAnswer
	open    []int // transmissions that are not answered
	o       *odd

	steps    []string
	op, was  *ports.Withdrawal
	named    []string                    // payouts that the provider works on or made, by id
	live     []string                    // likewise, without those that an inquiry corrected
	fees     map[string]*decimal.Decimal // last that was reported of a payout; nil: none that a record can hold
	approved bool                        // the provider paid, once at least
}

func newCourse(t *testing.T, seed uint64) *course {
	t.Helper()
	c := &course{t: t, random: rand.New(rand.NewPCG(seed, 17)), fees: make(map[string]*decimal.Decimal), open: []int{0, 1, 2}}
	c.w, c.s, c.wallets, c.id, c.answers, c.o = hung(t, 3)
	c.op = get(t, c.s, c.id)
	c.steps = append(c.steps, fmt.Sprint("seed ", seed))
	return c
}

func (c *course) run() {
	acts := []func(){c.answer, c.inquire, c.decide}
	for range 3 + c.random.IntN(7) {
		c.was = c.op
		acts[c.random.IntN(3)]()
		c.checkBooks()
		if c.t.Failed() {
			c.t.Log(strings.Join(c.steps, "\n"))
			break
		}
	}
	for _, i := range c.open {
		c.answers[i] <- ports.PayoutAnswer{}
	}
	synctest.Wait()
}

// draw returns an answer.
func (c *course) draw() ports.PayoutAnswer {
	outcome := []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeDeclined,
		ports.OutcomeNotSent, ports.OutcomeFault, ports.OutcomeUnknown, ports.Outcome(42),
	}[c.random.IntN(9)]
	a := ports.PayoutAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: []string{"", "p A", "p A", "p B"}[c.random.IntN(4)]}}
	switch moved := outcome == ports.OutcomeApproved || outcome == ports.OutcomePending; {
	case outcome == ports.OutcomeUnknown && c.random.IntN(3) == 0:
		a.ProviderRef, a.Resend = "", true
	case moved && c.random.IntN(3) == 0:
		a.Fee = decimal.NewNullDecimal(decimal.RequireFromString([]string{"700", "1500", "700.0000001"}[c.random.IntN(3)]))
	}
	return a
}

func (c *course) answer() {
	if len(c.open) == 0 {
		return
	}
	at := c.random.IntN(len(c.open))
	i, a := c.open[at], c.draw()
	a.Resend = false
	c.open = slices.Delete(c.open, at, at+1)
	c.step("transmission %d: %s %s fee %s", i+1, a.Outcome, a.ProviderRef, a.Fee.Decimal)
	c.answers[i] <- a
	synctest.Wait()
	c.check(&a, i+1 == c.was.Transmissions, false)
}

func (c *course) inquire() {
	a, asked := c.draw(), false
	c.o.Inquires = func() ports.PayoutAnswer { asked = true; return a }
	c.w.clock.Advance(time.Hour)
	_, err := c.s.Follow(c.t.Context(), 10)
	require.NoError(c.t, err)
	if asked {
		c.step("inquiry: %s %s fee %s", a.Outcome, a.ProviderRef, a.Fee.Decimal)
		c.check(&a, true, true)
	}
}

// decide lets a person do something. What is refused must change nothing.
func (c *course) decide() {
	ctx, v := c.t.Context(), verdict(c.id, "look")
	what, act := ports.DecisionDispute, c.s.Dispute
	switch c.random.IntN(7) {
	case 0, 1:
		what, act = ports.DecisionInquire, c.s.Inquire
	case 2:
		what, act = ports.DecisionRefused, c.s.ReportRefused
	case 3:
		what, act = ports.DecisionKeep, c.s.Keep
	case 4:
		_, err := c.s.ReportReturned(ctx, withdraw.Returned{ID: c.id, By: ports.By{Who: "lee", Why: "came back"}})
		c.decided(ports.DecisionReturned, err)
		return
	case 5:
		_, err := c.s.ReportPaid(ctx, withdraw.Paid{ID: c.id, By: ports.By{Who: "lee", Why: "seen"}, TransactionID: "t"})
		c.decided(ports.DecisionPaid, err)
		if fee, reported := c.fees[c.op.ProviderRef]; err == nil && reported && !c.was.ActualFee.Valid {
			c.require(fee != nil && fee.Equal(c.op.ActualFee.Decimal), "a person who names no fee books what the provider reported")
		}
		return
	}
	_, err := act(ctx, v)
	c.decided(what, err)
}

func (c *course) decided(what ports.DecisionKind, err error) {
	c.step("person: %s: %v", what, err)
	c.op = get(c.t, c.s, c.id)
	repeated := what == ports.DecisionDispute && c.was.Status == ports.WithdrawalDisputed || what == ports.DecisionReturned && c.was.Status == ports.WithdrawalReturned
	c.require(repeated || errors.Is(err, ports.ErrNotOpen) == !slices.Contains(withdraw.Acts(c.was), what), "Acts names what is allowed")
	c.require(err == nil || errors.Is(err, ports.ErrNotOpen) || errors.Is(err, ports.ErrInvalid), "an error of another kind")
	c.require(err == nil || c.op.Version == c.was.Version, "a decision that is refused changes nothing")
}

// check checks what an answer left. last says that no later transmission was made.
func (c *course) check(a *ports.PayoutAnswer, last, inquiry bool) {
	c.op = get(c.t, c.s, c.id)
	c.note(a, last, inquiry)
	for _, ref := range c.named {
		c.require(c.visible(ref), "the record, or a claim, names each payout: "+ref)
	}
	if a.Outcome == ports.OutcomeApproved {
		c.require(c.heard(a), "a payout completes the withdrawal, or a person hears of it")
	}
	switch ended := c.was.Open && !c.op.Open; {
	case ended && c.op.Status != ports.WithdrawalCompleted:
		c.require(!c.approved, "the total of what was paid is not given back")
		c.require(len(c.live) == 0 || len(c.live) == 1 && (inquiry || a.ProviderRef == "" || a.ProviderRef == c.live[0]), "a refusal ends only the payout that it is about")
	case ended:
		for _, ref := range c.live {
			c.require(ref == c.op.ProviderRef, "the machine completes no withdrawal of several payouts")
		}
		if fee, reported := c.fees[c.op.ProviderRef]; reported {
			c.require(fee != nil && fee.Equal(c.op.ActualFee.Decimal), "the machine books what the provider reported last")
		}
	}
	c.require(!c.approved || c.op.Transmissions == c.was.Transmissions, "what was paid is not sent again")
	c.approved = c.approved || a.Outcome == ports.OutcomeApproved
}

// note keeps what an answer says.
func (c *course) note(a *ports.PayoutAnswer, last, inquiry bool) {
	ref, moved := a.ProviderRef, a.Outcome == ports.OutcomeApproved || a.Outcome == ports.OutcomePending
	if moved && ref != "" {
		if inquiry && c.was.ProviderRef != "" && c.was.ProviderRef != ref && c.op.ProviderRef == ref { // the inquiry corrects the id
			c.live = slices.DeleteFunc(c.live, func(old string) bool { return old == c.was.ProviderRef })
		}
		c.named, c.live = append(c.named, ref), append(c.live, ref)
		slices.Sort(c.named)
		slices.Sort(c.live)
		c.named, c.live = slices.Compact(c.named), slices.Compact(c.live)
	}
	if !moved && a.Outcome.Final() {
		delete(c.fees, ref)
		c.named = slices.DeleteFunc(c.named, func(named string) bool { return named == ref || c.was.Open && !c.op.Open })
	}
	if early, known := c.fees[""]; known && c.was.ProviderRef == "" && c.op.ProviderRef != "" {
		if _, known = c.fees[c.op.ProviderRef]; !known {
			c.fees[c.op.ProviderRef] = early
		}
		delete(c.fees, "")
	}
	if !a.Fee.Valid || ref == "" && !last && a.Outcome == ports.OutcomePending { // of an earlier transmission
		return
	}
	if ref == "" {
		ref = c.op.ProviderRef
	}
	c.fees[ref] = nil
	if a.Fee.Decimal.Exponent() >= -ports.MaxScale {
		c.fees[ref] = &a.Fee.Decimal
	}
}

// visible reports whether a person, or another withdrawal, can know of a payout.
func (c *course) visible(ref string) bool {
	claims, err := c.w.store.Operations(c.t.Context(), []string{ports.NamedID(ports.KindWithdrawal, "bank", ref)})
	require.NoError(c.t, err)
	return ref == c.op.ProviderRef || slices.Contains(c.op.Others, ref) || strings.Contains(c.op.Why, ref) || len(claims) > 0
}

// heard reports whether a payout completed the withdrawal, or the record tells a person of it.
func (c *course) heard(a *ports.PayoutAnswer) bool {
	told := func(op *ports.Withdrawal) bool {
		return op.Answer.Outcome == ports.OutcomeApproved || strings.Contains(op.Why, "approved")
	}
	switch c.op.Status { //nolint:exhaustive // the others are below
	case ports.WithdrawalReview, ports.WithdrawalDisputed:
		return told(c.op)
	case ports.WithdrawalCompleted:
		return a.ProviderRef == "" || a.ProviderRef == c.op.ProviderRef
	case ports.WithdrawalReturned: // a person knows that it was paid, and came back
		return true
	}
	return told(c.was) // a person has decided about it
}

// checkBooks checks that the wallet has what the record says.
func (c *course) checkBooks() {
	wallet, err := c.wallets.Wallet(c.t.Context(), "w")
	require.NoError(c.t, err)
	want, status := won(30_000), c.op.Status
	if status == ports.WithdrawalDisputed {
		status = c.op.Ended
	}
	switch status { //nolint:exhaustive // with the others the total is out
	case ports.WithdrawalRejected, ports.WithdrawalFailed, ports.WithdrawalCanceled:
		want = won(50_000)
	case ports.WithdrawalReturned:
		want = want.Add(c.op.Returned)
	}
	c.require(wallet.Balance.Equal(want), "the wallet has what the record says")
}

func (c *course) step(format string, args ...any) {
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func (c *course) require(holds bool, rule string) {
	c.t.Helper()
	if !holds {
		c.t.Errorf("%s\n%s (%s): ref %q others %v fee %s answer %s why %q", rule, c.op.Status, c.op.Ended, c.op.ProviderRef, c.op.Others,
			c.op.ActualFee.Decimal, c.op.Answer.Outcome, c.op.Why)
	}
}
