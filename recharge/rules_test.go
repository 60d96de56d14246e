package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_key_reused/<field>: a key that was used for another content of one
// field is refused, and the error names that field.
func TestService_Recharge_key_reused(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, b, &namedBank{bank: b, name: "other"})
	mustRecharge(t, s, "k")
	for field, change := range map[string]func(*recharge.Request){
		"Charger":       func(r *recharge.Request) { r.Charger = "other" },
		"PaymentMethod": func(r *recharge.Request) { r.PaymentMethod = "another card" },
		"Amount":        func(r *recharge.Request) { r.Amount = won(10_001) },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			request := topUp("k")
			change(&request)
			_, err := s.Recharge(t.Context(), request)
			var reused *ports.KeyReusedError
			require.ErrorAs(t, err, &reused)
			require.Equal(t, []string{field}, reused.Fields)
		})
	}
}

type namedBank struct {
	*bank
	name string
}

func (b *namedBank) Name() string { return b.name }

// leanBank charges 9,000 of each order of 10,000.
type leanBank struct{ *bank }

func (leanBank) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(won(9_000))}
}

// TestService_Cancel_another_amount: the provider charged less than was ordered. The
// cancellation takes what was credited.
func TestService_Cancel_another_amount(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = leanBank{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(5_000)})
	require.NoError(t, err)
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, op.Status)
	require.True(t, op.Amount.Equal(won(9_000)), op.Amount)
	ordertest.RequireBalance(t, wallets, 5_000)
}

// TestService_Cancel_disputed: a disputed recharge cannot be canceled until a person has
// ended the dispute. The refusal writes nothing and sends nothing.
func TestService_Cancel_disputed(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := cancelWorld(t)
	_, err := s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
	require.NoError(t, err)
	_, err = s.Cancel(t.Context(), cancelRequest(charge))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	found := get(t, s, charge.ID)
	require.Equal(t, ports.RechargeDisputed, found.Status)
	require.Empty(t, found.CancelID)
	require.True(t, b.canceled.IsZero())
	ordertest.RequireBalance(t, wallets, 10_000)

	resolved(t, s, resolution{ID: charge.ID, Decision: ports.DecisionKeep, By: ports.By{Who: "kim", Why: "it stands"}})
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, op.Status)
}

// TestService_Resolve/keeps_the_decision_<decision>: the record keeps the decision, the
// person, the reason and the time.
//
// TestService_Resolve/of_a_cancellation_keeps_the_decision_<decision>: the same holds for
// ResolveCancel.
func TestService_Resolve(t *testing.T) {
	t.Parallel()
	for _, decision := range []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire} {
		by := ports.By{Who: "lee", Why: "bank statement"}
		t.Run("keeps_the_decision_"+string(decision), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, pendsApproves)
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			w.clock.Advance(time.Minute)
			resolved(t, s, resolution{ID: op.ID, Decision: decision, By: by})
			op = get(t, s, op.ID)
			require.Equal(t, []ports.Decision{{What: decision, Who: "lee", Why: "bank statement", At: w.clock.Now()}}, op.Decisions)
		})
		t.Run("of_a_cancellation_keeps_the_decision_"+string(decision), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, _ := w.process(t, crashtest.Immortal(), nil)
			charge := mustRecharge(t, s, "k")
			b.does = pendsApproves
			op, err := s.Cancel(t.Context(), cancelRequest(charge))
			require.NoError(t, err)
			require.Equal(t, ports.CancellationPending, op.Status)
			w.clock.Advance(time.Minute)
			_, err = carryOutCancel(t.Context(), s, resolution{ID: op.ID, Decision: decision, By: by})
			require.NoError(t, err)
			op, err = s.Cancellation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Len(t, op.Decisions, 2)
			require.Equal(t, ports.DecisionCancel, op.Decisions[0].What)
			require.Equal(t, ports.Decision{What: decision, Who: "lee", Why: "bank statement", At: w.clock.Now()}, op.Decisions[1])
		})
	}
}

// TestService_Jobs/eight_orders_of_a_Charger_wait_at_once: each job of a Charger has eight
// steps at once.
func TestService_Jobs(t *testing.T) {
	t.Parallel()
	t.Run("eight_orders_of_a_Charger_wait_at_once", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		s, _ := w.process(t, crashtest.Immortal(), nil)
		for _, job := range s.Jobs() {
			require.Equal(t, 8, job.Parallel, job.Name)
		}
	})
}

// TestService_RechargeAttached/Check_sees_the_wallet_of_the_write: cash arrives after the
// request was read, and Check is asked about the wallet that the order is written with.
//
// TestService_RechargeAttached/Check_refuses_and_nothing_is_written: neither the order nor
// the attached record.
func TestService_RechargeAttached(t *testing.T) {
	t.Parallel()
	attached := func(check func(*ports.Wallet) error) *books.Attached {
		policy := &ports.Policy{OperationHead: ports.OperationHead{ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true}}
		return &books.Attached{Operation: policy, Check: check}
	}
	t.Run("Check_sees_the_wallet_of_the_write", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		_, wallets := w.process(t, crashtest.Immortal(), nil)
		s, _ := w.process(t, crashtest.Immortal(), nil) // remembers the wallet
		mustRecharge(t, s, "before")
		_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(5_000)})
		require.NoError(t, err)
		var seen decimal.Decimal
		_, err = s.RechargeAttached(t.Context(), topUp("k"), attached(func(w *ports.Wallet) error {
			seen = w.Balance
			return nil
		}))
		require.NoError(t, err)
		require.True(t, seen.Equal(won(15_000)), seen)
	})
	t.Run("Check_refuses_and_nothing_is_written", func(t *testing.T) {
		t.Parallel()
		w, b := newWorld(t, approves)
		s, _ := w.process(t, crashtest.Immortal(), nil)
		_, err := s.RechargeAttached(t.Context(), topUp("k"), attached(func(*ports.Wallet) error { return ports.ErrConflict }))
		require.ErrorIs(t, err, ports.ErrConflict)
		ops, err := w.store.FindOperations(t.Context(), ports.OperationFilter{WalletID: "w", Limit: 10})
		require.NoError(t, err)
		require.Empty(t, ops)
		require.Zero(t, b.charges)
	})
}
