package solapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/ports"
)

// What must never be shown. The server below returns all of it, and the header that
// it was asked with, in its error message.
const (
	canarySecret  = "CaNaRySeCrEt0000000000000000XyZ9"
	canaryKey     = "NCSCANARY0000001"
	canaryCard    = "4012888888881881"
	canaryCVC     = "CvCcAnArY" // digits as few as these would turn up in an address
	canaryAccount = "0235987654321098"
)

// canaries are the constants, and the signatures of all requests so far.
type canaries struct{ signatures []string }

func (c *canaries) require(t *testing.T, text string) {
	t.Helper()
	for _, canary := range append([]string{canarySecret, canaryKey, canaryCard, canaryCVC, canaryAccount}, c.signatures...) {
		require.NotContains(t, text, canary)
	}
}

// requireAll writes a value in every way that people log values.
func (c *canaries) requireAll(t *testing.T, value any) {
	t.Helper()
	c.require(t, fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value))
	c.require(t, fmt.Sprintf("%+v %#v", []any{value}, struct{ V any }{value}))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
	c.require(t, log.String())
	if data, err := json.Marshal(value); err == nil {
		c.require(t, string(data))
	}
}

func TestClient_shows_no_secret(t *testing.T) {
	t.Parallel()
	var seen canaries
	body := func(r *http.Request) string {
		_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "signature=")
		seen.signatures = append(seen.signatures, signature)
		message := strings.Join([]string{r.Header.Get("Authorization"), canarySecret, canaryCard, "4012 8888 8888 1881", canaryAccount}, " ")
		data, err := json.Marshal(map[string]string{"errorCode": canaryKey, "errorMessage": message})
		require.NoError(t, err)
		return string(data)
	}
	credentials := solapi.NewCredentials(canaryKey, canarySecret)
	card := solapi.Card{Number: canaryCard, CVC: canaryCVC, ExpYear: 30, ExpMonth: 1}
	bank := solapi.BankRegistration{AccountNumber: canaryAccount, BankCode: "004", HolderName: "H"}
	seen.requireAll(t, credentials)
	seen.requireAll(t, &credentials)
	seen.requireAll(t, formatted(card))
	seen.requireAll(t, formatted(bank))

	for name, handler := range map[string]http.HandlerFunc{
		"a refusal": func(w http.ResponseWriter, r *http.Request) {
			text := body(r)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprint(w, text)
		},
		"a success that is not JSON": func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, `[4012888888881881, `+body(r)) },
		"a number where a text belongs": func(w http.ResponseWriter, r *http.Request) {
			_ = body(r)
			_, _ = fmt.Fprint(w, `{"historyId":4012888888881881,"withdrawId":4012888888881881,"paymentId":4012888888881881,
				"balance":[4012888888881881],"balanceAmount":"card 4012888888881881","amount":{"card":4012888888881881},"type":4012888888881881}`)
		},
		"a malformed status line": func(w http.ResponseWriter, r *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = fmt.Fprintf(connection, "HTTP/1.1 %s\r\n\r\n", body(r))
				_ = connection.Close()
			}
		},
	} {
		server := httptest.NewServer(handler)
		client, err := solapi.New(credentials, solapi.Config{BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
		require.NoError(t, err)
		seen.requireAll(t, client)
		seen.requireAll(t, *formatted(client))
		errs := failures(t, client, card, bank)
		require.GreaterOrEqual(t, len(errs), 5, name)
		for _, err := range errs {
			seen.requireAll(t, err)
			seen.requireAll(t, errors.Join(err, fmt.Errorf("wrapped: %w", err)))
		}
		charger, err := solapi.NewCharger(client, "main")
		require.NoError(t, err)
		disburser, err := solapi.NewDisburser(client, "main", solapi.DisburserConfig{})
		require.NoError(t, err)
		seen.requireAll(t, charger)
		seen.requireAll(t, struct{ C *solapi.Client }{client})
		seen.requireAll(t, disburser)
		seen.requireAll(t, charger.Charge(t.Context(), ports.ChargeOrder{PaymentMethod: "p", Amount: won(10_000), Currency: "KRW", Evidence: []byte(preparedNow())}))
		seen.requireAll(t, disburser.Disburse(t.Context(), ports.PayoutOrder{Total: won(10_000), Currency: "KRW", Evidence: []byte(preparedNow())}))
		server.Close()
	}
	require.NotEmpty(t, seen.signatures)
}

// formatted hides nothing: it keeps vet from refusing odd verbs.
func formatted[V any](value V) *V { return &value }

// failures calls everything that sends a secret or may get one back.
func failures(t *testing.T, client *solapi.Client, card solapi.Card, bank solapi.BankRegistration) []error {
	t.Helper()
	var errs []error
	for _, call := range []func(ctx context.Context) error{
		func(ctx context.Context) error { _, err := client.Recharge(ctx, "p", won(10_000)); return err },
		func(ctx context.Context) error { _, err := client.Withdraw(ctx, won(10_000)); return err },
		func(ctx context.Context) error { _, err := client.RegisterCard(ctx, card); return err },
		func(ctx context.Context) error { return client.RegisterBankAccount(ctx, bank) },
		func(ctx context.Context) error { return client.Transfer(ctx, "1", won(1)) },
		func(ctx context.Context) error { _, err := client.Balance(ctx); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // no time to repeat
		if err := call(ctx); err != nil {
			errs = append(errs, err)
		}
		cancel()
	}
	return errs
}
