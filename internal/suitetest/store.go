package suitetest

import (
	"context"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

type storeFlaw = Flaw[ports.Store]

// StoreFlaws are the flaws that portstest.TestStore must notice in a store. What only the race
// detector sees is in [StoreRaces].
func StoreFlaws() []Flaw[ports.Store] {
	return slices.Concat(
		recordFlaws(), precisionFlaws(), walletFlaws(), findWalletFlaws(), entryFlaws(), keyFlaws(), versionFlaws(), unitFlaws(),
		malformedFlaws(), fateFlaws(), operationFlaws(), findOperationFlaws(), laneFlaws(), feedFlaws(), totalFlaws(),
		argumentFlaws(), contextFlaws(), ownershipFlaws(), cacheFlaws(), lockFlaws(),
		againFlaws(), ageFlaws(), farFlaws(), seenFlaws(), longFlaws(), choiceFlaws(),
	)
}

// breaking gives flaws the sentence that they break.
func breaking(sentence string, flaws ...storeFlaw) []storeFlaw {
	for i := range flaws {
		flaws[i].Breaks = sentence
	}
	return flaws
}

// flaw returns a flaw of a store.
func flaw(name, scenario string, of func(good ports.Store) ports.Store) storeFlaw {
	return storeFlaw{Name: name, Scenario: scenario, Of: of}
}

// bentStore is a good store some of whose methods do something else.
type bentStore struct {
	ports.Store
	commit         func(ctx context.Context, units []ports.Unit) []ports.Fate
	wallets        func(ctx context.Context, ids []string) ([]ports.Wallet, error)
	findWallets    func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error)
	entriesByKey   func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error)
	entries        func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error)
	feed           func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error)
	lastReferring  func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error)
	totals         func(ctx context.Context) ([]ports.Total, error)
	operations     func(ctx context.Context, ids []string) ([]ports.Operation, error)
	findOperations func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error)
}

// bending returns a flaw that is made by changing methods of a good store. The good store is
// b.Store; state of the flaw is made in change.
func bending(change func(b *bentStore)) func(good ports.Store) ports.Store {
	return func(good ports.Store) ports.Store {
		b := &bentStore{
			Store: good, commit: good.Commit, wallets: good.Wallets, findWallets: good.FindWallets, entriesByKey: good.EntriesByKey,
			entries: good.Entries, feed: good.Feed, lastReferring: good.LastReferring, totals: good.Totals,
			operations: good.Operations, findOperations: good.FindOperations,
		}
		change(b)
		return b
	}
}

// Commit implements [ports.Committer].
func (b *bentStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	return b.commit(ctx, units)
}

// Wallets implements [ports.WalletReader].
func (b *bentStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return b.wallets(ctx, ids)
}

// FindWallets implements [ports.WalletReader].
func (b *bentStore) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	return b.findWallets(ctx, filter)
}

// EntriesByKey implements [ports.EntryReader].
func (b *bentStore) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	return b.entriesByKey(ctx, keys)
}

// Entries implements [ports.EntryReader].
func (b *bentStore) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	return b.entries(ctx, filter)
}

// Feed implements [ports.EntryReader].
func (b *bentStore) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	return b.feed(ctx, cursor, limit)
}

// LastReferring implements [ports.EntryReader].
func (b *bentStore) LastReferring(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	return b.lastReferring(ctx, by, to)
}

// Totals implements [ports.EntryReader].
func (b *bentStore) Totals(ctx context.Context) ([]ports.Total, error) { return b.totals(ctx) }

// Operations implements [ports.OperationReader].
func (b *bentStore) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return b.operations(ctx, ids)
}

// FindOperations implements [ports.OperationReader].
func (b *bentStore) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	return b.findOperations(ctx, filter)
}

// cloned returns a copy of a unit that shares nothing with it.
func cloned(unit ports.Unit) ports.Unit {
	var copied ports.Unit
	for i := range unit.Wallets {
		copied.Wallets = append(copied.Wallets, unit.Wallets[i].Clone())
	}
	for i := range unit.Entries {
		copied.Entries = append(copied.Entries, unit.Entries[i].Clone())
	}
	for _, op := range unit.Operations {
		copied.Operations = append(copied.Operations, op.Clone())
	}
	return copied
}

