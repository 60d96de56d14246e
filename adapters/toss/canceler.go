package toss

import (
	"context"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// RefundAccountResolver returns the account of the customer that a cancelled payment is given back
// to, if it was paid into a virtual account. It may be called concurrently; its error is not shown.
// What it returns is kept nowhere.
type RefundAccountResolver func(ctx context.Context, order ports.CancelOrder) (RefundAccount, error)

// canceler takes back the payments of a shop, in whole or in part.
type canceler struct {
	shop
	account RefundAccountResolver // nil where no payment needs one
}

// cancelReason marks a cancellation, so that it is found again among those of a payment.
func cancelReason(id string) string { return orderID(kindCancel, id) }

// CheckPart returns [ports.ErrInvalid] for an amount that is not positive, that is more than is left,
// or that is finer than a won.
func (c canceler) CheckPart(order ports.CancelOrder) error {
	err := checkWon("Amount", order.Amount, 1)
	if order.Amount.GreaterThan(order.Left) {
		err = ports.Join(err, ports.Invalid("Amount", "is more than is left of the charge"))
	}
	return err
}

func (c canceler) checkCancel(order ports.CancelOrder) error {
	return ports.Join(
		ports.CheckID("CancelID", order.CancelID), c.CheckPart(order), checkWon("Left", order.Left, 1),
		checkKeyText("ProviderRef", order.Charge.Last.ProviderRef, maxKey),
	)
}

// call returns the request of a cancellation. What the record says is left of the charge goes with
// it: the provider refuses the request if others took a part back meanwhile.
func (c canceler) call(ctx context.Context, order ports.CancelOrder, account bool) (call, *ports.ChargeAnswer) {
	if err := c.checkCancel(order); err != nil {
		return call{}, refusal(faultOf(err))
	}
	request := CancelRequest{
		PaymentKey: order.Charge.Last.ProviderRef, Reason: cancelReason(order.CancelID), Amount: order.Amount, Refundable: order.Left,
		Key: idempotencyKey(cancelReason(order.CancelID)),
	}
	if account {
		to, err := c.refundAccount(ctx, order)
		if err != nil {
			return call{}, err
		}
		request.Account = to
	}
	if err := request.check(); err != nil {
		return call{}, refusal(faultOf(err))
	}
	return c.client.cancelCall(request), nil
}

const messageNoAccount = "the payment was made into a virtual account, and there is no account to give it back to"

func (c canceler) refundAccount(ctx context.Context, order ports.CancelOrder) (RefundAccount, *ports.ChargeAnswer) {
	none := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "refund account", Message: messageNoAccount}}
	if c.account == nil {
		return RefundAccount{}, &none
	}
	account, err := c.account(ctx, order)
	switch {
	case err != nil:
		return RefundAccount{}, refusal(lookupFailed(err, "refund account"))
	case account.isZero():
		return RefundAccount{}, &none
	}
	return account, nil
}

// isOfAnother reports whether a payment is that of another order of this package. A person may have
// approved the charge with a payment that was made in another way.
func (c canceler) isOfAnother(order ports.CancelOrder, p *Payment) bool {
	_, _, ours := operationOf(p.OrderID)
	return ours && p.OrderID != c.orderID(order.Charge)
}

// PrepareCancel refuses a cancellation whose payment is not known or is that of another order, and
// records a digest of the request. It looks at the payment, which also tells whether an account to give
// the money back to is needed.
func (c canceler) PrepareCancel(ctx context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	if err := c.checkCancel(order); err != nil {
		return nil, refusal(faultOf(err))
	}
	payment, err := c.client.Payment(ctx, order.Charge.Last.ProviderRef)
	switch {
	case err != nil:
		return nil, refusal(ports.ChargeAnswer{Answer: ports.Answer{
			Outcome: ports.OutcomeNotSent, Code: errorOf(err).Code, Message: "the payment cannot be looked at", Alarm: errorOf(err).Alarm,
		}})
	case c.isOfAnother(order, payment):
		answer := faultOf(ports.Invalid("ProviderRef", "is the payment of another recharge"))
		answer.Alarm = alarmForeign
		return nil, refusal(answer)
	}
	account := payment.Account != nil
	req, refused := c.call(ctx, order, account)
	if refused != nil {
		return nil, refused
	}
	e := c.client.evidenceOf(req)
	e.Account = account
	return e.encode(), nil
}

