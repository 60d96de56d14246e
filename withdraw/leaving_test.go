package withdraw_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/desk"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// leave asks for wallet "w" to be wound up, and gives up its points.
func leave(key string) withdraw.LeaveRequest {
	return withdraw.LeaveRequest{
		WalletID: "w", Key: key, Disburser: "bank", By: ports.By{Who: "customer", Why: "moves away"}, ForfeitPoints: true,
	}
}

func grant(t *testing.T, wallets *ledger.Ledger, id string, points int64) {
	t.Helper()
	_, err := wallets.Grant(t.Context(), ledger.GrantRequest{WalletID: id, Key: "points", Amount: won(points)})
	require.NoError(t, err)
}

func freeze(t *testing.T, wallets *ledger.Ledger, id string) {
	t.Helper()
	_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: id, Key: "freeze", By: ports.By{Who: "kim", Why: "a court asks"}})
	require.NoError(t, err)
}

func unfreeze(t *testing.T, wallets *ledger.Ledger, id string) {
	t.Helper()
	_, err := wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: id, Key: "unfreeze", By: ports.By{Who: "kim", Why: "fine"}})
	require.NoError(t, err)
}

// walletOf returns a wallet, after its history and the books were proved.
func walletOf(t *testing.T, wallets *ledger.Ledger, id string) ports.Wallet {
	t.Helper()
	_, err := wallets.Verify(t.Context(), id)
	require.NoError(t, err)
	books, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, books.Check())
	wallet, err := wallets.Wallet(t.Context(), id)
	require.NoError(t, err)
	return wallet
}

// entriesSince returns the types of the entries of a wallet behind one.
func entriesSince(t *testing.T, wallets *ledger.Ledger, id string, seq int64) (types []ports.EntryType) {
	t.Helper()
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: id, AfterSeq: seq})
	require.NoError(t, err)
	for _, e := range page.Entries {
		types = append(types, e.Type)
	}
	return types
}

// booked returns the cash of an account.
func booked(t *testing.T, wallets *ledger.Ledger, account ports.Account) decimal.Decimal {
	t.Helper()
	books, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	for _, total := range books.Totals {
		if total.Account == account {
			return total.Balance
		}
	}
	return decimal.Decimal{}
}

