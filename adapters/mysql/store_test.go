package mysql_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// patient is for tests whose machine has other work: they are not about time.
var patient = mysql.Config{Timeout: time.Minute, Connections: 8}

func newStore(t *testing.T) ports.Store {
	t.Helper()
	return mysqltest.Store(t, patient)
}

func TestStore(t *testing.T) {
	t.Parallel()
	mysqltest.Name(t) // without it the test is skipped, and not its subtests alone
	portstest.TestStore(t, newStore)
}

func TestLinearizable(t *testing.T) {
	t.Parallel()
	mysqltest.Name(t)
	ledgertest.TestLinearizable(t, newStore)
}

// TestLedger_does_the_same_as_on_memory runs random operations on both stores, 10,000 by default.
func TestLedger_does_the_same_as_on_memory(t *testing.T) {
	t.Parallel()
	ledgertest.TestTwins(t, memory.New(), newStore(t))
}
