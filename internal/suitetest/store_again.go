package suitetest

import (
	"context"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// rewritten changes wallets that are written again, by what is stored of them.
func rewritten(change func(u *ports.Unit, was, w *ports.Wallet)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			for i := range unit.Wallets {
				if was := stored(ctx, b, unit.Wallets[i].ID); was.Version > 0 && unit.Wallets[i].Version > 1 {
					change(&unit, &was, &unit.Wallets[i])
				}
			}
			return write(unit)
		})
	})
}

// operationOf returns an operation that a good store has, or nil.
func operationOf(ctx context.Context, b *bentStore, id string) ports.Operation {
	if ops, err := b.Store.Operations(ctx, []string{id}); err == nil && len(ops) == 1 {
		return ops[0]
	}
	return nil
}

// rewrittenOperations changes operations that are written again, by what is stored of them.
func rewrittenOperations(change func(was, op ports.Operation) ports.Operation) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			for i, op := range unit.Operations {
				if was := operationOf(ctx, b, op.Head().ID); was != nil && op.Head().Version > 1 {
					unit.Operations[i] = change(was, op)
				}
			}
			return write(unit)
		})
	})
}

// headOnly returns an operation whose head is new and whose body is as it was.
func headOnly(was, op ports.Operation) ports.Operation {
	next := was.Clone()
	*next.Head() = *op.Head()
	switch next := next.(type) {
	case *ports.Hold:
		next.Status = ports.HoldStatus(op.StatusText())
	case *ports.Recharge:
		next.Status = ports.RechargeStatus(op.StatusText())
	case *ports.Cancellation:
		next.Status = ports.CancellationStatus(op.StatusText())
	case *ports.Withdrawal:
		next.Status = ports.WithdrawalStatus(op.StatusText())
	case *ports.Policy:
		next.Status = ports.PolicyStatus(op.StatusText())
	case *ports.Claim:
		next.Status = ports.ClaimStatus(op.StatusText())
	}
	return next
}

// againFlaws write a later version of a record in part.
func againFlaws() []storeFlaw {
	const (
		falls = "wallets/a wallet comes back when its figures fall"
		lots  = "wallets/lots of the same number come back as they were changed"
		later = "operations/every field of a later version comes back"
	)
	return breaking(asWritten,
		flaw("never lowers how many operations of a wallet are open", falls, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) {
			w.OpenOperations = max(was.OpenOperations, w.OpenOperations)
		})),
		flaw("keeps the earlier of two times at which holds expire", falls, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) {
			if !w.HoldExpiry.IsZero() && !was.HoldExpiry.IsZero() && was.HoldExpiry.Before(w.HoldExpiry) {
				w.HoldExpiry = was.HoldExpiry
			}
		})),
		flaw("keeps a frozen wallet frozen", falls, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) {
			if was.Status == ports.WalletFrozen {
				w.Status = was.Status
			}
		})),
		flaw("writes the digits of a wallet once", falls, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) { w.Scale = was.Scale })),
		flaw("keeps a bound of a watch while the other is set", falls, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) {
			if w.Watch.Above.Valid && !w.Watch.Below.Valid {
				w.Watch.Below = was.Watch.Below
			} else if w.Watch.Below.Valid && !w.Watch.Above.Valid {
				w.Watch.Above = was.Watch.Above
			}
		})),
		flaw("writes of a wallet without entries the watch alone", falls, rewritten(func(u *ports.Unit, was, w *ports.Wallet) {
			if len(u.Entries) == 0 {
				next := was.Clone()
				next.Version, next.Watch, next.Hash, next.Seq = w.Version, w.Watch, w.Hash, w.Seq
				*w = next
			}
		})),
		flaw("forgets when holds expire and what is open in a write without entries", falls, rewritten(func(u *ports.Unit, was, w *ports.Wallet) {
			if len(u.Entries) == 0 {
				w.HoldExpiry, w.OpenOperations = was.HoldExpiry, was.OpenOperations
			}
		})),
		flaw("writes held cash without its fraction from the third version on", falls, rewritten(func(_ *ports.Unit, _, w *ports.Wallet) {
			if w.Version > 2 {
				w.BalanceHeld = w.BalanceHeld.Truncate(0)
			}
		})),
		flaw("writes lots when their number changes", lots, rewritten(func(_ *ports.Unit, was, w *ports.Wallet) {
			if len(was.Lots) == len(w.Lots) && len(w.Lots) > 1 && len(w.Lots) < 100 {
				w.Lots = was.Clone().Lots
			}
		})),
		flaw("writes of a later version of an operation the head and the status", later, rewrittenOperations(headOnly)),
		flaw("writes of a later version of a withdrawal the head and the status", later, rewrittenOperations(func(was, op ports.Operation) ports.Operation {
			if op.Head().Kind == ports.KindWithdrawal {
				return headOnly(was, op)
			}
			return op
		})),
		flaw("writes the time of creation once", later, rewrittenOperations(func(was, op ports.Operation) ports.Operation {
			op.Head().CreatedAt = was.Head().CreatedAt
			return op
		})),
		flaw("keeps the later of two times of a write", later, rewrittenOperations(func(was, op ports.Operation) ports.Operation {
			if op.Head().UpdatedAt.Before(was.Head().UpdatedAt) {
				op.Head().UpdatedAt = was.Head().UpdatedAt
			}
			return op
		})),
		flaw("keeps the later of two times of being due", later, rewrittenOperations(func(was, op ports.Operation) ports.Operation {
			if !op.Head().DueAt.IsZero() && op.Head().DueAt.Before(was.Head().DueAt) {
				op.Head().DueAt = was.Head().DueAt
			}
			return op
		})),
	)
}

