package solapitest_test

import (
	"net/http"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

func (b *bench) write(method, path, body string) (int, string) {
	b.t.Helper()
	b.salts++
	return b.ask(method, path, b.header("2026-03-13T12:00:00Z", "abcdefghijkl"+string(rune('a'+b.salts))), body)
}

func TestSimulator_auto_recharge_tries_cards_in_order(t *testing.T) {
	t.Parallel()
	b := setup(t)
	poor := b.account.AddCard(solapitest.Card{Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"})
	good := b.account.AddCard(solapitest.Card{})
	status, code := b.write("PUT", "/cash/v1/payment", `{"paymentIds":["`+poor+`","`+good+`"],"minimumCash":1000,"rechargeTo":100000}`)
	require.Equal(t, 200, status, code)
	b.account.Send(decimal.NewFromInt(9_130))
	require.Empty(t, b.account.Books().Charges, "it is off")
	status, _ = b.write("PUT", "/cash/v1/recharge", `{}`)
	require.Equal(t, 200, status)

	b.account.SetRecharging(true)
	b.account.Send(decimal.NewFromInt(1))
	require.Empty(t, b.account.Books().Charges, "one is running")
	b.account.SetRecharging(false)

	b.account.SetCard(good, http.StatusPaymentRequired, "BalanceInsufficient")
	b.account.Send(decimal.NewFromInt(1))
	require.Equal(t, 2, b.account.Books().Tries, "both cards failed")
	b.account.SetCard(good, 0, "")
	b.account.Send(decimal.NewFromInt(1))
	books := b.account.Books()
	require.Zero(t, books.Tries)
	require.Len(t, books.Charges, 1)
	require.Equal(t, good, books.Charges[0].PaymentID)
	require.True(t, books.Balance.Equal(decimal.NewFromInt(100_000)))
}

func TestSimulator_spends_points_first(t *testing.T) {
	t.Parallel()
	sim := solapitest.New(solapitest.Config{})
	account := sim.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(100), Point: decimal.NewFromInt(30)})
	account.Send(decimal.NewFromInt(50))
	books := account.Books()
	require.True(t, books.Balance.Equal(decimal.NewFromInt(80)))
	require.True(t, books.Point.IsZero())
	require.True(t, books.History[0].PointAmount.Equal(decimal.NewFromInt(-30)))
}

func TestSimulator_refuses_bad_requests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/cash/v1/balance", `{"amount":0,"paymentId":"x"}`, 400, "ValidationError"},
		{"POST", "/cash/v1/balance", `{"amount":10000.5,"paymentId":"x"}`, 400, "ValidationError"},
		{"POST", "/cash/v1/balance", `{"amount":10000}`, 400, "ValidationError"},
		{"POST", "/cash/v1/balance", `{"amount":"10000","paymentId":"x"}`, 400, "ValidationError"},
		{"POST", "/cash/v1/withdraw", `{"amount":"10000"}`, 400, "ValidationError"},
		{"POST", "/cash/v1/transfer", `{"targetAccountId":"x","amount":"1"}`, 400, "ValidationError"},
		{"PUT", "/cash/v1/payment", `{"paymentIds":["x"],"minimumCash":"1000","rechargeTo":100000}`, 400, "ValidationError"},
		{"PUT", "/cash/v1/balance/alert", `{"balances":["200"],"channels":[]}`, 400, "ValidationError"},
		{"POST", "/cash/v1/balance", `[]`, 400, "ValidationError"},
		{"POST", "/cash/v1/balance", `{"amount":10000,"paymentId":"x"}`, 400, "InvalidPaymentId"},
		{"POST", "/cash/v1/withdraw", `{"amount":9999}`, 400, "ValidationError"},
		{"POST", "/cash/v1/withdraw", `{"amount":10000001}`, 400, "ValidationError"},
		{"POST", "/cash/v1/withdraw", `{"amount":20000}`, 403, "Forbidden"},
		{"POST", "/cash/v1/transfer", `{"targetAccountId":"x","amount":1}`, 400, "InvalidAccountId"},
		{"PUT", "/cash/v1/payment", `{"paymentIds":[],"minimumCash":1,"rechargeTo":1}`, 400, "ValidationError"},
		{"PUT", "/cash/v1/payment", `{"paymentIds":["x"],"minimumCash":1,"rechargeTo":1}`, 400, "InvalidPaymentId"},
		{"DELETE", "/cash/v1/payment", `{"paymentId":"x"}`, 404, "ResourceNotFound"},
		{"PUT", "/cash/v1/balance/alert", `{"balances":[199],"channels":[]}`, 400, "ValidationError"},
		{"PUT", "/cash/v1/balance/alert", `{"balances":[200,200,200,200],"channels":[]}`, 400, "ValidationError"},
		{"PUT", "/cash/v1/balance/alert/switch", `{}`, 400, "ValidationError"},
		{"GET", "/cash/v1/balance/history?limit=0", ``, 400, "ValidationError"},
		{"GET", "/cash/v1/history", ``, 404, "ResourceNotFound"},
	}
	b := setup(t)
	for _, tc := range cases {
		status, code := b.write(tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, status, "%s %s %s", tc.method, tc.path, tc.body)
		require.Equal(t, tc.code, code, "%s %s %s", tc.method, tc.path, tc.body)
	}
	require.Empty(t, b.account.Books().History)
}

func TestSimulator_cards_decline(t *testing.T) {
	t.Parallel()
	b := setup(t)
	card := b.account.AddCard(solapitest.Card{Status: 402, Code: "BalanceInsufficient"})
	status, code := b.write("POST", "/cash/v1/balance", `{"amount":10000,"paymentId":"`+card+`"}`)
	require.Equal(t, 402, status)
	require.Equal(t, "BalanceInsufficient", code)
	require.Empty(t, b.account.Books().Charges)
}

// TestSimulator_settings_of_auto_recharge: those of the console, and those of the API.
func TestSimulator_settings_of_auto_recharge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	card := b.account.AddCard(solapitest.Card{})
	b.account.SetAutoRecharge(solapitest.Setting{
		On: true, PaymentIDs: []string{card}, MinimumCash: decimal.NewFromInt(2000), RechargeTo: decimal.NewFromInt(50_000),
	})
	status, _ := b.write("PUT", "/cash/v1/recharge", `{}`)
	require.Equal(t, 200, status)
	status, _ = b.write("PUT", "/cash/v1/payment", `{"paymentIds":["`+card+`"],"minimumCash":1000,"rechargeTo":100000}`)
	require.Equal(t, 200, status)
	settings := b.account.Books().Settings
	require.Len(t, settings, 3)
	require.True(t, settings[0].On && settings[0].Console)
	require.Equal(t, []string{card}, settings[0].PaymentIDs)
	require.False(t, settings[1].On || settings[1].Console, "the API has a toggle")
	require.True(t, settings[2].RechargeTo.Equal(decimal.NewFromInt(100_000)))
	b.account.SetAutoRecharge(solapitest.Setting{On: true, MinimumCash: decimal.NewFromInt(2000)})
	require.Empty(t, b.account.Books().Settings[3].PaymentIDs)
}
