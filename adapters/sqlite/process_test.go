package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
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

const (
	writers       = 8
	writerWallets = 4
)

func walletID(i int) string { return fmt.Sprintf("wallet-%d", i) }

// told is what a writer says of a call: once before, and once after, with what it was told.
type told struct {
	Key, Wallet string
	Amount      int64
	Done        bool
	Balance     string // after it, if it was booked
}

// write credits and deducts until it is killed.
func write(t task) error {
	store, err := sqlite.Open(ctx(), t.Path, sqlite.Config{})
	if err != nil {
		return err
	}
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	out := json.NewEncoder(os.Stdout)
	say := func(call told) {
		mu.Lock()
		defer mu.Unlock()
		_ = out.Encode(call)
	}
	var running sync.WaitGroup
	for worker := range writers {
		running.Go(func() {
			for i := 0; ; i++ {
				call := told{Key: fmt.Sprintf("%s-%d-%d", t.Name, worker, i), Wallet: walletID(rand.IntN(writerWallets)), Amount: rand.Int64N(20) - 10}
				if call.Amount == 0 {
					call.Amount = 1
				}
				say(call)
				entry, err := book(context.Background(), wallets, call)
				switch {
				case err == nil:
					call.Balance = entry.NewBalance.String()
				case !errors.Is(err, ports.ErrInsufficient):
					fmt.Fprintln(os.Stderr, err)
				}
				call.Done = true
				say(call)
			}
		})
	}
	running.Wait()
	return nil
}

// book books a call: a credit, or a deduct where its amount is negative.
func book(ctx context.Context, wallets *ledger.Ledger, call told) (ports.Entry, error) {
	if call.Amount > 0 {
		receipt, err := wallets.Credit(ctx, ledger.CreditRequest{WalletID: call.Wallet, Key: call.Key, Amount: decimal.NewFromInt(call.Amount)})
		if err != nil {
			return ports.Entry{}, err
		}
		return receipt.Entry, nil
	}
	receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{WalletID: call.Wallet, Key: call.Key, Amount: decimal.NewFromInt(-call.Amount)})
	if err != nil {
		return ports.Entry{}, err
	}
	return receipt.Entry, nil
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
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	for i := range writerWallets {
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: walletID(i), Currency: "KRW"})
		require.NoError(t, err)
	}
	require.NoError(t, store.Close())
	random := rand.New(rand.NewPCG(3, 4))
	calls := make(map[string]told)
	for round := range kills {
		cmd := start(t, task{What: "write", Path: file, Name: fmt.Sprint(round)})
		pipe, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(pipe)
		patience := 2*writers + random.IntN(200)
		for lines.Scan() {
			var call told
			require.NoError(t, json.Unmarshal(lines.Bytes(), &call), "%s", lines.Text())
			calls[call.Key] = call
			if patience--; patience == 0 {
				require.NoError(t, cmd.Process.Kill())
			}
		}
		require.Error(t, cmd.Wait(), "it was killed")
	}
	requireWhole(t, openStore(t, file, patient), calls)
}

// requireWhole requires of a file what calls were told, and that wallets, feed and sums are right.
func requireWhole(t *testing.T, store *sqlite.Store, calls map[string]told) {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	booked, sums := 0, make(map[string]int64)
	for key, call := range calls {
		entry, err := wallets.EntryByKey(t.Context(), call.Wallet, key)
		if err != nil {
			require.ErrorIs(t, err, ports.ErrNotFound)
			require.Empty(t, call.Balance, "%s was told that it is booked", key)
			continue
		}
		require.True(t, entry.BalanceAmount.Equal(decimal.NewFromInt(call.Amount)))
		if call.Done {
			require.Equal(t, call.Balance, entry.NewBalance.String(), "%s was told that it is not booked", key)
		}
		booked++
		sums[call.Wallet] += call.Amount
	}
	require.Positive(t, booked)
	entries := 0
	for i := range writerWallets {
		wallet, err := wallets.Wallet(t.Context(), walletID(i))
		require.NoError(t, err)
		require.True(t, wallet.Balance.Equal(decimal.NewFromInt(sums[wallet.ID])))
		_, err = wallets.Verify(t.Context(), wallet.ID)
		require.NoError(t, err)
		entries += int(wallet.Seq)
	}
	require.Equal(t, booked+writerWallets, entries, "each entry is of one call, or opened a wallet")
	read := make(map[ports.EntryRef]bool)
	for cursor := ""; ; {
		page, err := store.Feed(t.Context(), cursor, 100)
		require.NoError(t, err)
		if len(page.Entries) == 0 {
			break
		}
		for i := range page.Entries {
			ref := ports.EntryRef{WalletID: page.Entries[i].WalletID, Seq: page.Entries[i].Seq}
			require.False(t, read[ref])
			require.True(t, ref.Seq == 1 || read[ports.EntryRef{WalletID: ref.WalletID, Seq: ref.Seq - 1}])
			read[ref] = true
		}
		cursor = page.Cursor
	}
	require.Len(t, read, entries)
	problems, err := store.CheckFeed(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// ctx is the context of a process without a test.
func ctx() context.Context { return context.Background() }
