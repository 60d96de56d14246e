package suitetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

const byteByByte = "Texts are compared byte by byte: two that differ in case, in blanks, or behind any number of equal bytes differ."

// entryFlaws are flaws of reading entries of a wallet.
func entryFlaws() []storeFlaw {
	const (
		all      = "entries/all combinations of conditions, both ways"
		times    = "entries/From is included, Until is not"
		occurred = "entries/times of booking are compared, not of occurrence"
		edges    = "entries/AfterSeq and BeforeSeq at their edges"
		long     = "pages/a page is as long as its limit"
		last     = "entries/the last entry that refers to another is found"
		manyRefs = "entries/the last entries that refer to many are found in one call"
	)
	ask := func(relax func(f *ports.EntryFilter), selects func(f *ports.EntryFilter, e *ports.Entry) bool) func(ports.Store) ports.Store {
		return selectedEntries(relax, selects)
	}
	referring := func(change func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				return change(ctx, b, by, to)
			}
		})
	}
	limited := func(n int) func(ports.Store) ports.Store {
		return askedEntries(func(f *ports.EntryFilter) { f.Limit = min(f.Limit, n) })
	}
	const selection = "EntryFilter selects entries of one wallet for EntryReader.Entries. Conditions that are set must all hold."
	const first = "Entries returns the first filter.Limit entries that the filter selects, in the order it asks for."
	const refers = "LastReferring returns, for each named entry, the last entry of the given type in its wallet that refers to it (RefersTo is its Seq), in any order."
	return slices.Concat(
		breaking(anyNumber,
			flaw("cuts pages of entries at 100", long, limited(100)),
			flaw("cuts pages of entries at 500", long, limited(500)),
			flaw("cuts pages of entries at 1,000", long, limited(1000)),
			flaw("fails on the greatest limit that there is", "arguments/the greatest limit is a limit", askedEntries(func(f *ports.EntryFilter) {
				if f.Limit+1 < 0 {
					f.Limit++
				}
			})),
			flaw("cuts a look-up of references at 1,000", manyRefs, referring(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				return b.Store.LastReferring(ctx, by, cut(to, 1000))
			})),
			flaw("cuts a look-up of references at 100", manyRefs, referring(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				return b.Store.LastReferring(ctx, by, cut(to, 100))
			})),
		),
		breaking("booked at or after",
			flaw("leaves out the entry at From", times, askedEntries(func(f *ports.EntryFilter) {
				if !f.From.IsZero() {
					f.From = f.From.Add(time.Microsecond)
				}
			})),
			flaw("compares From with when it occurred", occurred, ask(func(f *ports.EntryFilter) { f.From = time.Time{} },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					return f.From.IsZero() || !e.OccurredAt.Before(f.From)
				})),
			flaw("compares From to the second", times, askedEntries(func(f *ports.EntryFilter) { f.From = f.From.Truncate(time.Second) })),
			flaw("forgets From when entries come newest first", all, askedEntries(func(f *ports.EntryFilter) {
				if f.Descending {
					f.From = time.Time{}
				}
			})),
		),
		breaking("booked before",
			flaw("finds the entry at Until", times, askedEntries(func(f *ports.EntryFilter) {
				if !f.Until.IsZero() {
					f.Until = f.Until.Add(time.Microsecond)
				}
			})),
			flaw("compares Until with when it occurred", occurred, ask(func(f *ports.EntryFilter) { f.Until = time.Time{} },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					return f.Until.IsZero() || e.OccurredAt.Before(f.Until)
				})),
			flaw("compares Until as a clock of another zone", times, askedEntries(func(f *ports.EntryFilter) {
				if !f.Until.IsZero() {
					_, offset := f.Until.Zone()
					f.Until = f.Until.Add(time.Duration(offset) * time.Second)
				}
			})),
		),
		breaking("Seq greater than this",
			flaw("finds the entry at AfterSeq", edges, askedEntries(func(f *ports.EntryFilter) {
				if f.AfterSeq > 0 {
					f.AfterSeq--
				}
			})),
			flaw("forgets AfterSeq when entries come newest first", all, askedEntries(func(f *ports.EntryFilter) {
				if f.Descending {
					f.AfterSeq = 0
				}
			})),
			flaw("begins again behind the last entry", edges, bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					found, err := b.Store.Entries(ctx, filter)
					if err == nil && len(found) == 0 && filter.AfterSeq > 0 && filter.BeforeSeq == 0 {
						filter.AfterSeq = 0
						return b.Store.Entries(ctx, filter)
					}
					return found, err
				}
			})),
		),
		breaking("Seq less than this; zero: no bound",
			flaw("finds the entry at BeforeSeq", edges, askedEntries(func(f *ports.EntryFilter) {
				if f.BeforeSeq > 0 {
					f.BeforeSeq++
				}
			})),
			flaw("takes a BeforeSeq of one for no bound", edges, askedEntries(func(f *ports.EntryFilter) {
				if f.BeforeSeq == 1 {
					f.BeforeSeq = 0
				}
			})),
			flaw("finds nothing when BeforeSeq is beyond the last entry", edges, bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					wallets, err := b.Store.Wallets(ctx, []string{filter.WalletID})
					if err == nil && len(wallets) == 1 && filter.BeforeSeq > wallets[0].Seq+1 {
						return nil, nil
					}
					return b.Store.Entries(ctx, filter)
				}
			})),
			flaw("forgets BeforeSeq when entries come oldest first", all, askedEntries(func(f *ports.EntryFilter) {
				if !f.Descending {
					f.BeforeSeq = 0
				}
			})),
		),
		breaking(first,
			flaw("returns entries newest first behind a bound only", edges, foundEntries(func(f ports.EntryFilter, found []ports.Entry) []ports.Entry {
				if f.Descending && f.BeforeSeq == 0 {
					slices.Reverse(found)
				}
				return found
			})),
			flaw("returns the oldest entries of a page that comes newest first", all, ask(func(f *ports.EntryFilter) { f.Descending = false },
				func(*ports.EntryFilter, *ports.Entry) bool { return true })),
			flaw("returns entries in the order of their amounts", all, foundEntries(func(_ ports.EntryFilter, found []ports.Entry) []ports.Entry {
				slices.SortStableFunc(found, func(a, b ports.Entry) int { return strings.Compare(string(a.Type), string(b.Type)) })
				return found
			})),
			flaw("looks at types behind the limit", all, bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					types := filter.Types
					if _, err := b.Store.Entries(ctx, filter); err != nil {
						return nil, err
					}
					filter.Types = nil
					found, err := b.Store.Entries(ctx, filter)
					return slices.DeleteFunc(found, func(e ports.Entry) bool { return len(types) > 0 && !slices.Contains(types, e.Type) }), err
				}
			})),
		),
		breaking("An unknown wallet has none; that is no error.",
			flaw("fails on entries of an unknown wallet", "entries/an unknown wallet has no entries", bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					if wallets, err := b.Store.Wallets(ctx, []string{filter.WalletID}); err == nil && len(wallets) == 0 && filter.Limit > 0 {
						return nil, ports.ErrNotFound
					}
					return b.Store.Entries(ctx, filter)
				}
			})),
		),
		breaking(selection,
			flaw("looks at the first of several types", all, askedEntries(func(f *ports.EntryFilter) { f.Types = cut(f.Types, 1) })),
			flaw("forgets the reference when it looks for an operation", all, askedEntries(func(f *ports.EntryFilter) {
				if f.OperationID != "" {
					f.Reference = ""
				}
			})),
			flaw("forgets what entries refer to when it looks for a type", all, askedEntries(func(f *ports.EntryFilter) {
				if len(f.Types) > 0 {
					f.RefersTo = 0
				}
			})),
			flaw("finds entries with the reference or the operation when both are asked", all, ask(func(f *ports.EntryFilter) { f.Reference, f.OperationID = "", "" },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					reference, operation := f.Reference == "" || e.Reference == f.Reference, f.OperationID == "" || e.OperationID == f.OperationID
					if f.Reference != "" && f.OperationID != "" {
						return reference || operation
					}
					return reference && operation
				})),
			flaw("finds references that begin with the one asked", all, ask(func(f *ports.EntryFilter) { f.Reference = "" },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					return strings.HasPrefix(e.Reference, head(f.Reference, 1))
				})),
			flaw("finds the peer's entry of an operation", "entries/entries of other wallets stay out", bending(func(b *bentStore) {
				b.entries = func(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
					found, err := b.Store.Entries(ctx, filter)
					if err != nil || filter.WalletID != "a" {
						return found, err
					}
					peer, err := b.Store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "b", Key: "k"}})
					return append(found, peer...), err
				}
			})),
		),
		breaking(byteByByte,
			flaw("takes references that differ in case for one", "entries/references are compared byte by byte", ask(func(f *ports.EntryFilter) { f.Reference = "" },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					return f.Reference == "" || strings.EqualFold(e.Reference, f.Reference)
				})),
			flaw("takes references that are equal in their first 64 bytes for one", "entries/references are compared byte by byte", ask(func(f *ports.EntryFilter) { f.Reference = "" },
				func(f *ports.EntryFilter, e *ports.Entry) bool {
					return f.Reference == "" || head(e.Reference, 64) == head(f.Reference, 64)
				})),
		),
		breaking(refers,
			flaw("returns the first entry that refers to another", last, referring(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) (all []ports.Entry, err error) {
				seen := make(map[ports.EntryRef]bool)
				for _, ref := range to {
					if ref.Seq < 1 || seen[ref] {
						continue
					}
					seen[ref] = true
					found, err := b.Store.Entries(ctx, ports.EntryFilter{WalletID: ref.WalletID, Types: []ports.EntryType{by}, RefersTo: ref.Seq, Limit: 1})
					if err != nil {
						return nil, err
					}
					all = append(all, found...)
				}
				return all, nil
			})),
			flaw("returns every entry that refers to another", last, referring(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) (all []ports.Entry, err error) {
				for _, ref := range to {
					if ref.Seq < 1 {
						continue
					}
					found, err := b.Store.Entries(ctx, ports.EntryFilter{WalletID: ref.WalletID, Types: []ports.EntryType{by}, RefersTo: ref.Seq, Limit: most})
					if err != nil {
						return nil, err
					}
					all = append(all, found...)
				}
				return all, nil
			})),
			flaw("forgets the type of entries that refer to another", last, referring(func(ctx context.Context, b *bentStore, _ ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				return b.Store.LastReferring(ctx, ports.EntryRefund, to)
			})),
			flaw("keeps one entry that refers for each number, whatever the wallet", last, referring(func(ctx context.Context, b *bentStore, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
				found, err := b.Store.LastReferring(ctx, by, to)
				seen := make(map[int64]bool)
				return slices.DeleteFunc(found, func(e ports.Entry) bool {
					again := seen[e.RefersTo]
					seen[e.RefersTo] = true
					return again
				}), err
			})),
			flaw("keeps the last entry that refers of the first unit that has some", "entries/the last entry that refers to another is the one of the newest unit", bending(func(b *bentStore) {
				var first lockedMap[ports.EntryRef, ports.Entry]
				b.lastReferring = func(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
					found, err := b.Store.LastReferring(ctx, by, to)
					for i := range found {
						ref := ports.EntryRef{WalletID: found[i].WalletID, Seq: found[i].RefersTo}
						if kept, has := first.get(ref); has {
							found[i] = kept.Clone()
						} else {
							first.set(ref, found[i].Clone())
						}
					}
					return found, err
				}
			})),
		),
	)
}

