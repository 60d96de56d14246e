package withdraw_test

import (
	"math/big"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

func optional(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }

func percent(text string) ports.Rate { return ports.Percent(decimal.RequireFromString(text)) }

// TestFeeSchedule_Quote_figures_of_SOLAPI holds the figures that SOLAPI published: seeds of 2019 (10,000
// and 20,000), text of 2026 (100,000), and the formula at the greatest total.
func TestFeeSchedule_Quote_figures_of_SOLAPI(t *testing.T) {
	t.Parallel()
	schedule := withdraw.FeeSchedule(solapi.FeeSchedule())
	require.NoError(t, schedule.Check())
	for total, want := range map[int64][2]int64{
		10_000: {1_000, 9_000}, 20_000: {1_500, 18_500}, 100_000: {5_500, 94_500}, 10_000_000: {500_500, 9_499_500},
		10_010: {1_000, 9_010}, 10_019: {1_000, 9_019}, // 원 미만 절사: 1,000.5 and 1,000.95
	} {
		q, err := schedule.Quote(won(total))
		require.NoError(t, err)
		require.True(t, q.Fee.Equal(won(want[0])), "fee of %d is %s", total, q.Fee)
		require.True(t, q.Net.Equal(won(want[1])), "net of %d is %s", total, q.Net)
	}
	for _, total := range []int64{9_999, 10_000_001} {
		_, err := schedule.Quote(won(total))
		require.ErrorIs(t, err, withdraw.ErrOutsideLimits)
		require.ErrorIs(t, err, ports.ErrInvalid)
	}
}

func TestFeeSchedule_Quote_tiering(t *testing.T) {
	t.Parallel()
	tiers := []ports.Tier{{UpTo: optional(10_000), Rate: percent("5")}, {Rate: percent("3")}}
	for tiering, want := range map[ports.Tiering]int64{ports.EachPartAtItsRate: 800, ports.WholeTotalAtOneRate: 600} {
		schedule := withdraw.FeeSchedule{Currency: "KRW", Tiers: tiers, Tiering: tiering}
		require.NoError(t, schedule.Check())
		q, err := schedule.Quote(won(20_000))
		require.NoError(t, err)
		require.True(t, q.Fee.Equal(won(want)), "%s: %s", tiering, q.Fee)
		q, err = schedule.Quote(won(10_000))
		require.NoError(t, err)
		require.True(t, q.Fee.Equal(won(500)), "a boundary belongs to the tier below it")
	}
}

func TestRate_UnmarshalText(t *testing.T) {
	t.Parallel()
	require.True(t, percent("5").Of(won(200)).Equal(won(10)))
	require.Equal(t, "5%", percent("5").String())
	var r ports.Rate
	require.NoError(t, r.UnmarshalText([]byte("0.05%")))
	require.True(t, r.Of(won(10_000)).Equal(won(5)))
	for _, text := range []string{"5", "0.05", "five%", "", "%", "-1%", "100%", "1e-100%", "1e9%"} {
		require.ErrorIs(t, r.UnmarshalText([]byte(text)), ports.ErrInvalid, text)
	}
}

func TestFeeSchedule_Check_names_every_fault(t *testing.T) {
	t.Parallel()
	faulty := map[string]withdraw.FeeSchedule{
		"Currency":     {Version: "free"},
		"Scale":        {Scale: 7},
		"Rate":         {Rate: percent("100")},
		"Fixed":        {Fixed: decimal.RequireFromString("0.5")},
		"Minimum":      {Minimum: optional(2), Maximum: optional(1)},
		"Maximum":      {Maximum: decimal.NewNullDecimal(won(-1))},
		"MinimumTotal": {MinimumTotal: optional(2), MaximumTotal: optional(1)},
		"Rounding":     {Rounding: "sideways"},
		"Tiering":      {Tiers: []ports.Tier{{}}},
		"Tiers":        {Tiering: ports.EachPartAtItsRate, Tiers: []ports.Tier{{UpTo: optional(5)}, {UpTo: optional(5)}, {}}},
		"Version":      {Version: "\n"},
	}
	for field, schedule := range faulty {
		if field != "Currency" {
			schedule.Currency = "KRW"
		}
		var invalid *ports.InvalidError
		require.ErrorAs(t, schedule.Check(), &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	both := withdraw.FeeSchedule{Scale: -1, Rounding: "sideways"}
	require.ErrorContains(t, both.Check(), "Scale")
	require.ErrorContains(t, both.Check(), "Rounding")
}

// drawSchedule draws any schedule that Check accepts.
func drawSchedule(t *rapid.T) withdraw.FeeSchedule {
	scale := rapid.Int32Range(0, 3).Draw(t, "scale")
	amount := func(name string, most int64) decimal.Decimal {
		return decimal.New(rapid.Int64Range(0, most).Draw(t, name), -scale)
	}
	maybe := func(name string, most int64) decimal.NullDecimal {
		return decimal.NullDecimal{Decimal: amount(name, most), Valid: rapid.Bool().Draw(t, name+" given")}
	}
	rate := func(name string) ports.Rate {
		return ports.Percent(decimal.New(rapid.Int64Range(0, 99_999).Draw(t, name), -3))
	}
	s := withdraw.FeeSchedule{
		Currency: "KRW", Fixed: amount("fixed", 500), Minimum: maybe("minimum", 300), Maximum: maybe("maximum", 3_000), Scale: scale,
		Rounding: rapid.SampledFrom([]ports.Rounding{ports.RoundDown, ports.RoundUp, ports.RoundHalfUp, ports.RoundHalfEven}).Draw(t, "rounding"),
	}
	n := rapid.IntRange(0, 3).Draw(t, "tiers")
	if n == 0 {
		s.Rate = rate("rate")
	} else {
		s.Tiering = rapid.SampledFrom([]ports.Tiering{ports.EachPartAtItsRate, ports.WholeTotalAtOneRate}).Draw(t, "tiering")
		upTo := int64(0)
		for i := range n {
			tier := ports.Tier{Rate: rate("rate " + strconv.Itoa(i))}
			if i < n-1 {
				upTo += rapid.Int64Range(1, 5_000).Draw(t, "up to")
				tier.UpTo = decimal.NewNullDecimal(decimal.New(upTo, -scale))
			}
			s.Tiers = append(s.Tiers, tier)
		}
	}
	if s.Check() != nil {
		s.Minimum.Valid = false
	}
	require.NoError(t, s.Check())
	return s
}

// slowly computes the fee the slow way: with fractions, the rounding spelt out.
func slowly(s *withdraw.FeeSchedule, total decimal.Decimal) decimal.Decimal {
	fee := s.Fixed.Rat()
	share := func(r ports.Rate, of decimal.Decimal) {
		text := r.String()
		p, _ := new(big.Rat).SetString(text[:len(text)-1])
		p.Mul(p, of.Rat())
		fee.Add(fee, p.Quo(p, big.NewRat(100, 1)))
	}
	from := decimal.Zero
	switch {
	case len(s.Tiers) == 0:
		share(s.Rate, total)
	default:
		for _, tier := range s.Tiers {
			within := !tier.UpTo.Valid || total.LessThanOrEqual(tier.UpTo.Decimal)
			switch {
			case s.Tiering == ports.WholeTotalAtOneRate && within:
				share(tier.Rate, total)
			case s.Tiering == ports.EachPartAtItsRate && within:
				share(tier.Rate, total.Sub(from))
			case s.Tiering == ports.EachPartAtItsRate:
				share(tier.Rate, tier.UpTo.Decimal.Sub(from))
				from = tier.UpTo.Decimal
			}
			if within {
				break
			}
		}
	}
	units := new(big.Rat).Mul(fee, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s.Scale)), nil)))
	whole, rest := new(big.Int).QuoRem(units.Num(), units.Denom(), new(big.Int))
	half := new(big.Int).Lsh(rest, 1).Cmp(units.Denom())
	up := false
	switch s.Rounding {
	case ports.RoundDown:
	case ports.RoundUp:
		up = rest.Sign() > 0
	case ports.RoundHalfUp:
		up = half >= 0
	case ports.RoundHalfEven:
		up = half > 0 || half == 0 && whole.Bit(0) == 1
	}
	if up {
		whole.Add(whole, big.NewInt(1))
	}
	rounded := decimal.NewFromBigInt(whole, -s.Scale)
	if s.Minimum.Valid {
		rounded = decimal.Max(rounded, s.Minimum.Decimal)
	}
	if s.Maximum.Valid {
		rounded = decimal.Min(rounded, s.Maximum.Decimal)
	}
	return rounded
}

