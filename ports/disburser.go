package ports

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// Disburser pays money out through a provider. All methods may be called
// concurrently. The core uses it as it uses a [Charger].
type Disburser interface {
	// Name returns the name under which hosts and records know the Disburser. It
	// never changes for one provider account.
	Name() string

	// Lane returns the lane in which the order must travel, as [Charger] does. A
	// provider account that must see one money order at a time, in or out, gives
	// the same lane to both.
	Lane(order PayoutOrder) string

	// Prepare gathers what an inquiry will need, as [Charger] does. It is called again
	// for an order whose process died before it was sent; what the last call returned
	// counts. A refusal says that the order must not be sent.
	//
	// Prepare, Disburse and Inquire must return soon after ctx ends, as those of a [Charger]
	// must; the core leaves a call that does not, and applies what Disburse answers later.
	Prepare(ctx context.Context, order PayoutOrder) (evidence []byte, refusal *PayoutAnswer)

	// Disburse sends the order, once. OutcomePending means that the provider has
	// taken it; OutcomeApproved that the money is paid. What [Charger] says of Charge holds
	// of it: a final answer speaks of all transmissions, and an order that an inquiry may
	// have given up moves no money.
	Disburse(ctx context.Context, order PayoutOrder) PayoutAnswer

	// Inquire finds out what became of an order that was, or may have been, sent.
	// After OutcomePending it follows the order until it is paid
	// (OutcomeApproved) or refused (OutcomeDeclined). It ends an order for want of a trace
	// only as the Inquire of a [Charger] may.
	Inquire(ctx context.Context, order PayoutOrder) PayoutAnswer
}

// PayoutOrder is one order to a [Disburser]. Amounts are in whole units of Currency.
type PayoutOrder struct {
	OperationID string // as in [ChargeOrder]
	WalletID    string
	Total       decimal.Decimal // taken from the wallet
	Fee         decimal.Decimal // as quoted
	Net         decimal.Decimal // as quoted: Total less Fee
	Currency    string
	Destination Destination

	RequestedAt   time.Time
	SentAt        time.Time
	Evidence      []byte
	Transmissions int
	Inquiries     int
	Last          PayoutAnswer
}

// PayoutAnswer is what a provider says about a payout.
type PayoutAnswer struct {
	Answer

	Status string // the provider's own status of the payout

	// Figures as the provider reports them; absent when it does not. Where they
	// differ from the quote they are booked as reported.
	Total decimal.NullDecimal
	Fee   decimal.NullDecimal
	Net   decimal.NullDecimal

	TransactionID string    // of the bank transfer
	TransactedAt  time.Time // of the bank transfer
}

// Destination is the bank account that a payout goes to. The zero Destination
// means the one that is registered at the provider. The account number itself is
// only ever in Sealed, as the host's Sealer left it.
type Destination struct {
	BankCode string
	Holder   string
	Masked   string // the account number with all but its last digits hidden
	Sealed   []byte // the account number, encrypted by the host's [Sealer]
}

// String returns the destination with the account number masked.
func (d Destination) String() string {
	if d.BankCode == "" && d.Masked == "" {
		return "registered at provider"
	}
	return d.BankCode + " " + d.Masked
}

// GoString is String: no formatting shows more.
func (d Destination) GoString() string { return d.String() }

// Sealer encrypts account numbers before they are stored and decrypts them when a
// [Disburser] needs them, or a retry is compared with what was sealed. Both may be called
// concurrently. Unseal must read whatever Seal ever returned, so keys that were replaced
// are kept for reading.
type Sealer interface {
	Seal(ctx context.Context, accountNumber string) ([]byte, error)
	Unseal(ctx context.Context, sealed []byte) (string, error)
}
