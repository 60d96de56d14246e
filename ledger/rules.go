package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Spend says which purse pays, and in which order.
type Spend int

// The ways to spend. The zero value is SOLAPI's.
const (
	PointsFirst Spend = iota // points, then cash
	CashFirst                // cash, then points
	CashOnly
	PointsOnly
)

// change is what an operation does to a wallet. Rules compute it; apply carries it
// out. Zero amounts may be left as they are.
type change struct {
	balance     decimal.Decimal
	point       decimal.Decimal
	balanceHeld decimal.Decimal
	pointHeld   decimal.Decimal
	lots        []ports.LotChange
}

// errInvariant is a rule that would have broken what a wallet must keep, or a record
// that was broken before: nothing was changed.
var errInvariant = errors.New("ledger: a wallet's invariant does not hold")

// errLots and errPurse say which limit a wallet would exceed.
var (
	errLots  = fmt.Errorf("%w: the wallet has %d lots of points", ports.ErrLimit, ports.MaxLots)
	errPurse = fmt.Errorf("%w: a purse must stay below 10^18", ports.ErrLimit)
)

// plus and minus spare the allocation when there is nothing to add.
func plus(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return a
	}
	return a.Add(b)
}

func minus(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return a
	}
	return a.Sub(b)
}

func neg(a decimal.Decimal) decimal.Decimal {
	if a.IsZero() {
		return a
	}
	return a.Neg()
}

// apply carries c out on w, or returns an error, after which w is of no use. Rules refuse
// with better words before it comes to that; here the invariants are held whatever
// a rule did: 0 <= held <= purse < limit, and lots sum to points. Where c changes lots,
// those of w are changed in place.
func apply(w *ports.Wallet, c *change) error {
	balance, point := plus(w.Balance, c.balance), plus(w.Point, c.point)
	balanceHeld, pointHeld := plus(w.BalanceHeld, c.balanceHeld), plus(w.PointHeld, c.pointHeld)
	if balanceHeld.IsNegative() || pointHeld.IsNegative() || balance.LessThan(balanceHeld) || point.LessThan(pointHeld) {
		return errInvariant
	}
	if !ports.WithinLimit(balance) || !ports.WithinLimit(point) {
		return errPurse
	}
	if len(c.lots) > 0 {
		lots, err := applyLots(w.Lots, c.lots)
		if err != nil {
			return err
		}
		w.Lots = lots
	}
	w.Balance, w.Point, w.BalanceHeld, w.PointHeld = balance, point, balanceHeld, pointHeld
	return nil
}

// applyLots makes the changes in lots. With an error lots are of no use any more.
func applyLots(lots []ports.PointLot, changes []ports.LotChange) ([]ports.PointLot, error) {
	emptied := false
	for i := range changes {
		c := &changes[i]
		at, found := slices.BinarySearchFunc(lots, c, func(l ports.PointLot, c *ports.LotChange) int {
			return spendOrder(l.ExpiresAt, c.ExpiresAt, l.Priority, c.Priority, l.ID, c.LotID)
		})
		if !found {
			lots = slices.Insert(lots, at, ports.PointLot{ID: c.LotID, ExpiresAt: c.ExpiresAt, Priority: c.Priority})
		}
		lot := &lots[at]
		lot.Amount, lot.Held = plus(lot.Amount, c.Amount), plus(lot.Held, c.HeldAmount)
		if lot.Held.IsNegative() || lot.Amount.LessThan(lot.Held) {
			return nil, errInvariant
		}
		emptied = emptied || lot.Amount.IsZero()
	}
	if emptied { // all at once: a change may empty many
		lots = slices.DeleteFunc(lots, func(l ports.PointLot) bool { return l.Amount.IsZero() })
	}
	return lots, nil
}

// spendOrder compares two lots by the order in which they are spent: nearest
// expiry, then priority, then age.
func spendOrder(expiresA, expiresB time.Time, priorityA, priorityB int32, a, b int64) int {
	if !expiresA.Equal(expiresB) {
		switch {
		case expiresA.IsZero():
			return 1
		case expiresB.IsZero():
			return -1
		}
		return expiresA.Compare(expiresB)
	}
	return cmp.Or(cmp.Compare(priorityA, priorityB), cmp.Compare(a, b))
}

