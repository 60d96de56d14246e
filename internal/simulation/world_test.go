package simulation_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// world is one run: processes over a store, hosts, providers and a reader of the change
// feed. Everything that happens is drawn here, in one goroutine, from one seed.
type world struct {
	ctx       context.Context //nolint:containedctx // of the run
	random    *rand.Rand
	mood      mood
	trace     *trace
	summary   *summary
	turns     turns
	store     *memory.Store
	witness   *witness
	providers *providers
	host      *host
	feed      reader
	slots     []slot
	faulty    bool
	quiet     bool // and nothing of what failed is under way any more
	planned   int  // requests

	mu       sync.Mutex
	fault    error   // the first of what should never be
	finished []heard // by actors, since the world last looked
	idle     []actor // likewise
	pages    []*page // likewise
	posted   int     // notifications

	asked []*asked // every request that was made
}

// slot is a place for a process: at most one life at a time.
type slot struct {
	*process // nil while it is down
	lives    int
	backAt   time.Time
}

type actor struct {
	process *process
	name    string
}

// asked is a request that a host made, and how it came back.
type asked struct {
	*request
	by     *process
	answer string
	err    error
	ending ending // blank: it did not come back yet
	again  bool   // it was made again after its answer was lost
}

// heard is how a request came back from the process in which it was made.
type heard struct {
	*asked
	by     *process
	answer string
	err    error
	during *window
}

func newWorld(ctx context.Context, seed uint64, trace *trace) *world {
	w := &world{
		ctx: ctx, random: rand.New(rand.NewPCG(seed, 0x6a69676170)), trace: trace, summary: newSummary(), store: memory.New(), faulty: true,
	}
	w.witness = newWitness(w)
	time.Sleep(time.Duration(w.random.IntN(40*24)) * time.Hour) // any day, any hour
	w.mood = drawMood(w.random)
	w.providers = newProviders(seed, ports.SystemClock(), w.count)
	if w.mood.toss {
		w.providers.useToss(seed, ports.SystemClock())
	}
	w.feed = reader{seen: make(map[string]int64)}
	w.host = &host{random: w.random, name: "k", access: w.providers.access, now: time.Now, weights: w.mood.kinds, look: w.witness.available, lots: w.witness.lotsOf}
	w.host.delegates, w.host.backs, w.host.awaits = w.mood.delegates, w.backsNow, w.toPay
	if w.host.tossOdds = 2; w.mood.sells {
		w.host.tossOdds = 1
	}
	w.planned = 40 + w.random.IntN(100)
	for i := range w.mood.processes {
		w.slots = append(w.slots, slot{process: w.start(i, 1), lives: 1})
	}
	return w
}

// open opens the wallets and puts money into them.
func (w *world) open() error {
	l, err := ledger.New(w.store, ledger.Config{Limits: w.mood.limits()})
	if err != nil {
		return err
	}
	for i := range w.mood.wallets {
		w.host.wallets = append(w.host.wallets, fmt.Sprint(inWon, i+1))
	}
	for i := range w.mood.dollars {
		w.host.wallets = append(w.host.wallets, fmt.Sprint(inDollars, i+1))
	}
	for _, id := range w.host.wallets {
		currency, scale := currencyOf(id)
		if _, err := l.Open(w.ctx, ledger.OpenRequest{WalletID: id, Currency: currency, Scale: scale}); err != nil {
			return err
		}
		if _, err := l.Credit(w.ctx, ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(50_000), Provider: "bank"}); err != nil {
			return err
		}
		day, month := periods(id, time.Now())
		w.witness.credited[day], w.witness.credited[month] = won(50_000), won(50_000)
	}
	opened, err := w.store.Wallets(w.ctx, w.host.wallets)
	for i := range opened {
		w.witness.wallets[opened[i].ID] = opened[i]
	}
	return err
}

// Bounds that no run should come near.
const (
	mostSteps = 100_000
	atOnce    = 4 // requests under way in one process
)

