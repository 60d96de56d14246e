package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// HoldRequest asks for an amount to be reserved.
type HoldRequest struct {
	WalletID  string
	Key       string
	Amount    decimal.Decimal
	Spend     Spend     // which purse pays. Defaults to points first
	ExpiresAt time.Time // when it is given back by itself; zero: never
	Note                // Reference is what the hold can be found by
}

// HoldReceipt is the answer to an operation on a hold: the entry, and the hold as it
// is afterwards (with Replayed: as it is now).
type HoldReceipt struct {
	Receipt
	Hold *ports.Hold
}

// Hold reserves an amount, from the purses and lots that a deduct would take it
// from: what is available falls, the balance does not. The reserved part of a lot
// stays usable for the hold even when the lot expires before the hold ends.
//
// From ExpiresAt on the hold counts as given back, whether or not that was booked yet: what it
// held is available to every operation, and no read shows it as held.
func (l *Ledger) Hold(ctx context.Context, request HoldRequest) (HoldReceipt, error) {
	c := &command{name: "hold", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	if err := request.check(c); err != nil {
		return HoldReceipt{}, fmt.Errorf("hold: %w", err)
	}
	expires := ports.Instant(request.ExpiresAt)
	c.digest = canonical(nil).request("hold", &c.note).amount(request.Amount).int(int64(request.Spend)).time(expires).sum()
	var hold *ports.Hold
	c.apply = func(b *draft) (err error) {
		hold, err = request.reserve(b, expires)
		return err
	}
	receipt, err := l.do(ctx, c)
	if err != nil {
		return HoldReceipt{}, err // and the caller that commits may still write hold
	}
	return l.holdReceipt(ctx, receipt, hold)
}

func (r *HoldRequest) check(c *command) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := checkSize(r.Amount); err != nil {
		return err
	}
	if err := ports.CheckTime("ExpiresAt", r.ExpiresAt); err != nil {
		return err
	}
	return checkSpend(r.Spend)
}

