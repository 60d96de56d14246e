package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The statuses of a policy. Only PolicyDeleted is an end.
const (
	PolicyActive    = "active"
	PolicyDisabled  = "disabled"  // switched off by the host
	PolicySuspended = "suspended" // switched itself off; a person, a new payment method or a recharge by hand re-arms it
	PolicyDeleted   = "deleted"
)

// PolicyLane returns the lane of a wallet's policy: one wallet has at most one that is
// open.
func PolicyLane(walletID string) string { return "policy:" + walletID }

// Policy is the auto-recharge policy of a wallet and what has come of it so far. DueAt
// of the head is when the engine is to look at it next.
type Policy struct {
	OperationHead
	PolicyTerms
	State PolicyState
}

// PolicyTerms is what the host asks for. Amounts are in whole units of the wallet's
// currency.
type PolicyTerms struct {
	Methods     []PaymentMethod // in order of priority, no duplicates
	MinimumCash decimal.Decimal // charge when available cash is at or below this; zero: never
	RechargeTo  decimal.Decimal // charge up to this

	Delegated bool // the provider recharges; the library never charges

	MinimumCharge decimal.NullDecimal // least amount of one charge
	MaximumCharge decimal.NullDecimal // greatest amount of one charge
	DailyCount    int                 // most attempts a day; zero: no cap
	DailyAmount   decimal.NullDecimal // most money a day
	MonthlyCount  int                 // most attempts a month; zero: no cap
	MonthlyAmount decimal.NullDecimal // most money a month

	BackoffFirst time.Duration // after the first failure; doubles with each
	BackoffMax   time.Duration
	SuspendAfter int // failures in a row that suspend the policy

	TimeZone string // IANA name in which days and months are counted

	AlertLevels []decimal.Decimal // up to three, of available cash
}

// PaymentMethod is a card or account at a provider.
type PaymentMethod struct {
	Charger string // name of the Charger
	ID      string // the provider's id of the card or account
}

// PolicyState is what the engine keeps of its attempts.
type PolicyState struct {
	Attempt     *PolicyAttempt    // under way; nil when none
	NextMethod  int               // index of the payment method that the next attempt uses
	Failures    int               // in a row
	NotBefore   time.Time         // no attempt before this: a back-off
	SuspendedAt time.Time         // when it suspended itself
	Why         string            // why it is suspended, or what the last attempt failed of
	Charges     []PolicyCharge    // of this month and the last, oldest first
	Fired       []decimal.Decimal // alert levels that were told and are not armed again yet
}

// PolicyAttempt is a charge that was claimed, before anything is sent.
type PolicyAttempt struct {
	Key    string // the idempotency key of its recharge
	Method PaymentMethod
	Amount decimal.Decimal
	At     time.Time
}

// PolicyCharge is an attempt that counts against the caps.
type PolicyCharge struct {
	Key    string
	At     time.Time
	Amount decimal.Decimal // zero once it is known that no money moved
}

// Clone returns a copy that shares nothing with p that can be changed.
func (p *Policy) Clone() Operation {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.AlertLevels = slices.Clone(p.AlertLevels)
	c.State.Charges = slices.Clone(p.State.Charges)
	c.State.Fired = slices.Clone(p.State.Fired)
	if p.State.Attempt != nil {
		attempt := *p.State.Attempt
		c.State.Attempt = &attempt
	}
	return &c
}

// Delegation is how a provider's own auto-recharge is configured.
type Delegation struct {
	On          bool
	Methods     []string // the provider's ids of cards or accounts, in order of priority
	MinimumCash decimal.Decimal
	RechargeTo  decimal.Decimal
}
