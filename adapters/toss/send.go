package toss

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
)

const (
	// orderTimeout bounds a request that moves money. A charge may take 60 seconds (documented).
	orderTimeout = 65 * time.Second
	// askTimeout bounds one attempt at a question.
	askTimeout = 20 * time.Second
	// listTimeout bounds one page of a list, which may take 60 seconds (documented).
	listTimeout = 65 * time.Second
)

// call is one request.
type call struct {
	op      string
	method  string
	path    string // escaped, with the query
	body    []byte // JSON, or sealed; nil for none
	key     string // idempotency key; blank for none
	header  http.Header
	open    func(data []byte) ([]byte, error) // reads a sealed answer; nil where answers are plain
	rules   rules
	moves   bool // a second copy of it must not be taken for the first
	tested  bool // it honours the test code
	timeout time.Duration
	hidden  []string // secrets of this request, which must not be shown
	words   bool     // the provider's words are kept: hidden holds every key that they may repeat
}

var errRepeated = errors.New("the transport sent the request more than once")

const (
	headerKey     = "Idempotency-Key"
	headerTest    = "TossPayments-Test-Code"
	headerTraceID = "X-Tosspayments-Trace-Id"
)

// attempt sends a request, once, and returns the body of an answer of status 200. The error is an
// [*Error].
func (c *Client) attempt(ctx context.Context, req call) ([]byte, error) {
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
		failed := c.unreadable(req, answer, errRepeated)
		failed.Alarm = alarmRepeated
		return nil, failed
	case answer.Broken != nil:
		return nil, c.unreadable(req, answer, answer.Broken)
	}
	return c.judge(req, answer)
}

func (c *Client) request(ctx context.Context, req call) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, req.method, c.base+req.path, bytes.NewReader(req.body))
	if err != nil {
		return nil, err
	}
	for name, values := range req.header {
		request.Header[name] = values
	}
	request.Header.Set("Authorization", c.key.authorization())
	if req.body != nil && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if req.key != "" {
		request.Header.Set(headerKey, req.key)
	}
	if req.tested && c.testCode != "" {
		request.Header.Set(headerTest, c.testCode)
	}
	return request, nil
}

// judge returns the body of a success, and an error for any other answer. The code decides, and
// not the status (documented: one status has codes of every meaning).
func (c *Client) judge(req call, answer httpcall.Answer) ([]byte, error) {
	body := answer.Body
	if req.open != nil && answer.Status < 500 {
		plain, err := req.open(body)
		if err != nil {
			return nil, c.unreadable(req, answer, err)
		}
		body = plain
	}
	if answer.Status == http.StatusOK {
		return body, nil
	}
	code, message := refusalIn(body)
	failed := &Error{
		Op: req.op, Status: answer.Status, TraceID: c.traceOf(req, answer),
		Code: c.scrubCode(code, req.hidden), Message: c.wordsOf(req, message),
	}
	req.rules.classify(failed)
	return nil, failed
}

// refusalIn returns the code and the message of a refusal, of either version of the API
// (documented); blank when it cannot be read.
func refusalIn(body []byte) (code, message string) {
	type refusal struct{ Code, Message string }
	var said struct {
		refusal
		Error      *refusal
		PaymentKey string
	}
	if httpcall.Unmarshal(body, &said) != nil || said.PaymentKey != "" { // a refusal with a payment contradicts itself
		return "", ""
	}
	if said.Error != nil {
		return said.Error.Code, said.Error.Message
	}
	return said.Code, said.Message
}

// traceOf returns the provider's id of a request, if it has the form of one and shows no secret of
// the request. An answer that is repeated by an idempotency key may have two, after a comma
// (observed): then the first.
func (c *Client) traceOf(req call, answer httpcall.Answer) string {
	id, _, _ := strings.Cut(answer.Header.Get(headerTraceID), ",")
	if !traceForm.MatchString(id) || digits.MatchString(id) || hideAll(c.key.hide(id), req.hidden) != id {
		return ""
	}
	return id
}

// wordsOf returns the provider's words, or nothing where they may repeat a key that the request does
// not hold: a question does not know the billing key of its payment.
func (c *Client) wordsOf(req call, words string) string {
	if !req.words {
		return ""
	}
	return c.scrub(words, req.hidden)
}

func (c *Client) failure(req call, class Class, err error) *Error {
	return &Error{Op: req.op, Class: class, Message: c.scrub(err.Error(), req.hidden), cause: err}
}

// unreadable is an answer that cannot be trusted. It is never a refusal.
func (c *Client) unreadable(req call, answer httpcall.Answer, err error) *Error {
	failed := c.failure(req, ClassUnknown, err)
	failed.Status, failed.TraceID = answer.Status, c.traceOf(req, answer)
	return failed
}

const (
	askAttempts = 2
	firstPause  = 200 * time.Millisecond
)

// ask is attempt for a question, which moves nothing: it is repeated when no answer came.
func (c *Client) ask(ctx context.Context, req call) ([]byte, error) {
	req.method = http.MethodGet
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
	return errors.As(err, &failed) && (failed.Status == 0 || failed.Status >= 500)
}

// post is attempt for a request with a body of JSON and an idempotency key.
func (c *Client) post(ctx context.Context, req call) ([]byte, error) {
	req.method, req.moves = http.MethodPost, true
	if req.timeout == 0 {
		req.timeout = orderTimeout
	}
	return c.attempt(ctx, req)
}

// jsonOf encodes a body. What is encoded here always can be.
func jsonOf(body any) []byte {
	data, err := json.Marshal(body)
	if err != nil {
		panic("toss: a body cannot be encoded: " + err.Error())
	}
	return data
}