// Cancel sends the cancellation, once, and looks at the payment where the provider refused it.
func (c canceler) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	e := readEvidence(order.Evidence)
	req, refused := c.call(ctx, order, e.Account)
	switch {
	case refused != nil:
		return sole(order.Transmissions, *refused)
	case !c.client.same(e, req):
		return sole(order.Transmissions, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "changed", Message: messageChanged}})
	}
	if c.now().Sub(cancelSentAt(order)) >= resendFor {
		return tooLate(order.Transmissions)
	}
	payment, err := c.client.pay(ctx, req)
	if err == nil {
		return c.answered(order, payment)
	}
	answer := failedAnswer(order.Transmissions, err)
	answer.NextMethod = false
	if answer.Outcome != ports.OutcomeUnknown || answer.Likely == ports.OutcomeUnknown {
		return answer
	}
	order.Last = answer
	return c.InquireCancel(ctx, order)
}

// answered is the answer to a cancellation that the provider says is done.
func (c canceler) answered(order ports.CancelOrder, p *Payment) ports.ChargeAnswer {
	found, there := cancelOf(order, p)
	switch {
	case p.PaymentKey != order.Charge.Last.ProviderRef, !there:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Alarm: alarmForeign, InquireAfter: confirmPause}}
	case !found.Amount.Equal(order.Amount):
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Likely: ports.OutcomeApproved, Alarm: alarmForeign, InquireAfter: confirmPause}}
	}
	return canceled(found, p)
}

// cancelOf returns the cancellation of an order among those of a payment.
func cancelOf(order ports.CancelOrder, p *Payment) (Cancel, bool) {
	for _, cancel := range p.Cancels {
		if cancel.Reason == cancelReason(order.CancelID) {
			return cancel, true
		}
	}
	return Cancel{}, false
}

// The statuses of what a virtual account gives back (documented).
const (
	refundFailed     = "FAILED"
	refundPartFailed = "PARTIAL_FAILED"
)

// The statuses of a cancellation. All but DONE are documented for foreign wallets only. What ABORTED
// means for the money is not documented: it is unknown, as are statuses that the provider adds.
const (
	cancelDone    = "DONE"
	cancelWorking = "IN_PROGRESS"
)

// refundLost reports whether the provider could not give back, to a bank account, what it had taken
// out of a payment.
func refundLost(p *Payment) bool {
	return p.Account != nil && (p.Account.RefundStatus == refundFailed || p.Account.RefundStatus == refundPartFailed)
}

func canceled(found Cancel, p *Payment) ports.ChargeAnswer {
	if refundLost(p) {
		return ports.ChargeAnswer{Answer: ports.Answer{
			Outcome: ports.OutcomeUnknown, ProviderRef: found.TransactionKey, Review: reviewRefund, Alarm: reviewRefund,
		}}
	}
	switch found.Status {
	case cancelDone:
	case cancelWorking:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: found.TransactionKey}}
	default:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, ProviderRef: found.TransactionKey, InquireAfter: confirmPause}}
	}
	return ports.ChargeAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: found.TransactionKey},
		Amount: decimal.NewNullDecimal(found.Amount), At: found.At.Time,
	}
}

const (
	reviewCancelTaken = "others took the charge back, or a part of it, and this cancellation is not among those of the payment"
	reviewCancelLost  = "the provider shows no such cancellation, and it cannot be sent again"
	reviewRefund      = "the provider could not give the money back to the customer's bank account"
	reviewNotShown    = "the provider does not show the payment to our key"
	alarmBalance      = "more is left of the charge at the provider than our record says"
)

// InquireCancel looks for the cancellation among those of the payment. Where it is not there and the
// charge stands, a refusal that was read is final, and a cancellation whose answer was lost is to be
// sent again for 14 days: the idempotency key has it executed once (documented). Where others took
// the charge back, or a part of it, a person decides.
func (c canceler) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	charge := order.Charge
	charge.SentAt, charge.RequestedAt, charge.Transmissions, charge.Last = order.SentAt, order.RequestedAt, order.Transmissions, order.Last
	l := lost{shop: c.shop, order: charge}
	open := l.open()
	if refusedFor(order.Last.Likely) {
		open.InquireAfter = confirmPause
	}
	payment, err := c.client.Payment(ctx, order.Charge.Last.ProviderRef)
	if err != nil {
		return c.blind(ctx, order, open, errorOf(err))
	}
	if payment.PaymentKey != order.Charge.Last.ProviderRef {
		open.Alarm = alarmForeign
		return open
	}
	if found, there := cancelOf(order, payment); there {
		return canceled(found, payment)
	}
	return c.notThere(ctx, order, payment, open)
}

