package suitetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jigap/jigap/ports"
)

// printable makes a text one that a record can have.
func printable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
}

// argumentFlaws take what must be refused.
func argumentFlaws() []storeFlaw {
	const (
		limits     = "arguments/a limit that is not positive is invalid"
		ids        = "arguments/an id that no record can have is invalid"
		keys       = "arguments/a key that no entry can have is invalid"
		references = "arguments/a reference that no record can have is invalid"
		times      = "arguments/a time that no record can have is invalid"
	)
	const refused = "In every reader a Limit that is not positive is ErrInvalid, as is an id, key or reference that no record can have because it is not valid UTF-8 or holds a zero byte, and a time outside the years 1 to 9999 (CheckTime)."
	all := func(texts []string) []string {
		changed := make([]string, len(texts))
		for i := range texts {
			changed[i] = printable(texts[i])
		}
		return changed
	}
	cutYear := func(t time.Time) time.Time {
		if year := t.UTC().Year(); !t.IsZero() && (year < 1 || year > 9999) {
			return time.Date(5000, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		return t
	}
	return breaking(refused,
		flaw("takes a limit of zero for the default", limits, askedOperations(func(f *ports.OperationFilter) {
			if f.Limit == 0 {
				f.Limit = ports.DefaultPage
			}
		})),
		flaw("takes a negative limit of entries for none", limits, askedEntries(func(f *ports.EntryFilter) {
			if f.Limit < 0 {
				f.Limit = most
			}
		})),
		flaw("looks at the limit of entries where the wallet exists only", limits, bending(func(b *bentStore) {
			b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
				if wallets, err := b.Store.Wallets(ctx, []string{filter.WalletID}); err == nil && len(wallets) == 0 {
					return nil, nil
				}
				return b.Store.Entries(ctx, filter)
			}
		})),
		flaw("shows an empty page of the feed for a limit of zero", limits, bending(func(b *bentStore) {
			b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
				if limit == 0 {
					return ports.FeedPage{Cursor: cursor}, nil
				}
				return b.Store.Feed(ctx, cursor, limit)
			}
		})),
		flaw("takes any bytes for the id of a wallet", ids, bending(func(b *bentStore) {
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) { return b.Store.Wallets(ctx, all(ids)) }
		})),
		flaw("takes any bytes for the id of an operation", ids, bending(func(b *bentStore) {
			b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) {
				return b.Store.Operations(ctx, all(ids))
			}
		})),
		flaw("takes any bytes for AfterID", ids, askedOperations(func(f *ports.OperationFilter) { f.AfterID = printable(f.AfterID) })),
		flaw("takes zero bytes in the id of a wallet", ids, bending(func(b *bentStore) {
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				changed := slices.Clone(ids)
				for i := range changed {
					if utf8.ValidString(changed[i]) {
						changed[i] = printable(changed[i])
					}
				}
				return b.Store.Wallets(ctx, changed)
			}
		})),
		flaw("takes any bytes for an entry's operation", ids, askedEntries(func(f *ports.EntryFilter) { f.OperationID = printable(f.OperationID) })),
		flaw("takes any bytes for a key", keys, bending(func(b *bentStore) {
			b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
				changed := slices.Clone(keys)
				for i := range changed {
					changed[i].Key = printable(changed[i].Key)
				}
				return b.Store.EntriesByKey(ctx, changed)
			}
		})),
		flaw("takes any bytes for a reference", references, askedEntries(func(f *ports.EntryFilter) { f.Reference = printable(f.Reference) })),
		flaw("takes any bytes for the provider's id", references, askedOperations(func(f *ports.OperationFilter) { f.ProviderRef = printable(f.ProviderRef) })),
		flaw("takes any bytes for the wallet of an entry that is referred to", ids, bending(func(b *bentStore) {
			b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				changed := slices.Clone(to)
				for i := range changed {
					changed[i].WalletID = printable(changed[i].WalletID)
				}
				return b.Store.LastReferring(ctx, by, changed)
			}
		})),
		flaw("takes any year for DueBy", times, askedOperations(func(f *ports.OperationFilter) { f.DueBy = cutYear(f.DueBy) })),
		flaw("takes any year for ExpiringBy", times, askedWallets(func(f *ports.WalletFilter) { f.ExpiringBy = cutYear(f.ExpiringBy) })),
		flaw("takes any year for From", times, askedEntries(func(f *ports.EntryFilter) { f.From = cutYear(f.From) })),
	)
}

