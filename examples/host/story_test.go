package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
)

// TestServer_first_day uses every endpoint once, as a customer and a clerk would.
func TestServer_first_day(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	h := p.start(t)
	h.open()

	first := h.must(http.StatusOK, "POST", "/wallets/c1/recharges", "topup-1", h.payment("30000"))
	again := h.must(http.StatusOK, "POST", "/wallets/c1/recharges", "topup-1", h.payment("30000"))
	require.Equal(t, first["id"], again["id"])
	require.Equal(t, "approved", h.must(http.StatusOK, "GET", "/recharges/"+first["id"].(string), "", "")["status"])
	require.Len(t, h.charged(), 1, "a retry charges no card")
	require.Equal(t, "30000", h.cash())

	placed := h.must(http.StatusOK, "POST", "/wallets/c1/orders", "order-1", `{"item":"100 messages","amount":"1800"}`)
	replay := h.must(http.StatusOK, "POST", "/wallets/c1/orders", "order-1", `{"item":"100 messages","amount":"1800"}`)
	require.Equal(t, placed, replay)
	h.refused(http.StatusUnprocessableEntity, "key_reused", "POST", "/wallets/c1/orders", "order-1", `{"item":"100 messages","amount":"1801"}`)
	h.refused(http.StatusPaymentRequired, "insufficient_funds", "POST", "/wallets/c1/orders", "order-2", `{"item":"too much","amount":"28201"}`)
	require.Equal(t, 1, p.orders(t))
	require.Equal(t, "28200", h.cash())

	h.refused(http.StatusConflict, "fee_changed", "POST", "/wallets/c1/withdrawals", "payout-1", `{"total":"20000","fee":"400","who":"c1"}`)
	asked := h.must(http.StatusAccepted, "POST", "/wallets/c1/withdrawals", "payout-1", `{"total":"20000","fee":"500","who":"c1"}`)
	require.Equal(t, []any{"requested", "500", "19500"}, []any{asked["status"], asked["fee"], asked["net"]})
	require.Equal(t, "8200", h.cash())
	path := "/withdrawals/" + asked["id"].(string)
	h.refused(http.StatusConflict, "same_person", "POST", path+"/approval", "", `{"who":"c1","why":"mine"}`)
	require.Equal(t, "pending", h.must(http.StatusOK, "POST", path+"/approval", "", `{"who":"kim","why":"documents seen"}`)["status"])
	h.refused(http.StatusConflict, "same_person", "POST", path+"/payment", "", `{"who":"kim","why":"transfer of today","transaction_id":"17"}`)
	paid := h.must(http.StatusOK, "POST", path+"/payment", "", `{"who":"lee","why":"transfer of today","transaction_id":"17"}`)
	require.Equal(t, "completed", paid["status"])
	require.Equal(t, paid, h.must(http.StatusOK, "GET", path, "", ""))
	h.refused(http.StatusConflict, "not_open", "POST", path+"/approval", "", `{"who":"lee","why":"late"}`)

	entries := h.entries()
	last := entries[len(entries)-1].(fields)
	require.Equal(t, []any{"withdraw_end", "8200"}, []any{last["type"], last["new_cash"]})
	page := h.must(http.StatusOK, "GET", "/wallets/c1/statement?after=2", "", "")
	require.Equal(t, entries[2:], page["entries"])
	require.Equal(t, false, page["more"])
	h.countsDays(len(entries), "1800")
	_, err := h.wallets.Verify(t.Context(), "c1")
	require.NoError(t, err)
	require.Equal(t, "ok", h.must(http.StatusOK, "GET", "/health", "", "")["status"])
}

