package kona

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
)

const (
	// sendTimeout bounds one attempt at a charge or a cancellation. The quiet period
	// of an inquiry counts on it.
	sendTimeout = time.Minute
	// askTimeout bounds one attempt at anything else.
	askTimeout = 20 * time.Second
)

// call is one request before it is encrypted and signed. Every API is a POST of JSON.
type call struct {
	op      string
	path    string
	body    any
	sealed  bool
	rules   []rule
	moves   bool // it moves money
	timeout time.Duration
	hidden  []string // secrets of this request, which must not be shown
}

var (
	errForeign  = errors.New("answer carries another correlation id than the request")
	errRepeated = errors.New("the transport sent the request more than once")
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
	request, err := c.request(ctx, req)
	if err != nil {
		return nil, c.failure(req, ClassNotSent, err)
	}
	answer, left, err := httpcall.Send(c.http, request)
	switch {
	case err != nil && !left:
		return nil, c.failure(req, ClassNotSent, err)
	case err != nil:
		return nil, c.failure(req, ClassUnknown, err)
	case answer.Repeated && req.moves:
		failed := c.unreadable(req, answer.Status, errRepeated)
		failed.Alarm = alarmRepeated
		return nil, failed
	case answer.Broken != nil:
		return nil, c.unreadable(req, answer.Status, answer.Broken)
	case !sameCorrelation(request.Header, answer.Header):
		return nil, c.unreadable(req, answer.Status, errForeign)
	}
	return c.judge(req, answer)
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

// sameCorrelation reports whether an answer is not one to another request
// (inferred: that the id is echoed is not documented, so its absence is no fault).
func sameCorrelation(request, answer http.Header) bool {
	got := answer.Get(headerCorrelation)
	return got == "" || got == request.Get(headerCorrelation)
}

// judge decides on status and code together.
func (c *Client) judge(req call, answer httpcall.Answer) (fields, error) {
	said, err := c.open(answer.Body, answer.Header.Get(headerKey))
	if err != nil && (answer.Status == http.StatusOK || answer.Status == http.StatusBadRequest) {
		failed := c.unreadable(req, answer.Status, err)
		if errors.Is(err, errKeyID) || errors.Is(err, errDecrypt) {
			failed.Alarm = alarmKeys
		}
		return nil, failed
	}
	code, description := said.verdict()
	if answer.Status == http.StatusOK && code == codeSuccess {
		return said, nil
	}
	failed := &Error{
		Op: req.op, Status: answer.Status,
		Code: c.scrubCode(code, req.hidden), Message: c.scrub(description, req.hidden),
	}
	if answer.Status >= http.StatusBadRequest && said.executed() {
		failed.Alarm = alarmContract
		return nil, failed
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
		if err == nil || attempt == askAttempts || !again(err) || !httpcall.Pause(ctx, pause) {
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
