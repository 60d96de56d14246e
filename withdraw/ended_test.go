package withdraw_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func verdict(id, why string) ports.Act {
	return ports.Act{ID: id, By: ports.By{Who: "kim", Why: why}}
}

// disputed brings a withdrawal of 20,000 to an end, and disputes it.
func disputed(t *testing.T, ended ports.WithdrawalStatus) (*withdraw.Service, *ledger.Ledger, *ports.Withdrawal) {
	t.Helper()
	does := map[ports.WithdrawalStatus]behaviour{ports.WithdrawalRejected: declines, ports.WithdrawalFailed: refuses}[ended]
	approvals := 0
	switch ended { //nolint:exhaustive // the others need nothing
	case ports.WithdrawalCanceled:
		approvals = 1
	case ports.WithdrawalCompleted, ports.WithdrawalReturned:
		does = paysAtOnce
	}
	w, _ := newWorld(t, does, approvals)
	s, wallets := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	switch ended { //nolint:exhaustive // likewise
	case ports.WithdrawalCanceled:
		op, err = s.Cancel(t.Context(), verdict(op.ID, "the customer asked"))
	case ports.WithdrawalReturned:
		op, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "account closed"}})
	}
	require.NoError(t, err)
	require.Equal(t, ended, op.Status)
	before, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	for range 2 {
		op, err = s.Dispute(t.Context(), verdict(op.ID, "the bank says otherwise"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalDisputed, op.Status)
		require.Equal(t, ended, op.Ended)
	}
	after, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, before, after, "a dispute moves nothing")
	return s, wallets, op
}

// TestService_Dispute: a withdrawal that ended one way, and is found to have ended another
// way later, is disputed by a person and booked as it was.
func TestService_Dispute(t *testing.T) {
	t.Parallel()
	requireBooks := func(t *testing.T, wallets *ledger.Ledger, balance int64) {
		t.Helper()
		ordertest.RequireBalance(t, wallets, balance)
		_, err := wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
		books, err := wallets.TrialBalance(t.Context())
		require.NoError(t, err)
		require.NoError(t, books.Check())
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.Zero(t, wallet.OpenOperations)
	}
	paid := func(id string) withdraw.Paid {
		return withdraw.Paid{ID: id, By: ports.By{Who: "kim", Why: "bank statement"}, TransactionID: "tx 9", TransactedAt: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)}
	}
	for _, ended := range []ports.WithdrawalStatus{
		ports.WithdrawalRejected, ports.WithdrawalFailed, ports.WithdrawalCanceled, ports.WithdrawalCompleted, ports.WithdrawalReturned,
	} {
		t.Run(string(ended)+" that was paid", func(t *testing.T) {
			t.Parallel()
			s, wallets, op := disputed(t, ended)
			op, err := s.ReportPaid(t.Context(), paid(op.ID))
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalCompleted, op.Status)
			require.Zero(t, op.ReturnSeq)
			require.True(t, op.Returned.IsZero())
			requireBooks(t, wallets, 30_000)
		})
		t.Run(string(ended)+" that stays as it is", func(t *testing.T) {
			t.Parallel()
			s, wallets, op := disputed(t, ended)
			before, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			op, err = s.Keep(t.Context(), verdict(op.ID, "the bank was wrong"))
			require.NoError(t, err)
			require.Equal(t, ended, op.Status)
			after, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
	t.Run("completed that was not paid", func(t *testing.T) {
		t.Parallel()
		s, wallets, op := disputed(t, ports.WithdrawalCompleted)
		op, err := s.ReportRefused(t.Context(), verdict(op.ID, "the bank never had it"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalReturned, op.Status)
		requireBooks(t, wallets, 50_000)
	})
	t.Run("returned with the fee, that did not come back", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, paysAtOnce, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "closed"}, Amount: decimal.NewNullDecimal(won(20_000))})
		require.NoError(t, err)
		requireBooks(t, wallets, 50_000)
		_, err = s.Dispute(t.Context(), verdict(op.ID, "it did not"))
		require.NoError(t, err)
		_, err = s.ReportRefused(t.Context(), verdict(op.ID, "x"))
		require.ErrorIs(t, err, ports.ErrNotOpen)
		_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}})
		require.ErrorIs(t, err, ports.ErrNotOpen)
		_, err = s.ReportPaid(t.Context(), paid(op.ID))
		require.NoError(t, err)
		requireBooks(t, wallets, 30_000)
		_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "now it did"}})
		require.NoError(t, err, "and may come back once more")
	})
	t.Run("one that has not ended", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := s.Dispute(t.Context(), verdict(op.ID, "look"))
		require.ErrorIs(t, err, ports.ErrNotOpen)
		_, err = s.Dispute(t.Context(), verdict(op.ID, ""))
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}

// undecided selects the withdrawals that have not ended as the provider says, or not yet.
func undecided() withdraw.Listing {
	return withdraw.Listing{Statuses: []ports.WithdrawalStatus{
		ports.WithdrawalReview, ports.WithdrawalDisputed, ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown,
	}}
}