// TestFeeSchedule_Quote_any_schedule: fee + net = total; 0 <= fee <= total or a typed refusal; the
// slow way agrees; marginal tiers never cost less for more; quote and inverse quote
// agree.
func TestFeeSchedule_Quote_any_schedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		total := decimal.New(rapid.Int64Range(1, 30_000).Draw(t, "total"), -s.Scale)
		q, err := s.Quote(total)
		want := slowly(&s, total)
		if want.GreaterThan(total) {
			require.ErrorIs(t, err, withdraw.ErrFeeExceeds)
			return
		}
		require.NoError(t, err)
		require.True(t, q.Fee.Equal(want), "fee of %s: %s, the slow way %s", total, q.Fee, want)
		require.True(t, q.Fee.Add(q.Net).Equal(total))
		require.False(t, q.Fee.IsNegative())
		require.NotEmpty(t, text.Quote(&q, text.Korean))
		step := decimal.New(1, -s.Scale)
		if s.Tiering != ports.WholeTotalAtOneRate {
			more, err := s.Quote(total.Add(step))
			require.NoError(t, err)
			require.True(t, more.Fee.GreaterThanOrEqual(q.Fee), "more costs less")
		}
		if !q.Net.IsPositive() {
			return
		}
		inverse, err := s.QuoteNet(q.Net)
		require.NoError(t, err, "net %s of total %s", q.Net, total)
		require.True(t, inverse.Net.Equal(q.Net))
		require.True(t, inverse.Total.LessThanOrEqual(total), "the least total that pays it out")
	})
}

func TestFeeSchedule_QuoteNet_no_total(t *testing.T) {
	t.Parallel()
	solapi := withdraw.FeeSchedule(solapi.FeeSchedule())
	q, err := solapi.QuoteNet(won(18_500))
	require.NoError(t, err)
	require.True(t, q.Total.Equal(won(19_999)), "its fee is 1,499.95, rounded down: the customer pays one won less than with 20,000")
	for _, net := range []int64{8_999, 9_499_501} {
		_, err = solapi.QuoteNet(won(net))
		require.ErrorIs(t, err, withdraw.ErrNoTotal, "beyond the limits")
	}
	gap := withdraw.FeeSchedule{
		Currency: "KRW", Tiering: ports.WholeTotalAtOneRate,
		Tiers: []ports.Tier{{UpTo: optional(100), Rate: percent("1")}, {Rate: percent("90")}},
	}
	require.NoError(t, gap.Check())
	_, err = gap.QuoteNet(won(100))
	require.NoError(t, err, "1,000 pays out 100")
	gap.MaximumTotal = optional(500)
	_, err = gap.QuoteNet(won(100))
	require.ErrorIs(t, err, withdraw.ErrNoTotal)
	_, err = solapi.QuoteNet(decimal.RequireFromString("0.5"))
	require.ErrorIs(t, err, ports.ErrInvalid)
}
