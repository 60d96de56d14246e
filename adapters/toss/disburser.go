package toss

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// SellerResolver returns the provider's id of the seller that an order is paid to: the one that the
// host registered for the wallet's owner, see [PayoutClient.RegisterSeller]. It may be called
// concurrently; its error is not shown. [ports.ErrNotFound] says that there is no such seller. It is
// asked by Prepare only.
type SellerResolver func(ctx context.Context, order ports.PayoutOrder) (sellerID string, err error)

// PayoutConfig is how a [Disburser] works.
type PayoutConfig struct {
	// SecurityKey encrypts orders, and verifies notifications. Required.
	SecurityKey SecurityKey
	// OldSecurityKey opens answers and verifies notifications, too, while the provider replaces a
	// security key by another. May be zero.
	OldSecurityKey SecurityKey
	// Seller finds whom an order is paid to. Required.
	Seller SellerResolver
	// Description is what sellers read in the statement of their bank, 1 to 7 characters. Defaults
	// to "지갑 출금" (wallet withdrawal).
	Description string
	// Experimental must be true: see [Disburser].
	Experimental bool
}

const defaultDescription = "지갑 출금"

// Disburser is a [ports.Disburser] that pays registered sellers from the shop's own settlement
// balance (지급대행, version 2), and a [ports.WebhookReader].
//
// It is experimental: the provider's full table of the errors of payouts, whether a refPayoutId is
// unique and how long it may be, and whether customers of a wallet, who sell nothing, may be paid at
// all are not known. Ask the provider before any use with a live key.
//
// It pays the Net of an order to the seller that Seller names, at once: on business days from 08:00
// to 15:00 in Korea (documented); at other times the provider refuses. An order with a Destination is
// refused. What the provider keeps for a payout is not known: no answer reports a fee.
type Disburser struct {
	shop
	payouts *PayoutClient
	config  PayoutConfig
}

var (
	_ ports.Disburser     = (*Disburser)(nil)
	_ ports.WebhookReader = (*Disburser)(nil)
)

// NewDisburser returns the Disburser of a shop. The name of the shop is the host's own and must never
// change. Errors are [ports.ErrInvalid]: among others for a config that is not Experimental.
func NewDisburser(client *Client, shop string, config PayoutConfig) (*Disburser, error) {
	made, err := newShop(client, shop, kindPayout)
	if !config.Experimental {
		err = ports.Join(err, ports.Invalid("Experimental",
			"must be true: the provider's table of payout errors, the uniqueness of refPayoutId and the right to pay wallet customers are not known"))
	}
	if config.Seller == nil {
		err = ports.Join(err, ports.Invalid("Seller", "is missing"))
	}
	if config.Description == "" {
		config.Description = defaultDescription
	}
	err = ports.Join(err, config.SecurityKey.check(), checkName("Description", config.Description, maxDescription))
	if err != nil {
		return nil, err
	}
	var others []SecurityKey
	if !config.OldSecurityKey.isZero() {
		others = append(others, config.OldSecurityKey)
	}
	payouts, err := NewPayoutClient(client, config.SecurityKey, others...)
	if err != nil {
		return nil, err
	}
	return &Disburser{made, payouts, config}, nil
}

// Lane returns nothing: the provider tells orders apart by their refPayoutId, however many are on
// their way.
func (*Disburser) Lane(ports.PayoutOrder) string { return "" }

func (d *Disburser) refPayoutID(order ports.PayoutOrder) string {
	return orderID(kindPayout, order.OperationID)
}

