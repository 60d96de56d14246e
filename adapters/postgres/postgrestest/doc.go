// Package postgrestest gives tests a PostgreSQL of their own: a throwaway server
// made from the installed binaries, or the one that the environment names, and in it
// a schema for each test. The tests of jigap use it, and a host may too.
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }
//
//	func TestTransfer(t *testing.T) {
//		store := postgrestest.Store(t)
//		…
//	}
//
// JIGAP_TEST_POSTGRES holds the URL of a server to use instead, by a role that may
// create schemas. JIGAP_TEST_POSTGRES_BIN holds the folder of the programs postgres and
// initdb of the version to test with, where that is not the last one installed. When
// there is neither a server nor binaries a test is skipped, and fails where CI is "true".
// [NewServer], [Shared] and [Server.NewPooler] need the binaries, whatever server is named.
//
// # Errors
//
// Everything that goes wrong fails the test.
//
// # Concurrency
//
// Everything may be called from parallel tests.
package postgrestest