// keyFlaws are flaws of idempotency keys.
func keyFlaws() []storeFlaw {
	const (
		taken = "keys/a used key is refused for ever"
		bytes = "keys/keys are compared byte by byte"
		found = "keys/unknown, blank and repeated keys yield nothing more"
		many  = "keys/many entries are found by their keys in one call"
	)
	look := func(change func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) { return change(ctx, b, keys) }
		})
	}
	// as refuses a key when one of the same form is taken.
	as := func(form func(ports.EntryKey) ports.EntryKey) func(ports.Store) ports.Store {
		taken := make(map[ports.EntryKey]ports.EntryKey)
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			for i := range unit.Entries {
				key := ports.EntryKey{WalletID: unit.Entries[i].WalletID, Key: unit.Entries[i].Key}
				if other, has := taken[form(key)]; has && other != key && key.Key != "" {
					return ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{key}}
				}
			}
			fate := write(unit)
			for i := range unit.Entries {
				if key := (ports.EntryKey{WalletID: unit.Entries[i].WalletID, Key: unit.Entries[i].Key}); fate.Status == ports.FateCommitted && key.Key != "" {
					taken[form(key)] = key
				}
			}
			return fate
		})
	}
	// unless books an entry without its key where the key is taken and may be used again.
	unless := func(again func(u *ports.Unit) bool) func(ports.Store) ports.Store {
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			fate := write(unit)
			if fate.Status == ports.FateKeyTaken && again(&unit) {
				for i := range unit.Entries {
					unit.Entries[i].Key = ""
				}
				return write(unit)
			}
			return fate
		})
	}
	const exists = "FateKeyTaken: nothing was written, because an entry with the same wallet and key exists."
	return slices.Concat(
		breaking(exists,
			flaw("books a key again", taken, unless(func(*ports.Unit) bool { return true })),
			flaw("books a key again for an entry of another type", taken, unless(func(u *ports.Unit) bool { return u.Entries[0].Type == ports.EntryDeduct })),
			flaw("books a key again in a unit of several wallets", "keys/a key taken in one wallet refuses a unit of several", unless(func(u *ports.Unit) bool { return len(u.Wallets) > 1 })),
			flaw("books a key again in a unit with several keys", "keys/a fate names only keys that are taken", unless(func(u *ports.Unit) bool { return len(u.Entries) > 1 })),
			flaw("looks for keys among those that were taken before the call", "keys/a key taken earlier in the same call is taken", bending(func(b *bentStore) {
				next := b.commit
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					booked := make(map[string]bool)
					changed := make([]ports.Unit, len(units))
					for i := range units {
						changed[i] = cloned(units[i])
						for j := range changed[i].Entries {
							e := &changed[i].Entries[j]
							if id := e.WalletID + " " + e.Key; booked[id] {
								e.Key = ""
							} else {
								booked[id] = true
							}
						}
					}
					return next(ctx, changed)
				}
			})),
			flaw("forgets keys of entries before the last 100", "keys/a key is taken whatever was booked since", unless(func(u *ports.Unit) bool { return u.Entries[0].Seq > 100 })),
			flaw("takes blank keys for taken", "keys/entries without a key never collide", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				for i := range unit.Entries {
					if unit.Entries[i].Seq > 2 && unit.Entries[i].Key == "" {
						return ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{{WalletID: unit.Entries[i].WalletID}}}
					}
				}
				return write(unit)
			})),
			storeFlaw{Name: "takes a key in all wallets at once", Scenario: "keys/a key is taken per wallet", Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey { return ports.EntryKey{Key: key.Key} })(good)
			}},
		),
		breaking(byteByByte,
			storeFlaw{Name: "takes keys that differ in case for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey {
					return ports.EntryKey{WalletID: key.WalletID, Key: strings.ToLower(key.Key)}
				})(good)
			}},
			storeFlaw{Name: "takes keys that are equal in their first 64 bytes for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey {
					return ports.EntryKey{WalletID: key.WalletID, Key: head(key.Key, 64)}
				})(good)
			}},
			storeFlaw{Name: "takes keys that are equal in their first 127 bytes for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey {
					return ports.EntryKey{WalletID: key.WalletID, Key: head(key.Key, 127)}
				})(good)
			}},
			storeFlaw{Name: "takes keys with and without blanks within for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey {
					return ports.EntryKey{WalletID: key.WalletID, Key: strings.ReplaceAll(key.Key, " ", "")}
				})(good)
			}},
			storeFlaw{Name: "takes keys of composed and decomposed letters for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey {
					return ports.EntryKey{WalletID: key.WalletID, Key: strings.ReplaceAll(key.Key, "e\u0301", "é")}
				})(good)
			}},
			storeFlaw{Name: "takes keys that join to one text with their wallets for one", Scenario: bytes, Of: func(good ports.Store) ports.Store {
				return as(func(key ports.EntryKey) ports.EntryKey { return ports.EntryKey{Key: key.WalletID + "-" + key.Key} })(good)
			}},
		),
		breaking("Keys that were never used yield nothing; that is no error.",
			flaw("fails when a key was never used", found, look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				entries, err := b.Store.EntriesByKey(ctx, keys)
				if err == nil && len(entries) < len(keys) {
					return nil, ports.ErrNotFound
				}
				return entries, err
			})),
			flaw("finds an entry once for each time that its key is named", found, look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) (all []ports.Entry, err error) {
				for _, key := range keys {
					entries, err := b.Store.EntriesByKey(ctx, []ports.EntryKey{key})
					if err != nil {
						return nil, err
					}
					all = append(all, entries...)
				}
				return all, nil
			})),
			flaw("finds keys of refused units", "units/a refused unit leaves nothing behind, not even its key or lane", bending(func(b *bentStore) {
				var refused lockedMap[ports.EntryKey, ports.Entry]
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					for i := range unit.Entries {
						if fate.Status != ports.FateCommitted {
							refused.set(ports.EntryKey{WalletID: unit.Entries[i].WalletID, Key: unit.Entries[i].Key}, unit.Entries[i])
						}
					}
					return fate
				})
				b.entriesByKey = func(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
					entries, err := b.Store.EntriesByKey(ctx, keys)
					for _, key := range keys {
						if entry, has := refused.get(key); has && len(entries) == 0 {
							entries = append(entries, entry)
						}
					}
					return entries, err
				}
			})),
		),
		breaking("A blank key names no entry.",
			flaw("finds entries without a key by a blank one", found, look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				entries, err := b.Store.EntriesByKey(ctx, keys)
				for _, key := range keys {
					if key.Key != "" || key.WalletID == "" || err != nil {
						continue
					}
					all, err := b.Store.Entries(ctx, ports.EntryFilter{WalletID: key.WalletID, Limit: most})
					if err != nil {
						return nil, err
					}
					entries = append(entries, slices.DeleteFunc(all, func(e ports.Entry) bool { return e.Key != "" })...)
				}
				return entries, err
			})),
		),
		breaking("EntriesByKey returns the entries that were booked under the given keys, in any order.",
			flaw("finds keys of the first wallet that is named only", "keys/an entry is found by its key", look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				return b.Store.EntriesByKey(ctx, slices.DeleteFunc(slices.Clone(keys), func(key ports.EntryKey) bool { return key.WalletID != keys[0].WalletID }))
			})),
			flaw("finds every wallet's entries of a key", "keys/an entry is found by its key", look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				every := slices.Clone(keys)
				for _, key := range keys {
					every = append(every, ports.EntryKey{WalletID: "a", Key: key.Key}, ports.EntryKey{WalletID: "b", Key: key.Key}, ports.EntryKey{WalletID: "c", Key: key.Key})
				}
				return b.Store.EntriesByKey(ctx, every)
			})),
			flaw("finds the first entry of a unit by its key only", "keys/an entry is found by its key", look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				entries, err := b.Store.EntriesByKey(ctx, keys)
				return slices.DeleteFunc(entries, func(e ports.Entry) bool { return e.Seq > 2 }), err
			})),
		),
		breaking(anyNumber,
			flaw("cuts a look-up of keys at 500", many, look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				return b.Store.EntriesByKey(ctx, cut(keys, 500))
			})),
			flaw("cuts a look-up of keys at 1,000", many, look(func(ctx context.Context, b *bentStore, keys []ports.EntryKey) ([]ports.Entry, error) {
				return b.Store.EntriesByKey(ctx, cut(keys, 1000))
			})),
		),
	)
}