// TestService_Leave/gives_up_and_closes_in_the_unit_that_completes: until then the points stay, and a
// call that is repeated says how far it is.
//
// TestService_Leave/gives_up_the_fraction_that_cannot_be_paid: to an account of its own.
//
// TestService_Leave/closes_at_once_where_nothing_can_be_paid: what is below the least total is given up as
// far as it may be. The call can be repeated.
//
// TestService_Leave/closes_a_wallet_that_something_kept_open: when it is repeated.
//
// TestService_Leave/ends_with_a_withdrawal_that_is_given_back: the points are there, and another key
// begins again.
//
// TestService_Leave/is_taken_once_by_callers_at_the_same_moment: they get the same withdrawal.
//
// TestService_Leave/a_key_stands_for_one_request: whichever way the wallet went.
func TestService_Leave(t *testing.T) {
	t.Parallel()
	t.Run("gives_up_and_closes_in_the_unit_that_completes", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		grant(t, wallets, "w", 700)
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalRequested, d.Withdrawal.Status, "the approvals of the route apply")
		require.Equal(t, []string{"50000", "customer"}, []string{d.Withdrawal.Total.String(), d.Withdrawal.RequestedBy})
		require.False(t, d.Closed)
		require.Equal(t, won(700).String(), walletOf(t, wallets, "w").Point.String(), "nothing is given up yet")
		_, err = s.Approve(t.Context(), ports.Act{ID: d.Withdrawal.ID, By: ports.By{Who: "lee", Why: "seen"}})
		require.NoError(t, err)
		before := walletOf(t, wallets, "w").Seq
		w.rest(t, s)
		require.Equal(t, []ports.EntryType{ports.EntryWithdrawEnd, ports.EntryForfeit, ports.EntryClose}, entriesSince(t, wallets, "w", before))
		d, err = s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.True(t, d.Closed)
		require.Empty(t, d.Stays)
		require.Equal(t, ports.WithdrawalCompleted, d.Withdrawal.Status)
		wallet := walletOf(t, wallets, "w")
		require.Equal(t, ports.WalletClosed, wallet.Status)
		require.Equal(t, wallet.Seq, d.Withdrawal.Leaving.ClosedSeq)
		require.Equal(t, 1, b.pays)
		closed, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", AfterSeq: wallet.Seq - 1})
		require.NoError(t, err)
		require.Equal(t, []string{"customer", "moves away", d.Withdrawal.ID}, []string{closed.Entries[0].Who, closed.Entries[0].Memo, closed.Entries[0].OperationID})
	})
	t.Run("gives_up_the_fraction_that_cannot_be_paid", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, paysAtOnce, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "f", "20000.37")
		request := leave("out")
		request.WalletID, request.ForfeitCash = "f", exactly("0.99")
		d, err := s.Leave(t.Context(), request)
		require.NoError(t, err)
		require.True(t, d.Closed)
		require.Equal(t, []string{"20000", "0.37"}, []string{d.Withdrawal.Total.String(), d.Withdrawal.Leaving.ForfeitCash.String()})
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "f").Status)
		require.Equal(t, "0.37", booked(t, wallets, ports.AccountForfeited).String())
		require.True(t, booked(t, wallets, ports.AccountPayable).IsZero())
	})
	t.Run("closes_at_once_where_nothing_can_be_paid", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "poor", "9999.37")
		grant(t, wallets, "poor", 5)
		request := leave("out")
		request.WalletID, request.ForfeitCash, request.Reference = "poor", won(10_000), "case-7"
		for range 2 {
			d, err := s.Leave(t.Context(), request)
			require.NoError(t, err)
			require.Equal(t, withdraw.Departure{Closed: true}, d)
		}
		require.Equal(t, []ports.EntryType{ports.EntryForfeit, ports.EntryForfeit, ports.EntryClose}, entriesSince(t, wallets, "poor", 3))
		entry, err := wallets.EntryByKey(t.Context(), "poor", "out")
		require.NoError(t, err)
		require.Equal(t, []string{"close", "customer", "moves away", "case-7"}, []string{string(entry.Type), entry.Who, entry.Memo, entry.Reference})
		require.Equal(t, "9999.37", booked(t, wallets, ports.AccountForfeited).String())
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "poor").Status)
		require.Empty(t, b.orders)
		stranger, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock})
		require.NoError(t, err)
		d, err := stranger.Leave(t.Context(), request)
		require.NoError(t, err, "what was done is answered without its route")
		require.True(t, d.Closed)
		other := request
		other.Key = "again"
		_, err = s.Leave(t.Context(), other)
		require.ErrorIs(t, err, ports.ErrClosed)
	})
	t.Run("closes_a_wallet_that_something_kept_open", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		grant(t, wallets, "w", 700)
		_, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		held, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		w.rest(t, s)
		require.Equal(t, ports.WithdrawalCompleted, list(t, s)[0].Status)
		require.Equal(t, won(700).String(), walletOf(t, wallets, "w").Point.String(), "nothing is given up while the wallet stays")
		says := func(stays string) {
			t.Helper()
			d, err := s.Leave(t.Context(), leave("out"))
			require.NoError(t, err)
			require.Equal(t, stays, d.Stays)
			require.Equal(t, stays == "", d.Closed)
		}
		says("wallet has open operations")
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(1)})
		require.NoError(t, err)
		_, err = wallets.Release(t.Context(), ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
		require.NoError(t, err)
		says("wallet is not empty")
		_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(1), Spend: ledger.CashOnly})
		require.NoError(t, err)
		says("")
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "w").Status)
		require.NotZero(t, list(t, s)[0].Leaving.ClosedSeq)
		require.Equal(t, 1, b.pays)
	})
	t.Run("ends_with_a_withdrawal_that_is_given_back", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, rejects, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		grant(t, wallets, "w", 700)
		_, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		w.rest(t, s)
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalRejected, d.Withdrawal.Status)
		require.False(t, d.Closed)
		require.Equal(t, "the total was given back", d.Stays)
		wallet := walletOf(t, wallets, "w")
		require.Equal(t, []string{"50000", "700"}, []string{wallet.Balance.String(), wallet.Point.String()})
		b.does = paysAtOnce
		d, err = s.Leave(t.Context(), leave("out again"))
		require.NoError(t, err)
		require.True(t, d.Closed)
	})
	t.Run("is_taken_once_by_callers_at_the_same_moment", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 0)
		openFine(t, ordertest.Ledger(t, w.store, w.clock), "empty", "0.01")
		var all sync.WaitGroup
		for range 4 {
			s, _ := w.process(t, crashtest.Immortal())
			for range 4 {
				all.Go(func() {
					if _, err := s.Leave(t.Context(), leave("out")); err != nil {
						t.Error(err)
					}
					request := leave("out")
					request.WalletID, request.ForfeitCash = "empty", won(1)
					if d, err := s.Leave(t.Context(), request); err != nil || !d.Closed {
						t.Error(err, d)
					}
				})
			}
		}
		all.Wait()
		require.Equal(t, 1, b.pays)
		_, wallets := w.process(t, crashtest.Immortal())
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "w").Status)
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "empty").Status)
	})
	t.Run("a_key_stands_for_one_request", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, paysAtOnce, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "empty", "0.01")
		for _, id := range []string{"w", "empty"} {
			first := leave("out")
			first.WalletID, first.ForfeitCash = id, won(1)
			_, err := s.Leave(t.Context(), first)
			require.NoError(t, err)
			for field, change := range map[string]func(*withdraw.LeaveRequest){
				"Who": func(r *withdraw.LeaveRequest) { r.Who = "lee" }, "Why": func(r *withdraw.LeaveRequest) { r.Why = "another reason" },
				"Reference": func(r *withdraw.LeaveRequest) { r.Reference = "case-8" }, "": func(r *withdraw.LeaveRequest) { r.ForfeitCash = won(2) },
			} {
				other := first
				change(&other)
				_, err := s.Leave(t.Context(), other)
				require.ErrorIs(t, err, ports.ErrKeyReused, "%s %s", id, field)
				var reused *ports.KeyReusedError
				require.ErrorAs(t, err, &reused)
				if field != "" {
					require.Equal(t, []string{field}, reused.Fields, id)
				}
			}
			used := leave("in")
			used.WalletID = id
			_, err = s.Leave(t.Context(), used)
			require.ErrorIs(t, err, ports.ErrKeyReused)
		}
	})
}

