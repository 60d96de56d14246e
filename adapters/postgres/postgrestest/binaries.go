package postgrestest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// Environment is the variable that names a server to use instead of a throwaway one.
const Environment = "JIGAP_TEST_POSTGRES"

// BinariesEnvironment is the variable that names the folder of the programs postgres
// and initdb that throwaway servers are made with, instead of the installed ones.
const BinariesEnvironment = "JIGAP_TEST_POSTGRES_BIN"

// installed is where packages put PostgreSQL's programs, other than in PATH.
var installed = []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"}

// folders returns where PostgreSQL's programs may be, the last version's first.
func folders(program string) []string {
	var folders []string
	for _, pattern := range installed {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		folders = append(folders, found...)
	}
	if path, err := exec.LookPath(program); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	return folders
}

// number returns the first number in a text ("/usr/lib/postgresql/15/bin"), or zero.
func number(text string) int {
	n, _ := strconv.Atoi(numbers.FindString(text))
	return n
}

var numbers = regexp.MustCompile(`[0-9]+`)

// binaries returns the folder of the server's programs, or blank when there are none:
// the one that the environment names, or the last version's that is installed.
func binaries() (string, error) {
	if folder := os.Getenv(BinariesEnvironment); folder != "" {
		if !serves(folder) {
			return "", fmt.Errorf("%s: %s has no programs postgres and initdb", BinariesEnvironment, folder)
		}
		return folder, nil
	}
	for _, folder := range folders("postgres") {
		if serves(folder) {
			return folder, nil
		}
	}
	return "", nil
}

func serves(folder string) bool { return runnable(folder, "initdb") && runnable(folder, "postgres") }

func runnable(folder, name string) bool {
	info, err := os.Stat(filepath.Join(folder, name))
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// The advice for a test that needs a server, one of its own, or a pooler.
const (
	adviceServer = "PostgreSQL is not installed: install it, or name a server in " + Environment + " (postgres://…)"
	adviceOwn    = "PostgreSQL is not installed: install it, or name the folder of its programs in " + BinariesEnvironment +
		"; a server in " + Environment + " is not enough here, for the test starts and stops servers of its own"
	advicePooler = "pgbouncer is not installed: install it and PostgreSQL's own programs; a server in " + Environment + " is not enough here"
)

// missing skips a test that needs something which is not installed, and fails it
// where CI is "true".
func missing(tb testing.TB, advice string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%s. With CI=true no test is skipped", advice)
	}
	tb.Skipf("%s. Until then this test is skipped", advice)
}
