package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// TestStore_durable runs the suite of commits that fail, of data that is opened again and of
// several handles. Commits fail at a proxy between the store and the server.
func TestStore_durable(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	portstest.TestStoreDurable(t, portstest.StoreDurable{New: func(t *testing.T) portstest.DurableStore {
		t.Helper()
		f := newFaulty(t, 1)
		open := func() ports.Store {
			store, err := postgres.New(postgrestest.Pool(t, 4), postgres.Config{Schema: f.schema})
			require.NoError(t, err)
			return store
		}
		return portstest.DurableStore{
			Store:      f.store,
			FailBefore: func() { f.proxy.strike(cutBefore, nil) },
			FailAfter:  func() { f.proxy.strike(cutAfter, nil) },
			FailLate: func() func() {
				struck := make(chan struct{})
				f.proxy.strike(late, func() { close(struck) })
				return func() {
					select {
					case <-struck:
					case <-time.After(patience):
						t.Error("no commit was sent")
					}
				}
			},
			Reopen: open,
			Second: open,
		}
	}})
}
