package autorecharge_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestEngine_alerts_though_the_policy_fails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Permanent: true}})
		terms := usual()
		terms.AlertLevels = append(terms.AlertLevels, won(5_000), won(500), won(0))
		w.set(terms)
		w.spend(9_100)
		w.step()
		w.spend(900)
		w.step()
		synctest.Wait()
		require.ElementsMatch(t, []string{"alert 5000", "policy.suspended", "alert 500", "alert 0"}, w.events.list())
	})
}

func TestEngine_alerts_once_for_each_crossing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		terms := usual()
		terms.MinimumCash = won(0)
		terms.AlertLevels = append(terms.AlertLevels, won(8_000), won(5_000), won(20_000))
		w.set(terms)
		tell := func(want ...string) {
			t.Helper()
			w.step()
			synctest.Wait()
			require.ElementsMatch(t, want, w.events.list())
			w.events.names = nil
		}
		tell() // 10,000 was below 20,000 when it was set: that is no crossing
		w.spend(2_000)
		tell("alert 8000") // at the level
		w.spend(100)
		tell()
		w.spend(3_000)
		tell("alert 5000")
		w.deposit("w", 3_000)
		tell()
		w.spend(3_000)
		tell("alert 5000") // armed again in between; 8,000 was not passed
		w.deposit("w", 50_000)
		tell()
		w.spend(50_000)
		tell("alert 20000", "alert 8000", "alert 5000") // several at a time
		require.Zero(t, w.cards.count(), "a minimum of zero charges nothing")
	})
}

// gate is a store in which policies can be read while it is open.
type gate struct {
	ports.Store
	shut atomic.Pointer[chan struct{}]
}

func (g *gate) close() {
	shut := make(chan struct{})
	g.shut.Store(&shut)
}

func (g *gate) open() { close(*g.shut.Swap(nil)) }

func (g *gate) FindOperations(ctx context.Context, f ports.OperationFilter) ([]ports.Operation, error) {
	if shut := g.shut.Load(); shut != nil {
		<-*shut
	}
	return g.Store.FindOperations(ctx, f)
}

// TestEngine_alerts_of_a_dip_that_is_over: the trigger remembers the lowest cash it
// saw, within one commit and over several.
func TestEngine_alerts_of_a_dip_that_is_over(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		policies := &gate{Store: w.store}
		w.store = policies
		w.process = w.start(crashtest.Immortal(), true)
		terms := usual()
		terms.MinimumCash, terms.AlertLevels = won(0), append(terms.AlertLevels, won(5_000), won(100))
		w.set(terms)
		w.trigger.Wait()
		policies.close()
		w.spend(6_000)
		synctest.Wait() // the trigger is at it
		w.deposit("w", 6_000)
		w.spend(1)
		for _, low := range []int64{9_950, 6_000} { // two more, the deeper first
			w.spend(low)
			w.deposit("w", low)
		}
		policies.open()
		w.trigger.Wait()
		synctest.Wait()
		require.ElementsMatch(t, []string{"alert 5000", "alert 5000", "alert 100"}, w.events.list(), "one that was looked at, and two that were waiting")
		require.Empty(t, w.policy().State.Fired, "they are armed again")
		require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
		w.spend(1)
		w.trigger.Wait()
		synctest.Wait()
		require.Len(t, w.events.list(), 3, "once")
	})
}

// TestEngine_alerts_of_a_dip_once_over_all_processes by the trigger of the one that saw it.
func TestEngine_alerts_of_a_dip_once_over_all_processes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := w.process
		policies := &gate{Store: w.store}
		w.store = policies
		w.process = w.start(crashtest.Immortal(), true)
		terms := usual()
		terms.MinimumCash, terms.AlertLevels = won(0), append(terms.AlertLevels, won(5_000))
		w.set(terms)
		w.trigger.Wait()
		policies.close()
		w.spend(6_000)
		require.NoError(t, other.engine.Evaluate(t.Context(), "w"))
		w.deposit("w", 6_000)
		require.NoError(t, other.engine.Evaluate(t.Context(), "w"))
		policies.open()
		w.trigger.Wait()
		synctest.Wait()
		require.Equal(t, []string{"alert 5000"}, w.events.list())
	})
}

// TestEngine_alerts_of_a_dip_inside_one_commit gives the trigger what one commit of several
// operations gives it.
func TestEngine_alerts_of_a_dip_inside_one_commit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.process = w.start(crashtest.Immortal(), true)
		terms := usual()
		terms.MinimumCash, terms.AlertLevels = won(0), append(terms.AlertLevels, won(5_000))
		w.set(terms)
		wallet, err := w.wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		w.trigger.Booked(&wallet, []ports.Entry{
			{Seq: wallet.Seq + 1, Type: ports.EntryDeduct, BalanceAmount: won(-6_000)},
			{Seq: wallet.Seq + 2, Type: ports.EntryHold, BalanceHeldAmount: won(1_000)},
			{Seq: wallet.Seq + 3, Type: ports.EntryCapture, BalanceAmount: won(-1_000), BalanceHeldAmount: won(-1_000)},
			{Seq: wallet.Seq + 4, Type: ports.EntryRefund, BalanceAmount: won(7_000)},
		})
		w.trigger.Wait()
		synctest.Wait()
		require.Equal(t, []string{"alert 5000"}, w.events.list())
	})
}

// TestEngine_held_cash_is_not_available: an alert looks at what can be spent.
func TestEngine_held_cash_is_not_available(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		terms := usual()
		terms.MinimumCash, terms.AlertLevels = won(0), append(terms.AlertLevels, won(5_000))
		w.set(terms)
		_, err := w.wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(5_000)})
		require.NoError(t, err)
		w.step()
		synctest.Wait()
		require.Equal(t, []string{"alert 5000"}, w.events.list())
	})
}
