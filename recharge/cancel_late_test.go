package recharge_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// canceler is a bank that runs something on the way into a cancellation, and answers as
// it is told, if it is told.
type canceler struct {
	*bank
	preparing, sending func()
	answer, inquired   *ports.ChargeAnswer
}

func (c *canceler) PrepareCancel(ctx context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	if c.preparing != nil {
		c.preparing()
	}
	if ctx.Err() != nil {
		return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	return c.bank.PrepareCancel(ctx, order)
}

func (c *canceler) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	if c.sending != nil {
		c.sending()
	}
	if c.answer != nil {
		return *c.answer
	}
	return c.bank.Cancel(ctx, order)
}

func (c *canceler) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	if c.inquired != nil {
		return *c.inquired
	}
	return c.bank.InquireCancel(ctx, order)
}

// cancelWorld is a world with an approved recharge and a canceler.
func cancelWorld(t *testing.T) (*world, *canceler, *recharge.Service, *ledger.Ledger, *ports.Recharge) {
	t.Helper()
	w, b := newWorld(t, approves)
	c := &canceler{bank: b}
	w.charger = c
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	return w, c, s, wallets, op
}

// work lets a worker of another process run once, when the leases have run out.
func (w *world) work(t *testing.T) {
	t.Helper()
	w.clock.Advance(time.Hour)
	other, _ := w.process(t, crashtest.Immortal(), nil)
	for _, job := range other.Jobs() {
		_, err := job.Step(t.Context(), 10)
		require.NoError(t, err)
	}
}

func cancelRequest(op *ports.Recharge) ports.Act {
	return ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "customer asked"}}
}

// TestService_Cancel_keeps_a_late_answer: a process sleeps in the call until its lease is over,
// another process inquires and ends the cancellation, and then the provider answers the call.
// An answer that contradicts that end, or that leaves open whether the charge was taken back,
// disputes the recharge.
func TestService_Cancel_keeps_a_late_answer(t *testing.T) {
	t.Parallel()
	type answers struct{ meanwhile, late ports.Outcome }
	for told, want := range map[answers]ports.RechargeStatus{
		{ports.OutcomeNotSent, ports.OutcomeApproved}:  ports.RechargeDisputed,
		{ports.OutcomeNotSent, ports.OutcomeUnknown}:   ports.RechargeDisputed,
		{ports.OutcomeNotSent, ports.OutcomePending}:   ports.RechargeDisputed,
		{ports.OutcomeNotSent, ports.OutcomeDeclined}:  ports.RechargeApproved,
		{ports.OutcomeApproved, ports.OutcomeDeclined}: ports.RechargeDisputed,
		{ports.OutcomeApproved, ports.OutcomeUnknown}:  ports.RechargeReversed,
		{ports.OutcomeApproved, ports.OutcomeApproved}: ports.RechargeReversed,
	} {
		t.Run(told.meanwhile.String()+", then "+told.late.String(), func(t *testing.T) {
			t.Parallel()
			w, c, s, _, op := cancelWorld(t)
			w.store = &crashtest.Contended{Store: w.store, Loses: func(op ports.Operation) bool {
				return op.StatusText() == string(ports.RechargeDisputed) // another process writes the record at the same moment
			}}
			c.inquired, c.answer = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: told.meanwhile}}, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: told.late}}
			c.sending = func() { w.work(t) }
			slept, _ := w.process(t, crashtest.Immortal(), nil)
			_, err := slept.Cancel(t.Context(), cancelRequest(op))
			require.NoError(t, err)
			op = get(t, s, op.ID)
			require.Equal(t, want, op.Status, op.Why)
		})
	}
}

// TestService_Cancel_late_answer_after_a_person_reversed: a late approval of a cancellation
// contradicts nothing after a person has reversed the recharge, because the credit is out of
// the wallet.
func TestService_Cancel_late_answer_after_a_person_reversed(t *testing.T) {
	t.Parallel()
	w, c, s, _, op := cancelWorld(t)
	c.sending = func() {
		w.work(t)
		_, err := s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "it is in the statement"}})
		require.NoError(t, err)
	}
	_, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeReversed, op.Status, op.Why)
	require.False(t, c.canceled.IsZero())
}

// TestService_Cancel_late_answer_joins_a_dispute: the late answer to a cancellation is added to
// the reason of a dispute, so that a person sees both.
func TestService_Cancel_late_answer_joins_a_dispute(t *testing.T) {
	t.Parallel()
	w, c, s, _, op := cancelWorld(t)
	c.sending = func() {
		w.work(t)
		_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback of 3 November"}})
		require.NoError(t, err)
	}
	_, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	require.Contains(t, op.Why, "chargeback of 3 November")
	require.Contains(t, op.Why, "cancellation ended as failed, then the provider answered approved")
}

// TestService_Cancel_end_leaves_a_dispute_open: the provider may have taken the charge back
// twice, or once for the dispute and the cancellation. A person sees both reasons and decides.
func TestService_Cancel_end_leaves_a_dispute_open(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cancellation ports.Outcome
		decision     ports.DecisionKind
		want         ports.RechargeStatus
		balance      int64
	}{
		"taken back, and that is right":   {ports.OutcomeApproved, ports.DecisionDecline, ports.RechargeReversed, 0},
		"taken back, and yet it stands":   {ports.OutcomeApproved, ports.DecisionReinstate, ports.RechargeApproved, 10_000},
		"not taken back, so it is a keep": {ports.OutcomeDeclined, ports.DecisionKeep, ports.RechargeApproved, 10_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c, s, wallets, op := cancelWorld(t)
			c.answer = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}
			_, err := s.Cancel(t.Context(), cancelRequest(op))
			require.NoError(t, err)
			_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback of 3 November"}})
			require.NoError(t, err)
			c.inquired = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: tc.cancellation}}
			w.work(t)
			reviews, err := s.List(t.Context(), reviews())
			require.NoError(t, err)
			require.Len(t, reviews, 1)
			require.Contains(t, reviews[0].Why, "chargeback of 3 November")
			require.Equal(t, tc.cancellation == ports.OutcomeApproved, strings.Contains(reviews[0].Why, "its cancellation ended as approved: customer asked"))
			op = resolved(t, s, resolution{ID: op.ID, Decision: tc.decision, By: ports.By{Who: "lee", Why: "bank statement"}})
			require.Equal(t, tc.want, op.Status)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(tc.balance)), "%s", wallet.Balance)
			require.Zero(t, wallet.OpenOperations)
			_, err = wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}

