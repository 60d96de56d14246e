package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"time"

	"github.com/jigap/jigap/ports"
)

// Config holds what a [Ledger] may be told. The zero Config works.
type Config struct {
	// Clock tells the time. Defaults to the machine's.
	Clock ports.Clock
	// IDs makes the ids of holds. Defaults to version 7 UUIDs.
	IDs ports.IDs
	// Observer is told of entries after they were committed. Defaults to nobody.
	Observer ports.Observer
	// Logger receives what an Observer, a store or a clock panicked with. Defaults to
	// silence.
	Logger *slog.Logger
	// Parallel is how many commits may be under way at once. Operations on one
	// wallet always share one. Defaults to GOMAXPROCS.
	Parallel int
	// CacheWallets is about how many wallets are remembered between operations, so
	// that an operation on a wallet seen before is one round trip. Defaults to
	// 200,000.
	CacheWallets int
}

func (c *Config) setDefaults() error {
	var errs []error
	if c.Parallel < 0 {
		errs = append(errs, ports.Invalid("Parallel", "is negative"))
	}
	if c.CacheWallets < 0 {
		errs = append(errs, ports.Invalid("CacheWallets", "is negative"))
	}
	if c.Clock == nil {
		c.Clock = ports.SystemClock()
	}
	if c.IDs == nil {
		c.IDs = ports.RandomIDs()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Parallel == 0 {
		c.Parallel = runtime.GOMAXPROCS(0)
	}
	if c.CacheWallets == 0 {
		c.CacheWallets = 200_000
	}
	return errors.Join(errs...)
}

// Ledger runs operations on the wallets of one [ports.Store]. Make one with [New].
// It is safe for concurrent use and has nothing to close.
type Ledger struct {
	store  ports.Store
	config Config
	bound  bool // the store is the caller's own: see [ports.BoundStore]
	seed   maphash.Seed
	lines  []*line
}

// New returns a ledger over store. It does no I/O. Errors are [ports.ErrInvalid],
// one for each refused field of config.
func New(store ports.Store, config Config) (*Ledger, error) {
	if store == nil {
		return nil, ports.Invalid("store", "is nil")
	}
	if err := config.setDefaults(); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	_, bound := store.(ports.BoundStore)
	if bound {
		config.Parallel = 1
	}
	l := &Ledger{store: store, config: config, bound: bound, seed: maphash.MakeSeed(), lines: make([]*line, config.Parallel)}
	for i := range l.lines {
		l.lines[i] = newLine(l)
	}
	return l, nil
}

// line returns the queue that operations on the wallet stand in.
func (l *Ledger) line(walletID string) *line {
	if len(l.lines) == 1 {
		return l.lines[0]
	}
	return l.lines[maphash.String(l.seed, walletID)%uint64(len(l.lines))]
}

func (l *Ledger) now() time.Time { return ports.Instant(l.config.Clock.Now()) }

// Receipt is the answer to an operation: the entry that it booked, or, when its
// key had been used for the same request before, the entry that was booked then.
type Receipt struct {
	Entry    ports.Entry
	Replayed bool
}

// do runs a command and waits for its fate.
func (l *Ledger) do(ctx context.Context, c *command) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	receipt, err := l.line(c.walletID).do(ctx, c)
	if err != nil {
		return Receipt{}, fmt.Errorf("%s wallet %s: %w", c.name, c.walletID, err)
	}
	return *receipt, nil
}
