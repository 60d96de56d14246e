package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// driftEvery is how often a delegated policy is compared with its provider.
const driftEvery = 24 * time.Hour

// checkChargers returns an error if the service has no Charger for a payment method, or if a
// provider cannot recharge by itself as the terms ask.
func (e *Engine) checkChargers(terms *ports.PolicyTerms, currency string) error {
	var errs []error
	for _, m := range terms.Methods {
		charger := e.recharges.Charger(m.Charger)
		switch provider, can := ports.As[ports.Delegate](charger); {
		case charger == nil:
			errs = append(errs, record.UnknownName("Methods: Charger", e.recharges.Chargers()))
		case terms.Delegated && (!can || m.Charger != terms.Methods[0].Charger):
			errs = append(errs, ports.Invalid("Methods", "must all be of one Charger that can recharge by itself"))
		case terms.Delegated && m == terms.Methods[0]:
			to := delegation(terms, true)
			to.Currency = currency
			errs = append(errs, provider.CheckDelegation(to))
		}
	}
	return ports.Join(errs...)
}

// checkAlone makes sure that no provider of the payment methods recharges by itself.
func (e *Engine) checkAlone(ctx context.Context, methods []ports.PaymentMethod) error {
	asked := make(map[string]bool, len(methods))
	for _, m := range methods {
		provider, can := ports.As[ports.Delegate](e.recharges.Charger(m.Charger))
		if !can || asked[m.Charger] {
			continue
		}
		asked[m.Charger] = true
		now, err := e.read(ctx, m.Charger, provider)
		if err != nil {
			return fmt.Errorf("read the auto-recharge of %s: %w", m.Charger, err)
		}
		if now.On {
			return fmt.Errorf("%s: %w", m.Charger, ErrBothOn)
		}
	}
	return nil
}

// checkSole makes sure that no other wallet has a delegated policy of the Charger.
func (e *Engine) checkSole(ctx context.Context, walletID string, terms *ports.PolicyTerms) error {
	found, err := e.delegatedTo(ctx, terms.Methods[0].Charger, 2)
	for _, op := range found {
		if other := op.Head().WalletID; other != walletID {
			return fmt.Errorf("%s: wallet %s has a delegated policy of it: %w", terms.Methods[0].Charger, other, ErrBothOn)
		}
	}
	return err
}

// delegatedTo returns up to limit open delegated policies of a Charger, in order of id.
func (e *Engine) delegatedTo(ctx context.Context, charger string, limit int) ([]ports.Operation, error) {
	return e.store.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindPolicy, ProviderRef: charger, Open: true, Limit: limit})
}

// owner returns the wallet whose delegated policy the provider is configured by, if that
// is not this one: two that were set at the same moment did not see each other, and the
// lower id wins. Blank: it is this one.
func (e *Engine) owner(ctx context.Context, policy *loaded) (string, error) {
	first, err := e.delegatedTo(ctx, policy.Methods[0].Charger, 1)
	if err != nil || len(first) == 0 || first[0].Head().ID >= policy.ID {
		return "", err
	}
	return first[0].Head().WalletID, nil
}

// checkTurn refuses to turn a policy from one that recharges to another: first ours, or
// the provider's, comes to its end.
func checkTurn(before *loaded, terms *ports.PolicyTerms) error {
	switch {
	case before.Version == 0:
		return nil
	case before.Delegated && terms.Delegated && before.Methods[0].Charger == terms.Methods[0].Charger:
		return nil
	case before.Delegated && (before.State.Unconfigured || mayBeLate(before)):
		return ErrNotConfigured
	case before.Delegated && before.Status != ports.PolicyDisabled:
		return fmt.Errorf("%s: %w", before.Methods[0].Charger, ErrBothOn)
	case terms.Delegated && before.State.Attempt != nil:
		return ports.ErrOpenOperations
	}
	return nil
}

// delegation is what a provider is to be configured to. Off is all that it is told
// when it is to be off.
func delegation(terms *ports.PolicyTerms, on bool) ports.Delegation {
	if !on {
		return ports.Delegation{}
	}
	to := ports.Delegation{On: true, MinimumCash: terms.MinimumCash, RechargeTo: terms.RechargeTo}
	for _, m := range terms.Methods {
		to.Methods = append(to.Methods, m.ID)
	}
	return to
}

