package portstest

import (
	"context"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// delegateScenario is one promise of a Delegate and the check of it.
type delegateScenario struct {
	name string
	says string // the sentence of the port
	run  func(d *delegateTest)
}

func delegateScenarios() []delegateScenario {
	const (
		done    = "Delegate configures it, and reads it back: when it returns without an error the provider is as was asked."
		reads   = "Delegation reads how the provider's own auto-recharge is configured."
		failed  = "A question that failed is an error, and never an auto-recharge that is off."
		refuses = "CheckDelegation refuses, with ErrInvalid, what the provider is known not to take."
		soon    = "Its methods may be called concurrently and repeated, and return soon after ctx ends."
	)
	scenarios := []delegateScenario{
		{"the provider is as was asked", done, providerIsAsAsked},
		{"settings may be made again", soon, settingsMayBeMadeAgain},
		{"the order of the Methods is kept", done, orderOfMethodsIsKept},
		{"off without Methods asks for no more than to be off", done, offAsksForNoMore},
		{"off with Methods makes the settings too", done, offWithMethods},
		{"any amounts are made as they are, or refused", done, amountsAreMade},
		{"what others set is read", reads, whatOthersSetIsRead},
		{"good settings are not refused", refuses, goodSettingsAreNotRefused},
		{"bad settings are refused with ErrInvalid", refuses, badSettingsAreRefused},
		{"CheckDelegation sends no request", "It sends no request.", checkSendsNoRequest},
		{"Delegate makes no bad settings", refuses, delegateMakesNoBadSettings},
		{"settings without an effect are an error", done, settingsWithoutEffect},
		{"settings are not shared", reads, settingsAreNotShared},
		{"a context that has ended changes nothing", soon, endedContextChangesNothing},
		{"calls return when their context ends", soon, delegateReturnsInTime},
		{"calls may be made at the same time", soon, callsAtTheSameTime},
		{"a call that gets no answer holds up no other", soon, delegateCallsThatHang},
		{"many Methods are made and read", done, manyMethods},
	}
	for _, fault := range questionFaults() {
		if fault != FaultMute { // delegateReturnsInTime has it
			scenarios = append(scenarios, delegateScenario{"a question that fails is an error: " + string(fault), failed, func(d *delegateTest) { d.failedQuestion(fault) }})
		}
	}
	for _, tc := range faultCases() {
		if tc.fault != FaultLate && tc.fault != FaultWrongAmount && tc.fault != FaultOtherAccount { // of orders only
			scenarios = append(scenarios, delegateScenario{"provider: " + string(tc.fault), done, func(d *delegateTest) { d.run(tc.fault) }})
		}
	}
	return scenarios
}

// run changes settings, and switches them off, while the fault happens. No error says that the
// provider is as was asked; after an error the call is repeated.
func (d *delegateTest) run(fault Fault) {
	for _, to := range []ports.Delegation{d.first, {}, d.second} {
		d.Heal()
		if to.On {
			d.Set(d.another(to))
		} else {
			d.Set(d.first)
		}
		d.breaks(fault)
		err := d.configure(to)
		if fault == FaultNone {
			d.NoError(err)
		}
		if err == nil {
			d.isAs(to, "Delegate returned no error")
		}
		d.Heal()
		d.deadline = ample
		d.NoError(d.configure(to), "again")
		d.isAs(to, "again")
		d.False(d.Overread(), "the adapter reads an answer without a bound")
	}
}

// another returns the other of the two settings.
func (d *delegateTest) another(to ports.Delegation) ports.Delegation {
	if same(to, d.first) {
		return d.second
	}
	return d.first
}

func providerIsAsAsked(d *delegateTest) {
	for _, to := range []ports.Delegation{d.first, d.second, {}, d.first} {
		d.NoError(d.configure(to))
		d.isAs(to, "Delegate returned no error")
		got, err := d.read()
		d.NoError(err)
		d.reads(got)
		d.Empty(got.Currency, "Delegation returns no Currency")
	}
}

func settingsMayBeMadeAgain(d *delegateTest) {
	for _, to := range []ports.Delegation{d.first, {}, d.second} {
		for range 3 {
			d.NoError(d.configure(to))
			d.isAs(to, "again")
		}
	}
}

// orderOfMethodsIsKept makes the same settings with the Methods in another order.
func orderOfMethodsIsKept(d *delegateTest) {
	for range 2 {
		d.NoError(d.configure(d.first))
		d.isAs(d.first, "the order of the Methods")
		got, err := d.read()
		d.NoError(err)
		d.Equal(d.first.Methods, got.Methods, "Delegation")
		d.first.Methods = slices.Clone(d.first.Methods)
		slices.Reverse(d.first.Methods)
	}
}

// offAsksForNoMore leaves it to the provider whether it keeps its other settings: Delegation
// reads what is there.
func offAsksForNoMore(d *delegateTest) {
	d.Set(d.first)
	for range 2 {
		d.NoError(d.configure(ports.Delegation{}), "it is off, and no more was asked for")
		d.isAs(ports.Delegation{}, "Delegate returned no error")
		got, err := d.read()
		d.NoError(err)
		d.reads(got)
	}
}

func offWithMethods(d *delegateTest) {
	d.Set(d.first)
	want := d.second
	want.On = false
	d.NoError(d.configure(want))
	d.isAs(want, "Delegate returned no error")
}

// whatOthersSetIsRead changes one field after the other in the provider's console.
func whatOthersSetIsRead(d *delegateTest) {
	adapter, to := d.Delegate(), d.first
	to.Currency = ""
	d.NoError(adapter.Delegate(d.t.Context(), to))
	for _, change := range []func(){
		func() { to.MinimumCash = d.second.MinimumCash },
		func() { to.RechargeTo = d.second.RechargeTo },
		func() { to.Methods = d.second.Methods },
		func() { to.On = false },
		func() { to = d.first },
	} {
		change()
		d.Set(to)
		for _, reader := range []ports.Delegate{adapter, d.Delegate()} {
			got, err := reader.Delegation(d.t.Context())
			d.NoError(err)
			d.reads(got)
		}
	}
}

func goodSettingsAreNotRefused(d *delegateTest) {
	adapter := d.Delegate()
	for _, to := range []ports.Delegation{d.first, d.second, {}} {
		d.NoError(adapter.CheckDelegation(to), settings(to))
		to.Currency = ""
		d.NoError(adapter.CheckDelegation(to), "without a currency: "+settings(to))
	}
}

// bad returns settings that this provider, or none, takes.
func (d *delegateTest) bad() []ports.Delegation {
	bad := d.Refused()
	finest := decimal.New(1, -ports.MaxScale-1)
	for _, spoil := range []func(to *ports.Delegation){
		func(to *ports.Delegation) { to.Methods = nil },
		func(to *ports.Delegation) { to.Methods = append(slices.Clone(to.Methods), "") },
		func(to *ports.Delegation) { to.Methods = append(slices.Clone(to.Methods), to.Methods[0]) },
		func(to *ports.Delegation) { to.MinimumCash = to.MinimumCash.Neg() },
		func(to *ports.Delegation) { to.RechargeTo = to.RechargeTo.Neg() },
		func(to *ports.Delegation) { to.MinimumCash = to.MinimumCash.Add(finest) },
		func(to *ports.Delegation) { to.RechargeTo = to.RechargeTo.Add(finest) },
		func(to *ports.Delegation) { to.RechargeTo = to.MinimumCash },
		func(to *ports.Delegation) { to.RechargeTo = to.MinimumCash.Sub(someOf(to.MinimumCash)) },
		func(to *ports.Delegation) { to.MinimumCash, to.RechargeTo = to.RechargeTo, to.MinimumCash },
		func(to *ports.Delegation) { to.Currency = "XTS" },
	} {
		to := d.first
		spoil(&to)
		bad = append(bad, to)
	}
	return bad
}

func badSettingsAreRefused(d *delegateTest) {
	for _, to := range d.bad() {
		d.ErrorIs(d.Delegate().CheckDelegation(to), ports.ErrInvalid, settings(to))
	}
}

func checkSendsNoRequest(d *delegateTest) {
	adapter, before := d.Delegate(), d.Requests()
	for _, to := range append(d.bad(), d.first, d.second, ports.Delegation{}) {
		_ = adapter.CheckDelegation(to)
	}
	d.Equal(before, d.Requests(), "requests")
}

// delegateMakesNoBadSettings leaves out those whose only fault is their currency: Delegate does
// not read it.
func delegateMakesNoBadSettings(d *delegateTest) {
	d.Set(d.second)
	for _, to := range d.bad() {
		to.Currency = ""
		if d.Delegate().CheckDelegation(to) == nil {
			continue
		}
		d.Error(d.configure(to), settings(to))
		d.isAs(d.second, "Delegate refused other settings")
	}
}

// settingsWithoutEffect makes settings of which the provider has all, or all but one, before. The
// request that changes them is ignored.
func settingsWithoutEffect(d *delegateTest) {
	off := d.first
	off.On = false
	for _, to := range []ports.Delegation{d.first, off, {}} {
		for _, change := range []func(before *ports.Delegation){
			func(before *ports.Delegation) { *before = d.second },
			func(before *ports.Delegation) { before.MinimumCash = d.second.MinimumCash },
			func(before *ports.Delegation) { before.RechargeTo = d.second.RechargeTo },
			func(before *ports.Delegation) { before.Methods = d.second.Methods },
			func(before *ports.Delegation) { // the same in another order
				before.Methods = slices.Clone(before.Methods)
				slices.Reverse(before.Methods)
			},
			func(before *ports.Delegation) { before.On = !to.On },
		} {
			before := to
			if len(to.Methods) == 0 {
				before = d.first
			}
			change(&before)
			d.Set(before)
			d.breaks(FaultIgnore)
			if err := d.configure(to); err == nil {
				d.isAs(to, "Delegate returned no error, and the provider had: "+settings(before))
			}
			d.Heal()
		}
	}
}

// settingsAreNotShared changes what was handed over and what was returned.
func settingsAreNotShared(d *delegateTest) {
	adapter, ctx, methods := d.Delegate(), d.t.Context(), slices.Clone(d.first.Methods)
	to := d.first
	to.Currency, to.Methods = "", slices.Clone(methods)
	d.NoError(adapter.Delegate(ctx, to))
	d.Equal(methods, to.Methods, "Delegate changed what it was given")
	to.Methods[0] = "changed"
	for range 2 {
		got, err := adapter.Delegation(ctx)
		d.NoError(err)
		d.Equal(methods, got.Methods, "the Methods of another caller were changed")
		got.Methods[0] = "changed"
	}
	d.Equal(methods, d.State().Methods)
}

func endedContextChangesNothing(d *delegateTest) {
	d.Set(d.second)
	ctx, cancel := context.WithCancel(d.t.Context())
	cancel()
	to := d.first
	to.Currency = ""
	d.Error(d.Delegate().Delegate(ctx, to))
	d.isAs(d.second, "the context had ended")
	_, err := d.Delegate().Delegation(ctx)
	d.Error(err, "Delegation")
}

// delegateReturnsInTime asks a provider that takes requests and never answers.
func delegateReturnsInTime(d *delegateTest) {
	d.Set(d.second)
	d.breaks(FaultMute)
	_, err := d.read()
	d.Error(err, "Delegation: no answer came")
	if err := d.configure(d.first); err == nil {
		d.isAs(d.first, "Delegate returned no error")
	}
	d.Heal()
	d.Set(d.second)
	d.breaks(FaultHangBefore)
	if err := d.configure(d.first); err == nil {
		d.isAs(d.first, "Delegate returned no error")
	}
}

// delegateCallsThatHang has many questions, and then a change, get no answer, with contexts that
// end late. Calls of the same process with contexts that end soon return.
func delegateCallsThatHang(d *delegateTest) {
	d.Set(d.second)
	adapter := d.Delegate()
	ctx, end := context.WithCancel(d.t.Context())
	defer end()
	var group sync.WaitGroup
	to := d.first
	to.Currency = ""
	soon := func(name string, call func(ctx context.Context) error) {
		d.t.Helper()
		for range 2 {
			ctx, cancel := context.WithTimeout(d.t.Context(), glance)
			err := within(ctx, d.Assertions, d.over, name, func() error { return call(ctx) })
			cancel()
			d.steps.did("%s, while other calls hang: %v", name, err)
			d.discreet(err)
		}
	}
	calls := func() {
		d.t.Helper()
		soon("CheckDelegation", func(context.Context) error { return adapter.CheckDelegation(to) })
		soon("Delegation", func(ctx context.Context) error { _, err := adapter.Delegation(ctx); return err })
		soon("Delegate", func(ctx context.Context) error { return adapter.Delegate(ctx, to) })
	}
	d.breaks(FaultHangBefore)
	group.Go(func() { _ = adapter.Delegate(ctx, to) })
	d.steps.did("Delegate %s hangs", settings(to))
	calls()
	d.breaks(FaultMute)
	for range hung {
		group.Go(func() { _, _ = adapter.Delegation(ctx) })
	}
	d.steps.did("%d calls of Delegation hang", hung)
	calls()
	end()
	if !returned(&group) {
		d.over.late.Store(true)
		d.FailNow("calls do not return when their context ends")
	}
	d.Heal()
	d.deadline = ample
	d.NoError(d.configure(to), "again")
	d.isAs(to, "again")
}

// manyMethods makes settings with as many Methods as the provider takes, forwards and backwards.
func manyMethods(d *delegateTest) {
	harness, lists := d.DelegateHarness.(MethodLister)
	if !lists || harness.AllMethods() == nil {
		d.t.Skip("not tested: the harness does not tell which Methods settings may name at once")
	}
	to := d.first
	to.Currency, to.Methods = "", slices.Clone(harness.AllMethods())
	d.Greater(len(to.Methods), len(d.first.Methods), "the harness returns more methods than settings have")
	for range 2 {
		d.NoError(d.Delegate().CheckDelegation(to), settings(to))
		d.NoError(d.configure(to), settings(to))
		d.isAs(to, "Delegate returned no error")
		got, err := d.read()
		d.NoError(err)
		d.Equal(to.Methods, got.Methods, "Delegation returns other Methods than the provider has")
		slices.Reverse(to.Methods)
	}
}

// callsAtTheSameTime makes the same settings at the same time. A call may find that another one
// is at it, and return an error; then it is repeated.
func callsAtTheSameTime(d *delegateTest) {
	adapter, ctx := d.Delegate(), d.t.Context()
	for _, to := range []ports.Delegation{d.first, {}, d.second} {
		to.Currency = ""
		errs := make([]error, 6)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { errs[i] = adapter.Delegate(ctx, to) })
			group.Go(func() { _, _ = adapter.Delegation(ctx) })
			group.Go(func() { _ = adapter.CheckDelegation(to) })
		}
		group.Wait()
		if !slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
			d.isAs(to, "no call returned an error")
		}
		d.NoError(d.configure(to), "again")
		d.isAs(to, "again")
	}
}

// failedQuestion reads settings that are on while no question is answered well.
func (d *delegateTest) failedQuestion(fault Fault) {
	d.Set(d.first)
	d.breaks(fault)
	d.deadline = glance // it may ask again and again
	got, err := d.read()
	d.Error(err, "Delegation returns: "+settings(got))
	if err := d.configure(d.second); err == nil {
		d.isAs(d.second, "Delegate returned no error")
	}
	d.Heal()
	d.deadline = ample
	d.NoError(d.configure(d.second), "again")
	d.isAs(d.second, "again")
}
