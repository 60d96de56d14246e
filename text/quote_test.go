package text_test

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	solapi := withdraw.FeeSchedule(solapi.FeeSchedule())
	q, err := solapi.Quote(won(20_000))
	require.NoError(t, err)
	require.Equal(t, "5% of 20,000 KRW = 1,000 KRW; fixed 500 KRW; fee 1,500 KRW; you receive 18,500 KRW", text.Quote(&q, text.English))
	require.Equal(t, "20,000원의 5% = 1,000원; 정액 500원; 수수료 1,500원; 실수령액 18,500원", text.Quote(&q, text.Korean))
	tiered := withdraw.FeeSchedule{
		Currency: "KRW", Tiering: ports.EachPartAtItsRate, Rounding: ports.RoundHalfEven, Scale: 2,
		Tiers:   []ports.Tier{{UpTo: optional(1_000), Rate: ports.Percent(exactly("1.5"))}, {Rate: ports.Percent(exactly("0.333"))}},
		Minimum: decimal.NewNullDecimal(won(20)), Maximum: decimal.NewNullDecimal(won(25)),
	}
	require.NoError(t, tiered.Check())
	q, err = tiered.Quote(exactly("1234.50"))
	require.NoError(t, err)
	require.Equal(t, "1.5% of 1,000 KRW = 15 KRW; 0.333% of 234.5 KRW = 0.780885 KRW; 15.780885 KRW rounded half to even to 15.78 KRW; at least 20 KRW; fee 20 KRW; you receive 1,214.5 KRW", text.Quote(&q, text.English))
	q, err = tiered.Quote(won(1_000_000))
	require.NoError(t, err)
	require.Equal(t, "1,000원의 1.5% = 15원; 999,000원의 0.333% = 3,326.67원; 최대 수수료 25원; 수수료 25원; 실수령액 999,975원", text.Quote(&q, text.Korean))
	stored, err := json.Marshal(q)
	require.NoError(t, err)
	var back withdraw.Quote
	require.NoError(t, json.Unmarshal(stored, &back))
	require.Equal(t, text.Quote(&q, text.English), text.Quote(&back, text.English))
}

// TestQuote_rounding: each way to round has its words, in both languages.
func TestQuote_rounding(t *testing.T) {
	t.Parallel()
	for rounding, want := range map[ports.Rounding][2]string{
		ports.RoundDown:     {"5% of 50 KRW = 2.5 KRW; 2.5 KRW rounded down to 2 KRW; fee 2 KRW; you receive 48 KRW", "50원의 5% = 2.5원; 2.5원 절사 → 2원; 수수료 2원; 실수령액 48원"},
		ports.RoundUp:       {"5% of 50 KRW = 2.5 KRW; 2.5 KRW rounded up to 3 KRW; fee 3 KRW; you receive 47 KRW", "50원의 5% = 2.5원; 2.5원 올림 → 3원; 수수료 3원; 실수령액 47원"},
		ports.RoundHalfUp:   {"5% of 50 KRW = 2.5 KRW; 2.5 KRW rounded half up to 3 KRW; fee 3 KRW; you receive 47 KRW", "50원의 5% = 2.5원; 2.5원 반올림 → 3원; 수수료 3원; 실수령액 47원"},
		ports.RoundHalfEven: {"5% of 50 KRW = 2.5 KRW; 2.5 KRW rounded half to even to 2 KRW; fee 2 KRW; you receive 48 KRW", "50원의 5% = 2.5원; 2.5원 짝수 반올림 → 2원; 수수료 2원; 실수령액 48원"},
	} {
		schedule := withdraw.FeeSchedule{Currency: "KRW", Rate: ports.Percent(won(5)), Rounding: rounding}
		q, err := schedule.Quote(won(50))
		require.NoError(t, err)
		require.Equal(t, want, [2]string{text.Quote(&q, text.English), text.Quote(&q, text.Korean)})
	}
}