// given changes units on their way into the store.
func given(change func(u *ports.Unit)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) { b.give(change) })
}

func (b *bentStore) give(change func(u *ports.Unit)) {
	next := b.commit
	b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
		changed := make([]ports.Unit, len(units))
		for i := range units {
			changed[i] = cloned(units[i])
			change(&changed[i])
		}
		return next(ctx, changed)
	}
}

// givenWallets changes wallets on their way into the store.
func givenWallets(change func(w *ports.Wallet)) func(ports.Store) ports.Store {
	return given(func(u *ports.Unit) {
		for i := range u.Wallets {
			change(&u.Wallets[i])
		}
	})
}

// givenEntries changes entries on their way into the store.
func givenEntries(change func(e *ports.Entry)) func(ports.Store) ports.Store {
	return given(func(u *ports.Unit) {
		for i := range u.Entries {
			change(&u.Entries[i])
		}
	})
}

// givenOperations changes operations on their way into the store.
func givenOperations(change func(op ports.Operation)) func(ports.Store) ports.Store {
	return given(func(u *ports.Unit) {
		for _, op := range u.Operations {
			change(op)
		}
	})
}

// told changes fates on their way out.
func told(change func(u *ports.Unit, fate *ports.Fate)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
			fates := b.Store.Commit(ctx, units)
			for i := range fates {
				change(&units[i], &fates[i])
			}
			return fates
		}
	})
}

// singly decides the units of a call one after another, and commits one at a time.
func singly(decide func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			return decide(write, unit)
		})
	})
}

func (b *bentStore) eachUnit(decide func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate) {
	var mu sync.Mutex
	next := b.commit
	b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
		mu.Lock()
		defer mu.Unlock()
		fates := make([]ports.Fate, len(units))
		write := func(unit ports.Unit) ports.Fate { return next(ctx, []ports.Unit{unit})[0] }
		for i := range units {
			if err := ctx.Err(); err != nil {
				fates[i] = ports.Fate{Status: ports.FateFailed, Err: err}
				continue
			}
			fates[i] = decide(ctx, write, cloned(units[i]))
		}
		return fates
	}
}

// readWallets changes wallets on their way out.
func readWallets(change func(w *ports.Wallet)) func(ports.Store) ports.Store {
	each := func(wallets []ports.Wallet, err error) ([]ports.Wallet, error) {
		for i := range wallets {
			change(&wallets[i])
		}
		return wallets, err
	}
	return bending(func(b *bentStore) {
		b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
			return each(b.Store.Wallets(ctx, ids))
		}
		b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
			return each(b.Store.FindWallets(ctx, filter))
		}
	})
}

// readEntries changes entries on their way out.
func readEntries(change func(e *ports.Entry)) func(ports.Store) ports.Store {
	each := func(entries []ports.Entry, err error) ([]ports.Entry, error) {
		for i := range entries {
			change(&entries[i])
		}
		return entries, err
	}
	return bending(func(b *bentStore) {
		b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
			return each(b.Store.Entries(ctx, filter))
		}
		b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
			return each(b.Store.EntriesByKey(ctx, keys))
		}
		b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
			return each(b.Store.LastReferring(ctx, by, to))
		}
		b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
			page, err := b.Store.Feed(ctx, cursor, limit)
			page.Entries, err = each(page.Entries, err)
			return page, err
		}
	})
}

// readOperations changes operations on their way out.
func readOperations(change func(op ports.Operation)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) { b.readOperations(change) })
}

func (b *bentStore) readOperations(change func(op ports.Operation)) {
	operations, find := b.operations, b.findOperations
	each := func(ops []ports.Operation, err error) ([]ports.Operation, error) {
		for _, op := range ops {
			change(op)
		}
		return ops, err
	}
	b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) { return each(operations(ctx, ids)) }
	b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
		return each(find(ctx, filter))
	}
}

// askedWallets changes the filters of searches for wallets.
func askedWallets(change func(f *ports.WalletFilter)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
			change(&filter)
			return b.Store.FindWallets(ctx, filter)
		}
	})
}

