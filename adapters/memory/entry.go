package memory

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// EntriesByKey implements [ports.EntryReader].
func (s *Store) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if err := checkTexts("Key", key.WalletID, key.Key); err != nil {
			return nil, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []ports.Entry
	seen := make(map[ports.EntryKey]bool, len(keys))
	for _, key := range keys {
		account := s.accounts[key.WalletID]
		if account == nil || seen[key] {
			continue
		}
		seen[key] = true
		if seq, used := account.keys[key.Key]; used {
			found = append(found, account.entries[seq-1].Clone())
		}
	}
	return found, nil
}

// Entries implements [ports.EntryReader].
func (s *Store) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkEntryFilter(&filter); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	account := s.accounts[filter.WalletID]
	if account == nil {
		return nil, nil
	}
	span := account.span(&filter)
	found := make([]ports.Entry, 0, min(filter.Limit, len(span)))
	for i := range span {
		if len(found) >= filter.Limit {
			break
		}
		entry := span[i]
		if filter.Descending {
			entry = span[len(span)-1-i]
		}
		if matches(&filter, entry) {
			found = append(found, entry.Clone())
		}
	}
	return found, nil
}

// span returns the run of entries that the bounds of the filter allow. Both Seq
// and BookedAt rise along a history.
func (a *account) span(filter *ports.EntryFilter) []*ports.Entry {
	first := min(max(filter.AfterSeq, 0), int64(len(a.entries)))
	last := int64(len(a.entries))
	if filter.BeforeSeq != 0 {
		last = min(last, filter.BeforeSeq-1)
	}
	if !filter.From.IsZero() {
		first = max(first, a.bookedBefore(func(e *ports.Entry) bool { return e.BookedAt.Before(filter.From) }))
	}
	if !filter.Until.IsZero() {
		last = min(last, a.bookedBefore(func(e *ports.Entry) bool { return e.BookedAt.Before(filter.Until) }))
	}
	return a.entries[first:max(first, last)]
}

// bookedBefore returns how many entries, from the first, are early.
func (a *account) bookedBefore(early func(*ports.Entry) bool) int64 {
	n, _ := slices.BinarySearchFunc(a.entries, struct{}{}, func(e *ports.Entry, _ struct{}) int {
		if early(e) {
			return -1
		}
		return 1
	})
	return int64(n)
}

func matches(filter *ports.EntryFilter, entry *ports.Entry) bool {
	return (len(filter.Types) == 0 || slices.Contains(filter.Types, entry.Type)) &&
		(filter.Reference == "" || filter.Reference == entry.Reference) &&
		(filter.OperationID == "" || filter.OperationID == entry.OperationID) &&
		(filter.RefersTo == 0 || filter.RefersTo == entry.RefersTo)
}

// LastReferring implements [ports.EntryReader].
func (s *Store) LastReferring(ctx context.Context, entryType ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkTexts("Type", string(entryType)); err != nil {
		return nil, err
	}
	for _, ref := range to {
		if err := checkTexts("WalletID", ref.WalletID); err != nil {
			return nil, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []ports.Entry
	seen := make(map[ports.EntryRef]bool, len(to))
	for _, ref := range to {
		account := s.accounts[ref.WalletID]
		if account == nil || seen[ref] {
			continue
		}
		seen[ref] = true
		if seq := account.referring[reference{entryType, ref.Seq}]; seq != 0 {
			found = append(found, account.entries[seq-1].Clone())
		}
	}
	return found, nil
}

// Totals implements [ports.EntryReader].
func (s *Store) Totals(ctx context.Context) ([]ports.Total, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sums := make(totals)
	for _, account := range s.accounts {
		wallet := &account.wallet
		sums.add(wallet.Currency, ports.AccountWallets, wallet.Balance, wallet.Point)
		for _, entry := range account.entries {
			sums.add(wallet.Currency, entry.Counterparty, entry.BalanceAmount.Neg(), entry.PointAmount.Neg())
			for _, move := range entry.Moves {
				sums.add(wallet.Currency, move.Account, move.Amount, decimal.Zero)
			}
		}
	}
	return sums.list(), nil
}

type totalKey struct {
	currency string
	account  ports.Account
}

type totals map[totalKey]*ports.Total

func (t totals) add(currency string, account ports.Account, balance, point decimal.Decimal) {
	if account == "" {
		return
	}
	key := totalKey{currency, account}
	total := t[key]
	if total == nil {
		total = &ports.Total{Currency: currency, Account: account}
		t[key] = total
	}
	total.Balance = total.Balance.Add(balance)
	total.Point = total.Point.Add(point)
}

func (t totals) list() []ports.Total {
	list := make([]ports.Total, 0, len(t))
	for _, total := range t {
		list = append(list, *total)
	}
	return list
}