// TestServer_orders_and_debits_are_one: two servers, and more buyers than money. As many orders as
// debits, not one won too many; and the feed, which both consume, counts each entry once.
func TestServer_orders_and_debits_are_one(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	servers := []*running{p.start(t), p.start(t)}
	servers[0].fund()
	var buyers sync.WaitGroup
	var placed, refused atomic.Int64
	for i := range 20 {
		buyers.Go(func() {
			status, answer, err := servers[i%2].try("POST", "/wallets/c1/orders", "order-"+strconv.Itoa(i), `{"item":"10 messages","amount":"1000"}`)
			switch {
			case err == nil && status == http.StatusOK:
				placed.Add(1)
			case err == nil && status == http.StatusPaymentRequired:
				refused.Add(1)
			default:
				t.Errorf("order %d: status %d, %v, %v", i, status, answer, err)
			}
		})
	}
	buyers.Wait()
	require.Equal(t, []int64{10, 10}, []int64{placed.Load(), refused.Load()})
	require.Equal(t, 10, p.orders(t))
	require.Equal(t, "0", servers[1].cash())
	servers[1].countsDays(3+10, "10000")
}

// TestServer_no_row_no_debit: when the host's own row cannot be written, the debit is gone too,
// and the client learns nothing of the database.
func TestServer_no_row_no_debit(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	h := p.start(t)
	h.fund()
	_, err := p.pool.Exec(t.Context(), "ALTER TABLE "+p.schema+".orders RENAME TO away")
	require.NoError(t, err)
	h.refused(http.StatusInternalServerError, "internal", "POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"1"}`)
	_, answer := h.send("POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"1"}`)
	require.NotContains(t, answer["error"].(fields)["message"], "orders")
	require.Contains(t, h.log.String(), "42P01", "the log says what it was")
	require.Equal(t, "10000", h.cash())

	_, err = p.pool.Exec(t.Context(), "ALTER TABLE "+p.schema+".away RENAME TO orders")
	require.NoError(t, err)
	h.must(http.StatusOK, "POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"1"}`)
}

// TestServer_stops_gracefully: the server is told to stop while a recharge waits for the
// provider. It takes no new request, answers that one, and then ends. The next process
// goes on where the feed was left.
func TestServer_stops_gracefully(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	h := p.start(t)
	h.fund()
	h.countsDays(3, "0")

	arrived, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	h.provider.simulator.OnRequest(func(r *http.Request) {
		if r.Method == http.MethodPost {
			close(arrived)
			<-released
		}
	})
	type reply struct {
		status int
		answer fields
		err    error
	}
	replies := make(chan reply, 1)
	go func() {
		var got reply
		got.status, got.answer, got.err = h.try("POST", "/wallets/c1/recharges", "topup", h.payment("5000"))
		replies <- got
	}()
	<-arrived
	h.stop()
	require.Eventually(t, func() bool {
		_, _, err := h.try("GET", "/health", "", "")
		return err != nil
	}, 20*time.Second, 10*time.Millisecond, "no new requests are taken")
	select {
	case err := <-h.done:
		t.Fatalf("the server ended with a request under way: %v", err)
	default:
	}
	release()
	got := <-replies
	require.NoError(t, got.err)
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "approved", got.answer["status"])
	require.NoError(t, <-h.done)

	next := p.start(t)
	require.Equal(t, "15000", next.cash())
	next.must(http.StatusOK, "POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"700"}`)
	next.countsDays(6, "700")
}

// TestServer_refusals: what is refused, and with which code. No refusal leaves an entry.
func TestServer_refusals(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	h := p.start(t)
	h.fund()
	before := len(h.entries())
	for name, c := range map[string]struct {
		status          int
		code            string
		path, key, body string
	}{
		"no key":               {400, "bad_request", "/wallets/c1/orders", "", `{"item":"x","amount":"1"}`},
		"no JSON":              {400, "bad_request", "/wallets/c1/orders", "k", `item`},
		"unknown field":        {400, "bad_request", "/wallets/c1/orders", "k", `{"item":"x","amount":"1","admin":true}`},
		"two values":           {400, "bad_request", "/wallets/c1/orders", "k", `{"item":"x","amount":"1"}{}`},
		"body too long":        {413, "too_large", "/wallets/c1/orders", "k", `{"item":"` + strings.Repeat("x", maxBody) + `"}`},
		"unknown wallet":       {404, "not_found", "/wallets/nobody/orders", "k", `{"item":"x","amount":"1"}`},
		"part of a won":        {422, "invalid", "/wallets/c1/orders", "k", `{"item":"x","amount":"0.5"}`},
		"less than nothing":    {422, "invalid", "/wallets/c1/orders", "k", `{"item":"x","amount":"-1"}`},
		"astronomical":         {422, "invalid", "/wallets/c1/orders", "k", `{"item":"x","amount":"1e9999"}`},
		"beyond any decimal":   {400, "bad_request", "/wallets/c1/orders", "k", `{"item":"x","amount":"1e1000000"}`},
		"payout too small":     {422, "outside_limits", "/wallets/c1/withdrawals", "k", `{"total":"9999","who":"c1"}`},
		"payout of too much":   {402, "insufficient_funds", "/wallets/c1/withdrawals", "k", `{"total":"10001","who":"c1"}`},
		"unknown withdrawal":   {404, "not_found", "/withdrawals/none/approval", "", `{"who":"kim","why":"x"}`},
		"wallet without id":    {422, "invalid", "/wallets", "", `{"id":""}`},
		"recharge without key": {400, "bad_request", "/wallets/c1/recharges", "", h.payment("1000")},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			h.refused(c.status, c.code, "POST", c.path, c.key, c.body)
		})
	}
	for _, after := range []string{"x", "-1", "9223372036854775808"} {
		h.refused(http.StatusBadRequest, "bad_request", "GET", "/wallets/c1/statement?after="+after, "", "")
	}
	require.Len(t, h.entries(), before)
	require.Zero(t, p.orders(t))
}

// TestServer_declined_card: the answer says so, and nothing is credited.
func TestServer_declined_card(t *testing.T) {
	t.Parallel()
	h := newPlace(t).start(t)
	h.open()
	h.declines(h.card)
	declined := h.must(http.StatusPaymentRequired, "POST", "/wallets/c1/recharges", "k", h.payment("1000"))
	require.Equal(t, []any{"declined", "REJECT_CARD_PAYMENT"}, []any{declined["status"], declined["provider_code"]})
	require.Equal(t, "0", h.cash())
}

// TestServer_logs_show_no_secret: credentials are configured, and never said.
func TestServer_logs_show_no_secret(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var log lockedBuffer
	const key, secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "live_sk_CANARYFGHIJKLMNOPQRSTUVWXYZ01234"
	s, err := newServer(t.Context(), config{
		Database: postgrestest.URL(t), Schema: p.schema, CardKey: key, Secret: secret, Look: time.Second,
	}, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	defer s.close()
	require.Nil(t, s.provider.simulator)
	require.Contains(t, log.String(), "a live key is configured")
	require.NotContains(t, log.String(), key)
	require.NotContains(t, log.String(), secret)
}

// TestRun runs the command itself, from its environment to its end.
func TestRun(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	require.ErrorIs(t, run(t.Context(), func(string) string { return "" }, logger), errNoDatabase)
	p := newPlace(t)
	environment := map[string]string{"DATABASE_URL": postgrestest.URL(t), "SCHEMA": p.schema, "ADDRESS": "127.0.0.1:0"}
	getenv := func(name string) string { return environment[name] }
	require.ErrorIs(t, run(t.Context(), getenv, logger), errProvider)
	environment["SIMULATE"] = "1"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- run(ctx, getenv, logger) }()
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "msg=serving") }, 20*time.Second, 10*time.Millisecond)
	stop()
	require.NoError(t, <-done)
	require.Contains(t, log.String(), "Toss Payments is simulated")
	require.Contains(t, log.String(), "msg=stopping")
}
