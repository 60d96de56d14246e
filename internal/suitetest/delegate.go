package suitetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// delegate is a Delegate of functions.
type delegate struct {
	check func(to ports.Delegation) error
	read  func(ctx context.Context) (ports.Delegation, error)
	set   func(ctx context.Context, to ports.Delegation) error
}

func (d delegate) CheckDelegation(to ports.Delegation) error { return d.check(to) }

func (d delegate) Delegation(ctx context.Context) (ports.Delegation, error) { return d.read(ctx) }

func (d delegate) Delegate(ctx context.Context, to ports.Delegation) error { return d.set(ctx, to) }

// flawedDelegate is a harness whose adapter has a flaw.
type flawedDelegate struct {
	portstest.DelegateHarness
	bend func(h *flawedDelegate, d delegate) delegate

	mu       sync.Mutex
	question portstest.Fault
}

func (f *flawedDelegate) Break(fault portstest.Fault) bool {
	if !f.DelegateHarness.Break(fault) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fault.OfQuestions() {
		f.question = fault
	}
	return true
}

// AllMethods returns those of the good harness.
func (f *flawedDelegate) AllMethods() []string {
	if harness, lists := f.DelegateHarness.(portstest.MethodLister); lists {
		return harness.AllMethods()
	}
	return nil
}

func (f *flawedDelegate) Heal() {
	f.DelegateHarness.Heal()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.question = ""
}

func (f *flawedDelegate) on(fault portstest.Fault) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.question == fault
}

func (f *flawedDelegate) Delegate() ports.Delegate {
	good := f.DelegateHarness.Delegate()
	return f.bend(f, delegate{good.CheckDelegation, good.Delegation, good.Delegate})
}

const (
	breaksRefuses = "CheckDelegation refuses, with ErrInvalid, what the provider is known not to take."
	breaksReads   = "Delegation reads how the provider's own auto-recharge is configured."
	breaksFailed  = "A question that failed is an error, and never an auto-recharge that is off."
	breaksAsAsked = "when it returns without an error the provider is as was asked."
	breaksReturns = "Its methods may be called concurrently and repeated, and return soon after ctx ends."
)

// DelegateFlaws are the flaws that any Delegate can have.
func DelegateFlaws() []Flaw[portstest.DelegateHarness] {
	flaws := slices.Concat(checkFlaws(), readFlaws(), setFlaws())
	for _, fault := range sorted(questions()) {
		flaws = append(flaws, flawOf("takes "+questions()[fault]+" for off", breaksFailed, "a question that fails is an error: "+string(fault), func(h *flawedDelegate, d delegate) delegate {
			read := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := read(ctx)
				if err != nil && h.on(fault) {
					return ports.Delegation{}, nil
				}
				return got, err
			}
			return d
		}))
	}
	return flaws
}

func flawOf(name, breaks, scenario string, bend func(h *flawedDelegate, d delegate) delegate) Flaw[portstest.DelegateHarness] {
	return Flaw[portstest.DelegateHarness]{name, breaks, scenario, func(good portstest.DelegateHarness) portstest.DelegateHarness {
		return &flawedDelegate{DelegateHarness: good, bend: bend}
	}}
}

// checkFlaws refuse too little or too much.
func checkFlaws() []Flaw[portstest.DelegateHarness] {
	const bad, good = "bad settings are refused with ErrInvalid", "good settings are not refused"
	check := func(name, scenario string, of func(to ports.Delegation, err error) error) Flaw[portstest.DelegateHarness] {
		return flawOf(name, breaksRefuses, scenario, func(_ *flawedDelegate, d delegate) delegate {
			was := d.check
			d.check = func(to ports.Delegation) error { return of(to, was(to)) }
			return d
		})
	}
	return []Flaw[portstest.DelegateHarness]{
		check("refuses nothing", bad, func(ports.Delegation, error) error { return nil }),
		check("refuses with an error of its own", bad, func(_ ports.Delegation, err error) error {
			if err != nil {
				return errors.New("bad settings")
			}
			return nil
		}),
		check("takes fractions", bad, func(to ports.Delegation, err error) error {
			if !to.MinimumCash.IsInteger() || !to.RechargeTo.IsInteger() {
				return nil
			}
			return err
		}),
		check("takes any currency", bad, func(to ports.Delegation, err error) error {
			if to.Currency != "" && to.Currency != "KRW" {
				return nil
			}
			return err
		}),
		check("takes negative amounts", bad, func(to ports.Delegation, err error) error {
			if to.MinimumCash.IsNegative() {
				return nil
			}
			return err
		}),
		check("takes settings without Methods", bad, func(to ports.Delegation, err error) error {
			if len(to.Methods) == 0 {
				return nil
			}
			return err
		}),
		check("takes a method twice", bad, func(to ports.Delegation, err error) error {
			methods := slices.Sorted(slices.Values(to.Methods))
			if len(slices.Compact(methods)) < len(to.Methods) {
				return nil
			}
			return err
		}),
		check("takes a target that is not above the minimum", bad, func(to ports.Delegation, err error) error {
			if to.RechargeTo.Equal(to.MinimumCash) {
				return nil
			}
			return err
		}),
		check("takes a target below the minimum", bad, func(to ports.Delegation, err error) error {
			if to.RechargeTo.IsPositive() && to.RechargeTo.LessThan(to.MinimumCash) {
				return nil
			}
			return err
		}),
		check("needs a currency", good, func(to ports.Delegation, err error) error {
			if to.Currency == "" {
				return ports.Invalid("Currency", "is missing")
			}
			return err
		}),
		check("refuses settings that are off", good, func(to ports.Delegation, err error) error {
			if !to.On {
				return ports.Invalid("On", "is missing")
			}
			return err
		}),
		check("refuses more than one method", good, func(to ports.Delegation, err error) error {
			if len(to.Methods) > 1 {
				return ports.Invalid("Methods", "are several")
			}
			return err
		}),
		flawOf("asks the provider while it checks", "It sends no request.", "CheckDelegation sends no request", func(_ *flawedDelegate, d delegate) delegate {
			was, read := d.check, d.read
			d.check = func(to ports.Delegation) error {
				_, _ = read(context.Background())
				return was(to)
			}
			return d
		}),
	}
}

