package withdraw

import (
	"strings"

	"github.com/shopspring/decimal"
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
	Rate     Rate
	Operand  decimal.Decimal
	Rounding Rounding
	Amount   decimal.Decimal
}

func (q *Quote) add(l Line) { q.Lines = append(q.Lines, l) }

func (q *Quote) rate(r Rate, of decimal.Decimal) decimal.Decimal {
	share := r.Of(of)
	if share.IsPositive() {
		q.add(Line{Rule: RuleRate, Rate: r, Operand: of, Amount: share})
	}
	return share
}

// Language is a language of the texts of this package.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Text returns the quote for people, step by step. An unknown language is English.
func (q *Quote) Text(language Language) string {
	parts := make([]string, 0, len(q.Lines)+2)
	for i := range q.Lines {
		parts = append(parts, q.Lines[i].text(language))
	}
	if language == Korean {
		parts = append(parts, "수수료 "+grouped(q.Fee), "실수령액 "+grouped(q.Net))
	} else {
		parts = append(parts, "fee "+grouped(q.Fee), "you receive "+grouped(q.Net))
	}
	return strings.Join(parts, "; ")
}

func (l *Line) text(language Language) string {
	amount, operand := grouped(l.Amount), grouped(l.Operand)
	korean := language == Korean
	switch {
	case l.Rule == RuleRate && korean:
		return operand + "의 " + l.Rate.String() + " = " + amount
	case l.Rule == RuleRate:
		return l.Rate.String() + " of " + operand + " = " + amount
	case l.Rule == RuleFixed && korean:
		return "정액 " + amount
	case l.Rule == RuleFixed:
		return "fixed " + amount
	case l.Rule == RuleRounding && korean:
		return operand + l.Rounding.korean() + " " + amount
	case l.Rule == RuleRounding:
		return operand + l.Rounding.english() + " " + amount
	case l.Rule == RuleMinimum && korean:
		return "최소 수수료 " + amount
	case l.Rule == RuleMinimum:
		return "at least " + amount
	case l.Rule == RuleMaximum && korean:
		return "최대 수수료 " + amount
	}
	return "at most " + amount
}

func (r Rounding) english() string {
	switch r {
	case RoundDown:
		return " rounded down to"
	case RoundUp:
		return " rounded up to"
	case RoundHalfUp:
		return " rounded half up to"
	case RoundHalfEven:
		return " rounded half to even to"
	}
	return " rounded to"
}

func (r Rounding) korean() string {
	switch r {
	case RoundDown:
		return " 절사"
	case RoundUp:
		return " 올림"
	case RoundHalfUp:
		return " 반올림"
	case RoundHalfEven:
		return " 짝수 반올림"
	}
	return " 반올림"
}

// grouped writes d with commas between thousands.
func grouped(d decimal.Decimal) string {
	whole, fraction, hasFraction := strings.Cut(d.String(), ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && whole[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if hasFraction {
		b.WriteString("." + fraction)
	}
	return b.String()
}
