package ports

import (
	"context"
	"maps"
	"time"

	"github.com/shopspring/decimal"
)

// Charger takes money in through a provider. All methods may be called
// concurrently, for different orders and for the same one.
//
// What a Charger returns is stored and shown. Its name, its lanes and its evidence contain no
// secret, as no [Answer] does.
//
// The core calls Lane, writes the order down, calls Prepare, writes down what it
// returned, and only then calls Charge. After anything but a final outcome it calls
// Inquire until one comes, or gives the order to a person.
//
// What a provider can do besides is said by other interfaces: [Canceler], [PartCanceler],
// [Awaiter], [Confirmer], [WebhookReader], [Delegate] and [Quieter]. They are found with [As],
// also in what a Charger wraps.
type Charger interface {
	// Name returns the name under which hosts and records know the Charger. It
	// never changes for one provider account. Chargers that share an account, so that the
	// provider's id of a payment names the same payment in each, have names that end with @ and
	// the same name of the account: see [MerchantOf].
	Name() string

	// Lane returns the lane in which the order must travel: while an order is open
	// no other is sent in its lane. Blank when orders need not be kept apart. It
	// does no I/O. It is the same at every call about an order, on whatever day, and at most
	// [MaxID] bytes of printable UTF-8 without a blank at either end, however long the fields
	// of the order are.
	Lane(order ChargeOrder) string

	// Prepare gathers what an inquiry will need to recognise the order, and sends
	// nothing that moves money. It is called at most once for an order that is
	// then sent; the bytes it returns come back in ChargeOrder.Evidence. No later call may
	// change these bytes.
	//
	// A refusal says that the order must not be sent: its outcome is
	// OutcomeDeclined, OutcomeNotSent or OutcomeFault. An order that the provider cannot take
	// as it is (another currency, a finer amount, no payment method) must be refused, here or
	// by Charge, and never be changed into one that the provider takes.
	//
	// A question of Prepare that failed says nothing of the order: Prepare goes without it, or
	// refuses with OutcomeNotSent or OutcomeFault. Such a refusal has no NextMethod, and is
	// Permanent only if the provider refused the credentials.
	//
	// Prepare, Charge and Inquire must return soon after ctx ends. The core leaves a call
	// that has not returned after half as much time again as it was given, makes no further
	// call to the Charger while 100 are overdue, and applies what Charge answers later.
	Prepare(ctx context.Context, order ChargeOrder) (evidence []byte, refusal *ChargeAnswer)

	// Charge sends the order, once. It never repeats a request that may have
	// reached the provider (the core does, where Resend allows it), and answers OutcomeUnknown when it cannot tell, also when ctx
	// ends before an answer has come.
	//
	// A final answer speaks of the order, not of one transmission. Where Transmissions is
	// above 1, a refusal (OutcomeDeclined, OutcomeNotSent, OutcomeFault) says that none of
	// them moved money and none will; an adapter that knows only what became of the last
	// answers OutcomeUnknown.
	//
	// Charge must move no money for an order that an inquiry may have given up. A process
	// can be held up between writing down SentAt and its call, while another inquires: once
	// so much time has passed since SentAt that an inquiry may answer OutcomeNotSent, Charge
	// sends nothing and answers OutcomeNotSent. The core does not guarantee it. An adapter
	// whose inquiries never end an order for want of a trace needs no such bound.
	Charge(ctx context.Context, order ChargeOrder) ChargeAnswer

	// Inquire finds out what became of an order that was, or may have been, sent.
	// A question that failed, or that ctx ended, is no answer: it returns OutcomeUnknown,
	// or OutcomePending when that is what was known. Either is allowed then: after
	// OutcomeUnknown the core keeps the order pending. It may be repeated.
	//
	// For want of a trace it answers OutcomeNotSent only once no Charge can be about to send
	// the order, and the provider can no longer start it: see [Quieter]. That quiet period
	// counts from the last transmission. The order tells the time of the first only, so where
	// Transmissions is above 1 no order ends for want of a trace.
	Inquire(ctx context.Context, order ChargeOrder) ChargeAnswer
}

