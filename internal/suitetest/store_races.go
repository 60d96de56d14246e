package suitetest

import (
	"context"
	"sync"

	"github.com/jigap/jigap/ports"
)

// StoreRaces are flaws that only the race detector is sure to see: portstest.TestStore must
// fail over them with go test -race.
func StoreRaces() []Flaw[ports.Store] {
	return breaking("A Store is safe for concurrent use by any number of goroutines and, if it is durable, of processes.",
		flaw("counts commits without a lock", "races/one of many writes a version of a wallet", bending(func(b *bentStore) {
			commits := 0
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				commits++
				return b.Store.Commit(ctx, units)
			}
		})),
		flaw("writes under a lock for readers", "races/one of many creates an operation", bending(func(b *bentStore) {
			var mu sync.RWMutex
			var journal []int
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				mu.RLock()
				defer mu.RUnlock()
				journal = append(journal, len(units))
				return b.Store.Commit(ctx, units)
			}
		})),
		flaw("reads what a commit writes without a lock", "races/a wallet is read whole while it is written", bending(func(b *bentStore) {
			var mu sync.Mutex
			var last ports.Wallet
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				mu.Lock()
				defer mu.Unlock()
				fates := b.Store.Commit(ctx, units)
				for i := range units {
					if committed(fates[i]) && len(units[i].Wallets) > 0 {
						last = units[i].Wallets[0]
					}
				}
				return fates
			}
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				if last.Version < 0 {
					return nil, nil
				}
				return b.Store.Wallets(ctx, ids)
			}
		})),
		flaw("keeps the last filter of a search without a lock", "races/wallets of one unit are found together", bending(func(b *bentStore) {
			var last ports.WalletFilter
			b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
				last = filter
				return b.Store.FindWallets(ctx, last)
			}
		})),
		flaw("counts totals in a field that all readers share", "totals/totals are of one moment, also while writers write", bending(func(b *bentStore) {
			sum := 0
			b.totals = func(ctx context.Context) ([]ports.Total, error) {
				list, err := b.Store.Totals(ctx)
				sum = len(list)
				return list[:sum], err
			}
		})),
		flaw("counts written units behind the lock", "feed/a reader that follows concurrent writers misses nothing", bending(func(b *bentStore) {
			written := 0
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := b.Store.Commit(ctx, units)
				written += len(fates)
				return fates
			}
		})),
	)
}
