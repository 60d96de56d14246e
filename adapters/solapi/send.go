package solapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// sendTimeout bounds one attempt at anything that is not a read. A recharge
	// answers after the card was charged, so it is long; the quiet period of an
	// inquiry counts on it.
	sendTimeout = time.Minute
	readTimeout = 20 * time.Second
	maxBody     = 1 << 20
)

// call is one request before it is signed.
type call struct {
	op     string
	method string
	path   string
	query  url.Values
	body   any // nil: none
	rules  []rule
}

// reply is an answer of the provider with status 200, not yet decoded.
type reply struct {
	body []byte
	at   time.Time // by the provider's clock; zero when it did not say
}

var errTooLarge = errors.New("answer is too large")

// attempt signs and sends a request, once. The error is an [*Error].
func (c *Client) attempt(ctx context.Context, req call, timeout time.Duration) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, c.failure(req.op, ClassNotSent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var trace sendTrace
	request, signedAt, err := c.request(httptrace.WithClientTrace(ctx, trace.hooks()), req)
	if err != nil {
		return reply{}, c.failure(req.op, ClassNotSent, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, c.failure(req.op, trace.class(), err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := readBody(response.Body)
	at, _ := http.ParseTime(response.Header.Get("Date"))
	if response.StatusCode == http.StatusOK {
		if err != nil {
			return reply{}, c.unreadable(req.op, err)
		}
		return reply{body: body, at: at}, nil
	}
	return reply{}, c.refusal(req, response, body, at, signedAt)
}

// request signs a request in the last step before it is sent.
func (c *Client) request(ctx context.Context, req call) (*http.Request, time.Time, error) {
	address := c.base + req.path
	if len(req.query) > 0 {
		address += "?" + req.query.Encode()
	}
	var body io.Reader
	if req.body != nil {
		data, err := json.Marshal(req.body)
		if err != nil {
			return nil, time.Time{}, err
		}
		body = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, req.method, address, body)
	if err != nil {
		return nil, time.Time{}, err
	}
	signedAt := c.now()
	request.Header.Set("Content-Type", "application/json") // asked for on every request (documented)
	request.Header.Set("Authorization", c.authorize(signedAt, c.salt()))
	return request, signedAt, nil
}

func readBody(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(data) > maxBody {
		return nil, errTooLarge
	}
	return data, err
}

// refusal makes an error of an answer other than 200.
func (c *Client) refusal(req call, response *http.Response, body []byte, at, signedAt time.Time) *Error {
	var text struct {
		ErrorCode    string `json:"errorCode"`
		ErrorMessage string `json:"errorMessage"`
	}
	if err := json.Unmarshal(body, &text); err != nil {
		text.ErrorCode, text.ErrorMessage = "", ""
	}
	failed := &Error{
		Op: req.op, Status: response.StatusCode,
		Code: c.scrubCode(text.ErrorCode), Message: c.scrub(text.ErrorMessage),
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), at),
	}
	rules := req.rules
	if rules == nil {
		rules = rechargeRules
	}
	classify(failed, rules)
	if failed.Code == "RequestTimeTooSkewed" && failed.Class == ClassNotExecuted {
		c.correct(failed, at, signedAt)
	}
	return failed
}

// maxSkew is how far off the date of a request may be (documented).
const maxSkew = 15 * time.Minute

// correct learns the provider's clock from a refusal that complains of ours. When
// the provider's own date says that ours was right, or it gives none, nothing can
// be corrected.
func (c *Client) correct(failed *Error, at, signedAt time.Time) {
	off := at.Sub(signedAt)
	if at.IsZero() || off.Abs() < maxSkew-time.Second {
		failed.Class, failed.Permanent, failed.Alarm = ClassFault, true, "the provider refuses our clock, and it is not off by its own"
		return
	}
	c.skew.Store(int64(at.Sub(c.clock.Now())))
}

func (c *Client) failure(op string, class Class, err error) *Error {
	return &Error{Op: op, Class: class, Message: c.scrub(err.Error()), cause: err}
}

// unreadable is a 200 whose body cannot be trusted.
func (c *Client) unreadable(op string, err error) *Error {
	failed := c.failure(op, ClassUnknown, err)
	failed.Status = http.StatusOK
	return failed
}

func retryAfter(header string, at time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if until, err := http.ParseTime(header); err == nil && !at.IsZero() && until.After(at) {
		return until.Sub(at)
	}
	return 0
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

// class is ClassNotSent only on proof: the transport asked for a connection and
// never had one to write to. With a connection in hand the transport may still
// write after it gave up on us, so nothing later is proof.
func (t *sendTrace) class() Class {
	if t.asked.Load() && !t.connected.Load() {
		return ClassNotSent
	}
	return ClassUnknown
}
