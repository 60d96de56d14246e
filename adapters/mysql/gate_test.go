package mysql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStoreBounds: the network stands still.
func TestStoreBounds(t *testing.T) {
	t.Parallel()
	mysqltest.Name(t)
	portstest.TestStoreBounds(t, portstest.StoreBounds{
		Bound: 20 * time.Second, // the store's own is a second
		New: func(t *testing.T) portstest.StalledStore {
			t.Helper()
			proxy := sqltest.NewProxy(t, mysqltest.Address(t))
			store := mysqltest.Open(t, mysqltest.Through(t, mysqltest.Database(t), proxy.Address()), mysql.Config{Timeout: time.Second, TotalsTimeout: time.Second})
			t.Cleanup(proxy.Resume)
			return portstest.StalledStore{Store: store, Stall: proxy.Stall, Resume: proxy.Resume}
		},
	})
}

func TestStoreDurable(t *testing.T) {
	t.Parallel()
	mysqltest.Name(t)
	portstest.TestStoreDurable(t, portstest.StoreDurable{
		New: func(t *testing.T) portstest.DurableStore {
			t.Helper()
			name, g := mysqltest.Database(t), new(sqltest.Gate)
			store, err := mysql.OpenThrough(t.Context(), name, mysql.Config{Timeout: 2 * time.Second}, g.Through)
			require.NoError(t, err)
			t.Cleanup(func() { g.Resume(); _ = store.Close() })
			require.NoError(t, store.Migrate(t.Context()))
			again := func() ports.Store { return mysqltest.Open(t, name, patient) }
			return portstest.DurableStore{
				Store:      store,
				FailBefore: func() { g.FailBefore(1) },
				FailAfter:  func() { g.FailAfter(1) },
				FailLate:   g.FailLate,
				Reopen:     func() ports.Store { require.NoError(t, store.Close()); return again() },
				Second:     again,
			}
		},
	})
}
