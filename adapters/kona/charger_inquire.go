package kona

import (
	"context"
	"net/http"
	"time"

	"github.com/jigap/jigap/ports"
)

const (
	// dayPause is how often the provider itself looks on the day of the request
	// (documented); nightPause is ours after it.
	dayPause   = 5 * time.Minute
	nightPause = time.Hour

	// quietPeriod is how long after its sending an order that the provider does not
	// know is certain never to be executed: the one-time token must be used up within
	// thirty seconds (documented), and no timeout of ours or of a gateway is as long.
	quietPeriod = 15 * time.Minute

	alarmDayOver = "the provider no longer looks after this order by itself: its day is over"
	reviewOver   = "the provider has not told the end of the order by the end of the next day"
	reviewOther  = "the sequenceId had been used before: the result may be that of another request"
)

// inquiry is a question about a charge or a cancellation.
type inquiry struct {
	sequenceID    string
	sentAt        time.Time
	transmissions int
	last          ports.ChargeAnswer
}

// Inquire asks for the result by the sequenceId of the order. It sends nothing that
// moves money and never asks for the order to be sent again.
func (c *Charger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	sentAt := order.SentAt
	if sentAt.IsZero() {
		sentAt = order.RequestedAt
	}
	q := inquiry{chargeID(order), sentAt, order.Transmissions, order.Last}
	answer := c.inquire(ctx, q)
	if answer.Outcome != ports.OutcomeApproved || c.config.WithoutHistory {
		return answer
	}
	order.Last.ProviderRef = answer.ProviderRef
	open := q.open(ports.OutcomeUnknown, c.client.clock.Now(), "")
	open.ProviderRef = answer.ProviderRef
	if open, stands := c.standing(ctx, order, "the charge was completed", open); !stands {
		return open
	}
	return answer
}

// standing looks into the history whether a charge stands, or was cancelled by others, in the
// provider's console say: neither the result of a charge nor that of a cancellation tells
// (inferred). Where the charge does not stand for certain, standing completes open, the
// answer to give then: said is what the provider said that made the look necessary.
func (c *Charger) standing(ctx context.Context, charge ports.ChargeOrder, said string, open ports.ChargeAnswer) (ports.ChargeAnswer, bool) {
	method, err := ParseMethod(charge.PaymentMethod)
	if err != nil {
		open.Review = said + reviewNoCard
		return open, false
	}
	sentAt := charge.SentAt
	if sentAt.IsZero() {
		sentAt = charge.RequestedAt
	}
	rows, err := c.client.History(ctx, HistoryFilter{UserID: method.UserID, PAR: method.PAR, From: sentAt, To: c.client.clock.Now(), PreviousCard: true})
	if err != nil {
		open.Failed, open.Message, open.Alarm = true, said+messageBlind, firstOf(errorOf(err).Alarm, open.Alarm)
		return open, false
	}
	if found := cancelIn(rows, charge, sentAt); found != "" {
		open.Review = said + found
		refused := charge.Last.Outcome.Final() && charge.Last.Outcome != ports.OutcomeApproved // it was not credited
		open.Contradicts = found == reviewCanceled && !refused && charge.GivenBack.LessThan(charge.Amount)
		return open, false
	}
	return ports.ChargeAnswer{}, true
}

// What follows the words about a charge or a cancellation that may not stand.
const (
	reviewCanceled   = ", and the charge was cancelled by others"
	reviewMayCancel  = ", and a cancellation of the charge's amount may be that of the charge"
	reviewNoCard     = ", and the card of the charge cannot be read, so its history cannot"
	messageBlind     = ", and the history cannot be read"
	historyTolerance = time.Minute // that the clocks may disagree
)

// cancelIn returns why a person must decide: the history shows that the charge was
// cancelled, or a cancellation of its amount that is not that of another charge.
func cancelIn(rows []Transaction, order ports.ChargeOrder, sentAt time.Time) string {
	number := order.Last.ProviderRef
	others := map[string]bool{"": false}
	for _, row := range rows {
		others[row.Number] = others[row.Number] || row.Number != "" && row.Number != number && !row.Canceled
	}
	may := ""
	for _, row := range rows {
		early := !row.At.IsZero() && row.At.Before(sentAt.Add(-historyTolerance))
		same := !row.Amount.Valid || row.Amount.Decimal.Equal(order.Amount)
		switch {
		case !row.Canceled:
		case number != "" && row.Number == number:
			return reviewCanceled
		case same && !early && !others[row.Number]:
			may = reviewMayCancel
		}
	}
	return may
}

