package postgrestest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Environment is the variable that names a server to use instead of a throwaway one.
const Environment = "JIGAP_TEST_POSTGRES"

// installed is where packages put PostgreSQL's programs, beside PATH.
var installed = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}

// binaries returns the folder of PostgreSQL's programs, or blank. Where several
// versions are installed it is the last one's.
func binaries() string {
	var folders []string
	for _, pattern := range installed {
		found, _ := filepath.Glob(pattern)
		slices.Reverse(found)
		folders = append(folders, found...)
	}
	if path, err := exec.LookPath("pg_basebackup"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if runnable(folder, "initdb") && runnable(folder, "postgres") && runnable(folder, "pg_basebackup") {
			return folder
		}
	}
	return ""
}

func runnable(folder, name string) bool {
	info, err := os.Stat(filepath.Join(folder, name))
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// missing skips a test that needs something which is not installed, and fails it
// where CI is "true".
func missing(tb testing.TB, what string) {
	tb.Helper()
	advice := fmt.Sprintf("%s is not installed: install it; most tests also run on a server that %s names (postgres://…)", what, Environment)
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s. With CI=true no test is skipped", advice)
	}
	tb.Skipf("%s. Until then this test is skipped", advice)
}
