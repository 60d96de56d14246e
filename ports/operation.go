package ports

import (
	"encoding/json"
	"fmt"
	"time"
)

// OperationKind names a kind of operation record.
type OperationKind string

// The kinds of operation records.
const (
	KindHold         OperationKind = "hold"
	KindRecharge     OperationKind = "recharge"
	KindCancellation OperationKind = "cancellation"
	KindWithdrawal   OperationKind = "withdrawal"
	KindPolicy       OperationKind = "policy"
	KindClaim        OperationKind = "claim"
	KindDebt         OperationKind = "debt"
)

// Operation is a record with a state machine that lives longer than one entry:
// a [Hold], [Recharge], [Cancellation], [Withdrawal], [Policy], [Claim] or [Debt]. The set is closed.
//
// A store keeps the fields of the head and the status in columns it can search, and the record
// as the bytes that [EncodeOperation] makes of it; it needs to know no more.
type Operation interface {
	// Head returns the head of the record, not a copy.
	Head() *OperationHead
	// StatusText returns the status of the record as text. Each kind has statuses of its own.
	StatusText() string
	// Clone returns a copy that shares nothing with the record that can be changed.
	Clone() Operation

	operation() // closes the set
}

// OperationHead is what all operation records have in common and what a store
// searches by.
type OperationHead struct {
	ID       string // from [IDs]
	Kind     OperationKind
	WalletID string
	Version  int64 // rises by one with each write; 1 after the first

	Open bool // false once the operation has ended; then it never changes back

	// Lane, when not blank, is taken while the operation is open: a store
	// admits one open operation per lane.
	Lane string

	Provider    string    // the name of the Charger or Disburser that it needs next; blank when it needs none
	Reference   string    // the caller's own reference
	ProviderRef string    // the provider's id for it, once known
	DueAt       time.Time // when a worker is to look at it; zero: never. Moving it forward is a lease

	CreatedAt time.Time
	UpdatedAt time.Time
}

// Head returns h itself, so that a record that embeds it has the method.
func (h *OperationHead) Head() *OperationHead { return h }

func (h *OperationHead) operation() {}

// EncodeOperation returns op as bytes that [DecodeOperation] reads. The form is
// JSON; fields that a later version adds are ignored by an earlier one, and lost when
// that writes the record again.
func EncodeOperation(op Operation) ([]byte, error) { return json.Marshal(op) }

// DecodeOperation reads what [EncodeOperation] wrote for an operation of kind.
func DecodeOperation(kind OperationKind, data []byte) (Operation, error) {
	var op Operation
	switch kind {
	case KindHold:
		op = new(Hold)
	case KindRecharge:
		op = new(Recharge)
	case KindCancellation:
		op = new(Cancellation)
	case KindWithdrawal:
		op = new(Withdrawal)
	case KindPolicy:
		op = new(Policy)
	case KindClaim:
		op = new(Claim)
	case KindDebt:
		op = new(Debt)
	default:
		return nil, fmt.Errorf("operation of unknown kind %q", kind)
	}
	if err := json.Unmarshal(data, op); err != nil {
		return nil, fmt.Errorf("decode %s: %w", kind, err)
	}
	if op.Head().Kind != kind {
		return nil, fmt.Errorf("decode %s: record says it is a %q", kind, op.Head().Kind)
	}
	return op, nil
}

// OperationFilter selects operations for [OperationReader.FindOperations].
// Conditions that are set must all hold.
type OperationFilter struct {
	Kind        OperationKind
	WalletID    string
	Statuses    []string // any of these; see [Statuses]
	Open        bool     // only open ones
	Lane        string
	Reference   string
	ProviderRef string
	DueBy       time.Time // DueAt is not zero and not after this time

	CreatedFrom   time.Time // CreatedAt is not before this time
	CreatedBefore time.Time // CreatedAt is before this time

	Providers       []string // any of these; a blank one selects operations without a Provider
	ExceptProviders []string // none of these; a blank one leaves out operations without a Provider

	// AfterID continues a listing behind this id. Listings are in order of id,
	// bytewise, and in the opposite order with NewestFirst. With DueBy the longest due
	// come first; then AfterID must be blank and NewestFirst false.
	AfterID     string
	NewestFirst bool
	Limit       int // at most so many; must be positive
}

// Statuses returns statuses of one kind, or of several, for an [OperationFilter].
func Statuses[S ~string](statuses ...S) []string {
	texts := make([]string, len(statuses))
	for i, status := range statuses {
		texts[i] = string(status)
	}
	return texts
}

// DecisionKind names what a person did to an operation.
type DecisionKind string

// What people do to operations.
const (
	DecisionApprove   DecisionKind = "approve"   // it counts as approved; of a withdrawal: it may be sent
	DecisionDecline   DecisionKind = "decline"   // the provider did not execute it; of a withdrawal: it must not be sent
	DecisionInquire   DecisionKind = "inquire"   // the provider is asked again
	DecisionKeep      DecisionKind = "keep"      // disputed, and stays as it had ended
	DecisionReinstate DecisionKind = "reinstate" // a credit that was taken back is there again; a policy that was stopped charges again (earlier versions kept "rearm")
	DecisionDispute   DecisionKind = "dispute"   // it had ended, and the provider or a person says otherwise
	DecisionReverse   DecisionKind = "reverse"   // a credit is taken back
	DecisionCancel    DecisionKind = "cancel"    // the provider is asked to take a charge back; a withdrawal is taken back before it is sent, at the wish of its owner
	DecisionWriteOff  DecisionKind = "write_off" // what a wallet owes is written off
	DecisionCredit    DecisionKind = "credit"    // a payment is credited by hand
	DecisionPaid      DecisionKind = "paid"      // a payout was executed
	DecisionRefused   DecisionKind = "refused"   // a payout was not executed
	DecisionReturned  DecisionKind = "returned"  // a payout came back
	DecisionSet       DecisionKind = "set"       // a policy is set
	DecisionEnable    DecisionKind = "enable"    // a policy is switched on
	DecisionDisable   DecisionKind = "disable"   // a policy is switched off
	DecisionSuspend   DecisionKind = "suspend"   // a policy is stopped until an operator reinstates it
	DecisionDelete    DecisionKind = "delete"    // a policy ends
	DecisionAbandon   DecisionKind = "abandon"   // a delegated policy ends without its provider

	// DecisionPayFrozen: a payout is sent although the wallet is frozen.
	DecisionPayFrozen DecisionKind = "pay_frozen"
)

// Decision is what a person decided about an operation.
type Decision struct {
	What DecisionKind
	Who  string    // the person
	Why  string    // the reason
	At   time.Time // when
}
