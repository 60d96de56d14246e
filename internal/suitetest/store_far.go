package suitetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// lookedUpEntries changes how entries are looked up by what they refer to.
func lookedUpEntries(change func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
			return change(ctx, b, by, to)
		}
	})
}

// farFlaws look at the first or last records, and not at all that there are.
func farFlaws() []storeFlaw {
	const (
		wallets    = "find wallets/conditions reach beyond a thousand wallets"
		operations = "find operations/conditions reach beyond a thousand operations"
		entries    = "entries/conditions reach beyond two thousand entries"
		totals     = "totals/wallets beyond a thousand are summed"
		refers     = "LastReferring returns, for each named entry, the last entry of the given type in its wallet that refers to it (RefersTo is its Seq), in any order."
	)
	return slices.Concat(
		breaking("FindWallets returns the first filter.Limit wallets that the filter selects, in order of id, bytewise.",
			flaw("looks for wallets that are due or expire among the next 200", wallets, bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					found, err := b.Store.FindWallets(ctx, filter)
					if err != nil || !filter.Due && filter.ExpiringBy.IsZero() {
						return found, err
					}
					next, err := b.Store.FindWallets(ctx, ports.WalletFilter{AfterID: filter.AfterID, Limit: 200})
					if err != nil || len(next) < 200 {
						return found, err
					}
					return slices.DeleteFunc(found, func(w ports.Wallet) bool { return w.ID > next[199].ID }), nil
				}
			})),
		),
		breaking("OperationFilter selects operations for OperationReader.FindOperations. Conditions that are set must all hold.",
			flaw("looks for operations of a reference or a provider among the next 500", operations, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					found, err := b.Store.FindOperations(ctx, filter)
					if err != nil || !filter.DueBy.IsZero() || filter.NewestFirst || filter.Reference == "" && len(filter.Providers) == 0 {
						return found, err
					}
					next, err := b.Store.FindOperations(ctx, ports.OperationFilter{AfterID: filter.AfterID, Limit: 500})
					if err != nil || len(next) < 500 {
						return found, err
					}
					return slices.DeleteFunc(found, func(op ports.Operation) bool { return op.Head().ID > next[499].Head().ID }), nil
				}
			})),
			flaw("looks for operations of a provider among the first 100 that are due", operations, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					found, err := b.Store.FindOperations(ctx, filter)
					if err != nil || filter.DueBy.IsZero() {
						return found, err
					}
					first, err := b.Store.FindOperations(ctx, ports.OperationFilter{DueBy: filter.DueBy, Limit: 100})
					return slices.DeleteFunc(found, func(op ports.Operation) bool {
						return !slices.ContainsFunc(first, func(is ports.Operation) bool { return is.Head().ID == op.Head().ID })
					}), err
				}
			})),
			flaw("finds 1,000 operations that ended", operations, foundOperations(func(_ ports.OperationFilter, found []ports.Operation) []ports.Operation {
				n := 0
				return slices.DeleteFunc(found, func(op ports.Operation) bool {
					if !op.Head().Open {
						n++
					}
					return !op.Head().Open && n > 1000
				})
			})),
		),
		breaking("Entries returns the first filter.Limit entries that the filter selects, in the order it asks for.",
			flaw("looks for entries of a type or reference among the next 500", entries, foundEntries(func(f ports.EntryFilter, found []ports.Entry) []ports.Entry {
				if f.Descending || len(f.Types) == 0 && f.Reference == "" {
					return found
				}
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return e.Seq > max(f.AfterSeq, 0)+500 })
			})),
		),
		breaking(refers,
			flaw("looks for what refers to an entry among the last 2,000", entries, lookedUpEntries(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				found, err := b.Store.LastReferring(ctx, by, to)
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return e.Seq <= stored(ctx, b, e.WalletID).Seq-2000 }), err
			})),
			flaw("looks up references of all wallets that are named to all numbers that are", "entries/pairs of a wallet and a number are looked up as pairs", lookedUpEntries(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				if len(to) > 50 {
					return b.Store.LastReferring(ctx, by, to)
				}
				var all []ports.EntryRef
				for _, wallet := range to {
					for _, number := range to {
						all = append(all, ports.EntryRef{WalletID: wallet.WalletID, Seq: number.Seq})
					}
				}
				return b.Store.LastReferring(ctx, by, all)
			})),
			flaw("does not look at entries without money that refer to another", "entries/an entry that refers without money, or to a later one, is found", lookedUpEntries(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				found, err := b.Store.LastReferring(ctx, by, to)
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return e.BalanceAmount.IsZero() && e.PointAmount.IsZero() }), err
			})),
			flaw("does not look at entries that refer to a later one", "entries/an entry that refers without money, or to a later one, is found", lookedUpEntries(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				found, err := b.Store.LastReferring(ctx, by, to)
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return e.RefersTo > e.Seq }), err
			})),
		),
		breaking("EntriesByKey returns the entries that were booked under the given keys, in any order.",
			flaw("looks up all keys that are named in all wallets that are", "keys/pairs of a wallet and a key are looked up as pairs", bending(func(b *bentStore) {
				b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
					if len(keys) > 50 {
						return b.Store.EntriesByKey(ctx, keys)
					}
					var all []ports.EntryKey
					for _, wallet := range keys {
						for _, key := range keys {
							all = append(all, ports.EntryKey{WalletID: wallet.WalletID, Key: key.Key})
						}
					}
					return b.Store.EntriesByKey(ctx, all)
				}
			})),
		),
		breaking("Totals returns, for each currency, the sum of all wallets under AccountWallets and the sum of each account over all entries: less their BalanceAmount and PointAmount on their Counterparty, plus their Moves.",
			flaw("sums the first 1,000 wallets", totals, changedTotals(func(ctx context.Context, b *bentStore, t *ports.Total) {
				wallets, err := b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
				if err != nil || t.Account != ports.AccountWallets || len(wallets) <= 1000 {
					return
				}
				for i := range wallets[1000:] {
					t.Balance = t.Balance.Sub(wallets[1000+i].Balance)
				}
			})),
			flaw("sums points without their fraction", "totals/sums go beyond the limit of one wallet", changedTotals(func(_ context.Context, _ *bentStore, t *ports.Total) { t.Point = t.Point.Truncate(0) })),
			flaw("sums points in 64 bits", "totals/sums go beyond the limit of one wallet", changedTotals(func(_ context.Context, _ *bentStore, t *ports.Total) {
				t.Point = decimal.New(t.Point.Shift(6).BigInt().Int64(), -6)
			})),
		),
	)
}

