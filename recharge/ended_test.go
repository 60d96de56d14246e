package recharge_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func kim(why string) ports.By { return ports.By{Who: "kim", Why: why} }

func decide(id string, decision ports.DecisionKind) resolution {
	return resolution{ID: id, Decision: decision, By: ports.By{Who: "kim", Why: "bank statement"}}
}

// TestService_Dispute_of_what_ended_without_money: a declined or failed recharge that is
// found paid later becomes approved, once, or stays without a credit.
func TestService_Dispute_of_what_ended_without_money(t *testing.T) {
	t.Parallel()
	for does, ended := range map[behaviour]ports.RechargeStatus{declines: ports.RechargeDeclined, refuses: ports.RechargeFailed} {
		t.Run(string(ended), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, does)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			require.Equal(t, ended, op.Status)
			_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
			require.ErrorIs(t, err, ports.ErrNotOpen, "it has ended")
			for range 2 {
				op, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the bank shows the payment")})
				require.NoError(t, err)
				require.Equal(t, ports.RechargeDisputed, op.Status)
			}
			ordertest.RequireBalance(t, wallets, 0)
			op = resolved(t, s, decide(op.ID, ports.DecisionDecline))
			require.Equal(t, ports.RechargeDeclined, op.Status)
			_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("it shows it after all")})
			require.NoError(t, err)
			approve := decide(op.ID, ports.DecisionApprove)
			approve.ProviderRef = "bank row 7"
			op = resolved(t, s, approve)
			require.Equal(t, ports.RechargeApproved, op.Status)
			ordertest.RequireBalance(t, wallets, 10_000)
			_, err = carryOut(t.Context(), s, approve)
			require.ErrorIs(t, err, ports.ErrNotOpen)
			require.Len(t, op.Decisions, 4, "each act is kept")
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Zero(t, wallet.OpenOperations)
			require.NoError(t, verify(t, wallets))
		})
	}
}

func verify(t *testing.T, wallets *ledger.Ledger) error {
	t.Helper()
	_, err := wallets.Verify(t.Context(), "w")
	return err
}

// TestService_Dispute_of_a_reversed_recharge: a person who disputes a reversed recharge may
// reinstate its credit, and reverse the recharge again.
func TestService_Dispute_of_a_reversed_recharge(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	for range 3 {
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.NoError(t, err)
		_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
		require.NoError(t, err)
		ordertest.RequireBalance(t, wallets, 0)
		_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
		require.ErrorIs(t, err, ports.ErrNotOpen, "it takes nothing, and says so")
		op, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("we won")})
		require.NoError(t, err)
		require.Equal(t, ports.RechargeDisputed, op.Status)
		op = resolved(t, s, decide(op.ID, ports.DecisionReinstate))
		require.Equal(t, ports.RechargeApproved, op.Status)
		require.Zero(t, op.ReverseSeq)
		ordertest.RequireBalance(t, wallets, 10_000)
		require.NoError(t, verify(t, wallets))
	}
}

// TestService_Dispute_of_an_open_recharge: Dispute refuses an open recharge, which Approve and
// Decline decide.
func TestService_Dispute_of_an_open_recharge(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pendsApproves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("look")})
	require.ErrorIs(t, err, ports.ErrNotOpen)
}

// TestService_Resolve_drops_a_reference_that_is_another_recharge's: a person approves an
// order that carries another order's reference, without inventing one.
func TestService_Resolve_drops_a_reference(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	same := ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row 1"}})
	s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: same})
	first := mustRecharge(t, s, "first")
	op := mustRecharge(t, s, "second")
	require.Equal(t, ports.RechargeReview, op.Status)
	var taken *recharge.ChargeTakenError
	_, err := carryOut(t.Context(), s, decide(op.ID, ports.DecisionApprove))
	require.ErrorAs(t, err, &taken)
	require.Equal(t, first.ID, taken.RechargeID)
	wrong := decide(op.ID, ports.DecisionApprove)
	wrong.DropProviderRef, wrong.ProviderRef = true, "row 2"
	_, err = carryOut(t.Context(), s, wrong)
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "DropProviderRef")
	drop := decide(op.ID, ports.DecisionApprove)
	drop.DropProviderRef = true
	op = resolved(t, s, drop)
	require.Equal(t, ports.RechargeApproved, op.Status)
	require.Empty(t, op.ProviderRef)
	require.Empty(t, op.Answer.ProviderRef)
	ordertest.RequireBalance(t, wallets, 20_000)
}

