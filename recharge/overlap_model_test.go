package recharge_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_overlap_model draws courses of one recharge of 10,000 that was sent three times.
func TestService_overlap_model(t *testing.T) {
	t.Parallel()
	ordertest.TestModel(t, chargeModel())
}

func chargeModel() ordertest.Model {
	as := func(op ports.Operation) *ports.Recharge { return op.(*ports.Recharge) } //nolint:forcetypeassert // the only kind
	return ordertest.Model{
		Kind:    chargeKind(),
		Allowed: func(op ports.Operation) []ports.DecisionKind { return recharge.Acts(as(op)) },
		Repeats: func(op ports.Operation, what ports.DecisionKind) bool {
			return what == ports.DecisionDispute && as(op).Status == ports.RechargeDisputed
		},
		Refusal: recharge.ErrChargeTaken,
		Booked:  func(op ports.Operation) bool { return as(op).EntrySeq != 0 },
		Balance: func(op ports.Operation) decimal.Decimal {
			if r := as(op); r.EntrySeq != 0 && r.ReverseSeq == 0 {
				return r.Credited
			}
			return decimal.Decimal{}
		},
		Known: func(op ports.Operation, ref string) bool {
			r := as(op)
			mistake := r.Status == ports.RechargeReversed && !r.Disputed // its payments are free
			return mistake || r.DroppedRef == ref
		},
		Claims: func(ref string) []string {
			return []string{ports.NamedID(ports.KindRecharge, "bank", ref), ports.ClaimID("bank", ref, 1)}
		},
		Acts: []ordertest.Act{
			{What: ports.DecisionInquire},
			{What: ports.DecisionInquire},
			{What: ports.DecisionInquire},
			{What: ports.DecisionDecline},
			{What: ports.DecisionDecline},
			{What: ports.DecisionApprove},
			{What: ports.DecisionApprove, Ref: "tx A"},
			{What: ports.DecisionApprove, Ref: "tx B"},
			{What: ports.DecisionReinstate},
			{What: ports.DecisionReinstate, Ref: "tx A"},
			{What: ports.DecisionReinstate, Ref: "tx B"},
			{What: ports.DecisionKeep},
			{What: ports.DecisionDispute},
			{What: ports.DecisionDispute},
			{What: ports.DecisionReverse},
			{What: ports.DecisionReverse},
		},
	}
}

// TestService_overlap_courses: courses that broke a rule once.
func TestService_overlap_courses(t *testing.T) {
	t.Parallel()
	const ordered = 10_000
	approved, pending, declined := ordertest.Approved, ordertest.Pending, func(ref string) ordertest.Answer { return ordertest.Says(ports.OutcomeDeclined, ref) }
	inquire := ordertest.Act{What: ports.DecisionInquire}
	decline := ordertest.Act{What: ports.DecisionDecline}
	approve := func(ref string) ordertest.Act { return ordertest.Act{What: ports.DecisionApprove, Ref: ref} }
	ordertest.TestCourses(t, chargeModel(), map[string]func(*ordertest.Course){
		"a person approves an amount that no record can hold": func(c *ordertest.Course) {
			c.Inquire(approved("tx A").OfTooFine(9_000))
			c.Answer(0, pending("tx A"))
			c.Do(inquire)
			c.Answer(1, pending("tx A"))
			c.Do(approve("tx A"))
		},
		"a refusal of one payment after a late approval of another": func(c *ordertest.Course) {
			c.Do(decline)
			c.Answer(1, approved("tx B"))
			c.Answer(2, declined("tx A"))
			c.Do(approve("tx A"))
			c.Answer(0, declined("tx A"))
		},
		"a late approval of an amount that no record can hold": func(c *ordertest.Course) {
			c.Inquire(ordertest.Says(ports.OutcomeNotSent, "tx A"))
			c.Answer(1, approved("tx A").OfTooFine(9_000))
			c.Do(approve("tx A"))
		},
		"a guess of an id while the provider works on another": func(c *ordertest.Course) {
			c.Answer(0, pending("tx B").Of(9_000))
			c.Inquire(ordertest.Says(ports.OutcomeUnknown, "tx A"))
			c.Answer(2, declined("tx A"))
			c.Answer(1, approved("tx A"))
			c.Do(approve(""))
		},
		"a late approval without an id after a late pending with one": func(c *ordertest.Course) {
			c.Do(decline)
			c.Answer(1, pending("tx A"))
			c.Answer(0, approved(""))
			c.Do(decline)
			c.Answer(2, approved("").Of(9_000))
			c.Do(approve(""))
		},
		"a further payment of an amount that no record can hold": func(c *ordertest.Course) {
			c.Answer(1, approved("tx B").OfTooFine(9_000))
			c.Answer(2, pending("tx A").OfTooFine(9_000))
			c.Do(approve("tx A"))
		},
		"an inquiry corrects an id back": func(c *ordertest.Course) {
			c.Answer(0, pending("tx A").Of(9_000))
			c.Inquire(pending("tx B"))
			c.Inquire(approved("tx A"))
		},
		"payments of a credit that was a mistake": func(c *ordertest.Course) {
			c.Answer(2, approved(""))
			c.Do(ordertest.Act{What: ports.DecisionReverse})
			c.Answer(1, approved("tx B"))
			c.Answer(0, pending("tx A"))
		},
		"a refusal with an id of its own": func(c *ordertest.Course) {
			c.Inquire(pending("tx A").Of(9_000))
			c.Inquire(declined("tx B"))
			c.Answer(2, approved("tx A"))
			c.Do(approve(""))
		},
		"an approval of another payment than the one of an amount that no record can hold": func(c *ordertest.Course) {
			c.Inquire(pending("tx B").OfTooFine(9_000))
			c.Answer(1, pending("tx B"))
			c.Inquire(approved("tx A"))
			c.Answer(0, pending("tx B").Of(ordered))
			c.Inquire(approved("").Of(ordered))
		},
		"an amount that is reported while two payments are in review": func(c *ordertest.Course) {
			c.Inquire(pending("tx B"))
			c.Answer(2, approved("tx A"))
			c.Answer(0, pending("tx B").Of(9_000))
			c.Do(approve(""))
		},
		"an amount of a payment that a late one replaces": func(c *ordertest.Course) {
			c.Inquire(pending("tx A").Of(9_000))
			c.Inquire(declined("tx B"))
			c.Answer(2, pending("tx B"))
			c.Do(approve("tx A"))
		},
	})
}
