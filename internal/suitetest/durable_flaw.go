package suitetest

import (
	"context"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

type durableFlaw = Flaw[Durable]

// DurableFlaws are the flaws that portstest.TestStoreDurable must notice in a store on data
// that outlives it.
func DurableFlaws() []Flaw[Durable] {
	return slices.Concat(answerFlaws(), reopenFlaws(), handleFlaws())
}

func durable(name, scenario string, change func(d *Durable)) durableFlaw {
	return durableFlaw{Name: name, Scenario: scenario, Of: func(good Durable) Durable {
		change(&good)
		return good
	}}
}

func breakingDurable(sentence string, flaws ...durableFlaw) []durableFlaw {
	for i := range flaws {
		flaws[i].Breaks = sentence
	}
	return flaws
}

// everywhere puts a flaw into each handle.
func everywhere(of func(good ports.Store) ports.Store) func(d *Durable) {
	return func(d *Durable) {
		again, second := d.Reopen, d.Second
		d.Store = of(d.Store)
		d.Reopen = func() ports.Store { return of(again()) }
		d.Second = func() ports.Store { return of(second()) }
	}
}

// answering changes the fates of units whose commit was not answered.
func answering(status ports.FateStatus, change func(write func(ports.Unit) ports.Fate, unit ports.Unit, fate ports.Fate) ports.Fate) func(d *Durable) {
	return everywhere(bending(func(b *bentStore) {
		b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
			fates := b.Store.Commit(ctx, units)
			write := func(unit ports.Unit) ports.Fate {
				return insisting(ctx, b, func(u ports.Unit) ports.Fate { return b.Store.Commit(ctx, []ports.Unit{u})[0] }, unit)
			}
			for i := range fates {
				if fates[i].Status == status && fates[i].Err != nil {
					fates[i] = change(write, units[i], fates[i])
				}
			}
			return fates
		}
	}))
}

func becoming(status ports.FateStatus) func(write func(ports.Unit) ports.Fate, unit ports.Unit, fate ports.Fate) ports.Fate {
	return func(_ func(ports.Unit) ports.Fate, unit ports.Unit, fate ports.Fate) ports.Fate {
		fate = ports.Fate{Status: status, Err: fate.Err}
		for i := range unit.Wallets {
			fate.IDs = append(fate.IDs, unit.Wallets[i].ID)
		}
		return fate
	}
}

// answerFlaws tell an untrue fate of a commit that failed.
func answerFlaws() []durableFlaw {
	const (
		before = "a commit that fails before it is written is told truly"
		after  = "a commit that is written and not answered is told truly"
		late   = "a commit that is written late is told truly"
		call   = "each unit of a call that fails is told truly"
		answer = "each unit of a call that is not answered is told truly"
	)
	const (
		wrote     = "When FateCommitted is returned the unit is durable to the degree that the store promises, and all of its records were written."
		undecided = "FateUndecided: the unit may or may not have been written, and the store could not learn which."
		final     = "A fate other than FateUndecided is final: nothing that the store sent before can change it later."
		atomic    = "A unit is atomic: all of it is written or nothing."
	)
	return slices.Concat(
		breakingDurable(wrote,
			durable("says committed of a unit that it lost", before, answering(ports.FateFailed, becoming(ports.FateCommitted))),
			durable("says committed of a call that it lost", call, answering(ports.FateFailed, becoming(ports.FateCommitted))),
			durable("says committed of a unit whose answer was lost", late, answering(ports.FateUndecided, becoming(ports.FateCommitted))),
		),
		breakingDurable(final,
			durable("says failed of a unit that it wrote", after, answering(ports.FateUndecided, becoming(ports.FateFailed))),
			durable("says failed of a unit that is on its way", late, answering(ports.FateUndecided, becoming(ports.FateFailed))),
			durable("says busy of a unit that it wrote", after, answering(ports.FateUndecided, becoming(ports.FateBusy))),
			durable("says failed of a call that it wrote", answer, answering(ports.FateUndecided, becoming(ports.FateFailed))),
			durable("writes a unit again whenever its answer was lost", after, answering(ports.FateUndecided, func(write func(ports.Unit) ports.Fate, unit ports.Unit, _ ports.Fate) ports.Fate {
				return write(unit)
			})),
		),
		breakingDurable("FateConflict: nothing was written, because a wallet is no longer (or not yet, or already) at the version and hash that the unit was computed from.",
			durable("says conflict of a unit that it finds written", after, answering(ports.FateUndecided, becoming(ports.FateConflict))),
			durable("says conflict of a unit whose connection broke", before, answering(ports.FateFailed, becoming(ports.FateConflict))),
		),
		breakingDurable(undecided,
			durable("does not say why it cannot tell the fate of a unit", after, answering(ports.FateUndecided, func(_ func(ports.Unit) ports.Fate, _ ports.Unit, fate ports.Fate) ports.Fate {
				fate.Err = nil
				return fate
			})),
		),
		breakingDurable(atomic,
			durable("leaves the operations of a unit that it failed", before, func(d *Durable) {
				good := d.disk
				everywhere(told(func(u *ports.Unit, fate *ports.Fate) {
					if fate.Status == ports.FateFailed && len(u.Operations) > 0 && len(u.Wallets) > 0 {
						good.append(ports.Unit{Operations: cloned(*u).Operations})
					}
				}))(d)
			}),
			durable("leaves the last unit of a call that it failed", call, func(d *Durable) {
				good := d.disk
				everywhere(bending(func(b *bentStore) {
					b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
						fates := b.Store.Commit(ctx, units)
						if n := len(units); n > 1 && fates[n-2].Status == ports.FateFailed {
							good.append(cloned(units[n-2]))
						}
						return fates
					}
				}))(d)
			}),
		),
	)
}

