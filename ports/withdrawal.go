package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// WithdrawalStatus is the status of a withdrawal.
type WithdrawalStatus string

// The statuses of a withdrawal. Completed, returned, rejected, canceled and failed
// are ends, and disputed is one that is in doubt; all others are open.
const (
	WithdrawalRequested WithdrawalStatus = "requested" // total deducted; waits for approvals
	WithdrawalApproved  WithdrawalStatus = "approved"  // approved, not yet sent
	WithdrawalSending   WithdrawalStatus = "sending"   // written down; the provider may or may not have heard of it
	WithdrawalPending   WithdrawalStatus = "pending"   // the provider works on it
	WithdrawalUnknown   WithdrawalStatus = "unknown"   // it may have been taken; it is being inquired about
	WithdrawalReview    WithdrawalStatus = "review"    // a person decides
	WithdrawalCompleted WithdrawalStatus = "completed" // paid out
	WithdrawalReturned  WithdrawalStatus = "returned"  // paid out, and it came back: credited to the wallet
	WithdrawalRejected  WithdrawalStatus = "rejected"  // refused by a person or the provider; total given back
	WithdrawalCanceled  WithdrawalStatus = "canceled"  // taken back before it was sent, at the wish of its owner; total given back
	WithdrawalFailed    WithdrawalStatus = "failed"    // provably not executed; total given back
	WithdrawalDisputed  WithdrawalStatus = "disputed"  // had ended; then the provider or a person said otherwise, and a person decides
)

// Withdrawal is one order to a [Disburser], from the request until its end is
// known.
type Withdrawal struct {
	OperationHead
	Status WithdrawalStatus
	Progress[PayoutAnswer]

	Disburser   string // name of the Disburser
	Currency    string
	All         bool            `json:",omitempty"` // the total was computed: all that could be paid out
	Total       decimal.Decimal // taken from the wallet
	Fee         decimal.Decimal // as quoted
	Net         decimal.Decimal // as quoted: Total less Fee
	Quote       []byte          // the quote as it was shown, with its lines and the schedule's version
	Destination Destination
	Key         string // the caller's idempotency key
	RequestedBy string // who asked for it
	LiftGuard   bool   // it was allowed to trip the wallet's auto-recharge

	ApprovalsNeeded     int
	RequesterMayApprove bool       // and report it paid; as the route said when it was requested
	ApproverMayReport   bool       // likewise
	Approvals           []Decision // by distinct people; Decisions has everything else

	ActualFee     decimal.NullDecimal // as the provider took it, once completed
	ActualNet     decimal.NullDecimal // as the provider paid it, once completed
	TransactionID string              // of the bank transfer
	TransactedAt  time.Time           // of the bank transfer
	EntrySeq      int64               // the entry that took the total
	EndSeq        int64               // the entry that booked the payout or gave the total back; the latest, after a dispute
	Returned      decimal.Decimal     // what came back after it was completed
	ReturnSeq     int64               // the entry that credited what came back
	Ended         WithdrawalStatus    // while it is disputed: the status that it had ended with

	Leaving *Leaving `json:",omitempty"` // the wallet is closed when it is paid; nil: it is not
}

// Leaving is what a withdrawal keeps that winds its wallet up: the wallet is closed in the unit
// that completes the withdrawal, if nothing is left in it and nothing else is open. The person
// who asked for it is RequestedBy.
type Leaving struct {
	Why           string          // the reason; the entry that closes the wallet has it as its Memo
	ForfeitPoints bool            // points that are left are forfeited when the wallet is closed
	ForfeitCash   decimal.Decimal // the cash that the withdrawal leaves, which cannot be paid out: forfeited likewise, unless the wallet has other cash by then
	ClosedSeq     int64           // the entry that closed the wallet; 0: none did
	Stays         string          // why the wallet was not closed when the withdrawal ended
}

// StatusText returns the status as text.
func (w *Withdrawal) StatusText() string { return string(w.Status) }

// Clone returns a copy that shares nothing with w that can be changed.
func (w *Withdrawal) Clone() Operation {
	c := *w
	c.Quote = slices.Clone(w.Quote)
	c.Destination.Sealed = slices.Clone(w.Destination.Sealed)
	c.Approvals = slices.Clone(w.Approvals)
	c.Progress = w.clone()
	if w.Leaving != nil {
		leaving := *w.Leaving
		c.Leaving = &leaving
	}
	return &c
}
