package tosstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

const vectorKey = "test_sk_jigapExampleKey0000000000"

func TestSimulator_authorization(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{SecretKey: vectorKey})
	require.Equal(t, vectorKey, b.Shop().SecretKey)
	cases := []struct {
		name, header string
		status       int
		code         string
	}{
		{"the shop's key", "Basic dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAwOg==", 404, "NOT_FOUND_PAYMENT"},
		{"the colon is missing", "Basic dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAw", 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		{"a byte-order mark", "Basic 77u/dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAwOg==", 400, "INVALID_API_KEY"},
		{"no base64", "Basic " + vectorKey + ":", 403, "INCORRECT_BASIC_AUTH_FORMAT"},
		{"another scheme", "Bearer " + vectorKey, 401, "UNAUTHORIZED_KEY"},
		{"none", "", 401, "UNAUTHORIZED_KEY"},
		{"a key of another shop", basic("test_sk_another"), 401, "UNAUTHORIZED_KEY"},
		{"a live key", basic(strings.Replace(vectorKey, "test", "live", 1)), 401, "UNAUTHORIZED_KEY"},
		{"a password", basic(vectorKey + ":password"), 401, "UNAUTHORIZED_KEY"},
		{"the widget key", basic(b.Shop().WidgetKey), 404, "NOT_FOUND_PAYMENT"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := *b
			b.t = t
			b.refused(tc.status, tc.code, b.ask("GET", "/v1/payments/orders/order-1", "", "Authorization", tc.header))
		})
	}
}

func TestSimulator_keys(t *testing.T) {
	t.Parallel()
	t.Run("say what they are for", func(t *testing.T) {
		t.Parallel()
		for live, stage := range map[bool]string{false: "test", true: "live"} {
			shop := setup(t, tosstest.Config{Live: live}).Shop()
			require.True(t, strings.HasPrefix(shop.SecretKey, stage+"_sk_"), shop.SecretKey)
			require.True(t, strings.HasPrefix(shop.WidgetKey, stage+"_gsk_"), shop.WidgetKey)
			require.Regexp(t, "^[0-9a-f]{64}$", shop.SecurityKey)
			require.LessOrEqual(t, len(shop.MID), 14)
		}
	})
	t.Run("the widget key is for payments of a window alone", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.key = b.Shop().WidgetKey
		b.refused(403, "NOT_SUPPORTED_WIDGET_KEY", b.charge(card, "order-1", 1000))
		for _, path := range []string{"/v1/billing/authorizations/issue", "/v1/virtual-accounts", "/v2/payouts", "/v2/sellers"} {
			b.refused(403, "NOT_SUPPORTED_WIDGET_KEY", b.post(path, "{}"))
		}
		b.refused(403, "NOT_SUPPORTED_WIDGET_KEY", b.get("/v2/balances"))
	})
	t.Run("an old key lives 7 days, and at most two live", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		first := b.key
		second := b.RotateKey().SecretKey
		require.NotEqual(t, first, second)
		require.Equal(t, second, b.Shop().SecretKey)
		asks := func(key string) string {
			b.key = key
			return b.get("/v1/payments/orders/order-1").code()
		}
		require.Equal(t, "NOT_FOUND_PAYMENT", asks(second))
		b.clock.Advance(7*24*time.Hour - time.Second)
		require.Equal(t, "NOT_FOUND_PAYMENT", asks(first))
		b.clock.Advance(time.Second)
		require.Equal(t, "UNAUTHORIZED_KEY", asks(first))
		b.RotateKey()
		require.Equal(t, "NOT_FOUND_PAYMENT", asks(second))
		b.RotateKey()
		require.Equal(t, "UNAUTHORIZED_KEY", asks(second))
	})
	t.Run("a refusal of the key is not kept", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		b.refused(401, "UNAUTHORIZED_KEY", b.charge(card, "order-1", 1000, header, "key", "Authorization", basic("test_sk_another")))
		b.passed(b.charge(card, "order-1", 1000, header, "key"))
	})
}

func TestSimulator_paths(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	for _, path := range []string{"/", "/v1", "/v1/", "/v1/payments", "/v1/payments/", "/v1/unknown", "/v3/payments/1"} {
		b.refused(404, "NOT_FOUND", b.get(path))
	}
	b.refused(404, "NOT_FOUND", b.get("/v1/payments/confirm/more/still"))
	b.refused(404, "NOT_FOUND", b.ask("PUT", "/v1/payments/confirm", ""))
	require.NotEmpty(t, b.get("/").header.Get("X-Tosspayments-Trace-Id"))
}
