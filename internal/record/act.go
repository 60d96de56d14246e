package record

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jigap/jigap/ports"
)

// Allowed returns [ports.ErrNotOpen] unless the act of a person is one of those that a record
// in this status takes. The error names them.
func Allowed(acts []ports.DecisionKind, act ports.DecisionKind, status string) error {
	if slices.Contains(acts, act) {
		return nil
	}
	names := make([]string, len(acts))
	for i, each := range acts {
		names[i] = string(each)
	}
	return &notAllowedError{status: status, acts: cmp.Or(strings.Join(names, ", "), "no act")}
}

// notAllowedError says what a record in a status takes. It matches [ports.ErrNotOpen].
type notAllowedError struct{ status, acts string }

// Error says the status and the acts.
func (e *notAllowedError) Error() string { return "it is " + e.status + ", which allows " + e.acts }

// Is reports whether target is [ports.ErrNotOpen].
func (e *notAllowedError) Is(target error) bool { return target == ports.ErrNotOpen }

// Acting says of which act of a person on a record an error is: see [About].
func Acting(act ports.DecisionKind, what, id string, err error) error {
	name := string(act)
	switch act { //nolint:exhaustive // the others are verbs
	case ports.DecisionPaid, ports.DecisionRefused, ports.DecisionReturned:
		name = "report " + name
	case ports.DecisionInquire:
		name = "inquire about"
	case ports.DecisionPayFrozen:
		name = "pay frozen"
	}
	return About(name, what, id, err)
}
