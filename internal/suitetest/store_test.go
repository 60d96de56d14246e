package suitetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/suitetest"
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
		Every: 5,
	}, suitetest.StoreFlaws())
}

func TestStoreFlaws_quote_the_ports(t *testing.T) {
	t.Parallel()
	flaws := suitetest.StoreFlaws()
	require.GreaterOrEqual(t, len(flaws), 170)
	suitetest.RequireQuotes(t, suitetest.Comments(t, "../../ports"), flaws)
}
