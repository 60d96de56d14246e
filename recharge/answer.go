package recharge

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// readable returns an answer that a record can hold. One that had to be cleaned is for a
// person: what it says cannot be booked.
func readable(answer ports.ChargeAnswer) ports.ChargeAnswer {
	cleaned, odd := clean(answer)
	if odd != nil {
		cleaned.Outcome = ports.OutcomeUnknown
		cleaned.Review = fmt.Sprintf("the provider answered %s, with what cannot be booked: %v", answer.Outcome, odd)
	}
	return cleaned
}

// clean takes out of an answer the figures, the time and the reference that no record can
// hold, and says of one of them why: written as they are, they would be refused at each
// try. Long texts are cut.
func clean(answer ports.ChargeAnswer) (cleaned ports.ChargeAnswer, odd error) {
	if odd = ports.CheckTime("At", answer.At); odd != nil {
		answer.At = time.Time{}
	}
	if err := ports.CheckProviderRef("ProviderRef", answer.ProviderRef); err != nil {
		answer.ProviderRef, odd = "", err
	}
	for _, f := range []struct {
		field  string
		figure *decimal.NullDecimal
	}{{"Amount", &answer.Amount}, {"OldBalance", &answer.OldBalance}, {"NewBalance", &answer.NewBalance}} {
		if !f.figure.Valid {
			continue
		}
		if _, err := ports.CheckSigned(f.field, f.figure.Decimal, ports.MaxScale); err != nil {
			*f.figure, odd = decimal.NullDecimal{}, err
		}
	}
	for _, text := range []*string{&answer.Code, &answer.Message, &answer.Review, &answer.Alarm} {
		*text = cut(*text)
	}
	return answer, odd
}
