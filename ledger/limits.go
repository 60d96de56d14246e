package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Limits is what may come into a wallet. An absent limit admits everything.
//
// Credits, grants, transfers into the wallet and the opening of a recharge are refused with a
// [ports.LimitError] when they would exceed a limit, by the same compare-and-swap that would book
// them: any number of callers and processes at once never exceed it. What open recharges
// announced counts as if it were credited already, so a customer is not charged for what could not be
// credited. Money that has arrived at a provider is always booked, as are its bonus, refunds, returns of
// withdrawals, and what a person adjusts or credits for a payment.
//
// A limit that is lower than what is there is no error: nothing more comes in, and what is there
// stays usable.
type Limits struct {
	// Balance is the most cash that the wallet holds, what is held by holds included.
	Balance decimal.NullDecimal
	// CreditedPerDay and CreditedPerMonth are the most cash that is credited in a day and in a month:
	// by [Ledger.Credit], by recharges, and by transfers from other wallets. What is refunded,
	// returned or adjusted does not count, and what is reversed stays counted. What an open recharge
	// announced counts in each day on which it is checked; what is credited, in the day of its entry.
	//
	// What was credited is counted only while a wallet has such a limit: when one is introduced,
	// its first day and month begin with nothing.
	CreditedPerDay   decimal.NullDecimal
	CreditedPerMonth decimal.NullDecimal
	// Point is the most points that the wallet holds, what is held by holds included. The bonus of a
	// recharge counts from the opening of the recharge on.
	Point decimal.NullDecimal
	// TimeZone is where the days and months begin. Defaults to UTC.
	TimeZone *time.Location
}

// SameLimits returns a [Config].Limits that gives every wallet the same limits.
func SameLimits(limits Limits) func(*ports.Wallet) Limits {
	return func(*ports.Wallet) Limits { return limits }
}

// cash reports whether a limit is on cash.
func (l *Limits) cash() bool {
	return l.Balance.Valid || l.CreditedPerDay.Valid || l.CreditedPerMonth.Valid
}

// calendar returns the day and the month of a time, as a wallet counts them.
func (l *Limits) calendar(at time.Time) (day, month string) {
	zone := l.TimeZone
	if zone == nil {
		zone = time.UTC
	}
	day = at.In(zone).Format(time.DateOnly)
	return day, day[:len(day)-len("-02")]
}

// over returns which limit the wallet would be above at a time with so much more cash, or nil.
func (l *Limits) over(w *ports.Wallet, more decimal.Decimal, at time.Time) *ports.LimitError {
	if !l.cash() {
		return nil
	}
	var ofDay, ofMonth decimal.Decimal
	if l.CreditedPerDay.Valid || l.CreditedPerMonth.Valid {
		ofDay, ofMonth = w.Credited.On(l.calendar(at))
	}
	for _, limit := range [...]struct {
		kind ports.LimitKind
		most decimal.NullDecimal
		has  decimal.Decimal
	}{
		{ports.LimitBalance, l.Balance, w.Balance},
		{ports.LimitCreditedPerDay, l.CreditedPerDay, ofDay},
		{ports.LimitCreditedPerMonth, l.CreditedPerMonth, ofMonth},
	} {
		if limit.most.Valid && plus(plus(limit.has, w.Incoming), more).GreaterThan(limit.most.Decimal) {
			return &ports.LimitError{
				WalletID: w.ID, Limit: limit.kind, Most: limit.most.Decimal, Has: limit.has, Incoming: w.Incoming, Wants: more,
			}
		}
	}
	return nil
}

// count adds to the wallet what was credited when its last entry was booked.
func (l *Limits) count(w *ports.Wallet, credited decimal.Decimal) {
	if !l.CreditedPerDay.Valid && !l.CreditedPerMonth.Valid {
		return
	}
	day, month := l.calendar(w.BookedAt)
	ofDay, ofMonth := w.Credited.On(day, month)
	if l.CreditedPerDay.Valid {
		w.Credited.Day, w.Credited.DayAmount = day, plus(ofDay, credited)
	}
	if l.CreditedPerMonth.Valid {
		w.Credited.Month, w.Credited.MonthAmount = month, plus(ofMonth, credited)
	}
}