// checkPayoutOrder refuses what the provider does not take.
func checkPayoutOrder(order ports.PayoutOrder) error {
	err := ports.Join(ports.CheckID("OperationID", order.OperationID), checkPayoutAmount("Net", order.Net), checkWon("Total", order.Total, 1))
	if err == nil && !order.Total.Sub(order.Fee).Equal(order.Net) {
		err = ports.Invalid("Net", "is not Total less Fee")
	}
	if order.Fee.IsNegative() {
		err = ports.Join(err, ports.Invalid("Fee", "is negative"))
	}
	if order.Currency != Currency {
		err = ports.Join(err, ports.Invalid("Currency", "must be %s", Currency))
	}
	if order.Destination.BankCode != "" || order.Destination.Holder != "" || order.Destination.Masked != "" || len(order.Destination.Sealed) > 0 {
		err = ports.Join(err, ports.Invalid("Destination", "must be the account that the seller has registered at the provider"))
	}
	return err
}

func refusePayout(answer ports.Answer) *ports.PayoutAnswer {
	return &ports.PayoutAnswer{Answer: answer}
}

// Prepare looks the seller up, encrypts the request and records it, so that the order is sent again
// only as it was: the same bytes, to the same address, under the same secret key. It sends no
// request.
func (d *Disburser) Prepare(ctx context.Context, order ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	if err := checkPayoutOrder(order); err != nil {
		return nil, refusePayout(faultOf(err).Answer)
	}
	seller, err := d.config.Seller(ctx, order)
	if err != nil {
		return nil, refusePayout(lookupFailed(err, "seller").Answer)
	}
	request := d.request(order, seller)
	if err := request.check(); err != nil {
		return nil, refusePayout(faultOf(err).Answer)
	}
	sealed, err := d.payouts.seal(request.body())
	if err != nil {
		return nil, refusePayout(ports.Answer{Outcome: ports.OutcomeNotSent, Code: "encryption", Message: err.Error()})
	}
	e := d.client.evidenceOf(d.payouts.payoutCall(sealed, request.Key))
	e.Sealed = string(sealed)
	return e.encode(), nil
}

func (d *Disburser) request(order ports.PayoutOrder, seller string) PayoutRequest {
	id := d.refPayoutID(order)
	return PayoutRequest{RefPayoutID: id, Seller: seller, Amount: order.Net, Description: d.config.Description, Key: idempotencyKey(id)}
}

// prepared returns the request that Prepare recorded for an order, and what is in it. It reports
// false unless the request is of this order, and the same one for the provider.
func (d *Disburser) prepared(order ports.PayoutOrder) (call, PayoutRequest, bool) {
	e := readEvidence(order.Evidence)
	req := d.payouts.payoutCall([]byte(e.Sealed), idempotencyKey(d.refPayoutID(order)))
	if e.Sealed == "" || !d.client.same(e, req) {
		return call{}, PayoutRequest{}, false
	}
	seller, ours := d.sellerIn(e, order)
	return req, d.request(order, seller), ours
}

// sellerIn returns the seller of an encrypted request, if it is the request of an order.
func (d *Disburser) sellerIn(e evidence, order ports.PayoutOrder) (string, bool) {
	plain, err := unseal(d.payouts.keys, []byte(e.Sealed))
	if err != nil {
		return "", false
	}
	var batch []struct {
		Ref    string `json:"refPayoutId"`
		Seller string `json:"destination"`
		Amount wireMoney
	}
	if json.Unmarshal(plain, &batch) != nil || len(batch) != 1 {
		return "", false
	}
	is := PayoutRequest{RefPayoutID: d.refPayoutID(order), Seller: batch[0].Seller, Amount: order.Net}
	item := Payout{RefPayoutID: batch[0].Ref, Seller: batch[0].Seller, Amount: batch[0].Amount.Value.Decimal, Currency: batch[0].Amount.Currency}
	return batch[0].Seller, is.isIn(item)
}

// payoutSentAt returns when an order was first sent, or written down where that is not known.
func payoutSentAt(order ports.PayoutOrder) time.Time {
	if order.SentAt.IsZero() {
		return order.RequestedAt
	}
	return order.SentAt
}

const (
	messagePayoutChanged = "the order is not sent: the secret key, the security key or the address is another one than when it was prepared"
	messagePayoutOld     = "the order is not sent: its idempotency key may have ended since it was first sent"
)

