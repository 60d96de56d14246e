package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// edit changes a policy as a person asks, and returns what to tell of it.
type edit func(next *loaded, wallet *ports.Wallet) (change, error)

// change is changeOrCreate for a policy that is there and admits the act.
func (e *Engine) change(ctx context.Context, by act, edit edit) (*ports.Policy, error) {
	return e.changeOrCreate(ctx, by, func(next *loaded, wallet *ports.Wallet) (change, error) {
		if next.Version == 0 {
			return change{}, ports.ErrNotFound
		}
		if err := admits(&next.Policy, by.what); err != nil {
			return change{}, err
		}
		return edit(next, wallet)
	})
}

// changeOrCreate computes the next version of a wallet's policy and writes it with the act,
// again when another process was faster, and configures the provider of a delegated one. For
// a wallet without a policy, edit gets a new one, of Version 0.
func (e *Engine) changeOrCreate(ctx context.Context, by act, edit edit) (*ports.Policy, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	for range record.ConflictsMax {
		next, err := e.changeOnce(ctx, by.WalletID, func(next *loaded, wallet *ports.Wallet) (change, error) {
			by.keep(next, e.now())
			return edit(next, wallet)
		})
		switch {
		case err == nil && next.Delegated && next.Open:
			return e.configureNow(ctx, next)
		case err == nil:
			return next.record()
		case !errors.Is(err, ports.ErrConflict) && !errors.Is(err, ports.ErrLaneTaken):
			return nil, record.About("policy of", "wallet", by.WalletID, err)
		}
	}
	return nil, fmt.Errorf("policy of wallet %s: others change it all the time: %w", by.WalletID, ports.ErrConflict)
}

// changeOnce edits the policy as it is now, and writes it.
func (e *Engine) changeOnce(ctx context.Context, walletID string, edit edit) (*loaded, error) {
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return nil, err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, err
	}
	var next *loaded
	switch {
	case policy == nil:
		next = e.fresh(walletID)
	case wallet.Status == ports.WalletClosed: // it has nothing to do any more
		return e.endWithWallet(ctx, policy, &wallet)
	default:
		next = policy.Clone()
	}
	event, err := edit(next, &wallet)
	if err != nil {
		return nil, err
	}
	s := advance(next, &wallet, edited(event), e.now())
	_, err = e.write(ctx, s)
	return s.next, err
}

// fresh returns the policy of a wallet that has none, of Version 0.
func (e *Engine) fresh(walletID string) *loaded {
	return &loaded{Policy: ports.Policy{OperationHead: ports.OperationHead{
		ID: e.config.IDs.NewID(), Kind: ports.KindPolicy, WalletID: walletID, Open: true,
		Lane: ports.PolicyLane(walletID), CreatedAt: e.now(),
	}, Status: ports.PolicyActive}}
}

// checkWallet refuses the id that no wallet can have.
func checkWallet(walletID string) error {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// find returns the open policy of a wallet, or nil.
func (e *Engine) find(ctx context.Context, walletID string) (*loaded, error) {
	record, err := e.stored(ctx, walletID)
	if err != nil || record == nil {
		return nil, err
	}
	e.doubts.Seen(record)
	return load(record)
}

// stored returns the record of the open policy of a wallet, or nil.
func (e *Engine) stored(ctx context.Context, walletID string) (*ports.Policy, error) {
	found, err := e.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindPolicy, Lane: ports.PolicyLane(walletID), Open: true, Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	policy, _ := found[0].(*ports.Policy)
	return policy, nil
}

// Trips returns the condition under which the policy of a wallet charges, as it is now: a
// function of the available cash. It is the guard of withdrawals, see withdraw.Config. A
// policy that is disabled or suspended never trips. A delegated policy trips as any other: its
// provider charges at the same minimum.
func (e *Engine) Trips(ctx context.Context, walletID string) (func(available decimal.Decimal) bool, error) {
	if err := checkWallet(walletID); err != nil {
		return nil, err
	}
	policy, err := e.stored(ctx, walletID)
	if err != nil {
		return nil, record.About("policy of", "wallet", walletID, err)
	}
	if policy == nil || policy.Status != ports.PolicyActive {
		return func(decimal.Decimal) bool { return false }, nil
	}
	return func(available decimal.Decimal) bool { return low(&policy.PolicyTerms, available) }, nil
}

// Get returns the policy of a wallet, or [ports.ErrNotFound].
func (e *Engine) Get(ctx context.Context, walletID string) (*ports.Policy, error) {
	policy, err := e.get(ctx, walletID)
	if err != nil {
		return nil, err
	}
	return policy.record()
}

func (e *Engine) get(ctx context.Context, walletID string) (*loaded, error) {
	if err := checkWallet(walletID); err != nil {
		return nil, err
	}
	policy, err := e.find(ctx, walletID)
	if err != nil {
		return nil, record.About("policy of", "wallet", walletID, err)
	}
	if policy == nil {
		return nil, fmt.Errorf("policy of wallet %s: %w", walletID, ports.ErrNotFound)
	}
	return policy, nil
}

// claim takes the policy for this process until the lease is over, see [record.Claim].
func (e *Engine) claim(ctx context.Context, policy *loaded, now time.Time) (mine *loaded, ok bool, err error) {
	unclaimed, err := policy.record()
	if err != nil {
		return nil, false, err
	}
	claimed, ok, err := record.Claim(ctx, e.store, unclaimed, now, e.config.Lease)
	mine = policy.Clone()
	mine.OperationHead = claimed.OperationHead
	return mine, ok, err
}
