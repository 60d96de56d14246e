package record

import (
	"strings"

	"github.com/jigap/jigap/ports"
)

// About returns err as one about an act on a subject: its text is "act subject id: ", and
// what err says, in one line. What err says of the act and the subject once more is left
// out, and so is an id that no record can have.
func About(act, subject, id string, err error) error {
	text := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	named := subject
	if ports.CheckID("id", id) == nil {
		named += " " + id
	}
	if at := strings.Index(text, named+": "); at >= 0 && !strings.Contains(text[:at], ": ") {
		text = text[at+len(named)+2:]
	}
	verb, _, _ := strings.Cut(act, " ")
	head, rest, found := strings.Cut(text, ": ")
	if found && (head == subject || head == verb || strings.HasPrefix(head, verb+"_") && !strings.Contains(head, " ")) {
		text = rest
	}
	return &aboutError{text: act + " " + named + ": " + text, err: err}
}

type aboutError struct {
	text string
	err  error
}

// Error returns the text of one line.
func (e *aboutError) Error() string { return e.text }

// Unwrap returns the error with its own text.
func (e *aboutError) Unwrap() error { return e.err }