// TestService_Resolve_keeps_a_payment_that_was_credited_without_a_reference: a person who keeps
// a credit names its payment, and no other recharge is credited for that payment.
func TestService_Resolve_keeps_a_payment_that_was_credited_without_a_reference(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, refuses)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("it was paid")})
	require.NoError(t, err)
	resolved(t, s, decide(op.ID, ports.DecisionApprove))
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("which payment was it?")})
	require.NoError(t, err)
	_, err = carryOut(t.Context(), s, decide(op.ID, ports.DecisionDecline))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	require.ErrorContains(t, err, "it is disputed, which allows keep, reverse")
	keep := decide(op.ID, ports.DecisionKeep)
	keep.ProviderRef = "row 7"
	op = resolved(t, s, keep)
	require.Equal(t, ports.RechargeApproved, op.Status)
	require.Equal(t, "row 7", op.ProviderRef)
	requireClaimed(t, w, "row 7", op.ID)
	_, err = s.Credit(t.Context(), byHand("hand", "row 7"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	ordertest.RequireBalance(t, wallets, 10_000)
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("another?")})
	require.NoError(t, err)
	keep.ProviderRef = "row 8"
	_, err = carryOut(t.Context(), s, keep)
	require.ErrorIs(t, err, ports.ErrInvalid)
}

func byHand(key, ref string) recharge.CreditRequest {
	return recharge.CreditRequest{
		WalletID: "w", Key: key, Charger: "bank", Amount: won(5_000), ProviderRef: ref, By: kim("transfer of 3 November"),
	}
}

