package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Doubts remembers records whose commit was in doubt ([ports.ErrUndecided]), so that their
// event is told when it is known that they were written. It remembers up to 1,000, in
// memory: a process that ends forgets them. The zero Doubts works. It is safe for
// concurrent use and must not be copied.
type Doubts[O ports.Operation] struct {
	mu   sync.Mutex
	list map[string]O
}

const doubtsMax = 1000

// Add remembers a record as it was to be written. It returns false when too many are
// remembered.
func (d *Doubts[O]) Add(op O) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list == nil {
		d.list = make(map[string]O)
	}
	if len(d.list) >= doubtsMax {
		return false
	}
	d.list[op.Head().ID] = op
	return true
}

// Resolve reads the records that were in doubt. It hands those that were written to tell,
// forgets them and those that another process has changed since, and keeps the others.
func (d *Doubts[O]) Resolve(ctx context.Context, store ports.OperationReader, tell func(O)) error {
	d.mu.Lock()
	ids := slices.Sorted(maps.Keys(d.list))
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	found, err := store.Operations(ctx, ids)
	if err != nil {
		return fmt.Errorf("read what was in doubt: %w", err)
	}
	for _, op := range found {
		if is, ok := op.(O); ok && d.written(is) {
			tell(is)
		}
	}
	return nil
}

// written reports whether a record is as it was to be written, and forgets it unless it is
// older.
func (d *Doubts[O]) written(is O) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	head := is.Head()
	op, ok := d.list[head.ID]
	if !ok || head.Version < op.Head().Version {
		return false
	}
	delete(d.list, head.ID)
	return head.Version == op.Head().Version && head.UpdatedAt.Equal(op.Head().UpdatedAt) && head.Status == op.Head().Status
}