// blind is the answer when the payment could not be looked at. A payment that the provider does not
// show says nothing of the cancellation: the same request may be sent again, as for one that is
// shown without it.
func (c canceler) blind(ctx context.Context, order ports.CancelOrder, open ports.ChargeAnswer, failed *Error) ports.ChargeAnswer {
	open.Alarm = joined(order.Last.Alarm, failed.Alarm)
	if failed.Alarm != "" || failed.Wait > open.InquireAfter {
		open.InquireAfter = failed.askAfter()
	}
	switch {
	case failed.Code != codeNoPayment || failed.Status != http.StatusNotFound:
	case open.Likely == ports.OutcomeFault: // it was refused, because of the key or the payment
		return plain(ports.ChargeAnswer{Answer: ports.Answer{
			Outcome: ports.OutcomeFault, Code: open.Code, Message: open.Message, Alarm: order.Last.Alarm, Permanent: open.Permanent,
		}})
	case !refusedFor(open.Likely):
		return c.again(ctx, order, open, reviewNotShown)
	case c.now().Sub(cancelSentAt(order)) >= personAfter:
		open.Outcome, open.Review = ports.OutcomeUnknown, reviewNotShown
	}
	return open
}

// refusedFor reports whether an answer said that the order was refused, to be confirmed.
func refusedFor(likely ports.Outcome) bool { return likely.Final() && likely != ports.OutcomeApproved }

// again has a cancellation of which nothing is found sent again, or gives it to a person.
func (c canceler) again(ctx context.Context, order ports.CancelOrder, open ports.ChargeAnswer, review string) ports.ChargeAnswer {
	waited, can := c.now().Sub(cancelSentAt(order)), repeatNever
	tried := lost{shop: c.shop, order: ports.ChargeOrder{
		SentAt: order.SentAt, ResentAt: order.ResentAt, RequestedAt: order.RequestedAt, Transmissions: order.Transmissions, Last: order.Last,
	}}
	if !spent(tried.order) && waited < resendFor {
		can = c.resends(ctx, order)
	}
	switch {
	case can == repeatNow && tried.pause() > 0:
		open.Outcome, open.InquireAfter = ports.OutcomeUnknown, tried.pause()
	case can == repeatNow:
		open.Outcome, open.Resend = ports.OutcomeUnknown, true
	case can == repeatNever && waited >= personAfter:
		open.Outcome, open.Review = ports.OutcomeUnknown, review
	}
	return open
}

// notThere judges a payment that does not have the cancellation.
func (c canceler) notThere(ctx context.Context, order ports.CancelOrder, p *Payment, open ports.ChargeAnswer) ports.ChargeAnswer {
	last, waited := order.Last, c.now().Sub(cancelSentAt(order))
	refused := refusedFor(last.Likely)
	switch {
	case p.Balance.LessThan(order.Left) && p.Balance.IsPositive() && last.Likely == ports.OutcomeNotSent && order.Transmissions == 1:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: last.Code, Message: last.Message, Alarm: alarmTakeBack}}
	case p.Balance.LessThan(order.Left):
		open.Outcome, open.Alarm = ports.OutcomeUnknown, alarmTakeBack
		if refused || waited >= personAfter {
			open.Review = reviewCancelTaken
		}
		return open
	case refused && order.Transmissions > 1 && waited < believeAfter(order.Transmissions):
		open.InquireAfter = believeAfter(order.Transmissions) - waited
		return open
	case refused:
		answer := ports.ChargeAnswer{Answer: ports.Answer{
			Outcome: last.Likely, Code: last.Code, Message: last.Message, Alarm: last.Alarm, Permanent: last.Permanent,
		}}
		if p.Balance.GreaterThan(order.Left) {
			answer.Alarm = joined(last.Alarm, alarmBalance)
		}
		return plain(answer)
	}
	return c.again(ctx, order, open, reviewCancelLost)
}

// resends reports whether the same request can be sent again.
func (c canceler) resends(ctx context.Context, order ports.CancelOrder) repeat {
	e := readEvidence(order.Evidence)
	req, refused := c.call(ctx, order, e.Account)
	return repeatOf(refused, refused == nil && c.client.same(e, req))
}

// cancelSentAt returns when a cancellation was first sent, or written down where that is not known.
func cancelSentAt(order ports.CancelOrder) time.Time {
	if order.SentAt.IsZero() {
		return order.RequestedAt
	}
	return order.SentAt
}
