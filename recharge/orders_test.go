package recharge_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func openWallets(t *testing.T, wallets *ledger.Ledger, ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
}

func balanceOf(t *testing.T, wallets *ledger.Ledger, id string) decimal.Decimal {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), id)
	require.NoError(t, err)
	return wallet.Balance
}

func mustReverse(t *testing.T, s *recharge.Service, id string) {
	t.Helper()
	_, err := s.Reverse(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "wrong wallet"}})
	require.NoError(t, err)
}

// TestService_orders_a_payment_that_was_disputed_after_two_mistakes: once the first
// recharge is disputed, Credit returns ErrChargeTaken for row 1.
func TestService_orders_a_payment_that_was_disputed_after_two_mistakes(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	openWallets(t, wallets, "v", "u")
	first, err := s.Credit(t.Context(), byHand("k", "row 1"))
	require.NoError(t, err)
	mustReverse(t, s, first.ID)
	other := byHand("k", "row 1")
	other.WalletID = "v"
	second, err := s.Credit(t.Context(), other)
	require.NoError(t, err)
	mustReverse(t, s, second.ID)
	_, err = s.Dispute(t.Context(), ports.Act{ID: first.ID, By: kim("chargeback of row 1")})
	require.NoError(t, err)
	resolved(t, s, decide(first.ID, ports.DecisionDecline))
	other.WalletID = "u"
	_, err = s.Credit(t.Context(), other)
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "wallet u has %s for a payment that the provider took back", balanceOf(t, wallets, "u"))
}

// TestService_orders_a_payment_that_was_given_back_after_two_mistakes: Credit for that
// payment answers ErrChargeTaken.
func TestService_orders_a_payment_that_was_given_back_after_two_mistakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		late := make(chan ports.ChargeAnswer)
		c := &hungOnce{canceler: &canceler{bank: b}, late: late}
		w.charger = c
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		openWallets(t, wallets, "v", "u")
		first := mustRecharge(t, s, "k")
		canceled, err := s.Cancel(t.Context(), cancelRequest(first)) // its answer is late
		require.NoError(t, err)
		require.Equal(t, ports.CancellationUnknown, canceled.Status)
		_, err = carryOutCancel(t.Context(), s, decide(canceled.ID, ports.DecisionDecline)) // it stands, a person thinks
		require.NoError(t, err)
		mustReverse(t, s, first.ID) // the payment is the one of v, a person thinks
		other := byHand("by hand", first.ProviderRef)
		other.WalletID = "v"
		second, err := s.Credit(t.Context(), other)
		require.NoError(t, err)
		mustReverse(t, s, second.ID)                                                     // it is not
		late <- ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}} // the provider gave the money back
		synctest.Wait()
		first = get(t, s, first.ID)
		t.Logf("%s disputed %t why %q", first.Status, first.Disputed, first.Why)
		if first.Status == ports.RechargeDisputed {
			_, err = carryOut(t.Context(), s, decide(first.ID, ports.DecisionDecline)) // the provider gave it back
			require.NoError(t, err)
		}
		other.WalletID = "u"
		_, err = s.Credit(t.Context(), other)
		require.ErrorIs(t, err, recharge.ErrChargeTaken, "wallet u has %s for a payment that the provider gave back", balanceOf(t, wallets, "u"))
	})
}

// hungOnce is a Canceler whose first answer is late, and whose second is then.
type hungOnce struct {
	*canceler
	calls atomic.Int64
	late  chan ports.ChargeAnswer
	then  ports.ChargeAnswer
}

func (h *hungOnce) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	if h.calls.Add(1) == 1 {
		return <-h.late
	}
	return h.then
}

