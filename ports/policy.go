package ports

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// PolicyStatus is the status of a policy.
type PolicyStatus string

// The statuses of a policy. Only PolicyDeleted is an end.
const (
	PolicyActive    PolicyStatus = "active"
	PolicyDisabled  PolicyStatus = "disabled"  // switched off by the host
	PolicySuspended PolicyStatus = "suspended" // stopped by failures, a dispute or an operator; Held of the state says who may re-arm it
	PolicyDeleted   PolicyStatus = "deleted"
)

// AutoRechargeKeys begins the idempotency keys of automatic recharges. It is reserved:
// no other recharge may have such a key.
const AutoRechargeKeys = "auto/"

// PolicyLane returns the lane of a wallet's policy: one wallet has at most one that is
// open.
func PolicyLane(walletID string) string { return "policy:" + walletID }

// Policy is the auto-recharge policy of a wallet and what has come of it so far. DueAt
// of the head is when the engine is to look at it next; ProviderRef is the name of the
// Charger of a delegated policy, and blank of others.
type Policy struct {
	OperationHead
	Status PolicyStatus
	PolicyTerms
	State PolicyState
}

// PolicyTerms is what the host asks for. Amounts are in whole units of the wallet's
// currency.
type PolicyTerms struct {
	Methods     []PaymentMethod // in order of priority, no duplicates; may be empty when MinimumCash is zero
	MinimumCash decimal.Decimal // charge when available cash is at or below this; zero: never
	RechargeTo  decimal.Decimal // charge up to this

	Delegated bool // the provider recharges; the library never charges

	// ChargeUnit is what every charge is a multiple of: a need is rounded up to it, and a
	// cap or the greatest charge down. Set it to what the provider takes; zero means 1,
	// whole units of the currency.
	ChargeUnit decimal.Decimal

	MinimumCharge decimal.NullDecimal // least amount of one charge: set it to what the provider takes at least
	MaximumCharge decimal.NullDecimal // greatest amount of one charge
	DailyCount    int                 // most attempts a day, but for those that were provably not sent; zero: no cap
	DailyAmount   decimal.NullDecimal // most money a day
	MonthlyCount  int                 // most attempts a month, counted likewise; zero: no cap
	MonthlyAmount decimal.NullDecimal // most money a month

	BackoffFirst time.Duration // after the first failure; doubles with each
	BackoffMax   time.Duration
	SuspendAfter int // failures in a row that suspend the policy

	TimeZone string // IANA name in which days and months are counted; not "Local"

	AlertLevels []decimal.Decimal // up to three, of available cash
}

// Unit returns what every charge is a multiple of: ChargeUnit, or 1.
func (t *PolicyTerms) Unit() decimal.Decimal {
	if t.ChargeUnit.IsZero() {
		return decimal.New(1, 0)
	}
	return t.ChargeUnit
}

// PaymentMethod is a card or account at a provider.
type PaymentMethod struct {
	Charger string // name of the Charger
	ID      string // the provider's id of the card or account
}

// PolicyState is what the engine keeps of its attempts.
type PolicyState struct {
	Attempt     *PolicyAttempt    // under way; nil when none
	Tried       []PaymentMethod   // declined in the round under way: the next attempt takes another
	TriedAt     time.Time         // when the round was worked on last
	Declined    []PaymentMethod   // declined when they were charged last; the host was told once
	Dead        []PaymentMethod   // declined for good: not charged until the policy is re-armed
	Failures    int               // in a row: rounds in which every method declined, and faults of ours
	Outages     int               // in a row: attempts that were not executed; they suspend nothing
	NotBefore   time.Time         // no attempt before this: a back-off
	SuspendedAt time.Time         // when it was suspended
	Held        bool              // suspended by an operator, or because of a disputed recharge: only an operator re-arms it
	ArmsAfter   int64             // a recharge by hand re-arms it when its Seq is above this
	TakenBack   int64             // Seq of the last recharge taken back that was looked at
	Why         string            // why it is suspended, or what the last attempt failed of
	Charges     []PolicyCharge    // of this month and the last, oldest first
	Fired       []decimal.Decimal // alert levels that were told and are not armed again yet
	Seen        int64             // Seq of the wallet up to which dips below alert levels were told

	Decisions []Decision `json:",omitempty"` // what people did to the policy, and why, oldest first: the newest 100

	Capped  string `json:",omitempty"` // the cap that held a charge back, as the host was told; blank: none
	Blocked string `json:",omitempty"` // id of the order that keeps the lane from the policy, as the host was told; blank: none

	Generation int       // how many policies the wallet had before
	Unsettled  bool      // Delegated: the provider is yet to be configured as the policy says
	LateUntil  time.Time // Delegated: until when a setting that was sent, and not answered, may still reach the provider; zero: none may
	Drift      string    // how the provider's settings were not as they should be at the last look; blank: they were
}

// PolicyAttempt is a charge that was claimed, before anything is sent.
type PolicyAttempt struct {
	Key    string // the idempotency key of its recharge
	Method PaymentMethod
	Amount decimal.Decimal
	At     time.Time
	Seq    int64 // of the wallet when it was claimed
}

// PolicyCharge is an attempt that counts against the caps, or all attempts of one day
// that have ended.
type PolicyCharge struct {
	Key    string // of the attempt under way; blank once it has ended
	At     time.Time
	Count  int
	Amount decimal.Decimal // that moved, or may have
}

// StatusText returns the status as text.
func (p *Policy) StatusText() string { return string(p.Status) }

// Clone returns a copy that shares nothing with p that can be changed.
func (p *Policy) Clone() Operation {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.AlertLevels = slices.Clone(p.AlertLevels)
	c.State.Tried = slices.Clone(p.State.Tried)
	c.State.Declined = slices.Clone(p.State.Declined)
	c.State.Dead = slices.Clone(p.State.Dead)
	c.State.Charges = slices.Clone(p.State.Charges)
	c.State.Fired = slices.Clone(p.State.Fired)
	c.State.Decisions = slices.Clone(p.State.Decisions)
	if p.State.Attempt != nil {
		attempt := *p.State.Attempt
		c.State.Attempt = &attempt
	}
	return &c
}

// Delegation is how a provider's own auto-recharge is configured. One that is not On
// and names no Methods asks for no more than to be off.
type Delegation struct {
	On          bool
	Methods     []string // the provider's ids of cards or accounts, in order of priority
	MinimumCash decimal.Decimal
	RechargeTo  decimal.Decimal
	Currency    string // of the amounts, for [Delegate].CheckDelegation; blank elsewhere
}
