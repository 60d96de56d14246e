package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestOutcome_UnmarshalText: each outcome is read as it was written. A name of a later version
// is read as unknown, and so is an outcome that has no name.
func TestOutcome_UnmarshalText(t *testing.T) {
	t.Parallel()
	for outcome := ports.OutcomeUnknown; outcome <= ports.OutcomeFault; outcome++ {
		text, err := outcome.MarshalText()
		require.NoError(t, err)
		var read ports.Outcome
		require.NoError(t, read.UnmarshalText(text))
		require.Equal(t, outcome, read)
	}
	read := ports.OutcomeApproved
	require.NoError(t, read.UnmarshalText([]byte("postponed")))
	require.Equal(t, ports.OutcomeUnknown, read)
	for _, outcome := range []ports.Outcome{-1, 42} {
		text, err := outcome.MarshalText()
		require.NoError(t, err)
		require.Equal(t, "unknown", string(text))
	}
}
