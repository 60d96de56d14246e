package kona

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// sendTimeout bounds one attempt at a charge or a cancellation. The quiet period
	// of an inquiry counts on it.
	sendTimeout = time.Minute
	// askTimeout bounds one attempt at anything else.
	askTimeout = 20 * time.Second
	maxBody    = 1 << 20
)

// call is one request before it is encrypted and signed. Every API is a POST of JSON.
type call struct {
	op      string
	path    string
	body    any
	sealed  bool
	rules   []rule
	timeout time.Duration
	hidden  []string // what only this request holds and nobody may see
}

var (
	errTooLarge = errors.New("answer is too large")
	errForeign  = errors.New("answer carries another correlation id than the request")
)

// codeSuccess is the one code of success (documented).
const codeSuccess = "000_000"

// attempt encrypts, signs and sends a request, once, and returns the fields of an
// answer that says success. The error is an [*Error].
func (c *Client) attempt(ctx context.Context, req call) (fields, error) {
	if err := ctx.Err(); err != nil {
		return nil, c.failure(req, ClassNotSent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, req.timeout)
	defer cancel()
	var trace sendTrace
	request, err := c.request(httptrace.WithClientTrace(ctx, trace.hooks()), req)
	if err != nil {
		return nil, c.failure(req, ClassNotSent, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.failure(req, trace.class(), err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := readBody(response.Body)
	if err == nil {
		err = sameCorrelation(request, response)
	}
	if err != nil {
		return nil, c.unreadable(req, response.StatusCode, err)
	}
	return c.judge(req, response, body)
}

// request signs the very bytes that it sends.
func (c *Client) request(ctx context.Context, req call) (*http.Request, error) {
	data, err := json.Marshal(req.body)
	if err != nil {
		return nil, err
	}
	keyID := ""
	if req.sealed {
		if data, keyID, err = c.seal(data); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+req.path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	c.head(request.Header, data, keyID, c.clock.Now())
	return request, nil
}

func readBody(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(data) > maxBody {
		return nil, errTooLarge
	}
	return data, err
}

// sameCorrelation refuses an answer to somebody else's request (inferred: that the id
// is echoed is not documented, so its absence is no fault).
func sameCorrelation(request *http.Request, response *http.Response) error {
	got := response.Header.Get(headerCorrelation)
	if got != "" && got != request.Header.Get(headerCorrelation) {
		return errForeign
	}
	return nil
}

// judge decides on status and code together.
func (c *Client) judge(req call, response *http.Response, body []byte) (fields, error) {
	answer, err := c.open(body, response.Header.Get(headerKey))
	if err != nil && (response.StatusCode == http.StatusOK || response.StatusCode == http.StatusBadRequest) {
		failed := c.unreadable(req, response.StatusCode, err)
		if errors.Is(err, errKeyID) || errors.Is(err, errDecrypt) {
			failed.Alarm = alarmKeys
		}
		return nil, failed
	}
	code, description := answer.verdict()
	if response.StatusCode == http.StatusOK && code == codeSuccess {
		return answer, nil
	}
	failed := &Error{
		Op: req.op, Status: response.StatusCode,
		Code: c.scrubCode(code, req.hidden), Message: c.scrub(description, req.hidden),
	}
	classify(failed, req.rules)
	return nil, failed
}

func (c *Client) failure(req call, class Class, err error) *Error {
	return &Error{Op: req.op, Class: class, Message: c.scrub(err.Error(), req.hidden), cause: err}
}

// unreadable is an answer that cannot be trusted. It is never a refusal.
func (c *Client) unreadable(req call, status int, err error) *Error {
	failed := c.failure(req, ClassUnknown, err)
	failed.Status = status
	return failed
}

// sendTrace gathers evidence on whether a request left this machine.
type sendTrace struct{ asked, connected atomic.Bool }

func (t *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { t.asked.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { t.connected.Store(true) },
		WroteHeaders: func() { t.connected.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { t.connected.Store(true) },
	}
}

// class is ClassNotSent only on proof: the transport asked for a connection and never
// had one to write to. With a connection in hand the transport may still write after
// it gave up on us, so nothing later is proof.
func (t *sendTrace) class() Class {
	if t.asked.Load() && !t.connected.Load() {
		return ClassNotSent
	}
	return ClassUnknown
}

const (
	askAttempts = 3
	firstPause  = 250 * time.Millisecond
)

// ask is attempt for a question that moves nothing: it is repeated, freshly signed,
// when no answer came.
func (c *Client) ask(ctx context.Context, req call) (fields, error) {
	req.timeout = askTimeout
	pause := firstPause
	for attempt := 1; ; attempt++ {
		answer, err := c.attempt(ctx, req)
		if err == nil || attempt == askAttempts || !again(err) || !sleep(ctx, pause) {
			return answer, err
		}
		pause *= 2
	}
}

// again reports whether a question is repeated: when none or no sound answer came.
func again(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && (failed.Status == 0 || failed.Status == http.StatusOK && failed.Code == "" || failed.Status >= 500)
}

// sleep waits, or returns false when ctx ends first.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
