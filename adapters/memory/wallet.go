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
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := make([]ports.Wallet, 0, len(ids))
	for i, id := range ids {
		if account := s.accounts[id]; account != nil && !slices.Contains(ids[:i], id) {
			found = append(found, account.wallet.Clone())
		}
	}
	return found, nil
}

// FindWallets implements [ports.WalletReader].
func (s *Store) FindWallets(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order()
	first, exact := slices.BinarySearch(s.ids, filter.AfterID)
	if exact {
		first++
	}
	var found []ports.Wallet
	for _, id := range s.ids[first:] {
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
	if !filter.ExpiringBy.IsZero() {
		if next := wallet.NextExpiry(); next.IsZero() || next.After(filter.ExpiringBy) {
			return false
		}
	}
	return !filter.Due || wallet.Watch.Due(wallet.AvailableBalance())
}
