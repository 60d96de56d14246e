package ledger

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ForfeitRequest asks for points to be taken away: their owner gives them up, or has lost the right
// to them.
type ForfeitRequest struct {
	WalletID string
	Key      string
	ports.By // required; the entry keeps both, Why as its Memo
	Note     // its Memo must be blank: Why takes its place
}

// Forfeit takes all points that are not held out of the wallet, of every lot, by one entry. The
// entry keeps who asked for it and why. Points that holds keep stay. A frozen wallet takes it, as it
// is an act of a person; a closed one answers [ports.ErrClosed]. Without such points it is an
// [ports.InsufficientError].
func (l *Ledger) Forfeit(ctx context.Context, request ForfeitRequest) (Receipt, error) {
	c := &command{name: "forfeit", walletID: request.WalletID, key: request.Key, note: request.clone()}
	if err := c.checkBy(&request.By); err != nil {
		return Receipt{}, fmt.Errorf("forfeit: %w", err)
	}
	c.digest = canonical(nil).request("forfeit", &c.note).str(c.who).sum()
	c.apply = func(b *draft) error {
		w, err := b.own()
		if err != nil {
			return err
		}
		entry := ports.Entry{Type: ports.EntryForfeit, Counterparty: ports.AccountPointExpense}
		taken, err := allPoints(w)
		if err == nil {
			_, err = b.book(w, &entry, &taken)
		}
		return err
	}
	return l.do(ctx, c)
}

// allPoints returns the change that takes all points that are not held.
func allPoints(w *ports.Wallet) (change, error) {
	available := minus(w.Point, w.PointHeld)
	if available.IsZero() {
		missing := insufficient(w, decimal.New(1, -w.Scale))
		missing.PointsOnly = true
		return change{}, missing
	}
	return spend(w, available, PointsOnly)
}

// end closes a wallet in which nothing is left.
func end(w *ports.Wallet) {
	w.Status = ports.WalletClosed
	w.Watch = ports.Watch{}
}

// keeps returns what keeps a wallet from being closed as the booking says, or nil.
func (r *bookingRule) keeps(w *ports.Wallet) error {
	switch c := r.Closing; {
	case w.OpenOperations > 0:
		return ports.ErrOpenOperations
	case !w.Balance.IsZero() && !w.Balance.Equal(c.Cash), w.Point.IsPositive() && !c.Points:
		return ports.ErrNotEmpty
	case w.Status == ports.WalletFrozen && !c.DespiteFreeze:
		return ports.ErrFrozen
	}
	return nil
}

// closeAlone books that the wallet is wound up, and nothing else.
func (r *bookingRule) closeAlone(b *draft, w *ports.Wallet) error {
	if err := r.keeps(w); err != nil {
		return err
	}
	if err := r.forfeit(b, w); err != nil {
		return err
	}
	end(w)
	booked, err := b.book(w, &ports.Entry{Type: ports.EntryClose, OperationID: r.OperationID}, &change{})
	if err == nil && r.Fill != nil {
		r.Fill(booked)
	}
	return err
}

// closeBehind winds the wallet up behind the entry of the booking, unless something keeps it open.
func (r *bookingRule) closeBehind(b *draft, w *ports.Wallet) error {
	if stays := r.keeps(w); stays != nil {
		r.Closing.Done(0, stays)
		return nil
	}
	if err := r.forfeit(b, w); err != nil {
		return err
	}
	end(w)
	booked, err := b.append(w, r.closing(ports.EntryClose), &change{})
	if err == nil {
		r.Closing.Done(booked.Seq, nil)
	}
	return err
}

// forfeit books out what is left in a wallet that is closed.
func (r *bookingRule) forfeit(b *draft, w *ports.Wallet) error {
	if w.Point.IsPositive() {
		taken, err := allPoints(w)
		if err != nil {
			return err
		}
		entry := r.closing(ports.EntryForfeit)
		entry.Counterparty = ports.AccountPointExpense
		if _, err := b.append(w, entry, &taken); err != nil {
			return err
		}
	}
	if !w.Balance.IsPositive() {
		return nil
	}
	entry := r.closing(ports.EntryForfeit)
	entry.Counterparty = ports.AccountForfeited
	_, err := b.append(w, entry, &change{balance: w.Balance.Neg()})
	return err
}

// closing returns an entry by which a wallet is wound up.
func (r *bookingRule) closing(entryType ports.EntryType) *ports.Entry {
	return &ports.Entry{Type: entryType, OperationID: r.OperationID, Who: r.Closing.By.Who, Memo: r.Closing.By.Why}
}
