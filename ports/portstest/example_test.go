package portstest_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// newStore returns your store with nothing in it. Here it is the one in memory.
func newStore(*testing.T) ports.Store { return memory.New() }

func TestStore(t *testing.T) {
	t.Parallel()
	portstest.TestStore(t, newStore)
}

// The test of a store of your own is this, in its own _test.go file: go test runs it, an
// example cannot.
func ExampleTestStore() { //nolint:testableexamples // go test runs what it shows
	_ = TestStore
}
