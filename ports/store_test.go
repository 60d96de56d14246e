package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestFateStatus_String names every fate, and prints the number of any other.
func TestFateStatus_String(t *testing.T) {
	t.Parallel()
	for status, name := range map[ports.FateStatus]string{
		ports.FateUndecided: "undecided", ports.FateCommitted: "committed", ports.FateConflict: "conflict",
		ports.FateKeyTaken: "key_taken", ports.FateOperationConflict: "operation_conflict", ports.FateLaneTaken: "lane_taken",
		ports.FateFailed: "failed", ports.FateBusy: "busy", ports.FateBusy + 1: "FateStatus(8)", -1: "FateStatus(-1)",
	} {
		require.Equal(t, name, status.String())
	}
}
