package mysqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Server is a throwaway server that listens on 127.0.0.1.
type Server struct {
	program  string
	folder   string // of its data
	port     int
	settings []string
	running  *exec.Cmd
	ended    chan struct{} // is closed when it has ended
	said     *os.File
}

// NewServer makes and starts a server with settings ("--innodb-flush-log-at-trx-commit=1", …) and stops it at the end
// of the test.
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
	return server
}

// programs returns the server's program and the one that makes its data; both are blank when they are not installed.
func programs() (server, install string) {
	for _, name := range []string{"mariadbd", "/usr/sbin/mariadbd", "mysqld", "/usr/sbin/mysqld"} {
		if path, err := exec.LookPath(name); err == nil {
			server = path
			break
		}
	}
	install, err := exec.LookPath("mariadb-install-db")
	if err != nil && strings.HasSuffix(server, "mysqld") {
		install = server // with --initialize-insecure
	}
	if server == "" || install == "" {
		return "", ""
	}
	return server, install
}

// newServer makes and starts a server, or none when there are no programs.
func newServer(settings []string) (*Server, error) {
	program, install := programs()
	if program == "" {
		return nil, nil //nolint:nilnil // absence is no error here
	}
	folder, err := os.MkdirTemp("", "jigap-mysql-")
	if err != nil {
		return nil, err
	}
	s := &Server{program: program, folder: folder, settings: settings}
	if err = s.install(install); err == nil {
		err = s.begin()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// begin starts the server for the first time, on a port that is free.
func (s *Server) begin() (err error) {
	for range 5 { // another process may take the port
		if s.port, err = freePort(); err == nil {
			err = s.start()
		}
		if err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) install(program string) error {
	if err := os.Mkdir(s.tmp(), 0o700); err != nil {
		return err
	}
	args := []string{"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.tmp(), "--auth-root-authentication-method=normal", "--skip-test-db"}
	if program == s.program {
		args = []string{"--no-defaults", "--initialize-insecure", "--datadir=" + s.data(), "--tmpdir=" + s.tmp()}
	}
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Dir = s.folder
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, output)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// tmp is a folder for temporary tables: a server that starts removes those of others from the one of the system.
func (s *Server) tmp() string { return filepath.Join(s.folder, "tmp") }

// freePort returns a port that nothing listens on, below those that systems give to connections: one of these may
// be taken before the server has it.
func freePort() (port int, err error) {
	for range 100 {
		port = 20_000 + rand.IntN(12_000)
		var listener net.Listener
		if listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, err
}

// Address returns where the server listens.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Name returns the data source name of a database of the server.
func (s *Server) Name(database string) string { return "root@tcp(" + s.Address() + ")/" + database }

// Start starts a server that was stopped, and waits until it answers.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
}

func (s *Server) start() error {
	args := append([]string{
		"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.tmp(), "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", s.port),
		"--socket=" + filepath.Join(s.folder, "socket"), "--pid-file=" + filepath.Join(s.folder, "pid"), "--max-connections=300",
		"--skip-log-bin", "--innodb-buffer-pool-size=128M",
	}, s.settings...)
	if os.Getuid() == 0 {
		args = append(args, "--user=root")
	}
	said, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), s.program, args...)
	cmd.Dir, cmd.Stderr, cmd.Stdout = s.folder, said, said
	cmd.SysProcAttr = childAttributes()
	started, ended := make(chan error), make(chan struct{})
	go func() { // the system ends a child with the thread that started it: this one lasts
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(err, said.Close())
	}
	s.running, s.ended, s.said = cmd, ended, said
	if err := s.ready(); err != nil {
		s.Kill()
		log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
		return fmt.Errorf("%w: %s", err, log)
	}
	return nil
}

func (s *Server) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("mysql", s.Name(""))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for {
		var data string
		if err = db.QueryRowContext(ctx, "SELECT @@datadir").Scan(&data); err == nil {
			if filepath.Clean(data) != s.data() {
				return fmt.Errorf("the server of %s has the port", data)
			}
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("server has ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server at once: it will recover at its next start.
func (s *Server) Kill() {
	if s.running == nil {
		return
	}
	_ = s.running.Process.Kill()
	<-s.ended
	_ = s.said.Close()
	s.running = nil
}

func (s *Server) remove() {
	s.Kill()
	_ = os.RemoveAll(s.folder)
}