// contextFlaws are flaws of contexts that end.
func contextFlaws() []storeFlaw {
	const (
		reads    = "contexts/reads with an ended context answer its error"
		deadline = "contexts/reads whose deadline has passed answer its error"
		commits  = "contexts/a commit with an ended context never claims to be committed"
		on       = "contexts/the store works on after contexts ended"
	)
	const (
		read      = "When the context of a read ends, the read returns the error of the context."
		undecided = "When ctx ends, units whose fate is not known then are FateUndecided."
		final     = "A fate other than FateUndecided is final: nothing that the store sent before can change it later."
	)
	return slices.Concat(
		breaking(read,
			flaw("reads wallets whatever became of the context", reads, bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					return b.Store.Wallets(context.WithoutCancel(ctx), ids)
				}
			})),
			flaw("sums totals whatever became of the context", deadline, bending(func(b *bentStore) {
				b.totals = func(ctx context.Context) ([]ports.Total, error) { return b.Store.Totals(context.WithoutCancel(ctx)) }
			})),
			flaw("reads a last reference whatever became of the context", reads, bending(func(b *bentStore) {
				b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
					return b.Store.LastReferring(context.WithoutCancel(ctx), by, to)
				}
			})),
			flaw("shows nothing of the feed when the context has ended", reads, bending(func(b *bentStore) {
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					if ctx.Err() != nil {
						return ports.FeedPage{Cursor: cursor}, nil
					}
					return b.Store.Feed(ctx, cursor, limit)
				}
			})),
			flaw("is unavailable when the context has ended", reads, bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					if ctx.Err() != nil {
						return nil, ports.ErrUnavailable
					}
					return b.Store.Entries(ctx, filter)
				}
			})),
			flaw("says canceled of every context that has ended", deadline, bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					if ctx.Err() != nil {
						return nil, context.Canceled
					}
					return b.Store.FindOperations(ctx, filter)
				}
			})),
			flaw("returns half a page when the context ends meanwhile", "contexts/a read whose context ends meanwhile answers its error or what it read", bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					found, err := b.Store.Entries(context.WithoutCancel(ctx), filter)
					if ctx.Err() != nil {
						return cut(found, len(found)/2), err
					}
					return found, err
				}
			})),
		),
		breaking(undecided,
			flaw("says committed of units that it did not write when the context has ended", commits, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					if ctx.Err() != nil {
						return slices.Repeat([]ports.Fate{{Status: ports.FateCommitted}}, len(units))
					}
					return b.Store.Commit(ctx, units)
				}
			})),
			flaw("returns no fates when the context has ended", commits, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					if ctx.Err() != nil {
						return nil
					}
					return b.Store.Commit(ctx, units)
				}
			})),
			flaw("does not say why a unit is undecided", commits, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					if ctx.Err() != nil {
						return make([]ports.Fate, len(units))
					}
					return b.Store.Commit(ctx, units)
				}
			})),
			flaw("says conflict of units when the context has ended", commits, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					if ctx.Err() != nil {
						return slices.Repeat([]ports.Fate{{Status: ports.FateConflict, IDs: []string{"a"}, Err: ctx.Err()}}, len(units))
					}
					return b.Store.Commit(ctx, units)
				}
			})),
		),
		breaking(final,
			flaw("fails units that it writes when the context has ended", commits, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(context.WithoutCancel(ctx), units)
					for i := range fates {
						if err := ctx.Err(); err != nil {
							fates[i] = ports.Fate{Status: ports.FateFailed, Err: err}
						}
					}
					return fates
				}
			})),
			flaw("fails a unit whose commit goes on when the context ends", on, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					done := make(chan []ports.Fate, 1)
					go func() { done <- b.Store.Commit(context.WithoutCancel(ctx), units) }()
					fates := <-done
					timer := time.NewTimer(2 * time.Millisecond)
					defer timer.Stop()
					select {
					case <-timer.C:
					case <-ctx.Done():
					}
					if err := ctx.Err(); err != nil {
						for i := range fates {
							fates[i] = ports.Fate{Status: ports.FateFailed, Err: err}
						}
					}
					return fates
				}
			})),
			flaw("writes nothing more once the context of a commit has ended", on, bending(func(b *bentStore) {
				var mu sync.Mutex
				broken := false
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					mu.Lock()
					defer mu.Unlock()
					if broken {
						return slices.Repeat([]ports.Fate{{Status: ports.FateFailed, Err: errors.Join(context.Canceled, errOther)}}, len(units))
					}
					fates := b.Store.Commit(ctx, units)
					broken = ctx.Err() != nil
					return fates
				}
			})),
		),
	)
}

