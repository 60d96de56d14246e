package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jigap/jigap/ports"
)

// Store is what of a [ports.Store] the work on operation records needs.
type Store interface {
	ports.OperationReader
	ports.Committer
}

// Claim takes an operation that is due for this process until lease has passed: it
// moves DueAt and raises Version, by compare-and-swap. It returns the operation as
// it now is, or false when another process was faster or the store failed. Whoever
// claimed it writes its next version; a process that slept through its lease finds
// that version taken.
func Claim[O ports.Operation](ctx context.Context, store ports.Committer, op O, now time.Time, lease time.Duration) (O, bool) {
	claimed, ok := op.Clone().(O)
	if !ok { // cannot be: a clone is of the same type
		return op, false
	}
	head := claimed.Head()
	head.Version++
	head.UpdatedAt = ports.Instant(now)
	head.DueAt = ports.Instant(now.Add(lease))
	fates := store.Commit(ctx, []ports.Unit{{Operations: []ports.Operation{claimed}}})
	return claimed, len(fates) == 1 && fates[0].Status == ports.FateCommitted
}

// Commit writes one operation record as it is. The caller's leaving does not stop it. A
// record that another transaction has locked is tried again for about five seconds.
// Errors are [ports.ErrConflict], [ports.ErrLaneTaken], [ports.ErrUndecided],
// [ports.ErrBusy], or what the store says.
func Commit(ctx context.Context, store ports.Committer, op ports.Operation) error {
	var fate ports.Fate
	for tries := range busyTries {
		if tries > 0 {
			time.Sleep(busyPause) //nolint:forbidigo // bounded, and the caller's leaving must not end it
		}
		fates := store.Commit(context.WithoutCancel(ctx), []ports.Unit{{Operations: []ports.Operation{op}}})
		if len(fates) != 1 {
			return ports.ErrUndecided
		}
		if fate = fates[0]; fate.Status != ports.FateBusy {
			break
		}
	}
	switch fate.Status {
	case ports.FateBusy:
		return fmt.Errorf("%s %s: %w", op.Head().Kind, op.Head().ID, ports.ErrBusy)
	case ports.FateCommitted:
		return nil
	case ports.FateLaneTaken:
		return ports.ErrLaneTaken
	case ports.FateOperationConflict, ports.FateConflict, ports.FateKeyTaken:
		return ports.ErrConflict
	case ports.FateFailed:
		return cmp.Or(fate.Err, errNoReason)
	case ports.FateUndecided:
		return fmt.Errorf("%w: %w", ports.ErrUndecided, fate.Err)
	}
	return ports.ErrUndecided
}

// errNoReason is a store that breaks its contract.
var errNoReason = errors.New("store failed, and did not say why")

// How often, and after which pause, Commit tries a record that is locked.
const (
	busyTries = 50
	busyPause = 100 * time.Millisecond
)

// Another returns an operation of a kind, other than the one with the id, that has the
// provider's reference and that has selects; false when there is none.
func Another[O ports.Operation](ctx context.Context, store ports.OperationReader, kind ports.OperationKind,
	id, ref string, has func(O) bool,
) (found O, ok bool, err error) {
	filter := ports.OperationFilter{Kind: kind, ProviderRef: ref, Limit: 100}
	for {
		same, err := store.FindOperations(ctx, filter)
		if err != nil {
			return found, false, fmt.Errorf("find operations of kind %s: %w", kind, err)
		}
		for _, op := range same {
			filter.AfterID = op.Head().ID
			if other, is := op.(O); is && filter.AfterID != id && has(other) {
				return other, true, nil
			}
		}
		if len(same) < filter.Limit {
			return found, false, nil
		}
	}
}

// ConflictsMax is how often a change of a record is tried again because another process
// was faster. A store that always answers so must not keep a caller for ever.
const ConflictsMax = 100

// Follow claims, one after the other, up to limit open operations of a kind that are
// due, and hands each to follow. It returns how many it claimed. An error on one does
// not keep it from the others; those that another process has are passed over.
func Follow[O ports.Operation](ctx context.Context, store Store, kind ports.OperationKind, limit int,
	now func() time.Time, lease time.Duration, follow func(context.Context, O) error,
) (int, error) {
	due, err := store.FindOperations(ctx, ports.OperationFilter{Kind: kind, Open: true, DueBy: now(), Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find what is due of kind %s: %w", kind, err)
	}
	done := 0
	var errs []error
	for _, found := range due {
		if ctx.Err() != nil {
			return done, ports.Join(append(errs, ctx.Err())...)
		}
		op, ok := found.(O)
		if !ok {
			continue
		}
		claimed, ok := Claim(ctx, store, op, now(), lease)
		if !ok {
			continue
		}
		done++
		if err := follow(ctx, claimed); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", kind, claimed.Head().ID, err))
		}
	}
	return done, ports.Join(errs...)
}

// Ask calls a provider, bounded in time and not cut short when the caller leaves: that
// would make an unknown of an order that is going well. What the provider panics with
// becomes the answer panicked.
func Ask[Order, Answer any](ctx context.Context, timeout time.Duration, ask func(context.Context, Order) Answer, order Order, panicked Answer) (answer Answer) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = panicked
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	return ask(ctx, order)
}