func (d *disk) append(units ...ports.Unit) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, units...)
}

// reopenFlaws lose something when the data is opened again.
func reopenFlaws() []durableFlaw {
	const (
		all     = "what was committed is there when the store is opened again"
		keys    = "keys stay taken when the store is opened again"
		lanes   = "lanes stay taken when the store is opened again"
		cursors = "cursors stay good when the store is opened again"
		failed  = "what failed is not there when the store is opened again"
		written = "what was written and not answered stays written when the store is opened again"
	)
	const reopened = "What a durable store reported as committed is still there when it is opened again, with its keys, its lanes and its cursors."
	opening := func(of func(good ports.Store) ports.Store) func(d *Durable) {
		return func(d *Durable) {
			again := d.Reopen
			d.Reopen = func() ports.Store { return of(again()) }
		}
	}
	// replaying changes the log before the data is opened again.
	replaying := func(change func(d *disk)) func(d *Durable) {
		return func(d *Durable) {
			again := d.Reopen
			d.Reopen = func() ports.Store {
				d.disk.mu.Lock()
				change(d.disk)
				d.disk.mu.Unlock()
				return again()
			}
		}
	}
	each := func(change func(u *ports.Unit)) func(d *Durable) {
		return replaying(func(d *disk) {
			for i := range d.log {
				change(&d.log[i])
			}
		})
	}
	return slices.Concat(
		breakingDurable(reopened,
			durable("loses the last commit when it is opened again", all, replaying(func(d *disk) { d.log = d.log[:max(0, len(d.log)-1)] })),
			durable("loses everything when it is opened again", all, replaying(func(d *disk) { d.log = nil })),
			durable("loses operations when it is opened again", all, each(func(u *ports.Unit) { u.Operations = nil })),
			durable("loses metadata when it is opened again", all, each(func(u *ports.Unit) {
				for i := range u.Entries {
					u.Entries[i].Metadata = nil
				}
			})),
			durable("loses what entries refer to when it is opened again", all, each(func(u *ports.Unit) {
				for i := range u.Entries {
					u.Entries[i].RefersTo = 0
				}
			})),
			durable("loses lots when it is opened again", all, each(func(u *ports.Unit) {
				for i := range u.Wallets {
					u.Wallets[i].Lots = nil
				}
			})),
			durable("loses keys when it is opened again", keys, each(func(u *ports.Unit) {
				for i := range u.Entries {
					u.Entries[i].Key = ""
				}
			})),
			durable("takes keys again when it is opened again", keys, opening(singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateKeyTaken {
					unit.Entries[0].Key = ""
					return write(unit)
				}
				return fate
			}))),
			durable("frees lanes when it is opened again", lanes, opening(singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateLaneTaken {
					unit.Operations[0].Head().Lane = ""
					return write(unit)
				}
				return fate
			}))),
			durable("keeps lanes of ended operations taken when it is opened again", lanes, each(func(u *ports.Unit) {
				for _, op := range u.Operations {
					op.Head().Open = true
				}
			})),
			durable("knows no cursor when it is opened again", cursors, opening(bending(func(b *bentStore) {
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					if cursor != "" {
						return ports.FeedPage{}, &ports.CursorError{}
					}
					return b.Store.Feed(ctx, cursor, limit)
				}
			}))),
			durable("begins the feed again when it is opened again", cursors, opening(bending(func(b *bentStore) {
				var mu sync.Mutex
				given := make(map[string]bool)
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					mu.Lock()
					defer mu.Unlock()
					if !given[cursor] {
						cursor = ""
					}
					page, err := b.Store.Feed(ctx, cursor, limit)
					given[page.Cursor] = true
					return page, err
				}
			}))),
			durable("loses units whose answer was lost when it is opened again", written, replaying(func(d *disk) { d.log = d.log[:max(0, len(d.log)-1)] })),
		),
		breakingDurable("A fate other than FateUndecided is final: nothing that the store sent before can change it later.",
			durable("writes what failed when it is opened again", failed, replaying(func(d *disk) { d.log, d.lost = append(d.log, d.lost...), nil })),
		),
	)
}

