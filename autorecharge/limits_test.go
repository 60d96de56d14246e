package autorecharge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Evaluate_waits_for_room_below_a_limit: a charge that a limit of the wallet does not
// admit is not ordered. The policy looks again after ten minutes, tells once, and charges when
// there is room.
func TestEngine_Evaluate_waits_for_room_below_a_limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		why := ""
		w.events.saw = func(e ports.Event) {
			if p, ok := e.(ports.PolicyEvent); ok && p.What == ports.PolicyEventCapped {
				why = p.Why
			}
		}
		w.limits.CreditedPerDay = optional(100_000)
		w.set(usual())
		w.low()
		require.Equal(t, 1, w.cards.count())
		w.limits.CreditedPerDay = optional(150_000)
		w.low()
		for range 3 * 60 { // a worker that comes by each minute for three hours
			w.step()
			w.clock.Advance(minute)
		}
		synctest.Wait()
		require.Equal(t, 1, w.cards.count(), "no charge")
		require.Equal(t, []string{"policy.capped"}, w.events.list())
		require.Equal(t, "a limit of the wallet leaves no room for a charge", why)
		p := w.policy()
		require.Equal(t, ports.PolicyActive, p.Status, "a limit is no failure")
		require.Zero(t, p.State.Failures+p.State.Outages)
		writes := p.Version
		require.LessOrEqual(t, writes, int64(3*60/10+10), "one write for each look")
		d, _, err := w.engine.Explain(t.Context(), "w")
		require.NoError(t, err)
		require.False(t, d.Charge)
		require.Equal(t, autorecharge.ReasonLimit, d.Why)
		require.Equal(t, w.clock.Now().Add(10*minute), d.Until)
		open, err := w.store.FindOperations(t.Context(), ports.OperationFilter{Kind: ports.KindRecharge, Open: true, Limit: 1})
		require.NoError(t, err)
		require.Empty(t, open)

		w.clock.Advance(24 * time.Hour)
		w.step()
		synctest.Wait()
		require.Equal(t, 2, w.cards.count(), "the next day has room")
		require.Equal(t, []string{"policy.capped", "policy.uncapped"}, w.events.list())
	})
}

// TestEngine_Evaluate_order_within_a_limit: the check before sending does not count the order
// itself twice.
func TestEngine_Evaluate_order_within_a_limit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.Balance = optional(100_000)
	w.set(usual())
	w.low()
	require.Equal(t, 1, w.cards.count())
	require.True(t, w.balance().Equal(won(100_000)))
}

// TestEngine_Evaluate_limit_reached_meanwhile: another credit takes the room between the look and
// the order. Nothing is written but when to look again.
func TestEngine_Evaluate_limit_reached_meanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.CreditedPerDay = optional(200_000)
	w.set(usual())
	w.spend(9_500)
	late := &creditor{Store: w.store, w: w}
	w.store = late
	slow := w.start(crashtest.Immortal(), false)
	late.armed = true
	require.NoError(t, slow.engine.Evaluate(t.Context(), "w"))
	require.True(t, late.done)
	require.Zero(t, w.cards.count())
	p := w.policy()
	require.Nil(t, p.State.Attempt)
	require.Zero(t, p.State.Failures+p.State.Outages)
	require.Equal(t, w.clock.Now().Add(10*minute), p.DueAt)
}

// creditor is a store that credits the wallet of another process before an order is written, and
// takes the cash again, so that the wallet is as low as before.
type creditor struct {
	ports.Store
	w     *world
	armed bool
	done  bool
}

func (c *creditor) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for i := range units {
		for _, op := range units[i].Operations {
			if op.Head().Kind == ports.KindRecharge && c.armed {
				c.armed, c.done = false, true
				for _, err := range []error{c.credit(ctx), c.deduct(ctx)} {
					if err != nil {
						return []ports.Fate{{Status: ports.FateFailed, Err: err}}
					}
				}
			}
		}
	}
	return c.Store.Commit(ctx, units)
}

func (c *creditor) credit(ctx context.Context) error {
	_, err := c.w.wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "faster", Amount: won(150_000)})
	return err
}

func (c *creditor) deduct(ctx context.Context) error {
	_, err := c.w.wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(150_000)})
	return err
}