func (r *HoldRequest) reserve(b *draft, expires time.Time) (*ports.Hold, error) {
	w, err := b.debitable()
	if err != nil {
		return nil, err
	}
	held, err := inScale(r.Amount, w)
	if err != nil {
		return nil, err
	}
	now := later(b.now, w.BookedAt)
	if !expires.IsZero() && !expires.After(now) {
		return nil, ports.Invalid("ExpiresAt", "has passed")
	}
	cash, point, err := split(w, held, r.Spend)
	if err != nil {
		return nil, err
	}
	hold := &ports.Hold{
		OperationHead: ports.OperationHead{
			ID: b.newID(), Kind: ports.KindHold, WalletID: w.ID, Version: 1, Open: true,
			Reference: b.command.note.Reference, DueAt: expires, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.HoldHeld,
		Balance: cash, Reserved: held, CashFirst: r.Spend == CashFirst, Memo: b.command.note.Memo,
	}
	c := change{balanceHeld: cash, pointHeld: point}
	if point.IsPositive() {
		c.lots = takeLots(w.Lots, point, func(lot *ports.PointLot, taken decimal.Decimal) ports.LotChange {
			hold.Lots = append(hold.Lots, ports.HeldLot{
				LotID: lot.ID, Amount: taken, ExpiresAt: lot.ExpiresAt, Priority: lot.Priority,
			})
			return ports.LotChange{LotID: lot.ID, HeldAmount: taken, ExpiresAt: lot.ExpiresAt, Priority: lot.Priority}
		})
	}
	w.OpenOperations++
	if !expires.IsZero() && (w.HoldExpiry.IsZero() || expires.Before(w.HoldExpiry)) {
		w.HoldExpiry = expires
	}
	b.operations = append(b.operations, hold)
	_, err = b.book(w, &ports.Entry{Type: ports.EntryHold, OperationID: hold.ID}, &c)
	return hold, err
}

// CaptureRequest asks for a hold to be spent, in whole or in part.
type CaptureRequest struct {
	HoldID string
	Key    string
	Amount decimal.Decimal // ignored with All
	All    bool            // all that is still held
	Final  bool            // give back what is left and close the hold
	Note
}

// Capture spends what a hold reserves, in the order in which it was to be spent. A
// hold can be captured several times until it is used up or a final capture closes
// it; then, after a release, and from its ExpiresAt on, the answer is [ports.ErrNotOpen].
// More than is held is a [ports.InsufficientError]. A capture can be refunded like a
// deduct.
func (l *Ledger) Capture(ctx context.Context, request CaptureRequest) (HoldReceipt, error) {
	return l.onHold(ctx, "capture", request.HoldID, request.Key, &request.Note,
		func(c *command) error {
			c.content = &request
			digest := canonical(nil).request("capture", &c.note).str(request.HoldID).str(fmt.Sprint(request.Final))
			if request.All {
				c.digest = digest.str("all").sum()
				return nil
			}
			if err := checkSize(request.Amount); err != nil {
				return err
			}
			c.digest = digest.amount(request.Amount).sum()
			return nil
		},
		func(b *draft, hold *ports.Hold) error { return request.capture(b, hold) })
}

func (r *CaptureRequest) capture(b *draft, hold *ports.Hold) error {
	w, err := b.debitable()
	if err != nil {
		return err
	}
	spent := hold.Remaining()
	if !r.All {
		if spent, err = inScale(r.Amount, w); err != nil {
			return err
		}
	}
	c, err := captured(hold, spent)
	if err != nil {
		return err
	}
	used := hold.Remaining().IsZero()
	if used || r.Final {
		b.close(w, hold, ports.HoldCaptured)
	}
	entry := ports.Entry{Type: ports.EntryCapture, Counterparty: ports.AccountUsage, OperationID: hold.ID}
	if _, err := b.book(w, &entry, &c); err != nil || used || !r.Final {
		return err
	}
	rest := released(hold)
	if _, err := b.append(w, &ports.Entry{Type: ports.EntryRelease, OperationID: hold.ID}, &rest); err != nil {
		return err
	}
	return nil
}

// captured takes amount out of the hold and returns the change that spends it.
func captured(hold *ports.Hold, amount decimal.Decimal) (change, error) {
	if amount.GreaterThan(hold.Remaining()) {
		return change{}, &ports.InsufficientError{
			WalletID: hold.WalletID, Asked: amount, AvailableBalance: hold.Balance, AvailablePoint: hold.Point(),
		}
	}
	points := hold.Point()
	cash := hold.Balance
	if hold.CashFirst {
		cash = decimal.Min(cash, amount)
		points = minus(amount, cash)
	} else {
		points = decimal.Min(points, amount)
		cash = minus(amount, points)
	}
	c := change{balance: neg(cash), balanceHeld: neg(cash), point: neg(points), pointHeld: neg(points)}
	hold.Balance = minus(hold.Balance, cash)
	hold.CapturedBalance, hold.CapturedPoint = plus(hold.CapturedBalance, cash), plus(hold.CapturedPoint, points)
	for points.IsPositive() {
		lot := &hold.Lots[0]
		taken := decimal.Min(points, lot.Amount)
		c.lots = append(c.lots, ports.LotChange{
			LotID: lot.LotID, Amount: taken.Neg(), HeldAmount: taken.Neg(), ExpiresAt: lot.ExpiresAt, Priority: lot.Priority,
		})
		points, lot.Amount = points.Sub(taken), lot.Amount.Sub(taken)
		if lot.Amount.IsZero() {
			hold.Lots = slices.Delete(hold.Lots, 0, 1)
		}
	}
	return c, nil
}

// released empties the hold and returns the change that gives back what it held.
func released(hold *ports.Hold) change {
	c := change{balanceHeld: neg(hold.Balance), pointHeld: neg(hold.Point())}
	for i := range hold.Lots {
		lot := &hold.Lots[i]
		c.lots = append(c.lots, ports.LotChange{
			LotID: lot.LotID, HeldAmount: lot.Amount.Neg(), ExpiresAt: lot.ExpiresAt, Priority: lot.Priority,
		})
	}
	hold.Balance, hold.Lots = decimal.New(0, hold.Balance.Exponent()), nil
	return c
}

// ReleaseRequest asks for what a hold still holds to be given back.
type ReleaseRequest struct {
	HoldID string
	Key    string
	Note
}

// Release gives back what a hold still holds, to the purses and lots that it came
// from, and closes it. A hold that has ended answers [ports.ErrNotOpen], and so does one from
// its ExpiresAt on. Points that expired while they were held are gone from then on.
func (l *Ledger) Release(ctx context.Context, request ReleaseRequest) (HoldReceipt, error) {
	return l.onHold(ctx, "release", request.HoldID, request.Key, &request.Note,
		func(c *command) error {
			c.content = &request
			c.digest = canonical(nil).request("release", &c.note).str(request.HoldID).sum()
			return nil
		},
		func(b *draft, hold *ports.Hold) error {
			w, err := b.own()
			if err != nil {
				return err
			}
			b.close(w, hold, ports.HoldReleased)
			rest := released(hold)
			_, err = b.book(w, &ports.Entry{Type: ports.EntryRelease, OperationID: hold.ID}, &rest)
			return err
		})
}

// onHold runs a command on an open hold. prepare checks the request and takes its
// digest; apply changes the hold and books the entry.
func (l *Ledger) onHold(ctx context.Context, name, holdID, key string, note *Note,
	prepare func(*command) error, apply func(*draft, *ports.Hold) error,
) (HoldReceipt, error) {
	if err := ports.CheckID("HoldID", holdID); err != nil {
		return HoldReceipt{}, fmt.Errorf("%s: %w", name, err)
	}
	c := &command{name: name, walletID: holdID, key: key, note: note.clone(), operationID: holdID}
	if err := c.check(); err != nil {
		return HoldReceipt{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := prepare(c); err != nil {
		return HoldReceipt{}, fmt.Errorf("%s: %w", name, err)
	}
	found := l.holds.get(holdID)
	if found == nil {
		tick := l.ticks.now()
		hold, err := l.readHold(ctx, holdID)
		if err != nil {
			return HoldReceipt{}, fmt.Errorf("%s: %w", name, err)
		}
		found = &foundHold{hold: hold, at: tick}
	}
	c.walletID, c.found = found.hold.WalletID, found
	var after *ports.Hold
	c.apply = func(b *draft) error {
		hold, err := b.hold()
		if err != nil {
			return err
		}
		after = hold
		return apply(b, hold)
	}
	receipt, err := l.do(ctx, c)
	if err != nil {
		return HoldReceipt{}, err // and the caller that commits may still write after
	}
	return l.holdReceipt(ctx, receipt, after)
}

// hold returns the open hold of the command, a copy to be changed, with its version
// raised and made part of the unit. When an earlier command of the unit changed it,
// its state after that is what counts.
func (b *draft) hold() (*ports.Hold, error) {
	found, at := b.operation, -1
	for i, op := range b.operations {
		if op.Head().ID == b.command.operationID {
			found, at = op, i
		}
	}
	if found == nil {
		return nil, fmt.Errorf("hold %s: %w", b.command.operationID, ports.ErrNotFound)
	}
	hold, ok := found.Clone().(*ports.Hold)
	if !ok {
		return nil, fmt.Errorf("hold %s: %w", b.command.operationID, ports.ErrNotFound)
	}
	if w := b.wallet(hold.WalletID); w != nil {
		presentHold(hold, later(b.now, w.BookedAt))
	}
	if !hold.Open {
		return nil, fmt.Errorf("hold %s is %s: %w", hold.ID, hold.Status, ports.ErrNotOpen)
	}
	hold.UpdatedAt = b.now
	if at >= 0 {
		b.replaced, b.replacedAt = found, at
		b.operations[at] = hold
		return hold, nil
	}
	hold.Version++
	b.operations = append(b.operations, hold)
	return hold, nil
}

// close ends the hold.
func (b *draft) close(w *ports.Wallet, hold *ports.Hold, status ports.HoldStatus) {
	hold.Status, hold.Open, hold.DueAt = status, false, time.Time{}
	if w.OpenOperations--; w.OpenOperations == 0 {
		w.HoldExpiry = time.Time{}
	}
}

func (l *Ledger) holdReceipt(ctx context.Context, receipt Receipt, hold *ports.Hold) (HoldReceipt, error) {
	if receipt.Replayed {
		current, err := l.HoldByID(ctx, receipt.Entry.OperationID)
		if err != nil {
			return HoldReceipt{}, err
		}
		hold = current
	}
	return HoldReceipt{Receipt: receipt, Hold: hold}, nil
}

// HoldByID returns a hold, or [ports.ErrNotFound]. One whose time has come has expired,
// whether or not that was booked yet.
func (l *Ledger) HoldByID(ctx context.Context, id string) (*ports.Hold, error) {
	hold, err := l.readHold(ctx, id)
	if err != nil {
		return nil, err
	}
	return presentHold(hold, l.now()), nil
}

// readHold returns a hold as the store has it.
func (l *Ledger) readHold(ctx context.Context, id string) (*ports.Hold, error) {
	if err := ports.CheckID("HoldID", id); err != nil {
		return nil, fmt.Errorf("hold: %w", err)
	}
	found, err := l.store.Operations(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", id, err)
	}
	if len(found) == 1 {
		if hold, ok := found[0].(*ports.Hold); ok {
			return hold, nil
		}
	}
	return nil, fmt.Errorf("hold %s: %w", id, ports.ErrNotFound)
}

// HoldListing selects holds for [Ledger.Holds].
type HoldListing = ports.Listing[ports.HoldStatus]

// Holds returns the holds that the listing selects, of all wallets. A hold whose time has come
// has expired, whether or not that was booked yet. Text that no record can have is
// [ports.ErrInvalid].
func (l *Ledger) Holds(ctx context.Context, listing HoldListing) ([]*ports.Hold, error) {
	filter, err := holdFilter(listing)
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	now, holds := l.now(), make([]*ports.Hold, 0)
	for {
		found, err := l.store.FindOperations(ctx, filter)
		if err != nil {
			return nil, fmt.Errorf("list holds: %w", err)
		}
		for _, op := range found {
			filter.AfterID = op.Head().ID
			hold, ok := op.(*ports.Hold)
			if !ok || !selectsHold(&listing, presentHold(hold, now)) {
				continue
			}
			if holds = append(holds, hold); len(holds) == filter.Limit {
				return holds, nil
			}
		}
		if len(found) < filter.Limit {
			return holds, nil
		}
	}
}

// holdFilter returns the filter of the store for all holds that a listing may select. One that
// the store has as held may have expired.
func holdFilter(listing HoldListing) (ports.OperationFilter, error) {
	if slices.Contains(listing.Statuses, ports.HoldExpired) {
		listing.Statuses = append(slices.Clone(listing.Statuses), ports.HoldHeld)
	}
	return listing.Filter(ports.KindHold)
}

// selectsHold reports whether a listing selects a hold by what it is now.
func selectsHold(listing *HoldListing, hold *ports.Hold) bool {
	return (hold.Open || !listing.Open) && (len(listing.Statuses) == 0 || slices.Contains(listing.Statuses, hold.Status))
}
