package portstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// WebhookHarness is a WebhookReader and the provider whose requests it reads.
type WebhookHarness interface {
	// Reader returns the adapter under test, as a process that has just started makes it.
	Reader() ports.WebhookReader

	// Notify returns a request by which the provider tells of a change of one order, and the
	// notice that names the order. Each call is about another order.
	Notify() (ports.Webhook, ports.Notice)

	// Signed reports whether the provider signs its whole requests. The scenarios of forged requests
	// are skipped where it does not.
	Signed() bool

	// Secrets returns what must not be shown: the key of the signature, tokens.
	Secrets() []string
}

// WebhookTeller is a [WebhookHarness] whose provider tells of several orders in one request, or of
// what is no order. A scenario whose request it returns as nil is skipped.
type WebhookTeller interface {
	// NotifyMany returns a request about two orders at least.
	NotifyMany() (*ports.Webhook, []ports.Notice)
	// NotifyOther returns a request about something that the adapter does not know.
	NotifyOther() *ports.Webhook
}

// TestWebhookReader checks what [ports.WebhookReader] promises: above all that a request which the
// provider did not make names no order. The constructor returns a harness that no other test uses,
// and cleans up with t.Cleanup.
func TestWebhookReader(t *testing.T, newHarness func(t *testing.T) WebhookHarness) {
	t.Helper()
	for _, scenario := range webhookScenarios() {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			explain(t, "package ports", scenario.says)
			scenario.run(&webhookTest{Assertions: require.New(t), WebhookHarness: newHarness(t), t: t})
		})
	}
}

// webhookScenario is what a WebhookReader must do, and the sentence that says so.
type webhookScenario struct {
	name, says string
	run        func(w *webhookTest)
}

func webhookScenarios() []webhookScenario {
	const (
		names   = "ReadWebhook returns which orders a request of the provider says have changed, in no order, after it verified what can be verified."
		forged  = "It returns ErrForged for a request that the provider did not make"
		broken  = "ErrInvalid for one that it cannot read; with an error there are no notices."
		nothing = "A request that tells of nothing that the adapter knows has no notices and no error."
		again   = "The same request may come again, to any process, and is read in the same way."
		offline = "ReadWebhook does no I/O, whether ctx has ended or not."
		keeps   = "It must not change the request, and must keep nothing of it."
		secret  = "An error must not show a secret of the provider, or the signature of the request."
		at      = "It may be called concurrently."
	)
	return []webhookScenario{
		{"a notification names its order", names, namesItsOrder},
		{"a notification about several orders names each", names, namesEachOrder},
		{"a notification about something else names nothing", nothing, namesNothing},
		{"the same notification is read again", again, readsAgain},
		{"notifications are read at the same time", at, readsAtOnce},
		{"a notification is read without a request", offline, readsOffline},
		{"the request stays as it is", keeps, leavesTheRequest},
		{"a body that was changed is forged", forged, bodyChanged},
		{"a signature of another request is forged", forged, signatureOfAnother},
		{"a request without its headers is forged", forged, headersMissing},
		{"a request that cannot be read is an error", broken, cannotBeRead},
		{"errors show no secret", secret, errorsShowNothing},
	}
}

// webhookTest is a scenario under way.
type webhookTest struct {
	*require.Assertions
	WebhookHarness
	t *testing.T
}

// errNoReturn is a call that does not return, and errPanics is one that panics.
var (
	errNoReturn = errors.New("ReadWebhook does not return")
	errPanics   = errors.New("ReadWebhook panics")
)

// readSoon reads a request.
func readSoon(ctx context.Context, reader ports.WebhookReader, request ports.Webhook) ([]ports.Notice, error) {
	type answer struct {
		notices []ports.Notice
		err     error
	}
	read := make(chan answer, 1)
	go func() {
		var got answer
		defer func() {
			if cause := recover(); cause != nil {
				got.err = fmt.Errorf("%w: %v", errPanics, cause)
			}
			read <- got
		}()
		got.notices, got.err = reader.ReadWebhook(ctx, request)
	}()
	most := time.NewTimer(mostPatience)
	defer most.Stop()
	select {
	case got := <-read:
		return got.notices, got.err
	case <-most.C:
		return nil, errNoReturn
	}
}

