package autorecharge

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

const (
	maxMethods = 10
	maxLevels  = 3

	minBackoff      = time.Second
	maxSuspendAfter = 100

	defaultZone         = "Asia/Seoul"
	defaultBackoffFirst = time.Minute
	defaultBackoffMax   = 6 * time.Hour
	defaultSuspendAfter = 5
)

// complete returns the terms with their defaults, and every fault of them.
func complete(terms ports.PolicyTerms, scale int32) (ports.PolicyTerms, error) {
	terms.ChargeUnit = terms.Unit()
	if terms.TimeZone == "" {
		terms.TimeZone = defaultZone
	}
	if terms.BackoffFirst == 0 {
		terms.BackoffFirst = defaultBackoffFirst
	}
	if terms.BackoffMax == 0 {
		terms.BackoffMax = max(defaultBackoffMax, terms.BackoffFirst)
	}
	if terms.SuspendAfter == 0 {
		terms.SuspendAfter = defaultSuspendAfter
	}
	return terms, ports.Join(checkMethods(&terms), checkAmounts(&terms, scale), checkRhythm(&terms), checkLevels(terms.AlertLevels, scale))
}

func checkMethods(terms *ports.PolicyTerms) error {
	methods := terms.Methods
	var errs []error
	if len(methods) == 0 && (terms.MinimumCash.IsPositive() || terms.Delegated) {
		errs = append(errs, ports.Invalid("Methods", "is empty"))
	}
	if len(methods) > maxMethods {
		return ports.Invalid("Methods", "are more than %d", maxMethods)
	}
	seen := make(map[ports.PaymentMethod]bool, len(methods))
	for _, method := range methods {
		if seen[method] {
			errs = append(errs, ports.Invalid("Methods", "has a duplicate"))
		}
		seen[method] = true
		errs = append(errs, ports.CheckID("Methods: Charger", method.Charger), ports.CheckID("Methods: ID", method.ID))
	}
	return ports.Join(errs...)
}

// checkAmounts checks each amount by itself, and compares only those that passed: what is
// out of range may be too long to be compared.
func checkAmounts(terms *ports.PolicyTerms, scale int32) error {
	var errs []error
	type check func(field string, d decimal.Decimal, scale int32) (decimal.Decimal, error)
	checked := func(field string, d decimal.NullDecimal, check check) decimal.NullDecimal {
		if d.Valid {
			_, err := check(field, d.Decimal, scale)
			errs = append(errs, err)
			d.Valid = err == nil
		}
		return d
	}
	minimum := checked("MinimumCash", decimal.NewNullDecimal(terms.MinimumCash), checkNotNegative)
	target := checked("RechargeTo", decimal.NewNullDecimal(terms.RechargeTo), checkNotNegative)
	least := checked("MinimumCharge", terms.MinimumCharge, ports.CheckAmount)
	most := checked("MaximumCharge", terms.MaximumCharge, ports.CheckAmount)
	aDay := checked("DailyAmount", terms.DailyAmount, ports.CheckAmount)
	aMonth := checked("MonthlyAmount", terms.MonthlyAmount, ports.CheckAmount)
	step := checked("ChargeUnit", decimal.NewNullDecimal(terms.ChargeUnit), checkNotNegative)
	if minimum.Valid && target.Valid && minimum.Decimal.IsPositive() && target.Decimal.LessThanOrEqual(minimum.Decimal) {
		errs = append(errs, ports.Invalid("RechargeTo", "must be above MinimumCash"))
	}
	if least.Valid && most.Valid && least.Decimal.GreaterThan(most.Decimal) {
		errs = append(errs, ports.Invalid("MinimumCharge", "is above MaximumCharge"))
	}
	if step.Valid {
		errs = append(errs, checkRoom("MaximumCharge", most, least, step.Decimal),
			checkRoom("DailyAmount", aDay, least, step.Decimal), checkRoom("MonthlyAmount", aMonth, least, step.Decimal))
	}
	return ports.Join(errs...)
}

// checkRoom refuses a bound or a cap below the least amount that could ever be charged.
func checkRoom(field string, most, least decimal.NullDecimal, step decimal.Decimal) error {
	smallest := step
	if least.Valid {
		smallest = roundUp(least.Decimal, step)
	}
	if most.Valid && most.Decimal.LessThan(smallest) {
		return ports.Invalid(field, "leaves no room for a charge of %s, the least that MinimumCharge and ChargeUnit allow", smallest)
	}
	return nil
}

func checkNotNegative(field string, d decimal.Decimal, scale int32) (decimal.Decimal, error) {
	if d.IsNegative() {
		return decimal.Decimal{}, ports.Invalid(field, "is negative")
	}
	return ports.CheckSigned(field, d, scale)
}

func checkRhythm(terms *ports.PolicyTerms) error {
	var errs []error
	if terms.DailyCount < 0 {
		errs = append(errs, ports.Invalid("DailyCount", "is negative"))
	}
	if terms.MonthlyCount < 0 {
		errs = append(errs, ports.Invalid("MonthlyCount", "is negative"))
	}
	if terms.SuspendAfter < 1 || terms.SuspendAfter > maxSuspendAfter {
		errs = append(errs, ports.Invalid("SuspendAfter", "must be 1 to %d", maxSuspendAfter))
	}
	if terms.BackoffFirst < minBackoff {
		errs = append(errs, ports.Invalid("BackoffFirst", "is below %s", minBackoff))
	}
	if terms.BackoffMax < terms.BackoffFirst {
		errs = append(errs, ports.Invalid("BackoffMax", "is below BackoffFirst"))
	}
	if _, err := Location(terms.TimeZone); err != nil {
		errs = append(errs, ports.Invalid("TimeZone", "is not known"))
	}
	return ports.Join(errs...)
}

func checkLevels(levels []decimal.Decimal, scale int32) error {
	if len(levels) > maxLevels {
		return ports.Invalid("AlertLevels", "are more than %d", maxLevels)
	}
	var errs []error
	seen := make([]decimal.Decimal, 0, maxLevels)
	for _, level := range levels {
		_, err := checkNotNegative("AlertLevels", level, scale)
		switch {
		case err != nil:
			errs = append(errs, err)
		case contains(seen, level):
			errs = append(errs, ports.Invalid("AlertLevels", "has a duplicate"))
		default:
			seen = append(seen, level)
		}
	}
	return ports.Join(errs...)
}

var errMachineZone = errors.New("the time zone of the machine is not the same everywhere")

// Location returns the time zone in which the caps of a policy are counted. Asia/Seoul
// needs no time zone data on the machine; "Local" is an error, because it differs between
// machines.
func Location(timeZone string) (*time.Location, error) {
	if timeZone == "Local" {
		return nil, errMachineZone
	}
	if timeZone == defaultZone {
		return time.FixedZone("KST", 9*60*60), nil // no daylight saving since 1988
	}
	return time.LoadLocation(timeZone)
}

func contains(levels []decimal.Decimal, level decimal.Decimal) bool {
	for _, l := range levels {
		if l.Equal(level) {
			return true
		}
	}
	return false
}