// TestService_orders_a_refused_approval_names_nothing: an approval that is refused writes no
// claim, so that the order to which the payment belongs is credited without a person.
func TestService_orders_a_refused_approval_names_nothing(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	o := &odd{Else: b, Called: "bank"}
	s, wallets, _ := w.hostile(t, o)
	openWallets(t, wallets, "v")
	taken := byHand("by hand", "tx B")
	_, err := s.Credit(t.Context(), taken)
	require.NoError(t, err)
	o.Sends = ordertest.Always(pending("tx A"))
	first := mustRecharge(t, s, "k")
	request := decide(first.ID, ports.DecisionApprove)
	request.ProviderRef = "tx B" // a slip
	_, err = carryOut(t.Context(), s, request)
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	claims, err := w.store.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "bank", "tx A")})
	require.NoError(t, err)
	if len(claims) > 0 {
		t.Errorf("a refused decision wrote %+v", claims[0])
	}
	// the provider: tx A is not of the first order after all
	o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}})
	w.follow(t, s)
	require.Equal(t, ports.RechargeDeclined, get(t, s, first.ID).Status)
	o.Sends = ordertest.Always(approved("tx A"))
	mine := topUp("k")
	mine.WalletID = "v"
	second, err := s.Recharge(t.Context(), mine)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, second.Status, second.Why)
}

// TestService_orders_the_amount_of_a_payment_that_was_named_for_another_order: ErrInvalid,
// as when the record stood for another payment.
func TestService_orders_the_amount_of_a_payment_that_was_named_for_another_order(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], approved("tx A"))
		answers[0] <- approvedAmount("tx B", 9_000) // a second payment of it
		synctest.Wait()
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionKeep)) // tx A is its payment, and tx B another order's
		require.NoError(t, err)
		openWallets(t, wallets, "v")
		o.Sends = ordertest.Always(ports.ChargeAnswer{})
		o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "look"}})
		mine := topUp("k")
		mine.WalletID = "v"
		second, err := s.Recharge(t.Context(), mine)
		require.NoError(t, err)
		w.follow(t, s)
		require.Equal(t, ports.RechargeReview, get(t, s, second.ID).Status)
		request := decide(second.ID, ports.DecisionApprove)
		request.ProviderRef = "tx B"
		_, err = carryOut(t.Context(), s, request)
		require.ErrorIs(t, err, ports.ErrInvalid, "wallet v was credited %s for a payment of 9000", balanceOf(t, wallets, "v"))
	})
}

// TestService_orders_cancel_while_the_record_changes: Cancel reads the record again, and
// cancels.
func TestService_orders_cancel_while_the_record_changes(t *testing.T) {
	t.Parallel()
	w, _, _, _, op := cancelWorld(t)
	w.store = &crashtest.Contended{Store: w.store, Loses: func(o ports.Operation) bool { return o.Head().ID == op.ID }}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	canceled, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, canceled.Status)
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_orders_resolve_cancel_while_the_record_changes: the decision is made on the
// next version.
func TestService_orders_resolve_cancel_while_the_record_changes(t *testing.T) {
	t.Parallel()
	w, c, s, _, op := cancelWorld(t)
	c.answer = &ports.ChargeAnswer{}
	canceled, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	w.store = &crashtest.Contended{Store: w.store, Loses: func(o ports.Operation) bool { return o.Head().ID == canceled.ID }}
	s, _ = w.process(t, crashtest.Immortal(), nil)
	_, err = carryOutCancel(t.Context(), s, decide(canceled.ID, ports.DecisionInquire))
	require.NoError(t, err)
}

// TestService_orders_a_recharge_that_its_cancellation_reverses_is_told: the service tells of
// recharge.reversed.
func TestService_orders_a_recharge_that_its_cancellation_reverses_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		w.charger = &canceler{bank: b}
		notifier := told()
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		op := mustRecharge(t, s, "k")
		_, err := s.Cancel(t.Context(), cancelRequest(op))
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, ports.RechargeReversed, get(t, s, op.ID).Status)
		require.Equal(t, []ports.RechargeStatus{ports.RechargeSending, ports.RechargeApproved, ports.RechargeReversed}, notifier.List())
	})
}