func list(t *testing.T, s *withdraw.Service) []*ports.Withdrawal {
	t.Helper()
	found, err := s.List(t.Context(), withdraw.Listing{})
	require.NoError(t, err)
	return found
}

// TestService_Leave_refuses/<case>: with an error of its own, and without a trace.
func TestService_Leave_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		arrange func(t *testing.T, wallets *ledger.Ledger)
		change  func(*withdraw.LeaveRequest)
		want    error
		text    string
	}{
		"what_is_open": {func(t *testing.T, wallets *ledger.Ledger) {
			t.Helper()
			_, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
			require.NoError(t, err)
		}, nil, ports.ErrOpenOperations, "wallet has open operations: hold "},
		"what_is_open_of_a_wallet_without_cash": {func(t *testing.T, wallets *ledger.Ledger) {
			t.Helper()
			_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(50_000)})
			require.NoError(t, err)
			grant(t, wallets, "w", 100)
			_, err = wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
			require.NoError(t, err)
		}, nil, ports.ErrOpenOperations, "wallet has open operations: hold "},
		"points_that_are_not_given_up": {
			func(t *testing.T, wallets *ledger.Ledger) { t.Helper(); grant(t, wallets, "w", 100) },
			func(r *withdraw.LeaveRequest) { r.ForfeitPoints = false }, ports.ErrNotEmpty, "can pay out 50000, and leaves 0 and 100 points",
		},
		"a_fraction_that_is_not_given_up": {nil, func(r *withdraw.LeaveRequest) {
			r.WalletID, r.ForfeitCash = "fine", exactly("0.36")
		}, ports.ErrNotEmpty, "can pay out 20000, and leaves 0.37"},
		"less_than_the_least_total_that_is_not_given_up": {nil, func(r *withdraw.LeaveRequest) {
			r.WalletID = "poor"
		}, ports.ErrNotEmpty, "can pay out 0, and leaves 9999: quote: outside the limits of the fee schedule; invalid Total: is below 10000"},
		"what_another_withdrawal_could_pay": {func(t *testing.T, wallets *ledger.Ledger) {
			t.Helper()
			_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(10_000_000)})
			require.NoError(t, err)
		}, func(r *withdraw.LeaveRequest) { r.ForfeitCash = won(1_000_000) }, ports.ErrNotEmpty, "can pay out 10000000, and leaves 50000"},
		"a_frozen_wallet": {
			func(t *testing.T, wallets *ledger.Ledger) { t.Helper(); freeze(t, wallets, "w") }, nil, ports.ErrFrozen, "frozen",
		},
		"another_fee":            {nil, func(r *withdraw.LeaveRequest) { r.AgreedFee = optional(1) }, withdraw.ErrFeeChanged, "3000"},
		"an_unknown_disburser":   {nil, func(r *withdraw.LeaveRequest) { r.Disburser = "x" }, ports.ErrInvalid, "Disburser"},
		"an_unknown_wallet":      {nil, func(r *withdraw.LeaveRequest) { r.WalletID = "x" }, ports.ErrNotFound, "not found"},
		"no_key":                 {nil, func(r *withdraw.LeaveRequest) { r.Key = "" }, ports.ErrInvalid, "Key"},
		"no_person":              {nil, func(r *withdraw.LeaveRequest) { r.Who = "" }, ports.ErrInvalid, "Who"},
		"no_reason":              {nil, func(r *withdraw.LeaveRequest) { r.Why = " " }, ports.ErrInvalid, "Why"},
		"a_memo":                 {nil, func(r *withdraw.LeaveRequest) { r.Memo = "bye" }, ports.ErrInvalid, "Memo"},
		"less_than_no_cash":      {nil, func(r *withdraw.LeaveRequest) { r.ForfeitCash = won(-1) }, ports.ErrInvalid, "ForfeitCash"},
		"endless_cash":           {nil, func(r *withdraw.LeaveRequest) { r.ForfeitCash = decimal.New(1, 50_000_000) }, ports.ErrInvalid, "ForfeitCash"},
		"a_decision_without_why": {nil, func(r *withdraw.LeaveRequest) { r.DespiteFreeze = &ports.By{Who: "kim"} }, ports.ErrInvalid, "DespiteFreeze"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, paysAtOnce, 0)
			s, wallets := w.process(t, crashtest.Immortal())
			openFine(t, wallets, "fine", "20000.37")
			openFine(t, wallets, "poor", "9999")
			if tc.arrange != nil {
				tc.arrange(t, wallets)
			}
			request := leave("out")
			if tc.change != nil {
				tc.change(&request)
			}
			before, err := w.store.FindWallets(t.Context(), ports.WalletFilter{Limit: 10})
			require.NoError(t, err)
			_, err = s.Leave(t.Context(), request)
			require.ErrorIs(t, err, tc.want)
			require.ErrorContains(t, err, tc.text)
			after, err := w.store.FindWallets(t.Context(), ports.WalletFilter{Limit: 10})
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Empty(t, list(t, s))
			require.Empty(t, b.orders)
		})
	}
	t.Run("what_would_be_charged_once_more", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		_, wallets := w.process(t, crashtest.Immortal())
		guard := &tripwire{below: won(1)}
		s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Guard: guard}, withdraw.Route{Disburser: w.disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule())})
		require.NoError(t, err)
		_, err = s.Leave(t.Context(), leave("out"))
		require.ErrorIs(t, err, withdraw.ErrTripsRecharge)
		guard.below = won(0)
		_, err = s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
	})
	t.Run("an_error_says_what", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := s.Leave(t.Context(), leave("out"))
		var open *ports.OpenOperationsError
		require.ErrorAs(t, err, &open)
		require.Equal(t, []ports.OpenOperation{{Kind: ports.KindWithdrawal, ID: op.ID, Status: "requested"}}, open.Open)
		require.EqualError(t, err, "wind up wallet w: wallet has open operations: withdrawal "+op.ID+" (requested)")
		_, err = s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "asked for"}})
		require.NoError(t, err)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "the bank paid"}})
		require.NoError(t, err)
		_, err = s.Leave(t.Context(), leave("out"))
		require.EqualError(t, err, "wind up wallet w: wallet has open operations: withdrawal "+op.ID+" (disputed)")
		closing := allOut()
		closing.CloseWhenEmpty, closing.Key = true, "all"
		_, err = s.Request(t.Context(), closing)
		require.ErrorAs(t, err, &open)
		closing.CloseWhenEmpty = false
		_, err = s.Request(t.Context(), closing)
		require.NoError(t, err, "a withdrawal that closes nothing is taken")
		_, err = s.Cancel(t.Context(), ports.Act{ID: list(t, s)[1].ID, By: ports.By{Who: "lee", Why: "asked for"}})
		require.NoError(t, err)
		_, err = s.Keep(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "it did not"}})
		require.NoError(t, err)
		_, err = s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		openFine(t, wallets, "poor", "9999")
		poor := leave("out")
		poor.WalletID = "poor"
		_, err = s.Leave(t.Context(), poor)
		var left *withdraw.LeftoverError
		require.ErrorAs(t, err, &left)
		require.True(t, left.Payable.IsZero() && left.Cash.Equal(won(9_999)) && left.Points.IsZero())
		require.ErrorIs(t, left.Reason, withdraw.ErrOutsideLimits)
	})
}

