package kona

import (
	"context"

	"github.com/jigap/jigap/ports"
)

func cancelID(order ports.CancelOrder) string { return sequenceID("cancel", order.CancelID) }

// PrepareCancel refuses a cancellation of a charge whose transaction number is not
// known: the provider cannot find it then. It sends no request.
func (c *Charger) PrepareCancel(_ context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	if _, err := checkCancel(order); err != nil {
		return nil, refusal(faultOf(err))
	}
	return nil, nil
}

func checkCancel(order ports.CancelOrder) (Method, error) {
	if err := ports.CheckID("CancelID", order.CancelID); err != nil {
		return Method{}, err
	}
	if err := checkNumber(order.Charge.Last.ProviderRef); err != nil {
		return Method{}, err
	}
	return ParseMethod(order.Charge.PaymentMethod)
}

// Cancel fetches a one-time token and sends the cancellation, once. OutcomeApproved
// means that the card's balance is down; the bank credits the account on the next day
// (documented). Where the provider refuses, the history tells whether the charge stands.
func (c *Charger) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return sole(order.Transmissions, c.cancel(ctx, order))
}

func (c *Charger) cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	method, err := checkCancel(order)
	if err != nil {
		return faultOf(err)
	}
	token, card, refused := c.token(ctx, method, order.RequestedAt)
	if refused != nil {
		return *refused
	}
	number := order.Charge.Last.ProviderRef
	pending, err := c.client.Cancel(ctx, CancelRequest{
		SequenceID: cancelID(order), UserID: method.UserID, Number: number, Token: token, CardExpiry: card.Expiry,
	})
	switch {
	case err != nil:
		return c.standingAfter(ctx, order, method, c.answerOf(err))
	case pending:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, InquireAfter: firstInquiry}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

const (
	// codeNotCancelable refuses a cancellation of a charge that cannot be canceled
	// (documented), and of one that was canceled before (inferred).
	codeNotCancelable = "007_030"

	reviewTakenBack    = "the cancellation was refused, and the charge was cancelled by others"
	reviewMayTakenBack = "the cancellation was refused, and a cancellation of the charge's amount may be that of the charge"
)

// standingAfter is the answer to a cancellation that was refused with [codeNotCancelable]: it is
// declined only if the card's history shows no other cancellation of the charge, for
// declined means that the charge stands. Other answers are returned as they are.
func (c *Charger) standingAfter(ctx context.Context, order ports.CancelOrder, method Method, answer ports.ChargeAnswer) ports.ChargeAnswer {
	if answer.Code != codeNotCancelable || answer.Outcome != ports.OutcomeDeclined || c.config.WithoutHistory {
		return answer
	}
	open := answer
	open.Outcome, open.Likely, open.InquireAfter = ports.OutcomeUnknown, ports.OutcomeDeclined, dayPause
	charge := order.Charge
	sentAt := charge.SentAt
	if sentAt.IsZero() {
		sentAt = charge.RequestedAt
	}
	rows, err := c.client.History(ctx, HistoryFilter{UserID: method.UserID, PAR: method.PAR, From: sentAt, To: c.client.clock.Now(), PreviousCard: true})
	if err != nil {
		open.Message, open.Alarm = "the cancellation was refused, and the history cannot be read", errorOf(err).Alarm
		return open
	}
	switch cancelIn(rows, charge, charge.Last.ProviderRef, sentAt) {
	case "":
		return answer
	case reviewCanceled:
		open.Review = reviewTakenBack
	default:
		open.Review = reviewMayTakenBack
	}
	return open
}

// InquireCancel asks for the result by the cancellation's own sequenceId. FAILED means
// that the charge stands. A cancellation that was refused, and of which the history could not
// be read then, is declined when the history shows that the charge stands.
func (c *Charger) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	answer := c.inquire(ctx, inquiry{cancelID(order), order.RequestedAt, order.Transmissions, order.Last})
	answer.NextMethod = false
	method, err := checkCancel(order)
	if err != nil || answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending {
		return answer
	}
	if last := order.Last; order.Transmissions == 1 && last.Code == codeNotCancelable && last.Likely == ports.OutcomeDeclined {
		answer = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: last.Code, Message: last.Message, Permanent: last.Permanent}}
		return c.standingAfter(ctx, order, method, answer)
	}
	return answer
}
