package withdraw

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ErrOutsideLimits is returned when a total is below or above what a schedule admits.
// The error also is a [ports.InvalidError] for Total.
var ErrOutsideLimits = errors.New("outside the limits of the fee schedule")

// ErrFeeExceeds is returned when a fee would be more than the total that it is taken
// from.
var ErrFeeExceeds = errors.New("fee exceeds the total")

// ErrNoTotal is returned by [FeeSchedule.QuoteNet] when no total pays out exactly the
// net that was asked for.
var ErrNoTotal = errors.New("no total pays out this net amount")

// FeeSchedule is a [ports.FeeSchedule] that computes quotes. The schedule of a provider is
// in the package of its adapter: FeeSchedule(solapi.FeeSchedule()).
type FeeSchedule ports.FeeSchedule

// Check returns every fault of the schedule, each a [ports.InvalidError].
func (s *FeeSchedule) Check() error {
	errs := []error{ports.CheckScale("Scale", s.Scale), s.Rate.Check(), ports.CheckReference("Version", s.Version)}
	fault := func(field, format string, args ...any) { errs = append(errs, ports.Invalid(field, format, args...)) }
	if !known(s.Rounding) {
		fault("Rounding", "is not one of the ways to round")
	}
	optional := func(field string, d decimal.NullDecimal) {
		if d.Valid {
			errs = append(errs, s.checkPart(field, d.Decimal))
		}
	}
	errs = append(errs, s.checkPart("Fixed", s.Fixed))
	optional("Minimum", s.Minimum)
	optional("Maximum", s.Maximum)
	optional("MinimumTotal", s.MinimumTotal)
	optional("MaximumTotal", s.MaximumTotal)
	if s.Minimum.Valid && s.Maximum.Valid && s.Minimum.Decimal.GreaterThan(s.Maximum.Decimal) {
		fault("Minimum", "is greater than Maximum")
	}
	if s.MinimumTotal.Valid && s.MaximumTotal.Valid && s.MinimumTotal.Decimal.GreaterThan(s.MaximumTotal.Decimal) {
		fault("MinimumTotal", "is greater than MaximumTotal")
	}
	return ports.Join(append(errs, s.checkTiers(), s.checkCurrency())...)
}

// checkCurrency refuses a currency that is not one, and a schedule without, unless it is
// the zero schedule.
func (s *FeeSchedule) checkCurrency() error {
	if s.Currency == "" && reflect.ValueOf(s).Elem().IsZero() {
		return nil
	}
	return ports.CheckCurrency("Currency", s.Currency)
}

// name is what errors call the schedule.
func (s *FeeSchedule) name() string {
	if s.Version == "" {
		return "the fee schedule"
	}
	return "fee schedule " + s.Version
}

// serves refuses a wallet of another currency.
func (s *FeeSchedule) serves(currency string) error {
	if s.Currency == "" || s.Currency == currency {
		return nil
	}
	return fmt.Errorf("%s is for %s, the wallet has %s: %w", s.name(), s.Currency, currency, ports.ErrCurrency)
}

// checkPart refuses an amount that is negative, too large, or finer than the scale.
func (s *FeeSchedule) checkPart(field string, d decimal.Decimal) error {
	if d.IsNegative() {
		return ports.Invalid(field, "is negative")
	}
	_, err := s.keep(field, d)
	return err
}

// checkAmount is [ports.CheckAmount] for an amount in the schedule's scale.
func (s *FeeSchedule) checkAmount(field string, d decimal.Decimal) (decimal.Decimal, error) {
	if !d.IsPositive() {
		return ports.CheckAmount(field, d, ports.MaxScale)
	}
	return s.keep(field, d)
}

// keep is [ports.CheckSigned] in the schedule's scale.
func (s *FeeSchedule) keep(field string, d decimal.Decimal) (decimal.Decimal, error) {
	scale := max(0, min(s.Scale, ports.MaxScale))
	kept, err := ports.CheckSigned(field, d, scale)
	if err != nil && ports.WithinLimit(d) {
		err = ports.Invalid(field, "has more digits after the point than %s keeps: %d", s.name(), scale)
	}
	return kept, err
}

