package withdraw_test

import (
	"context"
	"errors"
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

// lateBank answers an order after everybody was told the contrary.
type lateBank struct {
	*bank
	told, late   ports.PayoutAnswer
	paying, goOn chan struct{}
}

func (b *lateBank) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	close(b.paying)
	<-b.goOn
	return b.late
}

func (b *lateBank) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return b.told }

// dispute makes a withdrawal that ended as the first outcome says, and then was answered
// with the second.
func dispute(t *testing.T, w *world, b *bank, told, late ports.Outcome) *ports.Withdrawal {
	t.Helper()
	return disputeBy(t, w, b, ports.PayoutAnswer{Answer: ports.Answer{Outcome: told}}, ports.PayoutAnswer{Answer: ports.Answer{Outcome: late, ProviderRef: "w-1"}, TransactionID: "tx"})
}

func disputeBy(t *testing.T, w *world, b *bank, told, late ports.PayoutAnswer) *ports.Withdrawal {
	t.Helper()
	slow := &lateBank{bank: b, told: told, late: late, paying: make(chan struct{}), goOn: make(chan struct{})}
	w.disburser = slow
	s, _ := w.process(t, crashtest.Immortal())
	other, _ := w.process(t, crashtest.Immortal())
	answered := ordertest.Async(t, func(ctx context.Context) (*ports.Withdrawal, error) { return s.Request(ctx, payOut("k")) })
	<-slow.paying
	w.clock.Advance(time.Hour)
	done := make(chan error)
	go func() {
		_, err := other.Follow(context.Background(), 10)
		done <- err
	}()
	require.NoError(t, <-done)
	close(slow.goOn)
	return <-answered
}

// TestService_late_answer_that_contradicts_the_end: a late approval disputes a withdrawal that
// ended as rejected, though another process writes the record at the same moment. List has the
// withdrawal among those that a person must decide.
func TestService_late_answer_that_contradicts_the_end(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	busy := &crashtest.Contended{Store: w.store, Loses: func(op ports.Operation) bool {
		end, ok := op.(*ports.Withdrawal)
		return ok && end.Status == ports.WithdrawalDisputed
	}}
	w.store = busy
	op := dispute(t, w, b, ports.OutcomeDeclined, ports.OutcomeApproved)
	require.Equal(t, ports.WithdrawalDisputed, op.Status)
	require.Contains(t, op.Why, "ended as rejected, then the provider answered approved")
	require.Equal(t, 1, busy.Lost())
	s, wallets := w.process(t, crashtest.Immortal())
	stuck, err := s.List(t.Context(), undecided())
	require.NoError(t, err)
	require.Len(t, stuck, 1)
	require.Equal(t, op.Why, stuck[0].Why)
	require.Equal(t, "w-1", stuck[0].ProviderRef)
	ordertest.RequireBalance(t, wallets, 50_000)
}

// TestService_late_unknown_is_disputed: a late answer is weighed against the end of the
// withdrawal. One that contradicts it, or that leaves open whether money moved, disputes the
// withdrawal.
func TestService_late_unknown_is_disputed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		told, late ports.Outcome
		status     ports.WithdrawalStatus
	}{
		"given back, then unknown": {ports.OutcomeNotSent, ports.OutcomeUnknown, ports.WithdrawalDisputed},
		"given back, then pending": {ports.OutcomeDeclined, ports.OutcomePending, ports.WithdrawalDisputed},
		"given back, and refused":  {ports.OutcomeNotSent, ports.OutcomeDeclined, ports.WithdrawalFailed},
		"paid, then unknown":       {ports.OutcomeApproved, ports.OutcomeUnknown, ports.WithdrawalCompleted},
		"paid, and paid":           {ports.OutcomeApproved, ports.OutcomeApproved, ports.WithdrawalCompleted},
		"paid, then refused":       {ports.OutcomeApproved, ports.OutcomeDeclined, ports.WithdrawalDisputed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			require.Equal(t, tc.status, dispute(t, w, b, tc.told, tc.late).Status)
		})
	}
}

// TestService_late_answer_takes_no_payout_of_another: a late answer names the payout of another
// withdrawal. The withdrawal is disputed, and the other one keeps its payout.
func TestService_late_answer_takes_no_payout_of_another(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	s, _ := w.process(t, crashtest.Immortal())
	first := mustRequest(t, s, "before")
	require.Equal(t, "w-1", first.ProviderRef)
	op := dispute(t, w, b, ports.OutcomeDeclined, ports.OutcomeApproved)
	require.Equal(t, ports.WithdrawalDisputed, op.Status)
	require.Contains(t, op.Why, "which is that of withdrawal "+first.ID)
	require.Empty(t, op.ProviderRef)
}

