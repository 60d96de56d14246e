package suitetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// feedFlaws are flaws of the change feed.
func feedFlaws() []storeFlaw {
	const (
		empty   = "feed/an empty feed has a cursor that is good later"
		whole   = "feed/the feed shows every entry once, whole, in order per wallet"
		again   = "feed/a cursor can be read from again"
		behind  = "feed/a cursor of an entry continues behind it"
		refused = "feed/refused units never show"
		follows = "feed/a reader that follows concurrent writers misses nothing"
		long    = "feed/many entries are read with a limit beyond them"
		garbage = "cursors/text that is no cursor is invalid"
		changed = "cursors/a cursor that was changed never reads on"
		ahead   = "cursors/a cursor ahead of the store is a CursorError"
		other   = "cursors/a cursor of another store with other content is a CursorError"
		figures = "cursors/a CursorError says what was read and what is there"
		grows   = "cursors/a cursor stays good while the feed grows"
	)
	const (
		once      = "A reader that goes from cursor to cursor sees each entry exactly once, those of one wallet in order of Seq, and never misses one that was committed late."
		blank     = "A blank cursor is the beginning."
		good      = "A page without entries returns a cursor that is as good as the one given."
		opaque    = "Cursors are opaque text and stay valid for ever, also after a failover or a restore, as long as the store still has what was read up to them."
		cursorErr = "A cursor behind entries that the store does not have (they were lost in a failover or a restore, or the cursor is of another store) yields a CursorError, which matches ErrCursor; it never yields an empty page."
		noCursor  = "Text that no store of this kind returned yields ErrInvalid."
		pages     = "Feed returns up to limit entries of all wallets that follow the cursor, and the cursor behind the last of them."
		each      = "Cursors[i] is behind Entries[i]: where a page begins that continues there"
	)
	feed := func(change func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
				return change(ctx, b, cursor, limit)
			}
		})
	}
	instead := func(when error, change func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error)) func(ports.Store) ports.Store {
		return feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
			page, err := b.Store.Feed(ctx, cursor, limit)
			if errors.Is(err, when) && limit > 0 {
				return change(ctx, b, cursor, limit)
			}
			return page, err
		})
	}
	fromTheStart := func(ctx context.Context, b *bentStore, _ string, limit int) (ports.FeedPage, error) {
		return b.Store.Feed(ctx, "", limit)
	}
	nothing := func(_ context.Context, _ *bentStore, cursor string, _ int) (ports.FeedPage, error) {
		return ports.FeedPage{Cursor: cursor}, nil
	}
	drop := func(lost func(e *ports.Entry) bool) func(ports.Store) ports.Store {
		return fed(func(page *ports.FeedPage) {
			for i := len(page.Entries) - 1; i >= 0; i-- {
				if lost(&page.Entries[i]) {
					page.Entries, page.Cursors = slices.Delete(page.Entries, i, i+1), slices.Delete(page.Cursors, i, i+1)
				}
			}
		})
	}
	wrong := func(change func(lost *ports.CursorError)) func(ports.Store) ports.Store {
		return feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
			page, err := b.Store.Feed(ctx, cursor, limit)
			var lost *ports.CursorError
			if errors.As(err, &lost) {
				change(lost)
			}
			return page, err
		})
	}
	return slices.Concat(
		breaking(once,
			flaw("shows the first three entries of a wallet", whole, drop(func(e *ports.Entry) bool { return e.Seq > 3 })),
			flaw("shows entries with money only", whole, drop(func(e *ports.Entry) bool { return e.BalanceAmount.IsZero() && e.PointAmount.IsZero() })),
			flaw("shows entries of a page in the order of wallets, newest first", whole, fed(func(page *ports.FeedPage) {
				slices.SortStableFunc(page.Entries, func(a, b ports.Entry) int { return strings.Compare(a.WalletID, b.WalletID)*1000 + int(b.Seq-a.Seq) })
			})),
			flaw("skips an entry behind each full page", whole, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				page, err := b.Store.Feed(ctx, cursor, limit)
				if err != nil || len(page.Entries) < limit {
					return page, err
				}
				next, err := b.Store.Feed(ctx, page.Cursor, 1)
				page.Cursor = next.Cursor
				return page, err
			})),
			flaw("shows entries without their lot changes", whole, fed(func(page *ports.FeedPage) {
				for i := range page.Entries {
					page.Entries[i].Lots = nil
				}
			})),
			flaw("shows entries without their metadata", whole, fed(func(page *ports.FeedPage) {
				for i := range page.Entries {
					page.Entries[i].Metadata = nil
				}
			})),
			flaw("shows refused units", refused, bending(func(b *bentStore) {
				var mu sync.Mutex
				var extra []ports.Entry
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					fate := write(unit)
					if !committed(fate) {
						mu.Lock()
						defer mu.Unlock()
						extra = append(extra, unit.Entries...)
					}
					return fate
				})
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					mu.Lock()
					defer mu.Unlock()
					if err == nil && len(page.Entries) == 0 && len(extra) > 0 {
						page.Entries, page.Cursors, extra = append(page.Entries, extra[0]), []string{page.Cursor}, extra[1:]
					}
					return page, err
				}
			})),
			flaw("shows an entry that is committed while a page is read behind the cursor", follows, bending(func(b *bentStore) {
				// A number is given to each entry before its commit, and the page ends at the highest.
				var mu sync.Mutex
				writing := 0
				next := b.commit
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					mu.Lock()
					writing++
					mu.Unlock()
					fates := next(ctx, units)
					mu.Lock()
					writing--
					mu.Unlock()
					return fates
				}
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					mu.Lock()
					defer mu.Unlock()
					if err == nil && writing > 1 && len(page.Entries) < limit {
						if skipped, more := b.Store.Feed(ctx, page.Cursor, 1); more == nil {
							page.Cursor = skipped.Cursor
						}
					}
					return page, err
				}
			})),
		),
		breaking(blank,
			flaw("begins with the second entry", whole, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				if cursor != "" || limit < 1 {
					return b.Store.Feed(ctx, cursor, limit)
				}
				first, err := b.Store.Feed(ctx, "", 1)
				if err != nil {
					return first, err
				}
				return b.Store.Feed(ctx, first.Cursor, limit)
			})),
			flaw("shows nothing from a blank cursor once it was read", "feed/the feed shows every entry once, whole, in order per wallet", bending(func(b *bentStore) {
				var read lockedMap[string, bool]
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					if before, _ := read.get(cursor); before && cursor == "" && err == nil {
						return ports.FeedPage{Cursor: page.Cursor}, nil
					}
					read.set(cursor, len(page.Entries) > 0)
					return page, err
				}
			})),
		),
		breaking(good,
			flaw("returns a blank cursor with a page without entries", empty, fed(func(page *ports.FeedPage) {
				if len(page.Entries) == 0 {
					page.Cursor = ""
				}
			})),
			flaw("fails where there is nothing to show", empty, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				page, err := b.Store.Feed(ctx, cursor, limit)
				if err == nil && len(page.Entries) == 0 {
					return ports.FeedPage{}, ports.ErrNotFound
				}
				return page, err
			})),
		),
		breaking(opaque,
			flaw("forgets a cursor once it was read from", again, bending(func(b *bentStore) {
				var read lockedMap[string, bool]
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					if before, _ := read.get(cursor); before {
						return ports.FeedPage{}, &ports.CursorError{}
					}
					page, err := b.Store.Feed(ctx, cursor, limit)
					read.set(cursor, cursor != "" && len(page.Entries) > 0)
					return page, err
				}
			})),
			flaw("forgets cursors that are 40 entries old", grows, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				if rest, err := b.Store.Feed(ctx, cursor, most); cursor != "" && err == nil && len(rest.Entries) > 40 {
					return ports.FeedPage{}, &ports.CursorError{}
				}
				return b.Store.Feed(ctx, cursor, limit)
			})),
		),
		breaking(cursorErr,
			flaw("shows nothing behind a cursor ahead of the store", ahead, instead(ports.ErrCursor, nothing)),
			flaw("begins again behind a cursor of another store", other, instead(ports.ErrCursor, fromTheStart)),
			flaw("says that a cursor ahead of the store is invalid", ahead, instead(ports.ErrCursor, func(context.Context, *bentStore, string, int) (ports.FeedPage, error) {
				return ports.FeedPage{}, ports.Invalid("cursor", "is unknown")
			})),
			flaw("takes the number in a cursor of another store for its own", other, instead(ports.ErrCursor, func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				number, _, _ := strings.Cut(cursor, "-")
				var n int
				if _, err := fmt.Sscan(number, &n); err == nil {
					if page, err := b.Store.Feed(ctx, "", n); err == nil && len(page.Entries) == n {
						return b.Store.Feed(ctx, page.Cursor, limit)
					}
				}
				return b.Store.Feed(ctx, cursor, limit)
			})),
			flaw("returns entries with the error of a cursor", ahead, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				page, err := b.Store.Feed(ctx, cursor, limit)
				if errors.Is(err, ports.ErrCursor) {
					page.Entries = []ports.Entry{{}}
				}
				return page, err
			})),
		),
		breaking("how many entries the reader had read up to the cursor",
			flaw("takes the entries of its feed for those that were read", figures, wrong(func(lost *ports.CursorError) { lost.Read = lost.Have })),
		),
		breaking("how many entries the store's feed has; it may be more than Read",
			flaw("takes the entries that were read for those of its feed", figures, wrong(func(lost *ports.CursorError) { lost.Have = lost.Read })),
		),
		breaking(noCursor,
			flaw("begins again where a cursor cannot be read", garbage, instead(ports.ErrInvalid, fromTheStart)),
			flaw("shows nothing where a cursor cannot be read", garbage, instead(ports.ErrInvalid, nothing)),
			flaw("says that a cursor which cannot be read is lost", garbage, instead(ports.ErrInvalid, func(context.Context, *bentStore, string, int) (ports.FeedPage, error) {
				return ports.FeedPage{}, &ports.CursorError{}
			})),
			flaw("trims cursors", changed, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				return b.Store.Feed(ctx, strings.TrimSpace(cursor), limit)
			})),
			flaw("reads the beginning of a cursor", changed, instead(ports.ErrInvalid, func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				if len(cursor) > 1 {
					return b.Store.Feed(ctx, cursor[:len(cursor)-1], limit)
				}
				return b.Store.Feed(ctx, cursor, limit)
			})),
		),
		breaking(pages,
			flaw("shows one entry beyond the limit", whole, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				return b.Store.Feed(ctx, cursor, limit+b2i(limit > 0))
			})),
			flaw("cuts pages of the feed at 1,000, and goes on behind what it cut", long, feed(func(ctx context.Context, b *bentStore, cursor string, limit int) (ports.FeedPage, error) {
				page, err := b.Store.Feed(ctx, cursor, limit)
				page.Entries, page.Cursors = cut(page.Entries, 1000), cut(page.Cursors, 1000)
				return page, err
			})),
			flaw("returns the cursor before the last entry", whole, fed(func(page *ports.FeedPage) {
				if n := len(page.Cursors); n > 1 {
					page.Cursor = page.Cursors[n-2]
				}
			})),
		),
		breaking(each,
			flaw("returns no cursors of entries", whole, fed(func(page *ports.FeedPage) { page.Cursors = nil })),
			flaw("returns the cursor of the page for every entry", behind, fed(func(page *ports.FeedPage) {
				for i := range page.Cursors {
					page.Cursors[i] = page.Cursor
				}
			})),
			flaw("returns cursors before entries", behind, bending(func(b *bentStore) {
				b.feed = func(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
					page, err := b.Store.Feed(ctx, cursor, limit)
					if len(page.Cursors) > 0 {
						page.Cursors = append([]string{cursor}, page.Cursors[:len(page.Cursors)-1]...)
					}
					return page, err
				}
			})),
		),
	)
}

