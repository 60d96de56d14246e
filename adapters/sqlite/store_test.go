package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// patient is for tests whose machine has other work: they are not about time.
var patient = sqlite.Config{Timeout: time.Minute}

// openStore opens a file and makes the tables.
func openStore(t *testing.T, path string, config sqlite.Config) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	require.NoError(t, store.Migrate(t.Context()))
	return store
}

func newFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "wallets.db")
}

func newStore(t *testing.T) ports.Store {
	t.Helper()
	return openStore(t, newFile(t), patient)
}

func TestStore(t *testing.T) {
	t.Parallel()
	portstest.TestStore(t, newStore)
}

func TestLinearizable(t *testing.T) {
	t.Parallel()
	ledgertest.TestLinearizable(t, newStore)
}

// TestLedger_does_the_same_as_on_memory runs random operations on both stores, 10,000 by default.
func TestLedger_does_the_same_as_on_memory(t *testing.T) {
	t.Parallel()
	ledgertest.TestTwins(t, memory.New(), newStore(t))
}
