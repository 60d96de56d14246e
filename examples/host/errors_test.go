package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// TestProblemOf: which status each error of the library becomes, however deep
// it is wrapped.
func TestProblemOf(t *testing.T) {
	t.Parallel()
	for want, errs := range map[int][]error{
		http.StatusBadRequest:            {errRequest},
		http.StatusPaymentRequired:       {ports.ErrInsufficient, &recharge.NotConfirmedError{}, &toss.Error{Class: toss.ClassDeclined}},
		http.StatusBadGateway:            {&toss.Error{Class: toss.ClassFault}},
		http.StatusNotFound:              {ports.ErrNotFound},
		http.StatusRequestEntityTooLarge: {errTooLarge},
		http.StatusConflict: {
			ports.ErrExists, ports.ErrFrozen, ports.ErrClosed, ports.ErrOpenOperations, ports.ErrNotEmpty, ports.ErrLimit,
			ports.ErrNotOpen, ports.ErrConflict, ports.ErrLaneTaken, &recharge.InProgressError{},
			withdraw.ErrTripsRecharge, withdraw.ErrSamePerson, withdraw.ErrFeeChanged, autorecharge.ErrBothOn, recharge.ErrNoPart,
		},
		http.StatusUnprocessableEntity: {
			ports.ErrInvalid, ports.ErrKeyReused, errNotAnOrder,
			withdraw.ErrOutsideLimits, withdraw.ErrFeeExceeds, ports.ErrCurrency,
		},
		statusClientGone:               {context.Canceled},
		http.StatusServiceUnavailable:  {ports.ErrUndecided, ports.ErrBusy, ports.ErrUnavailable, context.DeadlineExceeded, &toss.Error{}},
		http.StatusInternalServerError: {errors.New("anything else")},
	} {
		for _, err := range errs {
			require.Equal(t, want, problemOf(fmt.Errorf("a step: %w", err)).status, "%v", err)
		}
	}
	undecided := fmt.Errorf("%w: %w", ports.ErrUndecided, context.Canceled)
	require.Equal(t, "undecided", problemOf(undecided).code, "money may have moved: that comes first")
	taken := &recharge.InProgressError{OperationID: "of-another", Lane: "kona:41000000001"}
	require.NotContains(t, problemOf(taken).message, "of-another")
}

// silent is a host whose database takes connections and never says a word.
func silent(t *testing.T, log *lockedBuffer) http.Handler {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			defer func() { _ = connection.Close() }() // and not before
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return hostOf(t, listener.Addr().String(), log)
}

// hostOf is a host whose database has an address.
func hostOf(t *testing.T, address string, log *lockedBuffer) http.Handler {
	t.Helper()
	dsn := url.URL{
		Scheme: "postgres", User: url.UserPassword("canary_user", "canary_password"), Host: address,
		Path: "canary_database", RawQuery: "sslmode=disable",
	}
	settings, err := pgxpool.ParseConfig(dsn.String())
	require.NoError(t, err)
	settings.ConnConfig.ConnectTimeout = 50 * time.Millisecond
	pool, err := pgxpool.NewWithConfig(t.Context(), settings)
	require.NoError(t, err)
	s := &server{
		config: config{Simulate: true, Look: time.Second}, pool: pool,
		logger: slog.New(slog.NewTextHandler(log, nil)),
	}
	t.Cleanup(s.close)
	s.store, err = postgres.New(pool, postgres.Config{})
	require.NoError(t, err)
	require.NoError(t, s.wire())
	return s.routes()
}

// TestProblemOf_database_is_down: a server that is not there is no fault of the host.
func TestProblemOf_database_is_down(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	var log lockedBuffer
	host := hostOf(t, address, &log)
	for _, target := range []string{"/health", "/wallets/c1", "/recharges/r1"} {
		answer := httptest.NewRecorder()
		host.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		require.Equal(t, http.StatusServiceUnavailable, answer.Code, "%s: %s", target, answer.Body)
		require.Contains(t, answer.Body.String(), "unavailable")
		require.NotContains(t, answer.Body.String(), "canary")
	}
	require.NotContains(t, log.String(), "level=ERROR")
}

// TestProblemOf_shows_nothing_of_the_database: what the driver says of a server that does not
// answer is in the log, and not in the answer.
func TestProblemOf_shows_nothing_of_the_database(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	host := silent(t, &log)
	for _, target := range []string{"/health", "/wallets/c1", "/wallets/c1/auto-recharge"} {
		answer := httptest.NewRecorder()
		host.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		require.Equal(t, http.StatusServiceUnavailable, answer.Code, "%s: %s", target, answer.Body)
		require.NotContains(t, answer.Body.String(), "canary")
		require.NotContains(t, answer.Body.String(), "127.0.0.1")
	}
	require.Contains(t, log.String(), "canary_database", "the log says what it was")
	require.NotContains(t, log.String(), "canary_password")
	for _, kind := range []error{errors.New("no kind that is known"), ports.ErrUndecided, ports.ErrBusy, ports.ErrUnavailable, context.DeadlineExceeded} {
		answered, said := answerTo(t, fmt.Errorf("%w: %w", kind, &pgconn.PgError{Severity: "ERROR", Code: "53100", Message: "canary_table is full"}))
		require.NotContains(t, answered, "canary", "%v", kind)
		require.NotContains(t, answered, "53100", "%v", kind)
		require.Contains(t, said, "canary_table", "the log says what it was")
	}
}

// answerTo returns what a client is answered when a handler fails with err, and the log.
func answerTo(t *testing.T, err error) (body, log string) {
	t.Helper()
	var lines lockedBuffer
	s := &server{logger: slog.New(slog.NewTextHandler(&lines, nil))}
	answer := httptest.NewRecorder()
	failing := func(*http.Request) (int, any, error) { return 0, nil, err }
	s.answer("GET /", failing).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.GreaterOrEqual(t, answer.Code, 500)
	return answer.Body.String(), lines.String()
}

// TestServer_client_that_leaves: the server logs it below the level of alarms.
func TestServer_client_that_leaves(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	host := silent(t, &log)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answer := httptest.NewRecorder()
	host.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, "/wallets/c1", nil))
	require.Equal(t, statusClientGone, answer.Code)
	require.NotContains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "status=499")
}
