package postgrestest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Environment is the variable that names a server to use instead of a throwaway one.
const Environment = "JIGAP_TEST_POSTGRES"

// binaries returns the folder of PostgreSQL's programs, or blank.
func binaries() string {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	more, _ := filepath.Glob("/usr/pgsql-*/bin")
	folders = append(append(folders, more...), "/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin")
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	found := ""
	for _, folder := range folders {
		if runnable(filepath.Join(folder, "initdb")) && runnable(filepath.Join(folder, "postgres")) {
			found = folder
		}
	}
	return found
}

func runnable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// Missing skips a test that needs something which is not installed, and fails it
// where CI is "true".
func Missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s is missing, and CI must not skip this test", what)
	}
	tb.Skipf("%s is missing: install it, or for a server name one in %s", what, Environment)
}
