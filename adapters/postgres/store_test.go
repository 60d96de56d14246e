package postgres_test

import (
	"os"
	"testing"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	portstest.TestStore(t, func(t *testing.T) ports.Store {
		t.Helper()
		return postgrestest.Store(t)
	})
}
