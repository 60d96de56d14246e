package ports

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// Observer is told of entries after they were committed by this process; over a store
// that is bound to the host's transaction, after they were written in it: the host has
// not committed them yet, and may never. Booked is called on the path of the
// operation: it must return at once and must not call the ledger. A crash may lose
// calls: a reader that must miss nothing reads the change feed.
type Observer interface {
	// Booked receives the wallet as the entries left it. Neither may be changed, or
	// kept after the call: who needs them longer clones them.
	Booked(wallet *Wallet, entries []Entry)
}

// Notifier is told of what happened to operations: [RechargeEvent],
// [CancellationEvent], [DebtEvent], [WithdrawalEvent], [PolicyEvent], [AlertEvent], [AboveLimitEvent] and
// what later versions add. Each service calls it one event at a time, in their order, away from
// the path of the money: it may be slow, and what it panics with is logged and
// forgotten. One that is given to several services may be called concurrently. A crash
// may lose events.
type Notifier interface {
	Notify(ctx context.Context, event Event)
}

// Event is something that happened. The set is open; switch on the types you know.
type Event interface {
	// EventName names what happened: "recharge.approved".
	EventName() string
}

// RechargeEvent tells that a recharge changed its status, or the reason of its review or
// dispute. Mismatch says, with an
// approval, that the provider charged another amount than was ordered.
type RechargeEvent struct {
	At       time.Time
	Recharge *Recharge // the receiver's own copy
	Mismatch bool
	Revived  bool // it had expired, and was paid after all; told once
}

// EventName returns "recharge." and the status, or "recharge.revived" for a recharge that was
// approved after it had expired.
func (e RechargeEvent) EventName() string {
	if e.Revived {
		return "recharge.revived"
	}
	return "recharge." + e.Recharge.StatusText()
}

// CancellationEvent tells that the cancellation of a recharge changed its status, or the reason
// of its review. Mismatch says, with an approval, that another amount was given back than was
// asked for.
type CancellationEvent struct {
	At           time.Time
	Cancellation *Cancellation // the receiver's own copy
	Mismatch     bool
}

// EventName returns "cancellation." and the status.
func (e CancellationEvent) EventName() string { return "cancellation." + e.Cancellation.StatusText() }

// WithdrawalEvent tells that a withdrawal changed its status, got an approval, or has another
// reason to wait, for its review or its dispute. Mismatch says, with
// a completion, that the provider took another fee than was quoted.
type WithdrawalEvent struct {
	At         time.Time
	Withdrawal *Withdrawal // the receiver's own copy
	Mismatch   bool
}

// EventName returns "withdrawal." and the status.
func (e WithdrawalEvent) EventName() string { return "withdrawal." + e.Withdrawal.StatusText() }

// PolicyEventKind names what a [PolicyEvent] tells.
type PolicyEventKind string

// What policy events tell.
const (
	PolicyEventDeclined  PolicyEventKind = "declined"  // a payment method declines that did not before, and the next is tried
	PolicyEventFailing   PolicyEventKind = "failing"   // no charge succeeds, for now
	PolicyEventSuspended PolicyEventKind = "suspended" // it stopped, until it is reinstated
	PolicyEventBlocked   PolicyEventKind = "blocked"   // another order holds the lane, in review or for ten minutes; the policy's state names it
	PolicyEventCapped    PolicyEventKind = "capped"    // a cap of the day or the month, or a limit or a debt of the wallet, holds a charge back
	PolicyEventUncapped  PolicyEventKind = "uncapped"  // no cap is used up any more
	PolicyEventAbandoned PolicyEventKind = "abandoned" // an operator ended a delegated policy without asking its provider
	PolicyEventRecovered PolicyEventKind = "recovered" // a charge succeeded after it was failing
	PolicyEventDrifted   PolicyEventKind = "drift"     // the settings at the provider are not those of a delegated policy
)

// PolicyEvent tells, once for each change, what a person may want to know of an
// auto-recharge policy.
type PolicyEvent struct {
	At     time.Time
	What   PolicyEventKind
	Why    string
	Policy *Policy // the receiver's own copy
}

// EventName returns "policy." and what happened.
func (e PolicyEvent) EventName() string { return "policy." + string(e.What) }

// DebtEvent tells that a wallet owes something, that it has paid a part of it, or that it owes it
// no more.
type DebtEvent struct {
	At   time.Time
	Debt *Debt // the receiver's own copy
}

// EventName returns "debt." and the status.
func (e DebtEvent) EventName() string { return "debt." + e.Debt.StatusText() }

// AlertEvent tells that the available cash of a wallet fell to or below a level.
type AlertEvent struct {
	At        time.Time
	WalletID  string
	Level     decimal.Decimal
	Available decimal.Decimal
}

// EventName returns "wallet.low_balance".
func (e AlertEvent) EventName() string { return "wallet.low_balance" }

// AboveLimitEvent tells that money arrived in a wallet that is above a limit then: a recharge was
// credited or stands after all. Money that has arrived is always booked. A limit that was lowered
// meanwhile, an amount that differs from the one that was announced, or a credit by a person
// leads to it.
type AboveLimitEvent struct {
	At         time.Time
	WalletID   string
	RechargeID string      // the recharge that was credited
	Limit      *LimitError // the receiver's own copy; its Wants is zero
}

// EventName returns "wallet.above_limit".
func (e AboveLimitEvent) EventName() string { return "wallet.above_limit" }