// TestService_Leave_races/the_wallet_comes_to_have_something_to_pay: between the look at it and its close.
//
// TestService_Leave_races/the_wallet_comes_to_have_nothing_to_pay: between the look at it and the withdrawal.
//
// TestService_Leave_races/another_caller_of_the_key_goes_the_other_way: both return the same withdrawal.
//
// TestService_Leave_races/another_caller_of_the_key_closes_the_wallet: between two looks at the key.
func TestService_Leave_races(t *testing.T) {
	t.Parallel()
	credit := func(t *testing.T, wallets *ledger.Ledger) {
		t.Helper()
		_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(50_000)})
		require.NoError(t, err)
	}
	spend := func(t *testing.T, wallets *ledger.Ledger) {
		t.Helper()
		_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(50_000)})
		require.NoError(t, err)
	}
	t.Run("the_wallet_comes_to_have_something_to_pay", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 0)
		_, other := w.process(t, crashtest.Immortal())
		spend(t, other)
		w.store = &meddler{Store: w.store, before: func() { credit(t, other) }}
		s, wallets := w.process(t, crashtest.Immortal())
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.True(t, d.Closed)
		require.Equal(t, 1, b.pays)
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "w").Status)
	})
	t.Run("the_wallet_comes_to_have_nothing_to_pay", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, paysAtOnce, 0)
		_, other := w.process(t, crashtest.Immortal())
		w.store = &meddler{Store: w.store, before: func() { spend(t, other) }}
		s, wallets := w.process(t, crashtest.Immortal())
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, withdraw.Departure{Closed: true}, d)
		require.Empty(t, b.orders)
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "w").Status)
	})
	t.Run("another_caller_of_the_key_goes_the_other_way", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 0)
		first, other := w.process(t, crashtest.Immortal())
		spend(t, other)
		w.store = &meddler{Store: w.store, before: func() {
			credit(t, other)
			_, err := first.Leave(t.Context(), leave("out"))
			require.NoError(t, err)
		}}
		s, _ := w.process(t, crashtest.Immortal())
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, list(t, first)[0].ID, d.Withdrawal.ID)
		w.rest(t, first)
		require.Equal(t, 1, b.pays)
	})
	t.Run("another_caller_of_the_key_closes_the_wallet", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		first, other := w.process(t, crashtest.Immortal())
		spend(t, other)
		w.store = &keyHook{Store: w.store, before: func() {
			_, err := first.Leave(t.Context(), leave("out"))
			require.NoError(t, err)
		}}
		s, _ := w.process(t, crashtest.Immortal())
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, withdraw.Departure{Closed: true}, d)
	})
}

