package ports

import (
	"time"

	"github.com/shopspring/decimal"
)

// MaxLots is the number of point lots in a wallet beyond which no new one is granted.
// A refund may bring back emptied lots beyond it.
const MaxLots = 1000

// WalletStatus says what a wallet accepts.
type WalletStatus string

// The statuses of a wallet.
const (
	WalletActive WalletStatus = "active" // everything
	WalletFrozen WalletStatus = "frozen" // money that arrives, no debits
	WalletClosed WalletStatus = "closed" // nothing, for ever
)

// Wallet is the state of one wallet after entry number Seq. It has two purses:
// balance (cash: refundable, withdrawable) and point (promotional: spendable,
// never withdrawn nor transferred).
//
// Amounts are in whole units of Currency with Scale digits after the point.
// Balance and Point include what is held.
type Wallet struct {
	ID       string
	Currency string // ISO 4217 code
	Scale    int32  // digits after the decimal point, 0 to MaxScale
	Status   WalletStatus

	Balance     decimal.Decimal
	BalanceHeld decimal.Decimal
	Point       decimal.Decimal // sum of the amounts of Lots
	PointHeld   decimal.Decimal // sum of what is held of Lots
	Lots        []PointLot      // lots that are not empty, in the order in which they are spent

	OpenOperations int   // holds, recharges, cancellations, withdrawals and debts that have not ended
	Watch          Watch // when auto-recharge and alerts want to look at the wallet

	// HoldExpiry is when the first of its open holds expires, or earlier; zero: none does. A
	// ledger looks for holds that have expired when it has come.
	HoldExpiry time.Time

	// Incoming is the sum of what open recharges announced: it counts against the limits of the
	// wallet until they end. Only recharges that were opened while the wallet had a limit on
	// cash announce what they order.
	Incoming decimal.Decimal `json:",omitzero"`
	// IncomingPoint is the sum of the bonuses that open recharges announced. It is counted while
	// the wallet has a limit on points.
	IncomingPoint decimal.Decimal `json:",omitzero"`
	// Credited is what was credited in the present day and month. It is counted only while the
	// wallet has a limit on that.
	Credited CreditCount `json:",omitzero"`

	Version  int64     // rises by one with each write of this record; 1 after the first
	Seq      int64     // number of the last entry
	Hash     Hash      // hash of the last entry
	OpenedAt time.Time // when the first entry was booked
	BookedAt time.Time // when the last entry was booked; never runs backwards
}

// PointLot is points that were granted together and expire together.
type PointLot struct {
	ID        int64           // number of the entry that granted it; a lower id is an older lot
	Amount    decimal.Decimal // what is left, held part included
	Held      decimal.Decimal // what of Amount is held
	ExpiresAt time.Time       // the first instant at which it can no longer be spent; zero: never
	Priority  int32           // among lots of the same expiry the lower is spent first
}

// CreditCount is the cash that was credited to a wallet in one day and one month: by credits,
// recharges and transfers that came in, whatever was taken back since. A day and a month that are
// not the present ones count as nothing.
type CreditCount struct {
	Day         string          `json:",omitempty"` // in the calendar of the limits, as 2026-11-21; blank: none is counted
	DayAmount   decimal.Decimal `json:",omitzero"`
	Month       string          `json:",omitempty"` // likewise, as 2026-11
	MonthAmount decimal.Decimal `json:",omitzero"`
}

// On returns what is counted for a day and a month.
func (c *CreditCount) On(day, month string) (ofDay, ofMonth decimal.Decimal) {
	if c.Day == day {
		ofDay = c.DayAmount
	}
	if c.Month == month {
		ofMonth = c.MonthAmount
	}
	return ofDay, ofMonth
}

// Expired reports whether the lot can no longer be spent at now. What of it is
// held stays usable until the hold ends.
func (l PointLot) Expired(now time.Time) bool {
	return !l.ExpiresAt.IsZero() && !now.Before(l.ExpiresAt)
}

// Watch asks for a look at a wallet when its available balance is at or below
// Below, or above Above. An absent bound never asks.
type Watch struct {
	Below decimal.NullDecimal
	Above decimal.NullDecimal
}

// Due reports whether the watch asks for a look at this available balance.
func (w Watch) Due(available decimal.Decimal) bool {
	return w.Below.Valid && available.LessThanOrEqual(w.Below.Decimal) ||
		w.Above.Valid && available.GreaterThan(w.Above.Decimal)
}

// AvailableBalance returns the cash that is not held. In a wallet as a store has it, what
// holds keep that have expired is held until the ledger books their end; Wallet and Wallets of
// the ledger leave such holds out.
func (w *Wallet) AvailableBalance() decimal.Decimal { return w.Balance.Sub(w.BalanceHeld) }

// AvailablePoint returns the points that are neither held nor expired at now.
func (w *Wallet) AvailablePoint(now time.Time) decimal.Decimal {
	return w.Point.Sub(w.PointHeld).Sub(w.LapsedPoint(now))
}

// LapsedPoint returns the points that are still booked at now although they have
// expired and are not held.
func (w *Wallet) LapsedPoint(now time.Time) decimal.Decimal {
	sum := decimal.New(0, -w.Scale)
	for i := range w.Lots {
		if lot := &w.Lots[i]; lot.Expired(now) {
			sum = sum.Add(lot.Amount).Sub(lot.Held)
		}
	}
	return sum
}

// NextExpiry returns the earliest expiry among lots that are not wholly held, or
// the zero time when no lot expires. A store indexes wallets by it.
func (w *Wallet) NextExpiry() time.Time {
	var next time.Time
	for i := range w.Lots {
		lot := &w.Lots[i]
		if lot.ExpiresAt.IsZero() || lot.Held.GreaterThanOrEqual(lot.Amount) {
			continue
		}
		if next.IsZero() || lot.ExpiresAt.Before(next) {
			next = lot.ExpiresAt
		}
	}
	return next
}

// Clone returns a copy that shares nothing with w that can be changed.
func (w *Wallet) Clone() Wallet {
	c := *w
	if w.Lots != nil {
		c.Lots = append(make([]PointLot, 0, len(w.Lots)), w.Lots...)
	}
	return c
}

// WalletFilter selects wallets for [WalletReader.FindWallets]. Conditions that
// are set must all hold; the zero filter selects every wallet.
type WalletFilter struct {
	ExpiringBy time.Time      // wallets whose NextExpiry is not zero and not after this time
	Due        bool           // wallets whose Watch is due at their available balance
	Statuses   []WalletStatus // wallets with any of these
	AfterID    string         // wallets whose id is greater, bytewise
	Limit      int            // at most so many; must be positive
}
