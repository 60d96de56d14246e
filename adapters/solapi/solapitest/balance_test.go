package solapitest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// object asks and returns the object that is answered.
func (b *bench) object(method, path, body string) map[string]any {
	b.t.Helper()
	b.salts++
	request, err := http.NewRequestWithContext(b.t.Context(), method, "http://sim"+path, strings.NewReader(body))
	require.NoError(b.t, err)
	request.Header.Set("Authorization", b.header("2026-03-13T12:00:00Z", "abcdefghijkl"+string(rune('a'+b.salts))))
	response, err := b.sim.Transport().RoundTrip(request)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	var object map[string]any
	require.NoError(b.t, json.Unmarshal(data, &object), "%s", data)
	return object
}

// The schema of the official client for Node takes a text for the current balance of an
// alert, or no alert.
func TestSimulator_balance(t *testing.T) {
	t.Parallel()
	t.Run("shows no alert that was not set", func(t *testing.T) {
		t.Parallel()
		require.NotContains(t, setup(t).object("GET", "/cash/v1/balance", ""), "lowBalanceAlert")
	})
	t.Run("shows the current balance of an alert as a text", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.object("PUT", "/cash/v1/balance/alert", `{"balances":[1000],"channels":["SMS"]}`)
		alert := b.object("GET", "/cash/v1/balance", "")["lowBalanceAlert"].(map[string]any)
		require.Equal(t, "10130", alert["currentBalance"])
		require.Equal(t, "0", alert["notificationBalance"])
	})
	t.Run("nests the alert", func(t *testing.T) {
		t.Parallel()
		shown := setup(t).object("GET", "/cash/v1/balance/alert", "")
		require.Equal(t, false, shown["lowBalanceAlert"].(map[string]any)["enabled"])
		require.NotContains(t, shown, "enabled")
		require.NotEmpty(t, shown["_id"])
	})
}
