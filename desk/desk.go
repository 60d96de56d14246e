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

// Config are the options of a [Desk]. The zero Config works.
type Config struct {
	// Clock is the clock of the host. Defaults to the system's.
	Clock ports.Clock
	// OverdueAfter is the age at which an order that is still on its way is listed. Defaults
	// to 24 hours.
	OverdueAfter time.Duration
	// Chargers are the names of Chargers with their own auto-recharge. Delegated policies of
	// theirs are listed while the provider is not set as they say.
	Chargers []string
}

// Desk lists what waits for a person. Make one with [New]. It is safe for concurrent use.
type Desk struct {
	store  ports.OperationReader
	config Config
}

// New returns a Desk over the store of the services. A missing store and a negative
// OverdueAfter are [ports.ErrInvalid].
func New(store ports.OperationReader, config Config) (*Desk, error) {
	err := ports.CheckPart("store", store)
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
	Provider string // name of the Charger or Disburser

	NewestFirst bool
	AfterID     string // only items whose operation follows this id, in the order of the listing
	Limit       int    // at most so many. Defaults to [ports.DefaultPage], at most [ports.MaxPage]; negative is [ports.ErrInvalid]
}

// Item is an operation that waits for a person.
type Item struct {
	// Operation is the record: a Recharge, Cancellation, Withdrawal or Policy of package
	// ports.
	Operation ports.Operation
	// Why is the reason that the record keeps, if any.
	Why string
	// Overdue says that the order is on its way for longer than OverdueAfter. Others wait for
	// a decision.
	Overdue bool
	// Acts are what a person can do now, by the services' Acts. An order that is being sent
	// has none: it becomes unknown by itself when its process died.
	Acts []ports.DecisionKind
}

// Waiting returns the items that the listing selects, in order of the ids of their operations:
// with the default ids, oldest first. The next page has the id of the last operation as
// AfterID. Items are of one moment each, not all of the same.
func (d *Desk) Waiting(ctx context.Context, listing Listing) ([]Item, error) {
	limit, err := ports.PageLimit(listing.Limit)
	if err != nil {
		return nil, fmt.Errorf("list what waits: %w", err)
	}
	listing.Limit = limit
	var items []Item
	for _, source := range d.sources() {
		found, err := d.read(ctx, &listing, source)
		if err != nil {
			return nil, fmt.Errorf("list what waits: %w", err)
		}
		items = append(items, found...)
	}
	order := func(a, b Item) int { return cmp.Compare(a.Operation.Head().ID, b.Operation.Head().ID) }
	slices.SortFunc(items, order)
	items = slices.CompactFunc(items, func(a, b Item) bool { return order(a, b) == 0 }) // it changed between two reads
	if listing.NewestFirst {
		slices.Reverse(items)
	}
	return items[:min(limit, len(items))], nil
}

// source is a part of the list: what the filter selects and item makes an item of.
type source struct {
	filter ports.OperationFilter
	item   func(ports.Operation) (Item, bool)
}

// sources returns the parts of the list.
func (d *Desk) sources() []source {
	old := d.config.Clock.Now().Add(-d.config.OverdueAfter)
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
		{ports.OperationFilter{
			Kind: ports.KindRecharge, Open: true, CreatedBefore: old,
			Statuses: ports.Statuses(ports.RechargeSending, ports.RechargePending, ports.RechargeUnknown),
		}, overdue},
		{ports.OperationFilter{
			Kind: ports.KindCancellation, Open: true, CreatedBefore: old,
			Statuses: ports.Statuses(ports.CancellationSending, ports.CancellationPending, ports.CancellationUnknown),
		}, overdue},
		{ports.OperationFilter{
			Kind: ports.KindWithdrawal, Open: true, CreatedBefore: old,
			Statuses: ports.Statuses(ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown),
		}, overdue},
		{ports.OperationFilter{
			Kind: ports.KindPolicy, Open: true, Statuses: ports.Statuses(ports.PolicySuspended),
		}, held},
	}
	for _, charger := range d.config.Chargers {
		sources = append(sources, source{ports.OperationFilter{Kind: ports.KindPolicy, Open: true, ProviderRef: charger}, drifted})
	}
	return sources
}

// read returns up to a page of the items of a source. It reads on behind operations that are
// none.
func (d *Desk) read(ctx context.Context, listing *Listing, from source) ([]Item, error) {
	filter := from.filter
	filter.WalletID, filter.NewestFirst, filter.AfterID, filter.Limit = listing.WalletID, listing.NewestFirst, listing.AfterID, listing.Limit
	if listing.Provider != "" {
		filter.Providers = []string{listing.Provider}
	}
	var items []Item
	for {
		found, err := d.store.FindOperations(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, op := range found {
			filter.AfterID = op.Head().ID
			if item, waits := from.item(op); waits {
				items = append(items, item)
			}
		}
		if len(found) < filter.Limit || len(items) >= listing.Limit {
			return items, nil
		}
	}
}

// undecided returns the item of an operation that a person decides about.
func undecided(op ports.Operation) (Item, bool) {
	item := Item{Operation: op}
	switch op := op.(type) {
	case *ports.Recharge:
		item.Why, item.Acts = op.Why, recharge.Acts(op)
	case *ports.Cancellation:
		item.Why, item.Acts = op.Why, recharge.CancellationActs(op)
	case *ports.Withdrawal:
		item.Why, item.Acts = op.Why, withdraw.Acts(op)
	default:
		return Item{}, false
	}
	return item, true
}

// overdue returns the item of an order that has been on its way for too long.
func overdue(op ports.Operation) (Item, bool) {
	item, ok := undecided(op)
	item.Overdue = true
	return item, ok
}

// held returns the item of a policy that only an operator reinstates, or whose state cannot be
// read.
func held(op ports.Operation) (Item, bool) {
	policy, ok := op.(*ports.Policy)
	if !ok {
		return Item{}, false
	}
	state, err := autorecharge.StateOf(policy)
	switch {
	case err != nil:
		return Item{Operation: policy, Why: err.Error()}, true
	case !state.Held:
		return Item{}, false
	}
	return Item{Operation: policy, Why: state.Why, Acts: autorecharge.Acts(policy)}, true
}

// drifted returns the item of a delegated policy whose provider is not set as it says.
func drifted(op ports.Operation) (Item, bool) {
	policy, ok := op.(*ports.Policy)
	if !ok {
		return Item{}, false
	}
	state, err := autorecharge.StateOf(policy)
	switch {
	case err != nil:
		return Item{Operation: policy, Why: err.Error()}, true
	case state.Drift == "" || state.Held:
		return Item{}, false
	}
	return Item{Operation: policy, Why: state.Drift, Acts: autorecharge.Acts(policy)}, true
}
