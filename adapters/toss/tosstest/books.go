package tosstest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The states of a [Payment] (documented).
const (
	Ready             = "READY"               // the window is open
	InProgress        = "IN_PROGRESS"         // authenticated; of a payout: the bank works on it
	WaitingForDeposit = "WAITING_FOR_DEPOSIT" // a virtual account waits for money
	Done              = "DONE"
	Canceled          = "CANCELED"         // in full, by one cancellation
	PartialCanceled   = "PARTIAL_CANCELED" // also when the last part brought the balance to 0
	Aborted           = "ABORTED"
	Expired           = "EXPIRED"
)

// The further states of a [Payout] (documented): also IN_PROGRESS and CANCELED.
const (
	Requested = "REQUESTED"
	Completed = "COMPLETED"
	Failed    = "FAILED"
)

// Books are what the simulator has on record, oldest first.
type Books struct {
	Payments []Payment
	Payouts  []Payout
}

// Payment is a payment on record.
type Payment struct {
	Key, OrderID string
	Type         string // NORMAL or BILLING
	Method       string
	CustomerKey  string // of a billing payment
	BillingKey   string // of a billing payment
	Bank         string // of a virtual account
	Total        decimal.Decimal
	Balance      decimal.Decimal // what can still be cancelled
	Status       string
	Secret       string
	Cancels      []Cancel
	// Executions is how often the payment's money came: 1 once it is approved. A deposit
	// that the bank takes back does not count. Cancellations are not counted here.
	Executions int
	Outside    bool // made by others
	Label      string
	At         time.Time // when the window was opened, or the charge or virtual account requested
}

// Cancel is a cancellation of a payment, or of a part of it.
type Cancel struct {
	Amount         decimal.Decimal
	Reason         string
	TransactionKey string
	Outside        bool // made by others
	At             time.Time
}

// Payout is a payout on record.
type Payout struct {
	ID, Ref, Seller string
	Amount          decimal.Decimal
	Status          string
	// Executions is 1 from the acceptance on, when the amount leaves the balance, and 0
	// again once the payout is FAILED or CANCELED.
	Executions int
	Outside    bool // made by others
	Label      string
	At         time.Time
}

// Books returns what is on record.
func (s *Simulator) Books() Books {
	s.world.Enter()
	defer s.world.Unlock()
	var books Books
	for _, p := range s.payments {
		shown := p.Payment
		if p.account != nil {
			shown.Bank = p.account.bank
		}
		shown.Cancels = slices.Clone(p.Cancels)
		books.Payments = append(books.Payments, shown)
	}
	for _, p := range s.payouts {
		books.Payouts = append(books.Payouts, p.Payout)
	}
	return books
}

// Executions returns how often money moved for an orderId or a refPayoutId: the sum of the
// Executions of its payments and payouts.
func (s *Simulator) Executions(id string) int {
	s.world.Enter()
	defer s.world.Unlock()
	sum := 0
	for _, p := range s.payments {
		if p.OrderID == id {
			sum += p.Executions
		}
	}
	for _, p := range s.payouts {
		if p.Ref == id {
			sum += p.Executions
		}
	}
	return sum
}
