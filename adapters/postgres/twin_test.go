package postgres_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger/ledgertest"
)

// TestLedger_does_the_same_as_on_memory runs random operations on both stores, 10,000 by default.
func TestLedger_does_the_same_as_on_memory(t *testing.T) {
	t.Parallel()
	ledgertest.TestTwins(t, memory.New(), postgrestest.Store(t))
}