// TestService_dispute_is_ended_by_a_person: a disputed withdrawal is booked once, as a person
// found out, and then waits for no person any more.
func TestService_dispute_is_ended_by_a_person(t *testing.T) {
	t.Parallel()
	verdict := func(id string) ports.Act {
		return ports.Act{ID: id, By: ports.By{Who: "kim", Why: "the bank says so"}}
	}
	type act func(s *withdraw.Service, id string) (*ports.Withdrawal, error)
	paid := func(s *withdraw.Service, id string) (*ports.Withdrawal, error) {
		return s.ReportPaid(context.Background(), withdraw.Paid{ID: id, By: ports.By{Who: "kim", Why: "the bank says so"}, TransactionID: "tx"})
	}
	refused := func(s *withdraw.Service, id string) (*ports.Withdrawal, error) {
		return s.ReportRefused(context.Background(), verdict(id))
	}
	keeps := func(s *withdraw.Service, id string) (*ports.Withdrawal, error) {
		return s.Keep(context.Background(), verdict(id))
	}
	back := func(s *withdraw.Service, id string) (*ports.Withdrawal, error) {
		return s.ReportReturned(context.Background(), withdraw.Returned{ID: id, By: ports.By{Who: "kim", Why: "the bank says so"}})
	}
	for name, tc := range map[string]struct {
		told     ports.Outcome
		act      act
		status   ports.WithdrawalStatus
		balance  int64
		clearing int64
		fee      int64
		entries  int
	}{
		"given back, and it was paid":    {ports.OutcomeDeclined, paid, ports.WithdrawalCompleted, 30_000, 18_500, 1_500, 3},
		"given back, and was not paid":   {ports.OutcomeDeclined, refused, ports.WithdrawalRejected, 50_000, 0, 0, 2},
		"not sent, and was not paid":     {ports.OutcomeNotSent, refused, ports.WithdrawalFailed, 50_000, 0, 0, 2},
		"given back, and kept":           {ports.OutcomeDeclined, keeps, ports.WithdrawalRejected, 50_000, 0, 0, 2},
		"completed, and it was paid":     {ports.OutcomeApproved, paid, ports.WithdrawalCompleted, 30_000, 18_500, 1_500, 2},
		"completed, and was not paid":    {ports.OutcomeApproved, refused, ports.WithdrawalReturned, 50_000, 0, 0, 3},
		"completed, and its net is back": {ports.OutcomeApproved, back, ports.WithdrawalReturned, 48_500, 0, 1_500, 3},
		"completed, and kept":            {ports.OutcomeApproved, keeps, ports.WithdrawalCompleted, 30_000, 18_500, 1_500, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			late := ports.OutcomeApproved
			if tc.told == late {
				late = ports.OutcomeDeclined
			}
			op := dispute(t, w, b, tc.told, late)
			require.Equal(t, ports.WithdrawalDisputed, op.Status)
			s, wallets := w.process(t, crashtest.Immortal())
			decided, err := tc.act(s, op.ID)
			require.NoError(t, err)
			require.Equal(t, tc.status, decided.Status)
			require.Empty(t, decided.Ended)
			require.Empty(t, decided.Answer.Alarm)
			require.Len(t, decided.Decisions, 1)
			again, err := keeps(s, op.ID)
			require.ErrorIs(t, err, ports.ErrNotOpen, "it is decided: %v", again)
			stuck, err := s.List(t.Context(), undecided())
			require.NoError(t, err)
			require.Empty(t, stuck)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(tc.balance)), wallet.Balance)
			require.Zero(t, wallet.OpenOperations)
			requireBooks(t, wallets, tc.clearing, tc.fee)
			history, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", OperationID: op.ID})
			require.NoError(t, err)
			require.Len(t, history.Entries, tc.entries)
		})
	}
}

// requireBooks checks that the books add up, and that no payout is owed.
func requireBooks(t *testing.T, wallets *ledger.Ledger, clearing, fee int64) {
	t.Helper()
	balance, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, balance.Check())
	sums := make(map[ports.Account]decimal.Decimal)
	for _, total := range balance.Totals {
		sums[total.Account] = sums[total.Account].Add(total.Balance)
	}
	require.True(t, sums[ports.AccountPayable].IsZero(), sums[ports.AccountPayable])
	require.True(t, sums[ports.AccountClearing("bank")].Equal(won(clearing)), sums[ports.AccountClearing("bank")])
	require.True(t, sums[ports.AccountFee].Equal(won(fee)), sums[ports.AccountFee])
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestService_Keep_payout_that_the_wallet_cannot_pay_again: ReportPaid refuses when the owner
// has spent what was given back, or has closed the wallet. Keep ends the dispute.
func TestService_Keep_payout_that_the_wallet_cannot_pay_again(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{ports.ErrInsufficient, ports.ErrClosed} {
		t.Run(refusal.Error(), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			op := dispute(t, w, b, ports.OutcomeDeclined, ports.OutcomeApproved)
			s, wallets := w.process(t, crashtest.Immortal())
			_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spend", Amount: won(50_000)})
			require.NoError(t, err)
			if errors.Is(refusal, ports.ErrClosed) {
				_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
				require.NoError(t, err)
			}
			_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "it was"}, TransactionID: "tx"})
			require.ErrorIs(t, err, refusal)
			_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "kim", Why: "it came back"}})
			require.ErrorIs(t, err, ports.ErrNotOpen, "its total was given back before")
			_, err = s.Keep(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim"}})
			require.ErrorIs(t, err, ports.ErrInvalid, "without a reason")
			stuck, err := s.List(t.Context(), undecided())
			require.NoError(t, err)
			require.Len(t, stuck, 1)
			op, err = s.Keep(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "we bear it"}})
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalRejected, op.Status)
		})
	}
}