// ownershipFlaws share what they are given or give.
func ownershipFlaws() []storeFlaw {
	const (
		given      = "ownership/changing what was committed changes nothing"
		wallets    = "ownership/changing a wallet that was read changes nothing"
		entries    = "ownership/changing an entry that was read changes nothing"
		operations = "ownership/changing an operation that was read changes nothing"
		fates      = "ownership/changing a fate or an argument changes nothing"
	)
	return breaking("It copies what it is given and what it gives.",
		flaw("keeps the lots of a wallet that it is given", given, bending(func(b *bentStore) {
			var kept lockedMap[string, []ports.PointLot]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := next(ctx, units)
				for i := range units {
					for j := range units[i].Wallets {
						if w := &units[i].Wallets[j]; committed(fates[i]) {
							kept.set(w.ID, w.Lots)
						}
					}
				}
				return fates
			}
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				found, err := b.Store.Wallets(ctx, ids)
				for i := range found {
					found[i].Lots, _ = kept.get(found[i].ID)
				}
				return found, err
			}
		})),
		flaw("keeps the metadata of an entry that it is given", given, bending(func(b *bentStore) {
			var kept lockedMap[ports.EntryRef, map[string]string]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := next(ctx, units)
				for i := range units {
					for j := range units[i].Entries {
						if e := &units[i].Entries[j]; committed(fates[i]) {
							kept.set(ports.EntryRef{WalletID: e.WalletID, Seq: e.Seq}, e.Metadata)
						}
					}
				}
				return fates
			}
			b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
				found, err := b.Store.Entries(ctx, filter)
				for i := range found {
					found[i].Metadata, _ = kept.get(ports.EntryRef{WalletID: found[i].WalletID, Seq: found[i].Seq})
				}
				return found, err
			}
		})),
		flaw("keeps the operation that it is given", given, bending(func(b *bentStore) {
			var kept lockedMap[string, ports.Operation]
			next := b.commit
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := next(ctx, units)
				for i := range units {
					for _, op := range units[i].Operations {
						if committed(fates[i]) {
							kept.set(op.Head().ID, op)
						}
					}
				}
				return fates
			}
			b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) {
				found, err := b.Store.Operations(ctx, ids)
				for i := range found {
					if op, has := kept.get(found[i].Head().ID); has {
						found[i] = op
					}
				}
				return found, err
			}
		})),
		flaw("gives all readers the same lots of a wallet", wallets, bending(func(b *bentStore) {
			var shared lockedMap[string, ports.Wallet]
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				found, err := b.Store.Wallets(ctx, ids)
				for i := range found {
					if before, has := shared.get(found[i].ID); has && before.Version == found[i].Version {
						found[i].Lots = before.Lots
					}
					shared.set(found[i].ID, found[i])
				}
				return found, err
			}
		})),
		flaw("gives all readers the same metadata of an entry", entries, bending(func(b *bentStore) {
			var shared lockedMap[ports.EntryRef, map[string]string]
			b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
				found, err := b.Store.Entries(ctx, filter)
				for i := range found {
					ref := ports.EntryRef{WalletID: found[i].WalletID, Seq: found[i].Seq}
					if before, has := shared.get(ref); has {
						found[i].Metadata = before
					}
					shared.set(ref, found[i].Metadata)
				}
				return found, err
			}
		})),
		flaw("gives the feed's readers the same moves of an entry", entries, bending(func(b *bentStore) {
			var shared lockedMap[ports.EntryRef, []ports.Move]
			b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
				page, err := b.Store.Feed(ctx, cursor, limit)
				for i := range page.Entries {
					ref := ports.EntryRef{WalletID: page.Entries[i].WalletID, Seq: page.Entries[i].Seq}
					if before, has := shared.get(ref); has {
						page.Entries[i].Moves = before
					}
					shared.set(ref, page.Entries[i].Moves)
				}
				return page, err
			}
		})),
		flaw("gives all readers the same operation", operations, bending(func(b *bentStore) {
			var shared lockedMap[string, ports.Operation]
			b.operations = func(ctx context.Context, ids []string) ([]ports.Operation, error) {
				found, err := b.Store.Operations(ctx, ids)
				for i := range found {
					id := found[i].Head().ID
					if before, has := shared.get(id); has {
						found[i] = before
					}
					shared.set(id, found[i])
				}
				return found, err
			}
		})),
		flaw("sorts the ids that it is asked for in place", fates, bending(func(b *bentStore) {
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				slices.Sort(ids)
				return b.Store.Wallets(ctx, ids)
			}
		})),
		flaw("sorts the units that it is given in place", fates, bending(func(b *bentStore) {
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				slices.SortStableFunc(units, func(x, y ports.Unit) int {
					if len(x.Wallets) == 0 || len(y.Wallets) == 0 {
						return 0
					}
					return strings.Compare(x.Wallets[0].ID, y.Wallets[0].ID)
				})
				return b.Store.Commit(ctx, units)
			}
		})),
		flaw("gives fates of one wallet the same ids", fates, bending(func(b *bentStore) {
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				fates := b.Store.Commit(ctx, units)
				for i := 1; i < len(fates); i++ {
					if len(fates[i].IDs) > 0 && slices.Equal(fates[i].IDs, fates[i-1].IDs) {
						fates[i].IDs = fates[i-1].IDs
					}
				}
				return fates
			}
		})),
		flaw("brings times of a wallet to microseconds in what it is given", "precision/times come back in UTC with microseconds", bending(func(b *bentStore) {
			b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
				for i := range units {
					for j := range units[i].Wallets {
						units[i].Wallets[j].OpenedAt = ports.Instant(units[i].Wallets[j].OpenedAt)
					}
				}
				return b.Store.Commit(ctx, units)
			}
		})),
	)
}