// keyHook is a store in which something happens before its second look for a key.
type keyHook struct {
	ports.Store
	looks  int
	before func()
}

func (h *keyHook) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	if h.looks++; h.looks == 2 {
		h.before()
	}
	return h.Store.EntriesByKey(ctx, keys)
}

// TestService_CloseWhenEmpty/<case>: the wallet is closed with the end of the withdrawal, or the record
// says why it stays.
func TestService_CloseWhenEmpty(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(t *testing.T, s *withdraw.Service, wallets *ledger.Ledger)
		stays     string
	}{
		"an_empty_wallet_is_closed": {nil, ""},
		"cash_that_came_in": {func(t *testing.T, _ *withdraw.Service, wallets *ledger.Ledger) {
			t.Helper()
			_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(1)})
			require.NoError(t, err)
		}, "wallet is not empty"},
		"points_that_came_in": {func(t *testing.T, _ *withdraw.Service, wallets *ledger.Ledger) {
			t.Helper()
			grant(t, wallets, "w", 1)
		}, "wallet is not empty"},
		"a_freeze": {func(t *testing.T, _ *withdraw.Service, wallets *ledger.Ledger) {
			t.Helper()
			freeze(t, wallets, "w")
		}, "wallet is frozen"},
		"a_withdrawal_that_is_open": {func(t *testing.T, s *withdraw.Service, wallets *ledger.Ledger) {
			t.Helper()
			_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(20_000)})
			require.NoError(t, err)
			op := mustRequest(t, s, "other")
			_, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: list(t, s)[0].ID, By: ports.By{Who: "lee", Why: "seen"}, TransactionID: "t"})
			require.NoError(t, err)
			require.True(t, get(t, s, op.ID).Open)
		}, "wallet has open operations"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, pays, 0)
			s, wallets := w.process(t, crashtest.Immortal())
			request := payOut("k")
			request.Total, request.CloseWhenEmpty = won(50_000), true
			op, err := s.Request(t.Context(), request)
			require.NoError(t, err)
			if tc.meanwhile != nil {
				tc.meanwhile(t, s, wallets)
			}
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.WithdrawalCompleted, op.Status)
			require.Equal(t, tc.stays, op.Leaving.Stays)
			require.Equal(t, tc.stays == "", op.Leaving.ClosedSeq != 0)
			require.Equal(t, tc.stays == "", walletOf(t, wallets, "w").Status == ports.WalletClosed)
			again, err := s.Request(t.Context(), request)
			require.NoError(t, err)
			require.Equal(t, op, again, "a retry of Request closes nothing")
		})
	}
	t.Run("a_wallet_with_cash_stays", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, paysAtOnce, 0)
		s, _ := w.process(t, crashtest.Immortal())
		request := payOut("k")
		request.CloseWhenEmpty = true
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, "wallet is not empty", op.Leaving.Stays)
	})
	t.Run("a_payout_that_turns_out_to_be_made_after_all_closes_nothing", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, declines, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		request := allOut()
		request.CloseWhenEmpty = true
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, "the total was given back", op.Leaving.Stays)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "the bank paid"}})
		require.NoError(t, err)
		op, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}, TransactionID: "t"})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Equal(t, ports.WalletActive, walletOf(t, wallets, "w").Status)
	})
}

