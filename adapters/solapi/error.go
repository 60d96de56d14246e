package solapi

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Class is what is known of a request that was not plainly answered.
type Class int

// The classes of a failed request. The zero value assumes least.
const (
	// ClassUnknown: the request may have been executed. It must not be sent again.
	ClassUnknown Class = iota
	// ClassDeclined: the provider refused the order; nothing was executed.
	ClassDeclined
	// ClassNotSent: no byte of the request left this machine.
	ClassNotSent
	// ClassNotExecuted: the provider refused the request for now; nothing was
	// executed.
	ClassNotExecuted
	// ClassThrottled: the provider asks to be left alone for a while; nothing was
	// executed.
	ClassThrottled
	// ClassFault: the request itself is wrong, or its credentials, or the
	// configuration; nothing was executed and nothing will be until a person
	// repairs it.
	ClassFault
)

// String returns the name of the class.
func (c Class) String() string {
	names := [...]string{"unknown", "declined", "not sent", "not executed", "throttled", "fault"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("Class(%d)", int(c))
	}
	return names[c]
}

// Error is a request that was not plainly answered. Its text holds no credentials,
// card or account number, whatever the provider wrote.
type Error struct {
	Op      string // what was asked: "recharge", "read balance"
	Status  int    // HTTP status; 0 when there was no answer
	Code    string // the provider's errorCode, as far as it looks like one
	Message string // the provider's words, for people; redacted

	Class Class
	// Confirm says that Class rests on the form of the refusal and not on a
	// documented code: a look into the provider's books after some seconds is to
	// confirm it.
	Confirm bool
	// OtherMethod says that another payment method may be tried.
	OtherMethod bool
	// Permanent says that the same request cannot succeed until something changes.
	Permanent bool
	// Alarm says what a person must look at. It is blank when no one has to act.
	Alarm string
	// RetryAfter is how long the provider asks to wait; 0 when it does not.
	RetryAfter time.Duration

	cause error
}

// Error says what was asked, and what is known of it.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("solapi: " + e.Op + ": " + e.Class.String())
	if e.Status != 0 {
		fmt.Fprintf(&text, ": status %d", e.Status)
	}
	if e.Code != "" {
		text.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	return text.String()
}

// Unwrap returns what went wrong below, if anything did: an error of the network,
// the context or the decoder, as it was. Its own text is not redacted.
func (e *Error) Unwrap() error { return e.cause }

// Format writes the text of the error, whatever the verb.
func (e *Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// LogValue is the text of the error.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }
