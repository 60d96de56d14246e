package suitetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// reading is a WebhookReader of a function.
type reading func(ctx context.Context, request ports.Webhook) ([]ports.Notice, error)

func (r reading) ReadWebhook(ctx context.Context, request ports.Webhook) ([]ports.Notice, error) {
	return r(ctx, request)
}

// flawedWebhook is a harness whose reader has a flaw.
type flawedWebhook struct {
	portstest.WebhookHarness
	bend func(good ports.WebhookReader) reading
}

// Reader returns a reader with the flaw.
func (f flawedWebhook) Reader() ports.WebhookReader { return f.bend(f.WebhookHarness.Reader()) }

// NotifyMany returns what the good harness does.
func (f flawedWebhook) NotifyMany() (*ports.Webhook, []ports.Notice) {
	if teller, tells := f.WebhookHarness.(portstest.WebhookTeller); tells {
		return teller.NotifyMany()
	}
	return nil, nil
}

// NotifyOther returns what the good harness does.
func (f flawedWebhook) NotifyOther() *ports.Webhook {
	if teller, tells := f.WebhookHarness.(portstest.WebhookTeller); tells {
		return teller.NotifyOther()
	}
	return nil
}

// webhookFlaw is a flaw of any WebhookReader.
func webhookFlaw(name, breaks, scenario string, bend func(good ports.WebhookReader) reading) Flaw[portstest.WebhookHarness] {
	return Flaw[portstest.WebhookHarness]{
		Name: name, Breaks: breaks, Scenario: scenario,
		Of: func(good portstest.WebhookHarness) portstest.WebhookHarness { return flawedWebhook{good, bend} },
	}
}

// readingAs is a flaw of what a reader returns.
func readingAs(name, breaks, scenario string, change func(request ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error)) Flaw[portstest.WebhookHarness] {
	return webhookFlaw(name, breaks, scenario, func(good ports.WebhookReader) reading {
		return func(ctx context.Context, request ports.Webhook) ([]ports.Notice, error) {
			notices, err := good.ReadWebhook(ctx, request)
			return change(request, notices, err)
		}
	})
}

// noticing is a flaw of the notices that a reader returns.
func noticing(name, scenario string, change func(notices []ports.Notice) []ports.Notice) Flaw[portstest.WebhookHarness] {
	const names = "ReadWebhook returns which orders a request of the provider says have changed, in no order, after it verified what can be verified."
	return readingAs(name, names, scenario, func(_ ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
		if len(notices) > 0 {
			notices = change(notices)
		}
		return notices, err
	})
}

// WebhookFlaws are the flaws that any WebhookReader can have.
func WebhookFlaws() []Flaw[portstest.WebhookHarness] {
	return slices.Concat(noticeFlaws(), webhookErrorFlaws(), webhookCallFlaws())
}

func noticeFlaws() []Flaw[portstest.WebhookHarness] {
	const one, many = "a notification names its order", "a notification about several orders names each"
	each := func(change func(n *ports.Notice)) func([]ports.Notice) []ports.Notice {
		return func(notices []ports.Notice) []ports.Notice {
			for i := range notices {
				change(&notices[i])
			}
			return notices
		}
	}
	return []Flaw[portstest.WebhookHarness]{
		noticing("names no provider", one, each(func(n *ports.Notice) { n.Provider = "" })),
		noticing("names another provider", one, each(func(n *ports.Notice) { n.Provider = "another" })),
		noticing("names no order", one, each(func(n *ports.Notice) { n.OperationID, n.ProviderRef = "", "" })),
		noticing("names the reference of the provider as the order", one, each(func(n *ports.Notice) { n.OperationID, n.ProviderRef = n.ProviderRef, n.OperationID })),
		noticing("leaves out the reference of the provider", one, each(func(n *ports.Notice) { n.ProviderRef = "" })),
		noticing("names an order with a space behind it", one, each(func(n *ports.Notice) { n.OperationID += " " })),
		noticing("names each order twice", one, func(notices []ports.Notice) []ports.Notice { return append(notices, notices...) }),
		noticing("names nothing", one, func([]ports.Notice) []ports.Notice { return nil }),
		noticing("names the first of several orders", many, func(notices []ports.Notice) []ports.Notice { return notices[:1] }),
		noticing("names the last of several orders", many, func(notices []ports.Notice) []ports.Notice { return notices[len(notices)-1:] }),
	}
}

