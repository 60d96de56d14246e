package toss

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
	// ClassUnknown: the request may have been executed.
	ClassUnknown Class = iota
	// ClassDeclined: the provider refused the order; nothing was executed.
	ClassDeclined
	// ClassNotSent: no byte of the request left this machine.
	ClassNotSent
	// ClassNotExecuted: the provider refused the request as it stands; nothing was executed. For a
	// cancellation this is a balance that is not what the request says.
	ClassNotExecuted
	// ClassWorking: the provider works on a request with the same idempotency key.
	ClassWorking
	// ClassFault: the request itself is wrong, or its credentials, or the contract; nothing was
	// executed and nothing will be until a person repairs it.
	ClassFault
)

// String returns the name of the class.
func (c Class) String() string {
	names := [...]string{"unknown", "declined", "not sent", "not executed", "working", "fault"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("Class(%d)", int(c))
	}
	return names[c]
}

// Error is a request that was not plainly answered. Its text holds no key, billing key, auth key,
// card number or account number, whatever the provider wrote: the secrets of the request are removed
// from the provider's words, and the words are dropped where the request does not hold the billing
// key that they may repeat, as in a question, a cancellation, a list and the
// issue of a billing key.
//
// What it says of the request holds for the only transmission under an idempotency key.
type Error struct {
	Op      string // what was asked: "charge", "inquire"
	Status  int    // HTTP status; 0 when there was no answer
	Code    string // the provider's code, as far as it looks like one
	Message string // the provider's words, for people; redacted, and blank where they may repeat an unknown key
	TraceID string // the provider's id of the request, for its support; blank unless it is 16 to 32 hexadecimal digits or a UUID

	Class Class
	// Confirm says that an inquiry is to confirm Class before anything is closed.
	Confirm bool
	// OtherMethod says that another payment method may be tried.
	OtherMethod bool
	// Permanent says that the same request cannot succeed until something changes.
	Permanent bool
	// Unread says that the refusal need not be that of the idempotency key: the provider refused
	// the request before it looked at the order, say.
	Unread bool
	// Alarm says what a person must look into. It is blank where there is nothing.
	Alarm string
	// Wait is how long to wait before the next question. Zero leaves it to the caller.
	Wait time.Duration

	cause error
}

// Error says what was asked, and what is known of it.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("toss: " + e.Op + ": " + e.Class.String())
	if e.Status != 0 {
		fmt.Fprintf(&text, ": status %d", e.Status)
	}
	if e.Code != "" {
		text.WriteString(" " + e.Code)
	}
	if words := e.words(); words != "" {
		text.WriteString(": " + words)
	}
	return text.String()
}

// words are the provider's words, with the id that its support asks for.
func (e *Error) words() string {
	if e.TraceID == "" {
		return e.Message
	}
	return strings.TrimSpace(e.Message + " (trace " + e.TraceID + ")")
}

// askAfter returns how long after a question that failed the next one comes, or zero for the core's
// pauses, which grow. After a question with an alarm the next one comes in a minute at the earliest, or
// after the pause of the core.
func (e *Error) askAfter() time.Duration {
	if e.Alarm != "" && e.Wait < patience {
		return 0
	}
	return e.Wait
}

// Unwrap returns what went wrong below, if anything did: an error of the network, the context or
// the decoder, as it was. Its own text is not redacted.
func (e *Error) Unwrap() error { return e.cause }

// Format writes the text of the error, whatever the verb.
func (e *Error) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, e.Error()) }

// LogValue is the text of the error.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }
