package recharge

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/ports"
)

// figures are what the log says of an answer beyond its common part.
func figures(answer *ports.ChargeAnswer) []any {
	return []any{"amount", order.Figure(answer.Amount)}
}

// clean takes the figures and the time out of an answer that no record can hold, and says of
// one of them why.
func clean(answer *ports.ChargeAnswer) (odd error) {
	if odd = ports.CheckTime("At", answer.At); odd != nil {
		answer.At = time.Time{}
	}
	if answer.Await != nil {
		answer.Await = answer.Await.Clone()
		answer.Await.Until = ports.Instant(answer.Await.Until)
		if err := checkAwait(*answer.Await); err != nil {
			answer.Await, odd = nil, ports.Join(odd, err)
		}
	}
	for _, f := range []struct {
		field  string
		figure *decimal.NullDecimal
	}{{"Amount", &answer.Amount}, {"OldBalance", &answer.OldBalance}, {"NewBalance", &answer.NewBalance}} {
		if !f.figure.Valid {
			continue
		}
		if _, err := ports.CheckSigned(f.field, f.figure.Decimal, ports.MaxScale); err != nil {
			*f.figure, odd = decimal.NullDecimal{}, ports.Join(odd, err)
		}
	}
	return odd
}

// remember fills the amount into an answer that does not report it.
func remember(answer, before *ports.ChargeAnswer) {
	if !answer.Amount.Valid {
		answer.Amount = before.Amount
	}
}

func report(into, answer *ports.ChargeAnswer) { into.Amount = answer.Amount }

// reports returns whether an answer reports what was charged or given back.
func reports(answer *ports.ChargeAnswer) bool { return answer.Amount.Valid }