// read reads a request, and checks what holds of each answer.
func (w *webhookTest) read(request ports.Webhook) ([]ports.Notice, error) {
	w.t.Helper()
	notices, err := readSoon(w.t.Context(), w.Reader(), request)
	if err != nil {
		w.Empty(notices, "notices with the error %v", err)
		w.True(errors.Is(err, ports.ErrForged) || errors.Is(err, ports.ErrInvalid), "the error is neither ErrForged nor ErrInvalid: %v", err)
	}
	for _, notice := range notices {
		w.NoError(notice.Check())
	}
	return notices, err
}

// reads requires that a request is read as the notices that are expected.
func (w *webhookTest) reads(request ports.Webhook, want ...ports.Notice) {
	w.t.Helper()
	notices, err := w.read(request)
	w.NoError(err)
	w.ElementsMatch(want, notices)
}

func namesItsOrder(w *webhookTest) {
	for range 3 {
		request, want := w.Notify()
		w.NoError(want.Check(), "the harness names the order")
		w.reads(request, want)
	}
}

// teller returns the harness if it tells of more than one order.
func (w *webhookTest) teller() WebhookTeller {
	w.t.Helper()
	teller, tells := w.WebhookHarness.(WebhookTeller)
	if !tells {
		w.t.Skip("not tested: the provider of the harness tells of one order at a time, and of nothing else")
	}
	return teller
}

func namesEachOrder(w *webhookTest) {
	request, want := w.teller().NotifyMany()
	if request == nil {
		w.t.Skip("not tested: the provider of the harness tells of one order at a time")
	}
	w.Greater(len(want), 1, "the harness names several orders")
	w.reads(*request, want...)
}

func namesNothing(w *webhookTest) {
	request := w.teller().NotifyOther()
	if request == nil {
		w.t.Skip("not tested: the provider of the harness tells of nothing else")
	}
	w.reads(*request)
}

func readsAgain(w *webhookTest) {
	first, ofFirst := w.Notify()
	second, ofSecond := w.Notify()
	reader := w.Reader()
	for range 3 {
		for request, want := range map[*ports.Webhook]ports.Notice{&first: ofFirst, &second: ofSecond} {
			notices, err := readSoon(w.t.Context(), reader, *request)
			w.NoError(err, "the same process reads it again")
			w.Equal([]ports.Notice{want}, notices)
			w.reads(*request, want)
		}
	}
}

func readsAtOnce(w *webhookTest) {
	reader := w.Reader()
	var group sync.WaitGroup
	for range 20 {
		request, want := w.Notify()
		group.Go(func() {
			for range 20 {
				notices, err := readSoon(w.t.Context(), reader, request)
				if err != nil || len(notices) != 1 || notices[0] != want {
					w.t.Errorf("read %v, %v, and not %v", notices, err, want)
					return
				}
			}
		})
	}
	group.Wait()
}

func readsOffline(w *webhookTest) {
	request, want := w.Notify()
	ctx, cancel := context.WithCancel(w.t.Context())
	cancel()
	notices, err := readSoon(ctx, w.Reader(), request)
	w.NoError(err, "the context had ended")
	w.Equal([]ports.Notice{want}, notices)
}

func leavesTheRequest(w *webhookTest) {
	request, want := w.Notify()
	was := copyOf(request)
	notices, err := readSoon(w.t.Context(), w.Reader(), request)
	w.NoError(err)
	w.Equal(was, request, "the request was changed")
	for i := range request.Body {
		request.Body[i] = 'x'
	}
	clear(request.Header)
	w.Equal([]ports.Notice{want}, notices, "the notice is a part of the request, which the host uses again")
}

// copyOf returns a copy that shares nothing with a request.
func copyOf(request ports.Webhook) ports.Webhook {
	c := ports.Webhook{Header: make(map[string][]string, len(request.Header)), Body: bytes.Clone(request.Body)}
	for name, values := range request.Header {
		c.Header[name] = slices.Clone(values)
	}
	return c
}

