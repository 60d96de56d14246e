package toss

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

const (
	// personAfter is how long after its first transmission an order of which nothing is found may
	// go to a person: a charge runs for 60 seconds at most (documented), and a payment may become
	// visible later (how much later is not known).
	personAfter = 10 * time.Minute
	// twice is how far apart two questions must be that find nothing.
	twice = time.Minute
	// pauseMost is the longest pause between two transmissions of an order.
	pauseMost = 10 * time.Minute
	// maxTransmissions bounds how often an order is sent: an error of the provider may be repeated
	// under the idempotency key for 15 days.
	maxTransmissions = 5

	seenNothing = "no payment was found at "

	reviewAbsent = "the provider shows no payment of the order, and it cannot be sent again"
)

// lost is an order whose end is not known, and how it may be sent again.
type lost struct {
	shop
	order  ports.ChargeOrder
	resend func(ctx context.Context) repeat
}

// repeat says whether the same request can be sent again.
type repeat int

const (
	repeatNever repeat = iota // it cannot be made again
	repeatNow
	repeatLater // the host could not look up what is in it
)

// repeatOf returns it of a request that was made again, or refused.
func repeatOf(refused *ports.ChargeAnswer, same bool) repeat {
	switch {
	case refused != nil && refused.Outcome == ports.OutcomeNotSent:
		return repeatLater
	case refused == nil && same:
		return repeatNow
	}
	return repeatNever
}

// answered judges the answer to a question about the order.
func (l lost) answered(ctx context.Context, payment *Payment, err error) ports.ChargeAnswer {
	switch failed := errorOf(err); {
	case err == nil:
		return l.judge(l.order, payment, true)
	case failed.Code == codeNoPayment && failed.Status == http.StatusNotFound:
		return l.absent(ctx)
	default: // a question that failed is no answer, and never says that the customer has not paid
		open := l.open()
		open.Outcome, open.Failed, open.Alarm, open.InquireAfter, open.Await = ports.OutcomeUnknown, true, failed.Alarm, failed.askAfter(), nil
		return open
	}
}

// open is an order of which a question told nothing. It keeps what the last answer said.
func (l lost) open() ports.ChargeAnswer {
	last := l.order.Last
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome: ports.OutcomeUnknown, Likely: last.Likely, Code: last.Code, Message: last.Message, ProviderRef: last.ProviderRef, Permanent: last.Permanent,
		},
		NextMethod: last.NextMethod, Await: last.Await,
	}
	if last.Outcome == ports.OutcomePending {
		answer.Outcome, answer.Likely, answer.Permanent, answer.NextMethod = ports.OutcomePending, ports.OutcomeUnknown, false, false
	}
	if answer.Outcome == ports.OutcomeUnknown {
		answer.Await = nil
	}
	return answer
}

// absent judges that no payment is visible. It proves neither that the order never arrived nor that
// it will not be executed: a refusal that was read is believed then, and otherwise the order is sent
// again, or a person decides.
func (l lost) absent(ctx context.Context) ports.ChargeAnswer {
	last, waited := l.order.Last, l.now().Sub(sentAt(l.order))
	refused := refusedFor(last.Likely)
	open := l.open()
	switch {
	case last.Outcome.Final(): // it has ended, and the provider shows nothing of it, no more or not yet
		open.Outcome = ports.OutcomeUnknown
		return open
	case refused && waited < believeAfter(l.order.Transmissions):
		open.InquireAfter = believeAfter(l.order.Transmissions) - waited
		return open
	case refused:
		return plain(ports.ChargeAnswer{
			Answer:     ports.Answer{Outcome: last.Likely, Code: last.Code, Message: last.Message, Permanent: last.Permanent},
			NextMethod: last.NextMethod,
		})
	case spent(l.order), waited >= resendFor:
		return l.untraced(ctx, open, waited)
	case l.pause() > 0:
		open.Outcome, open.InquireAfter = ports.OutcomeUnknown, l.pause()
		return open
	}
	switch l.resend(ctx) {
	case repeatNow:
		open.Outcome, open.Resend, open.Likely = ports.OutcomeUnknown, true, ports.OutcomeUnknown
	case repeatLater:
		open.Outcome = ports.OutcomeUnknown
	case repeatNever:
		return l.untraced(ctx, open, waited)
	}
	return open
}

