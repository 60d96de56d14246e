package memory

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/jigap/jigap/ports"
)

// operations keeps operation records and what is needed to find them.
type operations struct {
	byID     map[string]ports.Operation
	byWallet map[string][]string                   // ids, in order
	byRef    map[string][]string                   // ids, by the provider's reference
	due      map[string]ports.Operation            // those with a DueAt
	dueOf    map[string]map[string]ports.Operation // likewise, by wallet
	open     map[string]ports.Operation            // those that are open
	lanes    map[string]string                     // lane to the id of the open operation in it
}

func newOperations() operations {
	return operations{
		byID:     make(map[string]ports.Operation),
		byWallet: make(map[string][]string),
		byRef:    make(map[string][]string),
		due:      make(map[string]ports.Operation),
		dueOf:    make(map[string]map[string]ports.Operation),
		open:     make(map[string]ports.Operation),
		lanes:    make(map[string]string),
	}
}

func (o *operations) conflicts(changed []ports.Operation) (ids []string) {
	for _, op := range changed {
		head := op.Head()
		var version int64
		if held := o.byID[head.ID]; held != nil {
			version = held.Head().Version
		}
		if head.Version != version+1 {
			ids = append(ids, head.ID)
		}
	}
	return ids
}

// laneTaken returns the id of an operation in changed whose lane is taken and of
// the one that has it, or nil. A lane that the same unit frees is free.
func (o *operations) laneTaken(changed []ports.Operation) []string {
	for i, op := range changed {
		head := op.Head()
		if !head.Open || head.Lane == "" {
			continue
		}
		for _, earlier := range changed[:i] {
			if other := earlier.Head(); other.Open && other.Lane == head.Lane {
				return []string{head.ID, other.ID}
			}
		}
		holder := o.lanes[head.Lane]
		if holder != "" && holder != head.ID && !leaves(changed, holder, head) {
			return []string{head.ID, holder}
		}
	}
	return nil
}

// leaves reports whether changed takes the operation with the id out of the lane that
// another asks for. One that stays open leaves its lane to a new operation only.
func leaves(changed []ports.Operation, id string, asks *ports.OperationHead) bool {
	return slices.ContainsFunc(changed, func(op ports.Operation) bool {
		head := op.Head()
		return head.ID == id && (!head.Open || asks.Version == 1 && head.Lane != asks.Lane)
	})
}

func (o *operations) put(op ports.Operation) {
	head := op.Head()
	head.DueAt, head.CreatedAt, head.UpdatedAt = ports.Instant(head.DueAt), ports.Instant(head.CreatedAt), ports.Instant(head.UpdatedAt)
	held := o.byID[head.ID]
	if held != nil && held.Head().WalletID != head.WalletID {
		o.leave(held.Head())
	}
	if held == nil || held.Head().WalletID != head.WalletID {
		ids := o.byWallet[head.WalletID]
		at, _ := slices.BinarySearch(ids, head.ID) // ids are mostly made in order
		o.byWallet[head.WalletID] = slices.Insert(ids, at, head.ID)
	}
	if held != nil && held.Head().Lane != "" && o.lanes[held.Head().Lane] == head.ID {
		delete(o.lanes, held.Head().Lane)
	}
	o.refer(head)
	o.byID[head.ID] = op
	set(o.due, op, !head.DueAt.IsZero())
	o.setDueOf(op)
	set(o.open, op, head.Open)
	if head.Open && head.Lane != "" {
		o.lanes[head.Lane] = head.ID
	}
}

// leave takes an operation out of what is kept by its wallet.
func (o *operations) leave(was *ports.OperationHead) {
	ids := slices.DeleteFunc(o.byWallet[was.WalletID], func(id string) bool { return id == was.ID })
	if o.byWallet[was.WalletID] = ids; len(ids) == 0 {
		delete(o.byWallet, was.WalletID)
	}
	of := o.dueOf[was.WalletID]
	if delete(of, was.ID); len(of) == 0 {
		delete(o.dueOf, was.WalletID)
	}
}

// refer keeps the operation under its provider's reference, which may change.
func (o *operations) refer(head *ports.OperationHead) {
	was := ""
	if held := o.byID[head.ID]; held != nil {
		was = held.Head().ProviderRef
	}
	if was == head.ProviderRef {
		return
	}
	if ids := slices.DeleteFunc(o.byRef[was], func(id string) bool { return id == head.ID }); len(ids) > 0 {
		o.byRef[was] = ids
	} else {
		delete(o.byRef, was)
	}
	if head.ProviderRef != "" {
		o.byRef[head.ProviderRef] = append(o.byRef[head.ProviderRef], head.ID)
	}
}

func set(in map[string]ports.Operation, op ports.Operation, member bool) {
	if member {
		in[op.Head().ID] = op
	} else {
		delete(in, op.Head().ID)
	}
}

