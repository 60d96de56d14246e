package record

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

// Doubts remembers changes of records whose commit was in doubt ([ports.ErrUndecided]), so
// that they are told when it is known that they were written. It remembers up to 1,000, in
// memory: a process that ends forgets them. The zero Doubts works. It is safe for
// concurrent use and must not be copied.
type Doubts struct {
	mu   sync.Mutex
	list []doubt
}

type doubt struct {
	head   ports.OperationHead // as it was to be written
	record []byte              // likewise
	tell   func()
}

const (
	doubtsMax  = 1000
	doubtsKept = 24 * time.Hour // no store writes a unit so long after its call
)

// Note remembers that next was to be written, if err says that its commit was in doubt. tell
// is called once by [Doubts.Resolve] when it is known that it was written. Note returns false
// when too much is remembered already.
func (d *Doubts) Note(next ports.Operation, err error, tell func()) bool {
	if !errors.Is(err, ports.ErrUndecided) {
		return true
	}
	record, err := ports.EncodeOperation(next)
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) >= doubtsMax {
		return false
	}
	d.list = append(d.list, doubt{*next.Head(), record, tell})
	return true
}

// Resolve reads the records whose changes are in doubt. It tells of those changes that were
// written, in order of id and version, forgets them and those that another process has
// replaced, and keeps those that may still be written: for a day, by now.
func (d *Doubts) Resolve(ctx context.Context, store ports.OperationReader, now time.Time) error {
	d.mu.Lock()
	ids := make([]string, len(d.list))
	for i := range d.list {
		ids[i] = d.list[i].head.ID
	}
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	found, err := store.Operations(ctx, slices.Compact(ids))
	if err != nil {
		return fmt.Errorf("read what was in doubt: %w", err)
	}
	records := make(map[string]ports.Operation, len(found))
	for _, op := range found {
		records[op.Head().ID] = op
	}
	for _, written := range d.known(records, now.Add(-doubtsKept)) {
		written.tell()
	}
	return nil
}

// Seen tells of a change in doubt that a record shows to be written, and forgets it. It is
// called with what is read to make the next version, which would hide the change.
func (d *Doubts) Seen(op ports.Operation) {
	var written []doubt
	d.mu.Lock()
	d.list = slices.DeleteFunc(d.list, func(one doubt) bool {
		is := one.head.ID == op.Head().ID && same(op, &one)
		if is {
			written = append(written, one)
		}
		return is
	})
	d.mu.Unlock()
	for _, one := range written {
		one.tell()
	}
}

// Told forgets the change of a record that is known to be written, and those before it. It is
// called when the change is told.
func (d *Doubts) Told(op ports.Operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) > 0 {
		d.list = slices.DeleteFunc(d.list, func(one doubt) bool {
			return one.head.ID == op.Head().ID && one.head.Version <= op.Head().Version
		})
	}
}

// known forgets the changes whose fate is known, and returns those that were written: the
// record is as they made it. It also forgets what was to be written before a time, and was
// not.
func (d *Doubts) known(records map[string]ports.Operation, before time.Time) (written []doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.SortStableFunc(d.list, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(a.head.ID, b.head.ID), cmp.Compare(a.head.Version, b.head.Version))
	})
	var kept []doubt
	for _, one := range d.list {
		is := records[one.head.ID]
		switch {
		case is != nil && same(is, &one):
			written = append(written, one)
		case (is == nil || is.Head().Version < one.head.Version) && one.head.UpdatedAt.After(before):
			kept = append(kept, one)
		}
	}
	d.list = kept
	return written
}

// same reports whether a record is as it was to be written.
func same(is ports.Operation, was *doubt) bool {
	if is.Head().Version != was.head.Version {
		return false
	}
	record, err := ports.EncodeOperation(is)
	return err == nil && bytes.Equal(record, was.record)
}
