package recharge

import (
	"context"
	"maps"
	"slices"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Listing selects recharges for [Service.List].
type Listing = ports.Listing[ports.RechargeStatus]

// CancelListing selects cancellations for [Service.Cancellations].
type CancelListing = ports.Listing[ports.CancellationStatus]

// Get returns a recharge, or [ports.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (*ports.Recharge, error) {
	op, err := record.Get[*ports.Recharge](ctx, s.store, "recharge", id)
	if err != nil {
		return nil, err
	}
	s.doubts.Seen(op)
	return op, nil
}

// Charger returns the Charger by a name, or nil.
func (s *Service) Charger(name string) ports.Charger { return s.chargers[name] }

// Chargers returns the names of the service's Chargers, in order.
func (s *Service) Chargers() []string { return slices.Sorted(maps.Keys(s.chargers)) }

// List returns the recharges that the listing selects.
func (s *Service) List(ctx context.Context, listing Listing) ([]*ports.Recharge, error) {
	return record.List[*ports.Recharge](ctx, s.store, ports.KindRecharge, listing)
}

// Cancellations returns the cancellations that the listing selects. While one is in review its
// credit is out of the wallet.
func (s *Service) Cancellations(ctx context.Context, listing CancelListing) ([]*ports.Cancellation, error) {
	return record.List[*ports.Cancellation](ctx, s.store, ports.KindCancellation, listing)
}
