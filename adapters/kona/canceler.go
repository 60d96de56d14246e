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
// (documented).
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
		return c.answerOf(err)
	case pending:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, InquireAfter: firstInquiry}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// InquireCancel asks for the result by the cancellation's own sequenceId. FAILED means
// that the charge stands.
func (c *Charger) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	answer := c.inquire(ctx, inquiry{cancelID(order), order.RequestedAt, order.Transmissions, order.Last})
	answer.NextMethod = false
	return answer
}