// configureNow configures the provider of a policy that was just written, and returns the
// policy as it is then.
func (e *Engine) configureNow(ctx context.Context, policy *loaded) (*ports.Policy, error) {
	err := e.runDelegation(ctx, policy)
	current, errGet := e.get(ctx, policy.WalletID)
	switch {
	case err != nil && !errors.Is(err, ports.ErrConflict):
		return nil, record.About("policy of", "wallet", policy.WalletID, fmt.Errorf("%w: %w", ErrNotConfigured, err))
	case errGet != nil:
		return nil, errGet
	case current.State.Unconfigured: // another process is at it
		return nil, fmt.Errorf("policy of wallet %s: %w", policy.WalletID, ErrNotConfigured)
	}
	return current.record()
}

// runDelegation does what is due of a delegated policy: it configures the provider,
// or looks whether its settings are still those of the policy. It may be repeated: a
// crash at any point leaves the policy due.
func (e *Engine) runDelegation(ctx context.Context, policy *loaded) error {
	if !policy.State.Unconfigured && (!mayBeLate(policy) || e.now().Before(policy.State.LateUntil)) {
		return e.compare(ctx, policy)
	}
	next, err := e.configured(ctx, policy, policy.Status == ports.PolicyActive)
	if next == nil {
		return err // another process has it, or must do it
	}
	_, errWrite := e.conclude(ctx, next, configured{err})
	if errors.Is(errWrite, ports.ErrConflict) {
		errWrite = e.again(ctx, next)
	}
	return ports.Join(err, errWrite)
}

// lateMost is how long a setting may take to reach the provider: a process that died
// while it sent one, or got no answer, cannot know that it will not.
const lateMost = 30 * time.Minute

// mayBeLate reports whether a setting may still be on its way to the provider, or may
// have arrived since the provider was set.
func mayBeLate(policy *loaded) bool { return !policy.State.LateUntil.IsZero() }

// configured has the provider do as the policy says, or be off. It claims the policy
// first, and writes down that a setting may be on its way: that stands unless the
// provider is heard to be as it should. It returns the policy as it is to be written
// next; nil when another process was faster, or this one does not have the Charger.
func (e *Engine) configured(ctx context.Context, policy *loaded, on bool) (*loaded, error) {
	if _, err := e.provider(&policy.Policy); err != nil {
		return nil, err
	}
	claim, now := policy.Clone(), e.now()
	claim.State.Unconfigured, claim.State.LateUntil = true, now.Add(lateMost)
	mine, ok, err := e.claim(ctx, claim, now)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ports.ErrConflict
	}
	next := mine.Clone()
	next.State.Drift = ""
	err = e.configure(ctx, mine, on, mine.DueAt)
	switch {
	case errors.Is(err, errSlept):
		return nil, ports.ErrConflict
	case err != nil:
		return next, err
	}
	next.State.Unconfigured, next.State.LateUntil = false, time.Time{}
	if now.Before(policy.State.LateUntil) { // an earlier one may be
		next.State.LateUntil = policy.State.LateUntil
	}
	return next, nil
}

// compare looks for drift.
func (e *Engine) compare(ctx context.Context, policy *loaded) error {
	mine, ok, err := e.claim(ctx, policy, e.now())
	if err != nil {
		return err
	}
	if !ok {
		return ports.ErrConflict // another process has it
	}
	found, err := e.drift(ctx, mine)
	_, errWrite := e.conclude(ctx, mine, compared{found, err})
	return ports.Join(err, errWrite)
}

// again is called when a policy changed while its provider was being configured: the provider
// may hold either setting, so it must be configured again.
func (e *Engine) again(ctx context.Context, before *loaded) error {
	ctx = context.WithoutCancel(ctx)
	current, err := e.get(ctx, before.WalletID)
	if errors.Is(err, ports.ErrNotFound) || err == nil && !current.Delegated {
		return e.configure(ctx, before, false, time.Time{})
	}
	if err != nil {
		return err
	}
	_, err = e.changeOnce(ctx, before.WalletID, due)
	return ports.Join(err, ports.ErrConflict) // the policy is due: who looks next configures the provider
}