func webhookErrorFlaws() []Flaw[portstest.WebhookHarness] {
	const (
		unread  = "ErrInvalid for one that it cannot read; with an error there are no notices."
		nothing = "A request that tells of nothing that the adapter knows has no notices and no error."
		secret  = "An error must not show a secret of the provider, or the signature of the request."

		cannot, hides = "a request that cannot be read is an error", "errors show no secret"
	)
	wrapped := func(name, scenario string, text func(ports.Webhook) string) Flaw[portstest.WebhookHarness] {
		return readingAs(name, secret, scenario, func(request ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
			if err != nil {
				err = fmt.Errorf("%w: %s", err, text(request))
			}
			return notices, err
		})
	}
	return []Flaw[portstest.WebhookHarness]{
		readingAs("takes what it cannot read for nothing", unread, cannot, func(_ ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
			if errors.Is(err, ports.ErrInvalid) || errors.Is(err, ports.ErrForged) {
				return nil, nil
			}
			return notices, err
		}),
		readingAs("returns an error that says nothing of its kind", unread, cannot, func(_ ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
			if err != nil {
				err = errors.New("bad request")
			}
			return notices, err
		}),
		readingAs("returns a notice with an error", unread, cannot, func(_ ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
			if err != nil {
				notices = []ports.Notice{{Provider: "posts", OperationID: "op"}}
			}
			return notices, err
		}),
		readingAs("takes an event that it does not know for an error", nothing, "a notification about something else names nothing", func(_ ports.Webhook, notices []ports.Notice, err error) ([]ports.Notice, error) {
			if err == nil && len(notices) == 0 {
				err = ports.Invalid("event", "is not known")
			}
			return notices, err
		}),
		wrapped("shows the headers in its errors", hides, func(r ports.Webhook) string { return strings.ReplaceAll(fmt.Sprint(r.Header), "\n", " ") }),
		wrapped("shows the body in its errors", hides, func(r ports.Webhook) string { return fmt.Sprintf("%q", r.Body) }),
		wrapped("writes errors of several lines", hides, func(ports.Webhook) string { return "\nsee the log" }),
	}
}

func webhookCallFlaws() []Flaw[portstest.WebhookHarness] {
	const (
		again   = "The same request may come again, to any process, and is read in the same way."
		offline = "ReadWebhook does no I/O, whether ctx has ended or not."
		keeps   = "It must not change the request, and must keep nothing of it."

		same, stays, one = "the same notification is read again", "the request stays as it is", "a notification names its order"
	)
	before := func(name, breaks, scenario string, first func(ctx context.Context, request ports.Webhook) error) Flaw[portstest.WebhookHarness] {
		return webhookFlaw(name, breaks, scenario, func(good ports.WebhookReader) reading {
			return func(ctx context.Context, request ports.Webhook) ([]ports.Notice, error) {
				notices, err := good.ReadWebhook(ctx, request)
				if refused := first(ctx, request); refused != nil {
					return nil, refused
				}
				return notices, err
			}
		})
	}
	return []Flaw[portstest.WebhookHarness]{
		webhookFlaw("reads each request once", again, same, func(good ports.WebhookReader) reading {
			var read sync.Map
			return func(ctx context.Context, request ports.Webhook) ([]ports.Notice, error) {
				if _, known := read.LoadOrStore(string(request.Body), true); known {
					return nil, nil
				}
				return good.ReadWebhook(ctx, request)
			}
		}),
		webhookFlaw("reads one request only", again, same, func(good ports.WebhookReader) reading {
			var once sync.Once
			var notices []ports.Notice
			var err error
			return func(ctx context.Context, request ports.Webhook) ([]ports.Notice, error) {
				once.Do(func() { notices, err = good.ReadWebhook(ctx, request) })
				return notices, err
			}
		}),
		before("asks whether its caller has left", offline, "a notification is read without a request", func(ctx context.Context, _ ports.Webhook) error { return ctx.Err() }),
		before("waits until its caller leaves", offline, one, func(ctx context.Context, _ ports.Webhook) error { <-ctx.Done(); return nil }),
		before("clears the body", keeps, stays, func(_ context.Context, request ports.Webhook) error { clear(request.Body); return nil }),
		before("takes the headers out of the request", keeps, stays, func(_ context.Context, request ports.Webhook) error { clear(request.Header); return nil }),
	}
}