// readFlaws report other settings than the provider has.
func readFlaws() []Flaw[portstest.DelegateHarness] {
	const others = "what others set is read"
	read := func(name, scenario string, change func(got *ports.Delegation)) Flaw[portstest.DelegateHarness] {
		return flawOf(name, breaksReads, scenario, func(_ *flawedDelegate, d delegate) delegate {
			was := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := was(ctx)
				if err == nil {
					change(&got)
				}
				return got, err
			}
			return d
		})
	}
	return []Flaw[portstest.DelegateHarness]{
		read("reads the Methods in order of the alphabet", others, func(got *ports.Delegation) { slices.Sort(got.Methods) }),
		read("reads the Methods backwards", "the order of the Methods is kept", func(got *ports.Delegation) { slices.Reverse(got.Methods) }),
		read("reads the first method only", others, func(got *ports.Delegation) { got.Methods = got.Methods[:min(1, len(got.Methods))] }),
		read("reads no Methods", others, func(got *ports.Delegation) { got.Methods = nil }),
		read("exchanges the amounts that it reads", others, func(got *ports.Delegation) { got.MinimumCash, got.RechargeTo = got.RechargeTo, got.MinimumCash }),
		read("reads the target as what is added", others, func(got *ports.Delegation) { got.RechargeTo = got.RechargeTo.Sub(got.MinimumCash) }),
		read("reads that it is on whenever there are Methods", others, func(got *ports.Delegation) { got.On = len(got.Methods) > 0 }),
		read("reads that it is off", "the provider is as was asked", func(got *ports.Delegation) { got.On = false }),
		read("reads a currency", "the provider is as was asked", func(got *ports.Delegation) { got.Currency = "KRW" }),
		read("reads three Methods at most", "many Methods are made and read", func(got *ports.Delegation) { got.Methods = got.Methods[:min(3, len(got.Methods))] }),
		flawOf("makes one call at a time, and lets the next wait without its context", breaksReturns, "a call that gets no answer holds up no other", func(_ *flawedDelegate, d delegate) delegate {
			was, set, mu := d.read, d.set, new(sync.Mutex)
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				mu.Lock()
				defer mu.Unlock()
				return was(ctx)
			}
			d.set = func(ctx context.Context, to ports.Delegation) error {
				mu.Lock()
				defer mu.Unlock()
				return set(ctx, to)
			}
			return d
		}),
		flawOf("shows a secret in an error, in base64", "never repeats the refused value", "a question that fails is an error: "+string(portstest.FaultAskCredentials), func(h *flawedDelegate, d delegate) delegate {
			was := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := was(ctx)
				if err != nil {
					err = errors.New("refused: " + secretForms()["in base64"](h.Secrets()[0]))
				}
				return got, err
			}
			return d
		}),
		flawOf("reads on when its context ends", breaksReturns, "a context that has ended changes nothing", func(_ *flawedDelegate, d delegate) delegate {
			was := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) { return was(context.WithoutCancel(ctx)) }
			return d
		}),
		flawOf("reads once, and reports that for ever", breaksReads, others, func(_ *flawedDelegate, d delegate) delegate {
			was := d.read
			kept := sync.OnceValues(func() (ports.Delegation, error) { return was(context.Background()) })
			d.read = func(context.Context) (ports.Delegation, error) { return kept() }
			return d
		}),
		flawOf("shares what it has read", breaksReads, "settings are not shared", func(_ *flawedDelegate, d delegate) delegate {
			was := d.read
			var mu sync.Mutex
			var methods []string
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := was(ctx)
				mu.Lock()
				defer mu.Unlock()
				if len(methods) != len(got.Methods) {
					methods = got.Methods
				}
				got.Methods = methods
				return got, err
			}
			return d
		}),
		flawOf("takes a question without an answer for off", breaksFailed, "calls return when their context ends", func(h *flawedDelegate, d delegate) delegate {
			was := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := was(ctx)
				if err != nil && h.on(portstest.FaultMute) {
					return ports.Delegation{}, nil
				}
				return got, err
			}
			return d
		}),
		flawOf("shows a secret in an error", "never repeats the refused value", "a question that fails is an error: "+string(portstest.FaultAskCredentials), func(h *flawedDelegate, d delegate) delegate {
			was := d.read
			d.read = func(ctx context.Context) (ports.Delegation, error) {
				got, err := was(ctx)
				if err != nil {
					err = errors.New("refused for " + h.Secrets()[0])
				}
				return got, err
			}
			return d
		}),
	}
}