// configure has the provider do as the policy says, or be off. It leaves the provider to
// another policy that owns it. When it has switched the provider off, a policy of another
// wallet becomes due and configures the provider anew. It sends nothing, and returns
// errSlept, when the lease is over by then, unless that is zero: the policy is another
// process's, and the setting would arrive later than lateMost allows for.
func (e *Engine) configure(ctx context.Context, policy *loaded, on bool, lease time.Time) error {
	provider, err := e.provider(&policy.Policy)
	if err != nil {
		return err
	}
	owner, err := e.owner(ctx, policy)
	switch {
	case err != nil:
		return err
	case owner != "" && on:
		return fmt.Errorf("%s: wallet %s has a delegated policy of it: %w", policy.Methods[0].Charger, owner, ErrBothOn)
	case owner != "": // nothing of this policy is there
		return nil
	}
	if !lease.IsZero() && !e.now().Before(lease) {
		return errSlept
	}
	to := delegation(&policy.PolicyTerms, on)
	answered, err := call.Do(ctx, e.calls[policy.Methods[0].Charger], patience, func(ctx context.Context) error { return provider.Delegate(ctx, to) }, nil)
	if err = ports.Join(err, answered); err != nil || on {
		return err
	}
	return e.handOver(ctx, policy)
}

// due edits nothing: a delegated policy that is written becomes due and configures its
// provider. It returns [ports.ErrNotFound] where the policy has been deleted, so that none
// is created.
func due(policy *loaded, _ *ports.Wallet) (change, error) {
	if policy.Version == 0 {
		return change{}, ports.ErrNotFound
	}
	return change{}, nil
}

// handOver makes the policies of other wallets that are delegated to the Charger due, so
// that one of them configures the provider. There is one at most, or two that were set at
// the same moment.
func (e *Engine) handOver(ctx context.Context, policy *loaded) error {
	others, err := e.delegatedTo(ctx, policy.Methods[0].Charger, 3)
	for _, op := range others {
		if other := op.Head().WalletID; other != policy.WalletID {
			_, errChange := e.changeOnce(ctx, other, due)
			if !errors.Is(errChange, ports.ErrNotFound) && !errors.Is(errChange, ports.ErrUnreadable) { // which configures nothing, and says so when it is due
				err = ports.Join(err, errChange)
			}
		}
	}
	return err
}

// errSlept is returned by configure when the process slept through its lease.
var errSlept = errors.New("the lease was over before the provider could be configured")

// patience is how long a provider may take to tell, or to change, its settings.
const patience = time.Minute

// read asks a provider for its settings.
func (e *Engine) read(ctx context.Context, charger string, provider ports.Delegate) (ports.Delegation, error) {
	type settings struct {
		ports.Delegation
		err error
	}
	found, err := call.Do(ctx, e.calls[charger], patience, func(ctx context.Context) (s settings) {
		s.Delegation, s.err = provider.Delegation(ctx)
		return s
	}, nil)
	return found.Delegation, ports.Join(err, found.err)
}

func (e *Engine) provider(policy *ports.Policy) (ports.Delegate, error) {
	name := policy.Methods[0].Charger
	provider, can := ports.As[ports.Delegate](e.recharges.Charger(name))
	if !can {
		return nil, fmt.Errorf("charger %s: %w", name, ports.Invalid("Methods", "need a Charger of this process that can recharge by itself"))
	}
	return provider, nil
}

// Drift compares a delegated policy with the settings of its provider and says how they
// differ; blank: they do not, or the policy is not delegated. A worker does so every
// day, and tells the host with a [ports.PolicyEvent] when it finds a new difference.
func (e *Engine) Drift(ctx context.Context, walletID string) (string, error) {
	policy, err := e.get(ctx, walletID)
	if err != nil || !policy.Delegated {
		return "", err
	}
	found, err := e.drift(ctx, policy)
	if err != nil {
		return "", record.About("drift of", "wallet", walletID, err)
	}
	return found, nil
}

func (e *Engine) drift(ctx context.Context, policy *loaded) (string, error) {
	provider, err := e.provider(&policy.Policy)
	if err != nil {
		return "", err
	}
	found, err := e.read(ctx, policy.Methods[0].Charger, provider)
	if err != nil {
		return "", err
	}
	want := delegation(&policy.PolicyTerms, policy.Status == ports.PolicyActive)
	same := found.On == want.On && (!want.On || slices.Equal(found.Methods, want.Methods) &&
		found.MinimumCash.Equal(want.MinimumCash) && found.RechargeTo.Equal(want.RechargeTo))
	if same {
		return "", nil
	}
	return fmt.Sprintf("the provider has on=%t, minimum %s, target %s, %d payment methods; the policy wants on=%t, minimum %s, target %s, %d payment methods",
		found.On, found.MinimumCash, found.RechargeTo, len(found.Methods), want.On, want.MinimumCash, want.RechargeTo, len(want.Methods)), nil
}