// ageFlaws forget what is taken, and by what, when it is old.
func ageFlaws() []storeFlaw {
	const (
		key  = "keys/a key is taken whatever was booked since"
		lane = "lanes/a lane is taken however old its operation is and whenever it is due"
		once = "Lane, when not blank, is taken while the operation is open: a store admits one open operation per lane."
	)
	forgetting := func(old func(was, e *ports.Entry) bool) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				for i := range unit.Entries {
					e := &unit.Entries[i]
					if e.Key == "" {
						continue
					}
					was, err := b.Store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: e.WalletID, Key: e.Key}})
					if err == nil && len(was) == 1 && old(&was[0], e) {
						e.Key = ""
					}
				}
				return write(unit)
			})
		})
	}
	admitting := func(leaves func(holder, asks *ports.OperationHead) bool) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status != ports.FateLaneTaken {
					return fate
				}
				holder := operationOf(ctx, b, fate.IDs[1])
				for _, op := range unit.Operations {
					if head := op.Head(); holder != nil && head.ID == fate.IDs[0] && leaves(holder.Head(), head) {
						head.Lane = ""
						return write(unit)
					}
				}
				return fate
			})
		})
	}
	return slices.Concat(
		breaking("FateKeyTaken: nothing was written, because an entry with the same wallet and key exists.",
			flaw("forgets keys a day after they were booked", key, forgetting(func(was, e *ports.Entry) bool { return e.BookedAt.Sub(was.BookedAt) > 24*time.Hour })),
			flaw("looks for keys among the last 1,000 entries", key, forgetting(func(was, e *ports.Entry) bool { return e.Seq-was.Seq > 1000 })),
		),
		breaking(once,
			flaw("gives away the lane of an operation that is older than a day", lane, admitting(func(holder, asks *ports.OperationHead) bool {
				return asks.CreatedAt.Sub(holder.CreatedAt) >= 24*time.Hour
			})),
			flaw("gives away the lane of an operation that is due", lane, admitting(func(holder, asks *ports.OperationHead) bool {
				return !holder.DueAt.IsZero() && !holder.DueAt.After(asks.CreatedAt)
			})),
		),
		breaking("version 1 creates, and is refused when the record exists; version n is refused unless the stored version is n-1.",
			flaw("ends an operation that has ended once more", "operations/an operation that ended does not end again", bending(func(b *bentStore) {
				b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if fate.Status != ports.FateOperationConflict || len(unit.Wallets) > 0 || len(unit.Operations) != 1 {
						return fate
					}
					op := unit.Operations[0]
					was := operationOf(ctx, b, op.Head().ID)
					if was != nil && !was.Head().Open && !op.Head().Open && was.Head().Version == op.Head().Version && was.StatusText() == op.StatusText() {
						return ports.Fate{Status: ports.FateCommitted}
					}
					return fate
				})
			})),
			flaw("writes a watch on whatever version there is", "wallets/a write without entries is refused when its version is stale", bending(func(b *bentStore) {
				b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if fate.Status != ports.FateConflict || len(unit.Entries) > 0 || len(unit.Wallets) != 1 || unit.Wallets[0].Version <= 1 {
						return fate
					}
					was := stored(ctx, b, unit.Wallets[0].ID)
					if was.Version == 0 || was.Seq == unit.Wallets[0].Seq {
						return fate
					}
					was.Version++
					was.Watch = unit.Wallets[0].Watch
					return write(ports.Unit{Wallets: []ports.Wallet{was}, Operations: unit.Operations})
				})
			})),
		),
		breaking("A unit is atomic: all of it is written or nothing.",
			flaw("writes the operations of a unit that is refused for its key", "keys/a unit that is refused for its key writes no operation", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateKeyTaken && len(unit.Operations) > 0 {
					write(ports.Unit{Operations: unit.Operations})
				}
				return fate
			})),
		),
		breaking("When FateCommitted is returned the unit is durable to the degree that the store promises, and all of its records were written.",
			flaw("refuses entries of two wallets that alternate", "units/entries of two wallets may alternate", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				seen := make(map[string]bool)
				for i := range unit.Entries {
					id := unit.Entries[i].WalletID
					if i > 0 && unit.Entries[i-1].WalletID != id && seen[id] {
						return ports.Fate{Status: ports.FateFailed, Err: ports.Invalid("Unit", "has entries by turns")}
					}
					seen[id] = true
				}
				return write(unit)
			})),
		),
	)
}
