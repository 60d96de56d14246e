package postgres_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports/portstest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(writerVariable); text != "" {
		if err := runWriter(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(postgrestest.Main(m))
}

func TestStore(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	portstest.TestStore(t, newRecycler(t).lend)
}
