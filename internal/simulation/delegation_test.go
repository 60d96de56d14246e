package simulation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// delegating is the wallet whose policy may be delegated: the provider has one setting
// for an account, and there is one such account.
const delegating = "w1"

// ownMethods are the cards of the account that may recharge by itself.
func (a *access) ownMethods() (list []ports.PaymentMethod) {
	for _, card := range a.Own.Cards {
		list = append(list, ports.PaymentMethod{Charger: viaOwn, ID: card})
	}
	return list
}

// delegate makes terms those of a delegated policy, or of one that charges the account
// which may recharge by itself.
func (h *host) delegate(walletID string, terms *ports.PolicyTerms) {
	own := h.access.ownMethods()
	h.random.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
	switch {
	case isDollars(walletID) && h.random.IntN(2) == 0: // to be refused: it would be won at the provider
		terms.Delegated, terms.RechargeTo, terms.Methods = true, terms.MinimumCash.Add(won(10_000)), own[:1]
	case walletID == delegating && h.random.IntN(3) > 0:
		terms.Delegated = true
		terms.RechargeTo = terms.MinimumCash.Add(won(h.thousands(10, 40)))
		terms.Methods = own[:1+h.random.IntN(len(own))]
	case h.random.IntN(3) == 0:
		terms.Methods = own[:1]
	}
}

// console changes the settings of auto-recharge at the provider, as a person there does.
func (p *providers) console(random *rand.Rand) string {
	ids := slices.Clone(p.access.Own.Cards)
	random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	minimum := 1_000 * (1 + random.Int64N(30))
	setting := solapitest.Setting{
		On: random.IntN(2) == 0, PaymentIDs: ids[:1+random.IntN(len(ids))],
		MinimumCash: won(minimum), RechargeTo: won(minimum + 1_000*(10+random.Int64N(30))),
	}
	p.own.SetAutoRecharge(setting)
	p.count("delegation", "settings by a person at the provider")
	return fmt.Sprintf("auto-recharge on=%t at %s to %s", setting.On, setting.MinimumCash, setting.RechargeTo)
}

// use has the account that may recharge by itself spend, or its settings changed at the provider.
func (p *providers) use(random *rand.Rand) string {
	if random.IntN(6) == 0 {
		return p.console(random)
	}
	cost, before := won(1_000*(1+random.Int64N(30))), p.own.Books()
	if before.Balance.LessThan(cost) {
		return "nothing is left"
	}
	p.own.Send(cost)
	if len(p.own.Books().Charges) > len(before.Charges) {
		p.count("delegation", "charges by the provider itself")
	}
	return fmt.Sprintf("%s are spent", cost)
}

// on reports whether the provider's auto-recharge was on at every moment from one to
// another, and whether it was at any.
func (p *providers) on(from, to time.Time) (always, ever bool) {
	before, always, ever := false, true, false
	for _, s := range p.own.Books().Settings {
		switch {
		case s.At.Before(from):
			before = s.On
		case !s.At.After(to):
			always, ever = always && s.On, ever || s.On
		}
	}
	return always && before, ever || before
}

// delegated checks what a unit does to a delegated policy: it never charges. One that is
// not does not charge where the provider does: it asks the provider before each claim,
// and the question takes a minute at most.
func (v *witness) delegated(unit *ports.Unit) error {
	for _, op := range unit.Operations {
		policy, ok := op.(*ports.Policy)
		if ok && policy.Delegated && isDollars(policy.WalletID) {
			return fmt.Errorf("policy of %s is delegated to a provider of won", policy.WalletID)
		}
		if !ok || stateOf(policy).Attempt == nil {
			continue
		}
		attempt := stateOf(policy).Attempt
		before, _ := v.open[policy.WalletID][policy.ID].(*ports.Policy)
		if policy.Delegated {
			return fmt.Errorf("policy of %s is delegated, and attempts %s", policy.WalletID, attempt.Key)
		}
		if before != nil && stateOf(before).Attempt != nil || attempt.Method.Charger != viaOwn {
			continue
		}
		if both, _ := v.world.providers.on(attempt.At.Add(-time.Minute-skew), attempt.At.Add(skew)); both {
			return fmt.Errorf("policy of %s charges %s, which recharges by itself", policy.WalletID, viaOwn)
		}
		v.world.count("delegation", "charges of ours while a provider may recharge")
	}
	return nil
}

// bothOn judges the answer to a request that gives a policy its terms: it is refused
// while the provider recharges by itself, and only then, or while a policy is delegated.
func (v *witness) bothOn(d *window, a *asked) error {
	always, ever := v.world.providers.on(d.begun, time.Now())
	own := a.Terms != nil && !a.Terms.Delegated && slices.ContainsFunc(a.Terms.Methods, func(m ports.PaymentMethod) bool { return m.Charger == viaOwn })
	switch refused := isRefused(a, autorecharge.ErrBothOn); {
	case refused && !ever && !d.policy(func(p *ports.Policy) bool { return p.Delegated && p.Status != ports.PolicyDisabled }):
		return fmt.Errorf("request %d (%s) was refused, and no provider ever recharged by itself: %w", a.Number, a.request, a.err)
	case refused:
		v.world.count("delegation", "refused, since both would be on")
	case own && always && a.ending == acknowledged:
		return fmt.Errorf("request %d (%s) was acknowledged, and the provider always recharged by itself", a.Number, a.request)
	}
	return nil
}

