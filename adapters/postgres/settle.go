package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// settle finds out, when an earlier try may have been written, whether units that were
// refused for what is stored in their place were written by that try. A lane that is
// taken may be free when the earlier try arrives: then nobody can tell.
func (s *Store) settle(ctx context.Context, b *batch) {
	if b.doubt == nil {
		return
	}
	for i, fate := range b.fates {
		switch fate.Status { //nolint:exhaustive // the others are final
		case ports.FateConflict, ports.FateOperationConflict, ports.FateLaneTaken:
		default:
			continue
		}
		found, err := s.find(ctx, b.units[i])
		if err == nil && !found && fate.Status == ports.FateLaneTaken {
			err = b.doubt
		}
		switch {
		case err != nil:
			*fate = ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: %w", ports.ErrUndecided, err)}
		case found:
			*fate = ports.Fate{Status: ports.FateCommitted}
		}
	}
}

// tellBusy turns a conflict about records that are at the version that the unit was
// computed from into FateBusy: the statement passed over them because another
// transaction has locked them.
func (s *Store) tellBusy(ctx context.Context, b *batch) {
	wallets, operations := b.refused(ports.FateConflict), b.refused(ports.FateOperationConflict)
	if len(wallets)+len(operations) == 0 {
		return
	}
	walletVersions, err := s.versions(ctx, "jigap.wallets", wallets)
	operationVersions, operationsErr := s.versions(ctx, "jigap.operations", operations)
	if err != nil || operationsErr != nil {
		return // they stay conflicts, which is what the statement said
	}
	for i, fate := range b.fates {
		switch fate.Status { //nolint:exhaustive // the others name nothing that can be locked
		case ports.FateConflict:
			orBusy(fate, walletVersions, walletVersionsOf(b.units[i]))
		case ports.FateOperationConflict:
			orBusy(fate, operationVersions, operationVersionsOf(b.units[i]))
		}
	}
}

// orBusy keeps in a conflict the records that are not at the version that the unit was
// computed from. When all are, it is no conflict.
func orBusy(fate *ports.Fate, stored, written map[string]int64) {
	changed := slices.DeleteFunc(slices.Clone(fate.IDs), func(id string) bool { return stored[id] == written[id]-1 })
	if len(changed) > 0 {
		fate.IDs = changed
		return
	}
	*fate = ports.Fate{Status: ports.FateBusy, IDs: fate.IDs, Err: fmt.Errorf("commit: %w", ports.ErrBusy)}
}

func walletVersionsOf(unit *ports.Unit) map[string]int64 {
	versions := make(map[string]int64, len(unit.Wallets))
	for i := range unit.Wallets {
		versions[unit.Wallets[i].ID] = unit.Wallets[i].Version
	}
	return versions
}

func operationVersionsOf(unit *ports.Unit) map[string]int64 {
	versions := make(map[string]int64, len(unit.Operations))
	for _, op := range unit.Operations {
		versions[op.Head().ID] = op.Head().Version
	}
	return versions
}

// versions reads the versions that records have now.
func (s *Store) versions(ctx context.Context, table string, ids []string) (map[string]int64, error) {
	versions := make(map[string]int64, len(ids))
	if len(ids) == 0 {
		return versions, nil
	}
	type version struct {
		id string
		n  int64
	}
	list, err := read(ctx, &s.reader, s.sql.in("SELECT id, version FROM "+table+" WHERE id = ANY($1)"), func(row pgx.CollectableRow) (v version, err error) {
		return v, row.Scan(&v.id, &v.n)
	}, ids)
	for _, v := range list {
		versions[v.id] = v.n
	}
	return versions, err
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
