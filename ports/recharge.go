package ports

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// MaxParts is how many cancellations may each take back a part of one recharge.
const MaxParts = 100

// RechargeStatus is the status of a recharge.
type RechargeStatus string

// The statuses of a recharge. Awaiting, sending, pending, unknown and review are open.
const (
	RechargeAwaiting RechargeStatus = "awaiting" // written down; the customer is to pay until Deadline
	RechargeSending  RechargeStatus = "sending"  // written down; the provider may or may not have heard of it
	RechargePending  RechargeStatus = "pending"  // the provider works on it
	RechargeUnknown  RechargeStatus = "unknown"  // money may have moved; it is being inquired about
	RechargeReview   RechargeStatus = "review"   // a person decides
	RechargeApproved RechargeStatus = "approved" // money moved, the wallet is credited
	RechargeDeclined RechargeStatus = "declined" // the provider refused; no money moved
	RechargeFailed   RechargeStatus = "failed"   // provably not executed: never sent, or our own fault
	RechargeDisputed RechargeStatus = "disputed" // had ended; then the provider or a person said otherwise, and a person decides
	RechargeReversed RechargeStatus = "reversed" // was approved, then taken back
	RechargeExpired  RechargeStatus = "expired"  // the customer did not pay by Deadline; a payment that comes later is credited
)

// Recharge is one order to a [Charger], from before it is sent until its end is
// known.
type Recharge struct {
	OperationHead
	Status RechargeStatus
	Progress[ChargeAnswer]

	Charger       string // name of the Charger that was used
	PaymentMethod string // the Charger's name for the card or account: its package says what. Never a secret
	Amount        decimal.Decimal
	Currency      string
	Key           string // the caller's idempotency key

	// Announced is what the wallet counts in Incoming for the recharge while it is open; zero where
	// the wallet had no limit on cash when the recharge was opened.
	Announced decimal.Decimal `json:",omitzero"`

	// Bonus is what the customer gets in points with the credit; nil: nothing.
	Bonus *Bonus `json:",omitempty"`

	Credited   decimal.Decimal // by the entry EntrySeq
	Mismatch   bool            // the provider reported another amount than was ordered
	EntrySeq   int64           // the entry that credited the wallet
	CancelID   string          // the cancellation that is under way, or that took back all that was left; blank when none
	ReverseSeq int64           // the entry that took back all that was left
	Owed       decimal.Decimal `json:",omitzero"`  // that the wallet lacked when the recharge was reversed
	DebtID     string          `json:",omitempty"` // the [Debt] about Owed; blank when none is
	DroppedRef string          `json:",omitempty"` // the provider's id that a person took from the record, as another recharge's
	Disputed   bool            // the provider or a person contradicted it, once at least; stays when that is decided

	// Deadline is until when the customer is to pay, and Shown what the customer is shown to do
	// so. Only recharges that await their customer, or did, have them.
	Deadline time.Time         `json:",omitzero"`
	Shown    map[string]string `json:",omitempty"`
	// Awaited says that the provider, or the host's own bank account, waits for the customer. It is
	// false while a confirmation is on its way, and after one that moved the money.
	Awaited bool `json:",omitempty"`
	// Revived says that the customer paid after the recharge had expired, and that it was credited
	// at once or by a person, without a dispute.
	Revived bool `json:",omitempty"`
	// Told is what the provider answered last about the recharge since it ended and since a person decided
	// about it, in a form of the library's own: the same answer again says nothing new.
	Told string `json:",omitempty"`
	// NoticedAt is when a notice came that the provider was not yet heard about: the question failed,
	// or a cancellation of the recharge was open. Once the recharge has ended, the worker asks again at
	// DueAt.
	NoticedAt time.Time `json:",omitzero"`
	// NoticeID is made anew for each notice that is kept, so that the answer to a question that was asked
	// before the last notice does not end it.
	NoticeID string `json:",omitempty"`
	// Confirmed is a digest of the token by which the customer's payment was confirmed, in a
	// window of the provider; blank when none was. The token is not kept.
	Confirmed string `json:",omitempty"`

	// Canceled is what approved cancellations of a part took back of Credited, and Parts are
	// their ids, oldest first. What took back all that was left is in neither.
	Canceled decimal.Decimal `json:",omitzero"`
	Parts    []string        `json:",omitempty"`
}

