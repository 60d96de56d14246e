package mysql_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/internal/crashtest"
)

// A test that needs other processes starts this test binary again, with the variable below set to what a writer is to
// do; TestMain then runs the writer in place of tests.
const writerVariable = "JIGAP_TEST_MYSQL_WRITER"

type writing struct{ Database, Name string }

func TestMain(m *testing.M) {
	text := os.Getenv(writerVariable)
	if text == "" {
		os.Exit(mysqltest.Main(m))
	}
	if err := write(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func write(text string) error {
	var w writing
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return err
	}
	store, err := mysql.Open(context.Background(), w.Database, mysql.Config{Connections: 4})
	if err != nil {
		return err
	}
	return crashtest.Write(context.Background(), store, w.Name, os.Stdout)
}

// writer is a writer's process, and what it said.
type writer struct {
	cmd   *exec.Cmd
	calls map[string]crashtest.Told
	done  sync.WaitGroup
}

func startWriter(t *testing.T, w writing, booked *atomic.Int64) *writer {
	t.Helper()
	text, err := json.Marshal(w)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), writerVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	said, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &writer{cmd: cmd, calls: make(map[string]crashtest.Told)}
	p.done.Go(func() { p.listen(said, booked) })
	return p
}

// listen keeps what the writer says, and tells of each call that was booked.
func (p *writer) listen(said io.Reader, booked *atomic.Int64) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		var call crashtest.Told
		if json.Unmarshal(lines.Bytes(), &call) != nil {
			return
		}
		p.calls[call.Key] = call
		if call.Balance != "" {
			booked.Add(1)
		}
	}
}

// TestKilled kills the server 50 times, while four processes write to one database: what they were told is there,
// nothing is there twice, in the order in which they ran.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 50
	if testing.Short() {
		kills = 5
	}
	server := mysqltest.NewServer(t, "--innodb-flush-log-at-trx-commit=1")
	name := mysqltest.DatabaseOn(t, server.Name(""))
	store := mysqltest.Open(t, name, patient)
	crashtest.OpenWallets(t, store)
	var booked atomic.Int64
	writers := make([]*writer, 4)
	for i := range writers {
		writers[i] = startWriter(t, writing{name, fmt.Sprint(i)}, &booked)
	}
	random := rand.New(rand.NewPCG(5, 6))
	work := func() {
		more := booked.Load() + 50 + random.Int64N(100)
		require.Eventually(t, func() bool { return booked.Load() >= more }, time.Minute, 5*time.Millisecond, "the writers book nothing")
	}
	for range kills {
		work()
		server.Kill()
		server.Start(t)
	}
	work()
	calls := make(map[string]crashtest.Told)
	for _, w := range writers {
		require.NoError(t, w.cmd.Process.Kill())
		w.done.Wait()
		_ = w.cmd.Wait()
		maps.Copy(calls, w.calls)
	}
	crashtest.RequireWhole(t, store, calls)
	problems, err := store.CheckFeed(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestStore_after_a_restart: connections that broke while they were not used keep no call from being carried out.
func TestStore_after_a_restart(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t, "--innodb-flush-log-at-trx-commit=1")
	store := mysqltest.Open(t, mysqltest.DatabaseOn(t, server.Name(""))+"?clientFoundRows=true", patient)
	base := sqltest.Opened("w")
	sqltest.Commit(t, store, base)
	var reading sync.WaitGroup
	for range patient.Connections { // all connections are open
		reading.Go(func() { _, _ = store.Totals(context.Background()) })
	}
	reading.Wait()
	for i := range 3 {
		server.Kill()
		server.Start(t)
		next := sqltest.Deducted(base, fmt.Sprint("key ", i))
		sqltest.Commit(t, store, next)
		sqltest.Wallet(t, store, "w")
		base = next
	}
}

// TestCut cuts the connections of a process again and again: no call is booked twice, and none that was told.
func TestCut(t *testing.T) {
	t.Parallel()
	cuts := 100
	if testing.Short() {
		cuts = 10
	}
	proxy := sqltest.NewProxy(t, mysqltest.Address(t))
	name := mysqltest.Database(t)
	plain := mysqltest.Open(t, name, patient)
	crashtest.OpenWallets(t, plain)
	store := mysqltest.Open(t, mysqltest.Through(t, name, proxy.Address()), mysql.Config{Timeout: 10 * time.Second, Connections: 4})
	ctx, stop := context.WithCancel(t.Context())
	said, out := io.Pipe()
	calls := make(map[string]crashtest.Told)
	var writing sync.WaitGroup
	writing.Go(func() {
		_ = crashtest.Write(ctx, store, "cut", out)
		_ = out.Close()
	})
	random := rand.New(rand.NewPCG(7, 8))
	next, cut := 20+random.IntN(40), 0
	crashtest.Listen(t, said, calls, func(lines int) {
		if lines < next {
			return
		}
		proxy.Cut()
		if cut++; cut >= cuts {
			stop()
		}
		next = lines + 20 + random.IntN(40)
	})
	writing.Wait()
	stop()
	crashtest.RequireWhole(t, plain, calls)
}
