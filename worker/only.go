package worker

import (
	"context"

	"github.com/jigap/jigap/ports"
)

// Only returns the store with, of the operations of type O, only those that mine
// selects. The others are passed over and hide nothing: as many are found as without
// them. So processes that know different providers share one store.
func Only[O ports.Operation](store Store, mine func(O) bool) Store {
	return only[O]{store, mine}
}

type only[O ports.Operation] struct {
	Store
	mine func(O) bool
}

// FindOperations reads further than the limit while others stand in front.
func (o only[O]) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	limit := filter.Limit
	for {
		found, err := o.Store.FindOperations(ctx, filter)
		if err != nil {
			return nil, err
		}
		var selected []ports.Operation
		for _, op := range found {
			if typed, ok := op.(O); len(selected) < limit && (!ok || o.mine(typed)) {
				selected = append(selected, op)
			}
		}
		if len(selected) == limit || len(found) < filter.Limit {
			return selected, nil
		}
		filter.Limit *= 2
	}
}
