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

	Answer     ChargeAnswer // the latest that the provider said
	Credited   decimal.Decimal
	EntrySeq   int64  // the entry that credited the wallet
	Why        string // why it is in review, or why it failed
	Decisions  []Decision
	Canceling  *Canceling // a cancellation under way or done
	ReverseSeq int64      // the entry that took the credit back
}

// Canceling is the state of a cancellation of an approved recharge at the provider.
type Canceling struct {
	ID            string // id of the cancellation order, fixed before it is sent
	Evidence      []byte
	Transmissions int
	Answer        ChargeAnswer
	RequestedAt   time.Time
	Who           string
	Why           string
}

// Clone returns a copy that shares nothing with r that can be changed.
func (r *Recharge) Clone() Operation {
	c := *r
	c.Evidence = slices.Clone(r.Evidence)
	c.Decisions = slices.Clone(r.Decisions)
	if r.Canceling != nil {
		canceling := *r.Canceling
		canceling.Evidence = slices.Clone(canceling.Evidence)
		c.Canceling = &canceling
	}
	return &c
}
