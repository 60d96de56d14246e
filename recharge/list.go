package recharge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jigap/jigap/ports"
)

// Get returns a recharge, or [ports.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (*ports.Recharge, error) {
	if err := ports.CheckID("ID", id); err != nil {
		return nil, fmt.Errorf("recharge: %w", err)
	}
	found, err := s.store.Operations(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("recharge %s: %w", id, err)
	}
	if len(found) == 1 {
		if op, ok := found[0].(*ports.Recharge); ok {
			s.doubts.Seen(op)
			return op, nil
		}
	}
	return nil, fmt.Errorf("recharge %s: %w", id, ports.ErrNotFound)
}

// Charger returns the Charger by a name, or nil.
func (s *Service) Charger(name string) ports.Charger { return s.chargers[name] }

// Chargers returns the names of the service's Chargers, in order.
func (s *Service) Chargers() []string { return slices.Sorted(maps.Keys(s.chargers)) }

// List returns the recharges that the filter selects; its Kind is set here. A Limit
// of zero means 100; a negative one is [ports.ErrInvalid].
func (s *Service) List(ctx context.Context, filter ports.OperationFilter) ([]*ports.Recharge, error) {
	filter.Kind = ports.KindRecharge
	return list[*ports.Recharge](ctx, s.store, filter)
}

// Reviews returns up to limit recharges that a person must decide about: those in review and
// those disputed. A limit of zero means 100.
func (s *Service) Reviews(ctx context.Context, limit int) ([]*ports.Recharge, error) {
	return s.List(ctx, ports.OperationFilter{Statuses: ports.Statuses(ports.RechargeReview, ports.RechargeDisputed), Limit: limit})
}

// CancelReviews returns up to limit cancellations that a person must decide about with
// [Service.ResolveCancel]. Until then their credit is out of the wallet. A limit of zero means
// 100.
func (s *Service) CancelReviews(ctx context.Context, limit int) ([]*ports.Cancellation, error) {
	return list[*ports.Cancellation](ctx, s.store, ports.OperationFilter{
		Kind: ports.KindCancellation, Statuses: ports.Statuses(ports.CancellationReview), Open: true, Limit: limit,
	})
}

// list returns the operations of one type that the filter selects.
func list[O ports.Operation](ctx context.Context, store ports.OperationReader, filter ports.OperationFilter) ([]O, error) {
	if filter.Limit == 0 {
		filter.Limit = 100
	}
	found, err := store.FindOperations(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list operations of kind %s: %w", filter.Kind, err)
	}
	ops := make([]O, 0, len(found))
	for _, op := range found {
		if o, ok := op.(O); ok {
			ops = append(ops, o)
		}
	}
	return ops, nil
}
