package autorecharge_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

// drawTime draws a time zone, and a time around a midnight that its clocks leave out, go
// back to, or merely pass.
func drawTime(t *rapid.T) (string, time.Time) {
	midnight := rapid.SampledFrom([][2]string{
		{"America/Havana", "2026-03-08 05:00"},
		{"America/Santiago", "2026-09-06 04:00"},
		{"America/Havana", "2026-11-01 05:00"},
		{"Asia/Seoul", "2026-11-15 15:00"},
	}).Draw(t, "midnight")
	return midnight[0], utc(midnight[1]).Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, "minutes")) * time.Minute)
}

// drawCase draws a wallet, a policy in any state, money under way, and a time.
func drawCase(t *rapid.T) (*ports.Wallet, *policy, decimal.Decimal, time.Time) {
	amount := func(name string, most int64) decimal.Decimal { return won(rapid.Int64Range(0, most).Draw(t, name)) }
	maybe := func(name string, most int64) decimal.NullDecimal {
		return decimal.NullDecimal{Decimal: won(rapid.Int64Range(1, most).Draw(t, name)), Valid: rapid.Bool().Draw(t, name+" given")}
	}
	zone, now := drawTime(t)
	cents := won(rapid.Int64Range(0, 99).Draw(t, "cents")).Shift(-2)
	w := &ports.Wallet{
		Balance: amount("balance", 3_000).Add(cents), Scale: 2, Status: rapid.SampledFrom([]ports.WalletStatus{ports.WalletActive, ports.WalletActive, ports.WalletFrozen}).Draw(t, "status"),
	}
	p := &policy{Policy: ports.Policy{PolicyTerms: usual()}}
	p.Status = rapid.SampledFrom([]ports.PolicyStatus{ports.PolicyActive, ports.PolicyActive, ports.PolicyActive, ports.PolicyDisabled, ports.PolicySuspended}).Draw(t, "policy")
	p.TimeZone = zone
	p.BackoffMax = 24 * time.Hour
	p.MinimumCash, p.RechargeTo = amount("minimum", 1_500), won(1_501+rapid.Int64Range(0, 3_000).Draw(t, "target"))
	p.ChargeUnit = rapid.SampledFrom([]decimal.Decimal{{}, won(1).Shift(-2), won(1), won(7), won(250)}).Draw(t, "unit")
	p.MinimumCharge, p.MaximumCharge = maybe("least", 800), maybe("most", 5_000)
	if p.MinimumCharge.Valid && p.MaximumCharge.Valid && p.MinimumCharge.Decimal.GreaterThan(p.MaximumCharge.Decimal) {
		p.MinimumCharge.Valid = false
	}
	p.DailyCount, p.MonthlyCount = rapid.IntRange(0, 4).Draw(t, "a day"), rapid.IntRange(0, 8).Draw(t, "a month")
	p.DailyAmount, p.MonthlyAmount = maybe("money a day", 6_000), maybe("money a month", 12_000)
	for range rapid.IntRange(0, 6).Draw(t, "charges") {
		at := now.Add(-time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours ago")) * time.Hour)
		p.State.Charges = append(p.State.Charges, autorecharge.Charge{At: at, Count: rapid.IntRange(1, 2).Draw(t, "count"), Amount: amount("charged", 3_000)})
	}
	if rapid.IntRange(0, 5).Draw(t, "attempt") == 0 {
		p.State.Attempt = &autorecharge.Attempt{}
	}
	for _, m := range p.Methods {
		switch rapid.IntRange(0, 3).Draw(t, m.ID) {
		case 0:
			p.State.Tried = append(p.State.Tried, m)
		case 1:
			p.State.Dead = append(p.State.Dead, m)
		}
	}
	slices.SortFunc(p.State.Charges, func(a, b autorecharge.Charge) int { return a.At.Compare(b.At) })
	p.State.TriedAt = now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "hours since it declined")) * time.Hour)
	p.State.NotBefore = now.Add(time.Duration(rapid.IntRange(-2, 1).Draw(t, "back-off")) * time.Hour)
	return w, p, amount("under way", 500), now
}