// changedTotals changes each total.
func changedTotals(change func(ctx context.Context, b *bentStore, t *ports.Total)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.totals = func(ctx context.Context) ([]ports.Total, error) {
			list, err := b.Store.Totals(ctx)
			for i := range list {
				change(ctx, b, &list[i])
			}
			return list, err
		}
	})
}

// seenFlaws keep what a read found.
func seenFlaws() []storeFlaw {
	return breaking("Reads see every unit whose commit was reported before the read began, also one that another handle on the same data wrote.",
		flaw("keeps that nothing refers to an entry", "entries/an entry that refers to another is found as soon as it is booked", bending(func(b *bentStore) {
			var nothing lockedMap[string, bool]
			b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				name := fmt.Sprint(by, to)
				if _, is := nothing.get(name); is {
					return nil, ctx.Err()
				}
				found, err := b.Store.LastReferring(ctx, by, to)
				if err == nil && len(found) == 0 {
					nothing.set(name, true)
				}
				return found, err
			}
		})),
		flaw("keeps totals until a wallet is opened", "totals/totals are of what was committed before", bending(func(b *bentStore) {
			var mu sync.Mutex
			var last []ports.Total
			opened := -1
			b.totals = func(ctx context.Context) ([]ports.Total, error) {
				mu.Lock()
				defer mu.Unlock()
				wallets, err := b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
				if err != nil {
					return nil, err
				}
				if len(wallets) != opened {
					if last, err = b.Store.Totals(ctx); err != nil {
						return nil, err
					}
					opened = len(wallets)
				}
				return slices.Clone(last), nil
			}
		})),
		flaw("keeps what a filter found until an operation is created", "find operations/each filter finds what was committed before, whole", bending(func(b *bentStore) {
			var mu sync.Mutex
			kept := make(map[string][]ports.Operation)
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				mu.Lock()
				defer mu.Unlock()
				for i := range units {
					if slices.ContainsFunc(units[i].Operations, func(op ports.Operation) bool { return op.Head().Version == 1 }) {
						clear(kept)
					}
				}
				return b.Store.Commit(ctx, units)
			}
			b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
				mu.Lock()
				defer mu.Unlock()
				name := fmt.Sprintf("%+v", filter)
				if kept[name] == nil {
					found, err := b.Store.FindOperations(ctx, filter)
					if err != nil || len(found) == 0 {
						return found, err
					}
					kept[name] = found
				}
				var copied []ports.Operation
				for _, op := range kept[name] {
					copied = append(copied, op.Clone())
				}
				return copied, ctx.Err()
			}
		})),
	)
}