// wants reports whether a provider's setting is what a delegated policy wants.
func wants(policy *ports.Policy, s solapitest.Setting) bool {
	on := policy.Status == ports.PolicyActive
	var ids []string
	for _, m := range policy.Methods {
		ids = append(ids, m.ID)
	}
	return s.On == on && (!on || slices.Equal(ids, s.PaymentIDs) && s.MinimumCash.Equal(policy.MinimumCash) && s.RechargeTo.Equal(policy.RechargeTo))
}

// setting is how the provider's auto-recharge is set now.
func (p *providers) setting() solapitest.Setting {
	settings := p.own.Books().Settings
	if len(settings) == 0 {
		return solapitest.Setting{}
	}
	return settings[len(settings)-1]
}

// delegation checks, at rest, that drift is found: a person changes the provider's
// settings, a day passes, and the policy says so if and only if they are not what it
// wants. Then people switch the policy once more.
func (c *calmer) delegation() error {
	before, err := c.delegatedPolicy()
	if err != nil || before == nil {
		return err
	}
	if c.random.IntN(2) == 0 {
		c.providers.console(c.random)
	}
	told := c.told("policy.drift")
	for range 6 {
		c.pass(5 * time.Hour)
		if err := c.step(); err != nil {
			return err
		}
	}
	policy, err := c.delegatedPolicy()
	if err != nil {
		return err
	}
	drifted := !wants(policy, c.providers.setting())
	switch {
	case drifted != (stateOf(policy).Drift != ""):
		return fmt.Errorf("policy of %s (%s) says drift %q, the provider has %+v", policy.WalletID, policy.Status, stateOf(policy).Drift, c.providers.setting())
	case drifted && stateOf(policy).Drift != stateOf(before).Drift && c.told("policy.drift") == told:
		return fmt.Errorf("policy of %s: no event told that %s", policy.WalletID, stateOf(policy).Drift)
	case !drifted:
		return nil
	}
	c.count("delegation", "drift found")
	return c.do("people", func(ctx context.Context, h *house) (err error) {
		by := ports.By{Who: who, Why: why}
		switch policy.Status { //nolint:exhaustive // the others are as they were
		case ports.PolicyActive:
			_, err = h.auto.Enable(ctx, autorecharge.Act{WalletID: policy.WalletID, By: by})
		case ports.PolicySuspended:
			_, err = h.auto.Suspend(ctx, autorecharge.Act{WalletID: policy.WalletID, By: by})
		default:
			_, err = h.auto.Disable(ctx, autorecharge.Act{WalletID: policy.WalletID, By: by})
		}
		return err
	})
}

func (c *calmer) delegatedPolicy() (*ports.Policy, error) {
	found, err := operations(c.ctx, c.store, ports.OperationFilter{Kind: ports.KindPolicy, Open: true})
	for _, op := range found {
		if policy := op.(*ports.Policy); policy.Delegated {
			return policy, err
		}
	}
	return nil, err
}

// delegations compares delegated policies, at rest, with what the provider has. Its
// figures were never others than those that a request asked for.
func (a *audit) delegations(p *providers, made []*asked) error {
	var last solapitest.Setting
	for _, s := range p.own.Books().Settings {
		same := slices.Equal(s.PaymentIDs, last.PaymentIDs) && s.MinimumCash.Equal(last.MinimumCash) && s.RechargeTo.Equal(last.RechargeTo)
		if !s.Console && !same && !slices.ContainsFunc(made, func(m *asked) bool {
			return m.Terms != nil && m.Terms.Delegated && wants(&ports.Policy{
				OperationHead: ports.OperationHead{}, Status: ports.PolicyActive, PolicyTerms: *m.Terms,
			}, solapitest.Setting{On: true, PaymentIDs: s.PaymentIDs, MinimumCash: s.MinimumCash, RechargeTo: s.RechargeTo})
		}) {
			return fmt.Errorf("the provider recharges at %s to %s, which no request asked for", s.MinimumCash, s.RechargeTo)
		}
		last = s
	}
	for _, op := range a.ops {
		policy, ok := op.(*ports.Policy)
		if !ok || !policy.Open || !policy.Delegated {
			continue
		}
		if stateOf(policy).Unconfigured || stateOf(policy).Drift != "" || !wants(policy, last) {
			return fmt.Errorf("policy of %s is %s (unconfigured %t, drift %q), the provider has %+v",
				policy.WalletID, policy.Status, stateOf(policy).Unconfigured, stateOf(policy).Drift, last)
		}
		return nil
	}
	if last.On && !lastSwitch(p.own.Books().Settings).Console {
		return fmt.Errorf("no policy is delegated, and the provider was left on: %+v", last)
	}
	return nil
}

// lastSwitch is the setting that switched auto-recharge on or off last.
func lastSwitch(settings []solapitest.Setting) (last solapitest.Setting) {
	on := false
	for _, s := range settings {
		if s.On != on {
			last, on = s, s.On
		}
	}
	return last
}
