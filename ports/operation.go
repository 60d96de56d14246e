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
)

// Operation is a record with a state machine that lives longer than one entry:
// a [Hold], [Recharge], [Cancellation], [Withdrawal], [Policy] or [Claim]. The set is closed.
//
// A store keeps the fields of the head in columns it can search, and the record
// as the bytes that [EncodeOperation] makes of it; it needs to know no more.
type Operation interface {
	// Head returns the head of the record, not a copy.
	Head() *OperationHead
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

	Status string // of the kind's own set
	Open   bool   // false once the operation has ended; then it never changes back

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
	Statuses    []string // any of these
	Open        bool     // only open ones
	Lane        string
	Reference   string
	ProviderRef string
	DueBy       time.Time // DueAt is not zero and not after this time

	Providers       []string // any of these; a blank one selects operations without a Provider
	ExceptProviders []string // none of these; a blank one leaves out operations without a Provider

	// AfterID continues a listing behind this id. Listings are in order of id,
	// bytewise, unless DueBy is set: then the longest due come first and AfterID
	// must be blank.
	AfterID string
	Limit   int // at most so many; must be positive
}

// Decision is what a person decided about an operation.
type Decision struct {
	What string    // the decision, of the room's own set
	Who  string    // the person
	Why  string    // the reason
	At   time.Time // when
}
