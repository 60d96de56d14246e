package tosstest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestFaults_spoil_answers_only(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		kind    tosstest.Kind
		charged string // in the answer to a charge
		row     string // in a list of transactions
		payout  string
	}{
		{"WrongAmount", tosstest.WrongAmount, `"totalAmount":11001,`, `"amount":11001,`, `"value":1001}`},
		{"WrongOrder", tosstest.WrongOrder, `"orderId":"order-1-other"`, `"orderId":"order-1-other"`, `"refPayoutId":"payout-1-other"`},
		{"OddStatus", tosstest.OddStatus, `"status":"HELD_BY_BANK"`, `"status":"HELD_BY_BANK"`, `"status":"HELD_BY_BANK"`},
		{"ExtraFields", tosstest.ExtraFields, `"fieldOfTomorrow":"new"`, `"fieldOfTomorrow":"new"`, `"fieldOfTomorrow":"new"`},
		{"Dollars", tosstest.Dollars, `"currency":"USD"`, `"currency":"USD"`, `"currency":"USD"`},
		{"Fraction", tosstest.Fraction, `"totalAmount":11000.5,`, `"amount":11000.5,`, `"value":1000.5}`},
		{"WrongType", tosstest.WrongType, `"type":"NORMAL"`, `"status":"DONE"`, `"entityType":"payout-list"`},
		{"OtherVersion", tosstest.OtherVersion, `"version":"2031-01-01"`, `"status":"DONE"`, `"version":"2031-01-01"`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			card := b.NewCard(tosstest.CardConfig{})
			b.Inject(tosstest.Fault{Kind: tc.kind})
			spoilt := b.passed(b.charge(card, "order-1", 11000, header, "key"))
			require.Contains(t, spoilt.raw, tc.charged)
			good := b.passed(b.charge(card, "order-1", 11000, header, "key"))
			require.NotContains(t, good.raw, tc.charged, "the right answer is kept")
			require.Equal(t, good.raw, b.get("/v1/payments/orders/order-1").raw, "the books are right")
			b.Inject(tosstest.Fault{Kind: tc.kind})
			require.Contains(t, b.get(rows).raw, tc.row)
			body := batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil))
			b.Inject(tosstest.Fault{Kind: tc.kind})
			security := b.Shop().SecurityKey
			sealed := encrypt(t, security, body, protected())
			require.Contains(t, decrypt(t, security, b.post("/v2/payouts", sealed, headers(header, "key")...)).raw, tc.payout)
			kept := decrypt(t, security, b.post("/v2/payouts", sealed, headers(header, "key")...))
			require.Equal(t, "payout-1", first(t, kept)["refPayoutId"])
			require.Equal(t, object{"currency": "KRW", "value": json.Number("1000")}, first(t, kept)["amount"], "the right answer is kept")
		})
	}
}

func TestFaults_WrongAmount_of_a_cancellation(t *testing.T) {
	t.Parallel()
	b, _, key := paid(t)
	b.passed(b.cancel(key, 1000, nil))
	for kind, wanted := range map[tosstest.Kind]string{tosstest.WrongAmount: `"cancelAmount":2001`, tosstest.Fraction: `"cancelAmount":2000.5`} {
		b.Inject(tosstest.Fault{Kind: kind})
		got := b.passed(b.cancel(key, 2000, nil, header, "key"))
		require.Contains(t, got.raw, wanted)
		require.Contains(t, got.raw, `"cancelAmount":1000`)
		require.Contains(t, got.raw, `"totalAmount":11000,`)
		require.Contains(t, b.get("/v1/payments/"+key).raw, `"cancelAmount":2000,`)
	}
}

func TestFaults_WrongType_of_a_window(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	key := b.authenticated("order-1", 1000, tosstest.MethodCard)
	b.Inject(tosstest.Fault{Kind: tosstest.WrongType})
	require.Equal(t, "BILLING", b.passed(b.confirm(key, "order-1", 1000)).fields["type"])
}

func TestFaults_BadSeal(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	b.Inject(tosstest.Fault{Kind: tosstest.BadSeal})
	got := b.passed(b.ask(http.MethodGet, "/v2/balances", "", headers()...))
	require.Equal(t, byte('e'), got.raw[0])
	require.Nil(t, got.fields)
	b.passed(decrypt(t, b.Shop().SecurityKey, b.ask(http.MethodGet, "/v2/balances", "", headers()...)))
}

// A fault with a code is read by clients of both versions.
func TestFaults_with_a_code(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	b.Inject(tosstest.Fault{Kind: tosstest.StatusBefore, Status: 429, Code: "FORBIDDEN_CONSECUTIVE_REQUEST", Times: 2})
	for _, path := range []string{"/v1/payments/orders/order-1", "/v2/balances"} {
		got := b.get(path)
		require.Equal(t, 429, got.status)
		require.Equal(t, "FORBIDDEN_CONSECUTIVE_REQUEST", got.fields["code"])
		require.Equal(t, "FORBIDDEN_CONSECUTIVE_REQUEST", got.fields["error"].(object)["code"])
		require.NotEmpty(t, got.header.Get("X-Tosspayments-Trace-Id"))
	}
}