// foundWallets changes what a search for wallets finds.
func foundWallets(change func(f ports.WalletFilter, found []ports.Wallet) []ports.Wallet) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
			found, err := b.Store.FindWallets(ctx, filter)
			if err != nil {
				return nil, err
			}
			return change(filter, found), nil
		}
	})
}

// most is a limit beyond everything that a test writes.
const most = 1 << 20

// wallet is a condition of a search.
type walletCondition func(f *ports.WalletFilter, w *ports.Wallet) bool

// selectedWallets replaces the conditions of a search but AfterID, Statuses and Limit.
func selectedWallets(selects walletCondition) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
			if _, err := b.Store.FindWallets(ctx, filter); err != nil {
				return nil, err
			}
			found, err := b.Store.FindWallets(ctx, ports.WalletFilter{AfterID: filter.AfterID, Statuses: filter.Statuses, Limit: most})
			found = slices.DeleteFunc(found, func(w ports.Wallet) bool { return !selects(&filter, &w) })
			return cut(found, filter.Limit), err
		}
	})
}

// isExpiring and isDue are the conditions of a good store.
func isExpiring(f *ports.WalletFilter, w *ports.Wallet) bool {
	next := w.NextExpiry()
	return f.ExpiringBy.IsZero() || !next.IsZero() && !next.After(f.ExpiringBy)
}

func isDue(f *ports.WalletFilter, w *ports.Wallet) bool {
	return !f.Due || w.Watch.Due(w.AvailableBalance())
}

// askedEntries changes the filters of searches for entries.
func askedEntries(change func(f *ports.EntryFilter)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
			change(&filter)
			return b.Store.Entries(ctx, filter)
		}
	})
}

// foundEntries changes what a search for entries finds.
func foundEntries(change func(f ports.EntryFilter, found []ports.Entry) []ports.Entry) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
			found, err := b.Store.Entries(ctx, filter)
			if err != nil {
				return nil, err
			}
			return change(filter, found), nil
		}
	})
}

// selectedEntries searches among all entries that the filter leaves when relax has taken
// conditions away.
func selectedEntries(relax func(f *ports.EntryFilter), selects func(f *ports.EntryFilter, e *ports.Entry) bool) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
			if _, err := b.Store.Entries(ctx, filter); err != nil {
				return nil, err
			}
			relaxed := filter
			relaxed.Limit = most
			relax(&relaxed)
			found, err := b.Store.Entries(ctx, relaxed)
			found = slices.DeleteFunc(found, func(e ports.Entry) bool { return !selects(&filter, &e) })
			return cut(found, filter.Limit), err
		}
	})
}

// askedOperations changes the filters of searches for operations.
func askedOperations(change func(f *ports.OperationFilter)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
			change(&filter)
			return b.Store.FindOperations(ctx, filter)
		}
	})
}

// foundOperations changes what a search for operations finds.
func foundOperations(change func(f ports.OperationFilter, found []ports.Operation) []ports.Operation) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
			found, err := b.Store.FindOperations(ctx, filter)
			if err != nil {
				return nil, err
			}
			return change(filter, found), nil
		}
	})
}

// selectedOperations searches among all operations that the filter leaves when relax has
// taken conditions away.
func selectedOperations(relax func(f *ports.OperationFilter), selects func(f *ports.OperationFilter, head *ports.OperationHead) bool) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
			if _, err := b.Store.FindOperations(ctx, filter); err != nil {
				return nil, err
			}
			relaxed := filter
			relaxed.Limit = most
			relax(&relaxed)
			found, err := b.Store.FindOperations(ctx, relaxed)
			found = slices.DeleteFunc(found, func(op ports.Operation) bool { return !selects(&filter, op.Head()) })
			return cut(found, filter.Limit), err
		}
	})
}

// fed changes pages of the feed.
func fed(change func(page *ports.FeedPage)) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
			page, err := b.Store.Feed(ctx, cursor, limit)
			if err == nil {
				change(&page)
			}
			return page, err
		}
	})
}

// cut returns the first n of a list.
func cut[T any](list []T, n int) []T { return list[:min(len(list), n)] }

// head returns the first n bytes of a text.
func head(text string, n int) string { return text[:min(len(text), n)] }
