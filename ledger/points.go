package ledger

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// movePoints books the points that go with a booking, behind its entry.
func (b *draft) movePoints(w *ports.Wallet, points *books.Points, operationID string) error {
	entry, amount := entryOfPoints(w, points)
	if amount.IsZero() {
		points.Done(0, decimal.Decimal{})
		return nil
	}
	entry.Counterparty, entry.OperationID, entry.Memo = ports.AccountPointExpense, operationID, points.Memo
	lot := points.Lot
	lot.Amount, lot.HeldAmount = amount, decimal.Decimal{}
	if lot.LotID == 0 {
		lot.LotID = w.Seq + 1
	}
	booked, err := b.append(w, &entry, &change{point: amount, lots: []ports.LotChange{lot}})
	if err != nil {
		return err
	}
	points.Done(booked.Seq, amount)
	return nil
}

// entryOfPoints returns the entry of a change of points, and as much of the change as the wallet
// allows.
func entryOfPoints(w *ports.Wallet, points *books.Points) (ports.Entry, decimal.Decimal) {
	lot, amount := &points.Lot, points.Wants(w.Scale)
	switch {
	case amount.IsNegative():
		return ports.Entry{Type: ports.EntryRevoke, RefersTo: lot.LotID}, decimal.Min(amount.Neg(), unheld(w, lot.LotID)).Neg()
	case !ports.WithinLimit(plus(w.Point, amount)):
		return ports.Entry{}, decimal.Decimal{}
	case lot.LotID != 0:
		return ports.Entry{Type: ports.EntryRevokeBack, RefersTo: lot.LotID}, amount
	case !lot.ExpiresAt.IsZero() && !lot.ExpiresAt.After(w.BookedAt):
		return ports.Entry{}, decimal.Decimal{}
	}
	return ports.Entry{Type: ports.EntryGrant}, amount
}

// unheld returns the points of a lot that are not held.
func unheld(w *ports.Wallet, lotID int64) decimal.Decimal {
	for i := range w.Lots {
		if lot := &w.Lots[i]; lot.ID == lotID {
			return minus(lot.Amount, lot.Held)
		}
	}
	return decimal.Decimal{}
}

// RevokeRequest asks for what is left of one lot of points to be taken back.
type RevokeRequest struct {
	WalletID string
	Key      string
	LotID    int64 // the number of the entry that granted the lot: [ports.PointLot].ID, or Seq of the bonus of a recharge
	ports.By       // required; the entry keeps both, Why as its Memo
	Note           // its Memo must be blank: Why takes its place
}

// RevokeReceipt is the answer to a revocation. Amounts are in whole units of the wallet's currency.
type RevokeReceipt struct {
	Receipt
	Granted decimal.Decimal // what the lot was granted with
	Missing decimal.Decimal // of Granted: what no revocation has taken back, because it was spent, had expired or was held
}

// Revoke takes back what is left of one lot of points, whichever lot would be spent first. A
// frozen wallet is no obstacle. What is held of the lot stays with its hold. Missing of the receipt
// tells what could not be taken back; with Replayed it is what was missing then.
//
// A LotID that is no lot of the wallet is [ports.ErrNotFound]. A lot of which nothing is left
// that is not held is [ports.ErrInsufficient].
func (l *Ledger) Revoke(ctx context.Context, request RevokeRequest) (RevokeReceipt, error) {
	c := &command{name: "revoke", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	err := c.checkBy(&request.By)
	if request.LotID <= 0 {
		err = ports.Join(err, ports.Invalid("LotID", "must be greater than zero"))
	}
	if err != nil {
		return RevokeReceipt{}, fmt.Errorf("revoke: %w", err)
	}
	granted, err := l.granted(ctx, &request)
	if err != nil {
		return RevokeReceipt{}, fmt.Errorf("revoke lot %d of wallet %s: %w", request.LotID, request.WalletID, err)
	}
	c.digest = canonical(nil).request("revoke", &c.note).str(c.who).int(request.LotID).sum()
	c.apply = func(b *draft) error { return b.revoke(granted) }
	receipt, err := l.do(ctx, c)
	if err != nil {
		return RevokeReceipt{}, err
	}
	missing, err := l.missing(ctx, &receipt.Entry, granted.Amount)
	if err != nil {
		return RevokeReceipt{}, fmt.Errorf("revoke lot %d of wallet %s: it is booked, and what is missing cannot be read: %w", request.LotID, request.WalletID, err)
	}
	return RevokeReceipt{Receipt: receipt, Granted: granted.Amount, Missing: missing}, nil
}

// granted returns the change with which a lot began.
func (l *Ledger) granted(ctx context.Context, request *RevokeRequest) (ports.LotChange, error) {
	found, err := l.store.Entries(ctx, ports.EntryFilter{
		WalletID: request.WalletID, AfterSeq: request.LotID - 1, BeforeSeq: request.LotID + 1, Limit: 1,
	})
	if err != nil {
		return ports.LotChange{}, err
	}
	if len(found) == 1 {
		for _, lot := range found[0].Lots {
			if lot.LotID == request.LotID {
				return lot, nil
			}
		}
	}
	return ports.LotChange{}, ports.ErrNotFound
}

// revoke takes back what is left of a lot.
func (b *draft) revoke(lot ports.LotChange) error {
	w, err := b.own()
	if err != nil {
		return err
	}
	left := unheld(w, lot.LotID)
	if !left.IsPositive() {
		return fmt.Errorf("%w: nothing is left of lot %d that is not held", ports.ErrInsufficient, lot.LotID)
	}
	lot.Amount, lot.HeldAmount = left.Neg(), decimal.Decimal{}
	entry := ports.Entry{Type: ports.EntryRevoke, Counterparty: ports.AccountPointExpense, RefersTo: lot.LotID}
	_, err = b.book(w, &entry, &change{point: lot.Amount, lots: []ports.LotChange{lot}})
	return err
}

// missing returns what revocations of a lot have not taken back of what was granted, up to the entry.
func (l *Ledger) missing(ctx context.Context, entry *ports.Entry, granted decimal.Decimal) (decimal.Decimal, error) {
	filter := ports.EntryFilter{
		WalletID: entry.WalletID, Types: []ports.EntryType{ports.EntryRevoke, ports.EntryRevokeBack},
		RefersTo: entry.RefersTo, BeforeSeq: entry.Seq + 1, Limit: maxPage,
	}
	for {
		found, err := l.store.Entries(ctx, filter)
		if err != nil {
			return decimal.Decimal{}, err
		}
		for i := range found {
			granted = plus(granted, found[i].PointAmount)
			filter.AfterSeq = found[i].Seq
		}
		if len(found) < maxPage {
			return granted, nil
		}
	}
}
