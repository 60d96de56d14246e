package postgrestest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// packaged is where packages put pgbouncer, which is not on the PATH of everybody.
var packaged = "/usr/sbin/pgbouncer"

// Pooler returns the program pgbouncer. A test that needs it is skipped where it is not
// installed, and fails there where CI is "true". A test with subtests calls it before them.
func Pooler(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = packaged
	}
	if !runnable(filepath.Dir(program), filepath.Base(program)) {
		missing(tb, advicePooler)
	}
	return program
}

// NewPooler starts a pgbouncer in front of the server, with so many connections to it,
// each given to a client for one transaction at a time. It stops it at the end of the
// test and returns what connects to it.
func (s *Server) NewPooler(tb testing.TB, connections int) string {
	tb.Helper()
	program := Pooler(tb)
	pooler, err := prepare(s.binaries, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pooler.remove)
	settings := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=postgres\n"+
		"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\n"+
		"pool_mode = transaction\ndefault_pool_size = %d\nmax_client_conn = 500\n", s.port, pooler.port, connections)
	file := filepath.Join(pooler.folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), program, "-q", file)
	if err := pooler.launch(cmd); err != nil {
		tb.Fatal(err)
	}
	return pooler.URL()
}
