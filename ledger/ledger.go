package ledger

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"reflect"
	"time"

	"github.com/jigap/jigap/ports"
)

// Config holds what a [Ledger] may be told. The zero Config works.
type Config struct {
	// Clock tells the time. Defaults to the machine's.
	Clock ports.Clock
	// IDs makes the ids of holds. Defaults to version 7 UUIDs.
	IDs ports.IDs
	// Observer gets entries after they were committed. Defaults to none.
	Observer ports.Observer
	// Logger receives what an Observer, a store, a clock, or the Check or Fill of a [books.Booking]
	// panicked with. It receives a line at level Warn when money arrives in a wallet that is above a
	// limit then, and when Incoming of a wallet was corrected. Defaults to silence.
	Logger *slog.Logger
	// Limits tells what may come into a wallet: see [Limits]. It must be quick and pure, do no I/O
	// and change nothing; it is called while the wallet waits, may be called several times, and by
	// several goroutines at once. The wallet is as it is before the operation or after it. All
	// processes that write the wallets must have the same Limits. An operation for which it panics
	// fails; money that has arrived is booked as if there were no limits. Defaults to none.
	Limits func(wallet *ports.Wallet) Limits
	// Parallel is how many commits may be under way at once; operations on one wallet
	// always share one. What waits meanwhile shares the next commit, so more is not faster
	// for long. Each commit takes one connection of a store that has a pool, as do, in
	// addition to them and up to as many each, waits for the locks of wallets that other transactions
	// keep, and attempts on such wallets: a pool of 3 times Parallel, and what reads need,
	// never makes a commit wait for a connection. Over a [ports.BoundStore] it is 1.
	// Defaults to 4; at most 64.
	Parallel int
	// CacheBytes is about how much memory the ledger uses to remember wallets, and the open
	// holds that it wrote, between operations, so that an operation on a wallet or hold seen
	// before is one round trip. A wallet takes about 600 bytes, and 200 for each of its
	// lots. Defaults to 128 MiB, some 200,000 wallets without lots.
	CacheBytes int
	// BusyTimeout is about how long an operation waits for a wallet that another
	// transaction keeps, where the ledger itself waits: over a store that is no
	// [ports.Locker], for transfers, and until the store waits for the lock on behalf of the
	// operation. Defaults to 5 seconds. What an operation waits beyond that is at most one
	// call of the store, which the store bounds.
	BusyTimeout time.Duration
}

// The bounds of Config.Parallel. The default does not depend on the machine: it is the
// store that the commits wait for.
const (
	parallelDefault = 4
	parallelMax     = 64
)

// setDefaults fills in what is not set, and returns what is wrong, in the order of the
// fields below.
func (c *Config) setDefaults() error {
	var errs []error
	switch {
	case c.Parallel < 0:
		errs = append(errs, ports.Invalid("Parallel", "is negative"))
	case c.Parallel > parallelMax:
		errs = append(errs, ports.Invalid("Parallel", "is more than %d", parallelMax))
	case c.Parallel == 0:
		c.Parallel = parallelDefault
	}
	if c.CacheBytes < 0 {
		errs = append(errs, ports.Invalid("CacheBytes", "is negative"))
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
	if c.CacheBytes == 0 {
		c.CacheBytes = 128 << 20
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 5 * time.Second
	}
	return ports.Join(errs...)
}

// Ledger runs operations on the wallets of one [ports.Store]. Make one with [New].
// It is safe for concurrent use and has nothing to close.
type Ledger struct {
	store  ports.Store
	config Config
	bound  ports.BoundStore // the store, when it belongs to the caller alone
	locker ports.Locker     // the store, when it can lock a wallet
	dry    bool             // the store writes nothing, and is for one goroutine
	seed   maphash.Seed
	queues []*queue
	asides *asides
	holds  *holdCache
	ticks  ticks
}

// New returns a ledger over store. It does no I/O. Errors are [ports.ErrInvalid],
// one for the store and one for each refused field of config.
func New(store ports.Store, config Config) (*Ledger, error) {
	if err := ports.Join(checkStore(store), config.setDefaults()); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	l := &Ledger{store: store, config: config, seed: maphash.MakeSeed()}
	if bound, ok := store.(ports.BoundStore); ok {
		l.bound, l.config.Parallel = bound, 1
	} else if locker, ok := store.(ports.Locker); ok {
		l.locker = locker
	}
	l.equip()
	return l, nil
}

// equip gives a ledger that has its store and configuration what it works with.
func (l *Ledger) equip() {
	l.asides, l.holds = newAsides(l), newHoldCache(l.config.CacheBytes/holdShare)
	l.queues = make([]*queue, l.config.Parallel)
	for i := range l.queues {
		l.queues[i] = newQueue(l)
	}
}

// checkStore refuses a store that is nil, or a nil pointer in an interface.
func checkStore(store ports.Store) error {
	if store == nil {
		return ports.Invalid("store", "is nil")
	}
	if v := reflect.ValueOf(store); v.Kind() == reflect.Pointer && v.IsNil() {
		return ports.Invalid("store", "is a nil %s", v.Type())
	}
	return nil
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

// do runs a command and waits for its fate. Where more holds have expired than a unit gives
// back, others come before it.
func (l *Ledger) do(ctx context.Context, c *command) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	for recounted := false; ; {
		receipt, err := l.queue(c.walletID).do(ctx, c)
		var more *moreDueError
		if errors.As(err, &more) {
			if _, err = l.endHolds(ctx, more.walletID, maxDue); err == nil {
				continue
			}
		}
		if err != nil && !recounted && l.recountIncoming(ctx, err) {
			recounted = true
			continue
		}
		if err != nil {
			return Receipt{}, c.explain(err)
		}
		return *receipt, nil
	}
}