func (c *Charger) inquire(ctx context.Context, q inquiry) ports.ChargeAnswer {
	found, err := c.client.InquireResult(ctx, q.sequenceID)
	now := c.client.clock.Now()
	if err != nil {
		return c.unanswered(q, errorOf(err), now)
	}
	switch found.Result {
	case ResultCompleted:
		if q.last.Code == "007_008" && q.transmissions == 1 {
			return q.open(ports.OutcomeUnknown, now, reviewOther)
		}
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: firstOf(found.Number, q.last.ProviderRef)}}
	case ResultFailed:
		return q.failed()
	case ResultPending:
		answer := q.open(ports.OutcomePending, now, "")
		answer.ProviderRef = firstOf(found.Number, q.last.ProviderRef)
		return answer
	}
	return q.open(q.last.Outcome, now, "")
}

// failed is a charge that the provider ended without success.
func (q inquiry) failed() ports.ChargeAnswer {
	return ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome:     ports.OutcomeDeclined,
			Code:        q.last.Code,
			Message:     q.last.Message,
			ProviderRef: q.last.ProviderRef,
			Permanent:   q.last.Permanent,
		},
		NextMethod: true,
	}
}

// unanswered judges a question that brought no result. Only the code that the host has
// learnt for "no such sequenceId" says something of the order.
func (c *Charger) unanswered(q inquiry, failed *Error, now time.Time) ports.ChargeAnswer {
	absent := failed.Status == 400 && failed.Code != "" && c.config.Codes[failed.Code] == MeansNoSuchSequence
	waited := now.Sub(q.sentAt)
	switch {
	case !absent || q.last.Outcome.Final() || q.transmissions != 1 || q.last.Outcome == ports.OutcomePending || q.last.Code == "007_008":
	case q.last.Likely.Final() && q.last.Likely != ports.OutcomeApproved && waited >= firstInquiry:
		return ports.ChargeAnswer{
			Answer:     ports.Answer{Outcome: q.last.Likely, Code: q.last.Code, Message: q.last.Message, Permanent: q.last.Permanent},
			NextMethod: q.last.NextMethod,
		}
	case waited >= quietPeriod:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: q.last.Code, Message: "the provider has no trace of the order"}}
	}
	answer := q.open(q.last.Outcome, now, "")
	answer.Failed = !refusedByProvider(failed)
	if failed.Alarm != "" {
		answer.Alarm = failed.Alarm
	}
	return answer
}

// refusedByProvider reports whether the provider itself read a question and refused it, with a code: not
// a gateway before it, and not for a reason that passes.
func refusedByProvider(err *Error) bool {
	switch err.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return err.Code != "" && err.Status >= 400 && err.Status < 500
}

// open is an order whose end is not known. It keeps what the last answer said for the
// next inquiry. Time never makes it a refusal: it gives it to a person, unless the
// service's own ReviewAfter did so before.
func (q inquiry) open(outcome ports.Outcome, now time.Time, review string) ports.ChargeAnswer {
	last := q.last
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome:      ports.OutcomeUnknown,
			Likely:       last.Likely,
			Code:         last.Code,
			Message:      last.Message,
			ProviderRef:  last.ProviderRef,
			Permanent:    last.Permanent,
			InquireAfter: dayPause,
			Review:       review,
		},
		NextMethod: last.NextMethod,
	}
	if outcome == ports.OutcomePending {
		answer.Outcome, answer.Likely = ports.OutcomePending, ports.OutcomeUnknown
	}
	switch today, day := dayOf(now), dayOf(q.sentAt); {
	case today.After(day.AddDate(0, 0, 1)):
		answer.InquireAfter, answer.Alarm, answer.Review = nightPause, alarmDayOver, firstOf(review, reviewOver)
	case today.After(day):
		answer.InquireAfter, answer.Alarm = nightPause, alarmDayOver
	}
	return answer
}

// dayOf is the Korean calendar day of a time, as midnight.
func dayOf(at time.Time) time.Time {
	year, month, day := at.In(korea()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, korea())
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
