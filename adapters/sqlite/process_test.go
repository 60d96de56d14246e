package sqlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/internal/crashtest"
)

// Some tests need a process of their own. They start this test binary again, with the variable below set to
// what it is to do; TestMain then does that in place of tests.
const taskVariable = "JIGAP_TEST_SQLITE_TASK"

// task is what a process does.
type task struct {
	What string // "write" or "fill"
	Path string
	Name string // the keys of a writer begin with it
}

func TestMain(m *testing.M) {
	text := os.Getenv(taskVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var t task
	err := json.Unmarshal([]byte(text), &t)
	if err == nil {
		err = map[string]func(task) error{"write": write, "fill": fill}[t.What](t)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// start starts a process with a task.
func start(t *testing.T, what task) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(what)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// write credits and deducts until it is killed.
func write(t task) error {
	store, err := sqlite.Open(ctx(), t.Path, sqlite.Config{})
	if err != nil {
		return err
	}
	return crashtest.Write(ctx(), store, t.Name, os.Stdout)
}

// TestKilled kills a process under load 100 times: what it was told is there, nothing is there twice, and every
// wallet and the feed are right.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 100
	if testing.Short() {
		kills = 10
	}
	file := newFile(t)
	store := openStore(t, file, patient)
	crashtest.OpenWallets(t, store)
	require.NoError(t, store.Close())
	random := rand.New(rand.NewPCG(3, 4))
	calls := make(map[string]crashtest.Told)
	for round := range kills {
		cmd := start(t, task{What: "write", Path: file, Name: fmt.Sprint(round)})
		said, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		last := 16 + random.IntN(200)
		crashtest.Listen(t, said, calls, func(lines int) {
			if lines == last {
				require.NoError(t, cmd.Process.Kill())
			}
		})
		require.Error(t, cmd.Wait(), "it was killed")
	}
	store = openStore(t, file, patient)
	crashtest.RequireWhole(t, store, calls)
	problems, err := store.CheckFeed(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// ctx is the context of a process without a test.
func ctx() context.Context { return context.Background() }