// chaos lets everything happen until all requests were made and came back.
func (w *world) chaos() error {
	w.providers.misbehave(w.mood.orderOdds)
	for steps := 0; w.host.made < w.planned || w.busy(); steps++ {
		if steps > mostSteps {
			return fmt.Errorf("after %d steps requests are still under way", steps)
		}
		w.step()
		if err := w.blamed(); err != nil {
			return err
		}
		if steps%200 == 0 {
			if err := w.checkAlways(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) busy() bool {
	return slices.ContainsFunc(w.slots, func(s slot) bool { return s.process != nil && len(s.running) > 0 })
}

// alive returns a process that lives and is not paused, or nil.
func (w *world) alive() *process {
	p := w.slots[w.random.IntN(len(w.slots))].process
	if p == nil || time.Now().Before(p.pausedUntil) {
		return nil
	}
	return p
}

func (w *world) askSomething() {
	p := w.alive()
	if p == nil || len(p.running) >= atOnce || w.host.made >= w.planned {
		return
	}
	w.ask(p, &asked{request: w.host.next()})
}

// ask makes a request in a process.
func (w *world) ask(p *process, a *asked) {
	a.by = p
	w.say("%s host asks %d: %s", p.name, a.Number, a.request)
	if !a.again {
		w.asked = append(w.asked, a)
	}
	a.ending = ""
	during := w.witness.begins(a.request)
	limit := time.Duration(0)
	if w.faulty && w.random.IntN(10) == 0 {
		limit = time.Duration(1+w.random.IntN(120)) * time.Second
	}
	p.run(fmt.Sprintf("request %d", a.Number), func(ctx context.Context) {
		if limit > 0 {
			bounded, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			ctx = bounded
		}
		check := a.preview(ctx, p)
		answer, err := a.do(ctx, p.house)
		if err == nil && check != nil {
			if wrong := check(ctx); wrong != nil {
				w.blame(wrong)
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.finished = append(w.finished, heard{a, p, answer, err, during})
	})
}

// ended is called by an actor that has nothing more to do.
func (w *world) ended(p *process, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = append(w.idle, actor{p, name})
}

// collect notes what came back.
func (w *world) collect() {
	w.mu.Lock()
	finished, idle, pages := w.finished, w.idle, w.pages
	w.finished, w.idle, w.pages = nil, nil, nil
	w.mu.Unlock()
	w.keepPages(pages)
	for _, a := range idle {
		delete(a.process.running, a.name)
	}
	slices.SortFunc(finished, func(a, b heard) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.by.name, b.by.name))
	})
	for _, h := range finished {
		a := h.asked
		w.witness.ends(h.during)
		if h.by != a.by {
			continue // it was asked again meanwhile, since its process had died
		}
		a.answer, a.err = h.answer, h.err
		if a.by.dead.Load() {
			a.answer, a.err = "", crashtest.ErrDead // whatever it came to while it died, no caller heard it
		}
		a.ending = endingOf(a.err)
		if err := cmp.Or(w.witness.wrongly(h.during, a), w.witness.bothOn(h.during, a), a.credible()); err != nil {
			w.blame(err)
		}
		if a.ending == refused && !expected(a.err) {
			w.blame(fmt.Errorf("request %d (%s): %w", a.Number, a.request, a.err))
		}
		w.count("requests", string(a.ending))
		w.count("asked for", a.Kind+" "+string(a.ending))
		w.count("currencies", a.money()+" "+string(a.ending))
		w.say("%s host hears of %d: %s %s %s", a.by.name, a.Number, a.ending, a.answer, text(a.err))
		if a.ending == acknowledged {
			w.host.learn(a.request, a.answer)
		}
		w.host.hears(a.request, a.err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// work starts a job in a process. Jobs of the ledger do one piece at a time: two pieces
// in a row have no turn between them.
func (w *world) work() {
	p := w.alive()
	if p == nil {
		return
	}
	i := w.random.IntN(len(p.jobs))
	limit := 1 + w.random.IntN(20)
	w.startJob(p, i, limit)
}

func (w *world) startJob(p *process, i, limit int) {
	job := p.jobs[i]
	if p.running[job.Name] {
		return
	}
	if i < len(p.wallets.Jobs()) {
		limit = 1
	}
	w.say("%s begins to %s", p.name, job.Name)
	p.run(job.Name, func(ctx context.Context) {
		before := p.refusals(job.Name)
		_, err := job.Step(ctx, limit)
		if silent := p.silent(job.Name, before, err); silent != nil {
			w.blame(silent)
		}
		switch {
		case err == nil || endingOf(err) != refused || p.dead.Load():
		case w.quiet:
			w.blame(fmt.Errorf("%s: nothing fails any more, and %s reports: %w", p.name, job.Name, err))
		default:
			w.count("jobs that reported an error", job.Name)
		}
	})
}

// blame notes what should never be; the first of it ends the run.
func (w *world) blame(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault == nil {
		w.fault = err
	}
}

func (w *world) blamed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

func (w *world) count(group, name string) { w.summary.count(group, name) }

func (w *world) say(format string, args ...any) { w.trace.say(format, args...) }
