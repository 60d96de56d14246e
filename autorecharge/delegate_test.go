package autorecharge_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// provider is a provider that recharges by itself, and can fail.
type provider struct {
	*cards
	life   *crashtest.Life
	err    error  // of every call
	deaf   error  // of calls that configure it
	during func() // a call that switches it on
	called func() // each call that configures it
}

func (p *provider) CheckDelegation(to ports.Delegation) error {
	if to.On && to.RechargeTo.LessThan(won(10_000)) {
		return ports.Invalid("RechargeTo", "is below 10000")
	}
	if to.Currency != "KRW" {
		return ports.Invalid("Currency", "is not the provider's")
	}
	return nil
}

func (p *provider) Delegation(context.Context) (ports.Delegation, error) { return p.set, p.err }

func (p *provider) Delegate(_ context.Context, to ports.Delegation) error {
	if p.called != nil {
		p.called()
	}
	if p.during != nil && to.On {
		during := p.during
		p.during = nil
		during()
	}
	if p.err != nil || p.deaf != nil {
		return errors.Join(p.err, p.deaf)
	}
	if !p.life.Do(func() { p.set = to }) {
		return crashtest.ErrDead
	}
	return nil
}

// delegating is a world with a process over a provider that recharges by itself.
func delegating(t *testing.T) (*world, *provider) {
	t.Helper()
	w := newWorld(t)
	at := &provider{cards: w.cards, life: crashtest.Immortal()}
	w.process = w.startWith(crashtest.Immortal(), false, at)
	return w, at
}

func delegated() ports.PolicyTerms {
	terms := usual()
	terms.Delegated = true
	return terms
}

var configured = ports.Delegation{On: true, Methods: []string{"first", "second"}, MinimumCash: won(1_000), RechargeTo: won(100_000)}

func TestEngine_delegated_policy_is_configured_and_not_charged(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	require.Equal(t, configured, at.set)
	w.spend(9_500)
	w.step()
	require.Zero(t, w.cards.count())
	d, _, err := w.engine.Explain(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, autorecharge.ReasonDelegated, d.Why)
}

func TestEngine_provider_follows_the_status_of_a_delegated_policy(t *testing.T) {
	t.Parallel()
	for name, switches := range map[string]struct{ off, on func(*world) error }{
		"disabled": {
			func(w *world) error { _, err := w.engine.Disable(w.t.Context(), acting("w", kim("asked"))); return err },
			func(w *world) error { _, err := w.engine.Enable(w.t.Context(), acting("w", kim("asked"))); return err },
		},
		"suspended": {
			func(w *world) error { _, err := w.engine.Suspend(w.t.Context(), acting("w", kim("audit"))); return err },
			func(w *world) error {
				_, err := w.engine.Reinstate(w.t.Context(), acting("w", kim("asked")))
				return err
			},
		},
		"deleted": {
			func(w *world) error { return w.engine.Delete(w.t.Context(), acting("w", kim("asked"))) },
			func(w *world) error { _, err := w.engine.Set(w.t.Context(), setting("w", delegated())); return err },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, at := delegating(t)
			w.set(delegated())
			require.NoError(t, switches.off(w))
			require.False(t, at.set.On)
			w.step()
			require.False(t, at.set.On)
			require.NoError(t, switches.on(w))
			require.Equal(t, configured, at.set)
		})
	}
}

