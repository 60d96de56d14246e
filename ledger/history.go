package ledger

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// maxPage is how many entries are read at once, and at most returned at once.
const maxPage = 1000

// defaultPage is the length of a page that asks for none.
const defaultPage = 100

// Page is a page of a wallet's history.
type Page struct {
	Entries []ports.Entry
	Next    *ports.EntryFilter // asks for the page that follows; nil after the last
}

// History returns a page of the history of filter.WalletID, oldest or newest first.
// Pages follow each other by sequence number, so that entries booked meanwhile
// neither shift nor repeat anything. A Limit of zero means 100; more than 1,000 are
// never returned at once. An unknown wallet is [ports.ErrNotFound]. A time outside the
// years 1 to 9999, a span that ends before it begins, a negative number and text that no
// entry can have are [ports.ErrInvalid].
func (l *Ledger) History(ctx context.Context, filter ports.EntryFilter) (Page, error) {
	if err := checkFilter(&filter); err != nil {
		return Page{}, fmt.Errorf("history: %w", err)
	}
	limit := filter.Limit
	filter.Limit++ // one more tells whether another page follows
	entries, err := l.store.Entries(ctx, filter)
	if err != nil {
		return Page{}, fmt.Errorf("history of wallet %s: %w", filter.WalletID, err)
	}
	if len(entries) == 0 {
		if _, err := l.Wallet(ctx, filter.WalletID); err != nil {
			return Page{}, err
		}
	}
	if len(entries) <= limit {
		return Page{Entries: entries}, nil
	}
	filter.Limit = limit
	if last := entries[limit-1].Seq; filter.Descending {
		filter.BeforeSeq = last
	} else {
		filter.AfterSeq = last
	}
	return Page{Entries: entries[:limit], Next: &filter}, nil
}

func checkFilter(filter *ports.EntryFilter) error {
	if err := ports.CheckID("WalletID", filter.WalletID); err != nil {
		return err
	}
	if err := ports.Join(
		ports.CheckTime("From", filter.From), ports.CheckTime("Until", filter.Until),
		checkUTF8("Reference", filter.Reference), checkUTF8("OperationID", filter.OperationID),
	); err != nil {
		return err
	}
	for _, entryType := range filter.Types {
		if err := checkUTF8("Types", string(entryType)); err != nil {
			return err
		}
	}
	filter.From, filter.Until = upward(filter.From), before(upward(filter.Until))
	if ports.CheckTime("From", filter.From) != nil { // it lies within the last microsecond that a record can have
		filter.From = ports.Instant(filter.From.Add(-time.Microsecond))
	}
	switch {
	case !filter.From.IsZero() && !filter.Until.IsZero() && filter.Until.Before(filter.From):
		return ports.Invalid("Until", "is before From")
	case filter.AfterSeq < 0 || filter.BeforeSeq < 0:
		return ports.Invalid("AfterSeq", "and BeforeSeq must not be negative")
	case filter.RefersTo < 0:
		return ports.Invalid("RefersTo", "is negative")
	case filter.Limit < 0:
		return ports.Invalid("Limit", "is negative")
	case filter.Limit == 0:
		filter.Limit = defaultPage
	}
	filter.Limit = min(filter.Limit, maxPage)
	return nil
}

// checkUTF8 returns a [ports.InvalidError] for field unless text may be in a record:
// valid UTF-8 without a zero byte.
func checkUTF8(field, text string) error {
	if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return ports.Invalid(field, "is not UTF-8 without zero bytes")
	}
	return nil
}

// before returns a bound that entries must be booked before: none where t is a time that no
// store can be asked for, because all entries are booked before it.
func before(t time.Time) time.Time {
	if ports.CheckTime("Until", t) != nil {
		return time.Time{}
	}
	return t
}

// upward is the first instant at or after t: an entry is booked at or after t, or
// before it, exactly when it is so of that instant.
func upward(t time.Time) time.Time {
	if instant := ports.Instant(t); !instant.Equal(t) {
		return instant.Add(time.Microsecond)
	}
	return ports.Instant(t)
}

// Entries iterates over the history that the filter selects, page by page; Limit is
// the length of a page. It ends after the last entry, or with an error.
func (l *Ledger) Entries(ctx context.Context, filter ports.EntryFilter) iter.Seq2[ports.Entry, error] {
	return func(yield func(ports.Entry, error) bool) {
		for {
			page, err := l.History(ctx, filter)
			if err != nil {
				yield(ports.Entry{}, err)
				return
			}
			for i := range page.Entries {
				if !yield(page.Entries[i], nil) {
					return
				}
			}
			if page.Next == nil {
				return
			}
			filter = *page.Next
		}
	}
}

