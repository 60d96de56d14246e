package sqlite_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// openGated opens a file through a gate.
func openGated(t *testing.T, path string, config sqlite.Config) (*sqlite.Store, *sqltest.Gate) {
	t.Helper()
	g := new(sqltest.Gate)
	store, err := sqlite.OpenThrough(t.Context(), path, config, g.Through)
	require.NoError(t, err)
	t.Cleanup(func() { g.Resume(); _ = store.Close() })
	require.NoError(t, store.Migrate(t.Context()))
	return store, g
}

func TestStoreBounds(t *testing.T) {
	t.Parallel()
	portstest.TestStoreBounds(t, portstest.StoreBounds{
		Bound: 20 * time.Second, // the store's own is half a second
		New: func(t *testing.T) portstest.StalledStore {
			t.Helper()
			store, g := openGated(t, newFile(t), sqlite.Config{Timeout: 500 * time.Millisecond, TotalsTimeout: 500 * time.Millisecond})
			return portstest.StalledStore{Store: store, Stall: g.Stall, Resume: g.Resume}
		},
	})
}

func TestStoreDurable(t *testing.T) {
	t.Parallel()
	portstest.TestStoreDurable(t, portstest.StoreDurable{
		New: func(t *testing.T) portstest.DurableStore {
			t.Helper()
			file := newFile(t)
			store, g := openGated(t, file, sqlite.Config{Timeout: 2 * time.Second})
			return portstest.DurableStore{
				Store:      store,
				FailBefore: func() { g.FailBefore(1) },
				FailAfter:  func() { g.FailAfter(1) },
				FailLate:   g.FailLate,
				Reopen:     func() ports.Store { require.NoError(t, store.Close()); return openStore(t, file, patient) },
				Second:     func() ports.Store { return openStore(t, file, patient) },
			}
		},
	})
}