func (s *FeeSchedule) checkTiers() error {
	if len(s.Tiers) == 0 {
		if s.Tiering != "" {
			return ports.Invalid("Tiering", "is named without Tiers")
		}
		return nil
	}
	if s.Tiering != ports.EachPartAtItsRate && s.Tiering != ports.WholeTotalAtOneRate {
		return ports.Invalid("Tiering", "must be named where Tiers are given")
	}
	if !s.Rate.Percent().IsZero() {
		return ports.Invalid("Rate", "must be zero where Tiers are given")
	}
	var last decimal.Decimal
	for i, tier := range s.Tiers {
		if err := tier.Rate.Check(); err != nil {
			return err
		}
		if tier.UpTo.Valid == (i == len(s.Tiers)-1) {
			return ports.Invalid("Tiers", "must all have an UpTo but the last")
		}
		if !tier.UpTo.Valid {
			continue
		}
		if err := s.checkPart("Tiers", tier.UpTo.Decimal); err != nil {
			return err
		}
		if tier.UpTo.Decimal.LessThanOrEqual(last) {
			return ports.Invalid("Tiers", "are not in order of UpTo")
		}
		last = tier.UpTo.Decimal
	}
	return nil
}

// Quote returns what a withdrawal of total costs and pays out, and why. The total
// must be positive, no finer than the schedule's scale, and within its limits
// ([ErrOutsideLimits]). A fee above the total is [ErrFeeExceeds]. Quote checks the tiers of
// the schedule; [FeeSchedule.Check] checks the rest.
func (s *FeeSchedule) Quote(total decimal.Decimal) (Quote, error) {
	total, err := s.checkAmount("Total", total)
	if err != nil {
		return Quote{}, fmt.Errorf("quote: %w", err)
	}
	if err := ports.Join(s.checkTiers(), s.within(total)); err != nil {
		return Quote{}, fmt.Errorf("quote: %w", err)
	}
	q := Quote{Currency: s.Currency, Version: s.Version, Scale: s.Scale, Total: total}
	exact := s.proportional(&q)
	if s.Fixed.IsPositive() {
		exact = exact.Add(s.Fixed)
		q.add(Line{Rule: RuleFixed, Amount: s.Fixed})
	}
	q.Fee = round(exact, s.Rounding, s.Scale)
	if !q.Fee.Equal(exact) {
		q.add(Line{Rule: RuleRounding, Operand: exact, Rounding: s.Rounding, Amount: q.Fee})
	}
	if s.Minimum.Valid && q.Fee.LessThan(s.Minimum.Decimal) {
		q.Fee = s.Minimum.Decimal
		q.add(Line{Rule: RuleMinimum, Amount: q.Fee})
	}
	if s.Maximum.Valid && q.Fee.GreaterThan(s.Maximum.Decimal) {
		q.Fee = s.Maximum.Decimal
		q.add(Line{Rule: RuleMaximum, Amount: q.Fee})
	}
	if q.Fee.GreaterThan(total) {
		return Quote{}, fmt.Errorf("quote %s: %w: the fee is %s", total, ErrFeeExceeds, q.Fee)
	}
	q.Net = total.Sub(q.Fee)
	return q, nil
}

func (s *FeeSchedule) within(total decimal.Decimal) error {
	if s.MinimumTotal.Valid && total.LessThan(s.MinimumTotal.Decimal) {
		return ports.Join(ErrOutsideLimits, ports.Invalid("Total", "is below %s", s.MinimumTotal.Decimal))
	}
	if s.MaximumTotal.Valid && total.GreaterThan(s.MaximumTotal.Decimal) {
		return ports.Join(ErrOutsideLimits, ports.Invalid("Total", "is above %s", s.MaximumTotal.Decimal))
	}
	return nil
}

// proportional adds the lines of the rate, or of the tiers, and returns their exact
// sum.
func (s *FeeSchedule) proportional(q *Quote) decimal.Decimal {
	switch {
	case len(s.Tiers) == 0:
		return q.rate(s.Rate, q.Total)
	case s.Tiering == ports.WholeTotalAtOneRate:
		return q.rate(s.tierOf(q.Total).Rate, q.Total)
	}
	var sum, from decimal.Decimal
	for _, tier := range s.Tiers {
		upTo := q.Total
		if tier.UpTo.Valid {
			upTo = decimal.Min(upTo, tier.UpTo.Decimal)
		}
		if upTo.LessThanOrEqual(from) {
			break
		}
		sum = sum.Add(q.rate(tier.Rate, upTo.Sub(from)))
		from = upTo
	}
	return sum
}