// TestService_Credit credits a payment that a person found, once, in one wallet.
func TestService_Credit(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*world, *recharge.Service, *ledger.Ledger) {
		t.Helper()
		w, _ := newWorld(t, approves)
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
		require.NoError(t, err)
		return w, s, wallets
	}
	t.Run("keeps who and why, and answers a retry", func(t *testing.T) {
		t.Parallel()
		_, s, wallets := open(t)
		op, err := s.Credit(t.Context(), byHand("k", "row 1"))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status)
		require.Equal(t, "kim", op.Decisions[0].Who)
		again, err := s.Credit(t.Context(), byHand("k", "row 1"))
		require.NoError(t, err)
		require.Equal(t, op.ID, again.ID)
		_, err = s.Credit(t.Context(), byHand("k", "row 2"))
		require.ErrorIs(t, err, ports.ErrKeyReused)
		require.ErrorContains(t, err, "differs in ProviderRef")
		mustRecharge(t, s, "order")
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "ledger", Amount: won(5_000)})
		require.NoError(t, err)
		for _, key := range []string{"order", "ledger"} {
			_, err = s.Credit(t.Context(), byHand(key, "row 2"))
			require.ErrorIs(t, err, ports.ErrKeyReused)
		}
		ordertest.RequireBalance(t, wallets, 20_000)
		entry, err := wallets.EntryByKey(t.Context(), "w", "k")
		require.NoError(t, err)
		require.Equal(t, "transfer of 3 November", entry.Memo)
		require.Equal(t, ports.AccountClearing("bank"), entry.Counterparty)
		require.NoError(t, verify(t, wallets))
	})
	t.Run("refuses a payment that another wallet was credited for", func(t *testing.T) {
		t.Parallel()
		_, s, wallets := open(t)
		first, err := s.Credit(t.Context(), byHand("k", "row 1"))
		require.NoError(t, err)
		other := byHand("k", "row 1")
		other.WalletID = "v"
		_, err = s.Credit(t.Context(), other)
		var taken *recharge.ChargeTakenError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, first.ID, taken.RechargeID)
		other.Charger = "another bank" // whose row 1 is another payment
		_, err = s.Credit(t.Context(), other)
		require.NoError(t, err)
		require.NoError(t, verify(t, wallets))
	})
	t.Run("refuses the payment of a recharge, ended or not", func(t *testing.T) {
		t.Parallel()
		w, s, _ := open(t)
		op := mustRecharge(t, s, "k")
		other := byHand("by hand", op.ProviderRef)
		other.WalletID = "v"
		_, err := s.Credit(t.Context(), other)
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
		w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "row 9"}})
		s, _ = w.process(t, crashtest.Immortal(), nil)
		mustRecharge(t, s, "pending")
		other.ProviderRef = "row 9"
		_, err = s.Credit(t.Context(), other)
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
	})
	t.Run("a credit that was reversed as a mistake frees its payment", func(t *testing.T) {
		t.Parallel()
		_, s, wallets := open(t)
		wrong, err := s.Credit(t.Context(), byHand("k", "row 1"))
		require.NoError(t, err)
		_, err = s.Reverse(t.Context(), ports.Act{ID: wrong.ID, By: ports.By{Who: "kim", Why: "wrong wallet"}})
		require.NoError(t, err)
		right := byHand("k", "row 1")
		right.WalletID = "v"
		_, err = s.Credit(t.Context(), right)
		require.NoError(t, err)
		_, err = s.Dispute(t.Context(), ports.Act{ID: wrong.ID, By: kim("it was right")})
		require.NoError(t, err)
		_, err = carryOut(t.Context(), s, decide(wrong.ID, ports.DecisionReinstate))
		require.ErrorIs(t, err, recharge.ErrChargeTaken)
		ordertest.RequireBalance(t, wallets, 0)
	})
	t.Run("sends nothing, also when it is canceled", func(t *testing.T) {
		t.Parallel()
		_, s, wallets := open(t)
		op, err := s.Credit(t.Context(), byHand("k", "row 1"))
		require.NoError(t, err)
		_, err = s.Cancel(t.Context(), cancelRequest(op))
		require.ErrorIs(t, err, recharge.ErrNoCancel)
		ordertest.RequireBalance(t, wallets, 5_000)
	})
	t.Run("names each field that is wrong", func(t *testing.T) {
		t.Parallel()
		_, s, _ := open(t)
		for field, edit := range map[string]func(*recharge.CreditRequest){
			"ProviderRef": func(r *recharge.CreditRequest) { r.ProviderRef = "" },
			"Key":         func(r *recharge.CreditRequest) { r.Key = ports.AutoRechargeKeys + "k" },
			"Charger":     func(r *recharge.CreditRequest) { r.Charger = "" },
			"Amount":      func(r *recharge.CreditRequest) { r.Amount = won(-1) },
			"Who":         func(r *recharge.CreditRequest) { r.Who = "" },
			"Why":         func(r *recharge.CreditRequest) { r.Why = "" },
			"Memo":        func(r *recharge.CreditRequest) { r.Memo = "memo" },
		} {
			request := byHand("k", "row 1")
			edit(&request)
			_, err := s.Credit(t.Context(), request)
			require.ErrorIs(t, err, ports.ErrInvalid, field)
			require.ErrorContains(t, err, field)
		}
	})
}

// looking is a store in which the first two looks for a reference of the provider end at the
// same moment: neither sees what the other writes then.
type looking struct {
	ports.Store
	looks atomic.Int64
	both  chan bool
}

func (l *looking) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	found, err := l.Store.FindOperations(ctx, filter)
	if filter.ProviderRef != "" {
		switch l.looks.Add(1) {
		case 1:
			<-l.both
		case 2:
			close(l.both)
		}
	}
	return found, err
}

