package withdraw

import (
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// round returns d with scale digits after the point.
func round(d decimal.Decimal, how ports.Rounding, scale int32) decimal.Decimal {
	switch how {
	case ports.RoundDown:
		return d.RoundDown(scale)
	case ports.RoundUp:
		return d.RoundUp(scale)
	case ports.RoundHalfUp:
		return d.Round(scale)
	case ports.RoundHalfEven:
		return d.RoundBank(scale)
	}
	return d.RoundDown(scale)
}

func known(how ports.Rounding) bool {
	switch how {
	case ports.RoundDown, ports.RoundUp, ports.RoundHalfUp, ports.RoundHalfEven:
		return true
	}
	return false
}