// disputeOfACancellation is a recharge that was canceled, and of which the provider then
// says that its cancellation was refused.
func disputeOfACancellation(t *testing.T) (*canceler, *recharge.Service, *ledger.Ledger, *ports.Recharge) {
	t.Helper()
	w, c, s, wallets, op := cancelWorld(t)
	c.inquired, c.answer = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}
	c.sending = func() { w.work(t) }
	_, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	return c, s, wallets, op
}

// TestService_Resolve_ends_a_disputed_cancellation: whether the charge was taken back is for
// a person to say, and either way the dispute is over and wallet and books agree.
func TestService_Resolve_ends_a_disputed_cancellation(t *testing.T) {
	t.Parallel()
	resolve := func(decision ports.DecisionKind) func(context.Context, *recharge.Service, *ports.Recharge) error {
		return func(ctx context.Context, s *recharge.Service, op *ports.Recharge) error {
			_, err := carryOut(ctx, s, resolution{ID: op.ID, Decision: decision, By: ports.By{Who: "lee", Why: "bank statement"}})
			return err
		}
	}
	for name, tc := range map[string]struct {
		decide  func(context.Context, *recharge.Service, *ports.Recharge) error
		want    ports.RechargeStatus
		balance int64
	}{
		"the charge stands": {resolve(ports.DecisionReinstate), ports.RechargeApproved, 10_000},
		"it was taken back": {resolve(ports.DecisionDecline), ports.RechargeReversed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s, wallets, op := disputeOfACancellation(t)
			require.ErrorIs(t, resolve(ports.DecisionKeep)(t.Context(), s, op), ports.ErrNotOpen, "there is no credit to keep")
			require.ErrorIs(t, reverse(t.Context(), s, op), ports.ErrNotOpen, "there is no credit to take back")
			require.NoError(t, tc.decide(t.Context(), s, op))
			op = get(t, s, op.ID)
			require.Equal(t, tc.want, op.Status)
			require.Len(t, op.Decisions, 1)
			require.Equal(t, "lee", op.Decisions[0].Who)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(tc.balance)), "%s", wallet.Balance)
			reviews, err := s.List(t.Context(), reviews())
			require.NoError(t, err)
			require.Empty(t, reviews)
			require.ErrorIs(t, resolve(ports.DecisionReinstate)(t.Context(), s, op), ports.ErrNotOpen, "once")
			books, err := wallets.TrialBalance(t.Context())
			require.NoError(t, err)
			require.NoError(t, books.Check())
		})
	}
}

func reverse(ctx context.Context, s *recharge.Service, op *ports.Recharge) error {
	_, err := s.Reverse(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "bank statement"}})
	return err
}

// TestService_Cancel_again_after_the_charge_stood: a recharge can be canceled again after a
// person decided that its first cancellation did not take the charge back.
func TestService_Cancel_again_after_the_charge_stood(t *testing.T) {
	t.Parallel()
	c, s, wallets, op := disputeOfACancellation(t)
	_, err := s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("bank statement"), Amount: decimal.NewNullDecimal(won(9_000))})
	require.ErrorIs(t, err, ports.ErrNotOpen, "it is credited as it was")
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: op.ID, By: kim("bank statement")})
	require.NoError(t, err)
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryReverse, ports.EntryReverseBack}})
	require.NoError(t, err)
	require.Len(t, page.Entries, 2)
	require.Equal(t, op.CancelID, page.Entries[0].OperationID, "who looks for what was taken back")
	require.Equal(t, op.CancelID, page.Entries[1].OperationID, "finds that this was not")

	c.sending, c.answer, c.inquired = nil, nil, nil
	canceled, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, canceled.Status)
	require.NotEqual(t, op.CancelID, canceled.ID)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.IsZero())
}

// contrary is a bank that says one thing when it is asked and another when it answers.
type contrary struct {
	*bank
	sending func()
}

func (c contrary) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	c.sending()
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Message: "no money on the card"}}
}

func (c contrary) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// TestService_late_answer_joins_a_dispute: the late answer to a charge is added to the reason
// of a dispute.
func TestService_late_answer_joins_a_dispute(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = b
	host, _ := w.process(t, crashtest.Immortal(), nil)
	w.charger = contrary{b, func() {
		w.work(t)
		approved, err := host.List(t.Context(), recharge.Listing{Statuses: []ports.RechargeStatus{ports.RechargeApproved}})
		require.NoError(t, err)
		_, err = host.Dispute(t.Context(), ports.Act{ID: approved[0].ID, By: ports.By{Who: "kim", Why: "chargeback of 3 November"}})
		require.NoError(t, err)
	}}
	slept, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, slept, "k")
	require.Equal(t, ports.RechargeDisputed, op.Status)
	require.Contains(t, op.Why, "chargeback of 3 November; ended as disputed, then the provider answered declined: no money on the card")
}
