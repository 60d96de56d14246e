package solapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
)

const (
	// sendTimeout bounds one attempt at anything that is not a read. A recharge
	// answers after the card was charged, so it is long; the quiet period of an
	// inquiry counts on it.
	sendTimeout = time.Minute
	readTimeout = 20 * time.Second
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

// attempt signs and sends a request, once. The error is an [*Error].
func (c *Client) attempt(ctx context.Context, req call, timeout time.Duration) (reply, error) {
	if err := ctx.Err(); err != nil {
		return reply{}, c.failure(req.op, ClassNotSent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, signedAt, err := c.request(ctx, req)
	if err != nil {
		return reply{}, c.failure(req.op, ClassNotSent, err)
	}
	answer, left, err := httpcall.Send(c.http, request)
	switch {
	case err != nil && !left:
		return reply{}, c.failure(req.op, ClassNotSent, err)
	case err != nil:
		return reply{}, c.failure(req.op, ClassUnknown, err)
	}
	at, _ := http.ParseTime(answer.Header.Get("Date"))
	switch {
	case answer.Broken != nil: // before its status is looked at: a refusal must come whole
		failed := c.unreadable(req.op, answer.Broken)
		failed.Status = answer.Status
		return reply{}, failed
	case answer.Repeated && req.method != http.MethodGet:
		return reply{}, c.repeated(req.op, answer.Status)
	case answer.Status != http.StatusOK:
		return reply{}, c.refusal(req, answer, at, signedAt)
	}
	return reply{body: answer.Body, at: at}, nil
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

// refusalText is the body of a refusal. Its message may be of any type.
type refusalText struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
}

// UnmarshalJSON reads a refusal.
func (r *refusalText) UnmarshalJSON(data []byte) error { return decodeObject(data, r) }

// refusal makes an error of an answer other than 200.
func (c *Client) refusal(req call, answer httpcall.Answer, at, signedAt time.Time) *Error {
	var text refusalText
	if err := httpcall.Unmarshal(answer.Body, &text); err != nil {
		text = refusalText{}
	}
	failed := &Error{
		Op: req.op, Status: answer.Status,
		Code: c.scrubCode(text.ErrorCode), Message: c.scrub(text.ErrorMessage),
		RetryAfter: retryAfter(answer.Header.Get("Retry-After"), at),
	}
	rules := req.rules
	if rules == nil {
		rules = rechargeRules
	}
	if executed(answer.Body) {
		failed.Alarm = alarmContract
		return failed
	}
	classify(failed, rules)
	if failed.Code == "RequestTimeTooSkewed" && failed.Class == ClassNotExecuted {
		c.correct(failed, at, signedAt)
	}
	return failed
}

// executed reports whether a refusal names what only something that was executed has. It
// is a contradiction, and no refusal.
func executed(body []byte) bool {
	var object struct {
		HistoryID  string `json:"historyId"`
		WithdrawID string `json:"withdrawId"`
	}
	if err := decodeObject(body, &object); err != nil {
		return false
	}
	return object.HistoryID != "" || object.WithdrawID != ""
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

var errRepeated = errors.New("the transport sent the request more than once")

// repeated is an answer to a request of which the transport sent more than one copy:
// whatever it says of one, another may have been executed.
func (c *Client) repeated(op string, status int) *Error {
	failed := c.failure(op, ClassUnknown, errRepeated)
	failed.Status, failed.Alarm = status, alarmRepeated
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
