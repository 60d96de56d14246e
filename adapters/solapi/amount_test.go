package solapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
)

func TestAmount_UnmarshalJSON_exact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`10130`: "10130", `"10130"`: "10130", `-0.5`: "-0.5", `"0"`: "0", `0.1`: "0.1", `1e3`: "1000",
		`16777217`: "16777217", `0e999`: "0", `123456789012345678`: "123456789012345678",
	} {
		var amount solapi.Amount
		require.NoError(t, json.Unmarshal([]byte(text), &amount), text)
		require.True(t, amount.Valid, text)
		require.Equal(t, want, amount.Decimal.String(), text)
	}
}

func TestAmount_UnmarshalJSON_absent(t *testing.T) {
	t.Parallel()
	var row solapi.HistoryRow
	require.NoError(t, json.Unmarshal([]byte(`{"balanceAmount":null}`), &row))
	require.False(t, row.BalanceAmount.Valid)
	require.False(t, row.OldBalance.Valid)
}

func TestAmount_UnmarshalJSON_refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`""`, `"x"`, `true`, `{}`, `[1]`, `" 1"`, `"1,000"`, `"+1"`, `"NaN"`, `"1e1000000"`, `1e999`, `1e-999`, `"01"`,
		`1000000000000000000`, `"` + strings.Repeat("9", 65) + `"`,
	} {
		var amount solapi.Amount
		require.Error(t, json.Unmarshal([]byte(text), &amount), text)
	}
}

func TestSwitch_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`true`: true, `false`: false, `1`: true, `0`: false, `3`: true, `null`: false, `"1"`: true, `1.0`: true, `0.0`: false, `0.5`: true, `"true"`: true} {
		var balance solapi.Balance
		require.NoError(t, json.Unmarshal([]byte(`{"autoRecharge":`+text+`}`), &balance), text)
		require.Equal(t, want, bool(balance.AutoRecharge), text)
	}
}

func TestDate_UnmarshalJSON_unreadable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"2019-10-28T17:43:54.390Z"`: "2019-10-28T17:43:54.39Z", `"2019-10-29T02:43:54+09:00"`: "2019-10-28T17:43:54Z",
		`"yesterday"`: "0001-01-01T00:00:00Z", `null`: "0001-01-01T00:00:00Z", `12`: "0001-01-01T00:00:00Z",
	} {
		var at solapi.Timestamp
		require.NoError(t, json.Unmarshal([]byte(text), &at), text)
		require.Equal(t, want, at.Format("2006-01-02T15:04:05.999Z07:00"), text)
	}
}
