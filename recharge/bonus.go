package recharge

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// Bonus asks for points that the customer gets with the credit, in the same unit. They are taken
// back with the credit in proportion, as far as they are still in their lot then: what is missing
// is told by [ports.Bonus].
//
// The recharge is refused when it is opened if the wallet could not take the bonus: with a
// [ports.LimitError] by the limit on points, which counts the bonuses of open recharges, and with
// [ports.ErrLimit] by [ports.MaxLots] and by what a purse can hold. Once the recharge is open, the bonus
// is granted whatever the limits are by then, unless it has expired or the purse cannot hold it.
type Bonus struct {
	Amount    decimal.Decimal // in whole units of the wallet's currency, more than zero
	ExpiresAt time.Time       // of the points: the first instant at which they can no longer be spent; zero: never
	Rule      string          // the host's name for why they are granted, up to 128 bytes
}

// record returns the bonus as a recharge keeps it, or nil for a request without a bonus.
func (b *Bonus) record(scale int32) (*ports.Bonus, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // no bonus is no error
	}
	amount, err := ports.CheckAmount("Bonus.Amount", b.Amount, scale)
	err = ports.Join(err, ports.CheckTime("Bonus.ExpiresAt", b.ExpiresAt), ports.CheckReference("Bonus.Rule", b.Rule))
	if err != nil {
		return nil, err
	}
	return &ports.Bonus{Amount: amount, ExpiresAt: ports.Instant(b.ExpiresAt), Rule: b.Rule}, nil
}

// checkFresh returns [ports.ErrInvalid] for a bonus that has expired when its recharge is opened.
func checkFresh(op *ports.Recharge) error {
	if b := op.Bonus; b != nil && !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(op.CreatedAt) {
		return ports.Invalid("Bonus.ExpiresAt", "has passed")
	}
	return nil
}

// content returns what a request says of the bonus, for the digest of its key. A request without a
// bonus has the digest that it had before bonuses existed.
func (b *Bonus) content() string {
	if b == nil {
		return ""
	}
	return fmt.Sprintf("\nbonus\n%s\n%d\n%q", b.Amount, ports.Instant(b.ExpiresAt).UnixMicro(), b.Rule)
}

// is reports whether a request asks for the bonus that a recharge has.
func (b *Bonus) is(of *ports.Bonus) bool {
	if b == nil || of == nil {
		return b == nil && of == nil
	}
	return b.Amount.Equal(of.Amount) && ports.Instant(b.ExpiresAt).Equal(of.ExpiresAt) && b.Rule == of.Rule
}

// announces has the booking that opens a recharge announce what the recharge is going to bring.
func announces(booking *books.Booking, op *ports.Recharge) {
	booking.Announce.Cash = op.Amount
	if op.Bonus != nil {
		booking.Announce.Point = op.Bonus.Amount
	}
	booking.Announced = func(counted books.Incoming) {
		op.Announced = counted.Cash
		if op.Bonus != nil {
			op.Bonus.Announced = counted.Point
		}
	}
}

// announced returns what the wallet counts as incoming for a recharge: nothing once it has
// ended.
func announced(op *ports.Recharge) (counted books.Incoming) {
	if !op.Open {
		return counted
	}
	if counted.Cash = op.Announced; op.Bonus != nil {
		counted.Point = op.Bonus.Announced
	}
	return counted
}

// granting returns the points that are granted with the credit of a recharge, or nil: the whole
// bonus, or less in proportion where less was credited than ordered.
func granting(op *ports.Recharge) *books.Points {
	bonus := op.Bonus
	if bonus == nil {
		return nil
	}
	wants := func(scale int32) decimal.Decimal {
		if op.Credited.LessThan(op.Amount) {
			return share(bonus.Amount, op.Credited, op.Amount, scale)
		}
		return bonus.Amount
	}
	return &books.Points{
		Wants: wants, Lot: ports.LotChange{ExpiresAt: bonus.ExpiresAt}, Memo: bonus.Rule,
		Done: func(seq int64, granted decimal.Decimal) { bonus.Seq, bonus.Granted = seq, granted },
	}
}

// following returns the points that follow a booking after which so much of the credit is in the
// wallet, or nil. The customer keeps that share of what was granted: what is beyond it is taken
// back, as far as it is there, and what was taken back below it is given back.
func following(op *ports.Recharge, stands decimal.Decimal) *books.Points {
	bonus := op.Bonus
	if bonus == nil || !bonus.Granted.IsPositive() {
		return nil
	}
	before, out := bonus.TakenBack, decimal.Decimal{}
	wants := func(scale int32) decimal.Decimal {
		base := decimal.Min(op.Credited, op.Amount) // what was charged beyond the order brought no bonus
		out = bonus.Granted.Sub(share(bonus.Granted, decimal.Min(stands, base), base, scale))
		return before.Sub(out)
	}
	return &books.Points{
		Wants: wants, Lot: ports.LotChange{LotID: bonus.Seq, ExpiresAt: bonus.ExpiresAt}, Memo: bonus.Rule,
		Done: func(_ int64, change decimal.Decimal) {
			bonus.TakenBack = before.Sub(change)
			bonus.Missing = decimal.Max(out.Sub(bonus.TakenBack), decimal.Decimal{})
		},
	}
}

// share returns the share of an amount that a part has in a whole, rounded down to so many digits
// after the decimal point.
func share(amount, part, whole decimal.Decimal, scale int32) decimal.Decimal {
	quotient, _ := amount.Mul(part).QuoRem(whole, scale)
	return quotient
}