// spend returns the change that takes amount from what is available. Lots that
// have lapsed must have been booked out before.
func spend(w *ports.Wallet, amount decimal.Decimal, how Spend) (change, error) {
	cash, point, err := split(w, amount, how)
	if err != nil {
		return change{}, err
	}
	c := change{balance: neg(cash), point: neg(point)}
	if !point.IsZero() {
		c.lots = takeLots(w.Lots, point, func(lot *ports.PointLot, taken decimal.Decimal) ports.LotChange {
			return ports.LotChange{LotID: lot.ID, Amount: taken.Neg(), ExpiresAt: lot.ExpiresAt, Priority: lot.Priority}
		})
	}
	return c, nil
}

// split divides amount between the purses.
func split(w *ports.Wallet, amount decimal.Decimal, how Spend) (cash, point decimal.Decimal, err error) {
	availableCash, availablePoint := minus(w.Balance, w.BalanceHeld), minus(w.Point, w.PointHeld)
	switch how {
	case PointsFirst:
		point = decimal.Min(amount, availablePoint)
		cash = minus(amount, point)
	case CashFirst:
		cash = decimal.Min(amount, availableCash)
		point = minus(amount, cash)
	case CashOnly:
		cash = amount
	case PointsOnly:
		point = amount
	}
	if cash.GreaterThan(availableCash) || point.GreaterThan(availablePoint) {
		missing := insufficient(w, amount)
		missing.PointsOnly = how == PointsOnly
		return decimal.Decimal{}, decimal.Decimal{}, missing
	}
	return cash, point, nil
}

// takeLots spreads amount over what is not held of lots, in their order.
func takeLots(lots []ports.PointLot, amount decimal.Decimal,
	take func(*ports.PointLot, decimal.Decimal) ports.LotChange,
) []ports.LotChange {
	var changes []ports.LotChange
	for i := range lots {
		if amount.IsZero() {
			break
		}
		lot := &lots[i]
		taken := decimal.Min(amount, minus(lot.Amount, lot.Held))
		if !taken.IsPositive() {
			continue
		}
		changes = append(changes, take(lot, taken))
		amount = amount.Sub(taken)
	}
	return changes
}

// lapsed returns where the first lot stands that has expired and is not wholly held, or
// -1. Lots are in order of expiry: behind the first that has not expired none has.
func lapsed(lots []ports.PointLot, now time.Time) int {
	for i := range lots {
		switch lot := &lots[i]; {
		case !lot.Expired(now):
			return -1
		case lot.Held.LessThan(lot.Amount):
			return i
		}
	}
	return -1
}

// giveBack returns the change that gives amount back of what a debit took, when refunds
// have given back refunded before: cash first, then points, to the lots that were taken
// last first. What has been given back is known by its sum alone, because every refund
// goes this way.
func giveBack(taken *ports.Entry, refunded, amount decimal.Decimal, all bool) (change, error) {
	left := minus(took(taken), refunded)
	if all {
		amount = left
	}
	if !amount.IsPositive() || amount.GreaterThan(left) {
		return change{}, ports.ErrRefundExceeds
	}
	// next returns how much of a part of what was taken this refund gives back.
	next := func(part decimal.Decimal) decimal.Decimal {
		before := decimal.Min(refunded, part)
		refunded = minus(refunded, before)
		given := decimal.Min(amount, minus(part, before))
		amount = minus(amount, given)
		return given
	}
	c := change{balance: next(neg(taken.BalanceAmount))}
	for i := len(taken.Lots) - 1; i >= 0 && amount.IsPositive(); i-- {
		lot := taken.Lots[i]
		lot.Amount, lot.HeldAmount = next(neg(lot.Amount)), decimal.Decimal{}
		if lot.Amount.IsPositive() {
			c.point = plus(c.point, lot.Amount)
			c.lots = append(c.lots, lot)
		}
	}
	return c, nil
}

// took returns what a debit took, cash and points together.
func took(debit *ports.Entry) decimal.Decimal {
	return neg(plus(debit.BalanceAmount, debit.PointAmount))
}

func insufficient(w *ports.Wallet, asked decimal.Decimal) *ports.InsufficientError {
	return &ports.InsufficientError{
		WalletID: w.ID, Asked: asked,
		AvailableBalance: minus(w.Balance, w.BalanceHeld), AvailablePoint: minus(w.Point, w.PointHeld),
	}
}
