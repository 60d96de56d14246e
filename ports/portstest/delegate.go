package portstest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// DelegateHarness is a Delegate on a provider that a test can break.
type DelegateHarness interface {
	SettingsBooks

	// BreakableProvider: a fault of questions happens to every question until Heal, another to
	// the next request that changes settings, once. With FaultIgnore that request has no
	// effect, and its answer says that it has.
	BreakableProvider

	// Delegate returns the adapter under test, as a process that has just started makes it:
	// it shares nothing in memory with those that were returned before.
	Delegate() ports.Delegate

	// Settings returns two settings that the provider takes. Both are On, have a Currency
	// and name at least two Methods, and they differ in every other field.
	Settings() (first, second ports.Delegation)

	// Refused returns settings that the provider is known not to take. What no provider
	// takes need not be among them.
	Refused() []ports.Delegation
}

// MethodLister is a [DelegateHarness] whose provider takes many Methods at once. The suite skips the
// scenario of many Methods if the harness has no such method, or if the method returns nil.
type MethodLister interface {
	// AllMethods returns as many methods as settings may name at once, up to 30: more than a page
	// of the provider's list of methods has, if it has pages.
	AllMethods() []string
}

// SettingsBooks is what a provider itself knows of its settings.
type SettingsBooks interface {
	// Set makes settings, as a person in the provider's console does. It does not read
	// Currency.
	Set(to ports.Delegation)

	// State returns the settings, and Other those of another account of the provider, which
	// the adapter has nothing to do with: both as the provider's own records say, whatever it
	// answers.
	State() ports.Delegation
	Other() ports.Delegation

	// Requests returns how many requests the provider has had.
	Requests() int
}

// TestDelegate checks what [ports.Delegate] promises: above all that Delegate returns no error
// only when the provider is as was asked, and that Delegation takes no failed question for an
// auto-recharge that is off. The constructor returns a harness that no other test uses, and
// cleans up with t.Cleanup.
func TestDelegate(t *testing.T, newHarness func(t *testing.T) DelegateHarness) {
	t.Helper()
	late := new(atomic.Bool)
	for _, scenario := range delegateScenarios() {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			explain(t, "package ports", scenario.says)
			if late.Load() {
				t.Skip("not tested: calls outlast their context, see the scenario that failed")
			}
			d := &delegateTest{Assertions: require.New(t), DelegateHarness: newHarness(t), t: t, deadline: ample, over: &overtime{late: late}, steps: newSteps(t)}
			d.first, d.second = d.Settings()
			d.NotEmpty(d.first.Currency, "the harness returns settings with a Currency")
			d.True(d.first.On && d.second.On, "the harness returns settings that are On")
			d.Greater(len(d.first.Methods), 1, "the harness returns settings with several Methods")
			other := d.Other()
			scenario.run(d)
			if !same(d.Other(), other) {
				d.FailNow("another account was changed", "it had: %s; it has: %s", settings(other), settings(d.Other()))
			}
		})
	}
}

// delegateTest is a scenario under way.
type delegateTest struct {
	*require.Assertions
	DelegateHarness
	t             *testing.T
	first, second ports.Delegation
	deadline      time.Duration
	over          *overtime
	steps         *steps
}

// Set makes settings as a person in the console does, and notes it.
func (d *delegateTest) Set(to ports.Delegation) {
	d.DelegateHarness.Set(to)
	d.steps.did("a person sets %s", settings(to))
}

// Heal ends all faults, and notes it.
func (d *delegateTest) Heal() {
	d.DelegateHarness.Heal()
	d.steps.did("all faults end")
}

// settings are settings as they are printed.
func settings(to ports.Delegation) string {
	state := "off"
	if to.On {
		state = "on"
	}
	if len(to.Methods) == 0 {
		return state
	}
	return fmt.Sprintf("%s, below %s up to %s, from %q", state, to.MinimumCash, to.RechargeTo, to.Methods)
}

// breaks has a fault happen. It skips the scenario if the provider has no such fault.
func (d *delegateTest) breaks(fault Fault) {
	d.t.Helper()
	if !d.Break(fault) {
		d.False(indispensable(fault), "every provider has the fault %q", fault)
		d.t.Skipf("not tested: the provider of the harness has no fault %q", fault)
	}
	d.steps.did("the provider, from now on or next: %s", fault)
	d.deadline = ample
	if fault == FaultHangBefore || fault == FaultHangAfter || fault == FaultMute {
		d.deadline = patience
	}
}

// configure has an adapter that knows nothing configure the provider.
func (d *delegateTest) configure(to ports.Delegation) error {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), d.deadline)
	defer cancel()
	adapter := d.Delegate()
	to.Currency, to.Methods = "", slices.Clone(to.Methods)
	err := within(ctx, d.Assertions, d.over, "Delegate", func() error { return adapter.Delegate(ctx, to) })
	d.steps.did("Delegate %s: %v", settings(to), err)
	d.discreet(err)
	return err
}

// read has an adapter that knows nothing read the settings.
func (d *delegateTest) read() (ports.Delegation, error) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), d.deadline)
	defer cancel()
	type result struct {
		settings ports.Delegation
		err      error
	}
	adapter := d.Delegate()
	found := within(ctx, d.Assertions, d.over, "Delegation", func() (r result) {
		r.settings, r.err = adapter.Delegation(ctx)
		return r
	})
	d.steps.did("Delegation: %s, %v", settings(found.settings), found.err)
	d.discreet(found.err)
	return found.settings, found.err
}

// discreet checks that an error shows no secret.
func (d *delegateTest) discreet(err error) {
	d.t.Helper()
	if err == nil {
		return
	}
	if form := shown(err.Error(), d.Secrets()); form != "" {
		d.FailNow("an error shows a secret", form)
	}
}

// isAs checks that the provider is as was asked.
func (d *delegateTest) isAs(to ports.Delegation, why string) {
	d.t.Helper()
	state := d.State()
	asAsked := same(state, to)
	if !to.On && len(to.Methods) == 0 {
		asAsked = !state.On
	}
	if !asAsked {
		d.FailNow("the provider is not as was asked", "%s; asked for: %s; the provider has: %s", why, settings(to), settings(state))
	}
}

// reads checks that what Delegation returned is what the provider has.
func (d *delegateTest) reads(got ports.Delegation) {
	d.t.Helper()
	if state := d.State(); !same(got, state) {
		d.FailNow("Delegation returns other settings than the provider has", "it returns: %s; the provider has: %s", settings(got), settings(state))
	}
}

// same compares all but the currency, which only CheckDelegation reads.
func same(a, b ports.Delegation) bool {
	return a.On == b.On && slices.Equal(a.Methods, b.Methods) && a.MinimumCash.Equal(b.MinimumCash) && a.RechargeTo.Equal(b.RechargeTo)
}
