package ordertest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// ErrReadOnly is what a store says that takes no writes.
var ErrReadOnly = errors.New("cannot execute UPDATE in a read-only transaction")

// ErrBlind is what a [Blind] store says.
var ErrBlind = errors.New("no search")

// Locked is a store of which a transaction of the host keeps wallets, or all records.
type Locked struct {
	ports.Store
	Wallet, Record atomic.Bool
}

// Commit commits each unit of which nothing is kept.
func (s *Locked) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		switch {
		case s.Record.Load():
			fates[i] = ports.Fate{Status: ports.FateBusy}
		case s.Wallet.Load() && len(units[i].Wallets) > 0:
			fates[i] = ports.Fate{Status: ports.FateBusy, IDs: []string{units[i].Wallets[0].ID}}
		default:
			fates[i] = s.Store.Commit(ctx, units[i:i+1])[0]
		}
	}
	return fates
}

// Busy returns a store in which a transaction of the host keeps the operations that kept
// selects.
func Busy(store ports.Store, kept func(ports.Operation) bool) ports.Store {
	return crashtest.Fated{Store: store, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if kept(op) {
				return &ports.Fate{Status: ports.FateBusy, IDs: []string{op.Head().ID}}
			}
		}
		return nil
	}}
}

// Sleepy is a store whose commit number Left takes an hour.
type Sleepy struct {
	ports.Store
	Clock *crashtest.Clock
	Left  int
}

// Commit commits the units.
func (s *Sleepy) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	if s.Left--; s.Left == 0 {
		s.Clock.Advance(time.Hour)
	}
	return fates
}

// Conflicting is a store in which another process is always faster, once On is set.
type Conflicting struct {
	ports.Store
	On atomic.Bool
}

// Commit commits the units, or answers with a conflict.
func (s *Conflicting) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if !s.On.Load() {
		return s.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units))
	for i, unit := range units {
		for _, op := range unit.Operations {
			fates[i] = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{op.Head().ID}}
		}
	}
	return fates
}

// Contended returns a store in which another process writes each operation that loses selects
// just before it is written, again and again, and counts those conflicts.
func Contended(ctx context.Context, inner ports.Store, loses func(ports.Operation) bool) (store ports.Store, conflicts *int) {
	conflicts = new(int)
	return crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			if !loses(op) {
				continue
			}
			*conflicts++
			found, err := inner.Operations(ctx, []string{op.Head().ID})
			if err != nil {
				return &ports.Fate{Status: ports.FateFailed, Err: err}
			}
			found[0].Head().Version++
			inner.Commit(ctx, []ports.Unit{{Operations: found}})
			return &ports.Fate{Status: ports.FateOperationConflict, IDs: []string{op.Head().ID}}
		}
		return nil
	}}, conflicts
}

// Hook is a store that calls Before with each operation before it is written.
type Hook struct {
	ports.Store
	Before func(ports.Operation)
}

// Commit commits the units.
func (h *Hook) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for _, unit := range units {
		for _, op := range unit.Operations {
			if h.Before != nil {
				h.Before(op)
			}
		}
	}
	return h.Store.Commit(ctx, units)
}

// Blind is a store that cannot search.
type Blind struct{ ports.Store }

// FindOperations fails.
func (Blind) FindOperations(context.Context, ports.OperationFilter) ([]ports.Operation, error) {
	return nil, ErrBlind
}

// Strict is a store that reads nothing for a caller who has left.
type Strict struct{ ports.Store }

// Operations reads operations.
func (s Strict) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Store.Operations(ctx, ids)
}

// FindOperations searches.
func (s Strict) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Store.FindOperations(ctx, filter)
}

// Wallets reads wallets.
func (s Strict) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Store.Wallets(ctx, ids)
}

// NamedFirst returns a store in which another process names the second payment of an order
// first, for the other record. The other record is written with the name, if it is there.
func NamedFirst(ctx context.Context, inner ports.Store, other ports.Operation) (store ports.Store, done *bool) {
	done = new(bool)
	return crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
		for _, op := range units[0].Operations {
			claim, is := op.(*ports.Claim)
			if !is || claim.Status != ports.ClaimNamed || *done {
				continue
			}
			*done = true
			named := *claim
			named.RechargeID, named.Reference = "other", "other"
			unit := ports.Unit{Operations: []ports.Operation{&named}}
			if other != nil {
				unit.Operations = append(unit.Operations, other)
			}
			inner.Commit(ctx, []ports.Unit{unit})
		}
		return nil
	}}, done
}

// Told is a notifier that keeps what Of selects of each event.
type Told[T any] struct {
	Of func(ports.Event) (T, bool)

	mu   sync.Mutex
	list []T
}

// Notify keeps an event.
func (n *Told[T]) Notify(_ context.Context, event ports.Event) {
	if told, is := n.Of(event); is {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.list = append(n.list, told)
	}
}

// List returns what was kept.
func (n *Told[T]) List() []T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]T(nil), n.list...)
}

// Forget drops what was kept.
func (n *Told[T]) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = nil
}

// Gate is a notifier that waits until it is closed.
type Gate chan struct{}

// Notify waits.
func (g Gate) Notify(context.Context, ports.Event) { <-g }
