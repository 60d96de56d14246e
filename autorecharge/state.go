package autorecharge

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// State is what the engine keeps of a policy from one look to the next. [StateOf] reads it
// from the record of the policy, whose State is this struct as JSON: fields may be added, and
// their names in JSON never change. The zero State is that of a policy that has never charged.
type State struct {
	Attempt     *Attempt              // under way; nil when none
	Tried       []ports.PaymentMethod // declined in the round under way: the next attempt takes another
	TriedAt     time.Time             // when the round was worked on last
	Declined    []ports.PaymentMethod // declined when they were charged last; the host was told once
	Dead        []ports.PaymentMethod // declined for good: not charged until the policy is reinstated
	Failures    int                   // in a row: rounds in which every method declined, and faults of ours
	Outages     int                   // in a row: attempts that were not executed; they suspend nothing
	NotBefore   time.Time             // no attempt before this: a back-off
	SuspendedAt time.Time             // when it was suspended
	Held        bool                  // suspended by an operator, or because of a disputed recharge: only an operator reinstates it
	ArmsAfter   int64                 // a recharge by hand reinstates it when its Seq is above this
	TakenBack   int64                 // Seq of the last recharge taken back that was looked at
	Why         string                // why it is suspended, or what the last attempt failed of
	Charges     []Charge              // of this month and the last, oldest first
	Fired       []decimal.Decimal     // alert levels that were told, and are told again once the cash was above them
	Seen        int64                 // Seq of the wallet up to which dips below alert levels were told

	Decisions []ports.Decision `json:",omitempty"` // what people did to the policy, and why, oldest first: the newest 100

	Capped  string `json:",omitempty"` // the cap that held a charge back, as the host was told; blank: none
	Blocked string `json:",omitempty"` // id of the order that keeps the lane from the policy, as the host was told; blank: none

	Generation   int       // how many policies the wallet had before
	Unconfigured bool      `json:"Unsettled"` // Delegated: the provider is yet to be configured as the policy says
	LateUntil    time.Time // Delegated: until when a setting that was sent, and not answered, may still reach the provider; zero: none may
	Drift        string    // how the provider's settings were not as they should be at the last look; blank: they were
}

// Attempt is a charge that was claimed, before anything is sent.
type Attempt struct {
	Key    string // the idempotency key of its recharge
	Method ports.PaymentMethod
	Amount decimal.Decimal
	At     time.Time
	Seq    int64 // of the wallet when it was claimed
}

// Charge is an attempt that counts against the caps, or all attempts of one day that have
// ended.
type Charge struct {
	Key    string // of the attempt under way; blank once it has ended
	At     time.Time
	Count  int
	Amount decimal.Decimal // that moved, or may have
}

// StateOf reads the state of a policy from its record. A record without a state has the zero
// State. [ports.ErrUnreadable] says that something else wrote the state: the engine then
// leaves the state as it is, and every call about its wallet returns that error. Of a policy
// that an earlier version suspended after a dispute StateOf says that it is Held.
func StateOf(policy *ports.Policy) (State, error) {
	var state State
	if len(policy.State) == 0 {
		return state, nil
	}
	if err := json.Unmarshal(policy.State, &state); err != nil {
		return State{}, fmt.Errorf("state of policy %s: %w: %w", policy.ID, ports.ErrUnreadable, err)
	}
	if policy.Status == ports.PolicySuspended && slices.Contains(heldReasons, state.Why) {
		state.Held = true
	}
	return state, nil
}

// heldReasons are the reasons of policies that a dispute suspended. Older versions did not
// write with them that only Reinstate lifts that.
var heldReasons = []string{CauseDisputed, "disputed: a person decides", "reversed: a person decides"} //nolint:gochecknoglobals // a constant

// loaded is the record of a policy with its state, which was decoded when the record was read
// and is encoded when the record is written. Its State hides the opaque one of the record.
type loaded struct {
	ports.Policy
	State State
}

// load decodes the state of a record.
func load(policy *ports.Policy) (*loaded, error) {
	state, err := StateOf(policy)
	if err != nil {
		return nil, err
	}
	return &loaded{Policy: *policy, State: state}, nil
}

// record returns a record of its own with the state in it.
func (p *loaded) record() (*ports.Policy, error) {
	state, err := json.Marshal(&p.State)
	if err != nil {
		return nil, fmt.Errorf("state of policy %s: %w", p.ID, err)
	}
	record := p.Clone().Policy
	record.State = state
	return &record, nil
}

// Clone returns a copy for the caller to change. It hides the method of the record, so that a
// store does not take a loaded policy for a record.
func (p *loaded) Clone() *loaded {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.AlertLevels = slices.Clone(p.AlertLevels)
	c.Policy.State = nil // record encodes it anew
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
