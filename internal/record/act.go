package record

import (
	"fmt"
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
	if len(acts) == 0 {
		return fmt.Errorf("it is %s: %w", status, ports.ErrNotOpen)
	}
	names := make([]string, len(acts))
	for i, each := range acts {
		names[i] = string(each)
	}
	return fmt.Errorf("it is %s, and takes %s: %w", status, strings.Join(names, ", "), ports.ErrNotOpen)
}

// Acting says of which act of a person on a record an error is: see [About].
func Acting(act ports.DecisionKind, what, id string, err error) error {
	name := string(act)
	switch act { //nolint:exhaustive // the others are verbs
	case ports.DecisionPaid, ports.DecisionRefused, ports.DecisionReturned:
		name = "report " + name
	case ports.DecisionInquire:
		name = "inquire about"
	}
	return About(name, what, id, err)
}