func TestEngine_switches_the_provider_off_when_the_wallet_is_closed(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	w.spend(10_000)
	_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	at.err = errors.New("maintenance")
	require.Error(t, w.engine.Evaluate(t.Context(), "w"))
	require.Equal(t, ports.PolicyActive, w.policy().Status, "it ends only when the provider is off")
	at.err = nil
	w.clock.Advance(5 * minute)
	w.step()
	require.False(t, at.set.On)
	require.Equal(t, ports.PolicyActive, w.policy().Status, "the setting that failed may arrive late")
	w.clock.Advance(30 * minute)
	w.step()
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestEngine_setting_that_arrives_late_is_undone: its answer was lost, the provider was found as it
// should be, and the policy was about to end. Then the setting arrives.
func TestEngine_setting_that_arrives_late_is_undone(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(w *world){
		"the wallet is closed": func(w *world) {
			w.spend(10_000)
			_, err := w.wallets.Close(w.t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
			require.NoError(w.t, err)
		},
		"it is deleted": func(w *world) {
			require.ErrorIs(w.t, w.engine.Delete(w.t.Context(), acting("w", kim("asked"))), autorecharge.ErrNotConfigured)
		},
		"ours takes over": func(w *world) {
			_, err := w.engine.Disable(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
			_, err = w.engine.Set(w.t.Context(), setting("w", usual()))
			require.ErrorIs(w.t, err, autorecharge.ErrNotConfigured)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, at := delegating(t)
			at.deaf = errors.New("EOF")
			_, err := w.engine.Set(t.Context(), setting("w", delegated()))
			require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
			at.deaf = nil
			w.clock.Advance(5 * minute)
			ends(w)
			w.step()
			require.False(t, at.set.On)
			at.set = configured // late
			for range 60 {
				w.clock.Advance(minute)
				w.step()
			}
			require.False(t, at.set.On)
		})
	}
}

// TestEngine_two_processes_switch_the_provider_off_once: it has a toggle, and two would leave it
// on.
func TestEngine_two_processes_switch_the_provider_off_once(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	other := w.startWith(crashtest.Immortal(), false, at)
	w.spend(10_000)
	_, err := w.wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	calls := 0
	at.called = func() {
		if calls++; calls == 1 {
			require.NoError(t, other.engine.Evaluate(t.Context(), "w"))
			_, err := other.engine.Disable(t.Context(), acting("w", kim("asked")))
			require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
		}
	}
	require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
	require.Equal(t, 1, calls)
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestEngine_Set_refuses_when_both_are_on: the provider's and ours would charge for the same need.
func TestEngine_Set_refuses_when_both_are_on(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	_, err := w.engine.Set(t.Context(), setting("w", usual()))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.set(usual())
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	at.set.On = true // by a person, at the provider's console
	_, err = w.engine.Enable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
	at.set.On = false
	_, err = w.engine.Enable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	_, err = w.engine.Suspend(t.Context(), acting("w", kim("audit")))
	require.NoError(t, err)
	at.set.On = true
	_, err = w.engine.Reinstate(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
}

// TestEngine_checks_for_both_on_before_each_charge: a person switched the
// provider's auto-recharge on at its console, or for another wallet.
func TestEngine_checks_for_both_on_before_each_charge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		w.set(usual())
		at.set = configured
		w.spend(9_500)
		for range 30 {
			w.clock.Advance(minute)
			w.step()
		}
		require.Zero(t, w.cards.count())
		synctest.Wait()
		require.Equal(t, []string{"policy.drift"}, w.events.list(), "told once")
		at.set = ports.Delegation{}
		for range 12 {
			w.clock.Advance(minute)
			w.step()
		}
		require.Equal(t, 1, w.cards.count())
	})
}

func TestEngine_Explain_delegated_policy(t *testing.T) {
	t.Parallel()
	w, _ := delegating(t)
	w.set(delegated())
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	d, english, _ := w.explain()
	require.Equal(t, autorecharge.ReasonDisabled, d.Why)
	require.Equal(t, "The policy is switched off.", english)
}

func TestEngine_Set_refuses_terms_that_the_provider_does_not_take(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	terms := delegated()
	terms.RechargeTo = won(9_999)
	_, err := w.engine.Set(t.Context(), setting("w", terms))
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Zero(t, at.set)
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
	other := newWorld(t)
	_, err = other.engine.Set(t.Context(), setting("w", delegated()))
	require.ErrorIs(t, err, ports.ErrInvalid, "these cards cannot recharge by themselves")
}

// TestEngine_Set_refuses_to_delegate_another_currency: a thousand dollars would be a thousand won
// there.
func TestEngine_Set_refuses_to_delegate_another_currency(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	_, err := w.wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "dollars", Currency: "USD", Scale: 2})
	require.NoError(t, err)
	_, err = w.engine.Set(t.Context(), setting("dollars", delegated()))
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "Currency")
	require.Zero(t, at.set)
	w.set(delegated())
	require.Equal(t, configured, at.set)
}

