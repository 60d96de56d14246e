package autorecharge_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// TestDecide_caps_at_their_edges: what is counted on which side of midnight, and of the month's
// end, in the wallet's time zone.
func TestDecide_caps_at_their_edges(t *testing.T) {
	t.Parallel()
	kst := time.FixedZone("KST", 9*60*60)
	now := time.Date(2026, 11, 1, 0, 30, 0, 0, kst) // in Seoul a new month, in UTC the old one
	today, lastMonth := now.Add(-10*time.Minute), now.Add(-31*time.Minute)
	midMonth := time.Date(2026, 11, 20, 12, 0, 0, 0, kst)
	yesterday := midMonth.Add(-13 * time.Hour)
	type charge = autorecharge.Charge
	for name, tc := range map[string]struct {
		now     time.Time
		terms   func(*ports.PolicyTerms)
		charges []charge
		amount  int64 // zero: held back
		why     autorecharge.Reason
		until   time.Time
	}{
		"the day's count, one left":         {now, func(p *ports.PolicyTerms) { p.DailyCount = 2 }, []charge{{At: today, Count: 1}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"the day's count, used up":          {now, func(p *ports.PolicyTerms) { p.DailyCount = 2 }, []charge{{At: today, Count: 2}}, 0, autorecharge.ReasonDailyCount, time.Date(2026, 11, 2, 0, 0, 10, 0, kst)},
		"the day's count, of yesterday":     {midMonth, func(p *ports.PolicyTerms) { p.DailyCount = 1 }, []charge{{At: yesterday, Count: 9}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"the month's count, one left":       {midMonth, func(p *ports.PolicyTerms) { p.MonthlyCount = 10 }, []charge{{At: yesterday, Count: 9}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"the month's count, used up":        {midMonth, func(p *ports.PolicyTerms) { p.MonthlyCount = 9 }, []charge{{At: yesterday, Count: 9}}, 0, autorecharge.ReasonMonthlyCount, time.Date(2026, 12, 1, 0, 0, 10, 0, kst)},
		"the month's count, of last month":  {now, func(p *ports.PolicyTerms) { p.MonthlyCount = 1 }, []charge{{At: lastMonth, Count: 9}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"the day's money, some left":        {now, func(p *ports.PolicyTerms) { p.DailyAmount = optional(50_000) }, []charge{{At: today, Count: 1, Amount: won(49_999)}}, 1, autorecharge.ReasonLow, time.Time{}},
		"the day's money, used up":          {now, func(p *ports.PolicyTerms) { p.DailyAmount = optional(50_000) }, []charge{{At: today, Count: 1, Amount: won(50_000)}}, 0, autorecharge.ReasonDailyAmount, time.Date(2026, 11, 2, 0, 0, 10, 0, kst)},
		"the day's money, of yesterday":     {midMonth, func(p *ports.PolicyTerms) { p.DailyAmount = optional(99_500) }, []charge{{At: yesterday, Count: 1, Amount: won(99_500)}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"the month's money, some left":      {midMonth, func(p *ports.PolicyTerms) { p.MonthlyAmount = optional(60_000) }, []charge{{At: yesterday, Count: 1, Amount: won(50_000)}}, 10_000, autorecharge.ReasonLow, time.Time{}},
		"the month's money, used up":        {midMonth, func(p *ports.PolicyTerms) { p.MonthlyAmount = optional(50_000) }, []charge{{At: yesterday, Count: 1, Amount: won(50_000)}}, 0, autorecharge.ReasonMonthlyAmount, time.Date(2026, 12, 1, 0, 0, 10, 0, kst)},
		"the month's money, of last month":  {now, func(p *ports.PolicyTerms) { p.MonthlyAmount = optional(99_500) }, []charge{{At: lastMonth, Count: 1, Amount: won(99_500)}}, 99_500, autorecharge.ReasonLow, time.Time{}},
		"less left than the least charge":   {now, func(p *ports.PolicyTerms) { p.DailyAmount, p.MinimumCharge = optional(50_000), optional(10_000) }, []charge{{At: today, Count: 1, Amount: won(40_001)}}, 0, autorecharge.ReasonDailyAmount, time.Date(2026, 11, 2, 0, 0, 10, 0, kst)},
		"as much left as the least charge":  {now, func(p *ports.PolicyTerms) { p.DailyAmount, p.MinimumCharge = optional(50_000), optional(10_000) }, []charge{{At: today, Count: 1, Amount: won(40_000)}}, 10_000, autorecharge.ReasonLow, time.Time{}},
		"the greatest charge at its border": {now, func(p *ports.PolicyTerms) { p.MaximumCharge = optional(99_499) }, nil, 99_499, autorecharge.ReasonLow, time.Time{}},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
		policy.TimeZone = "Asia/Seoul"
		tc.terms(&policy.PolicyTerms)
		wallet := &ports.Wallet{Status: ports.WalletActive, Balance: won(500)}
		d := autorecharge.Decide(wallet, policy, &autorecharge.State{Charges: tc.charges}, decimal.Decimal{}, tc.now)
		require.Equal(t, tc.why, d.Why, name)
		require.Equal(t, tc.amount > 0, d.Charge, name)
		require.True(t, d.Amount.Equal(won(tc.amount)), "%s: %s", name, d.Amount)
		require.True(t, d.Until.Equal(tc.until), "%s: %s", name, d.Until)
	}
}

// TestDecide_counts_a_day_with_clocks_apart: processes whose clocks differ by seconds
// never make more charges in a day than its cap, whichever of them is right.
func TestDecide_counts_a_day_with_clocks_apart(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 2, 0, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	at := func(seconds int) time.Time { return midnight.Add(time.Duration(seconds) * time.Second) }
	const day = 24 * 60 * 60
	for name, tc := range map[string]struct {
		now, charged int // seconds from midnight
		until        int // zero: it charges
	}{
		"the other clock is behind":              {1, -1, 10},
		"the other clock is behind, later":       {60, -1, day + 10},
		"the other clock is ahead":               {-1, 1, 10},
		"this clock is ahead":                    {1, -3600, 10},
		"the day begins":                         {10, -3600, 0},
		"the day begins, charged long before":    {60, -11, 0},
		"the day begins, charged in its morning": {3600, 1, day + 10},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
		policy.TimeZone, policy.DailyCount = "Asia/Seoul", 1
		state := &autorecharge.State{Charges: []autorecharge.Charge{{At: at(tc.charged), Count: 1}}}
		d := autorecharge.Decide(&ports.Wallet{Status: ports.WalletActive, Balance: won(500)}, policy, state, decimal.Decimal{}, at(tc.now))
		require.Equal(t, tc.until == 0, d.Charge, name)
		if tc.until > 0 {
			require.True(t, d.Until.Equal(at(tc.until)), "%s: %s", name, d.Until)
		}
	}
}

// TestEngine_Evaluate_counts_the_last_seconds_of_a_day_for_the_next, and no charge before
// them.
func TestEngine_Evaluate_counts_the_last_seconds_of_a_day_for_the_next(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.DailyCount = 3
	w.set(terms)
	w.low() // 09:00 in Seoul
	w.clock.Advance(15*time.Hour - 5*time.Second)
	w.low() // 23:59:55
	w.clock.Advance(minute)
	for range 3 {
		w.low()
	}
	require.Equal(t, 4, w.cards.count(), "the charge of 23:59:55 counts for both days")
}
