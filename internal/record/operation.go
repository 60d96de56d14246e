package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jigap/jigap/ports"
)

// Store is the part of a [ports.Store] that this package uses.
type Store interface {
	ports.OperationReader
	ports.Committer
}

// Claim takes an operation that is due for this process until lease has passed: it
// moves DueAt and raises Version, by compare-and-swap. It returns the operation as it is
// then, and true; or false, without an error, when another process was faster. The
// process that claimed it writes its next version; one that slept through its lease finds
// that version taken. Errors are those of [Commit]: with [ports.ErrUndecided] the
// operation may be claimed, and is due again when the lease has passed.
func Claim[O ports.Operation](ctx context.Context, store ports.Committer, op O, now time.Time, lease time.Duration) (O, bool, error) {
	claimed, ok := op.Clone().(O)
	if !ok { // cannot be: a clone is of the same type
		return op, false, nil
	}
	head := claimed.Head()
	head.Version++
	head.UpdatedAt = ports.Instant(now)
	head.DueAt = ports.Instant(now.Add(lease))
	err := fateOf(claimed, store.Commit(ctx, []ports.Unit{{Operations: []ports.Operation{claimed}}}))
	if errors.Is(err, ports.ErrConflict) {
		return op, false, nil
	}
	return claimed, err == nil, err
}

// Commit writes one operation record as it is, and those that belong to it in the same unit.
// The caller's leaving does not stop it. A record that another transaction has locked is
// tried again for about five seconds.
// Errors are [ports.ErrConflict], [ports.ErrLaneTaken], [ports.ErrUndecided],
// [ports.ErrBusy], or what the store says.
func Commit(ctx context.Context, store ports.Committer, op ports.Operation, with ...ports.Operation) error {
	unit := ports.Unit{Operations: append([]ports.Operation{op}, with...)}
	var err error
	for tries := range busyTries {
		if tries > 0 {
			time.Sleep(busyPause) //nolint:forbidigo // bounded, and the caller's leaving must not end it
		}
		err = fateOf(op, store.Commit(context.WithoutCancel(ctx), []ports.Unit{unit}))
		if !errors.Is(err, ports.ErrBusy) {
			break
		}
	}
	return err
}

// fateOf returns what became of the only unit of a commit, which wrote op alone.
func fateOf(op ports.Operation, fates []ports.Fate) error {
	if len(fates) != 1 {
		return ports.ErrUndecided
	}
	switch fate := fates[0]; fate.Status {
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
		return fmt.Errorf("%w: %w", ports.ErrUndecided, cmp.Or(fate.Err, errNoReason))
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

// FindByProviderRef finds an operation of a kind, other than the one with the id, that has the
// provider's reference and for which match returns true. It returns false if no operation matches.
func FindByProviderRef[O ports.Operation](ctx context.Context, store ports.OperationReader, kind ports.OperationKind,
	id, ref string, match func(O) bool,
) (found O, ok bool, err error) {
	filter := ports.OperationFilter{Kind: kind, ProviderRef: ref, Limit: 100}
	for {
		same, err := store.FindOperations(ctx, filter)
		if err != nil {
			return found, false, fmt.Errorf("find operations of kind %s: %w", kind, err)
		}
		for _, op := range same {
			filter.AfterID = op.Head().ID
			if other, is := op.(O); is && filter.AfterID != id && match(other) {
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

// Follow claims, one after the other, the operations that the filter selects and
// that are due, and hands each to follow. It takes up to filter.Limit of them, due by
// filter.DueBy or, where that is zero, by now. It returns how many it claimed. An error on
// one does not keep it from the others: when the store refuses three claims in a row, Follow
// passes over half of the rest and goes on, so that a store that takes no writes is asked a
// few times only. What it passes over comes in a later step. Operations that another process
// has are passed over.
func Follow[O ports.Operation](ctx context.Context, store Store, filter ports.OperationFilter,
	now func() time.Time, lease time.Duration, follow func(context.Context, O) error,
) (done int, err error) {
	if filter.DueBy.IsZero() {
		filter.DueBy = now()
	}
	due, err := store.FindOperations(ctx, filter)
	if err != nil {
		return 0, fmt.Errorf("find what is due of kind %s: %w", filter.Kind, err)
	}
	var errs []error
	for failures := 0; len(due) > 0; due = due[1:] {
		if ctx.Err() != nil {
			return done, ports.Join(append(errs, ctx.Err())...)
		}
		op, ok := due[0].(O)
		if !ok {
			continue
		}
		claimed, mine, err := Claim(ctx, store, op, now(), lease)
		if mine {
			failures = 0
			done++
			err = follow(ctx, claimed)
		} else if err != nil {
			err = fmt.Errorf("claim: %w", err)
			if failures++; failures == claimFailuresMax {
				failures, due = 0, due[(len(due)-1)/2:]
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", filter.Kind, op.Head().ID, err))
		}
	}
	return done, ports.Join(errs...)
}

// claimFailuresMax is after how many claims in a row that the store refused Follow passes
// over half of the rest.
const claimFailuresMax = 3
