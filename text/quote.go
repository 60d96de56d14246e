package text

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// Quote returns what a withdrawal costs and pays out, step by step. Amounts have the unit
// of the quote's currency.
func Quote(q *withdraw.Quote, language Language) string {
	money := func(amount decimal.Decimal) string { return Money(amount, q.Currency, language) }
	parts := make([]string, 0, len(q.Lines)+2)
	for i := range q.Lines {
		parts = append(parts, line(&q.Lines[i], money, language))
	}
	if language == Korean {
		parts = append(parts, "수수료 "+money(q.Fee), "실수령액 "+money(q.Net))
	} else {
		parts = append(parts, "fee "+money(q.Fee), "you receive "+money(q.Net))
	}
	return strings.Join(parts, "; ")
}

// line returns one step of a fee.
func line(l *withdraw.Line, money func(decimal.Decimal) string, language Language) string {
	amount, operand := money(l.Amount), money(l.Operand)
	korean := language == Korean
	switch {
	case l.Rule == withdraw.RuleRate && korean:
		return operand + "의 " + l.Rate.String() + " = " + amount
	case l.Rule == withdraw.RuleRate:
		return l.Rate.String() + " of " + operand + " = " + amount
	case l.Rule == withdraw.RuleFixed && korean:
		return "정액 " + amount
	case l.Rule == withdraw.RuleFixed:
		return "fixed " + amount
	case l.Rule == withdraw.RuleRounding && korean:
		return operand + koreanRounding(l.Rounding) + " → " + amount
	case l.Rule == withdraw.RuleRounding:
		return operand + englishRounding(l.Rounding) + " " + amount
	case l.Rule == withdraw.RuleMinimum && korean:
		return "최소 수수료 " + amount
	case l.Rule == withdraw.RuleMinimum:
		return "at least " + amount
	case l.Rule == withdraw.RuleMaximum && korean:
		return "최대 수수료 " + amount
	}
	return "at most " + amount
}

func englishRounding(r ports.Rounding) string {
	switch r {
	case ports.RoundDown:
		return " rounded down to"
	case ports.RoundUp:
		return " rounded up to"
	case ports.RoundHalfUp:
		return " rounded half up to"
	case ports.RoundHalfEven:
		return " rounded half to even to"
	}
	return " rounded to"
}

func koreanRounding(r ports.Rounding) string {
	switch r {
	case ports.RoundDown:
		return " 절사"
	case ports.RoundUp:
		return " 올림"
	case ports.RoundHalfUp:
		return " 반올림"
	case ports.RoundHalfEven:
		return " 짝수 반올림"
	}
	return " 반올림"
}