func TestEngine_configures_a_provider_later_that_cannot_be_reached(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	at.err = errors.New("maintenance")
	_, err := w.engine.Set(t.Context(), setting("w", delegated()))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	require.ErrorContains(t, err, "maintenance")
	require.True(t, w.policy().State.Unconfigured)
	require.ErrorIs(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))), autorecharge.ErrNotConfigured)
	_, err = w.engine.Set(t.Context(), setting("w", usual()))
	require.Error(t, err, "the provider may be on")
	w.clock.Advance(2 * minute)
	require.Error(t, w.worker.Step(t.Context()).Err(), "it is reported, and tried again")
	at.err = nil
	w.clock.Advance(2 * minute)
	w.step()
	require.False(t, w.policy().State.Unconfigured)
	require.False(t, at.set.On, "the last word was to be off")
	w.clock.Advance(30 * minute)
	w.step()
	require.NoError(t, w.engine.Delete(t.Context(), acting("w", kim("asked"))))
}

// TestEngine_Set_refuses_while_the_provider_may_be_on that it is to be off.
func TestEngine_Set_refuses_while_the_provider_may_be_on(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	at.deaf = errors.New("maintenance")
	_, err := w.engine.Set(t.Context(), setting("w", delegated()))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	_, err = w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	_, err = w.engine.Set(t.Context(), setting("w", usual()))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	at.deaf = nil
	w.clock.Advance(2 * minute)
	w.step()
	_, err = w.engine.Set(t.Context(), setting("w", usual()))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured, "what was sent may arrive late")
	w.clock.Advance(30 * minute)
	w.step()
	_, err = w.engine.Set(t.Context(), setting("w", usual()))
	require.NoError(t, err)
}

// TestEngine_delegation_survives_crashes lets the process die at each of its calls, to the store
// and to the provider: a worker of another process brings the provider in step.
func TestEngine_delegation_survives_crashes(t *testing.T) {
	t.Parallel()
	cells := 0
	for name, act := range map[string]func(context.Context, *autorecharge.Engine) error{
		"set": func(ctx context.Context, e *autorecharge.Engine) error {
			_, err := e.Set(ctx, setting("w", delegated()))
			return err
		},
		"disable": func(ctx context.Context, e *autorecharge.Engine) error {
			_, err := e.Disable(ctx, acting("w", kim("asked")))
			return err
		},
		"delete": func(ctx context.Context, e *autorecharge.Engine) error {
			return e.Delete(ctx, acting("w", kim("asked")))
		},
	} {
		for _, life := range crashtest.Lives(8) {
			cells++
			w, at := delegating(t)
			if name != "set" {
				w.set(delegated())
			}
			alive := life.Life()
			dying := w.startWith(alive, false, &provider{cards: w.cards, life: alive})
			err := act(t.Context(), dying.engine)
			for range 20 {
				w.clock.Advance(minute)
				w.step()
			}
			policy, errGet := w.engine.Get(t.Context(), "w")
			want := errGet == nil && policy.Status == ports.PolicyActive
			require.Equal(t, want, at.set.On, "%s, %s: %v", name, life.Name, err)
			require.True(t, errGet != nil || !stateful(policy).State.Unconfigured, "%s, %s", name, life.Name)
			if err == nil {
				require.Equal(t, want, name == "set", "%s, %s: what was acknowledged holds", name, life.Name)
			}
		}
	}
	t.Logf("%d cells", cells)
}