func (s *FeeSchedule) tierOf(total decimal.Decimal) ports.Tier {
	for _, tier := range s.Tiers {
		if !tier.UpTo.Valid || total.LessThanOrEqual(tier.UpTo.Decimal) {
			return tier
		}
	}
	return ports.Tier{} // cannot be: the last tier has no end
}

// QuoteNet returns the quote of the least total that pays out exactly net, or
// [ErrNoTotal]. Within one tier a total that is one step greater pays out as much or
// one step more: so each tier is searched by halving.
func (s *FeeSchedule) QuoteNet(net decimal.Decimal) (Quote, error) {
	net, err := s.checkAmount("Net", net)
	if err != nil {
		return Quote{}, fmt.Errorf("quote net: %w", err)
	}
	step := decimal.New(1, -s.Scale)
	low := decimal.Max(net, step)
	if s.MinimumTotal.Valid {
		low = decimal.Max(low, s.MinimumTotal.Decimal)
	}
	for _, end := range s.ends(step) {
		if end.LessThan(low) {
			continue
		}
		if q, ok := s.search(net, low, end, step); ok {
			return q, nil
		}
		low = end.Add(step)
	}
	return Quote{}, fmt.Errorf("quote net %s: %w", net, ErrNoTotal)
}

// QuoteAll returns the quote of the greatest total, at most available, that the schedule admits and of
// which something is paid out: what is finer than the schedule's scale, and what is above its greatest
// total, is left. Where there is no such total, the error is that of the greatest total that was tried:
// [ErrOutsideLimits], [ErrFeeExceeds], or [ports.ErrInvalid] where not one step is available.
func (s *FeeSchedule) QuoteAll(available decimal.Decimal) (Quote, error) {
	available, err := ports.CheckSigned("Total", available, ports.MaxScale)
	if err != nil {
		return Quote{}, fmt.Errorf("quote all: %w", err)
	}
	available = available.Truncate(max(0, s.Scale))
	var first error
	// Within one tier a greater total never pays out less, so only the end of each tier is tried.
	for _, end := range slices.Backward(s.ends(decimal.New(1, -s.Scale))) {
		q, err := s.Quote(decimal.Min(available, end))
		if err == nil && q.Net.IsPositive() {
			return q, nil
		}
		if err == nil {
			err = fmt.Errorf("quote %s: %w: nothing is left of it", q.Total, ErrFeeExceeds)
		}
		first = cmp.Or(first, err)
	}
	return Quote{}, first
}

// ends returns the last total of each tier.
func (s *FeeSchedule) ends(step decimal.Decimal) []decimal.Decimal {
	last := ports.AmountLimit().Sub(step)
	if s.MaximumTotal.Valid {
		last = s.MaximumTotal.Decimal
	}
	ends := make([]decimal.Decimal, 0, len(s.Tiers)+1)
	for _, tier := range s.Tiers {
		if tier.UpTo.Valid && tier.UpTo.Decimal.LessThan(last) {
			ends = append(ends, tier.UpTo.Decimal)
		}
	}
	return append(ends, last)
}

// search looks for the least total from low to high that pays out net.
func (s *FeeSchedule) search(net, low, high, step decimal.Decimal) (Quote, bool) {
	two := decimal.New(2, 0)
	for low.LessThan(high) {
		steps, _ := high.Sub(low).QuoRem(step.Mul(two), 0)
		middle := low.Add(steps.Mul(step))
		if s.pays(middle).LessThan(net) {
			low = middle.Add(step)
		} else {
			high = middle
		}
	}
	q, err := s.Quote(low)
	return q, err == nil && q.Net.Equal(net)
}

// pays is what total pays out; nothing when the fee eats it up.
func (s *FeeSchedule) pays(total decimal.Decimal) decimal.Decimal {
	q, err := s.Quote(total)
	if err != nil {
		return decimal.New(-1, 0)
	}
	return q.Net
}
