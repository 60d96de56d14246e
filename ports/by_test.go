package ports_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestCheckBy names each field that is missing or cannot be kept.
func TestCheckBy(t *testing.T) {
	t.Parallel()
	require.NoError(t, ports.CheckBy(ports.By{Who: "kim", Why: "the bank called"}))
	for field, by := range map[string]ports.By{
		"invalid Who: is blank":                    {Why: "seen"},
		"invalid Why: is blank":                    {Who: "kim"},
		"invalid Who: is blank; invalid Why: is b": {},
		"invalid Why: is longer than 500 bytes":    {Who: "kim", Why: strings.Repeat("a", 501)},
		"invalid Why: is not printable UTF-8":      {Who: "kim", Why: "a\nb"},
		"invalid Who: is longer than 128 bytes":    {Who: strings.Repeat("a", 129), Why: "seen"},
	} {
		err := ports.CheckBy(by)
		require.ErrorIs(t, err, ports.ErrInvalid)
		require.Contains(t, err.Error(), field)
	}
	require.EqualError(t, ports.CheckBy(ports.By{Who: "kim", Why: " \u3000 "}), "invalid Why: is blank", "blanks are no reason")
}