// ChargeOrder is one order to a [Charger]. Amount is in whole units of Currency. Amounts that
// are equal are one amount, whatever their exponents: 10000, 10000.00 and 1e4.
type ChargeOrder struct {
	// OperationID is unique for ever, and the same in every call about this order. It is a
	// UUID of 36 characters, unless the host's [IDs] make others: 1 to [MaxID] bytes of
	// printable UTF-8, without a blank at either end. For a field of the provider that takes
	// less an adapter makes a digest of it: cutting it off would make one order of two. A digest
	// has 64 bits or more.
	OperationID   string
	WalletID      string
	PaymentMethod string // the Charger's name for the card or account: its package says what. Never a secret
	Amount        decimal.Decimal
	Currency      string

	RequestedAt   time.Time // when the order was written down
	SentAt        time.Time // when it was first sent; zero before
	ResentAt      time.Time // when it was last sent again; zero before, or where that is not known
	Evidence      []byte    // what Prepare returned
	Transmissions int       // how often it was, or may have been, sent, this time included
	Inquiries     int       // how often it was inquired about, this time included

	// Last is the answer before this call. Its Outcome is OutcomeApproved for a charge that was
	// credited, also if a person approved it.
	Last ChargeAnswer
	// GivenBack is what cancellations gave back of the charge, as our records say: all of it where
	// the credit was taken out again.
	GivenBack decimal.Decimal
}

// ChargeAnswer is what a provider says about an order to charge, or to cancel a charge.
type ChargeAnswer struct {
	Answer

	// Figures as the provider reports them; absent when it does not. With
	// OutcomeApproved an Amount that differs from the order's is booked as reported. A success
	// over another amount than was ordered is not trustworthy until a question confirms the
	// amount: before that it is OutcomeUnknown, with Likely. What an answer to a cancellation
	// says that was given back is booked at once.
	Amount     decimal.NullDecimal
	OldBalance decimal.NullDecimal // of the account at the provider
	NewBalance decimal.NullDecimal

	At time.Time // when the provider says it happened; zero when it does not

	// NextMethod says, with OutcomeDeclined, that another payment method may be tried for
	// the same need.
	NextMethod bool

	// Await says, with OutcomePending, that the provider waits for the customer, who pays into a
	// virtual account say. The order leaves its lane, and does not count as money on its way.
	Await *Await `json:",omitempty"`
}

// Await is how a customer pays an order without being charged, and until when.
type Await struct {
	Until time.Time
	// Shown is what the customer is shown, by names that the adapter documents: at most
	// [MaxMetadata] texts, as of an entry's metadata. The core keeps it and never logs it.
	Shown map[string]string
}

// Clone returns a copy that shares nothing with a.
func (a *Await) Clone() *Await {
	if a == nil {
		return nil
	}
	return &Await{Until: a.Until, Shown: maps.Clone(a.Shown)}
}

// Quieter is a [Charger] or [Disburser] that must let time pass before an inquiry that
// finds no trace of an order may answer OutcomeNotSent, unless the provider's records prove
// that nothing can follow. A service refuses a ReviewAfter
// that is shorter: each lost order would go to a person before its end can be known.
type Quieter interface {
	// QuietPeriod returns that time, from ChargeOrder.SentAt or PayoutOrder.SentAt on, and
	// for a [Canceler] from CancelOrder.SentAt on. It is constant and positive, and does no I/O.
	QuietPeriod() time.Duration
}

// Awaiter is a [Charger] whose customers pay by themselves: in a window of the provider, into a
// virtual account, or by bank transfer. Such an order is written down with a deadline, and
// nothing is sent. The core calls Inquire before the order expires, and when a notice says that it
// changed, also while Transmissions is zero. Inquire answers OutcomePending as long as the customer
// may still pay.
//
// While Transmissions is zero, an adapter whose provider shows nothing of an order that was not
// paid may answer OutcomeNotSent, which the core takes for OutcomePending, or OutcomeUnknown,
// after which the order expires later. Once the time of [Await] has passed all of these are still
// allowed, and OutcomeDeclined where the provider takes no payment of the order any more: the
// order ends as declined then, and not as expired. OutcomeFault would end it as failed, and is
// for an order that the provider refuses.
type Awaiter interface {
	Charger
	// Await returns what the customer is shown to pay the order, and until when at the latest.
	// Fields are what the host knows of the customer, by names that the adapter documents: the
	// depositor's name, say. Await returns [ErrInvalid] for a field or an order that the
	// provider does not take: for an amount that is not positive or is finer than the provider
	// takes, and for another currency. It does no I/O.
	Await(order ChargeOrder, fields map[string]string) (Await, error)
}

