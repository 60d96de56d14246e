package memory

import (
	"context"
	"slices"

	"github.com/jigap/jigap/ports"
)

// Wallets implements [ports.WalletReader].
func (s *Store) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkTexts("ID", ids...); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := make([]ports.Wallet, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if account := s.accounts[id]; account != nil && !seen[id] {
			found = append(found, account.wallet.Clone())
		}
		seen[id] = true
	}
	return found, nil
}

// FindWallets implements [ports.WalletReader].
func (s *Store) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkWalletFilter(&filter); err != nil {
		return nil, err
	}
	s.order()
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := s.ids[:s.sorted] // one that was opened since then may be missing
	first, exact := slices.BinarySearch(ids, filter.AfterID)
	if exact {
		first++
	}
	var found []ports.Wallet
	for _, id := range ids[first:] {
		if len(found) >= filter.Limit {
			break
		}
		if wallet := &s.accounts[id].wallet; selects(&filter, wallet) {
			found = append(found, wallet.Clone())
		}
	}
	return found, nil
}

func selects(filter *ports.WalletFilter, wallet *ports.Wallet) bool {
	if len(filter.Statuses) > 0 && !slices.Contains(filter.Statuses, wallet.Status) {
		return false
	}
	if !filter.ExpiringBy.IsZero() {
		if next := wallet.NextExpiry(); next.IsZero() || next.After(filter.ExpiringBy) {
			return false
		}
	}
	return !filter.Due || wallet.Watch.Due(wallet.AvailableBalance())
}
