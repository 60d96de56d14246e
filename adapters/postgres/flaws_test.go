package postgres_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStore_flaws runs a few of the flaws over PostgreSQL, where a suite that is too quick for
// its races, or waits too long, would show. All processes use the server of this one.
func TestStore_flaws(t *testing.T) { // not parallel: it names the server
	t.Setenv(postgrestest.Environment, postgrestest.URL(t))
	suitetest.Run(t, suitetest.Subject[ports.Store]{
		Suite: portstest.TestStore,
		New: func(t *testing.T) ports.Store {
			t.Helper()
			return postgrestest.Store(t)
		},
		Every: 20,
	}, suitetest.StoreFlaws())
}
