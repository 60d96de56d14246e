package toss_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// payoutCanaries are what must never be shown. The servers below return all of it.
func payoutCanaries(t *testing.T) []string {
	t.Helper()
	key, err := hex.DecodeString(vectorKey)
	require.NoError(t, err)
	seller := sellerRequest()
	return []string{
		vectorKey, strings.ToUpper(vectorKey), base64.StdEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key), "[0 1 2 3 4 5 6 7",
		sellerNumber, string(seller.Name), string(seller.Email), string(seller.Phone), vectorDecoded, vectorText, "jigapExampleKey0000000000",
	}
}

// requireHidden writes a value in every way that people log values.
func requireHidden(t *testing.T, value any) {
	t.Helper()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
	text := log.String() + fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value)
	text += fmt.Sprintf("%+v %#v", []any{value}, struct{ V any }{value})
	if data, err := json.Marshal(value); err == nil {
		text += string(data)
	}
	for _, canary := range payoutCanaries(t) {
		require.NotContains(t, text, canary)
	}
}

// pointer keeps vet from refusing odd verbs.
func pointer[V any](value V) *V { return &value }

func TestPayouts_show_no_secret(t *testing.T) {
	t.Parallel()
	all := strings.Join(payoutCanaries(t), " ")
	said, err := json.Marshal(all)
	require.NoError(t, err)
	item := `{"id":"FPA_1","refPayoutId":"jgp-op-1","destination":"s","amount":{"currency":"KRW","value":20000},"status":"FAILED","error":{"code":"X","message":` + string(said) + `}}`
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"a refusal":                     {400, `{"version":"2022-11-16","traceId":"t","error":{"code":"CODE_OF_TOMORROW","message":` + string(said) + `}}`},
		"a refusal with a secret code":  {400, `{"error":{"code":` + string(said) + `,"message":"m"}}`},
		"a success that is not JSON":    {200, all},
		"a payout that failed":          {200, `{"entityType":"payout","entityBody":` + item + `}`},
		"a list of payouts that failed": {200, list(item, `"hasNext":false`)},
		"an odd status":                 {200, list(strings.Replace(item, `"FAILED"`, string(said), 1), `"hasNext":false`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
			}))
			t.Cleanup(server.Close)
			showsNothing(t, server)
		})
	}
}

// showsNothing calls everything that has a secret or may get one back.
func showsNothing(t *testing.T, server *httptest.Server) {
	t.Helper()
	secret, err := toss.NewSecretKey("test_sk_jigapExampleKey0000000000")
	require.NoError(t, err)
	client, err := toss.New(secret, toss.Config{BaseURL: server.URL, HTTPClient: server.Client(), Clock: tosstest.NewClock(start)})
	require.NoError(t, err)
	key := vectorSecurityKey(t)
	payouts, err := toss.NewPayoutClient(client, key)
	require.NoError(t, err)
	config := toss.PayoutConfig{
		SecurityKey: key, Experimental: true, Seller: func(context.Context, ports.PayoutOrder) (string, error) { return "s", nil },
	}
	d, err := toss.NewDisburser(client, "main", config)
	require.NoError(t, err)
	seller := sellerRequest()
	for _, value := range []any{key, pointer(key), payouts, *pointer(payouts), *payouts, d, *d, seller, pointer(seller), config.SecurityKey} {
		requireHidden(t, value)
	}
	requireHidden(t, struct {
		C *toss.PayoutClient
		K toss.SecurityKey
		S toss.SellerRequest
	}{payouts, key, seller})

	order := ports.PayoutOrder{OperationID: "op-1", WalletID: "w", Total: won(20_000), Net: won(20_000), Currency: "KRW", RequestedAt: start}
	evidence, refusal := d.Prepare(t.Context(), order)
	require.Nil(t, refusal)
	requireHidden(t, string(evidence))
	order.Evidence, order.SentAt, order.Transmissions = evidence, start, 1
	requireHidden(t, d.Disburse(t.Context(), order))
	requireHidden(t, d.Inquire(t.Context(), order))
	order.Last.ProviderRef = "FPA_1"
	requireHidden(t, d.Inquire(t.Context(), order))
	for _, err := range payoutFailures(t, payouts) {
		requireHidden(t, err)
		requireHidden(t, errors.Join(err, fmt.Errorf("wrapped: %w", err)))
	}
	_, err = d.ReadWebhook(t.Context(), signedBy("v1:"+vectorDecoded[:43]+",v1:"+vectorText, vectorBody+" "))
	require.Error(t, err)
	requireHidden(t, err)
}

func payoutFailures(t *testing.T, payouts *toss.PayoutClient) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var errs []error
	keep := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	_, err := payouts.CreatePayout(ctx, toss.PayoutRequest{RefPayoutID: "ref-00001", Seller: "s", Amount: won(1), Description: "x", Key: "k"})
	keep(err)
	_, err = payouts.RegisterSeller(ctx, sellerRequest())
	keep(err)
	_, err = payouts.CancelPayout(ctx, "FPA_1", "k")
	keep(err)
	_, err = payouts.Balances(ctx)
	keep(err)
	for _, err := range payouts.Payouts(ctx, start, start) {
		keep(err)
	}
	require.GreaterOrEqual(t, len(errs), 3)
	return errs
}
