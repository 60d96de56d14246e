package providertest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/providertest"
)

func TestNumber_UnmarshalJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`10000`: "10000", `-0.5`: "-0.5", `1e4`: "1e4", `null`: "", `9999999999999999999`: "9999999999999999999"} {
		var number providertest.Number
		require.NoError(t, json.Unmarshal([]byte(text), &number), text)
		require.Equal(t, want, number.String())
	}
	for _, text := range []string{`"10000"`, `""`, `true`, `{}`, `[1]`} {
		require.Error(t, json.Unmarshal([]byte(text), new(providertest.Number)), text)
	}
}
