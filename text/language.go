package text

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Language is a language of the texts. An unknown one is English.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Money returns an amount with commas between thousands and the unit of its currency:
// "1,000원" for KRW in Korean, "1,000 KRW" otherwise. Without a currency it has no unit.
func Money(amount decimal.Decimal, currency string, language Language) string {
	switch {
	case currency == "":
		return grouped(amount)
	case currency == "KRW" && language == Korean:
		return grouped(amount) + "원"
	}
	return grouped(amount) + " " + currency
}

// grouped returns d with commas between thousands.
func grouped(d decimal.Decimal) string {
	whole, fraction, hasFraction := strings.Cut(d.String(), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasFraction {
		whole += "." + fraction
	}
	return whole
}
