package ports

import (
	"encoding/json"
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
	PolicySuspended PolicyStatus = "suspended" // stopped by failures, a dispute or an operator; the state says who may start it again
	PolicyDeleted   PolicyStatus = "deleted"
)

// AutoRechargeKeys begins the idempotency keys of automatic recharges. It is reserved:
// no other recharge may have such a key.
const AutoRechargeKeys = "auto/"

// PolicyLane returns the lane of a wallet's policy: one wallet has at most one that is
// open.
func PolicyLane(walletID string) string { return "policy:" + walletID }

// Policy is the auto-recharge policy of a wallet: what the host asked for, and the state that
// the engine keeps of it. DueAt
// of the head is when the engine is to look at it next; ProviderRef is the name of the
// Charger of a delegated policy, and blank of others.
type Policy struct {
	OperationHead
	Status PolicyStatus
	PolicyTerms

	// State is what the engine keeps of the policy from one look to the next, as JSON; package
	// autorecharge reads and writes it (autorecharge.StateOf). To a store it is an opaque part
	// of the record: what comes back is the same JSON, perhaps without its white space.
	State json.RawMessage
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
	ID      string // the Charger's name for the card or account: its package says what. Never a secret
}

// StatusText returns the status as text.
func (p *Policy) StatusText() string { return string(p.Status) }

// Clone returns a copy that shares nothing with p that can be changed.
func (p *Policy) Clone() Operation {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.AlertLevels = slices.Clone(p.AlertLevels)
	c.State = slices.Clone(p.State)
	return &c
}

// Delegation is how a provider's own auto-recharge is configured. One that is not On
// and names no Methods asks for no more than to be off: the provider may keep its other
// settings or forget them, and the core reads none of them while it is off. One that is not
// On and names Methods asks for these settings as well.
type Delegation struct {
	On          bool
	Methods     []string // the provider's ids of cards or accounts, in order of priority
	MinimumCash decimal.Decimal
	RechargeTo  decimal.Decimal
	Currency    string // of the amounts, for [Delegate].CheckDelegation; blank elsewhere
}
