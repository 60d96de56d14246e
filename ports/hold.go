package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// HoldStatus is the status of a hold.
type HoldStatus string

// The statuses of a hold. Only HoldHeld is open.
const (
	HoldHeld     HoldStatus = "held"
	HoldCaptured HoldStatus = "captured" // used up, or closed by a final capture
	HoldReleased HoldStatus = "released" // given back by the host
	HoldExpired  HoldStatus = "expired"  // given back at its time
)

// Hold is an amount reserved in a wallet until it is captured or given back.
// DueAt of the head is when it expires.
type Hold struct {
	OperationHead
	Status HoldStatus

	Balance   decimal.Decimal // cash still held
	Lots      []HeldLot       // points still held, in the order in which they are spent
	CashFirst bool            // whether a capture spends the cash before the points

	Reserved        decimal.Decimal // what was reserved at first, both purses together
	CapturedBalance decimal.Decimal
	CapturedPoint   decimal.Decimal

	Memo string
}

// HeldLot is what a hold holds of one lot. It carries the lot's terms.
type HeldLot struct {
	LotID     int64
	Amount    decimal.Decimal
	ExpiresAt time.Time
	Priority  int32
}

// Remaining returns what is still held, both purses together.
func (h *Hold) Remaining() decimal.Decimal { return h.Balance.Add(h.Point()) }

// Point returns the points still held.
func (h *Hold) Point() decimal.Decimal {
	var sum decimal.Decimal
	for i := range h.Lots {
		sum = sum.Add(h.Lots[i].Amount)
	}
	return sum
}

// StatusText returns the status as text.
func (h *Hold) StatusText() string { return string(h.Status) }

// Clone returns a copy that shares nothing with h that can be changed.
func (h *Hold) Clone() Operation {
	c := *h
	c.Lots = slices.Clone(h.Lots)
	return &c
}