// totalFlaws are flaws of sums.
func totalFlaws() []storeFlaw {
	const (
		sums   = "totals/wallets and accounts are summed per currency"
		moves  = "totals/moves are summed with a counterparty and without"
		status = "totals/wallets of every status are summed, with what is held"
		large  = "totals/sums go beyond the limit of one wallet"
		steady = "totals/sums stay the same under transfers"
		empty  = "totals/an empty store has no totals but zeros"
	)
	const (
		sum    = "Totals returns, for each currency, the sum of all wallets under AccountWallets and the sum of each account over all entries: less their BalanceAmount and PointAmount on their Counterparty, plus their Moves."
		moment = "All are of one moment."
	)
	change := func(change func(t *ports.Total)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.totals = func(ctx context.Context) ([]ports.Total, error) {
				list, err := b.Store.Totals(ctx)
				for i := range list {
					change(&list[i])
				}
				return list, err
			}
		})
	}
	// lessWallets takes a part of each wallet out of the sum.
	lessWallets := func(part func(w *ports.Wallet) (balance, point decimal.Decimal)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.totals = func(ctx context.Context) ([]ports.Total, error) {
				list, err := b.Store.Totals(ctx)
				if err != nil {
					return nil, err
				}
				wallets, err := b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
				for i := range list {
					for j := range wallets {
						if list[i].Account == ports.AccountWallets && list[i].Currency == wallets[j].Currency {
							balance, point := part(&wallets[j])
							list[i].Balance, list[i].Point = list[i].Balance.Sub(balance), list[i].Point.Sub(point)
						}
					}
				}
				return list, err
			}
		})
	}
	// lessEntries takes a part of each entry out of the sum of an account.
	lessEntries := func(part func(e *ports.Entry, account ports.Account) (balance, point decimal.Decimal)) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.totals = func(ctx context.Context) ([]ports.Total, error) {
				list, err := b.Store.Totals(ctx)
				if err != nil {
					return nil, err
				}
				page, err := b.Store.Feed(ctx, "", most)
				for i := range list {
					for j := range page.Entries {
						if e := &page.Entries[j]; e.Currency == list[i].Currency {
							balance, point := part(e, list[i].Account)
							list[i].Balance, list[i].Point = list[i].Balance.Sub(balance), list[i].Point.Sub(point)
						}
					}
				}
				return list, err
			}
		})
	}
	movesOn := func(e *ports.Entry, account ports.Account) (sum decimal.Decimal) {
		for _, move := range e.Moves {
			if move.Account == account {
				sum = sum.Add(move.Amount)
			}
		}
		return sum
	}
	whole := func(status ports.WalletStatus) func(w *ports.Wallet) (balance, point decimal.Decimal) {
		return func(w *ports.Wallet) (balance, point decimal.Decimal) {
			if w.Status == status {
				return w.Balance, w.Point
			}
			return balance, point
		}
	}
	return slices.Concat(
		breaking(sum,
			flaw("sums no moves of an entry with a counterparty", moves, lessEntries(func(e *ports.Entry, account ports.Account) (balance, point decimal.Decimal) {
				if e.Counterparty != "" {
					balance = movesOn(e, account)
				}
				return balance, point
			})),
			flaw("sums no moves", sums, lessEntries(func(e *ports.Entry, account ports.Account) (balance, point decimal.Decimal) {
				return movesOn(e, account), point
			})),
			flaw("sums one move of an account in an entry", moves, lessEntries(func(e *ports.Entry, account ports.Account) (balance, point decimal.Decimal) {
				first := true
				for _, move := range e.Moves {
					if move.Account == account && !first {
						balance = balance.Add(move.Amount)
					}
					first = first && move.Account != account
				}
				return balance, point
			})),
			flaw("sums no points on accounts", sums, change(func(t *ports.Total) {
				if t.Account != ports.AccountWallets {
					t.Point = decimal.Zero
				}
			})),
			flaw("gives accounts the sign of wallets", sums, change(func(t *ports.Total) {
				if t.Account != ports.AccountWallets {
					t.Balance, t.Point = t.Balance.Neg(), t.Point.Neg()
				}
			})),
			flaw("leaves closed wallets out of the sum", status, lessWallets(whole(ports.WalletClosed))),
			flaw("leaves frozen wallets out of the sum", status, lessWallets(whole(ports.WalletFrozen))),
			flaw("leaves held cash out of the sum", status, lessWallets(func(w *ports.Wallet) (balance, point decimal.Decimal) { return w.BalanceHeld, point })),
			flaw("leaves held points out of the sum", status, lessWallets(func(w *ports.Wallet) (balance, point decimal.Decimal) { return balance, w.PointHeld })),
			flaw("sums the points of lots that have not expired", status, lessWallets(func(w *ports.Wallet) (balance, point decimal.Decimal) {
				for i := range w.Lots {
					if !w.Lots[i].ExpiresAt.IsZero() {
						point = point.Add(w.Lots[i].Amount)
					}
				}
				return balance, point
			})),
			flaw("sums all currencies as one", sums, change(func(t *ports.Total) { t.Currency = "KRW" })),
			flaw("sums wallets in 64 bits", large, change(func(t *ports.Total) { t.Balance = decimal.New(t.Balance.Shift(6).BigInt().Int64(), -6) })),
			flaw("rounds sums to two digits", large, change(func(t *ports.Total) { t.Balance = t.Balance.Round(2) })),
			flaw("sums the first 10 wallets", large, change(func(t *ports.Total) {
				if most := decimal.New(1, 19); t.Account == ports.AccountWallets && t.Balance.GreaterThan(most) {
					t.Balance = most
				}
			})),
			flaw("returns one total of an account twice", sums, bending(func(b *bentStore) {
				b.totals = func(ctx context.Context) ([]ports.Total, error) {
					list, err := b.Store.Totals(ctx)
					if len(list) > 0 {
						list = append(list, list[0])
					}
					return list, err
				}
			})),
			flaw("fails where there is nothing to sum", empty, bending(func(b *bentStore) {
				b.totals = func(ctx context.Context) ([]ports.Total, error) {
					list, err := b.Store.Totals(ctx)
					if err == nil && len(list) == 0 {
						return nil, ports.ErrNotFound
					}
					return list, err
				}
			})),
		),
		breaking(moment,
			flaw("sums wallets and accounts of two moments", "totals/totals are of one moment, also while writers write", bending(func(b *bentStore) {
				b.totals = func(ctx context.Context) ([]ports.Total, error) {
					wallets, err := b.Store.Totals(ctx)
					if err != nil {
						return nil, err
					}
					accounts, err := b.Store.Totals(ctx)
					kept := slices.DeleteFunc(wallets, func(t ports.Total) bool { return t.Account != ports.AccountWallets })
					return append(kept, slices.DeleteFunc(accounts, func(t ports.Total) bool { return t.Account == ports.AccountWallets })...), err
				}
			})),
			flaw("sums wallets one after another", steady, bending(func(b *bentStore) {
				b.totals = func(ctx context.Context) ([]ports.Total, error) {
					list, err := b.Store.Totals(ctx)
					if err != nil {
						return nil, err
					}
					ids, err := b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
					if err != nil {
						return nil, err
					}
					for i := range list {
						if list[i].Account != ports.AccountWallets {
							continue
						}
						list[i].Balance = decimal.Zero
						for j := range ids {
							runtime.Gosched()
							if one, err := b.Store.Wallets(ctx, []string{ids[j].ID}); err == nil && len(one) == 1 && one[0].Currency == list[i].Currency {
								list[i].Balance = list[i].Balance.Add(one[0].Balance)
							}
						}
					}
					return list, nil
				}
			})),
		),
	)
}