// spent reports whether an order was sent as often as an error that its idempotency key may repeat
// allows.
func spent(order ports.ChargeOrder) bool {
	return order.Transmissions >= maxTransmissions && isRepeated(order.Last.Code)
}

// isRepeated reports whether a code is that of an answer which the idempotency key may repeat. A
// request that got no answer, or none that is the provider's own, is sent again for as long as its key
// lives.
func isRepeated(code string) bool { return code != "" && code != codeAbsent && !anyRules[code].unread }

// pause returns how long the order must still wait before it is sent another time: nothing after its
// first transmission, and then pauses from the last one on: 5, 25 and 125 seconds, and ten minutes.
func (l lost) pause() time.Duration {
	if l.order.Transmissions < 2 {
		return 0
	}
	pause, last := confirmPause, l.order.ResentAt
	for range l.order.Transmissions - 2 {
		pause = min(5*pause, pauseMost)
	}
	if last.IsZero() || last.After(l.now()) { // it is not known, or was sent by a clock that is ahead
		last = sentAt(l.order)
	}
	return min(pause, max(0, pause-l.now().Sub(last)))
}

// believeAfter is how long after the first transmission a refusal that was read may be believed. Where
// an earlier transmission was lost, it has had the time to arrive: the refusal is that of the
// idempotency key (documented), unless the provider has lost the key.
func believeAfter(transmissions int) time.Duration {
	if transmissions > 1 {
		return personAfter
	}
	return confirmPause
}

// personAfter is how long after its first transmission an order may be left to a person.
func (l lost) personAfter() time.Duration {
	if l.kind == kindWindow {
		return confirmOver
	}
	return personAfter
}

// untraced gives an order to a person that is found twice nowhere, and cannot be sent again.
func (l lost) untraced(ctx context.Context, open ports.ChargeAnswer, waited time.Duration) ports.ChargeAnswer {
	before := seenAt(open.Message)
	open.Outcome, open.InquireAfter = ports.OutcomeUnknown, twice
	switch {
	case before.IsZero():
		open.Message, open.Code = joined(open.Message, seenNothing+l.now().UTC().Format(time.RFC3339)), codeOrAbsent(open.Code)
		return open
	case waited < l.personAfter(), l.now().Sub(before) < twice:
		return open
	}
	found, err := l.client.findTransaction(ctx, l.orderID(l.order), sentAt(l.order), l.now())
	switch {
	case errors.Is(err, errTooMany):
		open.Review = reviewAbsent + "; there are too many transactions to look for it in them"
	case err != nil:
		open.Failed, open.Alarm = true, errorOf(err).Alarm
	case found:
		open.Review, open.Alarm = "the provider lists a transaction of the order and shows no payment", alarmForeign
	default:
		open.Review = reviewAbsent
	}
	return open
}

// codeOrAbsent returns the provider's code, or one of ours: without a code, or anything else to keep, the
// core keeps nothing of an unknown answer, and the time of the question would be lost.
func codeOrAbsent(code string) string {
	if code == "" {
		return codeAbsent
	}
	return code
}

// seenAt returns when a question found nothing, as a message tells.
func seenAt(message string) time.Time {
	_, text, _ := strings.Cut(message, seenNothing)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// maxRows bounds how many transactions a search reads.
const maxRows = 20_000

var errTooMany = errors.New("there are too many transactions")

// findTransaction reports whether the provider lists a transaction of an order.
func (c *Client) findTransaction(ctx context.Context, id string, from, to time.Time) (bool, error) {
	read := 0
	for row, err := range c.Transactions(ctx, from.Add(-time.Hour), to.Add(time.Hour)) {
		if read++; err != nil || row.OrderID == id {
			return err == nil, err
		}
		if read == maxRows {
			return false, errTooMany
		}
	}
	return false, nil
}