// TestEngine_late_answer_does_not_leave_the_provider_on: while one process switches the provider on,
// another switches it off, and the first call arrives last.
func TestEngine_late_answer_does_not_leave_the_provider_on(t *testing.T) {
	t.Parallel()
	for name, overtake := range map[string]func(*world, *process){
		"disabled meanwhile": func(w *world, other *process) {
			_, err := other.engine.Disable(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
		},
		"ours meanwhile": func(w *world, other *process) {
			_, err := other.engine.Disable(w.t.Context(), acting("w", kim("asked")))
			require.NoError(w.t, err)
			w.clock.Advance(30 * minute) // the first process sleeps
			require.NoError(w.t, other.worker.Step(w.t.Context()).Err())
			_, err = other.engine.Set(w.t.Context(), setting("w", usual()))
			require.NoError(w.t, err)
		},
		"deleted meanwhile": func(w *world, other *process) {
			require.ErrorIs(w.t, other.engine.Delete(w.t.Context(), acting("w", kim("asked"))), autorecharge.ErrNotConfigured)
			w.clock.Advance(30 * minute)
			require.NoError(w.t, other.worker.Step(w.t.Context()).Err())
			require.NoError(w.t, other.engine.Delete(w.t.Context(), acting("w", kim("asked"))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, at := delegating(t)
			other := w.startWith(crashtest.Immortal(), false, at)
			at.during = func() { overtake(w, other) }
			_, _ = w.engine.Set(t.Context(), setting("w", delegated())) // whatever it makes of that
			for range 5 {
				w.clock.Advance(minute)
				w.step()
			}
			require.False(t, at.set.On)
		})
	}
}

func TestEngine_Drift_is_told_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, at := delegating(t)
		w.set(delegated())
		days := func(n int) {
			for range n {
				w.clock.Advance(24*time.Hour + minute)
				w.step()
			}
			synctest.Wait()
		}
		days(3)
		require.Empty(t, w.events.list())
		drift, err := w.engine.Drift(t.Context(), "w")
		require.NoError(t, err)
		require.Empty(t, drift)
		at.set.RechargeTo = won(5)
		days(3)
		require.Equal(t, []string{"policy.drift"}, w.events.list(), "once")
		drift, err = w.engine.Drift(t.Context(), "w")
		require.NoError(t, err)
		require.Contains(t, drift, "target 5")
		at.set.Methods = slices.Clone(at.set.Methods[:1])
		days(1)
		require.Len(t, w.events.list(), 2, "another difference is news")
	})
}

// pausing is a store whose process sleeps behind a commit.
type pausing struct {
	ports.Store
	then func(unit ports.Unit)
}

func (s *pausing) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	for _, unit := range units {
		s.then(unit)
	}
	return fates
}

// TestEngine_sends_no_setting_after_its_lease: a process sleeps for hours behind its claim. What it
// would send has been settled by others, who wait for nothing that is late any more.
func TestEngine_sends_no_setting_after_its_lease(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	require.False(t, at.set.On)
	awake := w.store
	w.store = &pausing{Store: awake, then: func(unit ports.Unit) {
		for _, op := range unit.Operations {
			if p, ok := op.(*ports.Policy); ok && !stateful(p).State.LateUntil.IsZero() {
				w.clock.Advance(2 * 60 * minute)
			}
		}
	}}
	sleepy := w.startWith(crashtest.Immortal(), false, at)
	_, err = sleepy.engine.Enable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	require.False(t, at.set.On, "it was sent hours after its lease")
	w.step()
	require.Equal(t, configured, at.set, "the next worker sends it")
}

// sleepyReads is a store whose process sleeps behind a search that has a ProviderRef.
type sleepyReads struct {
	ports.Store
	sleep func()
}

func (s *sleepyReads) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	found, err := s.Store.FindOperations(ctx, filter)
	if filter.ProviderRef != "" && filter.Limit == 1 {
		s.sleep()
	}
	return found, err
}

// TestEngine_Enable_sends_nothing_after_its_lease: the process sleeps behind the last read
// before it would configure the provider.
func TestEngine_Enable_sends_nothing_after_its_lease(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	w.set(delegated())
	_, err := w.engine.Disable(t.Context(), acting("w", kim("asked")))
	require.NoError(t, err)
	w.store = &sleepyReads{w.store, func() { w.clock.Advance(20 * minute) }}
	sleepy := w.startWith(crashtest.Immortal(), false, at)
	_, err = sleepy.engine.Enable(t.Context(), acting("w", kim("asked")))
	require.ErrorIs(t, err, autorecharge.ErrNotConfigured)
	require.False(t, at.set.On, "it was sent after its lease")
}

// decorated is a Charger that decorates another.
type decorated struct{ ports.Charger }

func (d decorated) Unwrap() ports.Charger { return d.Charger }

// TestEngine_Set_behind_a_decorator: a provider whose own auto-recharge is on is seen
// through a decorated Charger.
func TestEngine_Set_behind_a_decorator(t *testing.T) {
	t.Parallel()
	w, at := delegating(t)
	at.set.On = true
	p := w.startWith(crashtest.Immortal(), false, decorated{at})
	_, err := p.engine.Set(t.Context(), setting("w", usual()))
	require.ErrorIs(t, err, autorecharge.ErrBothOn)
	_, err = p.engine.Set(t.Context(), setting("w", delegated()))
	require.NoError(t, err)
}
