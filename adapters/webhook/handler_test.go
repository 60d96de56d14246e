package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/ports"
)

// asked records the notices that it is asked about.
type asked struct {
	mu  sync.Mutex
	ids []string
}

func (a *asked) inquire(ctx context.Context, notice ports.Notice) error {
	a.mu.Lock()
	a.ids = append(a.ids, notice.OperationID)
	a.mu.Unlock()
	switch notice.OperationID {
	case "none":
		return fmt.Errorf("recharge none: %w", ports.ErrNotFound)
	case "elsewhere":
		return fmt.Errorf("recharge elsewhere: %w", ports.Invalid("Provider", "is not one of the service's Chargers"))
	case "down":
		return ports.ErrUnavailable
	case "slow":
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func post(t *testing.T, handler http.Handler, signature, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/lines", strings.NewReader(body))
	r.Header.Set("Signature", signature)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestHandler_answers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signature, body string
		status          int
		asked           []string
	}{
		"one order":              {"right", "a", 200, []string{"a"}},
		"the same order again":   {"right", "a\na", 200, []string{"a", "a"}},
		"an unknown order":       {"right", "none", 200, []string{"none"}},
		"an order and a failure": {"right", "down\na", 503, []string{"down", "a"}},
		"another one's Charger":  {"right", "elsewhere", 503, []string{"elsewhere"}},
		"a wrong signature":      {"forged-signature", "a", 401, nil},
		"no signature":           {"", "a", 401, nil},
		"nothing":                {"right", "", 400, nil},
		"a reader that fails":    {"right", "broken", 503, nil},
		"too much":               {"right", strings.Repeat("a", webhook.MaxBody+1), 413, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			a := &asked{}
			h, err := webhook.New(a.inquire, webhook.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			require.NoError(t, err)
			w := post(t, h.For(lines{}), c.signature, c.body)
			require.Equal(t, c.status, w.Code)
			require.Empty(t, w.Body.String())
			require.Equal(t, c.asked, a.ids)
			require.Equal(t, c.status != 200 || c.body == "none", log.Len() > 0, log.String())
			require.NotContains(t, log.String(), "forged-signature", "no header is logged")
		})
	}
}

func TestHandler_takes_no_other_method(t *testing.T) {
	t.Parallel()
	h, err := webhook.New((&asked{}).inquire, webhook.Config{})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.For(lines{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

// TestHandler_answers_in_time: the provider waits no longer than Config.Timeout, also for an inquiry
// that ignores its context.
func TestHandler_answers_in_time(t *testing.T) {
	t.Parallel()
	for name, inquire := range map[string]webhook.Inquire{
		"an inquiry that takes a minute":        func(context.Context, ports.Notice) error { time.Sleep(time.Minute); return nil },
		"an inquiry that waits for its context": (&asked{}).inquire,
	} {
		synctest.Test(t, func(t *testing.T) {
			h, err := webhook.New(inquire, webhook.Config{})
			require.NoError(t, err)
			begun := time.Now()
			require.Equal(t, http.StatusServiceUnavailable, post(t, h.For(lines{}), "right", "slow\nslow").Code, name)
			require.Equal(t, 8*time.Second, time.Since(begun), name)
			time.Sleep(2 * time.Minute) // what was begun ends
		})
	}
}

func TestHandler_has_a_bound_of_what_waits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h, err := webhook.New(func(context.Context, ports.Notice) error { <-release; return nil }, webhook.Config{})
		require.NoError(t, err)
		var group sync.WaitGroup
		for range webhook.MaxWaiting {
			group.Go(func() { post(t, h.For(lines{}), "right", "a") })
		}
		synctest.Wait()
		begun := time.Now()
		require.Equal(t, http.StatusServiceUnavailable, post(t, h.For(lines{}), "right", "a").Code)
		require.Zero(t, time.Since(begun))
		close(release)
		group.Wait()
		require.Equal(t, http.StatusOK, post(t, h.For(lines{}), "right", "a").Code)
	})
}

// panics is a reader that panics.
type panics struct{}

func (panics) ReadWebhook(context.Context, ports.Webhook) ([]ports.Notice, error) { panic("no") }

func TestHandler_survives_a_reader_that_panics(t *testing.T) {
	t.Parallel()
	h, err := webhook.New((&asked{}).inquire, webhook.Config{})
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, post(t, h.For(panics{}), "right", "a").Code)
}

func TestHandler_asks_about_every_order(t *testing.T) {
	t.Parallel()
	a := &asked{}
	h, err := webhook.New(a.inquire, webhook.Config{})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, post(t, h.For(lines{}), "right", strings.Repeat("a\n", 500)).Code)
	require.Len(t, a.ids, 500)
}

func TestNew_refuses_what_is_missing(t *testing.T) {
	t.Parallel()
	_, err := webhook.New(nil, webhook.Config{Timeout: -1})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "inquire")
	require.ErrorContains(t, err, "Timeout")
}
