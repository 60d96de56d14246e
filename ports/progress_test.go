package ports_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestDecodeOperation_earlier_records reads records as versions without [ports.Answer] and
// [ports.Progress] stored them, and a policy of a version that knew the fields of its state,
// with every field set, and writes them again: nothing is lost and nothing moves.
func TestDecodeOperation_earlier_records(t *testing.T) {
	t.Parallel()
	for _, kind := range []ports.OperationKind{ports.KindRecharge, ports.KindCancellation, ports.KindWithdrawal, ports.KindPolicy} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			stored, err := os.ReadFile(filepath.Join("testdata", "records", string(kind)+".json"))
			require.NoError(t, err)
			op, err := ports.DecodeOperation(kind, stored)
			require.NoError(t, err)
			again, err := ports.EncodeOperation(op)
			require.NoError(t, err)
			require.JSONEq(t, string(stored), string(again))
		})
	}
}
