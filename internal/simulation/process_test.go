package simulation_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// process is one life of a simulated process: a house whose calls wait for their
// turns, with a clock of its own.
type process struct {
	*house
	world *world
	name  string // "p1.3" is the third life of process 1
	life  *crashtest.Life
	dead  atomic.Bool
	ids   atomic.Int64
	skew  atomic.Int64 // nanoseconds that its clock is ahead

	without       string // the provider that it does not have
	readOnlyUntil time.Time

	mu      sync.Mutex
	refused map[string]int                // writes, by actor
	status  map[string]ports.WalletStatus // as an actor saw it last, by actor and wallet

	// The world's own:
	pausedUntil time.Time
	running     map[string]bool // actors
}

// Now is the clock of the process.
func (p *process) Now() time.Time { return time.Now().Add(time.Duration(p.skew.Load())) }

// NewID returns an id that no other life of any process gives. In some runs Toss does not take it
// as it is.
func (p *process) NewID() string {
	id := fmt.Sprintf("%s-%03d", p.name, p.ids.Add(1))
	if p.world.mood.oddIDs {
		return id
	}
	return strings.ReplaceAll(id, ".", "-")
}

// Notify counts what the host is told.
func (p *process) Notify(_ context.Context, event ports.Event) {
	if !p.dead.Load() {
		p.world.count("events", event.EventName())
	}
}

func (p *process) wait(ctx context.Context, what string, commit bool) *turn {
	return p.world.turns.wait(ctx, p, what, commit)
}

// start begins a life of a process.
func (w *world) start(slot, life int) *process {
	p := &process{
		world: w, name: fmt.Sprintf("p%d.%d", slot+1, life), life: crashtest.Immortal(), running: make(map[string]bool),
		without: w.lacking(slot), refused: make(map[string]int), status: make(map[string]ports.WalletStatus),
	}
	var seen func(string)
	if w.mood.traced {
		seen = func(id string) { w.count("chargers", "a charge through one that is wrapped") }
	}
	p.skew.Store(int64(w.drawSkew()))
	var salts atomic.Int64
	var err error
	p.house, err = newHouse(parts{
		store: &store{Store: w.store, process: p}, clock: p, ids: p, notifier: p, access: w.providers.access,
		solapi:  &transport{process: p, inner: w.providers.solapi.Transport()},
		kona:    &transport{process: p, inner: w.providers.kona.Transport()},
		without: p.without, deaf: w.mood.deaf, collects: w.mood.collects, limits: w.mood.limits(), window: windowCharger{w.providers.gateway, p}, traced: seen,
		toss:    w.toss(p),
		konaURL: "https://kona.test", parallel: 1, // else the machine draws which wallets share a line
		logger: slog.New(alarm{slog.DiscardHandler, p}),
		salt:   func() string { return fmt.Sprintf("%s%016d", p.name[:2], salts.Add(1)) + p.name[3:] },
	})
	if err != nil {
		panic(err)
	}
	return p
}

// run lets an actor work in the process, until it waits for its first turn or is done.
func (p *process) run(actor string, work func(ctx context.Context)) {
	p.running[actor] = true
	ctx := as(p.world.ctx, actor)
	go func() {
		defer p.world.ended(p, actor)
		defer func() {
			if cause := recover(); cause != nil {
				p.world.blame(fmt.Errorf("%s: %s panicked: %v\n%s", p.name, actor, cause, debug.Stack()))
			}
		}()
		work(ctx)
	}()
	synctest.Wait()
}

// alarm is a logger that listens for panics which the library caught.
type alarm struct {
	slog.Handler
	process *process
}

// Enabled implements [slog.Handler].
func (a alarm) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements [slog.Handler].
func (a alarm) Handle(_ context.Context, record slog.Record) error { //nolint:gocritic // as the interface has it
	text := record.Message
	record.Attrs(func(attr slog.Attr) bool { text += " " + attr.String(); return true })
	if strings.Contains(text, "did not return in time") {
		a.process.world.count("chargers", "left by the core, deaf to its context")
	}
	if strings.Contains(text, "panic") {
		a.process.world.blame(fmt.Errorf("%s: %s", a.process.name, text))
	}
	return nil
}
