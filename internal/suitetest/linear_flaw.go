package suitetest

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/jigap/jigap/ports"
)

// LinearFlaws are flaws of stores that ledgertest.TestLinearizable must notice.
func LinearFlaws() []Flaw[ports.Store] {
	const scenario = "3 ledgers"
	return slices.Concat(
		breaking(beforeIt,
			flaw("reads the wallet of an earlier call now and then", scenario, bending(func(b *bentStore) {
				var reads atomic.Int64
				var cache lockedMap[string, ports.Wallet]
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					found, err := b.Store.Wallets(ctx, ids)
					for i := range found {
						old, has := cache.get(found[i].ID)
						cache.set(found[i].ID, found[i].Clone())
						if has && reads.Add(1)%3 == 0 {
							found[i] = old.Clone()
						}
					}
					return found, err
				}
			})),
		),
		breaking("FateConflict: nothing was written, because a wallet is no longer (or not yet, or already) at the version and hash that the unit was computed from.",
			flaw("writes over what another wrote meanwhile", scenario, bending(func(b *bentStore) {
				b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if fate.Status == ports.FateConflict {
						return insisting(ctx, b, write, unit)
					}
					return fate
				})
			})),
		),
		breaking("FateKeyTaken: nothing was written, because an entry with the same wallet and key exists.",
			flaw("books a key that is taken", scenario, singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateKeyTaken {
					for i := range unit.Entries {
						unit.Entries[i].Key = ""
					}
					return write(unit)
				}
				return fate
			})),
		),
		breaking("Keys that were never used yield nothing; that is no error.",
			flaw("finds no entry by its key", scenario, bending(func(b *bentStore) {
				b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
					_, err := b.Store.EntriesByKey(ctx, keys)
					return nil, err
				}
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if fate.Status == ports.FateKeyTaken {
						for i := range unit.Entries {
							unit.Entries[i].Key = ""
						}
						return write(unit)
					}
					return fate
				})
			})),
		),
		breaking("When FateCommitted is returned the unit is durable to the degree that the store promises, and all of its records were written.",
			flaw("says committed of every fifth unit and does not write it", scenario, bending(func(b *bentStore) {
				var units atomic.Int64
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					if len(unit.Entries) > 0 && unit.Entries[0].Seq > 1 && units.Add(1)%5 == 0 {
						return ports.Fate{Status: ports.FateCommitted}
					}
					return write(unit)
				})
			})),
		),
	)
}
