package postgrestest_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
)

// hidden is the variable in which a test tells its child that PostgreSQL is not
// installed.
const hidden = "JIGAP_TEST_HIDDEN"

var _ = func() bool {
	if os.Getenv(hidden) == "" {
		return false
	}
	postgrestest.Hide()
	return true
}()

// TestServer_of_its_own: a server that crashed is started again, with what was committed.
func TestServer_of_its_own(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t)
	run := func(statement string) {
		conn, err := pgx.Connect(t.Context(), server.URL())
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), statement)
		require.NoError(t, err)
		_ = conn.Close(t.Context())
	}
	run("CREATE TABLE kept (n int)")
	server.Crash()
	_, err := pgx.Connect(t.Context(), server.URL())
	require.Error(t, err)
	server.Start(t)
	run("INSERT INTO kept VALUES (1)")
}

// without runs the tests that need PostgreSQL or pgbouncer in a process that finds none.
func without(t *testing.T, environment ...string) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^(TestDeposit|TestServer_of_its_own|TestPooler)$")
	cmd.Env = append(environment, hidden+"=1", "PATH=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// What a test says that a named server is enough for, and one that it is not.
const (
	needsServer = "PostgreSQL is not installed: install it, or name a server in JIGAP_TEST_POSTGRES (postgres://…)"
	needsOwn    = "PostgreSQL is not installed: install it, or name the folder of its programs in JIGAP_TEST_POSTGRES_BIN; " +
		"a server in JIGAP_TEST_POSTGRES is not enough here"
	needsPooler = "pgbouncer is not installed: install it and PostgreSQL's own programs; a server in JIGAP_TEST_POSTGRES is not enough here"
)

// TestPooler needs pgbouncer.
func TestPooler(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, postgrestest.Pooler(t))
}

// TestServer_tests_are_skipped_without_PostgreSQL: each says so, and what to do.
func TestServer_tests_are_skipped_without_PostgreSQL(t *testing.T) {
	t.Parallel()
	for _, ci := range []string{"", "CI=", "CI=false"} {
		said, err := without(t, ci)
		require.NoError(t, err, said)
		require.Contains(t, said, "--- SKIP: TestDeposit")
		require.Contains(t, said, "--- SKIP: TestServer_of_its_own")
		require.Contains(t, said, "--- SKIP: TestPooler")
		require.Contains(t, said, needsServer)
		require.Contains(t, said, needsOwn)
		require.Contains(t, said, needsPooler)
	}
}

// TestServer_CI_fails_without_PostgreSQL: nothing is skipped there unnoticed.
func TestServer_CI_fails_without_PostgreSQL(t *testing.T) {
	t.Parallel()
	said, err := without(t, "CI=true")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, said)
	require.Contains(t, said, "--- FAIL: TestDeposit")
	require.Contains(t, said, "--- FAIL: TestServer_of_its_own")
	require.Contains(t, said, "--- FAIL: TestPooler")
	require.Contains(t, said, needsServer)
	require.Contains(t, said, needsOwn)
	require.NotContains(t, said, "SKIP")
}

// TestServer_that_is_named: what needs no server of its own runs on the one that the
// environment names, where nothing is installed.
func TestServer_that_is_named(t *testing.T) {
	t.Parallel()
	said, err := without(t, postgrestest.Environment+"="+postgrestest.URL(t))
	require.NoError(t, err, said)
	require.Contains(t, said, "--- PASS: TestDeposit")
	require.Contains(t, said, "--- SKIP: TestServer_of_its_own")
	require.NotContains(t, said, needsServer)
	require.Contains(t, said, needsOwn)
}