// handleFlaws are flaws of several handles on the same data.
func handleFlaws() []durableFlaw {
	const (
		seen  = "what one handle commits the other reads at once"
		found = "searches of one handle find what the other commits"
		rules = "versions, keys and lanes hold across handles"
		race  = "handles that race write each version once"
		lane  = "handles that race give a lane to one operation"
		feed  = "the feed of each handle shows what both commit"
	)
	const before = "Reads see every unit whose commit was reported before the read began, also one that another handle on the same data wrote."
	// cached has each handle read what it has read before.
	cached := func(change func(b *bentStore)) func(d *Durable) { return everywhere(bending(change)) }
	return slices.Concat(
		breakingDurable(before,
			durable("keeps wallets that it has read until it writes them", seen, cached(func(b *bentStore) {
				var cache lockedMap[string, ports.Wallet]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, units)
					for i := range units {
						for j := range units[i].Wallets {
							cache.set(units[i].Wallets[j].ID, ports.Wallet{})
						}
					}
					return fates
				}
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					list, err := b.Store.Wallets(ctx, ids)
					for i := range list {
						if old, has := cache.get(list[i].ID); has && old.ID != "" {
							list[i] = old.Clone()
						} else {
							cache.set(list[i].ID, list[i].Clone())
						}
					}
					return list, err
				}
			})),
			durable("remembers which wallets were not there until it writes them", seen, cached(func(b *bentStore) {
				var absent lockedMap[string, bool]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					for i := range units {
						for j := range units[i].Wallets {
							absent.set(units[i].Wallets[j].ID, false)
						}
					}
					return b.Store.Commit(ctx, units)
				}
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					list, err := b.Store.Wallets(ctx, ids)
					for _, id := range ids {
						if !slices.ContainsFunc(list, func(w ports.Wallet) bool { return w.ID == id }) {
							absent.set(id, true)
						}
					}
					return slices.DeleteFunc(list, func(w ports.Wallet) bool {
						gone, _ := absent.get(w.ID)
						return gone
					}), err
				}
			})),
			durable("keeps operations that it has read until it writes them", seen, cached(func(b *bentStore) {
				var cache lockedMap[string, ports.Operation]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					for i := range units {
						for _, op := range units[i].Operations {
							cache.set(op.Head().ID, nil)
						}
					}
					return b.Store.Commit(ctx, units)
				}
				b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) {
					list, err := b.Store.Operations(ctx, ids)
					for i := range list {
						if old, _ := cache.get(list[i].Head().ID); old != nil {
							list[i] = old.Clone()
						} else {
							cache.set(list[i].Head().ID, list[i].Clone())
						}
					}
					return list, err
				}
			})),
			durable("finds wallets by an index of its own", found, cached(func(b *bentStore) {
				var own lockedMap[string, bool]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					for i := range units {
						for j := range units[i].Wallets {
							own.set(units[i].Wallets[j].ID, true)
						}
					}
					return b.Store.Commit(ctx, units)
				}
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					list, err := b.Store.FindWallets(ctx, filter)
					return slices.DeleteFunc(list, func(w ports.Wallet) bool {
						mine, _ := own.get(w.ID)
						return !mine
					}), err
				}
			})),
			durable("finds operations by an index of its own", found, cached(func(b *bentStore) {
				var own lockedMap[string, bool]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					for i := range units {
						for _, op := range units[i].Operations {
							own.set(op.Head().ID, true)
						}
					}
					return b.Store.Commit(ctx, units)
				}
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					list, err := b.Store.FindOperations(ctx, filter)
					return slices.DeleteFunc(list, func(op ports.Operation) bool {
						mine, _ := own.get(op.Head().ID)
						return !mine
					}), err
				}
			})),
			durable("sums totals once", found, cached(func(b *bentStore) {
				var kept lockedMap[string, []ports.Total]
				b.totals = func(ctx context.Context) ([]ports.Total, error) {
					if list, has := kept.get(""); has {
						return slices.Clone(list), nil
					}
					list, err := b.Store.Totals(ctx)
					kept.set("", list)
					return slices.Clone(list), err
				}
			})),
		),
		breakingDurable("version 1 creates, and is refused when the record exists; version n is refused unless the stored version is n-1.",
			durable("compares versions of wallets with those that the handle wrote", rules, cached(ownVersions(func(u *ports.Unit) bool { return len(u.Wallets) > 0 }, ports.FateConflict))),
			durable("compares versions of operations with those that the handle wrote", rules, cached(ownVersions(func(u *ports.Unit) bool { return len(u.Operations) > 0 }, ports.FateOperationConflict))),
		),
		breakingDurable("FateKeyTaken: nothing was written, because an entry with the same wallet and key exists.",
			durable("looks for keys among those that the handle wrote", rules, cached(func(b *bentStore) {
				var own lockedMap[ports.EntryKey, bool]
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if mine := len(fate.Keys) > 0; mine {
						if has, _ := own.get(fate.Keys[0]); !has {
							unit.Entries[0].Key = ""
							return write(unit)
						}
					}
					for i := range unit.Entries {
						own.set(ports.EntryKey{WalletID: unit.Entries[i].WalletID, Key: unit.Entries[i].Key}, true)
					}
					return fate
				})
			})),
		),
		breakingDurable("Lane, when not blank, is taken while the operation is open: a store admits one open operation per lane.",
			durable("looks for lanes among those that the handle wrote", lane, cached(func(b *bentStore) {
				var own lockedMap[string, bool]
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					for _, op := range unit.Operations {
						if has, _ := own.get(op.Head().Lane); fate.Status == ports.FateLaneTaken && !has {
							lane := op.Head().Lane
							op.Head().Lane = ""
							own.set(lane, true)
							return write(unit)
						}
						own.set(op.Head().Lane, true)
					}
					return fate
				})
			})),
		),
		breakingDurable("A Store is safe for concurrent use by any number of goroutines and, if it is durable, of processes.",
			durable("holds a lock of the process between its look and its write", race, cached(ownVersions(func(u *ports.Unit) bool { return len(u.Wallets) > 0 && len(u.Operations) == 0 }, ports.FateConflict))),
		),
		breakingDurable("A reader that goes from cursor to cursor sees each entry exactly once, those of one wallet in order of Seq, and never misses one that was committed late.",
			durable("shows what the handle wrote in the feed", feed, cached(func(b *bentStore) {
				var own lockedMap[ports.EntryRef, bool]
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					for i := range units {
						for j := range units[i].Entries {
							own.set(ports.EntryRef{WalletID: units[i].Entries[j].WalletID, Seq: units[i].Entries[j].Seq}, true)
						}
					}
					return b.Store.Commit(ctx, units)
				}
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					for i := len(page.Entries) - 1; i >= 0; i-- {
						if mine, _ := own.get(ports.EntryRef{WalletID: page.Entries[i].WalletID, Seq: page.Entries[i].Seq}); !mine {
							page.Entries, page.Cursors = slices.Delete(page.Entries, i, i+1), slices.Delete(page.Cursors, i, i+1)
						}
					}
					return page, err
				}
			})),
		),
		breakingDurable("Cursors are opaque text and stay valid for ever, also after a failover or a restore, as long as the store still has what was read up to them.",
			durable("knows cursors of the handle only", feed, cached(func(b *bentStore) {
				var own lockedMap[string, bool]
				own.set("", true)
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					if mine, _ := own.get(cursor); !mine {
						return ports.FeedPage{}, &ports.CursorError{}
					}
					page, err := b.Store.Feed(ctx, cursor, limit)
					own.set(page.Cursor, true)
					return page, err
				}
			})),
		),
	)
}

// ownVersions writes a unit that is refused unless the handle has written a later one itself.
func ownVersions(about func(u *ports.Unit) bool, refusal ports.FateStatus) func(b *bentStore) {
	return func(b *bentStore) {
		var own lockedMap[string, int64]
		b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			fate := write(unit)
			if !about(&unit) {
				return fate
			}
			id, version := "", int64(0)
			if refusal == ports.FateConflict {
				id, version = unit.Wallets[0].ID, unit.Wallets[0].Version
			} else {
				id, version = unit.Operations[0].Head().ID, unit.Operations[0].Head().Version
			}
			if last, _ := own.get(id); fate.Status == refusal && last < version {
				fate = insisting(ctx, b, write, unit)
			}
			if committed(fate) {
				own.set(id, version)
			}
			return fate
		})
	}
}
