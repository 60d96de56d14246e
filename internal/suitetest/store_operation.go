package suitetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

// findOperationFlaws are flaws of reading operations and of searches for them.
func findOperationFlaws() []storeFlaw {
	const (
		skips   = "operations/reading skips unknown and repeated ids"
		many    = "operations/many operations are read in one call"
		order   = "find operations/operations come in bytewise order of id"
		due     = "find operations/with DueBy the longest due come first"
		created = "find operations/times of creation are compared to the microsecond"
		again   = "find operations/an operation that was written again is found by its new state only"
		all     = "find operations/combinations of conditions"
		long    = "find operations/a page is as long as its limit"
		bytes   = "find operations/texts are compared byte by byte"
	)
	const (
		conditions = "OperationFilter selects operations for OperationReader.FindOperations. Conditions that are set must all hold."
		listing    = "Listings are in order of id, bytewise, and in the opposite order with NewestFirst."
		dueBy      = "DueAt is not zero and not after this time"
		longest    = "With DueBy the longest due come first; then AfterID must be blank and NewestFirst false."
	)
	look := func(change func(ctx context.Context, b *bentStore, ids []string) ([]ports.Operation, error)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) { return change(ctx, b, ids) }
		})
	}
	ask := askedOperations
	sorted := func(form func(id string) string) func(ports.Store) ports.Store {
		return foundOperations(func(f ports.OperationFilter, found []ports.Operation) []ports.Operation {
			if f.DueBy.IsZero() {
				slices.SortStableFunc(found, func(a, b ports.Operation) int { return strings.Compare(form(a.Head().ID), form(b.Head().ID)) })
			}
			return found
		})
	}
	return slices.Concat(
		breaking("Unknown and repeated ids yield nothing more; that is no error.",
			flaw("fails when an operation does not exist", skips, look(func(ctx context.Context, b *bentStore, ids []string) ([]ports.Operation, error) {
				found, err := b.Store.Operations(ctx, ids)
				if err == nil && slices.Contains(ids, "nobody") {
					return nil, ports.ErrNotFound
				}
				return found, err
			})),
			flaw("yields an operation once for each time that its id is named", skips, look(func(ctx context.Context, b *bentStore, ids []string) (every []ports.Operation, err error) {
				for _, id := range ids {
					found, err := b.Store.Operations(ctx, []string{id})
					if err != nil {
						return nil, err
					}
					every = append(every, found...)
				}
				return every, nil
			})),
			flaw("yields nothing for an operation that does not exist", skips, look(func(ctx context.Context, b *bentStore, ids []string) ([]ports.Operation, error) {
				found, err := b.Store.Operations(ctx, ids)
				if err == nil && slices.Contains(ids, "nobody") {
					found = append(found, nil)
				}
				return found, err
			})),
		),
		breaking(anyNumber,
			flaw("cuts a look-up of operations at 500 ids", many, look(func(ctx context.Context, b *bentStore, ids []string) ([]ports.Operation, error) {
				return b.Store.Operations(ctx, cut(ids, 500))
			})),
			flaw("cuts a look-up of operations at 1,000 ids", many, look(func(ctx context.Context, b *bentStore, ids []string) ([]ports.Operation, error) {
				return b.Store.Operations(ctx, cut(ids, 1000))
			})),
			flaw("cuts what FindOperations finds at 100", long, ask(func(f *ports.OperationFilter) { f.Limit = min(f.Limit, 100) })),
			flaw("cuts what FindOperations finds at 1,000", long, ask(func(f *ports.OperationFilter) { f.Limit = min(f.Limit, 1000) })),
		),
		breaking(listing,
			flaw("orders operations without regard to case", order, sorted(strings.ToLower)),
			flaw("orders operations by the time of their creation", order, foundOperations(func(_ ports.OperationFilter, found []ports.Operation) []ports.Operation {
				slices.SortStableFunc(found, func(a, b ports.Operation) int { return -strings.Compare(a.Head().Lane, b.Head().Lane) })
				return found
			})),
			flaw("turns the page that is oldest first", order, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					newest := filter.NewestFirst
					if filter.AfterID == "" {
						filter.NewestFirst = false
					}
					found, err := b.Store.FindOperations(ctx, filter)
					if newest && filter.AfterID == "" {
						slices.Reverse(found)
					}
					return found, err
				}
			})),
			flaw("forgets NewestFirst when it looks for a wallet", order, ask(func(f *ports.OperationFilter) {
				if f.WalletID != "" {
					f.NewestFirst = false
				}
			})),
		),
		breaking("AfterID continues a listing behind this id.",
			flaw("begins a page of operations with the last of the page before", order, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					found, err := b.Store.FindOperations(ctx, filter)
					if err != nil || filter.AfterID == "" {
						return found, err
					}
					last, err := b.Store.Operations(ctx, []string{filter.AfterID})
					return cut(append(last, found...), filter.Limit), err
				}
			})),
			flaw("forgets AfterID when it looks for a lane", all, ask(func(f *ports.OperationFilter) {
				if f.Lane != "" {
					f.AfterID = ""
				}
			})),
			flaw("finds ids behind AfterID with NewestFirst too", order, selectedOperations(func(f *ports.OperationFilter) {
				if f.NewestFirst {
					f.AfterID = ""
				}
			}, func(f *ports.OperationFilter, h *ports.OperationHead) bool {
				return f.AfterID == "" || h.ID > f.AfterID
			})),
			flaw("finds nothing when AfterID is no operation", "find operations/AfterID need not be an operation", bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					last, err := b.Store.Operations(ctx, []string{filter.AfterID})
					if err == nil && len(last) == 0 && filter.AfterID != "" {
						return nil, nil
					}
					return b.Store.FindOperations(ctx, filter)
				}
			})),
		),
		breaking(dueBy,
			flaw("finds operations that are never due", due, selectedOperations(func(f *ports.OperationFilter) { f.DueBy = time.Time{} },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return f.DueBy.IsZero() || !h.DueAt.After(f.DueBy)
				})),
			flaw("finds no operation at the moment when it is due", due, ask(func(f *ports.OperationFilter) {
				if !f.DueBy.IsZero() {
					f.DueBy = f.DueBy.Add(-time.Microsecond)
				}
			})),
			flaw("looks for due operations to the second", "find operations/times of being due are compared to the microsecond", ask(func(f *ports.OperationFilter) { f.DueBy = f.DueBy.Truncate(time.Second) })),
			flaw("finds open operations only with DueBy", all, ask(func(f *ports.OperationFilter) { f.Open = f.Open || !f.DueBy.IsZero() })),
		),
		breaking(longest,
			flaw("orders due operations by id", due, foundOperations(func(f ports.OperationFilter, found []ports.Operation) []ports.Operation {
				if !f.DueBy.IsZero() {
					slices.SortFunc(found, func(a, b ports.Operation) int { return strings.Compare(a.Head().ID, b.Head().ID) })
				}
				return found
			})),
			flaw("puts the shortest due first", due, foundOperations(func(f ports.OperationFilter, found []ports.Operation) []ports.Operation {
				if !f.DueBy.IsZero() {
					slices.Reverse(found)
				}
				return found
			})),
			flaw("takes the first by id of those that are due", due, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					if filter.DueBy.IsZero() || filter.Limit < 1 {
						return b.Store.FindOperations(ctx, filter)
					}
					asked := filter
					asked.Limit = most
					found, err := b.Store.FindOperations(ctx, asked)
					slices.SortFunc(found, func(x, y ports.Operation) int { return strings.Compare(x.Head().ID, y.Head().ID) })
					found = cut(found, filter.Limit)
					slices.SortStableFunc(found, func(x, y ports.Operation) int { return x.Head().DueAt.Compare(y.Head().DueAt) })
					return found, err
				}
			})),
		),
		breaking("CreatedAt is not before this time",
			flaw("finds no operation created at CreatedFrom", created, ask(func(f *ports.OperationFilter) {
				if !f.CreatedFrom.IsZero() {
					f.CreatedFrom = f.CreatedFrom.Add(time.Microsecond)
				}
			})),
			flaw("compares CreatedFrom with the time of the last write", created, selectedOperations(func(f *ports.OperationFilter) { f.CreatedFrom = time.Time{} },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return f.CreatedFrom.IsZero() || !h.UpdatedAt.Before(f.CreatedFrom)
				})),
			flaw("cuts CreatedFrom at microseconds", created, ask(func(f *ports.OperationFilter) { f.CreatedFrom = f.CreatedFrom.Truncate(time.Microsecond) })),
		),
		breaking("CreatedAt is before this time",
			flaw("finds operations created at CreatedBefore", created, ask(func(f *ports.OperationFilter) {
				if !f.CreatedBefore.IsZero() {
					f.CreatedBefore = f.CreatedBefore.Add(time.Microsecond)
				}
			})),
			flaw("cuts CreatedBefore at microseconds", created, ask(func(f *ports.OperationFilter) { f.CreatedBefore = f.CreatedBefore.Truncate(time.Microsecond) })),
		),
		breaking("any of these; a blank one selects operations without a Provider",
			flaw("finds no operation without a provider by a blank one", all, ask(func(f *ports.OperationFilter) {
				if len(f.Providers) > 0 {
					f.Providers = slices.DeleteFunc(slices.Clone(f.Providers), func(p string) bool { return p == "" })
					if len(f.Providers) == 0 {
						f.Providers = []string{"no provider"}
					}
				}
			})),
			flaw("takes a blank provider for any", all, ask(func(f *ports.OperationFilter) {
				if slices.Contains(f.Providers, "") {
					f.Providers = nil
				}
			})),
			flaw("looks at the first of several providers", all, ask(func(f *ports.OperationFilter) { f.Providers = cut(f.Providers, 1) })),
		),
		breaking("none of these; a blank one leaves out operations without a Provider",
			flaw("leaves operations without a provider out where any is left out", all, ask(func(f *ports.OperationFilter) {
				if len(f.ExceptProviders) > 0 {
					f.ExceptProviders = append(slices.Clone(f.ExceptProviders), "")
				}
			})),
			flaw("finds nothing where a blank provider is left out", all, foundOperations(func(f ports.OperationFilter, found []ports.Operation) []ports.Operation {
				if slices.Contains(f.ExceptProviders, "") {
					return nil
				}
				return found
			})),
			flaw("forgets ExceptProviders with Providers", all, ask(func(f *ports.OperationFilter) {
				if len(f.Providers) > 0 {
					f.ExceptProviders = nil
				}
			})),
		),
		breaking(conditions,
			flaw("looks at the first of several statuses of operations", all, ask(func(f *ports.OperationFilter) { f.Statuses = cut(f.Statuses, 1) })),
			flaw("finds ended operations of a lane when open ones are asked", all, ask(func(f *ports.OperationFilter) {
				if f.Lane != "" {
					f.Open = false
				}
			})),
			flaw("finds open operations only by a lane", all, ask(func(f *ports.OperationFilter) { f.Open = f.Open || f.Lane != "" })),
			flaw("forgets the kind when it looks for a wallet", all, ask(func(f *ports.OperationFilter) {
				if f.WalletID != "" {
					f.Kind = ""
				}
			})),
			flaw("forgets the reference when it looks for the provider's id", all, ask(func(f *ports.OperationFilter) {
				if f.ProviderRef != "" {
					f.Reference = ""
				}
			})),
			flaw("looks at statuses behind the limit", all, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					statuses := filter.Statuses
					if _, err := b.Store.FindOperations(ctx, filter); err != nil {
						return nil, err
					}
					filter.Statuses = nil
					found, err := b.Store.FindOperations(ctx, filter)
					return slices.DeleteFunc(found, func(op ports.Operation) bool {
						return len(statuses) > 0 && !slices.Contains(statuses, op.StatusText())
					}), err
				}
			})),
			flaw("finds an operation by every id that the provider gave it", again, bending(func(b *bentStore) {
				var had lockedMap[string, []string]
				b.give(func(u *ports.Unit) {
					for _, op := range u.Operations {
						refs, _ := had.get(op.Head().ID)
						had.set(op.Head().ID, append(slices.Clip(refs), op.Head().ProviderRef))
					}
				})
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					asked := filter
					asked.ProviderRef = ""
					found, err := b.Store.FindOperations(ctx, asked)
					return slices.DeleteFunc(found, func(op ports.Operation) bool {
						refs, _ := had.get(op.Head().ID)
						return filter.ProviderRef != "" && !slices.Contains(refs, filter.ProviderRef)
					}), err
				}
			})),
			flaw("finds an operation by the status that it was created with", again, bending(func(b *bentStore) {
				var first lockedMap[string, string]
				b.give(func(u *ports.Unit) {
					for _, op := range u.Operations {
						if op.Head().Version == 1 {
							first.set(op.Head().ID, op.StatusText())
						}
					}
				})
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					asked := filter
					asked.Statuses = nil
					found, err := b.Store.FindOperations(ctx, asked)
					return slices.DeleteFunc(found, func(op ports.Operation) bool {
						status, _ := first.get(op.Head().ID)
						return len(filter.Statuses) > 0 && !slices.Contains(filter.Statuses, status)
					}), err
				}
			})),
		),
		breaking(byteByByte,
			flaw("takes the provider's ids that differ in case for one", bytes, selectedOperations(func(f *ports.OperationFilter) { f.ProviderRef = "" },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return f.ProviderRef == "" || strings.EqualFold(f.ProviderRef, h.ProviderRef)
				})),
			flaw("takes the provider's ids that are equal in their first 128 bytes for one", bytes, selectedOperations(func(f *ports.OperationFilter) { f.ProviderRef = "" },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return f.ProviderRef == "" || head(f.ProviderRef, 128) == head(h.ProviderRef, 128)
				})),
			flaw("takes references of operations that differ in case for one", bytes, selectedOperations(func(f *ports.OperationFilter) { f.Reference = "" },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return f.Reference == "" || strings.EqualFold(f.Reference, h.Reference)
				})),
			flaw("takes names of providers that differ in case for one", bytes, selectedOperations(func(f *ports.OperationFilter) { f.Providers = nil },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					return len(f.Providers) == 0 || slices.ContainsFunc(f.Providers, func(p string) bool { return strings.EqualFold(p, h.Provider) })
				})),
			flaw("takes a percent sign in a reference for any text", bytes, selectedOperations(func(f *ports.OperationFilter) { f.Reference = "" },
				func(f *ports.OperationFilter, h *ports.OperationHead) bool {
					before, any := strings.CutSuffix(f.Reference, "%")
					return f.Reference == "" || f.Reference == h.Reference || any && strings.HasPrefix(h.Reference, before)
				})),
		),
	)
}

