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
	PolicySuspended = "suspended" // switched itself off; a person or a new payment method re-arms it
	PolicyDeleted   = "deleted"
)

// Policy is the auto-recharge policy of a wallet and what has come of it so far.
// One wallet has at most one that is open: its lane is "policy:" and the wallet's
// id. DueAt of the head is when a back-off ends.
type Policy struct {
	OperationHead

	Methods     []PaymentMethod // in order of priority, no duplicates
	MinimumCash decimal.Decimal // charge when available cash is at or below this; zero: never
	RechargeTo  decimal.Decimal // charge up to this

	Delegated bool // the provider recharges; the library never charges

	MinimumCharge decimal.NullDecimal // least amount of one charge
	MaximumCharge decimal.NullDecimal // greatest amount of one charge
	DailyCount    int                 // most charges a day; zero: no cap
	DailyAmount   decimal.NullDecimal
	MonthlyCount  int
	MonthlyAmount decimal.NullDecimal

	BackoffFirst time.Duration // after the first failure; doubles with each
	BackoffMax   time.Duration
	SuspendAfter int // failures in a row that suspend the policy

	TimeZone string // IANA name in which days and months are counted

	AlertLevels []AlertLevel

	State PolicyState
}

// PaymentMethod is a card or account at a provider.
type PaymentMethod struct {
	Charger string // name of the Charger
	ID      string // the provider's id of the card or account
}

// AlertLevel is a level of available cash that is told to the host once when it
// is crossed downwards.
type AlertLevel struct {
	Level decimal.Decimal
	Fired bool // crossed and told; armed again once the balance is above it
}

// PolicyState is what the engine keeps of its attempts.
type PolicyState struct {
	AttemptID      string    // the attempt under way; blank when none
	AttemptMethod  int       // index of its payment method
	AttemptedAt    time.Time // when the last attempt was claimed
	Failures       int       // in a row
	Backoff        time.Duration
	NotBefore      time.Time // no attempt before this
	Suspended      string    // why it is suspended
	Charges        []PolicyCharge
	NotifiedStatus string // the state that was last told to the host
}

// PolicyCharge is one charge that counts against the caps.
type PolicyCharge struct {
	OperationID string
	At          time.Time
	Amount      decimal.Decimal
}

// Clone returns a copy that shares nothing with p that can be changed.
func (p *Policy) Clone() Operation {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.AlertLevels = slices.Clone(p.AlertLevels)
	c.State.Charges = slices.Clone(p.State.Charges)
	return &c
}