// TestService_Leave_frozen/an_act_of_a_person_winds_up_a_frozen_wallet: the record keeps who decided and
// why, and the wallet is closed without being unfrozen.
//
// TestService_Leave_frozen/a_wallet_that_is_frozen_afterwards_stays: until it is unfrozen, and Leave is
// repeated.
//
// TestService_Leave_frozen/nothing_to_pay: the entries keep the person who decided.
func TestService_Leave_frozen(t *testing.T) {
	t.Parallel()
	court := &ports.By{Who: "park", Why: "the court says so"}
	t.Run("an_act_of_a_person_winds_up_a_frozen_wallet", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		freeze(t, wallets, "w")
		request := leave("out")
		request.DespiteFreeze = court
		d, err := s.Leave(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, []ports.Decision{{What: ports.DecisionPayFrozen, Who: "park", Why: court.Why, At: w.clock.Now()}}, d.Withdrawal.Decisions)
		_, err = s.Approve(t.Context(), ports.Act{ID: d.Withdrawal.ID, By: ports.By{Who: "lee", Why: "seen"}})
		require.NoError(t, err)
		w.rest(t, s)
		require.Equal(t, 1, b.pays)
		require.Equal(t, ports.WalletClosed, walletOf(t, wallets, "w").Status)
		d, err = s.Leave(t.Context(), request)
		require.NoError(t, err)
		require.True(t, d.Closed)
	})
	t.Run("a_wallet_that_is_frozen_afterwards_stays", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		_, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		freeze(t, wallets, "w")
		w.rest(t, s)
		d, err := s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.Equal(t, "wallet is frozen", d.Stays)
		unfreeze(t, wallets, "w")
		d, err = s.Leave(t.Context(), leave("out"))
		require.NoError(t, err)
		require.True(t, d.Closed)
	})
	t.Run("nothing_to_pay", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "fine", "0.37")
		freeze(t, wallets, "fine")
		request := leave("out")
		request.WalletID, request.ForfeitCash = "fine", won(1)
		_, err := s.Leave(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrFrozen)
		request.DespiteFreeze = court
		d, err := s.Leave(t.Context(), request)
		require.NoError(t, err)
		require.True(t, d.Closed)
		entry, err := wallets.EntryByKey(t.Context(), "fine", "out")
		require.NoError(t, err)
		require.Equal(t, []string{court.Who, court.Why}, []string{entry.Who, entry.Memo})
	})
}

