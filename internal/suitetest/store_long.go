package suitetest

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// eachAmount changes every amount of a record.
func eachAmount(v reflect.Value, change func(d decimal.Decimal) decimal.Decimal) {
	if d, is := v.Interface().(decimal.Decimal); is {
		v.Set(reflect.ValueOf(change(d)))
		return
	}
	switch v.Kind() { //nolint:exhaustive // others hold no amounts
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				eachAmount(v.Field(i), change)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachAmount(v.Index(i), change)
		}
	}
}

// clipped cuts a text at a number of bytes, between letters.
func clipped(text string, n int) string { return strings.ToValidUTF8(head(text, n), "") }

// longFlaws lose what is large: long texts and lists, great numbers, early times.
func longFlaws() []storeFlaw {
	const (
		long    = "entries/long texts and many pairs of metadata come back"
		lists   = "operations/long lists and texts come back"
		numbers = "precision/numbers beyond 32 bits come back"
		early   = "precision/times before 1970 come back"
	)
	lots := func(ofWallet func(l *ports.PointLot), ofEntry func(l *ports.LotChange)) func(ports.Store) ports.Store {
		return given(func(u *ports.Unit) {
			for i := range u.Wallets {
				for j := range u.Wallets[i].Lots {
					ofWallet(&u.Wallets[i].Lots[j])
				}
			}
			for i := range u.Entries {
				for j := range u.Entries[i].Lots {
					ofEntry(&u.Entries[i].Lots[j])
				}
			}
		})
	}
	return slices.Concat(
		breaking(asUTC,
			flaw("loses the exponent of an amount when it is above zero", "precision/amounts with an exponent above zero come back", given(func(u *ports.Unit) {
				change := func(d decimal.Decimal) decimal.Decimal {
					if d.Exponent() > 0 {
						return decimal.NewFromBigInt(d.Coefficient(), 0)
					}
					return d
				}
				for i := range u.Wallets {
					eachAmount(reflect.ValueOf(&u.Wallets[i]).Elem(), change)
				}
				for i := range u.Entries {
					eachAmount(reflect.ValueOf(&u.Entries[i]).Elem(), change)
				}
			})),
			flaw("takes times before 1970 for 1970", early, givenEntries(func(e *ports.Entry) {
				if e.OccurredAt.Unix() < 0 {
					e.OccurredAt = time.Unix(0, 0)
				}
			})),
		),
		breaking(asWritten,
			flaw("keeps numbers of lots in 32 bits", numbers, lots(func(l *ports.PointLot) { l.ID = int64(int32(l.ID)) },
				func(l *ports.LotChange) { l.LotID = int64(int32(l.LotID)) })),
			flaw("keeps priorities of lots in 16 bits", numbers, lots(func(l *ports.PointLot) { l.Priority = int32(int16(l.Priority)) },
				func(l *ports.LotChange) { l.Priority = int32(int16(l.Priority)) })),
			flaw("keeps the number of the peer's entry in 32 bits", numbers, givenEntries(func(e *ports.Entry) { e.PeerSeq = int64(int32(e.PeerSeq)) })),
			flaw("keeps what an entry refers to in 32 bits", numbers, givenEntries(func(e *ports.Entry) { e.RefersTo = int64(int32(e.RefersTo)) })),
			flaw("loses pairs of metadata beyond the 12th", long, givenEntries(func(e *ports.Entry) {
				n := 0
				for name := range e.Metadata {
					if n++; n > 12 {
						delete(e.Metadata, name)
					}
				}
			})),
			flaw("cuts memos at 512 bytes", long, givenEntries(func(e *ports.Entry) { e.Memo = clipped(e.Memo, 512) })),
			flaw("cuts values of metadata at 1,024 bytes", long, givenEntries(func(e *ports.Entry) {
				for name, value := range e.Metadata {
					e.Metadata[name] = clipped(value, 1024)
				}
			})),
			flaw("loses lots of a hold beyond the 16th", lists, givenOperations(func(op ports.Operation) {
				if h, is := op.(*ports.Hold); is {
					h.Lots = cut(h.Lots, 16)
				}
			})),
			flaw("loses decisions about a recharge beyond the 16th", lists, givenOperations(func(op ports.Operation) {
				if r, is := op.(*ports.Recharge); is {
					r.Decisions = cut(r.Decisions, 16)
				}
			})),
			flaw("cuts the evidence of a withdrawal at 64 KiB", lists, givenOperations(func(op ports.Operation) {
				if w, is := op.(*ports.Withdrawal); is {
					w.Evidence = cut(w.Evidence, 1<<16)
				}
			})),
			flaw("cuts the memo of a hold at 512 bytes", lists, givenOperations(func(op ports.Operation) {
				if h, is := op.(*ports.Hold); is {
					h.Memo = clipped(h.Memo, 512)
				}
			})),
		),
	)
}

