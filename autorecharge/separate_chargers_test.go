package autorecharge_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// startAll starts a process that has several Chargers; with a trigger or a worker.
func (w *world) startAll(triggered bool, chargers ...ports.Charger) *process {
	w.t.Helper()
	p := &process{trigger: autorecharge.NewTrigger()}
	config := ledger.Config{Clock: w.clock}
	if triggered {
		config.Observer = p.trigger
	}
	var err error
	p.wallets, err = ledger.New(w.store, config)
	require.NoError(w.t, err)
	p.recharges, err = recharge.New(w.store, p.wallets, recharge.Config{Clock: w.clock}, chargers...)
	require.NoError(w.t, err)
	p.engine, err = autorecharge.New(w.store, p.wallets, p.recharges, autorecharge.Config{Clock: w.clock, Trigger: p.trigger, Notifier: w.events, Parallel: 2})
	require.NoError(w.t, err)
	p.worker, err = worker.New(worker.Config{Batch: 3}, p.engine.Jobs()...)
	require.NoError(w.t, err)
	return p
}

// TestEngine_keeps_Chargers_apart: many wallets are low at a provider that hangs, and one
// at a healthy provider is charged all the same, by the jobs and by the trigger.
func TestEngine_keeps_Chargers_apart(t *testing.T) {
	t.Parallel()
	for name, triggered := range map[string]bool{"by the trigger": true, "by the jobs": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				release := make(chan struct{})
				w.cards.before = func(ports.ChargeOrder) { <-release }
				healthy := newCards()
				p := w.startAll(triggered, w.cards, named{healthy, "healthy"})
				low := func(id, charger string) {
					w.open(id, 10_000)
					terms := usual()
					terms.Methods = []ports.PaymentMethod{{Charger: charger, ID: "first"}}
					_, err := p.engine.Set(t.Context(), setting(id, terms))
					require.NoError(t, err)
				}
				for i := range 20 {
					low(fmt.Sprint("a", i), "cards")
				}
				low("z", "healthy")
				_, err := p.engine.Sweep(t.Context(), 100) // all are above the minimum, and watched
				require.NoError(t, err)
				deduct := func(id string) {
					_, err := p.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: id, Key: "all", Amount: won(9_500)})
					require.NoError(t, err)
				}
				for i := range 20 {
					deduct(fmt.Sprint("a", i))
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					if !triggered {
						_ = p.worker.Run(ctx)
					}
				}()
				time.Sleep(time.Minute) // of the bubble: everything that hangs hangs by then
				deduct("z")
				time.Sleep(5 * time.Second)
				synctest.Wait()
				require.Equal(t, 1, healthy.count())
				close(release)
				stop()
				<-ended
				p.trigger.Wait()
				synctest.Wait()
			})
		})
	}
}

// TestEngine_Sweep_moves_on_to_a_method_of_another_Charger after a decline.
func TestEngine_Sweep_moves_on_to_a_method_of_another_Charger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newCards()
	p := w.startAll(false, w.cards, named{other, "other"})
	terms := usual()
	terms.Methods[0].Charger = "other"
	other.answer("first", declined(true))
	_, err := p.engine.Set(t.Context(), setting("w", terms))
	require.NoError(t, err)
	w.spend(9_500)
	for range 2 { // each Charger has a job of its own
		_, err = p.engine.Sweep(t.Context(), 10)
		require.NoError(t, err)
	}
	require.True(t, w.balance().Equal(won(100_000)))
	require.Equal(t, []string{"first"}, other.used())
	require.Equal(t, []string{"second"}, w.cards.used())
}
