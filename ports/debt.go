package ports

import (
	"slices"

	"github.com/shopspring/decimal"
)

// DebtStatus is the status of a debt.
type DebtStatus string

// The statuses of a debt. Owed is open.
const (
	DebtOwed       DebtStatus = "owed"        // the wallet owes something
	DebtCollected  DebtStatus = "collected"   // the wallet has paid
	DebtWrittenOff DebtStatus = "written_off" // a person wrote off what was still owed
	DebtDropped    DebtStatus = "dropped"     // the charge stands after all: nothing is owed
)

// Debt is what a wallet owes because a recharge was reversed after the customer had spent its
// money. The books have it in [AccountReceivable]. A wallet that owes something cannot be
// closed. Amounts are in whole units of Currency.
type Debt struct {
	OperationHead
	Status DebtStatus

	RechargeID string // the recharge that was reversed
	Currency   string
	Amount     decimal.Decimal // that the wallet lacked when the recharge was reversed
	Collected  decimal.Decimal `json:",omitzero"` // from the cash of the wallet since
	WrittenOff decimal.Decimal `json:",omitzero"`
	Decisions  []Decision      // what people decided, oldest first: the reversal is the first
}

// Owed returns what the wallet still owes.
func (d *Debt) Owed() decimal.Decimal {
	if d.Status != DebtOwed {
		return decimal.Decimal{}
	}
	return d.Amount.Sub(d.Collected)
}

// StatusText returns the status as text.
func (d *Debt) StatusText() string { return string(d.Status) }

// Clone returns a copy that shares nothing with d that can be changed.
func (d *Debt) Clone() Operation {
	c := *d
	c.Decisions = slices.Clone(d.Decisions)
	return &c
}
