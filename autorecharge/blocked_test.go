package autorecharge_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// counted is a provider that counts how often it is asked for its settings.
type counted struct {
	*provider
	asked int
}

func (c *counted) Delegation(ctx context.Context) (ports.Delegation, error) {
	c.asked++
	return c.provider.Delegation(ctx)
}

// blocked returns a world in which wallet "w" is low, and an order of wallet "other" is in
// review and holds the lane of the cards.
func blocked(t *testing.T) (*world, *counted, *ports.Recharge) {
	t.Helper()
	w := newWorld(t)
	w.cards.lane = "account"
	at := &counted{provider: &provider{cards: w.cards, life: crashtest.Immortal()}}
	w.process = w.startWith(crashtest.Immortal(), false, at)
	w.set(usual())
	w.open("other", 1)
	w.cards.answer("lost", ports.ChargeAnswer{Answer: ports.Answer{Review: "the answer was lost"}})
	op, err := w.recharges.Recharge(t.Context(), recharge.Request{
		WalletID: "other", Key: "k", Charger: "cards", PaymentMethod: "lost", Amount: won(5_000),
	})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, op.Status)
	w.spend(9_500)
	at.asked = 0
	return w, at, op
}

func TestEngine_Evaluate_asks_no_provider_while_the_lane_is_taken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at, op := blocked(t)
		for range 30 {
			w.step()
			w.clock.Advance(minute)
		}
		require.Zero(t, at.asked)
		require.Equal(t, 1, w.cards.count(), "the order in review alone")
		synctest.Wait()
		require.Equal(t, []string{"policy.blocked"}, w.events.list(), "once")
		require.Equal(t, op.ID, w.policy().State.Blocked)

		_, err := w.recharges.Decline(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "not charged"}})
		require.NoError(t, err)
		w.step()
		require.True(t, w.balance().Equal(won(100_000)))
		require.Empty(t, w.policy().State.Blocked)
	})
}

func TestEngine_Explain_names_the_order_that_holds_the_lane(t *testing.T) {
	t.Parallel()
	w, _, op := blocked(t)
	d, english, korean := w.explain()
	require.Equal(t, autorecharge.ReasonLane, d.Why)
	require.Equal(t, op.ID, d.OperationID)
	require.Equal(t, string(ports.RechargeReview), d.OperationStatus)
	require.Contains(t, english, "Operation "+op.ID+" (review) holds the lane of cards")
	require.Contains(t, korean, op.ID+"(담당자 확인 필요)")
}

// TestEngine_Evaluate_tells_of_a_lane_that_is_taken_for_long only: an order that was sent a moment
// ago ends by itself.
func TestEngine_Evaluate_tells_of_a_lane_that_is_taken_for_long(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.lane = "account"
		w.open("other", 1)
		w.cards.answer("slow", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
		w.cards.answer("inquiry of slow", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
		w.set(usual())
		_, err := w.recharges.Recharge(t.Context(), recharge.Request{WalletID: "other", Key: "k", Charger: "cards", PaymentMethod: "slow", Amount: won(5_000)})
		require.NoError(t, err)
		w.spend(9_500)
		for range 9 {
			w.step()
			w.clock.Advance(minute)
		}
		synctest.Wait()
		require.Empty(t, w.events.list())
		for range 9 {
			w.step()
			w.clock.Advance(minute)
		}
		synctest.Wait()
		require.Equal(t, []string{"policy.blocked"}, w.events.list())
	})
}
