package postgrestest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a throwaway PostgreSQL server that listens on 127.0.0.1.
type Server struct {
	binaries string
	folder   string // of its data
	port     int
	settings []string
	running  *exec.Cmd
}

// NewServer makes and starts a server with settings ("fsync=off", …) and stops it at
// the end of the test.
func NewServer(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	server, err := newServer(settings)
	if err != nil {
		tb.Fatal(err)
	}
	if server == nil {
		missing(tb, adviceOwn)
	}
	tb.Cleanup(server.remove)
	server.Start(tb)
	return server
}

// newServer makes a server that is not running, or none when there are no binaries.
func newServer(settings []string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	if bin == "" {
		return nil, nil //nolint:nilnil // absence is no error here
	}
	server, err := prepare(bin, settings)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", server.folder, "-U", "postgres",
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	if err := server.run(cmd); err != nil {
		server.remove()
		return nil, err
	}
	return server, nil
}

func prepare(bin string, settings []string) (*Server, error) {
	folder, err := os.MkdirTemp("", "jigap-postgres-")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	return &Server{binaries: bin, folder: folder, port: port, settings: settings}, err
}

func freePort() (int, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // a TCP listener has one
}

// run runs a command to its end, as the server's user.
func (s *Server) run(cmd *exec.Cmd) error {
	cmd.Dir = os.TempDir()
	if err := asUser(cmd, s.folder); err != nil {
		return err
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, output)
	}
	return nil
}

// URL returns what connects to the server.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

// Port returns the port that the server listens on.
func (s *Server) Port() int { return s.port }

// Start starts a server that was stopped, and waits until it answers.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
}

func (s *Server) start() error {
	options := append([]string{
		"listen_addresses=127.0.0.1", fmt.Sprintf("port=%d", s.port), "unix_socket_directories=", "max_connections=300",
	}, s.settings...)
	arguments := []string{"-D", s.folder}
	for _, option := range options {
		arguments = append(arguments, "-c", option)
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.binaries, "postgres"), arguments...)
	return s.launch(cmd)
}

// launch starts a command as the server's user and waits until it answers.
func (s *Server) launch(cmd *exec.Cmd) error {
	cmd.Dir = os.TempDir()
	var said strings.Builder
	cmd.Stderr = &said
	if err := asUser(cmd, s.folder); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running = cmd
	if err := s.ready(); err != nil {
		s.stop(immediate)
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return nil
}

func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop stops the server the fast way: transactions are rolled back, everything is
// written.
func (s *Server) Stop() { s.stop(fast) }

// Crash stops the server the immediate way: it will recover at its next start.
func (s *Server) Crash() { s.stop(immediate) }

func (s *Server) stop(how os.Signal) {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Signal(how)
	_ = s.running.Wait()
	s.running = nil
}

func (s *Server) remove() {
	s.stop(immediate)
	_ = os.RemoveAll(s.folder)
}