// setFlaws make other settings than were asked for.
func setFlaws() []Flaw[portstest.DelegateHarness] {
	const asAsked = "the provider is as was asked"
	set := func(name, scenario string, change func(to *ports.Delegation)) Flaw[portstest.DelegateHarness] {
		return flawOf(name, breaksAsAsked, scenario, func(_ *flawedDelegate, d delegate) delegate {
			was := d.set
			d.set = func(ctx context.Context, to ports.Delegation) error {
				to.Methods = slices.Clone(to.Methods)
				change(&to)
				return was(ctx, to)
			}
			return d
		})
	}
	return []Flaw[portstest.DelegateHarness]{
		set("makes the Methods in order of the alphabet", "the order of the Methods is kept", func(to *ports.Delegation) { slices.Sort(to.Methods) }),
		set("makes the first method only", asAsked, func(to *ports.Delegation) { to.Methods = to.Methods[:min(1, len(to.Methods))] }),
		set("makes settings that are on, and leaves the switch", "off with Methods makes the settings too", func(to *ports.Delegation) { to.On = to.On || len(to.Methods) > 0 }),
		set("makes three Methods at most", "many Methods are made and read", func(to *ports.Delegation) { to.Methods = to.Methods[:min(3, len(to.Methods))] }),
		set("forgets the settings of one that is off", "off with Methods makes the settings too", func(to *ports.Delegation) {
			if !to.On {
				*to = ports.Delegation{}
			}
		}),
		set("makes twice the minimum", asAsked, func(to *ports.Delegation) {
			to.RechargeTo = to.RechargeTo.Add(to.MinimumCash)
			to.MinimumCash = to.MinimumCash.Add(to.MinimumCash)
		}),
		set("adds the minimum to the target", asAsked, func(to *ports.Delegation) { to.RechargeTo = to.RechargeTo.Add(to.MinimumCash) }),
		set("makes amounts of 32 bits", "any amounts are made as they are, or refused", func(to *ports.Delegation) {
			to.MinimumCash, to.RechargeTo = narrow(to.MinimumCash), narrow(to.RechargeTo)
		}),
		set("makes settings of the digits of an amount", "any amounts are made as they are, or refused", func(to *ports.Delegation) {
			to.MinimumCash, to.RechargeTo = digitsOf(to.MinimumCash), digitsOf(to.RechargeTo)
		}),
		flawOf("makes nothing", breaksAsAsked, asAsked, func(_ *flawedDelegate, d delegate) delegate {
			d.set = func(context.Context, ports.Delegation) error { return nil }
			return d
		}),
		flawOf("takes an error for done", breaksAsAsked, "provider: connection lost before the effect", func(_ *flawedDelegate, d delegate) delegate {
			was := d.set
			d.set = func(ctx context.Context, to ports.Delegation) error {
				_ = was(ctx, to)
				return nil
			}
			return d
		}),
		flawOf("refuses settings that the provider has", breaksReturns, "settings may be made again", func(_ *flawedDelegate, d delegate) delegate {
			was, read := d.set, d.read
			d.set = func(ctx context.Context, to ports.Delegation) error {
				if got, err := read(ctx); err == nil && got.On == to.On && slices.Equal(got.Methods, to.Methods) && got.RechargeTo.Equal(to.RechargeTo) {
					return ports.ErrConflict
				}
				return was(ctx, to)
			}
			return d
		}),
		flawOf("sets on when its context ends", breaksReturns, "a context that has ended changes nothing", func(_ *flawedDelegate, d delegate) delegate {
			was := d.set
			d.set = func(ctx context.Context, to ports.Delegation) error { return was(context.WithoutCancel(ctx), to) }
			return d
		}),
		flawOf("sorts the Methods that it is given", breaksAsAsked, "the order of the Methods is kept", func(_ *flawedDelegate, d delegate) delegate {
			was := d.set
			d.set = func(ctx context.Context, to ports.Delegation) error {
				slices.Sort(to.Methods)
				return was(ctx, to)
			}
			return d
		}),
	}
}
