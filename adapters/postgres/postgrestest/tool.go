package postgrestest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Tool returns the path of a client program ("pg_dump") that can talk to the server: of
// the server's major version or of a later one. It looks in the folder of the
// server's programs and in those of the installed versions. Without such a program Tool
// skips the test; with CI=true in the environment it fails the test.
func (s *Server) Tool(tb testing.TB, name string) string {
	tb.Helper()
	least := s.Version(tb)
	for _, folder := range append([]string{s.binaries}, folders(name)...) {
		path := filepath.Join(folder, name)
		if runnable(folder, name) && toolVersion(path) >= least {
			return path
		}
	}
	missing(tb, fmt.Sprintf("%s of PostgreSQL %d or later is not installed: install it", name, least))
	return ""
}

// Version returns the server's major version.
func (s *Server) Version(tb testing.TB) int {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, "PG_VERSION"))
	if err != nil {
		tb.Fatal(err)
	}
	return number(string(text))
}

// toolVersion asks a program for its major version ("pg_dump (PostgreSQL) 15.18 …").
func toolVersion(path string) int {
	said, err := exec.CommandContext(context.Background(), path, "--version").Output()
	if err != nil {
		return 0
	}
	_, version, _ := strings.Cut(string(said), "(PostgreSQL)")
	return number(version)
}
