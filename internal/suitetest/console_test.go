package suitetest_test

import (
	"context"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// console is a provider that recharges accounts by itself. One request makes the settings of
// an account, and another switches them from on to off or back. One that forgets has no
// settings when it was switched off.
type console struct {
	mu       sync.Mutex
	accounts map[string]ports.Delegation
	fault    portstest.Fault // of the next request that changes settings
	question portstest.Fault
	requests int
	forgets  bool // its other settings when it is switched off
}

const (
	accountOurs   = "ours"
	accountTheirs = "theirs"
)

func newConsole() *console {
	return &console{
		fault: portstest.FaultNone, question: portstest.FaultNone,
		accounts: map[string]ports.Delegation{accountOurs: {}, accountTheirs: {On: true, Methods: []string{"z"}, MinimumCash: won, RechargeTo: won.Mul(won)}},
	}
}

func (c *console) change(ctx context.Context, account string, change func(set *ports.Delegation)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return errUnreached
	}
	c.requests++
	fault := c.fault
	c.fault = portstest.FaultNone
	effect := func() {
		set := copied(c.accounts[account])
		change(&set)
		c.accounts[account] = set
	}
	switch fault { //nolint:exhaustive // Break refuses the others
	case portstest.FaultNone:
		effect()
	case portstest.FaultIgnore:
	case portstest.FaultUnreachable:
		return errUnreached
	case portstest.FaultThrottle:
		return errThrottled
	case portstest.FaultCredentials:
		return errKey
	case portstest.FaultHangBefore:
		c.mu.Unlock()
		<-ctx.Done()
		c.mu.Lock()
		return errLost
	case portstest.FaultDropAfter, portstest.FaultErrorAfter:
		effect()
		return errLost
	default:
		return errLost
	}
	return nil
}

func (c *console) look(ctx context.Context, account string) (ports.Delegation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	switch c.question { //nolint:exhaustive // the others fail at once
	case portstest.FaultNone:
		return copied(c.accounts[account]), ctx.Err()
	case portstest.FaultMute:
		c.mu.Unlock()
		<-ctx.Done()
		c.mu.Lock()
	}
	return ports.Delegation{}, questionError{c.question}
}

func copied(set ports.Delegation) ports.Delegation {
	set.Methods, set.Currency = slices.Clone(set.Methods), ""
	return set
}

// console is a harness too.

func (c *console) Break(fault portstest.Fault) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch fault { //nolint:exhaustive // the others are those of questions, or this console has none
	case portstest.FaultNone, portstest.FaultIgnore, portstest.FaultUnreachable, portstest.FaultDropBefore, portstest.FaultDropAfter,
		portstest.FaultHangBefore, portstest.FaultErrorBefore, portstest.FaultErrorAfter, portstest.FaultThrottle, portstest.FaultCredentials:
		c.fault = fault
		return true
	}
	if fault.OfQuestions() {
		c.question = fault
	}
	return fault.OfQuestions()
}

func (c *console) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault, c.question = portstest.FaultNone, portstest.FaultNone
}

func (c *console) Overread() bool    { return false }
func (c *console) Secrets() []string { return []string{"sk_live_secret"} }

func (c *console) Settings() (first, second ports.Delegation) {
	first = ports.Delegation{On: true, Methods: []string{"b", "a"}, MinimumCash: won, RechargeTo: won.Mul(decimal.NewFromInt(5)), Currency: "KRW"}
	second = ports.Delegation{On: true, Methods: []string{"c", "a"}, MinimumCash: won.Mul(decimal.NewFromInt(2)), RechargeTo: won.Mul(decimal.NewFromInt(7)), Currency: "KRW"}
	return first, second
}

// AllMethods returns more methods than settings mostly name.
func (c *console) AllMethods() []string {
	var methods []string
	for i := range 25 {
		methods = append(methods, "method "+string(rune('z'-i)))
	}
	return methods
}

// Refused returns settings with fractions of a won, and in another currency.
func (c *console) Refused() []ports.Delegation {
	half, dollars := c.Settings()
	half.RechargeTo = half.RechargeTo.Add(decimal.New(5, -1))
	dollars.Currency = "USD"
	return []ports.Delegation{half, dollars}
}

func (c *console) Set(to ports.Delegation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts[accountOurs] = copied(to)
}

func (c *console) settings(account string) ports.Delegation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return copied(c.accounts[account])
}

func (c *console) State() ports.Delegation { return c.settings(accountOurs) }
func (c *console) Other() ports.Delegation { return c.settings(accountTheirs) }

func (c *console) Requests() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// delegator is a Delegate at a console. A flaw breaks one sentence of the port.
type delegator struct {
	*console
	flaw string
	busy chan struct{}     // holds one while a call changes settings
	mu   *sync.Mutex       // of set
	set  *ports.Delegation // what a process with a flaw remembers
}