// candidates returns operations among which all are that the filter selects.
func (o *operations) candidates(filter *ports.OperationFilter) []ports.Operation {
	switch {
	case !filter.DueBy.IsZero() && filter.WalletID != "":
		return slices.Collect(maps.Values(o.dueOf[filter.WalletID]))
	case !filter.DueBy.IsZero():
		return slices.Collect(maps.Values(o.due))
	case filter.Lane != "" && filter.Open:
		if held := o.byID[o.lanes[filter.Lane]]; held != nil {
			return []ports.Operation{held}
		}
		return nil
	case filter.ProviderRef != "":
		return o.named(o.byRef[filter.ProviderRef])
	case filter.Open && (filter.WalletID == "" || len(o.open) < len(o.byWallet[filter.WalletID])):
		return slices.Collect(maps.Values(o.open))
	case filter.WalletID != "":
		return o.page(filter, o.byWallet[filter.WalletID])
	}
	return slices.Collect(maps.Values(o.byID))
}

// page returns the first operations, by id, that the filter selects of those with the ids,
// which are in order.
func (o *operations) page(filter *ports.OperationFilter, ids []string) (list []ports.Operation) {
	for _, id := range behind(filter, ids) {
		if len(list) == filter.Limit {
			break
		}
		if op := o.byID[id]; chosen(filter, op) {
			list = append(list, op)
		}
	}
	return list
}

// behind yields the ids that follow AfterID in the order of the filter.
func behind(filter *ports.OperationFilter, ids []string) iter.Seq2[int, string] {
	first, found := slices.BinarySearch(ids, filter.AfterID)
	switch {
	case filter.NewestFirst && filter.AfterID != "":
		return slices.Backward(ids[:first])
	case filter.NewestFirst:
		return slices.Backward(ids)
	case found:
		first++
	}
	return slices.All(ids[first:])
}

// setDueOf keeps the operation under its wallet while it has a DueAt.
func (o *operations) setDueOf(op ports.Operation) {
	head := op.Head()
	of := o.dueOf[head.WalletID]
	if of == nil {
		of = make(map[string]ports.Operation)
		o.dueOf[head.WalletID] = of
	}
	if set(of, op, !head.DueAt.IsZero()); len(of) == 0 {
		delete(o.dueOf, head.WalletID)
	}
}

func (o *operations) named(ids []string) []ports.Operation {
	list := make([]ports.Operation, len(ids))
	for i, id := range ids {
		list[i] = o.byID[id]
	}
	return list
}

func chosen(filter *ports.OperationFilter, op ports.Operation) bool {
	head := op.Head()
	return (filter.Kind == "" || filter.Kind == head.Kind) &&
		(filter.WalletID == "" || filter.WalletID == head.WalletID) &&
		(len(filter.Statuses) == 0 || slices.Contains(filter.Statuses, op.StatusText())) &&
		(!filter.Open || head.Open) &&
		(filter.Lane == "" || filter.Lane == head.Lane) &&
		(filter.Reference == "" || filter.Reference == head.Reference) &&
		(len(filter.Providers) == 0 || slices.Contains(filter.Providers, head.Provider)) &&
		!slices.Contains(filter.ExceptProviders, head.Provider) &&
		(filter.ProviderRef == "" || filter.ProviderRef == head.ProviderRef) &&
		(filter.DueBy.IsZero() || !head.DueAt.IsZero() && !head.DueAt.After(filter.DueBy)) &&
		(filter.CreatedFrom.IsZero() || !head.CreatedAt.Before(filter.CreatedFrom)) &&
		(filter.CreatedBefore.IsZero() || head.CreatedAt.Before(filter.CreatedBefore)) &&
		(filter.AfterID == "" || head.ID != filter.AfterID && (head.ID < filter.AfterID) == filter.NewestFirst)
}

// Operations implements [ports.OperationReader].
func (s *Store) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkTexts("ID", ids...); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := make([]ports.Operation, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if op := s.ops.byID[id]; op != nil && !seen[id] {
			found = append(found, op.Clone())
		}
		seen[id] = true
	}
	return found, nil
}

// FindOperations implements [ports.OperationReader].
func (s *Store) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkOperationFilter(&filter); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := slices.DeleteFunc(s.ops.candidates(&filter), func(op ports.Operation) bool { return !chosen(&filter, op) })
	slices.SortFunc(found, func(a, b ports.Operation) int {
		if !filter.DueBy.IsZero() {
			if order := a.Head().DueAt.Compare(b.Head().DueAt); order != 0 {
				return order
			}
		}
		if filter.NewestFirst {
			a, b = b, a
		}
		return cmp.Compare(a.Head().ID, b.Head().ID)
	})
	found = found[:min(len(found), filter.Limit)]
	for i, op := range found {
		found[i] = op.Clone()
	}
	return found, nil
}