// TestService_orders_a_credit_that_comes_back_for_a_payment_of_another_amount: ErrInvalid,
// "decline, and credit the payment by hand".
func TestService_orders_a_credit_that_comes_back_for_a_payment_of_another_amount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], approved("tx A"))
		answers[0] <- approvedAmount("tx B", 9_000) // a second payment of it
		synctest.Wait()
		_, err := carryOut(t.Context(), s, decide(id, ports.DecisionKeep)) // tx A is its payment, and tx B another order's
		require.NoError(t, err)
		openWallets(t, wallets, "v")
		o.Sends = ordertest.Always(approved(""))
		mine := topUp("k")
		mine.WalletID = "v"
		second, err := s.Recharge(t.Context(), mine)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, second.Status)
		mustReverse(t, s, second.ID)
		_, err = s.Dispute(t.Context(), ports.Act{ID: second.ID, By: kim("it was paid")})
		require.NoError(t, err)
		request := decide(second.ID, ports.DecisionReinstate)
		request.ProviderRef = "tx B"
		_, err = carryOut(t.Context(), s, request)
		require.ErrorIs(t, err, ports.ErrInvalid, "wallet v has %s for a payment of 9000", balanceOf(t, wallets, "v"))
	})
}

// TestService_orders_a_payment_that_was_named_for_two_orders: ErrChargeTaken until the
// second order is decided too.
func TestService_orders_a_payment_that_was_named_for_two_orders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, o := hung(t, 2)
		ordertest.Say(answers[1], approved("tx A"))
		ordertest.Say(answers[0], approved("tx C"))
		require.Equal(t, ports.RechargeDisputed, get(t, s, id).Status)
		openWallets(t, wallets, "v", "u")
		say := make(chan ports.ChargeAnswer)
		o.Sends = func() ports.ChargeAnswer { return <-say }
		mine := topUp("k")
		mine.WalletID = "v"
		second, err := s.Recharge(t.Context(), mine) // its answer is late
		require.NoError(t, err)
		request := decide(second.ID, ports.DecisionApprove)
		request.ProviderRef = "tx B"
		resolved(t, s, request)
		ordertest.Say(say, approved("tx C"))
		require.Equal(t, ports.RechargeDisputed, get(t, s, second.ID).Status)
		require.Contains(t, get(t, s, second.ID).Others, "tx C")
		resolved(t, s, decide(id, ports.DecisionKeep))
		byHand := byHand("k", "tx C")
		byHand.WalletID = "u"
		_, err = s.Credit(t.Context(), byHand)
		require.ErrorIs(t, err, recharge.ErrChargeTaken, "the provider named tx C for %s, which is not decided", second.ID)
	})
}

// TestService_orders_a_charge_that_two_cancellations_gave_back: the recharge is disputed,
// so that a person claims one refund from the provider (docs/operations.md, "Taken back
// twice").
func TestService_orders_a_charge_that_two_cancellations_gave_back(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		first := make(chan ports.ChargeAnswer)
		c := &hungOnce{canceler: &canceler{bank: b}, late: first, then: ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "refund 2"}}}
		w.charger = c
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, s, "k")
		canceled, err := s.Cancel(t.Context(), cancelRequest(op)) // its answer is late
		require.NoError(t, err)
		_, err = carryOutCancel(t.Context(), s, decide(canceled.ID, ports.DecisionDecline)) // the charge stands, a person thinks
		require.NoError(t, err)
		again, err := s.Cancel(t.Context(), cancelRequest(op))
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, again.Status)
		ordertest.Say(first, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "refund 1"}})
		ordertest.RequireBalance(t, wallets, 0)
		op = get(t, s, op.ID)
		require.Equal(t, ports.RechargeDisputed, op.Status, "10000 was charged, and 20000 given back; why %q", op.Why)
	})
}