// EntryByKey returns the entry that was booked under an idempotency key, or
// [ports.ErrNotFound]: it tells what became of a request whose answer was lost.
func (l *Ledger) EntryByKey(ctx context.Context, walletID, key string) (ports.Entry, error) {
	if err := ports.Join(ports.CheckID("WalletID", walletID), ports.CheckID("Key", key)); err != nil {
		return ports.Entry{}, fmt.Errorf("entry by key: %w", err)
	}
	entries, err := l.store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: walletID, Key: key}})
	if err != nil {
		return ports.Entry{}, fmt.Errorf("entry %q of wallet %s: %w", key, walletID, err)
	}
	if len(entries) == 0 {
		return ports.Entry{}, fmt.Errorf("entry %q of wallet %s: %w", key, walletID, ports.ErrNotFound)
	}
	return entries[0], nil
}

// Balances are the purses of a wallet at a time.
type Balances struct {
	Balance decimal.Decimal // cash, what is held included
	Point   decimal.Decimal // points that had not expired, what is held included
	Seq     int64           // the last entry booked by then; 0 before the wallet was opened
}

// BalanceAt returns the balances of a wallet as they were at a time: after the last
// entry booked at or before it, less the points that had expired by then, whether
// or not their entry was booked by then. Before the wallet was opened all are zero. A time
// outside the years 1 to 9999 is [ports.ErrInvalid].
func (l *Ledger) BalanceAt(ctx context.Context, walletID string, at time.Time) (Balances, error) {
	if err := ports.Join(ports.CheckID("WalletID", walletID), ports.CheckTime("at", at)); err != nil {
		return Balances{}, fmt.Errorf("balance at a time: %w", err)
	}
	wallet, err := l.Wallet(ctx, walletID)
	if err != nil {
		return Balances{}, err
	}
	at = ports.Instant(at)
	last, err := l.store.Entries(ctx, ports.EntryFilter{
		WalletID: walletID, Until: before(at.Add(time.Microsecond)), Descending: true, Limit: 1,
	})
	if err != nil {
		return Balances{}, fmt.Errorf("balance of wallet %s: %w", walletID, err)
	}
	if len(last) == 0 {
		zero := decimal.New(0, -wallet.Scale)
		return Balances{Balance: zero, Point: zero}, nil
	}
	gone, err := l.expiredUnbooked(ctx, &last[0], at)
	if err != nil {
		return Balances{}, fmt.Errorf("balance of wallet %s: %w", walletID, err)
	}
	return Balances{
		Balance: scaled(last[0].NewBalance, wallet.Scale),
		Point:   scaled(last[0].NewPoint.Sub(gone), wallet.Scale),
		Seq:     last[0].Seq,
	}, nil
}

// expiredUnbooked returns the points that had expired by at although no entry up to
// last says so. Every operation books what has lapsed before anything else, and holds that
// have expired: so the entries about these that follow last without a gap tell it, and where
// nothing follows, the wallet itself.
func (l *Ledger) expiredUnbooked(ctx context.Context, last *ports.Entry, at time.Time) (decimal.Decimal, error) {
	var gone decimal.Decimal
	after := last.Seq
	for {
		stored, err := l.store.Wallets(ctx, []string{last.WalletID})
		if err != nil {
			return gone, err
		}
		if len(stored) == 1 && stored[0].Seq == after {
			wallet, err := l.withoutDue(ctx, &stored[0], func(*ports.Wallet) time.Time { return at })
			if err != nil {
				return gone, err
			}
			if wallet.Seq == after { // and not written since
				return gone.Add(wallet.LapsedPoint(at)), nil
			}
		}
		following, err := l.store.Entries(ctx, ports.EntryFilter{WalletID: last.WalletID, AfterSeq: after, Limit: defaultPage})
		if err != nil || len(following) == 0 {
			return gone, err
		}
		for i := range following {
			entry := &following[i]
			if entry.Type != ports.EntryExpire && entry.Type != ports.EntryHoldExpire {
				return gone, nil
			}
			if !entry.OccurredAt.After(at) {
				gone = gone.Sub(entry.PointAmount)
			}
			after = entry.Seq
		}
	}
}
