package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// Config are the options of a [Desk]. The zero Config works, and lists no delegated policies.
type Config struct {
	// Clock is the clock of the host. Defaults to the system's.
	Clock ports.Clock
	// OverdueAfter is the time after which an order that is still on its way is listed, counted
	// from when it was sent, or else from its last approval, or else from its request. Defaults
	// to 24 hours.
	OverdueAfter time.Duration
	// Chargers are the names of Chargers with their own auto-recharge. Delegated policies of
	// theirs are listed while the provider is not known to be set as they say.
	Chargers []string
}

// Desk lists the operations that a person must act on. Make one with [New]. It is safe for concurrent use.
type Desk struct {
	store  ports.OperationReader
	config Config
}

// New returns a Desk over the store of the services. A missing store and a negative
// OverdueAfter are [ports.ErrInvalid].
func New(store ports.OperationReader, config Config) (*Desk, error) {
	err := ports.Join(ports.CheckPart("store", store), ports.CheckOption("Clock", config.Clock))
	if config.OverdueAfter < 0 {
		err = ports.Join(err, ports.Invalid("OverdueAfter", "is negative"))
	}
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	config.OverdueAfter = cmp.Or(config.OverdueAfter, 24*time.Hour)
	if config.Clock == nil {
		config.Clock = ports.SystemClock()
	}
	config.Chargers = slices.Clone(config.Chargers)
	return &Desk{store: store, config: config}, nil
}

// Listing selects items for [Desk.Waiting]. Conditions that are set must all hold; the zero
// Listing selects the oldest [ports.DefaultPage] items.
type Listing struct {
	WalletID string
	Provider string // name of the Charger or Disburser; of a policy, of any of its payment methods

	NewestFirst bool
	AfterID     string // only items whose operation follows this id, in the order of the listing
	Limit       int    // at most so many. Defaults to [ports.DefaultPage], at most [ports.MaxPage]; negative is [ports.ErrInvalid]
}

// Item is an operation that a person must act on.
type Item struct {
	// Operation is the record: a Recharge, Cancellation, Withdrawal or Policy of package
	// ports.
	Operation ports.Operation
	// Why is the reason that the record keeps, if any.
	Why string
	// Alarm is the alarm of the provider's last answer, which a person must look at at once; blank:
	// the answer has no alarm. An order on its way with an alarm is listed whatever its age.
	Alarm string
	// Overdue says that the order is on its way for longer than OverdueAfter. Others wait for
	// a decision.
	Overdue bool
	// Acts are what a person can do now, by the services' Acts. An order that is being sent
	// has none: it becomes unknown by itself when its process died.
	Acts []ports.DecisionKind
}

// Waiting returns the items that the listing selects, in order of the ids of their operations:
// with the default ids, oldest first. The next page has the id of the last operation as
// AfterID. The parts of the list are read one after the other, so an operation that changes
// meanwhile may be missing or be shown as it was.
//
// Waiting returns items together with an error if a part of the list cannot be read: those of
// the other parts. An operation that is [ports.ErrUnreadable] hides its part of the list only.
func (d *Desk) Waiting(ctx context.Context, listing Listing) ([]Item, error) {
	limit, err := ports.PageLimit(listing.Limit)
	if err != nil {
		return nil, fmt.Errorf("list what waits: %w", err)
	}
	listing.Limit = limit
	var items []Item
	var errs error
	for _, source := range d.sources() {
		found, err := d.read(ctx, &listing, source)
		if err != nil {
			errs = ports.Join(errs, fmt.Errorf("list what waits: %w", err))
		}
		items = append(items, found...)
	}
	order := func(a, b Item) int { return cmp.Compare(a.Operation.Head().ID, b.Operation.Head().ID) }
	slices.SortFunc(items, order)
	items = slices.CompactFunc(items, func(a, b Item) bool { return order(a, b) == 0 }) // it changed between two reads
	if listing.NewestFirst {
		slices.Reverse(items)
	}
	return items[:min(limit, len(items))], errs
}

// source is a part of the list: what the filter selects and item makes an item of.
type source struct {
	filter ports.OperationFilter
	item   func(ports.Operation) (Item, bool)
}

// sources returns the parts of the list.
func (d *Desk) sources() []source {
	charges := ports.Statuses(ports.RechargeSending, ports.RechargePending, ports.RechargeUnknown)
	cancellations := ports.Statuses(ports.CancellationSending, ports.CancellationPending, ports.CancellationUnknown)
	payouts := ports.Statuses(ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown)
	sources := []source{
		{ports.OperationFilter{
			Kind: ports.KindRecharge, Statuses: ports.Statuses(ports.RechargeReview, ports.RechargeDisputed),
		}, undecided},
		{ports.OperationFilter{
			Kind: ports.KindCancellation, Statuses: ports.Statuses(ports.CancellationReview),
		}, undecided},
		{ports.OperationFilter{
			Kind: ports.KindWithdrawal, Statuses: ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalReview, ports.WithdrawalDisputed),
		}, undecided},
		{ports.OperationFilter{Kind: ports.KindRecharge, Open: true, Statuses: charges}, d.onItsWay},
		{ports.OperationFilter{Kind: ports.KindCancellation, Open: true, Statuses: cancellations}, d.onItsWay},
		{ports.OperationFilter{Kind: ports.KindWithdrawal, Open: true, Statuses: payouts}, d.onItsWay},
		{ports.OperationFilter{Kind: ports.KindPolicy, Open: true, Statuses: ports.Statuses(ports.PolicySuspended)}, held},
	}
	for _, charger := range d.config.Chargers {
		sources = append(sources, source{ports.OperationFilter{Kind: ports.KindPolicy, Open: true, ProviderRef: charger}, unconfigured})
	}
	return sources
}