// TestService_Leave_payout_that_comes_back/<case>: the wallet that was closed takes nothing. The record is
// disputed until a person has paid the owner in another way, and what came back is in the clearing account.
func TestService_Leave_payout_that_comes_back(t *testing.T) {
	t.Parallel()
	for name, hear := range map[string]func(t *testing.T, w *world, s *withdraw.Service, op *ports.Withdrawal){
		"by_the_bank's_statement": func(t *testing.T, _ *world, s *withdraw.Service, op *ports.Withdrawal) {
			t.Helper()
			_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: op.ID, By: ports.By{Who: "lee", Why: "the account is closed"}})
			require.ErrorIs(t, err, ports.ErrClosed)
			require.Equal(t, op, get(t, s, op.ID), "a refusal changes nothing")
			_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "the account is closed"}})
			require.NoError(t, err)
		},
		"by_a_late_answer": func(t *testing.T, w *world, _ *withdraw.Service, op *ports.Withdrawal) {
			t.Helper()
			stored, err := w.store.Operations(t.Context(), []string{op.ID})
			require.NoError(t, err)
			next := stored[0].(*ports.Withdrawal) //nolint:forcetypeassert // it is one
			next.Version++
			next.Status, next.Ended, next.Why = ports.WithdrawalDisputed, ports.WithdrawalCompleted, "then the provider answered declined"
			require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})[0].Status)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, paysAtOnce, 0)
			s, wallets := w.process(t, crashtest.Immortal())
			d, err := s.Leave(t.Context(), leave("out"))
			require.NoError(t, err)
			require.True(t, d.Closed)
			op := d.Withdrawal
			hear(t, w, s, op)
			waiting, err := desk.New(w.store, desk.Config{Clock: w.clock})
			require.NoError(t, err)
			items, err := waiting.Waiting(t.Context(), desk.Listing{})
			require.NoError(t, err)
			require.Len(t, items, 1, "it is not lost")
			by := ports.By{Who: "lee", Why: "the bank says so"}
			for _, act := range []func(context.Context) error{
				func(ctx context.Context) error {
					_, err := s.ReportReturned(ctx, withdraw.Returned{ID: op.ID, By: by})
					return err
				},
				func(ctx context.Context) error {
					_, err := s.ReportRefused(ctx, ports.Act{ID: op.ID, By: by})
					return err
				},
			} {
				require.ErrorIs(t, act(t.Context()), ports.ErrClosed)
			}
			require.Equal(t, "47000", booked(t, wallets, ports.AccountClearing("bank")).String())
			_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w-2", Currency: "KRW"})
			require.NoError(t, err)
			_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w-2", Key: "back", Amount: op.ActualNet.Decimal, Provider: "bank", Note: ledger.Note{Reference: op.ID}})
			require.NoError(t, err)
			_, err = s.Keep(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "credited to wallet w-2"}})
			require.NoError(t, err)
			require.True(t, booked(t, wallets, ports.AccountClearing("bank")).IsZero())
			require.Equal(t, "47000", walletOf(t, wallets, "w-2").Balance.String())
			walletOf(t, wallets, "w")
		})
	}
}

