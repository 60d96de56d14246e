package memory_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func newStore(*testing.T) ports.Store { return memory.New() }

func TestStore(t *testing.T) {
	t.Parallel()
	portstest.TestStore(t, newStore)
}

func TestLinearizable(t *testing.T) {
	t.Parallel()
	ledgertest.TestLinearizable(t, newStore)
}