// Confirmer is an [Awaiter] whose customers pay in a window of the provider, which hands the
// host a token: the provider moves the money when the host confirms it.
type Confirmer interface {
	Awaiter
	// PrepareConfirm is Prepare for an order whose payment the customer has agreed to in the
	// window. It refuses a token of another order, or of another amount, as far as the provider
	// tells without moving money; what Charge needs of the token is in the evidence. A refusal
	// leaves the order awaiting. It may be called again, with the same token or another, and at the
	// same time, until Charge sends the order.
	PrepareConfirm(ctx context.Context, order ChargeOrder, token string) (evidence []byte, refusal *ChargeAnswer)
}

// Canceler is a [Charger] whose provider can take an approved charge back. What [Charger]
// says of contexts, of final answers, of orders that the provider cannot take as they are and of
// orders that were given up holds of it too.
type Canceler interface {
	// PrepareCancel is Prepare for a cancellation. A cancellation without a CancelID, and one
	// of a charge that has neither OperationID nor ProviderRef nor Evidence, must be refused,
	// here or by Cancel: the core makes none.
	PrepareCancel(ctx context.Context, order CancelOrder) (evidence []byte, refusal *ChargeAnswer)
	// Cancel asks the provider, once, to take back CancelOrder.Amount of the charge.
	// OutcomeApproved means that it was; OutcomeDeclined that the charge stands. An
	// Amount in the answer is what this order gave back: where it differs from the order's, it
	// is booked as reported.
	//
	// A provider may refuse, or fail, a cancellation because others took the charge back
	// before, in its console say. Cancel and InquireCancel must therefore look whether the
	// charge stands before they answer OutcomeDeclined, whatever the provider answered; where
	// it does not, or the adapter cannot look, they answer OutcomeUnknown, with a Review
	// unless a later look may help. Where the answer to a transmission was lost, and this
	// cancellation had no effect that the adapter finds, a later look may help for as long as
	// [Answer] says that Review stays blank, also if another order took the charge back.
	// OutcomeNotSent and OutcomeFault say only that this cancellation was not executed.
	Cancel(ctx context.Context, order CancelOrder) ChargeAnswer
	// InquireCancel finds out what became of a cancellation.
	InquireCancel(ctx context.Context, order CancelOrder) ChargeAnswer
}

// PartCanceler is a [Canceler] whose provider can take back a part of a charge, and with
// further orders other parts, up to the whole. Any other Canceler gets orders for whole charges
// only, and must refuse an order whose Amount is not its Left.
type PartCanceler interface {
	Canceler
	// CheckPart returns [ErrInvalid] for a part that the provider is known not to take back: of
	// this payment method, or of this amount. An amount that is not positive, that is more than
	// Left, or that is finer than the provider takes is never taken back. The core asks before
	// the amount leaves the wallet. PrepareCancel or Cancel must refuse such a part as well. It
	// does no I/O.
	CheckPart(order CancelOrder) error
}

// CancelOrder is an order to take an approved charge back, in whole or in part. Of one charge
// the core has one cancellation open at a time. One that a person gave up is not open, and may
// arrive, or be asked about, after the next one was sent.
type CancelOrder struct {
	CancelID      string          // unique for ever, fixed before the first call
	Charge        ChargeOrder     // the charge, with its last answer in Last
	Amount        decimal.Decimal // to be taken back: positive, at most Left, in whole units of the charge's currency
	Left          decimal.Decimal // of the charge, before this order: the core's records say that so much was not taken back
	RequestedAt   time.Time       // when the order was written down
	SentAt        time.Time       // when it was first sent; zero before
	ResentAt      time.Time       // when it was last sent again; zero before, or where that is not known
	Evidence      []byte
	Transmissions int
	Inquiries     int
	Last          ChargeAnswer // the answer about the cancellation before this call
}

// Delegate is a [Charger] whose provider can recharge by itself. Its methods may be
// called concurrently and repeated, and return soon after ctx ends.
type Delegate interface {
	// CheckDelegation refuses, with [ErrInvalid], what the provider is known not to
	// take. It sends no request.
	CheckDelegation(to Delegation) error
	// Delegation reads how the provider's own auto-recharge is configured. A question that
	// failed is an error, and never an auto-recharge that is off.
	Delegation(ctx context.Context) (Delegation, error)
	// Delegate configures it, and reads it back: when it returns without an error the
	// provider is as was asked.
	Delegate(ctx context.Context, to Delegation) error
}