// limitsOf returns the limits of a wallet.
func (b *draft) limitsOf(w *ports.Wallet) Limits {
	if b.limits == nil {
		return Limits{}
	}
	return b.limits(w)
}

// limitsOfArrived is limitsOf for money that has arrived, which is booked whatever happens: where
// Limits panics the wallet counts as one without limits.
func (b *draft) limitsOfArrived(w *ports.Wallet) (limits Limits) {
	defer func() {
		if cause := recover(); cause != nil {
			b.logger.Error("Limits panicked, and money that arrived is booked without them", "wallet", w.ID, "cause", fmt.Sprint(cause))
			limits = Limits{}
		}
	}()
	return b.limitsOf(w)
}

// bookingTime is when an entry of the wallet would be booked now.
func (b *draft) bookingTime(w *ports.Wallet) time.Time { return later(b.now, w.BookedAt) }

// admit refuses cash that would take the wallet above a limit.
func (b *draft) admit(w *ports.Wallet, cash decimal.Decimal) error {
	limits := b.limitsOf(w)
	if over := limits.over(w, cash, b.bookingTime(w)); over != nil {
		return over
	}
	return nil
}

// admitLot refuses a new lot that would take the wallet above a limit.
func (b *draft) admitLot(w *ports.Wallet, points decimal.Decimal) error {
	if len(w.Lots) >= ports.MaxLots {
		return errLots
	}
	if !ports.WithinLimit(plus(w.Point, points)) {
		return errPurse
	}
	limits := b.limitsOf(w)
	if most := limits.Point; most.Valid && plus(plus(w.Point, w.IncomingPoint), points).GreaterThan(most.Decimal) {
		return &ports.LimitError{WalletID: w.ID, Limit: ports.LimitPoint, Most: most.Decimal, Has: w.Point, Incoming: w.IncomingPoint, Wants: points}
	}
	return nil
}

// count counts cash that was credited by the last entry of the wallet.
func (b *draft) count(w *ports.Wallet, credited decimal.Decimal) {
	limits := b.limitsOf(w)
	limits.count(w, credited)
}

// CheckCredit returns the [ports.LimitError] with which a credit or a recharge of an amount would be
// refused now, or nil. The wallet is as [Ledger.Wallet] returned it; CheckCredit reads nothing and
// promises nothing: another caller may be faster.
func (l *Ledger) CheckCredit(wallet *ports.Wallet, amount decimal.Decimal) error {
	if wallet == nil {
		return ports.Invalid("wallet", "is nil")
	}
	if err := checkSize(amount); err != nil {
		return err
	}
	if l.config.Limits == nil {
		return nil
	}
	limits := l.config.Limits(wallet)
	if over := limits.over(wallet, amount, later(l.now(), wallet.BookedAt)); over != nil {
		return over
	}
	return nil
}

// recountIncoming is for a refusal to which announced recharges contributed. It compares Incoming
// of the wallet with the open recharges, corrects it when they differ, and reports whether it did. A
// process of an earlier version, which knows no Incoming, leaves it too high when it ends a recharge.
func (l *Ledger) recountIncoming(ctx context.Context, err error) (corrected bool) {
	var over *ports.LimitError
	if !errors.As(err, &over) || !over.Incoming.IsPositive() {
		return false
	}
	wallets, err := l.store.Wallets(ctx, []string{over.WalletID})
	if err != nil || len(wallets) == 0 {
		return false
	}
	read := &wallets[0]
	open, err := openOf(ctx, l.store, read.ID, ports.KindRecharge)
	if err != nil || open.sameAs(read) {
		return false
	}
	_, err = l.do(ctx, &command{name: "count incoming of", walletID: read.ID, apply: func(b *draft) error {
		w := b.wallet(read.ID)
		if w == nil || w.Seq != read.Seq || !w.Incoming.Equal(read.Incoming) || !w.IncomingPoint.Equal(read.IncomingPoint) {
			return ports.ErrConflict // a recharge was opened or ended since
		}
		w.Incoming, w.IncomingPoint = open.announced.Cash, open.announced.Point
		return nil
	}})
	if err != nil {
		return false
	}
	l.config.Logger.WarnContext(ctx, "announced recharges counted again", "wallet", read.ID, "had", read.Incoming.String(), "are", open.announced.Cash.String(),
		"had_points", read.IncomingPoint.String(), "are_points", open.announced.Point.String())
	return true
}