// Bonus is points that are granted with the credit of a recharge, in the same unit, and taken back
// with it in proportion, as far as they are still in their lot. Amounts are in whole units of
// the wallet's currency.
type Bonus struct {
	Amount    decimal.Decimal // that is granted when the recharge is credited as ordered
	ExpiresAt time.Time       `json:",omitzero"`  // of the points; zero: never
	Rule      string          `json:",omitempty"` // the host's name for why; the Memo of the entry

	// Announced is what the wallet counts in IncomingPoint for the bonus while the recharge is
	// open; zero where the wallet had no limit on points when it was opened.
	Announced decimal.Decimal `json:",omitzero"`
	// Granted is what was granted by the entry Seq, which is also the id of the lot. It is less than Amount
	// where less was credited than ordered, and zero where the points would have expired by then.
	Granted decimal.Decimal `json:",omitzero"`
	Seq     int64           `json:",omitempty"`
	// TakenBack is what was taken back of Granted with the credit, and Missing what was to be taken back
	// and was not in the lot any more: it was spent, had expired, is held, or was revoked by a person
	// (ledger.RevokeReceipt). What a cancellation took comes back when it is refused, also after a
	// revocation: then revoke the lot again.
	TakenBack decimal.Decimal `json:",omitzero"`
	Missing   decimal.Decimal `json:",omitzero"`
}

func (b *Bonus) clone() *Bonus {
	if b == nil {
		return nil
	}
	c := *b
	return &c
}

// Left returns what stands of the credit when the parts that were taken back are left out. A
// cancellation that is under way, or the end of the recharge, does not change it.
func (r *Recharge) Left() decimal.Decimal { return r.Credited.Sub(r.Canceled) }

// StatusText returns the status as text.
func (r *Recharge) StatusText() string { return string(r.Status) }

// Clone returns a copy that shares nothing with r that can be changed.
func (r *Recharge) Clone() Operation {
	c := *r
	c.Progress = r.clone()
	c.Parts = slices.Clone(r.Parts)
	c.Shown = maps.Clone(r.Shown)
	c.Bonus = r.Bonus.clone()
	c.Answer.Await = r.Answer.Await.Clone()
	return &c
}

// CancellationStatus is the status of a cancellation.
type CancellationStatus string

// The statuses of a cancellation. Sending, pending, unknown and review are open.
const (
	CancellationSending  CancellationStatus = "sending"  // written down; the provider may or may not have heard of it
	CancellationPending  CancellationStatus = "pending"  // the provider works on it
	CancellationUnknown  CancellationStatus = "unknown"  // the charge may be taken back; it is being inquired about
	CancellationReview   CancellationStatus = "review"   // a person decides
	CancellationApproved CancellationStatus = "approved" // the provider took the charge back
	CancellationDeclined CancellationStatus = "declined" // the provider refused; the credit is back in the wallet
	CancellationFailed   CancellationStatus = "failed"   // provably not executed; the credit is back in the wallet
)

// Cancellation is one order to a [Canceler] to take an approved recharge back, or a part of
// it. The amount leaves the wallet when it is written down, and comes back if the provider
// lets the charge stand. Its Why says at first why it was asked for.
type Cancellation struct {
	OperationHead
	Status CancellationStatus
	Progress[ChargeAnswer]

	RechargeID string
	Charger    string          // of the recharge
	Amount     decimal.Decimal // asked for, and taken from the wallet by the entry EntrySeq
	EntrySeq   int64           // the entry that took the amount
	Who        string          // who asked for it
	Key        string          `json:",omitempty"` // the caller's idempotency key; blank where all that was left was asked for

	// GivenBack is what the provider gave back, as it was booked. It is zero before the
	// cancellation is approved, and in records of versions that took back wholes only.
	GivenBack decimal.Decimal `json:",omitzero"`
	Mismatch  bool            `json:",omitempty"` // the provider, or a person, said that another amount was given back than was asked for
	Part      bool            `json:",omitempty"` // approved, and a part of the recharge is left
	BackSeq   int64           `json:",omitempty"` // the entry that brought a part back although the cancellation had been approved
}

// StatusText returns the status as text.
func (c *Cancellation) StatusText() string { return string(c.Status) }

// Clone returns a copy that shares nothing with c that can be changed.
func (c *Cancellation) Clone() Operation {
	copied := *c
	copied.Progress = c.clone()
	copied.Answer.Await = c.Answer.Await.Clone()
	return &copied
}
