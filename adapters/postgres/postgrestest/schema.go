package postgrestest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/adapters/postgres"
)

// shared is the throwaway server of a test binary.
type shared struct {
	once   sync.Once
	server *Server
	err    error
}

var throwaway shared

// Main runs the tests and then stops the throwaway server that they shared. A package
// that uses [URL], [Pool] or [Store] calls it in its TestMain.
func Main(m *testing.M) int {
	defer func() {
		if throwaway.server != nil {
			throwaway.server.remove()
		}
	}()
	return m.Run()
}

// URL returns what connects to the server that tests share: the one that the
// environment names, or a throwaway server. That one does without fsync.
func URL(tb testing.TB) string {
	tb.Helper()
	if url := os.Getenv(Environment); url != "" {
		return url
	}
	return share(tb, adviceServer).URL()
}

// Shared returns the throwaway server that tests share, whatever the environment
// names.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	return share(tb, adviceOwn)
}

func share(tb testing.TB, advice string) *Server {
	tb.Helper()
	throwaway.once.Do(func() {
		throwaway.server, throwaway.err = newServer([]string{"fsync=off", "synchronous_commit=off", "full_page_writes=off"})
		if throwaway.server != nil {
			throwaway.err = throwaway.server.start()
		}
	})
	if throwaway.err != nil {
		tb.Fatal(throwaway.err)
	}
	if throwaway.server == nil {
		missing(tb, advice)
	}
	return throwaway.server
}

// Pool returns a pool on the shared server, with up to so many connections, and closes
// it at the end of the test.
func Pool(tb testing.TB, connections int) *pgxpool.Pool {
	tb.Helper()
	return PoolOn(tb, URL(tb), connections)
}

// PoolOn is [Pool] for a server of the caller's choice.
func PoolOn(tb testing.TB, url string, connections int) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	config.MaxConns = int32(connections)
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// Store returns an empty store on the shared server, in a schema of its own that is
// dropped at the end of the test.
func Store(tb testing.TB) *postgres.Store {
	tb.Helper()
	return StoreOn(tb, Pool(tb, 8))
}

// StoreOn is [Store] for a pool of the caller's choice.
func StoreOn(tb testing.TB, pool *pgxpool.Pool) *postgres.Store {
	tb.Helper()
	store, err := postgres.New(pool, postgres.Config{Schema: Schema(tb, pool)})
	if err != nil {
		tb.Fatal(err)
	}
	if err := store.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return store
}

// Schema returns a name that no other test uses, and drops the schema of that name at
// the end of the test.
func Schema(tb testing.TB, pool *pgxpool.Pool) string {
	tb.Helper()
	var random [8]byte
	_, _ = rand.Read(random[:])
	name := "jigap_" + hex.EncodeToString(random[:])
	tb.Cleanup(func() {
		if _, err := pool.Exec(context.Background(), fmt.Sprintf("DROP SCHEMA IF EXISTS %s CASCADE", name)); err != nil {
			tb.Errorf("drop schema: %v", err)
		}
	})
	return name
}
