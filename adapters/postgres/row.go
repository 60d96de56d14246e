package postgres

import (
	"fmt"
	"time"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// walletRows are the wallets of a batch.
type walletRows struct {
	unit, base, version, seq, openOperations, scale                integers
	id, currency, status, lots, counters                           texts
	balance, balanceHeld, point, pointHeld, watchBelow, watchAbove amounts
	openedAt, bookedAt, nextExpiry, holdExpiry                     times
	due                                                            flags
	hash, baseHash                                                 byteStrings
}

// columns lists the columns: unit is the number of the unit in the batch, from 1,
// base the Seq and base_hash the Hash that the wallet must have before.
func (r *walletRows) columns() []column {
	return []column{
		{"unit", "bigint", &r.unit, always},
		{"base", "bigint", &r.base, always},
		{"base_hash", "bytea", &r.baseHash, always},
		{"version", "bigint", &r.version, always},
		{"seq", "bigint", &r.seq, always},
		{"opened_at", "timestamptz", &r.openedAt, always},
		{"booked_at", "timestamptz", &r.bookedAt, always},
		{"next_expiry", "timestamptz?", &r.nextExpiry, points},
		{"hold_expiry", "timestamptz?", &r.holdExpiry, extras},
		{"open_operations", "bigint", &r.openOperations, extras},
		{"scale", "bigint", &r.scale, always},
		{"due", "boolean", &r.due, always},
		{"id", "text", &r.id, always},
		{"currency", "text", &r.currency, always},
		{"status", "text", &r.status, always},
		{"balance", "numeric", &r.balance, always},
		{"balance_held", "numeric", &r.balanceHeld, extras},
		{"point", "numeric", &r.point, points},
		{"point_held", "numeric", &r.pointHeld, points},
		{"watch_below", "numeric?", &r.watchBelow, extras},
		{"watch_above", "numeric?", &r.watchAbove, extras},
		{"hash", "bytea", &r.hash, always},
		{"lots", "text?", &r.lots, points},
		{"counters", "text?", &r.counters, extras},
	}
}

// add adds a wallet with so many entries in its unit, and the hash that it was computed
// from.
func (r *walletRows) add(unit, entries int, base *ports.Hash, w *ports.Wallet) {
	r.unit.add(int64(unit))
	r.base.add(w.Seq - int64(entries))
	r.baseHash.add(base[:])
	r.version.add(w.Version)
	r.seq.add(w.Seq)
	r.openedAt.add(w.OpenedAt)
	r.bookedAt.add(w.BookedAt)
	r.nextExpiry.add(w.NextExpiry())
	r.holdExpiry.add(w.HoldExpiry)
	r.openOperations.add(int64(w.OpenOperations))
	r.scale.add(int64(w.Scale))
	r.due.add(w.Watch.Due(w.AvailableBalance()))
	r.id.add(w.ID)
	r.currency.add(w.Currency)
	r.status.add(string(w.Status))
	r.balance.addChange(w.Balance)
	r.balanceHeld.addChange(w.BalanceHeld)
	r.point.addChange(w.Point)
	r.pointHeld.addChange(w.PointHeld)
	r.watchBelow.addOptional(w.Watch.Below)
	r.watchAbove.addOptional(w.Watch.Above)
	r.hash.add(w.Hash[:])
	r.lots.add(sqlrow.EncodeLots(w.Lots))
	r.counters.add(sqlrow.EncodeCounters(w))
}

// entryRows are the entries of a batch.
type entryRows struct {
	unit, seq, peerSeq, refersTo, newScale                                 integers
	occurredAt, bookedAt                                                   times
	walletID, kind, currency, counterparty, key                            texts
	reference, operationID, peerWalletID, memo, metadata, who, lots, moves texts
	balanceAmount, oldBalance, newBalance, pointAmount, oldPoint, newPoint amounts
	balanceHeldAmount, pointHeldAmount, refunded                           amounts
	digest, prevHash, hash                                                 byteStrings
}

func (r *entryRows) columns() []column {
	return []column{
		{"unit", "bigint", &r.unit, always},
		{"seq", "bigint", &r.seq, always},
		{"occurred_at", "timestamptz", &r.occurredAt, always},
		{"booked_at", "timestamptz", &r.bookedAt, always},
		{"peer_seq", "bigint?", &r.peerSeq, extras},
		{"refers_to", "bigint?", &r.refersTo, extras},
		{"new_scale", "bigint?", &r.newScale, extras},
		{"wallet_id", "text", &r.walletID, always},
		{"type", "text", &r.kind, always},
		{"currency", "text", &r.currency, always},
		{"balance_amount", "numeric?", &r.balanceAmount, always},
		{"old_balance", "numeric?", &r.oldBalance, always},
		{"new_balance", "numeric?", &r.newBalance, always},
		{"point_amount", "numeric?", &r.pointAmount, points},
		{"old_point", "numeric?", &r.oldPoint, points},
		{"new_point", "numeric?", &r.newPoint, points},
		{"balance_held_amount", "numeric?", &r.balanceHeldAmount, extras},
		{"point_held_amount", "numeric?", &r.pointHeldAmount, points},
		{"refunded", "numeric?", &r.refunded, extras},
		{"counterparty", "text?", &r.counterparty, always},
		{"key", "text?", &r.key, always},
		{"digest", "bytea?", &r.digest, always},
		{"prev_hash", "bytea", &r.prevHash, always},
		{"hash", "bytea", &r.hash, always},
		{"reference", "text?", &r.reference, extras},
		{"operation_id", "text?", &r.operationID, extras},
		{"peer_wallet_id", "text?", &r.peerWalletID, extras},
		{"memo", "text?", &r.memo, extras},
		{"metadata", "json?", &r.metadata, extras},
		{"who", "text?", &r.who, extras},
		{"lots", "json?", &r.lots, points},
		{"moves", "json?", &r.moves, extras},
	}
}

func (r *entryRows) add(unit int, e *ports.Entry) {
	r.unit.add(int64(unit))
	r.seq.add(e.Seq)
	r.occurredAt.add(e.OccurredAt)
	r.bookedAt.add(e.BookedAt)
	r.peerSeq.add(e.PeerSeq)
	r.refersTo.add(e.RefersTo)
	r.newScale.add(int64(e.NewScale))
	r.walletID.add(e.WalletID)
	r.kind.add(string(e.Type))
	r.currency.add(e.Currency)
	r.balanceAmount.addChange(e.BalanceAmount)
	r.oldBalance.addChange(e.OldBalance)
	r.newBalance.addChange(e.NewBalance)
	r.pointAmount.addChange(e.PointAmount)
	r.oldPoint.addChange(e.OldPoint)
	r.newPoint.addChange(e.NewPoint)
	r.balanceHeldAmount.addChange(e.BalanceHeldAmount)
	r.pointHeldAmount.addChange(e.PointHeldAmount)
	r.refunded.addChange(e.Refunded)
	r.counterparty.add(string(e.Counterparty))
	r.key.add(e.Key)
	if e.Digest == (ports.Hash{}) {
		r.digest.add(nil)
	} else {
		r.digest.add(e.Digest[:])
	}
	r.prevHash.add(e.PrevHash[:])
	r.hash.add(e.Hash[:])
	r.reference.add(e.Reference)
	r.operationID.add(e.OperationID)
	r.peerWalletID.add(e.PeerWalletID)
	r.memo.add(e.Memo)
	r.metadata.add(sqlrow.EncodeMetadata(e.Metadata))
	r.who.add(e.Who)
	r.lots.add(sqlrow.EncodeLotChanges(e.Lots))
	r.moves.add(sqlrow.EncodeMoves(e.Moves))
}

// operationRows are the operations of a batch.
type operationRows struct {
	unit, version                                                              integers
	dueAt                                                                      times
	open                                                                       flags
	id, kind, walletID, status, lane, provider, reference, providerRef, bodies texts
}

func (r *operationRows) columns() []column {
	return []column{
		{"unit", "bigint", &r.unit, always},
		{"version", "bigint", &r.version, always},
		{"due_at", "timestamptz?", &r.dueAt, always},
		{"open", "boolean", &r.open, always},
		{"id", "text", &r.id, always},
		{"kind", "text", &r.kind, always},
		{"wallet_id", "text", &r.walletID, always},
		{"status", "text", &r.status, always},
		{"lane", "text?", &r.lane, always},
		{"provider", "text?", &r.provider, always},
		{"reference", "text?", &r.reference, always},
		{"provider_ref", "text?", &r.providerRef, always},
		{"body", "json?", &r.bodies, always},
	}
}

func (r *operationRows) add(unit int, op ports.Operation) error {
	head := op.Head()
	body, err := sqlrow.EncodeOperation(op)
	if err != nil {
		return fmt.Errorf("operation %s: %w", head.ID, err)
	}
	r.unit.add(int64(unit))
	r.version.add(head.Version)
	r.dueAt.add(head.DueAt)
	r.open.add(head.Open)
	r.id.add(head.ID)
	r.kind.add(string(head.Kind))
	r.walletID.add(head.WalletID)
	r.status.add(op.StatusText())
	r.lane.add(head.Lane)
	r.provider.add(head.Provider)
	r.reference.add(head.Reference)
	r.providerRef.add(head.ProviderRef)
	r.bodies.add(body)
	return nil
}

// addNone adds a row without an operation.
func (r *operationRows) addNone(unit int) {
	r.unit.add(int64(unit))
	for _, column := range []*texts{&r.id, &r.kind, &r.walletID, &r.status, &r.lane, &r.provider, &r.reference, &r.providerRef, &r.bodies} {
		column.add("")
	}
	r.version.add(0)
	r.dueAt.add(time.Time{})
	r.open.add(false)
}