// choiceFlaws mistake filters at their edges, and return records that were found in part.
func choiceFlaws() []storeFlaw {
	const (
		whole     = "entries/found entries are whole, whatever the filter"
		times     = "entries/From is included, Until is not"
		edges     = "entries/AfterSeq and BeforeSeq at their edges"
		greatest  = "arguments/the greatest limit is a limit behind a record"
		selection = "EntryFilter selects entries of one wallet for EntryReader.Entries. Conditions that are set must all hold."
	)
	return slices.Concat(
		breaking("booked at or after", flaw("compares From to the microsecond below", times, askedEntries(func(f *ports.EntryFilter) {
			if f.From.Year() > 1 {
				f.From = f.From.Truncate(time.Microsecond)
			}
		}))),
		breaking("booked before", flaw("compares Until to the microsecond below", times, askedEntries(func(f *ports.EntryFilter) {
			if f.Until.Year() > 1 {
				f.Until = f.Until.Truncate(time.Microsecond)
			}
		}))),
		breaking("Seq less than this; zero: no bound", flaw("takes a BeforeSeq below zero for no bound", edges, askedEntries(func(f *ports.EntryFilter) { f.BeforeSeq = max(f.BeforeSeq, 0) }))),
		breaking("Seq greater than this", flaw("begins with the first entry behind the greatest AfterSeq", edges, askedEntries(func(f *ports.EntryFilter) {
			if f.AfterSeq > 0 && f.AfterSeq+1 < 0 {
				f.AfterSeq = 0
			}
		}))),
		breaking(anyNumber,
			flaw("finds no entries when AfterSeq and Limit are more than a number holds", greatest, foundEntries(func(f ports.EntryFilter, found []ports.Entry) []ports.Entry {
				if f.AfterSeq > 0 && f.AfterSeq+int64(f.Limit) < 0 {
					return nil
				}
				return found
			})),
			flaw("shows nothing behind a cursor with the greatest limit", greatest, bending(func(b *bentStore) {
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					if err == nil && cursor != "" && limit+1 < 0 {
						return ports.FeedPage{Cursor: cursor}, nil
					}
					return page, err
				}
			})),
		),
		breaking("AfterID continues a listing behind this id.",
			flaw("finds nothing newest first behind an id without an operation", "find operations/AfterID need not be an operation", bending(func(b *bentStore) {
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					found, err := b.Store.FindOperations(ctx, filter)
					if err == nil && filter.NewestFirst && filter.AfterID != "" && operationOf(ctx, b, filter.AfterID) == nil {
						return nil, nil
					}
					return found, err
				}
			})),
		),
		breaking("OperationFilter selects operations for OperationReader.FindOperations. Conditions that are set must all hold.",
			flaw("finds an operation once for each time that its status is named", "find operations/a choice that is named twice selects an operation once", foundOperations(func(f ports.OperationFilter, found []ports.Operation) (all []ports.Operation) {
				if len(f.Statuses) == 0 {
					return found
				}
				for _, op := range found {
					for _, status := range f.Statuses {
						if status == op.StatusText() {
							all = append(all, op)
						}
					}
				}
				return cut(all, f.Limit)
			})),
			flaw("finds an operation by the wallet that it was created with", "find operations/an operation that moves to another wallet is found there only", bending(func(b *bentStore) {
				var first lockedMap[string, string]
				b.give(func(u *ports.Unit) {
					for _, op := range u.Operations {
						if h := op.Head(); h.Version == 1 {
							first.set(h.ID, h.WalletID)
						}
					}
				})
				b.findOperations = func(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
					wallet := filter.WalletID
					found, err := b.Store.FindOperations(ctx, filter)
					return slices.DeleteFunc(found, func(op ports.Operation) bool {
						was, _ := first.get(op.Head().ID)
						return wallet != "" && was != wallet
					}), err
				}
			})),
		),
		breaking(selection,
			flaw("finds an entry once for each time that its type is named", "entries/a type that is named twice selects an entry once", foundEntries(func(f ports.EntryFilter, found []ports.Entry) (all []ports.Entry) {
				if len(f.Types) == 0 {
					return found
				}
				for i := range found {
					for _, entryType := range f.Types {
						if entryType == found[i].Type {
							all = append(all, found[i].Clone())
						}
					}
				}
				return cut(all, f.Limit)
			})),
		),
		breaking(asWritten,
			flaw("finds wallets by a condition without their lots", "find wallets/found wallets are whole, whatever the filter", foundWallets(func(f ports.WalletFilter, found []ports.Wallet) []ports.Wallet {
				for i := range found {
					if f.Due || !f.ExpiringBy.IsZero() || len(f.Statuses) > 0 {
						found[i].Lots = nil
					}
				}
				return found
			})),
			flaw("finds holds that are due without their lots", "find operations/each filter finds what was committed before, whole", foundOperations(func(f ports.OperationFilter, found []ports.Operation) []ports.Operation {
				for _, op := range found {
					if h, is := op.(*ports.Hold); is && !f.DueBy.IsZero() {
						h.Lots = nil
					}
				}
				return found
			})),
			flaw("finds entries newest first without lot changes and moves", whole, foundEntries(func(f ports.EntryFilter, found []ports.Entry) []ports.Entry {
				for i := range found {
					if f.Descending {
						found[i].Lots, found[i].Moves = nil, nil
					}
				}
				return found
			})),
			flaw("finds entries by a condition without lot changes", whole, foundEntries(func(f ports.EntryFilter, found []ports.Entry) []ports.Entry {
				for i := range found {
					if len(f.Types) > 0 || f.Reference != "" || f.OperationID != "" || f.RefersTo != 0 {
						found[i].Lots = nil
					}
				}
				return found
			})),
		),
		breaking("wallets whose Watch is due at their available balance",
			flaw("compares watches in floating point", "find wallets/watches and lots are compared to the last digit", selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				available := w.AvailableBalance().InexactFloat64()
				due := w.Watch.Below.Valid && available <= w.Watch.Below.Decimal.InexactFloat64() || w.Watch.Above.Valid && available > w.Watch.Above.Decimal.InexactFloat64()
				return (!f.Due || due) && isExpiring(f, w)
			})),
		),
		breaking("wallets whose NextExpiry is not zero and not after this time",
			flaw("compares what is held of a lot in floating point", "find wallets/watches and lots are compared to the last digit", selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				coarse := w.Clone()
				for i := range coarse.Lots {
					if l := &coarse.Lots[i]; l.Held.InexactFloat64() >= l.Amount.InexactFloat64() {
						l.Held = l.Amount
					}
				}
				return isDue(f, w) && isExpiring(f, &coarse)
			})),
		),
		breaking("Cursors[i] is behind Entries[i]: where a page begins that continues there",
			flaw("returns the cursors of the first page with every page", "feed/a cursor of a later page continues behind its entry", bending(func(b *bentStore) {
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					if err != nil || cursor == "" || len(page.Entries) < 3 {
						return page, err
					}
					first, err := b.Store.Feed(ctx, "", limit)
					copy(page.Cursors[:len(page.Cursors)-1], first.Cursors)
					return page, err
				}
			})),
		),
		breaking("A reader that goes from cursor to cursor sees each entry exactly once, those of one wallet in order of Seq, and never misses one that was committed late.",
			flaw("shows no entries of holds and recharges in the feed", "feed/entries of every type are fed", fed(func(page *ports.FeedPage) {
				for i := len(page.Entries) - 1; i >= 0; i-- {
					switch page.Entries[i].Type { //nolint:exhaustive // others are shown
					case ports.EntryHold, ports.EntryRelease, ports.EntryHoldExpire, ports.EntryRechargeOpen, ports.EntryRechargeEnd:
						page.Entries, page.Cursors = slices.Delete(page.Entries, i, i+1), slices.Delete(page.Cursors, i, i+1)
					}
				}
			})),
		),
	)
}
