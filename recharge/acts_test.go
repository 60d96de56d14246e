package recharge_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// inState makes a recharge of a state, in a world of its own.
func inState(t *testing.T, state string) (*recharge.Service, *ports.Recharge) {
	t.Helper()
	w, b := newWorld(t, approves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	ctx := t.Context()
	act := func(op *ports.Recharge) ports.Act { return ports.Act{ID: op.ID, By: kim("seen")} }
	var op *ports.Recharge
	var err error
	switch state {
	case "by hand":
		op, err = s.Credit(ctx, recharge.CreditRequest{WalletID: "w", Key: "h", Charger: "bank", Amount: won(10_000), ProviderRef: "row", By: kim("found")})
		require.NoError(t, err)
	case "pending":
		b.does = pendsApproves
	case "declined", "disputed, never credited":
		b.does = declines
	}
	if op == nil {
		op, err = s.Recharge(ctx, topUp("k"))
		require.NoError(t, err)
	}
	switch state {
	case "disputed", "disputed, never credited":
		_, err = s.Dispute(ctx, act(op))
	case "reversed":
		_, err = s.Reverse(ctx, act(op))
	case "canceling":
		b.does = pendsApproves
		_, err = s.Cancel(ctx, act(op))
	case "disputed while canceling":
		b.does = pendsApproves
		_, err = s.Cancel(ctx, act(op))
		require.NoError(t, err)
		_, err = s.Dispute(ctx, act(op))
	case "canceled":
		_, err = s.Cancel(ctx, act(op))
	}
	require.NoError(t, err)
	op, err = s.Get(ctx, op.ID)
	require.NoError(t, err)
	return s, op
}

// TestActs_are_what_the_methods_allow: each act that Acts names succeeds. Every other one answers
// ErrNotOpen, but for those that were done before, and changes nothing.
func TestActs_are_what_the_methods_allow(t *testing.T) {
	t.Parallel()
	for _, state := range []string{
		"approved", "by hand", "pending", "declined", "disputed", "disputed, never credited", "reversed", "canceling", "disputed while canceling", "canceled",
	} {
		for what, do := range map[ports.DecisionKind]func(context.Context, *recharge.Service, string) error{
			ports.DecisionApprove: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Approve(ctx, recharge.ApproveRequest{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionDecline: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Decline(ctx, ports.Act{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionInquire: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Inquire(ctx, ports.Act{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionKeep: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Keep(ctx, recharge.KeepRequest{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionReinstate: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Reinstate(ctx, recharge.ReinstateRequest{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionDispute: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Dispute(ctx, ports.Act{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionReverse: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Reverse(ctx, ports.Act{ID: id, By: kim("x")})
				return err
			},
			ports.DecisionCancel: func(ctx context.Context, s *recharge.Service, id string) error {
				_, err := s.Cancel(ctx, ports.Act{ID: id, By: kim("x")})
				return err
			},
		} {
			t.Run(state+"/"+string(what), func(t *testing.T) {
				t.Parallel()
				s, op := inState(t, state)
				err := do(t.Context(), s, op.ID)
				if slices.Contains(recharge.Acts(op), what) {
					require.NoError(t, err, "an act that is named")
					return
				}
				switch {
				case what == ports.DecisionDispute && op.Status == ports.RechargeDisputed, what == ports.DecisionCancel && op.CancelID != "":
					require.NoError(t, err, "it was done before")
				case what == ports.DecisionCancel && op.PaymentMethod == "":
					require.ErrorIs(t, err, recharge.ErrNoCancel)
				default:
					require.ErrorIs(t, err, ports.ErrNotOpen, "an act that is not named")
				}
				after, err := s.Get(t.Context(), op.ID)
				require.NoError(t, err)
				require.Equal(t, op.Version, after.Version)
			})
		}
	}
}

// TestService_Decline_keeps_the_reason_of_the_person: a recharge that a person declines says why,
// and no longer why it was in review or disputed.
func TestService_Decline_keeps_the_reason_of_the_person(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"pending", "disputed, never credited"} {
		s, op := inState(t, state)
		op, err := s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("the bank's statement has nothing")})
		require.NoError(t, err)
		require.Equal(t, "the bank's statement has nothing", op.Why, state)
	}
}

// TestService_Decline_of_a_credit_that_was_taken_out: Why is the reason of the person who declined.
func TestService_Decline_of_a_credit_that_was_taken_out(t *testing.T) {
	t.Parallel()
	s, op := inState(t, "reversed")
	op, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("won, says the acquirer")})
	require.NoError(t, err)
	op, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("lost after all")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status)
	require.Equal(t, "lost after all", op.Why)
}
