package suitetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/quotetest"
)

// RequireQuotes requires of flaws that their names are unique, that each names a scenario, and
// that each breaks a sentence that the comments have word for word.
func RequireQuotes[Harness any](t *testing.T, comments string, flaws []Flaw[Harness]) {
	t.Helper()
	named := make(map[string]bool)
	for _, flaw := range flaws {
		require.NotEmpty(t, flaw.Name)
		require.False(t, named[flaw.Name], "two flaws have the name %q", flaw.Name)
		named[flaw.Name] = true
		require.NotEmpty(t, flaw.Scenario, flaw.Name)
		quotetest.Require(t, comments, flaw.Name, flaw.Breaks)
	}
}
