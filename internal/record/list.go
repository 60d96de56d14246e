package record

import (
	"context"
	"fmt"

	"github.com/jigap/jigap/ports"
)

// Get returns the operation of type O with the id, or [ports.ErrNotFound]. what names the
// type in errors.
func Get[O ports.Operation](ctx context.Context, store ports.OperationReader, what, id string) (O, error) {
	var none O
	if err := ports.CheckID("ID", id); err != nil {
		return none, fmt.Errorf("%s: %w", what, err)
	}
	found, err := store.Operations(ctx, []string{id})
	if err != nil {
		return none, fmt.Errorf("%s %s: %w", what, id, err)
	}
	if len(found) == 1 {
		if op, ok := found[0].(O); ok {
			return op, nil
		}
	}
	return none, fmt.Errorf("%s %s: %w", what, id, ports.ErrNotFound)
}

// List returns the operations of type O that a listing of their kind selects.
func List[O ports.Operation, S ~string](ctx context.Context, store ports.OperationReader, kind ports.OperationKind, listing ports.Listing[S]) ([]O, error) {
	filter, err := listing.Filter(kind)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", plural(kind), err)
	}
	found, err := store.FindOperations(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", plural(kind), err)
	}
	ops := make([]O, 0, len(found))
	for _, op := range found {
		if o, ok := op.(O); ok {
			ops = append(ops, o)
		}
	}
	return ops, nil
}

// plural returns the name of several operations of a kind.
func plural(kind ports.OperationKind) string {
	if kind == ports.KindPolicy {
		return "policies"
	}
	return string(kind) + "s"
}
