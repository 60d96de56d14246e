package ports

import "github.com/shopspring/decimal"

// RechargeStatus is the status of a recharge.
type RechargeStatus string

// The statuses of a recharge. Sending, pending, unknown and review are open.
const (
	RechargeSending  RechargeStatus = "sending"  // written down; the provider may or may not have heard of it
	RechargePending  RechargeStatus = "pending"  // the provider works on it
	RechargeUnknown  RechargeStatus = "unknown"  // money may have moved; it is being inquired about
	RechargeReview   RechargeStatus = "review"   // a person decides
	RechargeApproved RechargeStatus = "approved" // money moved, the wallet is credited
	RechargeDeclined RechargeStatus = "declined" // the provider refused; no money moved
	RechargeFailed   RechargeStatus = "failed"   // provably not executed: never sent, or our own fault
	RechargeDisputed RechargeStatus = "disputed" // had ended; then the provider or a person said otherwise, and a person decides
	RechargeReversed RechargeStatus = "reversed" // was approved, then taken back
)

// Recharge is one order to a [Charger], from before it is sent until its end is
// known.
type Recharge struct {
	OperationHead
	Status RechargeStatus
	Progress[ChargeAnswer]

	Charger       string // name of the Charger that was used
	PaymentMethod string // the provider's id of the card or account
	Amount        decimal.Decimal
	Currency      string
	Key           string // the caller's idempotency key

	// Announced is what the wallet counts in Incoming for the recharge while it is open; zero where
	// the wallet had no limit on cash when the recharge was opened.
	Announced decimal.Decimal `json:",omitzero"`

	Credited   decimal.Decimal // by the entry EntrySeq
	Mismatch   bool            // the provider reported another amount than was ordered
	EntrySeq   int64           // the entry that credited the wallet
	CancelID   string          // the cancellation under way or done; blank when none
	ReverseSeq int64           // the entry that took the credit back
	DroppedRef string          `json:",omitempty"` // the provider's id that a person took from the record, as another recharge's
	Disputed   bool            // the provider or a person contradicted it, once at least; stays when that is decided
}

// StatusText returns the status as text.
func (r *Recharge) StatusText() string { return string(r.Status) }

// Clone returns a copy that shares nothing with r that can be changed.
func (r *Recharge) Clone() Operation {
	c := *r
	c.Progress = r.clone()
	return &c
}

// CancellationStatus is the status of a cancellation.
type CancellationStatus string

// The statuses of a cancellation. Sending, pending, unknown and review are open.
const (
	CancellationSending  CancellationStatus = "sending"  // written down; the provider may or may not have heard of it
	CancellationPending  CancellationStatus = "pending"  // the provider works on it
	CancellationUnknown  CancellationStatus = "unknown"  // the charge may be taken back; it is being inquired about
	CancellationReview   CancellationStatus = "review"   // a person decides
	CancellationApproved CancellationStatus = "approved" // the provider took the charge back
	CancellationDeclined CancellationStatus = "declined" // the provider refused; the credit is back in the wallet
	CancellationFailed   CancellationStatus = "failed"   // provably not executed; the credit is back in the wallet
)

// Cancellation is one order to a [Canceler] to take an approved recharge back. The
// credit leaves the wallet when it is written down, and comes back if the provider
// lets the charge stand. Its Why says at first why it was asked for.
type Cancellation struct {
	OperationHead
	Status CancellationStatus
	Progress[ChargeAnswer]

	RechargeID string
	Charger    string          // of the recharge
	Amount     decimal.Decimal // taken from the wallet
	EntrySeq   int64           // the entry that took the credit
	Who        string          // who asked for it
}

// StatusText returns the status as text.
func (c *Cancellation) StatusText() string { return string(c.Status) }

// Clone returns a copy that shares nothing with c that can be changed.
func (c *Cancellation) Clone() Operation {
	copied := *c
	copied.Progress = c.clone()
	return &copied
}
