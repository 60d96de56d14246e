package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_overlap_model draws courses of one withdrawal of 20,000, with a fee of 1,500, that
// was sent three times.
func TestService_overlap_model(t *testing.T) {
	t.Parallel()
	kind := payoutKind()
	as := func(op ports.Operation) *ports.Withdrawal { return op.(*ports.Withdrawal) } //nolint:forcetypeassert // the only kind
	ordertest.TestModel(t, ordertest.Model{
		Kind:    kind,
		Booked:  func(op ports.Operation) bool { return as(op).ActualFee.Valid },
		Known:   func(ports.Operation, string) bool { return false },
		Claims:  func(ref string) []string { return []string{ports.NamedID(ports.KindWithdrawal, "bank", ref)} },
		Allowed: func(op ports.Operation) []ports.DecisionKind { return withdraw.Acts(as(op)) },
		Balance: func(op ports.Operation) decimal.Decimal {
			w, taken := as(op), won(kind.Open)
			status := w.Status
			if status == ports.WithdrawalDisputed {
				status = w.Ended
			}
			switch status { //nolint:exhaustive // with the others the total is out
			case ports.WithdrawalRejected, ports.WithdrawalFailed, ports.WithdrawalCanceled:
				return won(kind.WhenRefused)
			case ports.WithdrawalReturned:
				return taken.Add(w.Returned)
			}
			return taken
		},
		Repeats: func(op ports.Operation, what ports.DecisionKind) bool {
			status := as(op).Status
			return what == ports.DecisionDispute && status == ports.WithdrawalDisputed || what == ports.DecisionReturned && status == ports.WithdrawalReturned
		},
		BackIsHeard: true,
		Acts: []ordertest.Act{
			{What: ports.DecisionInquire},
			{What: ports.DecisionInquire},
			{What: ports.DecisionRefused},
			{What: ports.DecisionKeep},
			{What: ports.DecisionReturned},
			{What: ports.DecisionPaid},
			{What: ports.DecisionDispute},
		},
	})
}