// signed skips the scenario if the provider does not sign.
func (w *webhookTest) signed() {
	w.t.Helper()
	if !w.Signed() {
		w.t.Skip("not tested: the provider of the harness does not sign")
	}
}

// refused requires that a request is taken for one that the provider did not make.
func (w *webhookTest) refused(request ports.Webhook, what string) {
	w.t.Helper()
	_, err := w.read(request)
	w.ErrorIs(err, ports.ErrForged, what)
}

// bodyChanged changes each byte of a body, in turns, and its length.
func bodyChanged(w *webhookTest) {
	w.signed()
	request, _ := w.Notify()
	for i := range request.Body {
		for _, bit := range []byte{1, 32} {
			changed := copyOf(request)
			changed.Body[i] ^= bit
			w.refused(changed, fmt.Sprintf("byte %d of the body was changed", i))
		}
	}
	for what, body := range map[string][]byte{
		"the body is longer": append(bytes.Clone(request.Body), ' '), "the body is shorter": request.Body[:len(request.Body)-1],
		"the body comes twice": bytes.Repeat(request.Body, 2), "there is no body": nil,
	} {
		w.refused(ports.Webhook{Header: request.Header, Body: body}, what)
	}
}

// signatureOfAnother exchanges the headers of two requests that differ in their bodies.
func signatureOfAnother(w *webhookTest) {
	w.signed()
	first, _ := w.Notify()
	second, _ := w.Notify()
	w.refused(ports.Webhook{Header: first.Header, Body: second.Body}, "the headers are of another request")
}

// headersMissing leaves out all headers, and makes each blank, longer and doubled.
func headersMissing(w *webhookTest) {
	w.signed()
	request, _ := w.Notify()
	w.refused(ports.Webhook{Body: request.Body}, "there are no headers")
	w.refused(ports.Webhook{Header: map[string][]string{}, Body: request.Body}, "there are no headers")
	noticed := 0
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		for _, values := range [][]string{nil, {}, {""}, {"x"}, {another(strings.Join(request.Header[name], ""))}} {
			changed := copyOf(request)
			changed.Header[name] = values
			if _, err := w.read(changed); errors.Is(err, ports.ErrForged) {
				noticed++
			}
		}
	}
	w.GreaterOrEqual(noticed, 5, "no header has the signature: %q", slices.Sorted(maps.Keys(request.Header)))
}

// unreadable are bodies that tell of nothing.
func unreadable(body []byte) map[string][]byte {
	return map[string][]byte{
		"nil": nil, "blank": {}, "a space": []byte(" "), "text": []byte("hello"), "null": []byte("null"), "a number": []byte("1"), "a list": []byte("[]"),
		"no UTF-8": {0xff, 0xfe, 0x00}, "half of it": body[:len(body)/2], "deep": bytes.Repeat([]byte("["), 100_000),
		"long": bytes.Repeat([]byte("a"), 1<<20), "markup": []byte("<html><body>502 Bad Gateway</body></html>"), "zeros": make([]byte, 100),
	}
}

// cannotBeRead reads what tells of nothing. Each must be an error, soon.
func cannotBeRead(w *webhookTest) {
	request, _ := w.Notify()
	for what, body := range unreadable(request.Body) {
		_, err := w.read(ports.Webhook{Header: request.Header, Body: body})
		w.Error(err, "the body is %s", what)
	}
}

// errorsShowNothing looks for secrets in the errors of requests that were changed.
func errorsShowNothing(w *webhookTest) {
	request, _ := w.Notify()
	hidden := w.Secrets()
	for _, values := range request.Header {
		for _, value := range values {
			if len(value) >= 16 {
				hidden = append(hidden, value)
			}
		}
	}
	for what, body := range unreadable(request.Body) {
		for _, header := range []map[string][]string{request.Header, nil} {
			_, err := w.read(ports.Webhook{Header: header, Body: body})
			if err == nil {
				continue
			}
			w.Empty(shown(err.Error(), hidden), "the body is %s: the error shows a secret", what)
			w.Less(len(err.Error()), 1000, "the body is %s: the error is as long as the body", what)
			w.False(strings.ContainsAny(err.Error(), "\n\r"), "the body is %s: the error has several lines", what)
		}
	}
}