// TestCrashMatrix_Leave lets the process that winds a wallet up die before and after each of its calls that
// has an effect, then a worker likewise, for each behaviour of the provider; then the host asks again. At
// rest the wallet was paid out once and is closed, or has what it had.
func TestCrashMatrix_Leave(t *testing.T) {
	t.Parallel()
	ends := make(map[string]int)
	for _, does := range behaviours {
		for _, cash := range []string{"50000.37", "0.37"} {
			for _, first := range crashtest.Lives(7) {
				for _, second := range crashtest.Lives(5) {
					name := string(does) + ", " + cash + ", dies " + first.Name + ", worker dies " + second.Name
					ends[crashLeaving(t, name, does, cash, first.Life(), second.Life())]++
				}
			}
		}
	}
	t.Logf("ends: %v", ends)
	require.Len(t, ends, 2)
}

func crashLeaving(t *testing.T, name string, does behaviour, cash string, first, second *crashtest.Life) string {
	t.Helper()
	w, b := newWorld(t, does, 0)
	openFine(t, ordertest.Ledger(t, w.store, w.clock), "f", cash)
	grant(t, ordertest.Ledger(t, w.store, w.clock), "f", 700)
	request := leave("out")
	request.WalletID, request.ForfeitCash = "f", exactly("0.99")
	tolerate := func(err error) {
		if err != nil && !errors.Is(err, ports.ErrUndecided) {
			require.NoError(t, err, name)
		}
	}
	dying, _ := w.process(t, first)
	_, err := dying.Leave(t.Context(), request)
	tolerate(err)
	w.clock.Advance(5 * time.Minute)
	worker, _ := w.process(t, second)
	for range 3 {
		_, err := worker.Follow(t.Context(), 10)
		tolerate(err)
		w.clock.Advance(time.Hour)
	}
	last, wallets := w.process(t, crashtest.Immortal())
	_, err = last.Leave(t.Context(), request)
	require.NoError(t, err, name)
	w.rest(t, last)
	d, err := last.Leave(t.Context(), request)
	require.NoError(t, err, name)
	wallet := walletOf(t, wallets, "f")
	require.LessOrEqual(t, b.pays, 1, name)
	require.Zero(t, wallet.OpenOperations, name)
	if d.Closed {
		require.Equal(t, ports.WalletClosed, wallet.Status, name)
		require.Equal(t, d.Withdrawal != nil, b.pays == 1, name)
		require.Equal(t, "0.37", booked(t, wallets, ports.AccountForfeited).String(), name)
		require.True(t, booked(t, wallets, ports.AccountPayable).IsZero(), name)
		return "closed"
	}
	require.Zero(t, b.pays, name)
	require.Equal(t, []string{cash, "700.00"}, []string{wallet.Balance.String(), wallet.Point.StringFixed(2)}, name)
	return "given back"
}
