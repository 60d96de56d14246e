package withdraw

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/ports"
)

// logFigures are what the log says of an answer beyond its common part.
func logFigures(answer *ports.PayoutAnswer) []any {
	return []any{
		"transaction", order.Truncate(answer.TransactionID), "total", order.Figure(answer.Total), "fee", order.Figure(answer.Fee), "net", order.Figure(answer.Net),
	}
}

// clean takes the figures, the time and the id of the bank transfer out of an answer that no
// record can hold, and says of one of them why.
func clean(answer *ports.PayoutAnswer) (odd error) {
	if odd = ports.CheckTime("TransactedAt", answer.TransactedAt); odd != nil {
		answer.TransactedAt = time.Time{}
	}
	if err := ports.CheckProviderRef("TransactionID", answer.TransactionID); err != nil {
		answer.TransactionID, odd = "", ports.Join(odd, err)
	}
	answer.Status = order.Truncate(answer.Status)
	for _, f := range []struct {
		field  string
		figure *decimal.NullDecimal
	}{{"Total", &answer.Total}, {"Fee", &answer.Fee}, {"Net", &answer.Net}} {
		if err := checkFigure(f.field, *f.figure); err != nil {
			*f.figure, odd = decimal.NullDecimal{}, ports.Join(odd, err)
		}
	}
	return odd
}

func checkFigure(field string, figure decimal.NullDecimal) error {
	if !figure.Valid {
		return nil
	}
	_, err := ports.CheckSigned(field, figure.Decimal, ports.MaxScale)
	return err
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

func report(into, answer *ports.PayoutAnswer) {
	into.Total, into.Fee, into.Net = answer.Total, answer.Fee, answer.Net
	into.TransactionID, into.TransactedAt = answer.TransactionID, answer.TransactedAt
}

// reports returns whether an answer reports what was paid out, or what it cost.
func reports(answer *ports.PayoutAnswer) bool {
	return answer.Total.Valid || answer.Fee.Valid || answer.Net.Valid
}
