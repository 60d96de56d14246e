package record

import (
	"slices"
	"strings"

	"github.com/jigap/jigap/ports"
)

// UnknownName returns an [ports.InvalidError] for a field that names none of those that are
// known. It names them, ten at most.
func UnknownName(field string, known []string) error {
	const most = 10
	if len(known) == 0 {
		return ports.Invalid(field, "is not one of the service's: it has none")
	}
	names := slices.Sorted(slices.Values(known))
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return ports.Invalid(field, "is not one of the service's (%s)", strings.Join(names, ", "))
}
