package suitetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/quotetest"
	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStore_flaws runs some of the flaws over the store in memory, with the scenario that is
// about each. With -all it runs the whole suite over every one.
func TestStore_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[ports.Store]{
		Suite: portstest.TestStore,
		New: func(t *testing.T) ports.Store {
			t.Helper()
			return memory.New()
		},
		Every: 8,
	}, suitetest.StoreFlaws())
}

func TestStoreFlaws_quote_the_ports(t *testing.T) {
	t.Parallel()
	flaws := suitetest.StoreFlaws()
	require.GreaterOrEqual(t, len(flaws), 400)
	said := quotetest.Comments(t, "../../ports")
	suitetest.RequireQuotes(t, said, append(flaws, suitetest.StoreRaces()...))
	suitetest.RequireQuotes(t, said, suitetest.LinearFlaws())
}

// TestLinearizable_flaws runs flaws over the store in memory, with ledgers on it.
func TestLinearizable_flaws(t *testing.T) { // not parallel: it says where the histories are written
	t.Setenv("TMPDIR", t.TempDir())
	suitetest.Run(t, suitetest.Subject[ports.Store]{
		Suite: ledgertest.TestLinearizable,
		New: func(t *testing.T) ports.Store {
			t.Helper()
			return memory.New()
		},
	}, suitetest.LinearFlaws())
}

// TestStoreDurable_flaws runs flaws over a store on data that outlives it, of which each of
// two handles holds a copy in memory.
func TestStoreDurable_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[suitetest.Durable]{Suite: testDurable, New: newDurable, Every: 4}, suitetest.DurableFlaws())
}

// TestStoreDurable: the good store passes.
func TestStoreDurable(t *testing.T) {
	t.Parallel()
	testDurable(t, newDurable)
}

func newDurable(t *testing.T) suitetest.Durable {
	t.Helper()
	return suitetest.NewDurable(func() ports.Store { return memory.New() })
}

func testDurable(t *testing.T, newHarness func(t *testing.T) suitetest.Durable) {
	t.Helper()
	portstest.TestStoreDurable(t, portstest.StoreDurable{New: func(t *testing.T) portstest.DurableStore {
		t.Helper()
		d := newHarness(t)
		return portstest.DurableStore{
			Store: d.Store, FailBefore: d.FailBefore, FailAfter: d.FailAfter, FailLate: d.FailLate, Reopen: d.Reopen, Second: d.Second,
		}
	}})
}

func TestDurableFlaws_quote_the_ports(t *testing.T) {
	t.Parallel()
	flaws := suitetest.DurableFlaws()
	require.GreaterOrEqual(t, len(flaws), 30)
	suitetest.RequireQuotes(t, quotetest.Comments(t, "../../ports"), flaws)
}
