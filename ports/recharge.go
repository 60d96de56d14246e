package ports

import "github.com/shopspring/decimal"

// The statuses of a recharge. Sending, pending, unknown and review are open.
const (
	RechargeSending  = "sending"  // written down; the provider may or may not have heard of it
	RechargePending  = "pending"  // the provider works on it
	RechargeUnknown  = "unknown"  // money may have moved; it is being inquired about
	RechargeReview   = "review"   // a person decides
	RechargeApproved = "approved" // money moved, the wallet is credited
	RechargeDeclined = "declined" // the provider refused; no money moved
	RechargeFailed   = "failed"   // provably not executed: never sent, or our own fault
	RechargeDisputed = "disputed" // had ended; then the provider or a person said otherwise, and a person decides
	RechargeReversed = "reversed" // was approved, then taken back
)

// Recharge is one order to a [Charger], from before it is sent until its end is
// known.
type Recharge struct {
	OperationHead
	Progress[ChargeAnswer]

	Charger       string // name of the Charger that was used
	PaymentMethod string // the provider's id of the card or account
	Amount        decimal.Decimal
	Currency      string
	Key           string // the caller's idempotency key

	Credited   decimal.Decimal // by the entry EntrySeq
	Mismatch   bool            // the provider reported another amount than was ordered
	EntrySeq   int64           // the entry that credited the wallet
	CancelID   string          // the cancellation under way or done; blank when none
	ReverseSeq int64           // the entry that took the credit back
	Disputed   bool            // the provider contradicted it, once at least; stays when that is decided
}

// Clone returns a copy that shares nothing with r that can be changed.
func (r *Recharge) Clone() Operation {
	c := *r
	c.Progress = r.clone()
	return &c
}

// Cancellation is one order to a [Canceler] to take an approved recharge back. The
// credit leaves the wallet when it is written down, and comes back if the provider
// lets the charge stand. Its statuses are those of a recharge; approved means that
// the charge was taken back. Its Why says at first why it was asked for.
type Cancellation struct {
	OperationHead
	Progress[ChargeAnswer]

	RechargeID string
	Charger    string          // of the recharge
	Amount     decimal.Decimal // taken from the wallet
	EntrySeq   int64           // the entry that took the credit
	Who        string          // who asked for it
}

// Clone returns a copy that shares nothing with c that can be changed.
func (c *Cancellation) Clone() Operation {
	copied := *c
	copied.Progress = c.clone()
	return &copied
}