// TestService_Credit_at_the_same_moment: two credits for one payment, in two wallets, look for
// the payment at the same moment. One is booked, and the other is refused.
func TestService_Credit_at_the_same_moment(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]func(context.Context, *recharge.Service) error{
		"two people": func(ctx context.Context, s *recharge.Service) error {
			request := byHand("by hand", "row 1")
			request.WalletID = "v"
			_, err := s.Credit(ctx, request)
			return err
		},
		"a person and an answer of the provider": func(ctx context.Context, s *recharge.Service) error {
			request := topUp("order")
			request.WalletID = "v"
			op, err := s.Recharge(ctx, request)
			if err == nil && op.Status == ports.RechargeReview {
				err = recharge.ErrChargeTaken
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			_, setup := w.process(t, crashtest.Immortal(), nil)
			_, err := setup.Open(t.Context(), ledger.OpenRequest{WalletID: "v", Currency: "KRW"})
			require.NoError(t, err)
			w.store = &looking{Store: w.store, both: make(chan bool)}
			s, wallets, _ := w.hostile(t, &odd{Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "row 1"}})})
			errs := make(chan error, 2)
			go func() {
				_, err := s.Credit(t.Context(), byHand("by hand", "row 1"))
				errs <- err
			}()
			go func() { errs <- second(t.Context(), s) }()
			first, other := <-errs, <-errs
			require.NotEqual(t, first == nil, other == nil, "one of them is booked: %v, %v", first, other)
			require.ErrorIs(t, errors.Join(first, other), recharge.ErrChargeTaken)
			books, err := wallets.TrialBalance(t.Context())
			require.NoError(t, err)
			require.NoError(t, books.Check())
		})
	}
}

// resolution is what a person decides about a recharge or a cancellation, as data: tests draw
// decisions from tables.
type resolution struct {
	ID       string
	Decision ports.DecisionKind
	ports.By
	Amount          decimal.NullDecimal
	ProviderRef     string
	DropProviderRef bool
	CancelID        string // of a part that comes back
}

// carryOut calls the method of the decision.
func carryOut(ctx context.Context, s *recharge.Service, r resolution) (*ports.Recharge, error) {
	act := ports.Act{ID: r.ID, By: r.By}
	switch r.Decision { //nolint:exhaustive // the decisions about a recharge
	case ports.DecisionApprove:
		return s.Approve(ctx, recharge.ApproveRequest{ID: r.ID, By: r.By, Amount: r.Amount, ProviderRef: r.ProviderRef, DropProviderRef: r.DropProviderRef})
	case ports.DecisionReinstate:
		return s.Reinstate(ctx, recharge.ReinstateRequest{ID: r.ID, By: r.By, ProviderRef: r.ProviderRef, DropProviderRef: r.DropProviderRef, CancelID: r.CancelID})
	case ports.DecisionKeep:
		return s.Keep(ctx, recharge.KeepRequest{ID: r.ID, By: r.By, ProviderRef: r.ProviderRef})
	case ports.DecisionInquire:
		return s.Inquire(ctx, act)
	case ports.DecisionReverse:
		return s.Reverse(ctx, act)
	case ports.DecisionDispute:
		return s.Dispute(ctx, act)
	}
	return s.Decline(ctx, act)
}

// resolved carries a decision out that is allowed.
func resolved(t *testing.T, s *recharge.Service, r resolution) *ports.Recharge {
	t.Helper()
	op, err := carryOut(t.Context(), s, r)
	require.NoError(t, err)
	return op
}

// carryOutCancel calls the method of the decision about a cancellation.
func carryOutCancel(ctx context.Context, s *recharge.Service, r resolution) (*ports.Cancellation, error) {
	switch r.Decision { //nolint:exhaustive // the decisions about a cancellation
	case ports.DecisionApprove:
		return s.ApproveCancel(ctx, recharge.ApproveCancelRequest{ID: r.ID, By: r.By, Amount: r.Amount})
	case ports.DecisionInquire:
		return s.InquireCancel(ctx, ports.Act{ID: r.ID, By: r.By})
	}
	return s.DeclineCancel(ctx, ports.Act{ID: r.ID, By: r.By})
}

// reviews selects the recharges that a person decides about.
func reviews() recharge.Listing {
	return recharge.Listing{Statuses: []ports.RechargeStatus{ports.RechargeReview, ports.RechargeDisputed}}
}