// laneFlaws are flaws of lanes.
func laneFlaws() []storeFlaw {
	const (
		admits  = "lanes/a lane admits one open operation"
		bytes   = "lanes/lanes are compared byte by byte"
		refusal = "FateLaneTaken: nothing was written, because an operation that the unit opens asks for a lane that another open operation has."
		leave   = "Within a unit, operations leave their lanes before others take them."
		may     = "An operation that was open before may take the lane of one that ends in the unit, a new one also the lane of one that moves to another."
		other   = "Everything else is FateLaneTaken: two open operations of the unit that ask for one lane, and two that exchange theirs."
		lane    = "Lane, when not blank, is taken while the operation is open: a store admits one open operation per lane."
	)
	// as compares lanes by a form of theirs.
	as := func(form func(h *ports.OperationHead) string) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			var lanes lockedMap[string, string]
			b.give(func(u *ports.Unit) {
				for _, op := range u.Operations {
					if h := op.Head(); h.Lane != "" {
						lanes.set(form(h)+h.ID, h.Lane)
						h.Lane = form(h)
					}
				}
			})
			b.readOperations(func(op ports.Operation) {
				if real, has := lanes.get(op.Head().Lane + op.Head().ID); has {
					op.Head().Lane = real
				}
			})
		})
	}
	// unguarded writes a unit whose lane is taken, with the lane left out.
	unguarded := func(when func(u *ports.Unit) bool) func(ports.Store) ports.Store {
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			fate := write(unit)
			if fate.Status != ports.FateLaneTaken || !when(&unit) {
				return fate
			}
			for _, op := range unit.Operations {
				if op.Head().ID == fate.IDs[0] {
					op.Head().Lane = ""
				}
			}
			return write(unit)
		})
	}
	// strict refuses units that a store must take.
	strict := func(refuses func(u *ports.Unit) bool) func(ports.Store) ports.Store {
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			if len(unit.Operations) > 1 && refuses(&unit) {
				return ports.Fate{Status: ports.FateLaneTaken, IDs: []string{unit.Operations[0].Head().ID, unit.Operations[1].Head().ID}}
			}
			return write(unit)
		})
	}
	ends := func(u *ports.Unit) bool {
		return slices.ContainsFunc(u.Operations, func(op ports.Operation) bool { return !op.Head().Open && op.Head().Version > 1 })
	}
	return slices.Concat(
		breaking(lane,
			flaw("admits any number of open operations to a lane", admits, unguarded(func(*ports.Unit) bool { return true })),
			flaw("admits one open operation of each wallet to a lane", admits, as(func(h *ports.OperationHead) string { return h.WalletID + " " + h.Lane })),
			flaw("keeps a lane taken when its operation has ended", "lanes/a lane is free when its operation closed in an earlier call", givenOperations(func(op ports.Operation) {
				if h := op.Head(); !h.Open && h.Version > 1 {
					h.Open = true
				}
			})),
			flaw("lets an operation that is not open take a lane", "lanes/operations that are not open take no lane", givenOperations(func(op ports.Operation) { op.Head().Open = op.Head().Open || op.Head().Version == 1 })),
			flaw("lets a blank lane be taken", "lanes/a blank lane takes no lane", givenOperations(func(op ports.Operation) {
				if op.Head().Lane == "" {
					op.Head().Lane = "blank"
				}
			})),
			flaw("frees the lane of an operation that is written again", "lanes/an open operation keeps its lane through its writes", givenOperations(func(op ports.Operation) {
				if op.Head().Version > 2 {
					op.Head().Lane = ""
				}
			})),
			flaw("looks for lanes among those that were taken before the call", "lanes/two units of one call that ask for a lane: the first gets it", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, units)
					for i := range fates {
						if fates[i].Status == ports.FateLaneTaken && len(units) > 1 {
							unit := cloned(units[i])
							unit.Operations[0].Head().Lane = ""
							fates[i] = b.Store.Commit(ctx, []ports.Unit{unit})[0]
						}
					}
					return fates
				}
			})),
		),
		breaking(byteByByte,
			flaw("takes lanes that differ in case for one", bytes, as(func(h *ports.OperationHead) string { return strings.ToLower(h.Lane) })),
			flaw("takes lanes that are equal in their first 64 bytes for one", bytes, as(func(h *ports.OperationHead) string { return head(h.Lane, 64) })),
			flaw("takes lanes with and without blanks within for one", bytes, as(func(h *ports.OperationHead) string { return strings.ReplaceAll(h.Lane, " ", "") })),
		),
		breaking(refusal,
			flaw("admits a second open operation of the same wallet to a lane", "lanes/a lane is taken for the same wallet too", unguarded(func(u *ports.Unit) bool { return len(u.Wallets) > 0 })),
			flaw("lets an operation move to a lane that is taken", "lanes/an operation may move to another lane", unguarded(func(u *ports.Unit) bool { return u.Operations[0].Head().Version > 1 && len(u.Operations) == 1 })),
			flaw("frees a lane by a unit that is refused", "lanes/a refused unit does not free a lane", bending(func(b *bentStore) {
				freed := false
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if freed && fate.Status == ports.FateLaneTaken {
						unit.Operations[0].Head().Lane = ""
						return write(unit)
					}
					freed = fate.Status == ports.FateOperationConflict && ends(&unit)
					return fate
				})
			})),
		),
		breaking(leave,
			flaw("takes lanes before others leave them", "lanes/a lane is free when its operation closes in the same unit", strict(ends)),
			flaw("takes lanes in the order of the operations of a unit", "lanes/a lane is free when its operation closes in the same unit", strict(func(u *ports.Unit) bool {
				return ends(u) && u.Operations[0].Head().Open && u.Operations[0].Head().Version == 1
			})),
		),
		breaking(may,
			flaw("refuses the lane of one that ends to one that was open before", "lanes/two operations do not exchange lanes in one unit", strict(func(u *ports.Unit) bool {
				return ends(u) && u.Operations[0].Head().Open && u.Operations[0].Head().Version > 1
			})),
			flaw("refuses the lane of one that moves to a new one", "lanes/lanes are passed on along a chain in one unit", strict(func(u *ports.Unit) bool { return len(u.Operations) == 3 && ends(u) })),
		),
		breaking(other,
			flaw("lets two operations of a unit share a lane", "lanes/two operations of one unit cannot share a lane", unguarded(func(u *ports.Unit) bool { return len(u.Wallets) > 0 && len(u.Operations) == 2 })),
			flaw("lets two operations exchange their lanes", "lanes/two operations do not exchange lanes in one unit", unguarded(func(u *ports.Unit) bool {
				return len(u.Operations) == 2 && u.Operations[0].Head().Version > 1 && u.Operations[1].Head().Version > 1
			})),
			flaw("lets a moving and a new operation of a unit share a lane", "lanes/an operation that moves and a new one cannot share a lane", unguarded(func(u *ports.Unit) bool {
				return len(u.Operations) == 2 && u.Operations[0].Head().Version == 1 && u.Operations[1].Head().Version > 1
			})),
			flaw("gives a lane that is freed in a unit to two of it", "lanes/a lane that is freed in a unit is taken by one operation of it", unguarded(func(u *ports.Unit) bool { return len(u.Operations) == 3 })),
		),
	)
}
