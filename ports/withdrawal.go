package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The statuses of a withdrawal. Completed, returned, rejected, canceled and failed
// are ends, and disputed is one that is in doubt; all others are open.
const (
	WithdrawalRequested = "requested" // total deducted; waits for approvals
	WithdrawalApproved  = "approved"  // approved, not yet sent
	WithdrawalSending   = "sending"   // written down; the provider may or may not have heard of it
	WithdrawalPending   = "pending"   // the provider works on it
	WithdrawalUnknown   = "unknown"   // it may have been taken; it is being inquired about
	WithdrawalReview    = "review"    // a person decides
	WithdrawalCompleted = "completed" // paid out
	WithdrawalReturned  = "returned"  // paid out, and it came back: credited to the wallet
	WithdrawalRejected  = "rejected"  // refused by a person or the provider; total given back
	WithdrawalCanceled  = "canceled"  // withdrawn by the host before it was sent; total given back
	WithdrawalFailed    = "failed"    // provably not executed; total given back
	WithdrawalDisputed  = "disputed"  // had ended; then the provider said otherwise, and a person decides
)

// Withdrawal is one order to a [Disburser], from the request until its end is
// known.
type Withdrawal struct {
	OperationHead
	Progress[PayoutAnswer]

	Disburser   string // name of the Disburser
	Currency    string
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
	EndSeq        int64               // the entry that settled it or gave it back; the latest, after a dispute
	Returned      decimal.Decimal     // what came back after it was completed
	ReturnSeq     int64               // the entry that credited what came back
	Ended         string              // while it is disputed: the status that it had ended with
}

// Clone returns a copy that shares nothing with w that can be changed.
func (w *Withdrawal) Clone() Operation {
	c := *w
	c.Quote = slices.Clone(w.Quote)
	c.Destination.Sealed = slices.Clone(w.Destination.Sealed)
	c.Approvals = slices.Clone(w.Approvals)
	c.Progress = w.clone()
	return &c
}
