package autorecharge_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

func TestEngine_Set_checks_terms_as_a_whole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.engine.Set(t.Context(), setting("w", ports.PolicyTerms{
		MinimumCash: won(-1), RechargeTo: won(-1), MinimumCharge: optional(5), MaximumCharge: optional(4), DailyCount: -1,
		BackoffFirst: 2 * time.Hour, BackoffMax: time.Hour, TimeZone: "Mars/Olympus", DailyAmount: optional(0),
		Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "a"}, {Charger: "cards", ID: "a"}, {Charger: "nobody", ID: ""}},
		AlertLevels: append(usual().AlertLevels, won(-1), won(2), won(2), won(3)),
	}))
	require.ErrorIs(t, err, ports.ErrInvalid)
	for _, fault := range []string{
		"MinimumCash", "RechargeTo", "MinimumCharge", "DailyCount", "BackoffMax", "TimeZone", "DailyAmount", "duplicate",
		"Methods: ID", "is not one of the service's", "AlertLevels",
	} {
		require.ErrorContains(t, err, fault)
	}
	for name, spoil := range map[string]func(*ports.PolicyTerms){
		"an empty list":              func(p *ports.PolicyTerms) { p.Methods = nil },
		"a target at the minimum":    func(p *ports.PolicyTerms) { p.RechargeTo = p.MinimumCash },
		"a target below it":          func(p *ports.PolicyTerms) { p.RechargeTo = won(1) },
		"an amount that is too fine": func(p *ports.PolicyTerms) { p.RechargeTo = won(1).Shift(-1).Add(won(9_000)) },
	} {
		terms := usual()
		spoil(&terms)
		_, err := w.engine.Set(t.Context(), setting("w", terms))
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound, "nothing was set")
	_, err = w.engine.Set(t.Context(), setting("nobody", usual()))
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestEngine_Set_refuses_amounts_out_of_range: none is compared with another, which would
// take as long as it has digits.
func TestEngine_Set_refuses_amounts_out_of_range(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, huge := range []decimal.Decimal{decimal.New(1, 1_000_000_000), decimal.New(1, -1_000_000_000)} {
		for field, spoil := range map[string]func(*ports.PolicyTerms){
			"MinimumCash": func(p *ports.PolicyTerms) { p.MinimumCash = huge },
			"RechargeTo":  func(p *ports.PolicyTerms) { p.RechargeTo = huge },
			"MinimumCharge": func(p *ports.PolicyTerms) {
				p.MinimumCharge, p.MaximumCharge = decimal.NewNullDecimal(huge), optional(1)
			},
			"MaximumCharge": func(p *ports.PolicyTerms) {
				p.MinimumCharge, p.MaximumCharge = optional(1), decimal.NewNullDecimal(huge)
			},
			"DailyAmount":   func(p *ports.PolicyTerms) { p.DailyAmount = decimal.NewNullDecimal(huge) },
			"MonthlyAmount": func(p *ports.PolicyTerms) { p.MonthlyAmount = decimal.NewNullDecimal(huge) },
			"AlertLevels":   func(p *ports.PolicyTerms) { p.AlertLevels = []decimal.Decimal{won(1), huge, won(2)} },
		} {
			terms := usual()
			spoil(&terms)
			_, err := w.engine.Set(t.Context(), setting("w", terms))
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.ErrorContains(t, err, field)
		}
	}
}

func TestDecide_bounds_that_cannot_reach_the_target(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	terms.MaximumCharge = optional(400)
	w.set(terms)
	w.spend(9_500)
	d, english, _ := w.explain()
	require.Equal(t, autorecharge.BoundMaximum, d.Bound)
	require.Contains(t, english, "which does not reach the target of 100,000 KRW")
	w.step()
	w.step()
	w.clock.Advance(minute) // the next charge follows a minute later
	w.step()
	require.True(t, w.balance().Equal(won(1_300)), "twice 400 bring it above 1,000; no more is charged: %s", w.balance())
}

// TestEngine_Set_refuses_long_lists at once: it compares no more entries than it takes.
func TestEngine_Set_refuses_long_lists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := usual()
	for i := range int64(20_000) {
		terms.AlertLevels = append(terms.AlertLevels, won(i%100))
		terms.Methods = append(terms.Methods, terms.Methods[0])
	}
	_, err := w.engine.Set(t.Context(), setting("w", terms))
	require.ErrorContains(t, err, "AlertLevels: are more than 3")
	require.ErrorContains(t, err, "Methods: are more than 10")
	require.NotContains(t, err.Error(), "duplicate")
	require.Less(t, len(err.Error()), 500)
}

// TestEngine_Set_refuses_a_TimeZone_of_the_machine: processes on other machines would
// count other days.
func TestEngine_Set_refuses_a_TimeZone_of_the_machine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"Local", "Nowhere/None"} {
		terms := usual()
		terms.TimeZone = name
		_, err := w.engine.Set(t.Context(), setting("w", terms))
		require.ErrorIs(t, err, ports.ErrInvalid, name)
		require.ErrorContains(t, err, "TimeZone")
	}
}

// TestDecide_holds_back_where_the_time_zone_is_not_known: a machine without time zone
// data must not count the days of UTC instead.
func TestDecide_holds_back_where_the_time_zone_is_not_known(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		cap    func(*ports.PolicyTerms)
		charge bool
	}{
		"no cap":              {func(*ports.PolicyTerms) {}, true},
		"attempts of a day":   {func(p *ports.PolicyTerms) { p.DailyCount = 5 }, false},
		"money of a day":      {func(p *ports.PolicyTerms) { p.DailyAmount = optional(500_000) }, false},
		"attempts of a month": {func(p *ports.PolicyTerms) { p.MonthlyCount = 5 }, false},
		"money of a month":    {func(p *ports.PolicyTerms) { p.MonthlyAmount = optional(500_000) }, false},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
		policy.TimeZone = "America/Nowhere"
		tc.cap(&policy.PolicyTerms)
		d := autorecharge.Decide(&ports.Wallet{Status: ports.WalletActive, Balance: won(500)}, policy, &autorecharge.State{}, won(0), now)
		require.Equal(t, tc.charge, d.Charge, name)
		if !tc.charge {
			require.Equal(t, autorecharge.ReasonTimeZone, d.Why, name)
			require.Equal(t, now.Add(time.Minute), d.Until, name)
			require.Contains(t, text.Decision(&d, policy, text.English), "America/Nowhere")
			require.Contains(t, text.Decision(&d, policy, text.Korean), "America/Nowhere")
		}
	}
}
