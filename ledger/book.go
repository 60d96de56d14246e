package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// bookingRule books a [books.Booking].
type bookingRule books.Booking

// Book is for the packages of this module, as the type of its argument is internal. It books
// one entry and its records in one unit. In addition to the errors of a deduct
// it answers [ports.ErrConflict] when a record is not at the version before its own,
// or it would end more operations than are open (none are in a closed wallet), and a
// [ports.LaneTakenError] when a record's lane is taken.
//
// The ledger fills in the records, so a caller whose context ends while it works on the Booking waits
// for the answer, which the store bounds.
//
// A Booking without Type books no entry: it only sets the watch and writes the
// records.
func (l *Ledger) Book(ctx context.Context, booking books.Booking) (Receipt, error) {
	rule := (*bookingRule)(&booking)
	c, err := rule.command()
	if err != nil {
		return Receipt{}, err
	}
	rule.Moves = slices.Clone(rule.Moves)
	var above *ports.LimitError
	tell := rule.Above
	rule.Above = func(over *ports.LimitError) {
		if above = over; tell != nil {
			tell(over)
		}
	}
	c.apply = rule.apply
	receipt, err := l.do(ctx, c)
	if err == nil && above != nil && !receipt.Replayed {
		l.config.Logger.WarnContext(ctx, "money arrived, and the wallet is above a limit", "wallet", booking.WalletID, "operation", booking.OperationID,
			"entry", string(booking.Type), "limit", string(above.Limit), "most", above.Most.String(), "has", above.Has.String(), "incoming", above.Incoming.String())
	}
	return receipt, err
}

// Replay is for the packages of this module, as the type of its argument is internal. It
// returns the entry that an equal Booking made before under its key, or
// [ports.ErrNotFound] when the key is free; with other content it answers
// [ports.ErrKeyReused]. So a package can answer a retry with the first result whatever
// has changed since that would refuse it now.
func (l *Ledger) Replay(ctx context.Context, booking books.Booking) (ports.Entry, error) {
	c, err := (*bookingRule)(&booking).command()
	if err != nil {
		return ports.Entry{}, err
	}
	entry, err := l.EntryByKey(ctx, booking.WalletID, booking.Key)
	if err == nil && entry.Digest != c.digest {
		return ports.Entry{}, c.explain(c.reused(&entry))
	}
	return entry, err
}

// command is the booking without what it does.
func (r *bookingRule) command() (*command, error) {
	c := &command{walletID: r.WalletID, key: r.Key, note: Note(r.Note).clone(), foreign: r.Operations, content: r}
	if err := r.check(c); err != nil {
		return nil, err
	}
	c.digest = r.digest(c)
	if r.Type == ports.EntryClose {
		c.who = r.Closing.By.Who
	}
	return c, nil
}

// digest covers what the caller asked. Ids that are made anew for each request, and the
// records, are left out: Content stands for what matters of them.
func (r *bookingRule) digest(c *command) ports.Hash {
	return canonical(nil).request("book:"+cmp.Or(string(r.Type), "watch"), &c.note).amount(r.Balance).str(string(r.Counterparty)).moves(r.Moves).
		int(int64(r.Opened)).str(r.Content).sum()
}

func (r *bookingRule) check(c *command) error {
	errs := []error{
		ports.CheckID("WalletID", r.WalletID), ports.CheckReference("Key", r.Key), ports.CheckReference("OperationID", r.OperationID),
		ports.CheckReference("Counterparty", string(r.Counterparty)), c.note.check(), checkSigned("Balance", r.Balance),
		r.checkType(), r.checkMoves(), r.checkOperations(), r.checkRefersTo(), r.checkWatch(),
	}
	if !r.Balance.IsZero() && r.Counterparty == "" {
		errs = append(errs, ports.Invalid("Counterparty", "is blank"))
	}
	return ports.Join(errs...)
}

// checkType refuses the types whose rules are this package's own.
func (r *bookingRule) checkType() error {
	switch r.Type { //nolint:exhaustive // an open set: the rooms book the others
	case "":
		if r.Key != "" || !r.Balance.IsZero() || len(r.Moves) > 0 {
			return ports.Invalid("Type", "is blank, and a key or an amount is given")
		}
		return nil
	case ports.EntryClose:
		if r.Closing == nil || !r.Balance.IsZero() || len(r.Moves) > 0 {
			return ports.Invalid("Type", "closes the wallet, and no Closing or an amount is given")
		}
		return nil
	case ports.EntryOpen, ports.EntryFreeze, ports.EntryUnfreeze, ports.EntryRescale, ports.EntryGrant, ports.EntryRevoke, ports.EntryRevokeBack, ports.EntryDeduct,
		ports.EntryRefund, ports.EntryTransferIn, ports.EntryTransferOut, ports.EntryAdjust, ports.EntryExpire, ports.EntryForfeit,
		ports.EntryHold, ports.EntryCapture, ports.EntryRelease, ports.EntryHoldExpire:
		return ports.Invalid("Type", "is booked by an operation of its own")
	default:
		return ports.CheckID("Type", string(r.Type))
	}
}

// checkWatch refuses what no purse can be below or above.
func (r *bookingRule) checkWatch() error {
	if r.Watch == nil {
		return nil
	}
	var errs []error
	for _, bound := range []decimal.NullDecimal{r.Watch.Below, r.Watch.Above} {
		if bound.Valid {
			errs = append(errs, checkSigned("Watch", bound.Decimal))
		}
	}
	return ports.Join(errs...)
}