// Delegate returns a new process.
func (d delegator) Delegate() ports.Delegate {
	d.busy, d.mu, d.set = make(chan struct{}, 1), new(sync.Mutex), new(ports.Delegation)
	return &process{d}
}

// process is the adapter: the harness has a method of the same name.
type process struct{ d delegator }

func (p *process) CheckDelegation(to ports.Delegation) error {
	if !to.On && len(to.Methods) == 0 {
		return nil
	}
	var errs []error
	if len(to.Methods) == 0 || slices.Contains(to.Methods, "") {
		errs = append(errs, ports.Invalid("Methods", "is missing"))
	}
	for i, id := range to.Methods {
		if slices.Contains(to.Methods[:i], id) {
			errs = append(errs, ports.Invalid("Methods", "holds a duplicate"))
		}
	}
	if to.Currency != "KRW" && to.Currency != "" {
		errs = append(errs, ports.Invalid("Currency", "must be KRW"))
	}
	if !to.MinimumCash.IsInteger() || !to.RechargeTo.IsInteger() {
		errs = append(errs, ports.Invalid("RechargeTo", "has fractions"))
	}
	if !to.MinimumCash.IsPositive() || !to.RechargeTo.GreaterThan(to.MinimumCash) {
		errs = append(errs, ports.Invalid("RechargeTo", "is not above MinimumCash"))
	}
	return ports.Join(errs...)
}

func (p *process) Delegation(ctx context.Context) (ports.Delegation, error) {
	d := p.d
	if d.flaw == flawRemembersSettings || d.flaw == flawSharesSettings {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.set.On {
			return *d.set, ctx.Err()
		}
	}
	set, err := d.look(ctx, accountOurs)
	if d.flaw == flawSortsMethods {
		slices.Sort(set.Methods)
	}
	return set, err
}

func (p *process) Delegate(ctx context.Context, to ports.Delegation) error {
	d := p.d
	if err := p.CheckDelegation(to); err != nil && d.flaw != flawSendsBad {
		return err
	}
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	account := accountOurs
	d.mu.Lock()
	switch d.flaw {
	case flawOtherAccount:
		account = accountTheirs
	case flawSharesSettings:
		*d.set = to
	case flawRemembersSettings:
		*d.set = copied(to)
	}
	d.mu.Unlock()
	err := d.apply(ctx, account, to)
	if d.flaw == flawBothAccounts {
		_ = d.apply(ctx, accountTheirs, to)
	}
	switch {
	case err != nil:
		return err
	case d.flaw == flawReadsNotBack:
		return nil
	}
	set, err := d.look(ctx, account)
	if err != nil {
		return err
	}
	wanted := to
	if !to.On && len(to.Methods) == 0 {
		wanted = set
		wanted.On = false
	}
	if !to.On && len(to.Methods) == 0 && d.flaw == flawOffCompares {
		wanted = ports.Delegation{}
	}
	if set.On != wanted.On && d.flaw != flawReadsNoSwitch ||
		!slices.Equal(set.Methods, wanted.Methods) && !d.mistakesMethods() && (d.flaw != flawReadsNoOrder || !sameSet(set.Methods, wanted.Methods)) ||
		!set.MinimumCash.Equal(wanted.MinimumCash) && d.flaw != flawReadsNoMinimum ||
		!set.RechargeTo.Equal(wanted.RechargeTo) && d.flaw != flawReadsNoTarget {
		return ports.ErrConflict
	}
	return nil
}

// sameSet compares methods in whatever order they are.
func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (d delegator) mistakesMethods() bool {
	return d.flaw == flawSortsMethods || d.flaw == flawMergesMethods || d.flaw == flawReadsNoMethods
}

// apply makes settings and then switches, as far as it is needed.
func (d delegator) apply(ctx context.Context, account string, to ports.Delegation) error {
	set, err := d.look(ctx, account)
	if err != nil {
		return err
	}
	off := d.forgets && set.On && !to.On // it forgets what was set before
	if off {
		if err := d.change(ctx, account, d.toggle); err != nil {
			return err
		}
		set.On = false
	}
	if len(to.Methods) > 0 && (to.On || d.flaw != flawOffForgets) {
		err = d.change(ctx, account, func(set *ports.Delegation) {
			methods := slices.Clone(to.Methods)
			switch d.flaw {
			case flawSortsMethods:
				slices.Sort(methods)
			case flawMergesMethods:
				methods = append(methods, slices.DeleteFunc(set.Methods, func(id string) bool { return slices.Contains(methods, id) })...)
			}
			set.Methods, set.MinimumCash, set.RechargeTo = methods, to.MinimumCash, to.RechargeTo
		})
	}
	if err != nil || set.On == to.On && d.flaw != flawTogglesAlways {
		return err
	}
	return d.change(ctx, account, d.toggle)
}

// toggle switches settings from on to off or back.
func (c *console) toggle(set *ports.Delegation) {
	if set.On = !set.On; !set.On && c.forgets {
		*set = ports.Delegation{}
	}
}
