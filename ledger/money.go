package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// CreditRequest asks for cash to be credited that has arrived.
type CreditRequest struct {
	WalletID string
	Key      string
	Amount   decimal.Decimal
	Provider string // who took the money in: names the clearing account. Defaults to "manual"
	Note
}

// Credit credits cash. To charge a card through a provider use package recharge,
// which ends here; to credit a payment that has a reference at a bank or a provider use
// Service.Credit of package recharge, which credits each payment once. A frozen wallet takes it; a closed one answers
// [ports.ErrClosed]. More than a limit of the wallet admits is a [ports.LimitError].
func (l *Ledger) Credit(ctx context.Context, request CreditRequest) (Receipt, error) {
	if request.Provider == "" {
		request.Provider = "manual"
	}
	c := &command{name: "credit", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	err := ports.Join(c.check(), checkSize(request.Amount), ports.CheckID("Provider", request.Provider))
	if err != nil {
		return Receipt{}, fmt.Errorf("credit: %w", err)
	}
	c.digest = canonical(nil).request("recharge", &c.note).amount(request.Amount).str(request.Provider).sum() // the name that digests have from the beginning
	c.apply = func(b *draft) error {
		w, err := b.own()
		if err != nil {
			return err
		}
		credit, err := inScale(request.Amount, w)
		if err != nil {
			return err
		}
		if err := b.admit(w, credit); err != nil {
			return err
		}
		entry := ports.Entry{Type: ports.EntryRecharge, Counterparty: ports.AccountClearing(request.Provider)}
		if _, err = b.book(w, &entry, &change{balance: credit}); err == nil {
			b.count(w, credit)
		}
		return err
	}
	return l.do(ctx, c)
}

// GrantRequest asks for points to be given: a new lot.
type GrantRequest struct {
	WalletID  string
	Key       string
	Amount    decimal.Decimal
	ExpiresAt time.Time // the first instant at which they can no longer be spent; zero: never
	Priority  int32     // among lots of the same expiry the lower is spent first
	Note
}

// Grant credits a lot of points. A lot that would have expired already is refused
// with [ports.ErrInvalid], one beyond [ports.MaxLots] with [ports.ErrLimit], and points that take
// the wallet above its limit with a [ports.LimitError].
func (l *Ledger) Grant(ctx context.Context, request GrantRequest) (Receipt, error) {
	c := &command{name: "grant", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	err := ports.Join(c.check(), checkSize(request.Amount), ports.CheckTime("ExpiresAt", request.ExpiresAt))
	if err != nil {
		return Receipt{}, fmt.Errorf("grant: %w", err)
	}
	expires := ports.Instant(request.ExpiresAt)
	c.digest = canonical(nil).request("grant", &c.note).amount(request.Amount).time(expires).int(int64(request.Priority)).sum()
	c.apply = func(b *draft) error {
		w, err := b.own()
		if err != nil {
			return err
		}
		credit, err := inScale(request.Amount, w)
		switch {
		case err != nil:
			return err
		case !expires.IsZero() && !expires.After(later(b.now, w.BookedAt)):
			return ports.Invalid("ExpiresAt", "has passed")
		}
		if err := b.admitLot(w, credit); err != nil {
			return err
		}
		return b.grant(w, ports.EntryGrant, ports.AccountPointExpense, change{point: credit}, expires, request.Priority)
	}
	return l.do(ctx, c)
}

// grant books c, whose points become a new lot.
func (b *draft) grant(w *ports.Wallet, entryType ports.EntryType, counterparty ports.Account, c change,
	expires time.Time, priority int32,
) error {
	c.lots = []ports.LotChange{{LotID: w.Seq + 1, Amount: c.point, ExpiresAt: expires, Priority: priority}}
	_, err := b.book(w, &ports.Entry{Type: entryType, Counterparty: counterparty}, &c)
	return err
}

// DeductRequest asks for usage to be paid.
type DeductRequest struct {
	WalletID string
	Key      string
	Amount   decimal.Decimal
	Spend    Spend // which purse pays. Defaults to points first
	Note
}

// Deduct takes usage from the purses. More than is available is an
// [ports.InsufficientError]; what is held or expired is not available.
func (l *Ledger) Deduct(ctx context.Context, request DeductRequest) (Receipt, error) {
	c := &command{name: "deduct", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	if err := request.check(c); err != nil {
		return Receipt{}, fmt.Errorf("deduct: %w", err)
	}
	var buffer [256]byte
	c.digest = canonical(buffer[:0]).request("deduct", &c.note).amount(request.Amount).int(int64(request.Spend)).sum()
	c.apply = func(b *draft) error {
		w, err := b.debitable()
		if err != nil {
			return err
		}
		debit, err := inScale(request.Amount, w)
		if err != nil {
			return err
		}
		taken, err := spend(w, debit, request.Spend)
		if err != nil {
			return err
		}
		_, err = b.book(w, &ports.Entry{Type: ports.EntryDeduct, Counterparty: ports.AccountUsage}, &taken)
		return err
	}
	return l.do(ctx, c)
}

func (r *DeductRequest) check(c *command) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := checkSize(r.Amount); err != nil {
		return err
	}
	return checkSpend(r.Spend)
}

func checkSpend(s Spend) error {
	if s < PointsFirst || s > PointsOnly {
		return ports.Invalid("Spend", "is not one of the ways to spend")
	}
	return nil
}

// RefundRequest asks for a deduct or capture to be given back, in whole or in part.
type RefundRequest struct {
	WalletID string
	Key      string          // of the refund
	Of       string          // the key of the deduct or capture
	Amount   decimal.Decimal // ignored with All
	All      bool            // all that earlier refunds have left
	Note
}

// Refund gives back what a deduct or capture took: cash first, then points, to the
// lots that they were taken from. Refunds of one debit never give back more than it
// took: that is [ports.ErrRefundExceeds]. Points that go back to a lot that has expired
// meanwhile are booked, and gone from then on. Of must name a deduct or capture:
// [ports.ErrNotFound] otherwise.
func (l *Ledger) Refund(ctx context.Context, request RefundRequest) (Receipt, error) {
	c := &command{
		name: "refund", walletID: request.WalletID, key: request.Key, note: request.clone(),
		originalKey: request.Of, content: &request,
	}
	if err := request.check(c); err != nil {
		return Receipt{}, fmt.Errorf("refund: %w", err)
	}
	digest := canonical(nil).request("refund", &c.note).str(request.Of)
	if request.All {
		digest = digest.str("all")
	} else {
		digest = digest.amount(request.Amount)
	}
	c.digest = digest.sum()
	c.apply = request.refund
	return l.do(ctx, c)
}

func (r *RefundRequest) check(c *command) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := ports.CheckID("Of", r.Of); err != nil {
		return err
	}
	if r.All {
		return nil
	}
	return checkSize(r.Amount)
}

func (r *RefundRequest) refund(b *draft) error {
	w, err := b.own()
	if err != nil {
		return err
	}
	debit := b.original
	if debit == nil || !refundable(debit.entry) {
		return fmt.Errorf("debit %q: %w", r.Of, ports.ErrNotFound)
	}
	if debit.broken != nil {
		return debit.broken
	}
	asked := r.Amount
	if !r.All {
		if asked, err = inScale(r.Amount, w); err != nil {
			return err
		}
	}
	given, err := giveBack(debit.entry, debit.refunded, asked, r.All)
	if err != nil {
		return err
	}
	entry := ports.Entry{
		Type: ports.EntryRefund, Counterparty: ports.AccountUsage,
		RefersTo: debit.entry.Seq, OperationID: debit.entry.OperationID,
		Refunded: plus(plus(debit.refunded, given.balance), given.point),
	}
	_, err = b.book(w, &entry, &given)
	return err
}

// debit is what a refund needs to know of the entry that it gives back.
type debit struct {
	entry    *ports.Entry
	refunded decimal.Decimal // what refunds have given back, those that this round books included
	broken   error           // the last refund does not tell
}

// ref names the debit's entry as its refunds do.
func (d *debit) ref() ports.EntryRef {
	return ports.EntryRef{WalletID: d.entry.WalletID, Seq: d.entry.Seq}
}

// refundable reports whether refunds may give the entry back.
func refundable(entry *ports.Entry) bool {
	return entry.Type == ports.EntryDeduct || entry.Type == ports.EntryCapture
}

// readRefund takes over what the last refund of the debit says was given back.
func (d *debit) readRefund(last *ports.Entry) {
	d.refunded = last.Refunded
	if !d.refunded.IsPositive() || d.refunded.GreaterThan(took(d.entry)) {
		d.broken = fmt.Errorf("%w: entry %d says that refunds gave back %s of the %s that entry %d took",
			errInvariant, last.Seq, d.refunded, took(d.entry), d.entry.Seq)
	}
}

// AdjustRequest asks for a correction by a person.
type AdjustRequest struct {
	WalletID string
	Key      string
	Balance  decimal.Decimal // signed change of cash
	Point    decimal.Decimal // signed change of points; added points form a lot that never expires
	ports.By                 // required; the entry keeps both, Why as its Memo
	Note                     // its Memo must be blank: Why takes its place
}

// Adjust corrects a wallet. The entry keeps who asked for it and why. It may take from a
// frozen wallet, but never more than is available.
func (l *Ledger) Adjust(ctx context.Context, request AdjustRequest) (Receipt, error) {
	c := &command{name: "adjust", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	if err := request.check(c); err != nil {
		return Receipt{}, fmt.Errorf("adjust: %w", err)
	}
	c.digest = canonical(nil).request("adjust", &c.note).str(c.who).amount(request.Balance).amount(request.Point).sum()
	c.apply = request.adjust
	return l.do(ctx, c)
}

func (r *AdjustRequest) check(c *command) error {
	if err := c.checkBy(&r.By); err != nil {
		return err
	}
	if r.Balance.IsZero() && r.Point.IsZero() {
		return ports.Invalid("Balance", "and Point are both zero")
	}
	return ports.Join(checkSigned("Balance", r.Balance), checkSigned("Point", r.Point))
}

func (r *AdjustRequest) adjust(b *draft) error {
	w, err := b.own()
	if err != nil {
		return err
	}
	cash, cashErr := ports.CheckSigned("Balance", r.Balance, w.Scale)
	point, pointErr := ports.CheckSigned("Point", r.Point, w.Scale)
	if err := ports.Join(cashErr, pointErr); err != nil {
		return err
	}
	if cash.IsNegative() && minus(w.Balance, w.BalanceHeld).LessThan(cash.Neg()) {
		return insufficient(w, cash.Neg())
	}
	if point.IsPositive() {
		if len(w.Lots) >= ports.MaxLots {
			return errLots
		}
		return b.grant(w, ports.EntryAdjust, ports.AccountAdjustment, change{balance: cash, point: point}, time.Time{}, 0)
	}
	c := change{balance: cash}
	if point.IsNegative() {
		if c, err = spend(w, point.Neg(), PointsOnly); err != nil {
			return err
		}
		c.balance = cash
	}
	_, err = b.book(w, &ports.Entry{Type: ports.EntryAdjust, Counterparty: ports.AccountAdjustment}, &c)
	return err
}