// checkRefersTo requires that an entry which takes another back, or lets it stand after all,
// names it.
func (r *bookingRule) checkRefersTo() error {
	switch {
	case r.RefersTo < 0:
		return ports.Invalid("RefersTo", "is negative")
	case r.RefersTo == 0 && (r.Type == ports.EntryReverse || r.Type == ports.EntryReverseBack):
		return ports.Invalid("RefersTo", "names no entry")
	}
	return nil
}

func (r *bookingRule) checkMoves() error {
	var sum decimal.Decimal
	for _, move := range r.Moves {
		if err := ports.Join(ports.CheckID("Moves", string(move.Account)), checkSigned("Moves", move.Amount)); err != nil {
			return err
		}
		sum = sum.Add(move.Amount)
	}
	if !sum.IsZero() {
		return ports.Invalid("Moves", "do not sum to zero")
	}
	return nil
}

func (r *bookingRule) checkOperations() error {
	seen := make(map[string]bool, len(r.Operations))
	for _, op := range r.Operations {
		switch {
		case op == nil:
			return ports.Invalid("Operations", "holds nil")
		case op.Head().WalletID != r.WalletID:
			return ports.Invalid("Operations", "holds one of another wallet")
		case seen[op.Head().ID]:
			return ports.Invalid("Operations", "names one twice")
		}
		seen[op.Head().ID] = true
	}
	return nil
}

func (r *bookingRule) apply(b *draft) error {
	ready := b.own
	if r.Debit {
		ready = b.debitable
	}
	w, err := ready()
	if errors.Is(err, ports.ErrClosed) && r.Opened < 0 {
		return ports.ErrConflict // what it would end has ended, or the wallet could not be closed
	}
	if err != nil {
		return err
	}
	if r.RefersTo > w.Seq {
		return ports.Invalid("RefersTo", "names an entry that the wallet does not have")
	}
	balance, err := r.judge(w)
	if err != nil {
		return err
	}
	if w.OpenOperations+r.Opened < 0 {
		return ports.ErrConflict // what it would end has ended: its records are not current
	}
	if err := r.announce(b, w); err != nil {
		return err
	}
	w.OpenOperations += r.Opened
	if r.Watch != nil {
		w.Watch = *r.Watch
	}
	b.operations = append(b.operations, r.Operations...)
	switch r.Type { //nolint:exhaustive // the others move money, or say that they do not
	case "":
		return nil
	case ports.EntryClose:
		return r.closeAlone(b, w)
	}
	return r.entry(b, w, balance)
}

// judge asks what the caller of the booking asks of the wallet, and returns the change of its cash.
func (r *bookingRule) judge(w *ports.Wallet) (decimal.Decimal, error) {
	balance, err := ports.CheckSigned("Balance", r.Balance, w.Scale)
	if err != nil {
		return balance, err
	}
	if r.Check != nil {
		if err := r.Check(w); err != nil {
			return balance, err
		}
	}
	if r.Reckon == nil {
		return balance, nil
	}
	if balance, err = r.Reckon(w); err != nil {
		return balance, err
	}
	return ports.CheckSigned("Balance", balance, w.Scale)
}

// entry books the entry of a booking that has one, and winds the wallet up behind it where the
// booking says so.
func (r *bookingRule) entry(b *draft, w *ports.Wallet, balance decimal.Decimal) error {
	entry := ports.Entry{
		Type: r.Type, Counterparty: r.Counterparty, Moves: r.Moves, OperationID: r.OperationID, RefersTo: r.RefersTo,
	}
	if balance.IsNegative() && minus(w.Balance, w.BalanceHeld).LessThan(balance.Neg()) {
		return insufficient(w, balance.Neg())
	}
	booked, err := b.book(w, &entry, &change{balance: balance})
	if err != nil {
		return err
	}
	if balance.IsPositive() {
		r.arrived(b, w, balance)
	}
	if r.Fill != nil {
		r.Fill(booked)
	}
	if r.Points != nil {
		return b.movePoints(w, r.Points, r.OperationID)
	}
	if r.Closing != nil {
		return r.closeBehind(b, w)
	}
	return nil
}

// announce adds to what is incoming what the booking announces, and takes off what it concludes.
func (r *bookingRule) announce(b *draft, w *ports.Wallet) error {
	// Never below zero: a process of an earlier version may have dropped the count.
	w.Incoming = minus(w.Incoming, decimal.Min(r.Concluded.Cash, w.Incoming))
	w.IncomingPoint = minus(w.IncomingPoint, decimal.Min(r.Concluded.Point, w.IncomingPoint))
	if r.Announced == nil {
		return nil
	}
	limits := b.limitsOf(w)
	var counted books.Incoming
	if limits.cash() {
		if over := limits.over(w, r.Announce.Cash, b.bookingTime(w)); over != nil {
			return over
		}
		counted.Cash = r.Announce.Cash
	}
	if r.Announce.Point.IsPositive() {
		if err := b.admitLot(w, r.Announce.Point); err != nil {
			return err
		}
		if limits.Point.Valid {
			counted.Point = r.Announce.Point
		}
	}
	w.Incoming, w.IncomingPoint = plus(w.Incoming, counted.Cash), plus(w.IncomingPoint, counted.Point)
	r.Announced(counted)
	return nil
}

// arrived counts cash that was booked, and tells whether the wallet is above a limit now.
func (r *bookingRule) arrived(b *draft, w *ports.Wallet, cash decimal.Decimal) {
	limits := b.limitsOfArrived(w)
	if r.Type == ports.EntryRecharge {
		limits.count(w, cash)
	}
	r.Above(limits.over(w, decimal.Decimal{}, w.BookedAt))
}
