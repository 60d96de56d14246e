package suitetest

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

const beforeIt = "Reads see every unit whose commit was reported before the read began, also one that another handle on the same data wrote."

// cacheFlaws read what is no longer so.
func cacheFlaws() []storeFlaw {
	const sees = "wallets/a read sees what was committed before it"
	return breaking(beforeIt,
		flaw("remembers that a wallet does not exist", sees, bending(func(b *bentStore) {
			var absent lockedMap[string, bool]
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				found, err := b.Store.Wallets(ctx, ids)
				if err != nil {
					return nil, err
				}
				for _, id := range ids {
					if !slices.ContainsFunc(found, func(w ports.Wallet) bool { return w.ID == id }) {
						absent.set(id, true)
					}
				}
				return slices.DeleteFunc(found, func(w ports.Wallet) bool {
					gone, _ := absent.get(w.ID)
					return gone
				}), nil
			}
		})),
		flaw("finds a new wallet one call late", "find wallets/a new wallet is found by the next call", bending(func(b *bentStore) {
			var mu sync.Mutex
			known := make(map[string]bool)
			b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
				found, err := b.Store.FindWallets(ctx, filter)
				mu.Lock()
				defer mu.Unlock()
				return slices.DeleteFunc(found, func(w ports.Wallet) bool {
					late := !known[w.ID]
					known[w.ID] = true
					return late
				}), err
			}
		})),
		flaw("reads wallets from a cache that operations do not renew", sees, bending(func(b *bentStore) {
			var cache lockedMap[string, ports.Wallet]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := next(ctx, units)
				for i := range units {
					for j := range units[i].Wallets {
						if committed(fates[i]) && len(units[i].Operations) == 0 {
							cache.set(units[i].Wallets[j].ID, ports.Wallet{})
						}
					}
				}
				return fates
			}
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				found, err := b.Store.Wallets(ctx, ids)
				for i := range found {
					if kept, has := cache.get(found[i].ID); has && kept.ID != "" {
						found[i] = kept.Clone()
					} else {
						cache.set(found[i].ID, found[i].Clone())
					}
				}
				return found, err
			}
		})),
		flaw("reads entries one commit late", sees, bending(func(b *bentStore) {
			var last lockedMap[string, int64]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				for i := range units {
					for j := range units[i].Wallets {
						if w, err := b.Store.Wallets(ctx, []string{units[i].Wallets[j].ID}); err == nil && len(w) == 1 {
							last.set(w[0].ID, w[0].Seq)
						}
					}
				}
				return next(ctx, units)
			}
			b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
				found, err := b.Store.Entries(ctx, filter)
				seq, has := last.get(filter.WalletID)
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return has && e.Seq > seq }), err
			}
		})),
		flaw("reads operations from a replica that lags", "operations/a read sees what was committed before it", bending(func(b *bentStore) {
			var before lockedMap[string, ports.Operation]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				for i := range units {
					for _, op := range units[i].Operations {
						if ops, err := b.Store.Operations(ctx, []string{op.Head().ID}); err == nil && len(ops) == 1 {
							before.set(op.Head().ID, ops[0])
						}
					}
				}
				return next(ctx, units)
			}
			b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) {
				found, err := b.Store.Operations(ctx, ids)
				for i := range found {
					if old, has := before.get(found[i].Head().ID); has {
						found[i] = old.Clone()
					}
				}
				return found, err
			}
		})),
		flaw("finds a key one commit late", "keys/a key is found as soon as it is taken", bending(func(b *bentStore) {
			var mu sync.Mutex
			var latest map[ports.EntryKey]bool
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				mu.Lock()
				defer mu.Unlock()
				latest = make(map[ports.EntryKey]bool)
				for i := range units {
					for j := range units[i].Entries {
						latest[ports.EntryKey{WalletID: units[i].Entries[j].WalletID, Key: units[i].Entries[j].Key}] = true
					}
				}
				return next(ctx, units)
			}
			b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
				found, err := b.Store.EntriesByKey(ctx, keys)
				mu.Lock()
				defer mu.Unlock()
				return slices.DeleteFunc(found, func(e ports.Entry) bool { return latest[ports.EntryKey{WalletID: e.WalletID, Key: e.Key}] }), err
			}
		})),
	)
}

