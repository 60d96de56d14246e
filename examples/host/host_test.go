package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// running is a server that listens on loopback, and what it logs.
type running struct {
	*server
	t    *testing.T
	url  string
	log  *lockedBuffer
	card string // of the wallet c1
	stop context.CancelFunc
	done chan error
}

// place is a database of its own for a test, in which servers may be started.
type place struct {
	pool   *pgxpool.Pool
	schema string
}

func newPlace(t *testing.T) place {
	t.Helper()
	pool := postgrestest.Pool(t, 4)
	return place{pool: pool, schema: postgrestest.Schema(t, pool)}
}

func (p place) start(t *testing.T) *running {
	t.Helper()
	return p.startLooking(t, 10*time.Millisecond)
}

// startLooking is start for a server that looks for work so often.
func (p place) startLooking(t *testing.T, look time.Duration) *running {
	t.Helper()
	r := &running{t: t, log: &lockedBuffer{}, done: make(chan error, 1)}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	r.stop = stop
	s, err := newServer(ctx, config{
		Database: postgrestest.URL(t), Schema: p.schema, Simulate: true, Look: look,
	}, slog.New(slog.NewTextHandler(r.log, nil)))
	require.NoError(t, err)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.server, r.url = s, "http://"+listener.Addr().String()
	go func() {
		r.done <- s.serve(ctx, listener)
		close(r.done)
	}()
	t.Cleanup(func() {
		stop()
		for err := range r.done { // closed when the test has waited for it
			require.NoError(t, err)
		}
		s.close()
	})
	return r
}

// fields is a JSON object.
type fields = map[string]any

// send sends a request, with an idempotency key when there is one, and returns status
// and answer.
func (r *running) send(method, path, key, body string) (int, fields) {
	r.t.Helper()
	status, answer, err := r.try(method, path, key, body)
	require.NoError(r.t, err)
	return status, answer
}

func (r *running) try(method, path, key, body string) (int, fields, error) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.t.Context()), method, r.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err
	}
	var answer fields
	if response.Header.Get("Content-Type") == "application/json" {
		err = json.Unmarshal(text, &answer)
	}
	return response.StatusCode, answer, err
}

// must is send for a request that succeeds with a status.
func (r *running) must(status int, method, path, key, body string) fields {
	r.t.Helper()
	got, answer := r.send(method, path, key, body)
	require.Equal(r.t, status, got, "%s %s: %v", method, path, answer)
	return answer
}

// refused is send for a request that is answered with an error.
func (r *running) refused(status int, code, method, path, key, body string) {
	r.t.Helper()
	answer := r.must(status, method, path, key, body)
	problem, _ := answer["error"].(fields)
	require.Equal(r.t, code, problem["code"], "%v", answer)
	require.NotEmpty(r.t, problem["message"])
}

// fund opens the wallet c1 with 10,000 in it.
func (r *running) fund() {
	r.t.Helper()
	r.open()
	r.must(http.StatusOK, "POST", "/wallets/c1/recharges", "fund", r.payment("10000"))
}

// open opens the wallet c1, and registers a card.
func (r *running) open() {
	r.t.Helper()
	r.must(http.StatusCreated, "POST", "/wallets", "", `{"id":"c1"}`)
	r.card = r.register()
}

// register has the owner of the wallet c1 register another card, and returns its id.
func (r *running) register() string {
	r.t.Helper()
	customer, _ := r.must(http.StatusOK, "POST", "/wallets/c1/card-window", "", "")["customer_key"].(string)
	auth, _ := r.must(http.StatusOK, "POST", "/simulated/cards", "", `{"customer_key":"`+customer+`"}`)["auth_key"].(string)
	id, _ := r.must(http.StatusCreated, "POST", "/wallets/c1/cards", "", `{"auth_key":"`+auth+`","customer_key":"`+customer+`"}`)["id"].(string)
	return id
}

// declines has the provider decline all charges of a card.
func (r *running) declines(card string) {
	r.t.Helper()
	key, err := r.cards.find(r.t.Context(), card)
	require.NoError(r.t, err)
	r.provider.simulator.Usually(key.Reveal(), tosstest.Scenario{Code: "REJECT_CARD_PAYMENT"})
}

// charged returns what the provider took from customers, oldest first.
func (r *running) charged() (amounts []string) {
	for _, p := range r.provider.simulator.Books().Payments {
		if p.Executions > 0 {
			amounts = append(amounts, p.Total.String())
		}
	}
	return amounts
}

func (r *running) payment(amount string) string {
	return `{"amount":"` + amount + `","payment_method":"` + r.card + `"}`
}

func (r *running) cash() any {
	r.t.Helper()
	return r.must(http.StatusOK, "GET", "/wallets/c1", "", "")["cash"]
}

// entries is the whole history of the wallet.
func (r *running) entries() []any {
	r.t.Helper()
	entries, _ := r.must(http.StatusOK, "GET", "/wallets/c1/statement", "", "")["entries"].([]any)
	return entries
}

// countsDays waits until the consumer of the feed has counted so many entries and so
// much usage, and finds that it goes no further.
func (r *running) countsDays(entries int, spent string) {
	r.t.Helper()
	counted := func() (sum int, usage decimal.Decimal) {
		require.NoError(r.t, r.pool.QueryRow(r.t.Context(), "SELECT coalesce(sum(entries), 0), coalesce(sum(spent), 0) FROM days").Scan(&sum, &usage))
		return sum, usage
	}
	require.Eventually(r.t, func() bool {
		sum, _ := counted()
		return sum >= entries
	}, 20*time.Second, 10*time.Millisecond)
	for range 3 { // pages that find nothing more
		_, err := r.consumePage(r.t.Context())
		require.NoError(r.t, err)
	}
	sum, usage := counted()
	require.Equal(r.t, entries, sum)
	require.Equal(r.t, spent, usage.String())
}

// orders is how many rows the host's own table has.
func (p place) orders(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, p.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+p.schema+".orders").Scan(&n))
	return n
}

// lockedBuffer is a buffer that a logger and a test share.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