// Disburse sends the order that Prepare recorded, once. It sends nothing under another secret key or
// to another address, which would be another order for the provider, nor 14 days after the first
// transmission. The provider's first answer never says that money was paid.
func (d *Disburser) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if err := checkPayoutOrder(order); err != nil {
		return ports.PayoutAnswer{Answer: sole(order.Transmissions, faultOf(err)).Answer}
	}
	req, request, same := d.prepared(order)
	switch {
	case !same:
		return unsent(order, "changed", messagePayoutChanged)
	case d.now().Sub(payoutSentAt(order)) >= resendFor:
		return unsent(order, "old", messagePayoutOld)
	}
	payout, err := d.payouts.create(ctx, req, request)
	if err != nil {
		return failedPayout(order, errorOf(err))
	}
	return d.judgePayout(order, *payout, false)
}

func unsent(order ports.PayoutOrder, code, message string) ports.PayoutAnswer {
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: code, Message: message}}
	return ports.PayoutAnswer{Answer: sole(order.Transmissions, answer).Answer}
}

// failedPayout makes an answer of a failed request. A refusal whose meaning is not known is marked,
// so that the order is not sent again: the provider would repeat the refusal (observed).
func failedPayout(order ports.PayoutOrder, failed *Error) ports.PayoutAnswer {
	answer := failedAnswer(order.Transmissions, failed)
	if isUnlisted(failed) {
		answer.Message = joined(messageUnlisted, answer.Message)
	}
	return ports.PayoutAnswer{Answer: answer.Answer}
}

// judgePayout says what a payout means for an order: as the answer to a transmission, or to a
// question.
func (d *Disburser) judgePayout(order ports.PayoutOrder, p Payout, asked bool) ports.PayoutAnswer {
	answer := ports.PayoutAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeUnknown, ProviderRef: p.ID, InquireAfter: confirmPause},
		Status: httpcall.Code(string(p.Status), codeForm), Net: decimal.NewNullDecimal(p.Amount),
	}
	switch p.Status {
	case PayoutRequested, PayoutInProgress:
		answer.Outcome, answer.InquireAfter = ports.OutcomePending, 0
	case PayoutCompleted:
		return ends(answer, ports.OutcomeApproved, asked)
	case PayoutFailed, PayoutCanceled:
		return returned(order, p, answer, asked)
	default:
		return d.oddStatus(order, answer, asked)
	}
	return answer
}

// ends is an answer that ends an order, if a question brought it.
func ends(answer ports.PayoutAnswer, outcome ports.Outcome, asked bool) ports.PayoutAnswer {
	if asked {
		answer.Outcome, answer.InquireAfter = outcome, 0
	} else {
		answer.Likely = outcome
	}
	return answer
}

const (
	alarmReturned   = "the bank refused a payout that had been completed"
	reviewOddStatus = "the status of the payout is not listed"
)

// returned is the answer about a payout whose money came back.
func returned(order ports.PayoutOrder, p Payout, answer ports.PayoutAnswer, asked bool) ports.PayoutAnswer {
	answer.Net = decimal.NullDecimal{}
	answer.Code = p.FailureCode
	if answer.Code == "" {
		answer.Code = answer.Status
	}
	if order.Last.Outcome == ports.OutcomeApproved {
		answer.Alarm = alarmReturned
	}
	return ends(answer, ports.OutcomeDeclined, asked)
}

// oddStatus is the answer about a payout with a status that is not listed. A person looks at it,
// unless it passes soon.
func (d *Disburser) oddStatus(order ports.PayoutOrder, answer ports.PayoutAnswer, asked bool) ports.PayoutAnswer {
	answer.Net = decimal.NullDecimal{}
	if order.Last.Outcome == ports.OutcomePending {
		answer.Outcome, answer.InquireAfter = ports.OutcomePending, 0
	}
	if asked && d.now().Sub(payoutSentAt(order)) >= personAfter {
		answer.Review = reviewOddStatus
	}
	return answer
}
