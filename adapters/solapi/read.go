package solapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
)

const (
	readAttempts  = 5
	firstPause    = 250 * time.Millisecond
	maxRetryAfter = 30 * time.Second
)

// read asks, decodes into out, and asks again where that may help: reads are
// harmless. It returns the provider's time, or zero when it gave none.
func (c *Client) read(ctx context.Context, op, path string, query url.Values, out any) (time.Time, error) {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		at, err := c.readOnce(ctx, call{op: op, method: http.MethodGet, path: path, query: query}, out)
		if err == nil {
			return at, nil
		}
		wait, again := readAgain(err, pause)
		if !again || attempt == readAttempts || !httpcall.Pause(ctx, wait) {
			return time.Time{}, err
		}
		pause *= 2
	}
}

func (c *Client) readOnce(ctx context.Context, req call, out any) (time.Time, error) {
	answer, err := c.attempt(ctx, req, readTimeout)
	if err != nil {
		return time.Time{}, err
	}
	return answer.at, c.decode(req.op, answer, out)
}

func (c *Client) decode(op string, answer reply, out any) error {
	if err := httpcall.Unmarshal(answer.body, out); err != nil {
		return c.unreadable(op, err)
	}
	if code, failed := errorCode(answer.body); failed {
		contradiction := c.unreadable(op, errContradiction)
		contradiction.Code, contradiction.Alarm = c.scrubCode(code), alarmContract
		return contradiction
	}
	return nil
}

var errContradiction = errors.New("the answer contradicts itself: it says success and names an error")

// errorCode reports whether an object names an error, and which. Null and a blank text
// are none.
func errorCode(body []byte) (code string, failed bool) {
	var object struct {
		ErrorCode json.RawMessage `json:"errorCode"`
	}
	if err := json.Unmarshal(body, &object); err != nil {
		return "", false // not an object
	}
	switch string(object.ErrorCode) {
	case "", "null", `""`:
		return "", false
	}
	code, _ = textOf(object.ErrorCode)
	return code, true
}

// readAgain decides whether a read is repeated, and after which pause: not after a
// plain refusal, nor when the provider asks for more patience than a caller has.
func readAgain(err error, pause time.Duration) (time.Duration, bool) {
	var failed *Error
	if !errors.As(err, &failed) {
		return 0, false
	}
	switch failed.Class {
	case ClassUnknown, ClassNotSent:
		return pause, failed.Status < 300 || failed.Status >= 400
	case ClassNotExecuted:
		return pause, failed.Code == "RequestTimeTooSkewed"
	case ClassThrottled:
		return max(pause, failed.RetryAfter), failed.RetryAfter <= maxRetryAfter
	case ClassDeclined, ClassFault:
	}
	return 0, false
}

// write sends anything that is not a read, once, and decodes the answer into out.
func (c *Client) write(ctx context.Context, req call, out any) error {
	answer, err := c.attempt(ctx, req, sendTimeout)
	if err != nil {
		return err
	}
	return c.decode(req.op, answer, out)
}
