package kona

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

func cancelID(order ports.CancelOrder) string { return sequenceID("cancel", order.CancelID) }

// PrepareCancel refuses a cancellation of a charge whose transaction number is not
// known, because the provider cannot find it then, and a cancellation of a part: the request
// has no field for an amount (inferred). It sends no request.
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
	if !order.Amount.IsPositive() || !order.Amount.Equal(order.Left) {
		return Method{}, ports.Invalid("Amount", "is not all that is left of the charge: Kona cancels whole charges only")
	}
	return ParseMethod(order.Charge.PaymentMethod)
}

// Cancel fetches a one-time token and sends the cancellation, once. OutcomeApproved
// means that the card's balance is down; the bank credits the account on the next day
// (documented). Where the provider refuses, the history tells whether the charge stands.
func (c *Charger) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return c.declined(ctx, order, sole(order.Transmissions, c.cancel(ctx, order)))
}

func (c *Charger) cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	method, err := checkCancel(order)
	if err != nil {
		return faultOf(err)
	}
	token, card, refused := c.token(ctx, method, cancelSentAt(order))
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

const (
	saidRefused     = "the cancellation was refused"
	reviewNoHistory = saidRefused + ", and without the history it is not known whether the charge stands"
)

// declined lets a cancellation be declined only if the card's history shows that the charge
// stands: the provider refuses and fails a cancellation also because others took the charge
// back before. Other answers are returned as they are. Each answer about a cancellation goes
// through declined, from whatever code or result it was made.
func (c *Charger) declined(ctx context.Context, order ports.CancelOrder, answer ports.ChargeAnswer) ports.ChargeAnswer {
	answer.NextMethod = false
	if answer.Outcome != ports.OutcomeDeclined {
		return answer
	}
	if answer.Message == saidRefused+messageBlind {
		answer.Message = "" // of the look before this one
	}
	q := cancelInquiry(order)
	q.last = answer
	q.last.Likely = ports.OutcomeDeclined
	open := q.open(ports.OutcomeUnknown, c.client.clock.Now(), "")
	open.Alarm = firstOf(answer.Alarm, open.Alarm)
	if c.config.WithoutHistory {
		open.Review = reviewNoHistory
		return open
	}
	if open, stands := c.standing(ctx, order.Charge, saidRefused, open); !stands {
		return open
	}
	return answer
}

func cancelInquiry(order ports.CancelOrder) inquiry {
	return inquiry{cancelID(order), cancelSentAt(order), order.Transmissions, order.Last}
}

// cancelSentAt returns when a cancellation was first sent, or written down where that is not known.
func cancelSentAt(order ports.CancelOrder) time.Time {
	if order.SentAt.IsZero() {
		return order.RequestedAt
	}
	return order.SentAt
}

// InquireCancel asks for the result by the cancellation's own sequenceId. A cancellation that is
// FAILED, or that was refused and of which the history could not be read then, is declined when
// the history shows that the charge stands.
func (c *Charger) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	q := cancelInquiry(order)
	answer := c.inquire(ctx, q)
	refused := q.last.Likely == ports.OutcomeDeclined && q.last.Message == saidRefused+messageBlind // in whole, and then the history could not be read
	if answer.Outcome == ports.OutcomeUnknown && refused && q.transmissions == 1 {
		answer = q.failed()
	}
	return c.declined(ctx, order, answer)
}
