package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// begin opens a payment window over 20,000, and returns the payment's path and what the window is
// opened with.
func (r *running) begin(key string) (path string, window fields) {
	r.t.Helper()
	begun := r.must(http.StatusCreated, "POST", "/wallets/c1/payments", key, `{"amount":"20000"}`)
	window, _ = begun["window"].(fields)
	id, _ := begun["id"].(string)
	return "/payments/" + id + "/return", window
}

// agree has the customer agree in the window.
func (r *running) agree(window fields, amount string) string {
	r.t.Helper()
	id, _ := window["orderId"].(string)
	query, _ := r.must(http.StatusOK, "POST", "/simulated/payments", "", `{"order_id":"`+id+`","amount":"`+amount+`"}`)["query"].(string)
	return "?" + query
}

// TestServer_payment_window: a page that is loaded again credits nothing twice, and a query of another
// payment, or of another amount, moves nothing.
func TestServer_payment_window(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.open()
	path, window := h.begin("payment-1")
	again, same := h.begin("payment-1")
	require.Equal(t, []any{path, window}, []any{again, same})
	other, otherWindow := h.begin("payment-2")

	h.refused(http.StatusPaymentRequired, "not_confirmed", "GET", path+h.agree(otherWindow, "20000"), "", "")
	h.refused(http.StatusPaymentRequired, "not_confirmed", "GET", path+"?paymentKey=made-up&orderId=x&amount=20000", "", "")
	h.refused(http.StatusPaymentRequired, "not_confirmed", "GET", other+h.agree(otherWindow, "100"), "", "")
	require.Equal(t, "0", h.cash())

	query := h.agree(window, "20000")
	paid := h.must(http.StatusOK, "GET", path+query, "", "")
	require.Equal(t, paid, h.must(http.StatusOK, "GET", path+query, "", ""))
	require.Equal(t, paid, h.must(http.StatusOK, "GET", path+query+"&utm_source=mail", "", ""), "with another parameter")
	require.Equal(t, []any{"approved", "20000"}, []any{paid["status"], h.cash()})
	require.Equal(t, []string{"20000"}, h.charged())
}

// TestServer_part_is_given_back: a retry gives nothing back twice.
func TestServer_part_is_given_back(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.open()
	topUp := h.must(http.StatusOK, "POST", "/wallets/c1/recharges", "topup", h.payment("30000"))
	path := "/recharges/" + topUp["id"].(string) + "/cancellations"
	const part = `{"amount":"5000","who":"kim","why":"asked for"}`
	back := h.must(http.StatusOK, "POST", path, "back-1", part)
	require.Equal(t, back, h.must(http.StatusOK, "POST", path, "back-1", part))
	require.Equal(t, []any{"approved", "5000", "25000"}, []any{back["status"], back["given_back"], h.cash()})
	h.refused(http.StatusUnprocessableEntity, "invalid", "POST", path, "back-2", `{"amount":"25001","who":"kim","why":"asked for"}`)
	require.Equal(t, "25000", h.provider.simulator.Books().Payments[0].Balance.String())
}

// TestServer_card_of_another_wallet: it is charged neither by hand nor by a policy, and a window that
// was opened for another customer registers no card.
func TestServer_card_of_another_wallet(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.open()
	h.must(http.StatusCreated, "POST", "/wallets", "", `{"id":"c2"}`)
	h.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/wallets/c2/recharges", "k", h.payment("1000"))
	h.refused(http.StatusUnprocessableEntity, "invalid", "PUT", "/wallets/c2/auto-recharge", "", `{"payment_methods":["`+h.card+`"],
		"minimum_cash":"5000","recharge_to":"20000","who":"c2","why":"asked for"}`)
	customer, _ := h.must(http.StatusOK, "POST", "/wallets/c1/card-window", "", "")["customer_key"].(string)
	h.refused(http.StatusUnprocessableEntity, "invalid", "POST", "/wallets/c2/cards", "", `{"auth_key":"x","customer_key":"`+customer+`"}`)
	h.refused(http.StatusPaymentRequired, "card_refused", "POST", "/wallets/c1/cards", "", `{"auth_key":"made-up","customer_key":"`+customer+`"}`)
	h.refused(http.StatusNotFound, "not_found", "POST", "/wallets/none/card-window", "", "")
	require.Empty(t, h.charged())
}

// TestServer_billing_keys_are_encrypted: the table holds no billing key, and neither does the log.
func TestServer_billing_keys_are_encrypted(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.fund()
	key, err := h.cards.find(t.Context(), h.card)
	require.NoError(t, err)
	var sealed []byte
	require.NoError(t, h.pool.QueryRow(t.Context(), "SELECT sealed FROM cards WHERE id = $1", h.card).Scan(&sealed))
	require.False(t, bytes.Contains(sealed, []byte(key.Reveal())))
	require.NotContains(t, h.log.String(), key.Reveal())

	other, err := newCards(h.pool, "") // another key
	require.NoError(t, err)
	_, err = other.find(t.Context(), h.card)
	require.Error(t, err)
	_, err = h.cards.find(t.Context(), "none")
	require.ErrorIs(t, err, ports.ErrNotFound)
	for _, bad := range []string{"00", "zz" + string(bytes.Repeat([]byte("0"), 62)), string(bytes.Repeat([]byte("0"), 66))} {
		_, err = newCards(h.pool, bad)
		require.Error(t, err, bad)
	}
}

// TestServer_notifications: the answer to a confirmation is lost, and the provider's notification has the
// recharge credited. A false notification has no effect.
func TestServer_notifications(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.open()
	path, window := h.begin("payment-1")
	query := h.agree(window, "20000")
	webhooks := h.routes()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/toss", bytes.NewReader([]byte(
		`{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-03-16T12:00:00.000000","data":{"orderId":"`+window["orderId"].(string)+`","paymentKey":"made-up","status":"DONE"}}`,
	)))
	answer := httptest.NewRecorder()
	webhooks.ServeHTTP(answer, request)
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "0", h.cash(), "nothing was paid")

	h.provider.simulator.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/confirm", Kind: tosstest.CloseAfter})
	h.must(http.StatusAccepted, "GET", path+query, "", "")
	h.provider.simulator.DeliverTo(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/webhooks/toss"
		webhooks.ServeHTTP(w, r)
	}))
	require.Equal(t, "20000", h.cash())
}
