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
	// BusyTimeout is about how long an operation waits for a wallet that another
	// transaction keeps, where the ledger itself waits: over a store that is no
	// [ports.Locker], and for transfers. Defaults to 5 seconds. Other waits are bounded by
	// the store.
	BusyTimeout time.Duration
}

func (c *Config) setDefaults() error {
	var errs []error
	if c.Parallel < 0 {
		errs = append(errs, ports.Invalid("Parallel", "is negative"))
	}
	if c.CacheWallets < 0 {
		errs = append(errs, ports.Invalid("CacheWallets", "is negative"))
	}
	if c.BusyTimeout < 0 {
		errs = append(errs, ports.Invalid("BusyTimeout", "is negative"))
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
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 5 * time.Second
	}
	return errors.Join(errs...)
}

// Ledger runs operations on the wallets of one [ports.Store]. Make one with [New].
// It is safe for concurrent use and has nothing to close.
type Ledger struct {
	store  ports.Store
	config Config
	bound  ports.BoundStore // the store, when it belongs to the caller alone
	locker ports.Locker     // the store, when it can lock a wallet
	seed   maphash.Seed
	queues []*queue
	asides *asides
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
	l := &Ledger{store: store, config: config, seed: maphash.MakeSeed()}
	if bound, ok := store.(ports.BoundStore); ok {
		l.bound, l.config.Parallel = bound, 1
	} else if locker, ok := store.(ports.Locker); ok {
		l.locker = locker
	}
	l.asides = newAsides(l)
	l.queues = make([]*queue, l.config.Parallel)
	for i := range l.queues {
		l.queues[i] = newQueue(l)
	}
	return l, nil
}

// queue returns the queue that operations on the wallet wait in.
func (l *Ledger) queue(walletID string) *queue {
	if len(l.queues) == 1 {
		return l.queues[0]
	}
	return l.queues[maphash.String(l.seed, walletID)%uint64(len(l.queues))]
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
	receipt, err := l.queue(c.walletID).do(ctx, c)
	if err != nil {
		return Receipt{}, fmt.Errorf("%s wallet %s: %w", c.name, c.walletID, err)
	}
	return *receipt, nil
}