// lockFlaws are stores that look and write at two moments, or read at several.
func lockFlaws() []storeFlaw {
	const (
		version   = "version 1 creates, and is refused when the record exists; version n is refused unless the stored version is n-1."
		wholeRead = "A read sees each unit whole or not at all; only a page of EntryReader.Feed may end within one."
	)
	// split looks at one moment whether a unit fits, and writes it at another whatever is
	// stored by then.
	split := func(fits func(ctx context.Context, b *bentStore, u *ports.Unit) bool, becomes func(fate ports.Fate) bool) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := make([]ports.Fate, len(units))
				for i := range units {
					write := func(unit ports.Unit) ports.Fate { return next(ctx, []ports.Unit{unit})[0] }
					fitted := fits(ctx, b, &units[i])
					runtime.Gosched()
					fates[i] = write(units[i])
					for tries := 0; fitted && becomes(fates[i]) && tries < 100; tries++ {
						fates[i] = insisting(ctx, b, write, units[i])
					}
				}
				return fates
			}
		})
	}
	walletsFit := func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
		for i := range u.Wallets {
			if stored(ctx, b, u.Wallets[i].ID).Version != u.Wallets[i].Version-1 {
				return false
			}
		}
		return true
	}
	operationsFit := func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
		for _, op := range u.Operations {
			if storedVersion(ctx, b, op.Head().ID) != op.Head().Version-1 {
				return false
			}
		}
		return true
	}
	without := func(status ports.FateStatus, change func(u *ports.Unit), free func(ctx context.Context, b *bentStore, u *ports.Unit) bool) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := make([]ports.Fate, len(units))
				for i := range units {
					was := free(ctx, b, &units[i])
					runtime.Gosched()
					if fates[i] = next(ctx, units[i:i+1])[0]; fates[i].Status == status && was {
						unit := cloned(units[i])
						change(&unit)
						fates[i] = next(ctx, []ports.Unit{unit})[0]
					}
				}
				return fates
			}
		})
	}
	return slices.Concat(
		breaking(version,
			flaw("looks at versions of wallets under a lock that many hold at once", "races/one of many writes a version of a wallet", split(walletsFit, func(f ports.Fate) bool { return f.Status == ports.FateConflict })),
			flaw("looks whether a wallet exists before it takes the lock", "races/one of many creates a wallet", split(walletsFit, func(f ports.Fate) bool { return f.Status == ports.FateConflict })),
			flaw("looks at versions of operations before it takes the lock", "races/one of many claims an operation", split(operationsFit, func(f ports.Fate) bool { return f.Status == ports.FateOperationConflict })),
			flaw("looks whether an operation exists before it takes the lock", "races/one of many creates an operation", split(operationsFit, func(f ports.Fate) bool { return f.Status == ports.FateOperationConflict })),
		),
		breaking("Lane, when not blank, is taken while the operation is open: a store admits one open operation per lane.",
			flaw("looks for lanes before it takes the lock", "races/one of many gets a lane", without(ports.FateLaneTaken, func(u *ports.Unit) {
				for _, op := range u.Operations {
					op.Head().Lane = ""
				}
			}, func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
				for _, op := range u.Operations {
					found, err := b.Store.FindOperations(ctx, ports.OperationFilter{Lane: op.Head().Lane, Open: true, Limit: 1})
					if err != nil || len(found) > 0 {
						return false
					}
				}
				return true
			})),
		),
		breaking(wholeRead,
			flaw("reads wallets of a call one after another", "races/wallets of one unit are read together", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) (all []ports.Wallet, err error) {
					seen := make(map[string]bool)
					for _, id := range ids {
						found, err := b.Store.Wallets(ctx, []string{id})
						if err != nil {
							return nil, err
						}
						if runtime.Gosched(); !seen[id] {
							all = append(all, found...)
						}
						seen[id] = true
					}
					return all, nil
				}
			})),
			flaw("reads the purse and the version of a wallet at two moments", "races/a wallet is read whole while it is written", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					first, err := b.Store.Wallets(ctx, ids)
					if err != nil {
						return nil, err
					}
					runtime.Gosched()
					second, err := b.Store.Wallets(ctx, ids)
					for i := range second {
						if i < len(first) && first[i].ID == second[i].ID {
							second[i].Balance = first[i].Balance
						}
					}
					return second, err
				}
			})),
			flaw("reads operations of a call one after another", "races/operations of one unit are read together", bending(func(b *bentStore) {
				b.operations = func(ctx context.Context, ids []string) (all []ports.Operation, err error) {
					for _, id := range ids {
						found, err := b.Store.Operations(ctx, []string{id})
						if err != nil {
							return nil, err
						}
						all = append(all, found...)
						runtime.Gosched()
					}
					return all, nil
				}
			})),
			flaw("finds wallets and then reads each", "races/wallets of one unit are found together", bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					found, err := b.Store.FindWallets(ctx, filter)
					for i := range found {
						runtime.Gosched()
						if now, err := b.Store.Wallets(ctx, []string{found[i].ID}); err == nil && len(now) == 1 {
							found[i] = now[0]
						}
					}
					return found, err
				}
			})),
			flaw("reads entries of a unit while it is being written", "races/entries of one unit are read together", bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					if _, err := b.Store.Entries(ctx, filter); err != nil {
						return nil, err
					}
					all, err := b.Store.Entries(ctx, filter)
					if n := len(all); err == nil && n > 0 && !filter.Descending && n < filter.Limit && n%2 == 1 {
						runtime.Gosched()
						after := filter
						after.AfterSeq, after.Limit = all[n-1].Seq, 1
						more, err := b.Store.Entries(ctx, after)
						return append(all, more...), err
					}
					return all, err
				}
			})),
		),
		breaking("A Store is safe for concurrent use by any number of goroutines and, if it is durable, of processes.",
			flaw("loses a unit when two commits meet", "stress/many writers over few wallets lose nothing", bending(func(b *bentStore) {
				var mu sync.Mutex
				writing := 0
				next := b.commit
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					mu.Lock()
					writing++
					meet := writing > 1
					mu.Unlock()
					defer func() { mu.Lock(); writing--; mu.Unlock() }()
					runtime.Gosched()
					if meet && len(units) > 1 {
						fates := next(ctx, units[:len(units)-1])
						return append(fates, ports.Fate{Status: ports.FateCommitted})
					}
					return next(ctx, units)
				}
			})),
			flaw("never returns when two commits move money in opposite directions", "races/units of several wallets in opposite directions", bending(func(b *bentStore) {
				var mu sync.Mutex
				locks := make(map[string]*sync.Mutex)
				next := b.commit
				lock := func(id string) *sync.Mutex {
					mu.Lock()
					defer mu.Unlock()
					if locks[id] == nil {
						locks[id] = new(sync.Mutex)
					}
					return locks[id]
				}
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					held := make(map[string]bool)
					for i := range units {
						for j := range units[i].Wallets {
							if id := units[i].Wallets[j].ID; !held[id] {
								held[id] = true
								lock(id).Lock()
								defer lock(id).Unlock()
								runtime.Gosched()
							}
						}
					}
					return next(ctx, units)
				}
			})),
		),
	)
}
