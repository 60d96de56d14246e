package simulation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// town is what killed processes leave behind: a database, providers, and a test that
// starts processes, kills them, and in the end brings everything to rest.
type town struct {
	t         *testing.T
	random    *rand.Rand
	clock     *townClock
	providers *providers
	store     ports.Store
	orders    orders
	house     *house
	summary   *summary
	feed      reader
	asked     []*asked
	started   int
}

// townClock is the fast clock that can be moved on.
type townClock struct {
	fastClock
	mu    sync.Mutex
	ahead time.Duration
}

// Now is what the clock shows.
func (c *townClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fastClock.Now().Add(c.ahead)
}

func (c *townClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// TestKilledProcesses runs hosts in processes of their own over PostgreSQL, with the
// providers' simulators behind real HTTP, and kills them at random. At rest everything
// that the simulation checks must hold. What is drawn is drawn from a seed; when things
// happen is not.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	w := newTown(t, 1)
	w.providers.misbehave(4)
	processes := []*killable{w.start(), w.start(), w.start()}
	for range rounds {
		i := w.random.IntN(len(processes))
		processes[i].told.Await(t, 20+w.random.IntN(60))
		w.providers.scenario(w.random)
		w.providers.decide(w.random)
		w.read()
		w.kill(processes[i])
		w.summary.count("crashes", "SIGKILL")
		processes[i] = w.start()
	}
	for _, p := range processes {
		w.kill(p)
	}
	w.providers.heal()
	w.askAgain()
	c := &calmer{
		ctx: t.Context(), store: w.store, providers: w.providers, random: w.random, now: w.clock.Now, pass: w.clock.pass,
		step: w.step, do: w.do, count: w.summary.count, told: w.summary.events,
	}
	require.NoError(t, c.calm())
	require.NoError(t, checkAll(t.Context(), w.store, w.providers, &w.feed, w.asked, w.repeat, w.summary.count))
	t.Log(w.summary)
}

func newTown(t *testing.T, seed uint64) *town {
	t.Helper()
	fast := fastClock{Began: time.Now(), Epoch: ports.Instant(time.Now()), Speed: 240}
	w := &town{
		t: t, random: rand.New(rand.NewPCG(seed, 3)), clock: &townClock{fastClock: fast}, summary: newSummary(),
		feed: reader{seen: make(map[string]int64)},
	}
	w.providers = newProviders(seed, w.clock, w.summary.count)
	w.providers.useToss(seed, w.clock)
	server := postgrestest.NewServer(t, "fsync=off")
	store, err := postgres.New(postgrestest.PoolOn(t, server.URL(), 8), postgres.Config{})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	w.store = store
	solapi, kona := httptest.NewServer(labelled(w.providers.solapi)), httptest.NewServer(labelled(w.providers.kona))
	t.Cleanup(solapi.Close)
	t.Cleanup(kona.Close)
	shop := httptest.NewServer(labelled(w.providers.shop.sim))
	t.Cleanup(shop.Close)
	w.house, err = newHouse(parts{
		store: store, clock: w.clock, ids: ports.RandomIDs(), access: w.providers.access,
		solapi: w.providers.solapi.Transport(), kona: w.providers.kona.Transport(), konaURL: "https://kona.test",
		toss: w.providers.shop.sim.Transport(),
	})
	require.NoError(t, err)
	w.orders = orders{
		URL: server.URL(), SolapiURL: solapi.URL, KonaURL: kona.URL, TossURL: shop.URL, Clock: fast, Access: w.providers.access,
		Wallets: w.open(), Goroutines: 4,
	}
	w.orders.seal(w.providers.access.Project)
	return w
}

func (w *town) open() (ids []string) {
	ids = []string{"w1", "w2", "w3", "w4", "d1"}
	for _, id := range ids {
		currency, scale := currencyOf(id)
		_, err := w.house.wallets.Open(w.t.Context(), ledger.OpenRequest{WalletID: id, Currency: currency, Scale: scale})
		require.NoError(w.t, err)
		_, err = w.house.wallets.Credit(w.t.Context(), ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(500_000), Provider: "bank"})
		require.NoError(w.t, err)
	}
	return ids
}

// killable is a process of the town.
type killable struct {
	cmd     *exec.Cmd
	trouble strings.Builder
	done    chan []line
	told    crashtest.Tally
}

func (w *town) start() *killable {
	w.t.Helper()
	w.started++
	o := w.orders
	o.Name, o.Seed = fmt.Sprintf("p%d", w.started), w.random.Uint64()
	text, err := json.Marshal(o)
	require.NoError(w.t, err)
	p := &killable{cmd: exec.CommandContext(w.t.Context(), os.Args[0]), done: make(chan []line, 1)}
	p.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	p.cmd.Stderr = &p.trouble
	output, err := p.cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, p.cmd.Start())
	go func() { p.done <- readLines(output, &p.told) }()
	return p
}

// kill kills a process (SIGKILL where there are signals), and keeps what it told of its
// requests.
func (w *town) kill(p *killable) {
	w.t.Helper()
	require.NoError(w.t, p.cmd.Process.Kill())
	lines := <-p.done
	_ = p.cmd.Wait()
	require.Empty(w.t, p.trouble.String())
	requests := make(map[int]*asked)
	for _, l := range lines {
		require.Empty(w.t, l.Error, "%s", l.Request)
		a := requests[l.Request.Number]
		if a == nil {
			a = &asked{request: l.Request}
			requests[l.Request.Number] = a
			w.asked = append(w.asked, a)
		}
		if a.ending, a.answer = l.Ending, l.Answer; a.ending != "" {
			w.summary.count("requests", string(a.ending))
		}
	}
}

// read has the reader of the feed read a page, of which it keeps a part.
func (w *town) read() {
	entries, err := w.house.wallets.Feed(w.t.Context(), w.feed.cursor, 1+w.random.IntN(200))
	require.NoError(w.t, err)
	for i := range entries[:w.random.IntN(len(entries)+1)] {
		w.feed.keep(&entries[i])
	}
}

// askAgain makes every request again whose answer was lost.
func (w *town) askAgain() {
	w.t.Helper()
	for _, a := range w.asked {
		if a.ending == acknowledged || a.ending == refused || a.Key == "" {
			continue
		}
		a.answer, a.err = w.repeat(a.request)
		a.ending = endingOf(a.err)
		require.NotEqual(w.t, lost, a.ending, "%s: %v", a.request, a.err)
		require.True(w.t, a.ending == acknowledged || expected(a.err), "%s: %v", a.request, a.err)
		w.summary.count("requests made again", string(a.ending))
	}
}

func (w *town) repeat(r *request) (string, error) { return r.do(w.t.Context(), w.house) }

func (w *town) step() error {
	for _, job := range w.house.jobs {
		if _, err := job.Step(w.t.Context(), 1000); err != nil {
			return fmt.Errorf("%s: %w", job.Name, err)
		}
	}
	w.house.trigger.Wait()
	return nil
}

func (w *town) do(_ string, work func(context.Context, *house) error) error {
	return work(w.t.Context(), w.house)
}
