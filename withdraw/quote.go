package withdraw

import (
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Quote is what a withdrawal costs and pays out. Fee + Net == Total, to the last
// digit.
type Quote struct {
	Currency string // of the schedule; blank with the zero schedule
	Version  string // of the schedule
	Scale    int32  // digits after the point
	Total    decimal.Decimal
	Fee      decimal.Decimal
	Net      decimal.Decimal
	Lines    []Line // how the fee came about
}

// Rule says what a line of a quote applies.
type Rule string

// The rules of a quote.
const (
	RuleRate     Rule = "rate"     // Rate of Operand is Amount, exactly
	RuleFixed    Rule = "fixed"    // Amount is added
	RuleRounding Rule = "rounding" // Operand is rounded to Amount
	RuleMinimum  Rule = "minimum"  // the fee is raised to Amount
	RuleMaximum  Rule = "maximum"  // the fee is lowered to Amount
)

// Line is one step of a fee.
type Line struct {
	Rule     Rule
	Rate     ports.Rate
	Operand  decimal.Decimal
	Rounding ports.Rounding
	Amount   decimal.Decimal
}

func (q *Quote) add(l Line) { q.Lines = append(q.Lines, l) }

func (q *Quote) rate(r ports.Rate, of decimal.Decimal) decimal.Decimal {
	share := r.Of(of)
	if share.IsPositive() {
		q.add(Line{Rule: RuleRate, Rate: r, Operand: of, Amount: share})
	}
	return share
}
