package autorecharge

import (
	"context"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Listing selects policies for [Engine.List]. Its Provider is the Charger that a policy needs
// next, and its ProviderRef the Charger of a delegated policy.
type Listing = ports.Listing[ports.PolicyStatus]

// List returns the policies that the listing selects, of all wallets, deleted ones too unless
// it asks for open ones.
func (e *Engine) List(ctx context.Context, listing Listing) ([]*ports.Policy, error) {
	return record.List[*ports.Policy](ctx, e.store, ports.KindPolicy, listing)
}
