package withdraw_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// endless are amounts that would take for ever to be compared with another, or written.
func endless() []decimal.Decimal {
	return []decimal.Decimal{decimal.New(1, 100_000_000), decimal.New(-1, 100_000_000), decimal.New(1, -100_000_000)}
}

// TestService_refuses_amounts_out_of_range: amounts of millions of digits are refused before
// anything is computed with them.
func TestService_refuses_amounts_out_of_range(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	for _, amount := range endless() {
		request := payOut("other")
		request.Total = amount
		_, err := s.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrInvalid)
		_, err = s.Quote("bank", amount)
		require.ErrorIs(t, err, ports.ErrInvalid)
		_, err = s.ReportPaid(t.Context(), withdraw.Paid{
			ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx", Fee: decimal.NewNullDecimal(amount),
		})
		require.ErrorIs(t, err, ports.ErrInvalid)
	}
	_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx"})
	require.NoError(t, err)
	returned := withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "closed"}}
	for range 2 { // before it was returned, and after
		for _, amount := range endless() {
			again := returned
			again.Amount = decimal.NewNullDecimal(amount)
			_, err := s.ReportReturned(t.Context(), again)
			require.ErrorIs(t, err, ports.ErrInvalid)
		}
		_, err := s.ReportReturned(t.Context(), returned)
		require.NoError(t, err)
	}
}

// oddBank answers what no record can hold.
type oddBank struct {
	*bank
	odd ports.PayoutAnswer
}

func (b oddBank) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.odd }

// TestService_answer_that_cannot_be_booked_goes_to_review, at once: it would be refused at each try.
func TestService_answer_that_cannot_be_booked_goes_to_review(t *testing.T) {
	t.Parallel()
	answers := map[string]ports.PayoutAnswer{
		"a date before year 1":      {TransactedAt: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a date after year 9999":    {TransactedAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a fee of too many digits":  {Fee: decimal.NewNullDecimal(decimal.New(1_500_0000001, -7))},
		"a total that has no limit": {Total: decimal.NewNullDecimal(endless()[0])},
		"a net that has no limit":   {Net: decimal.NewNullDecimal(endless()[1])},
	}
	for name, odd := range answers {
		for _, outcome := range []ports.Outcome{ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeUnknown, ports.OutcomeDeclined} {
			t.Run(name+", "+outcome.String(), func(t *testing.T) {
				t.Parallel()
				w, b := newWorld(t, pays, 0)
				odd := odd
				odd.Outcome, odd.ProviderRef, odd.TransactionID = outcome, "w-1", "tx"
				w.disburser = oddBank{b, odd}
				s, wallets := w.process(t, crashtest.Immortal())
				op := mustRequest(t, s, "k")
				require.Equal(t, ports.WithdrawalReview, op.Status)
				require.Contains(t, op.Why, "the provider answered "+outcome.String())
				require.Equal(t, "w-1", op.ProviderRef)
				data, err := ports.EncodeOperation(op)
				require.NoError(t, err)
				_, err = ports.DecodeOperation(ports.KindWithdrawal, data)
				require.NoError(t, err)
				paid := withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}, TransactionID: "tx"}
				if !strings.HasPrefix(name, "a date") {
					_, err = s.ReportPaid(t.Context(), paid)
					require.ErrorIs(t, err, ports.ErrInvalid, "what the provider took is not known")
					paid.Fee = decimal.NewNullDecimal(won(1_500))
				}
				op, err = s.ReportPaid(t.Context(), paid)
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalCompleted, op.Status)
				ordertest.RequireBalance(t, wallets, 30_000)
			})
		}
	}
}

// TestService_late_answer_that_no_record_can_hold.
func TestService_late_answer_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	op := disputeBy(t, w, b, ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}, ports.PayoutAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeApproved},
		Fee:    decimal.NewNullDecimal(endless()[0]),
	})
	require.Equal(t, ports.WithdrawalDisputed, op.Status)
	require.Contains(t, op.Why, "answered approved")
	_, err := ports.EncodeOperation(op)
	require.NoError(t, err)
}
