package postgres

import (
	"context"
	"fmt"

	"github.com/jigap/jigap/ports"
)

// settle gives the units of a batch their fates after a try went through. When an
// earlier try may have been written, a unit that finds its place taken is looked for
// there.
func (s *Store) settle(ctx context.Context, b *batch, refusals []refusal) {
	b.apply(refusals)
	if b.doubt == nil {
		return
	}
	for i, fate := range b.fates {
		if fate.Status != ports.FateConflict && fate.Status != ports.FateOperationConflict {
			continue
		}
		found, err := s.find(ctx, b.units[i])
		switch {
		case err != nil:
			*fate = ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: %w", ports.ErrUndecided, err)}
		case found:
			*fate = ports.Fate{Status: ports.FateCommitted}
		}
	}
}

// find reports whether the unit is what was written in its place. A unit with
// entries is known for ever by the hash of the last of them; others only until the
// next write, after which the answer is an error.
func (s *Store) find(ctx context.Context, unit *ports.Unit) (bool, error) {
	switch {
	case len(unit.Entries) > 0:
		last := &unit.Entries[len(unit.Entries)-1]
		entries, err := s.Entries(ctx, ports.EntryFilter{
			WalletID: last.WalletID, AfterSeq: last.Seq - 1, BeforeSeq: last.Seq + 1, Limit: 1,
		})
		return err == nil && len(entries) == 1 && entries[0].Hash == last.Hash && entries[0].Key == last.Key, err
	case len(unit.Operations) > 0:
		return s.findOperation(ctx, unit.Operations[0])
	}
	return s.findWallet(ctx, &unit.Wallets[0])
}

func (s *Store) findOperation(ctx context.Context, op ports.Operation) (bool, error) {
	stored, err := s.Operations(ctx, []string{op.Head().ID})
	if err != nil || len(stored) == 0 || stored[0].Head().Version < op.Head().Version {
		return false, err
	}
	if stored[0].Head().Version > op.Head().Version {
		return false, fmt.Errorf("operation %s was written again since", op.Head().ID)
	}
	was, err := encodeOperation(stored[0])
	if err != nil {
		return false, err
	}
	is, err := encodeOperation(op)
	return was == is, err
}

func (s *Store) findWallet(ctx context.Context, wallet *ports.Wallet) (bool, error) {
	stored, err := s.Wallets(ctx, []string{wallet.ID})
	if err != nil || len(stored) == 0 || stored[0].Version < wallet.Version {
		return false, err
	}
	if stored[0].Version > wallet.Version {
		return false, fmt.Errorf("wallet %s was written again since", wallet.ID)
	}
	return sameWallet(&stored[0], wallet), nil
}

// sameWallet compares what a write without entries can change.
func sameWallet(a, b *ports.Wallet) bool {
	return a.Seq == b.Seq && a.Hash == b.Hash && a.Status == b.Status && a.OpenOperations == b.OpenOperations &&
		a.Balance.Equal(b.Balance) && a.BalanceHeld.Equal(b.BalanceHeld) &&
		a.Point.Equal(b.Point) && a.PointHeld.Equal(b.PointHeld) && encodeLots(a.Lots) == encodeLots(b.Lots) &&
		ports.SameAmount(a.Watch.Below, b.Watch.Below) && ports.SameAmount(a.Watch.Above, b.Watch.Above)
}
