package kona_test

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
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/ports"
)

// What must never be shown. The servers below return all of it, with the headers they
// were asked with.
const (
	canarySecret  = "CaNaRySeCrEt0000000000000000XyZ9"
	canaryAccess  = "CANARYKEYCANARYKEYCANARYKEYCANARYKEY0001"
	canaryCard    = "4012888888881881"
	canaryAccount = "0235987654321098"
	canaryToken   = "T0kEnCaNaRy12345"
	canaryDCVV    = "$~@" // three characters that turn up in nothing else
)

// canaries are the constants, and the tokens over all requests so far.
type canaries struct {
	mu   sync.Mutex
	tags []string
}

func (c *canaries) require(t *testing.T, text string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, canary := range append([]string{canarySecret, canaryAccess, canaryCard, canaryAccount, canaryToken, canaryDCVV}, c.tags...) {
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

// leak is everything that a server was told, and the canaries.
func (c *canaries) leak(r *http.Request) string {
	tag := r.Header.Get("X-KM-Tran-Token")
	c.mu.Lock()
	c.tags = append(c.tags, tag, tag[len(tag)-44:])
	c.mu.Unlock()
	texts := []string{r.Header.Get("X-KM-Access-Key"), tag, canarySecret, canaryCard, "4012 8888 8888 1881", canaryAccount, canaryToken}
	if strings.Contains(r.URL.Path, chargePath) { // three characters are known as a secret only by who was given them
		texts = append(texts, canaryDCVV)
	}
	return strings.Join(texts, " ")
}

func TestClient_shows_no_secret(t *testing.T) {
	t.Parallel()
	var seen canaries
	_, key, _ := testKeys()
	credentials := kona.NewCredentials(testASP, canaryAccess, canarySecret, key)
	card := kona.Card{Number: canaryCard, Expiry: canaryDCVV}
	private := fmt.Sprint(key.Client.D)
	for _, value := range []any{credentials, &credentials, card, &card, key, &key} {
		seen.requireAll(t, value)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v %d", value, value, value, value), private[:20])
	}
	refusal := func(w http.ResponseWriter, leak string, status int) {
		data, err := json.Marshal(map[string]any{
			"nrNumber": leak, "result": leak, "isPending": leak, "rows": leak, "oneTimeToken": leak + leak,
			"response": map[string]string{"code": canaryAccess, "description": leak},
		})
		require.NoError(t, err)
		w.WriteHeader(status)
		_, _ = w.Write(data)
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a refusal":                  func(w http.ResponseWriter, r *http.Request) { refusal(w, seen.leak(r), http.StatusBadRequest) },
		"a refusal of the key":       func(w http.ResponseWriter, r *http.Request) { refusal(w, seen.leak(r), http.StatusUnauthorized) },
		"a success that is not JSON": func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, `["`+seen.leak(r)) },
		"a success with numbers": func(w http.ResponseWriter, r *http.Request) {
			_ = seen.leak(r)
			_, _ = fmt.Fprint(w, `{"nrNumber":4012888888881881,"isPending":4012888888881881,"result":4012888888881881,"dcvv":4012888888881881,"parInfoList":4012888888881881,"transactionInfo":4012888888881881,`+success+`}`)
		},
		"a malformed status line": func(w http.ResponseWriter, r *http.Request) {
			connection, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = fmt.Fprintf(connection, "HTTP/1.1 %s\r\n\r\n", seen.leak(r))
				_ = connection.Close()
			}
		},
	} {
		for _, tokens := range []bool{false, true} { // whether tokens are given out
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tokens && strings.HasSuffix(r.URL.Path, tokenPath) {
					_ = seen.leak(r)
					_, _ = fmt.Fprintf(w, `{"oneTimeToken":%q,"dcvv":%q,%s}`, canaryToken, canaryDCVV, success)
					return
				}
				handler(w, r)
			}))
			client, err := kona.New(credentials, kona.Config{BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
			require.NoError(t, err)
			seen.requireAll(t, client)
			for _, err := range failures(t, client, &seen, card) {
				seen.requireAll(t, err)
				seen.requireAll(t, errors.Join(err, fmt.Errorf("wrapped: %w", err)))
			}
			charger, err := kona.NewCharger(client, "main", kona.ChargerConfig{
				MerchantID: testMerchant, Card: func(context.Context, kona.Method) (kona.Card, error) { return card, nil },
			})
			require.NoError(t, err)
			seen.requireAll(t, charger)
			seen.requireAll(t, struct{ C *kona.Client }{client})
			order := ports.ChargeOrder{OperationID: "o", PaymentMethod: "7/PAR", Amount: won(10_000), Currency: "KRW", Transmissions: 1}
			answer := charger.Charge(t.Context(), order)
			require.NotEqual(t, approved, answer.Outcome, name)
			seen.requireAll(t, answer)
			server.Close()
		}
	}
	require.NotEmpty(t, seen.tags)
	_, err := kona.NewCharger(nil, canarySecret, kona.ChargerConfig{})
	seen.requireAll(t, err)
}

// failures calls everything that sends a secret or may get one back.
func failures(t *testing.T, client *kona.Client, seen *canaries, card kona.Card) []error {
	t.Helper()
	token, err := client.IssueToken(t.Context(), card)
	seen.requireAll(t, token)
	errs := []error{err}
	for _, call := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			_, err := client.Charge(ctx, kona.ChargeRequest{SequenceID: "s", UserID: 7, Amount: won(1), Token: token, MerchantID: "m"})
			return err
		},
		func(ctx context.Context) error {
			_, err := client.Cancel(ctx, kona.CancelRequest{SequenceID: "s", UserID: 7, Number: "n", Token: token})
			return err
		},
		func(ctx context.Context) error { _, err := client.InquireResult(ctx, "s"); return err },
		func(ctx context.Context) error { _, err := client.AutoPlans(ctx, 7); return err },
		func(ctx context.Context) error {
			_, err := client.History(ctx, kona.HistoryFilter{PAR: "P"})
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // no time to repeat
		err := call(ctx)
		require.Error(t, err)
		errs = append(errs, err)
		cancel()
	}
	return errs
}
