package ledgertest_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
)

// newStore returns your store with nothing in it. Here it is the one in memory.
func newStore(*testing.T) ports.Store { return memory.New() }

func TestLinearizable(t *testing.T) {
	t.Parallel()
	ledgertest.TestLinearizable(t, newStore)
}

// The test of a store of your own is this, in its own _test.go file, with
// portstest.TestStore: go test runs them, an example cannot.
func ExampleTestLinearizable() { //nolint:testableexamples // go test runs what it shows
	_ = TestLinearizable
}
