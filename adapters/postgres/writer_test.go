package postgres_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// Some tests need writers in processes of their own. They start this test binary
// again, with the variable below set; TestMain then runs a writer in place of tests.
const writerVariable = "JIGAP_TEST_WRITER"

// orders tell a writer what to do.
type orders struct {
	URL     string
	Schema  string
	Name    string // of the writer; its keys begin with it
	Wallets []string
	Workers int
	Calls   int    // of each worker; zero: until killed
	Lane    string // of the operations that it opens and ends, if any
	Quiet   bool   // tell nothing of calls but failures, and every amount is -1
}

// call is one call of a writer, told once before (Returned zero) and once after.
type call struct {
	Wallet   string
	Key      string
	Amount   int64 // signed: a recharge or a deduct
	Called   int64 // nanoseconds of the machine's clock
	Returned int64
	Result   string // "booked", "insufficient", "unknown", "failed"
	Balance  int64  // with "booked": the new balance
}

// runWriter is a writer's process.
func runWriter(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return err
	}
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := postgres.New(pool, postgres.Config{Schema: o.Schema})
	if err != nil {
		return err
	}
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		return err
	}
	w := &writer{orders: o, store: store, ledger: wallets, out: json.NewEncoder(os.Stdout)}
	var working sync.WaitGroup
	for worker := range o.Workers {
		working.Go(func() { w.work(worker) })
	}
	working.Wait()
	return nil
}

type writer struct {
	orders
	store  *postgres.Store
	ledger *ledger.Ledger
	mu     sync.Mutex
	out    *json.Encoder
}

func (w *writer) tell(c call) {
	if w.Quiet && (c.Result == "" || c.Result == "booked") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(c)
}

func (w *writer) work(worker int) {
	for i := 0; w.Calls == 0 || i < w.Calls; i++ {
		c := call{
			Wallet: w.Wallets[rand.IntN(len(w.Wallets))], Key: fmt.Sprintf("%s-%d-%d", w.Name, worker, i),
			Amount: int64(rand.IntN(30)) - 15,
		}
		if c.Amount == 0 {
			c.Amount = 1
		}
		if w.Quiet {
			c.Amount = -1
		}
		c.Called = time.Now().UnixNano()
		w.tell(c)
		c = w.run(c)
		w.tell(c)
		if w.Lane != "" && i%5 == 0 {
			w.travel(c.Key)
		}
	}
}

func (w *writer) run(c call) call {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var receipt ledger.Receipt
	var err error
	if c.Amount > 0 {
		receipt, err = w.ledger.Credit(ctx, ledger.CreditRequest{WalletID: c.Wallet, Key: c.Key, Amount: decimal.NewFromInt(c.Amount)})
	} else {
		receipt, err = w.ledger.Deduct(ctx, ledger.DeductRequest{WalletID: c.Wallet, Key: c.Key, Amount: decimal.NewFromInt(-c.Amount)})
	}
	c.Returned = time.Now().UnixNano()
	switch {
	case err == nil:
		c.Result, c.Balance = "booked", receipt.Entry.NewBalance.IntPart()
	case errors.Is(err, ports.ErrInsufficient):
		c.Result = "insufficient"
	case errors.Is(err, ports.ErrUndecided):
		c.Result = "unknown"
	default:
		c.Result = "failed"
	}
	return c
}

// travel opens an operation in the lane, and ends it, or ends the one that it finds
// there: its writer may be dead.
func (w *writer) travel(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	op := ports.Operation(hold(id, w.Lane))
	fate := w.store.Commit(ctx, []ports.Unit{{Operations: []ports.Operation{op}}})[0]
	if fate.Status == ports.FateLaneTaken {
		found, err := w.store.Operations(ctx, fate.IDs[1:])
		if err != nil || len(found) == 0 || !found[0].Head().Open {
			return
		}
		op = found[0]
	} else if fate.Status != ports.FateCommitted {
		return
	}
	w.store.Commit(ctx, []ports.Unit{{Operations: []ports.Operation{ended(op)}}})
}

// process is a writer's process, seen from its test.
type process struct {
	cmd     *exec.Cmd
	reading sync.WaitGroup
	calls   map[string]call // by key, as last told
	booked  *crashtest.Tally
}

func startWriter(t testing.TB, o orders) *process { //nolint:thelper // also for benchmarks
	t.Helper()
	text, err := json.Marshal(o)
	require.NoError(t, err)
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0]), calls: make(map[string]call), booked: new(crashtest.Tally)}
	p.cmd.Env = append(os.Environ(), writerVariable+"="+string(text))
	output, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	var trouble strings.Builder
	p.cmd.Stderr = &trouble
	require.NoError(t, p.cmd.Start())
	p.reading.Go(func() { p.read(output) })
	return p
}

func (p *process) read(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var c call
		if json.Unmarshal(lines.Bytes(), &c) == nil { // a killed writer may leave half a line
			p.calls[c.Key] = c
			if c.Result == "booked" {
				p.booked.Add()
			}
		}
	}
}

// wait returns what a writer told when it has ended.
func (p *process) wait() map[string]call {
	p.reading.Wait()
	_ = p.cmd.Wait()
	return p.calls
}

// kill kills a writer (SIGKILL where there are signals) and returns what it told.
func (p *process) kill() map[string]call {
	_ = p.cmd.Process.Kill()
	return p.wait()
}

// audit is what must hold of wallets after any crash: what was acknowledged is there,
// once, with the balance that was told; what was refused is not; every history proves
// itself; and the books balance.
func audit(t *testing.T, store ports.Store, ids []string, calls map[string]call) (booked int) {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	entries := make(map[string]ports.Entry)
	for _, id := range ids {
		_, err := wallets.Verify(t.Context(), id)
		require.NoError(t, err, "wallet %s", id)
		for entry, err := range wallets.Entries(t.Context(), ports.EntryFilter{WalletID: id}) {
			require.NoError(t, err)
			if entry.Key != "" {
				require.NotContains(t, entries, id+"/"+entry.Key)
				entries[id+"/"+entry.Key] = entry
			}
		}
	}
	for key, c := range calls {
		entry, there := entries[c.Wallet+"/"+key]
		switch c.Result {
		case "booked":
			require.True(t, there, "acknowledged %s is lost", key)
			require.Equal(t, strconv.FormatInt(c.Balance, 10), entry.NewBalance.String(), key)
			booked++
		case "insufficient", "failed":
			require.False(t, there, "%s was reported as %s and is there", key, c.Result)
		}
	}
	_, err = wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	return booked
}
