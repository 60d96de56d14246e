package withdraw

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// readable makes an answer that had to be cleaned one for a person: what it says cannot
// be booked.
func readable(answer ports.PayoutAnswer) ports.PayoutAnswer {
	cleaned, odd := clean(answer)
	if odd != nil {
		cleaned.Outcome = ports.OutcomeUnknown
		cleaned.Review = fmt.Sprintf("the provider answered %s, with what cannot be booked: %v", answer.Outcome, odd)
	}
	return cleaned
}

// clean takes out of an answer the figures, the time and the references that no record can
// hold, and says of one of them why: written as they are, they would be refused at each
// try. Long texts are cut.
func clean(answer ports.PayoutAnswer) (cleaned ports.PayoutAnswer, odd error) {
	if odd = ports.CheckTime("TransactedAt", answer.TransactedAt); odd != nil {
		answer.TransactedAt = time.Time{}
	}
	if err := ports.CheckProviderRef("ProviderRef", answer.ProviderRef); err != nil {
		answer.ProviderRef, odd = "", err
	}
	if err := ports.CheckProviderRef("TransactionID", answer.TransactionID); err != nil {
		answer.TransactionID, odd = "", err
	}
	for _, text := range []*string{&answer.Code, &answer.Status, &answer.Message, &answer.Review, &answer.Alarm} {
		*text = cut(*text)
	}
	for _, f := range []struct {
		field  string
		figure *decimal.NullDecimal
	}{{"Total", &answer.Total}, {"Fee", &answer.Fee}, {"Net", &answer.Net}} {
		if err := checkFigure(f.field, *f.figure); err != nil {
			*f.figure, odd = decimal.NullDecimal{}, err
		}
	}
	return answer, odd
}

func checkFigure(field string, figure decimal.NullDecimal) error {
	if !figure.Valid {
		return nil
	}
	_, err := ports.CheckSigned(field, figure.Decimal, ports.MaxScale)
	return err
}

// keep records what the provider said; an answer that knows less does not wipe out
// what was learnt before. A figure that was reported on the way counts until another is
// reported, or another payout.
func keep(next *ports.Withdrawal, answer ports.PayoutAnswer) {
	if answer.ProviderRef == "" || next.ProviderRef == "" || answer.ProviderRef == next.ProviderRef {
		remember(&answer, &next.Answer)
	}
	if answer.Outcome == ports.OutcomeUnknown && answer.Code == "" && answer.ProviderRef == "" && answer.Likely == ports.OutcomeUnknown {
		next.Answer.Alarm, next.Answer.Review = answer.Alarm, answer.Review // the rest stands
		next.Answer.Total, next.Answer.Fee, next.Answer.Net = answer.Total, answer.Fee, answer.Net
		next.Answer.TransactionID, next.Answer.TransactedAt = answer.TransactionID, answer.TransactedAt
		if next.Answer.Outcome.Final() {
			next.Answer.Outcome = ports.OutcomeUnknown
		}
		return
	}
	if answer.ProviderRef == "" {
		answer.ProviderRef = next.ProviderRef
	}
	if answer.Outcome == ports.OutcomeUnknown && answer.Likely == ports.OutcomeUnknown {
		answer.Likely = next.Answer.Likely
	}
	next.ProviderRef = answer.ProviderRef
	next.Answer = answer
}

// remember fills the figures and the bank transfer that an answer does not report with
// those that were reported before. Fee and net belong together: where an answer reports
// one of them, the other follows from the total.
func remember(answer, before *ports.PayoutAnswer) {
	if !answer.Total.Valid {
		answer.Total = before.Total
	}
	if !answer.Fee.Valid && !answer.Net.Valid {
		answer.Fee, answer.Net = before.Fee, before.Net
	}
	if answer.TransactionID == "" {
		answer.TransactionID = before.TransactionID
	}
	if answer.TransactedAt.IsZero() {
		answer.TransactedAt = before.TransactedAt
	}
}
