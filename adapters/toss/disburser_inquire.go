package toss

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

const (
	// messageUnlisted begins the words of a refusal whose meaning is not known.
	messageUnlisted = "refused with a code that is not listed"

	reviewPayoutForeign = "the payout under the order's refPayoutId is not that of the order"
	reviewPayoutTwice   = "the provider lists several payouts of the order"
	reviewPayoutUnshown = "the provider does not show the payout that it named"
	reviewPayoutAbsent  = "the provider lists no payout of the order, and it cannot be sent again"
	reviewPayoutRefused = "the provider lists no payout of the order, which it refused with a code that is not listed"

	alarmPayoutTwice = "the provider lists several payouts with one refPayoutId"
)

// Inquire follows a payout by the provider's id of it or, when that is not known, looks for the
// refPayoutId in the provider's list. Where it is not listed, the order is to be sent again for 14
// days, if its request is still the same: the idempotency key has it executed once (documented). An
// order that was refused with a code whose meaning is not known is not sent again. A person decides
// where nothing else is left, ten minutes after the order was sent at the earliest.
//
// Should the provider show a payout as failed that it had shown as completed, which it does not
// document, the answer is OutcomeDeclined, with an alarm.
func (d *Disburser) Inquire(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if ref := order.Last.ProviderRef; ref != "" {
		payout, err := d.payouts.Payout(ctx, ref)
		if err == nil {
			return d.found(order, *payout)
		}
		if failed := errorOf(err); failed.Code != codeNoPayout || failed.Status != http.StatusNotFound {
			return unanswered(order, failed)
		}
	}
	found, err := d.search(ctx, order)
	switch {
	case err != nil:
		return unanswered(order, errorOf(err))
	case len(found) > 1:
		open := openPayout(order)
		open.Alarm, open.Review = alarmPayoutTwice, reviewPayoutTwice
		return open
	case len(found) == 1:
		return d.found(order, found[0])
	}
	return d.absentPayout(order)
}

// lookBeyond is how much before and after an order its payout is looked for: the clocks may differ,
// and the day that a payout is listed under may be the next business day.
const lookBeyond = 4 * 24 * time.Hour

// search returns the payouts of the provider's list with the order's refPayoutId: all that there are
// of an order that was sent more than once.
func (d *Disburser) search(ctx context.Context, order ports.PayoutOrder) (found []Payout, err error) {
	id, sent, read := d.refPayoutID(order), payoutSentAt(order), 0
	to := d.now()
	if last := sent.Add(resendFor); to.After(last) { // it was not sent later
		to = last
	}
	for row, err := range d.payouts.Payouts(ctx, sent.Add(-24*time.Hour), to.Add(lookBeyond)) {
		if err != nil {
			return nil, err
		}
		if row.RefPayoutID == id {
			found = append(found, row)
			if order.Transmissions <= 1 {
				return found, nil
			}
		}
		if read++; read == maxRows {
			return nil, d.payouts.unlistable(errTooMany)
		}
	}
	return found, nil
}

// found judges a payout that the provider shows. One that is not that of the order is left to a
// person.
func (d *Disburser) found(order ports.PayoutOrder, p Payout) ports.PayoutAnswer {
	want := d.request(order, p.Seller)
	if seller, known := d.sellerIn(readEvidence(order.Evidence), order); known {
		want.Seller = seller
	}
	if !want.isIn(p) {
		open := openPayout(order)
		open.Alarm, open.Review = alarmForeignPayout, reviewPayoutForeign
		return open
	}
	return d.judgePayout(order, p, true)
}

// openPayout is an order of which a question told nothing. It keeps what the last answer said.
func openPayout(order ports.PayoutOrder) ports.PayoutAnswer {
	last := order.Last
	answer := ports.PayoutAnswer{
		Answer: ports.Answer{
			Outcome: ports.OutcomeUnknown, Likely: last.Likely, Code: last.Code, Message: last.Message, ProviderRef: last.ProviderRef, Permanent: last.Permanent,
		},
		Status: last.Status, Total: last.Total, Fee: last.Fee, Net: last.Net,
	}
	if last.Outcome == ports.OutcomePending {
		answer.Outcome, answer.Likely, answer.Permanent = ports.OutcomePending, ports.OutcomeUnknown, false
	}
	return answer
}

// unanswered is an order about which a question failed.
func unanswered(order ports.PayoutOrder, failed *Error) ports.PayoutAnswer {
	open := openPayout(order)
	open.Alarm, open.InquireAfter = failed.Alarm, failed.askAfter()
	return open
}

// absentPayout judges that no payout is visible. It proves neither that the order never arrived nor
// that it will not be executed: a refusal that was read is believed then, and otherwise the order is
// sent again, or left to a person.
func (d *Disburser) absentPayout(order ports.PayoutOrder) ports.PayoutAnswer {
	last, waited := order.Last, d.now().Sub(payoutSentAt(order))
	refused := last.Likely == ports.OutcomeDeclined || last.Likely == ports.OutcomeFault || last.Likely == ports.OutcomeNotSent
	open := openPayout(order)
	switch {
	case last.ProviderRef != "":
		return d.untracedPayout(open, waited, reviewPayoutUnshown)
	case refused && waited < believeAfter(order.Transmissions):
		open.InquireAfter = believeAfter(order.Transmissions) - waited
		return open
	case refused:
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: last.Likely, Code: last.Code, Message: last.Message, Permanent: last.Permanent}}
	case strings.HasPrefix(last.Message, messageUnlisted):
		return d.untracedPayout(open, waited, reviewPayoutRefused)
	}
	if _, _, same := d.prepared(order); same && order.Transmissions < maxTransmissions && waited < resendFor && !last.Outcome.Final() {
		open.Outcome, open.Resend, open.Likely = ports.OutcomeUnknown, true, ports.OutcomeUnknown
		return open
	}
	return d.untracedPayout(open, waited, reviewPayoutAbsent)
}

// untracedPayout gives an order to a person that two questions did not find.
func (d *Disburser) untracedPayout(open ports.PayoutAnswer, waited time.Duration, review string) ports.PayoutAnswer {
	before := seenAt(open.Message)
	open.InquireAfter = twice
	switch {
	case before.IsZero():
		open.Message, open.Code = joined(open.Message, seenNothing+d.now().UTC().Format(time.RFC3339)), codeOrAbsent(open.Code)
	case waited >= personAfter && d.now().Sub(before) >= twice:
		open.Review = review
	}
	return open
}