// TestDecide: whole units; never above the bounds, the caps or (unless a least charge
// asks for it) the target by a unit; never short of the target unless it says so; never
// while an attempt is under way; never a method that is dead, or
// that declined in this round (a round that rested longer than any back-off is over);
// never above the minimum; a lower balance never charges less; it always says why, and
// what a cap holds back is for the first instant of another day or month.
func TestDecide(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, p, underWay, now := drawCase(t)
		there, err := time.LoadLocation(p.TimeZone)
		require.NoError(t, err)
		sameDay := func(a, b time.Time) bool { return a.In(there).YearDay() == b.In(there).YearDay() }
		sameMonth := func(a, b time.Time) bool { return a.In(there).Month() == b.In(there).Month() }
		counted := now.Add(-skew) // a day ends so much later
		d := autorecharge.Decide(w, &p.Policy, &p.State, underWay, now)
		require.NotEmpty(t, d.Why)
		require.NotEmpty(t, text.Decision(&d, p.record(), text.English))
		require.NotEmpty(t, text.Decision(&d, p.record(), text.Korean))
		if !d.Charge {
			require.NotEqual(t, autorecharge.ReasonLow, d.Why)
			require.True(t, d.Until.IsZero() || d.Until.After(now))
			until, before := d.Until.Add(-skew), d.Until.Add(-skew-time.Nanosecond)
			switch d.Why { //nolint:exhaustive // the others know no calendar
			case autorecharge.ReasonDailyCount, autorecharge.ReasonDailyAmount:
				require.True(t, sameDay(before, counted) && !sameDay(until, counted), "%s is not the end of the day of %s", d.Until, now)
			case autorecharge.ReasonMonthlyCount, autorecharge.ReasonMonthlyAmount:
				require.True(t, sameMonth(before, counted) && !sameMonth(until, counted), "%s is not the end of the month of %s", d.Until, now)
			}
			return
		}
		require.Equal(t, ports.PolicyActive, p.Status)
		require.Equal(t, ports.WalletActive, w.Status)
		require.Nil(t, p.State.Attempt)
		if rested := now.Sub(p.State.TriedAt); rested <= p.BackoffMax {
			require.NotContains(t, p.State.Tried, d.Method, "it declined %s ago", rested)
		}
		require.NotContains(t, p.State.Dead, d.Method)
		require.False(t, now.Before(p.State.NotBefore))
		require.True(t, p.MinimumCash.IsPositive())
		require.True(t, w.Balance.Add(underWay).LessThanOrEqual(p.MinimumCash))
		require.True(t, d.Amount.IsPositive())
		unit := p.ChargeUnit
		if unit.IsZero() {
			unit = won(1)
		}
		require.True(t, d.Amount.Mod(unit).IsZero(), "%s is no multiple of %s", d.Amount, unit)
		then := w.Balance.Add(underWay).Add(d.Amount)
		switch d.Bound { //nolint:exhaustive // the others make the amount smaller
		case "":
			require.True(t, then.Equal(p.RechargeTo))
		case "charge_unit":
			require.True(t, then.GreaterThan(p.RechargeTo) && then.LessThan(p.RechargeTo.Add(unit)))
		case "minimum_charge":
			require.True(t, then.GreaterThan(p.RechargeTo) && d.Amount.LessThan(p.MinimumCharge.Decimal.Add(unit)))
		default:
			require.True(t, then.LessThan(p.RechargeTo.Add(unit)))
		}
		if p.MinimumCharge.Valid {
			require.True(t, d.Amount.GreaterThanOrEqual(p.MinimumCharge.Decimal))
		}
		if p.MaximumCharge.Valid {
			require.True(t, d.Amount.LessThanOrEqual(p.MaximumCharge.Decimal))
		}
		within := func(same func(a, b time.Time) bool, most int, money decimal.NullDecimal) {
			count, spent := 0, d.Amount
			for _, c := range p.State.Charges {
				if same(c.At.Add(skew), counted) || same(c.At, counted) || same(c.At.Add(-skew), counted) {
					count += c.Count
					spent = spent.Add(c.Amount)
				}
			}
			require.True(t, most == 0 || count < most)
			require.True(t, !money.Valid || spent.LessThanOrEqual(money.Decimal))
		}
		within(sameDay, p.DailyCount, p.DailyAmount)
		within(sameMonth, p.MonthlyCount, p.MonthlyAmount)
		if poorer := *w; poorer.Balance.IsPositive() {
			poorer.Balance = poorer.Balance.Sub(won(1).Shift(-2))
			less := autorecharge.Decide(&poorer, &p.Policy, &p.State, underWay, now)
			require.True(t, less.Charge && less.Amount.GreaterThanOrEqual(d.Amount), "a lower balance charges as much or more")
		}
	})
}
