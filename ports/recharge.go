package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The statuses of a recharge. Sending, pending, unknown and review are open.
const (
	RechargeSending  = "sending"  // written down; the provider may or may not have heard of it
	RechargePending  = "pending"  // the provider works on it
	RechargeUnknown  = "unknown"  // money may have moved; it is being inquired about
	RechargeReview   = "review"   // a person decides
	RechargeApproved = "approved" // money moved, the wallet is credited
	RechargeDeclined = "declined" // the provider refused; no money moved
	RechargeFailed   = "failed"   // provably not executed: never sent, or our own fault
	RechargeDisputed = "disputed" // was approved; then the provider said otherwise, and a person decides
	RechargeReversed = "reversed" // was approved, then taken back
)

// Recharge is one order to a [Charger], from before it is sent until its end is
// known.
type Recharge struct {
	OperationHead

	Charger       string // name of the Charger that was used
	PaymentMethod string // the provider's id of the card or account
	Amount        decimal.Decimal
	Currency      string
	Key           string // the caller's idempotency key

	Evidence      []byte // what the adapter recorded before sending; opaque
	Transmissions int    // how often the order may have been sent
	SentAt        time.Time
	Inquiries     int // inquiries made since the last answer to a transmission

	Answer     ChargeAnswer    // the latest that the provider said
	Credited   decimal.Decimal // by the entry EntrySeq
	Mismatch   bool            // the provider reported another amount than was ordered
	EntrySeq   int64           // the entry that credited the wallet
	Why        string          // why it is in review, failed or disputed
	Decisions  []Decision      // what people decided about it
	CancelID   string          // the cancellation under way or done; blank when none
	ReverseSeq int64           // the entry that took the credit back
}

// Clone returns a copy that shares nothing with r that can be changed.
func (r *Recharge) Clone() Operation {
	c := *r
	c.Evidence = slices.Clone(r.Evidence)
	c.Decisions = slices.Clone(r.Decisions)
	return &c
}

// Cancellation is one order to a [Canceler] to take an approved recharge back. The
// credit leaves the wallet when it is written down, and comes back if the provider
// lets the charge stand. Its statuses are those of a recharge; approved means that
// the charge was taken back.
type Cancellation struct {
	OperationHead

	RechargeID    string
	Amount        decimal.Decimal // taken from the wallet
	Evidence      []byte
	Transmissions int
	SentAt        time.Time
	Inquiries     int
	Answer        ChargeAnswer
	EntrySeq      int64 // the entry that took the credit
	Who           string
	Why           string // why it was asked for; then why it is in review or failed
	Decisions     []Decision
}

// Clone returns a copy that shares nothing with c that can be changed.
func (c *Cancellation) Clone() Operation {
	copied := *c
	copied.Evidence = slices.Clone(c.Evidence)
	copied.Decisions = slices.Clone(c.Decisions)
	return &copied
}