// read returns up to a page of the items of a source. It reads on behind operations that are
// no items.
func (d *Desk) read(ctx context.Context, listing *Listing, from source) ([]Item, error) {
	filter := from.filter
	filter.WalletID, filter.NewestFirst, filter.AfterID, filter.Limit = listing.WalletID, listing.NewestFirst, listing.AfterID, max(listing.Limit, ports.DefaultPage)
	if listing.Provider != "" && filter.Kind != ports.KindPolicy {
		filter.Providers = []string{listing.Provider}
	}
	var items []Item
	for {
		found, err := d.store.FindOperations(ctx, filter)
		if err != nil {
			return items, err
		}
		for _, op := range found {
			filter.AfterID = op.Head().ID
			if item, waits := from.item(op); waits && through(op, listing.Provider) {
				items = append(items, item)
			}
		}
		if len(found) < filter.Limit || len(items) >= listing.Limit {
			return items, nil
		}
	}
}

// through reports whether an operation is one of a provider, as far as the store did not select
// by it: a policy is of the Chargers of its payment methods, whichever it needs next.
func through(op ports.Operation, provider string) bool {
	policy, ok := op.(*ports.Policy)
	return !ok || provider == "" || slices.ContainsFunc(policy.Methods, func(m ports.PaymentMethod) bool { return m.Charger == provider })
}

// undecided returns the item of an operation that a person decides about.
func undecided(op ports.Operation) (Item, bool) {
	item := Item{Operation: op}
	switch op := op.(type) {
	case *ports.Recharge:
		item.Why, item.Alarm, item.Acts = op.Why, op.Answer.Alarm, recharge.Acts(op)
	case *ports.Cancellation:
		item.Why, item.Alarm, item.Acts = op.Why, op.Answer.Alarm, recharge.CancellationActs(op)
	case *ports.Withdrawal:
		item.Why, item.Alarm, item.Acts = op.Why, op.Answer.Alarm, withdraw.Acts(op)
	default:
		return Item{}, false
	}
	return item, true
}

// onItsWay returns the item of an order that has been on its way for too long, or has an alarm.
func (d *Desk) onItsWay(op ports.Operation) (Item, bool) {
	item, ok := undecided(op)
	item.Overdue = began(op).Before(d.config.Clock.Now().Add(-d.config.OverdueAfter))
	return item, ok && (item.Overdue || item.Alarm != "")
}

// began returns when an order began its way: when it was sent, or else approved, or else
// requested.
func began(op ports.Operation) time.Time {
	sent, since := time.Time{}, op.Head().CreatedAt
	switch op := op.(type) {
	case *ports.Recharge:
		sent = op.SentAt
	case *ports.Cancellation:
		sent = op.SentAt
	case *ports.Withdrawal:
		sent = op.SentAt
		if n := len(op.Approvals); n > 0 {
			since = op.Approvals[n-1].At
		}
	}
	if sent.IsZero() {
		return since
	}
	return sent
}

// held returns the item of a policy that only an operator reinstates, or that is suspended and
// whose state cannot be read.
func held(op ports.Operation) (Item, bool) {
	return policyItem(op, func(state *autorecharge.State) (why string, waits bool) { return state.Why, state.Held })
}

// unconfigured returns the item of a delegated policy whose provider is not known to be set as it
// says.
func unconfigured(op ports.Operation) (Item, bool) {
	return policyItem(op, func(state *autorecharge.State) (why string, waits bool) {
		switch {
		case state.Held: // it is listed already
			return "", false
		case state.Drift != "":
			return state.Drift, true
		}
		return "the provider is yet to be set as the policy says", state.Unconfigured
	})
}

// policyItem returns the item of a policy if waits says so of its state, or if the state cannot
// be read.
func policyItem(op ports.Operation, waits func(*autorecharge.State) (why string, waits bool)) (Item, bool) {
	policy, ok := op.(*ports.Policy)
	if !ok {
		return Item{}, false
	}
	state, err := autorecharge.StateOf(policy)
	if err != nil {
		return Item{Operation: policy, Why: err.Error()}, true
	}
	why, is := waits(&state)
	return Item{Operation: policy, Why: why, Acts: autorecharge.Acts(policy)}, is
}
