package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/jigap/jigap/ports"
)

// MaxBody is how large a notification may be, in bytes.
const MaxBody = 1 << 20

// MaxWaiting is how many notifications may be worked on at once. Further ones are answered 503.
const MaxWaiting = 64

// Inquire asks the provider what became of the order that a notice names. It returns
// [ports.ErrNotFound] for an order that is not there. It may be called concurrently.
type Inquire func(ctx context.Context, notice ports.Notice) error

// Config holds what a [Handler] may be told. The zero Config works.
type Config struct {
	// Logger receives a line at level Warn for each notification that is refused, that names an
	// order which is not there, or whose inquiry failed. Lines have no header and no body.
	// Defaults to silence.
	Logger *slog.Logger
	// Timeout is the time of one notification. Defaults to eight seconds.
	Timeout time.Duration
}

// Handler takes notifications. Make one with [New].
type Handler struct {
	inquire Inquire
	config  Config
	slots   chan struct{}
}

// New returns a Handler that has the orders inquired about that notifications name.
func New(inquire Inquire, config Config) (*Handler, error) {
	err := ports.CheckDuration("Timeout", config.Timeout)
	if inquire == nil {
		err = ports.Join(err, ports.Invalid("inquire", "is nil"))
	}
	if err != nil {
		return nil, err
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Timeout == 0 {
		config.Timeout = 8 * time.Second
	}
	return &Handler{inquire: inquire, config: config, slots: make(chan struct{}, MaxWaiting)}, nil
}

// For returns what takes the notifications of one provider. The provider of a notice that the
// reader leaves blank stays blank, and is refused.
func (h *Handler) For(reader ports.WebhookReader) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), h.config.Timeout)
		defer cancel()
		w.WriteHeader(h.take(ctx, reader, r, w))
	})
}

// take takes a notification and returns the status of the answer.
func (h *Handler) take(ctx context.Context, reader ports.WebhookReader, r *http.Request, w http.ResponseWriter) int {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	deadline, _ := ctx.Deadline()
	_ = http.NewResponseController(w).SetReadDeadline(deadline) // of a server that has none the host sets ReadTimeout
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		h.config.Logger.WarnContext(ctx, "notification is too large", "path", r.URL.Path)
		return http.StatusRequestEntityTooLarge
	case err != nil:
		return http.StatusBadRequest
	}
	select {
	case h.slots <- struct{}{}:
	default:
		h.config.Logger.WarnContext(ctx, "too many notifications wait", "path", r.URL.Path)
		return http.StatusServiceUnavailable
	}
	answered := make(chan int, 1)
	go func() { // an inquiry may take longer than the provider waits
		status := http.StatusServiceUnavailable
		defer func() {
			<-h.slots
			answered <- status
		}()
		defer func() {
			if caught := recover(); caught != nil {
				h.config.Logger.ErrorContext(ctx, "notification is dropped: its reader panicked", "path", r.URL.Path, "panic", fmt.Sprintf("%T", caught))
			}
		}()
		status = h.work(ctx, reader, r.URL.Path, ports.Webhook{Header: r.Header.Clone(), Body: body})
	}()
	select {
	case status := <-answered:
		return status
	case <-ctx.Done():
		return http.StatusServiceUnavailable
	}
}

// work reads a notification and has its orders inquired about, as far as the time allows.
func (h *Handler) work(ctx context.Context, reader ports.WebhookReader, path string, request ports.Webhook) int {
	notices, err := reader.ReadWebhook(ctx, request)
	if err != nil {
		return h.refused(ctx, path, err)
	}
	status := http.StatusOK
	for _, notice := range notices {
		if ctx.Err() != nil {
			return http.StatusServiceUnavailable // it comes again
		}
		if code := h.notice(ctx, notice); code != http.StatusOK {
			status = code
		}
	}
	return status
}

func (h *Handler) refused(ctx context.Context, path string, err error) int {
	h.config.Logger.WarnContext(ctx, "notification is refused", "path", path, "error", err)
	switch {
	case errors.Is(err, ports.ErrForged):
		return http.StatusUnauthorized
	case errors.Is(err, ports.ErrInvalid):
		return http.StatusBadRequest
	}
	return http.StatusServiceUnavailable
}

// notice has one order inquired about, and returns the status of the answer.
func (h *Handler) notice(ctx context.Context, notice ports.Notice) int {
	err := h.inquire(ctx, notice)
	if err == nil {
		return http.StatusOK
	}
	h.config.Logger.WarnContext(ctx, "order of a notification is not inquired about", "provider", notice.Provider,
		"id", notice.OperationID, "provider_ref", notice.ProviderRef, "error", err)
	if errors.Is(err, ports.ErrNotFound) {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}
