package recharge_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/crashtest"
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
	_, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
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
	charge, err := s.Recharge(t.Context(), topUp("k"))
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(5_000)})
	require.NoError(t, err)
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, op.Status)
	require.True(t, op.Amount.Equal(won(9_000)), op.Amount)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(5_000)), wallet.Balance)
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
	found, err := s.Get(t.Context(), charge.ID)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, found.Status)
	require.Empty(t, found.CancelID)
	require.True(t, b.canceled.IsZero())
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(10_000)), wallet.Balance)

	_, err = carryOut(t.Context(), s, resolution{ID: charge.ID, Decision: ports.DecisionKeep, By: ports.By{Who: "kim", Why: "it stands"}})
	require.NoError(t, err)
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, op.Status)
}

// resending is a bank that is sent each order twice: its answer to the first copy comes
// after the second copy was sent.
type resending struct {
	*bank
	between func()
	first   ports.ChargeAnswer
	sent    int
}

func (b *resending) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	if b.sent++; b.sent > 1 {
		return ports.ChargeAnswer{}
	}
	b.between()
	return b.first
}

func (b *resending) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Resend: b.sent == 1}}
}

// TestService_Recharge_earlier_transmission: an order was sent again, and then the provider
// answers the first transmission. An approval is kept: money moved. That it is pending
// under an id of the provider is kept: the provider has the order. A refusal says nothing of
// the later transmission, and the order stays unknown.
func TestService_Recharge_earlier_transmission(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[ports.Outcome]ports.RechargeStatus{
		ports.OutcomeApproved: ports.RechargeApproved, ports.OutcomeDeclined: ports.RechargeUnknown, ports.OutcomePending: ports.RechargePending,
	} {
		t.Run(outcome.String(), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			r := &resending{bank: b, first: ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome, ProviderRef: "r"}}}
			w.charger = r
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			r.between = func() {
				w.clock.Advance(10 * time.Minute) // the process sleeps through its lease
				_, err := s.Follow(t.Context(), 10)
				require.NoError(t, err)
			}
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			require.Equal(t, 2, r.sent)
			require.Equal(t, 2, op.Transmissions)
			require.Equal(t, status, op.Status)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, outcome == ports.OutcomeApproved, wallet.Balance.Equal(won(10_000)), wallet.Balance)
		})
	}
}

// TestService_Resolve/keeps_the_decision_<decision>: the record keeps the decision, the
// person, the reason and the time.
//
// TestService_Resolve/of_a_cancellation_keeps_the_decision_<decision>: the same holds for
// ResolveCancel.
func TestService_Resolve(t *testing.T) {
	t.Parallel()
	for _, decision := range []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire} {
		request := resolution{Decision: decision, By: ports.By{Who: "lee", Why: "bank statement"}}
		t.Run("keeps_the_decision_"+string(decision), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, pendsApproves)
			s, _ := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			w.clock.Advance(time.Minute)
			request.ID = op.ID
			_, err = carryOut(t.Context(), s, request)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, []ports.Decision{{What: decision, Who: "lee", Why: "bank statement", At: w.clock.Now()}}, op.Decisions)
		})
		t.Run("of_a_cancellation_keeps_the_decision_"+string(decision), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, _ := w.process(t, crashtest.Immortal(), nil)
			charge, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			b.does = pendsApproves
			op, err := s.Cancel(t.Context(), cancelRequest(charge))
			require.NoError(t, err)
			require.Equal(t, ports.CancellationPending, op.Status)
			w.clock.Advance(time.Minute)
			request.ID = op.ID
			_, err = carryOutCancel(t.Context(), s, request)
			require.NoError(t, err)
			op, err = s.Cancellation(t.Context(), op.ID)
			require.NoError(t, err)
			require.Len(t, op.Decisions, 2)
			require.Equal(t, ports.DecisionCancel, op.Decisions[0].What)
			require.Equal(t, ports.Decision{What: decision, Who: "lee", Why: "bank statement", At: w.clock.Now()}, op.Decisions[1])
		})
	}
}

// TestService_Cancel_alarm: an alarm in the answer to a cancellation is a line at level
// Error, which names the cancellation.
func TestService_Cancel_alarm(t *testing.T) {
	t.Parallel()
	w, c, _, _, charge := cancelWorld(t)
	s, _, log := w.hostile(t, c)
	c.answer = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Alarm: "credentials refused"}}
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("level=ERROR", "credentials refused", op.ID))
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

// silent is a bank that never answers. It remembers when each call was cut short.
type silent struct {
	*bank
	waited []time.Duration
}

func (b *silent) Charge(ctx context.Context, _ ports.ChargeOrder) ports.ChargeAnswer {
	began := time.Now()
	<-ctx.Done()
	b.waited = append(b.waited, time.Since(began))
	return ports.ChargeAnswer{}
}

// TestConfig_defaults/a_call_is_cut_short_after_one_minute: that is the default of Timeout.
//
// TestConfig_defaults/pauses_double_from_ten_seconds_to_five_minutes: an order that stays
// unknown is inquired about after these pauses, and goes to review after 24 hours.
func TestConfig_defaults(t *testing.T) {
	t.Parallel()
	t.Run("a_call_is_cut_short_after_one_minute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w, b := newWorld(t, approves)
			mute := &silent{bank: b}
			w.charger = mute
			s, _ := w.process(t, crashtest.Immortal(), nil)
			_, err := s.Recharge(t.Context(), topUp("k"))
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, []time.Duration{time.Minute}, mute.waited)
		})
	})
	t.Run("pauses_double_from_ten_seconds_to_five_minutes", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		w.charger = scripted(t, ports.ChargeAnswer{})
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		sent := op.SentAt
		for _, pause := range []time.Duration{
			10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute,
		} {
			require.Equal(t, pause, op.DueAt.Sub(w.clock.Now()))
			w.clock.Advance(pause)
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
		}
		w.clock.Advance(sent.Add(24*time.Hour - time.Second).Sub(w.clock.Now()))
		for _, status := range []ports.RechargeStatus{ports.RechargeUnknown, ports.RechargeReview} {
			_, err = s.Follow(t.Context(), 10)
			require.NoError(t, err)
			op, err = s.Get(t.Context(), op.ID)
			require.NoError(t, err)
			require.Equal(t, status, op.Status)
			w.clock.Advance(time.Second)
		}
	})
}

// TestService_Recharge_beside/Check_sees_the_wallet_of_the_write: cash arrives after the
// request was read, and Check is asked about the wallet that the order is written with.
//
// TestService_Recharge_beside/Check_refuses_and_nothing_is_written: neither the order nor
// the record beside it.
func TestService_Recharge_beside(t *testing.T) {
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
		_, err := s.Recharge(t.Context(), topUp("before"))
		require.NoError(t, err)
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(5_000)})
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

// TestService_Recharge_long_message: a message of the provider of up to 300 bytes is kept
// whole, and of a longer one the first 75 characters.
func TestService_Recharge_long_message(t *testing.T) {
	t.Parallel()
	for message, kept := range map[string]string{
		strings.Repeat("x", 300): strings.Repeat("x", 300),
		strings.Repeat("x", 301): strings.Repeat("x", 75) + "…",
		strings.Repeat("원", 100): strings.Repeat("원", 100),
		strings.Repeat("원", 101): strings.Repeat("원", 75) + "…",
	} {
		w, _ := newWorld(t, approves)
		w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Review: message}})
		s, _ := w.process(t, crashtest.Immortal(), nil)
		op, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err)
		require.Equal(t, kept, op.Why)
	}
}
