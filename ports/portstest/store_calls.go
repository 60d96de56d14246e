package portstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jigap/jigap/ports"
)

// How much of a failing scenario is printed.
const (
	callsPrinted = 8 // the last calls of the store
	unitsPrinted = 6 // of one call
)

// callLog keeps the last calls of a scenario in words.
type callLog struct {
	mu   sync.Mutex
	last []func() string // of which the text is made when it is printed
	made int
}

func (l *callLog) add(text func() string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made++
	if l.last = append(l.last, text); len(l.last) > callsPrinted {
		l.last = l.last[1:]
	}
}

// printIfFailed prints the calls at the end of a test that fails.
func (l *callLog) printIfFailed(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		var text strings.Builder
		for _, call := range l.last {
			text.WriteString("\n  " + call())
		}
		t.Logf("the last %d of %d calls:%s", len(l.last), l.made, &text)
	})
}

// recorded is a store whose calls are kept when they have returned: before, or with a lock
// held, it would order calls that race.
type recorded struct {
	ports.Store
	calls *callLog
	t     *testing.T
}

// Commit implements [ports.Committer].
func (r *recorded) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	texts := make([]string, 0, unitsPrinted)
	for i := range units[:min(len(units), unitsPrinted)] {
		texts = append(texts, unitText(units[i]))
	}
	n := len(units)
	fates := r.Store.Commit(ctx, units)
	if given := len(fates); given != n { // a scenario goes on with one fate for each unit
		err := fmt.Errorf("the store returned %d fates for %d units", given, n)
		r.t.Error(err)
		fates = append(fates[:min(given, n):min(given, n)], slices.Repeat([]ports.Fate{{Err: err}}, max(n-given, 0))...)
	}
	told := append([]ports.Fate(nil), fates[:min(len(fates), unitsPrinted)]...)
	r.calls.add(func() string { return commitText(n, texts, told) })
	return fates
}

func commitText(n int, units []string, fates []ports.Fate) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Commit of %d units", n)
	for i, unit := range units {
		fmt.Fprintf(&text, "\n    %s", unit)
		if i < len(fates) {
			fmt.Fprintf(&text, ": %s", fateText(fates[i]))
		}
	}
	if n > len(units) {
		fmt.Fprintf(&text, "\n    and %d more", n-len(units))
	}
	return text.String()
}

// unitText describes a unit in short.
func unitText(unit ports.Unit) string {
	var parts []string
	for i := range unit.Wallets[:min(len(unit.Wallets), unitsPrinted)] {
		w := &unit.Wallets[i]
		parts = append(parts, fmt.Sprintf("wallet %.40q version %d seq %d", w.ID, w.Version, w.Seq))
	}
	for i := range unit.Entries[:min(len(unit.Entries), unitsPrinted)] {
		e := &unit.Entries[i]
		parts = append(parts, fmt.Sprintf("entry %.40q/%d %.40s key %.40q", e.WalletID, e.Seq, e.Type, e.Key))
	}
	if more := len(unit.Entries) - unitsPrinted; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more entries", more))
	}
	for _, op := range unit.Operations[:min(len(unit.Operations), unitsPrinted)] {
		h := op.Head()
		parts = append(parts, fmt.Sprintf("%s %.40q version %d open %t lane %.40q", h.Kind, h.ID, h.Version, h.Open, h.Lane))
	}
	if len(parts) == 0 {
		return "a unit without records"
	}
	return strings.Join(parts, ", ")
}

// fateText describes a fate whole.
func fateText(fate ports.Fate) string {
	text := fate.Status.String()
	if len(fate.IDs) > 0 {
		text += fmt.Sprintf(" of %q", fate.IDs)
	}
	for _, key := range fate.Keys {
		text += fmt.Sprintf(" of key %.40q of wallet %.40q", key.Key, key.WalletID)
	}
	if fate.Err != nil {
		text += fmt.Sprintf(" (%v)", fate.Err)
	}
	return text
}

func joined(statuses []ports.FateStatus) string {
	names := make([]string, len(statuses))
	for i, status := range statuses {
		names[i] = status.String()
	}
	return strings.Join(names, " or ")
}

func kept[T any](l *callLog, found []T, err error, format string, args ...any) ([]T, error) {
	n := len(found)
	l.add(func() string {
		if err != nil {
			return fmt.Sprintf(format+": %v", append(args, err)...)
		}
		return fmt.Sprintf(format+": %d records", append(args, n)...)
	})
	return found, err
}

// Wallets implements [ports.WalletReader].
func (r *recorded) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	found, err := r.Store.Wallets(ctx, ids)
	return kept(r.calls, found, err, "Wallets of %d ids", len(ids))
}

// FindWallets implements [ports.WalletReader].
func (r *recorded) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	found, err := r.Store.FindWallets(ctx, filter)
	return kept(r.calls, found, err, "FindWallets %+v", filter)
}

// EntriesByKey implements [ports.EntryReader].
func (r *recorded) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	found, err := r.Store.EntriesByKey(ctx, keys)
	return kept(r.calls, found, err, "EntriesByKey of %d keys", len(keys))
}

// Entries implements [ports.EntryReader].
func (r *recorded) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	found, err := r.Store.Entries(ctx, filter)
	return kept(r.calls, found, err, "Entries %+v", filter)
}

// Feed implements [ports.EntryReader].
func (r *recorded) Feed(ctx context.Context, cursor string, limit int) (ports.FeedPage, error) {
	page, err := r.Store.Feed(ctx, cursor, limit)
	_, _ = kept(r.calls, page.Entries, err, "Feed behind %.60q, limit %d, next cursor %.60q", cursor, limit, page.Cursor)
	return page, err
}

// LastReferring implements [ports.EntryReader].
func (r *recorded) LastReferring(ctx context.Context, by ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	found, err := r.Store.LastReferring(ctx, by, to)
	return kept(r.calls, found, err, "LastReferring of type %s to %d entries", by, len(to))
}

// Totals implements [ports.EntryReader].
func (r *recorded) Totals(ctx context.Context) ([]ports.Total, error) {
	found, err := r.Store.Totals(ctx)
	return kept(r.calls, found, err, "Totals")
}

// Operations implements [ports.OperationReader].
func (r *recorded) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	found, err := r.Store.Operations(ctx, ids)
	return kept(r.calls, found, err, "Operations of %d ids", len(ids))
}

// FindOperations implements [ports.OperationReader].
func (r *recorded) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	found, err := r.Store.FindOperations(ctx, filter)
	return kept(r.calls, found, err, "FindOperations %+v", filter)
}
