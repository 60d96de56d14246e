//go:build race

package suitetest_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStore_races_flaws runs flaws that only the race detector sees.
func TestStore_races_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[ports.Store]{
		Suite: portstest.TestStore,
		New: func(t *testing.T) ports.Store {
			t.Helper()
			return memory.New()
		},
		Every: 1,
	}, suitetest.StoreRaces())
}
