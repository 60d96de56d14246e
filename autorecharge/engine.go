package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/events"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// Errors of an [Engine].
var (
	// ErrBothOn is returned when a policy is set, enabled or reinstated although a provider of its
	// payment methods has its own auto-recharge switched on: both would charge. Also when
	// another wallet has a delegated policy of the same Charger: they would undo each other.
	ErrBothOn = errors.New("the provider's own auto-recharge is on")
	// ErrNotConfigured is returned when a delegated policy was written and the provider
	// could not be configured yet. A worker goes on trying.
	ErrNotConfigured = errors.New("the provider is not configured as the policy says yet")
)

// Config holds what an [Engine] may be told. The zero Config works.
type Config struct {
	// Clock tells the time. Defaults to the machine's.
	Clock ports.Clock
	// IDs makes the ids of policies and the keys of attempts. Defaults to version 7
	// UUIDs.
	IDs ports.IDs
	// Trigger wakes the engine right after a wallet became due. Defaults to none: then
	// the worker's sweep finds what is due.
	Trigger *Trigger
	// Notifier gets the events of policies and alerts. Defaults to none.
	Notifier ports.Notifier
	// Logger receives a line for every event, and what the engine could not do when the
	// Trigger woke it. Defaults to silence.
	Logger *slog.Logger
	// Parallel is how many wallets are evaluated at once for each Charger, by its job and
	// by the Trigger. Defaults to 8; at most 1,000.
	Parallel int
	// Lease is how long an attempt belongs to the process that claimed it: longer than
	// a recharge takes. Defaults to five minutes.
	Lease time.Duration
}

func (c *Config) setDefaults() error {
	errs := []error{ports.CheckOption("Clock", c.Clock), ports.CheckOption("IDs", c.IDs), ports.CheckOption("Notifier", c.Notifier)}
	if c.Trigger != nil && c.Trigger.awake == nil {
		errs = append(errs, ports.Invalid("Trigger", "was not made by NewTrigger"))
	}
	errs = append(errs, ports.CheckDuration("Lease", c.Lease))
	if c.Parallel < 0 {
		errs = append(errs, ports.Invalid("Parallel", "is negative"))
	}
	if c.Parallel > parallelMax {
		errs = append(errs, ports.Invalid("Parallel", "is more than %d", parallelMax))
	}
	if c.Parallel == 0 {
		c.Parallel = 8
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
	if c.Lease == 0 {
		c.Lease = 5 * time.Minute
	}
	return ports.Join(errs...)
}

// parallelMax bounds Config.Parallel: each evaluation may be a goroutine that waits.
const parallelMax = 1_000

// Engine runs the policies of the wallets of one store. Make one with [New].
type Engine struct {
	store     ports.Store
	ledger    *ledger.Ledger
	recharges *recharge.Service
	config    Config
	calls     map[string]*call.Guard // by the name of the Charger: to read and to change its settings
	events    *events.Queue
	doubts    record.Doubts // policies whose commit is in doubt, to tell of later
	orphans   orphans
	zones     sync.Map // time zones that this machine does not know, and that were logged
}

// orphans is how far the look for attempts whose Charger is gone has come.
type orphans struct {
	mu      sync.Mutex
	afterID string
}

// logZone logs, once for each time zone, that this machine does not know it.
func (e *Engine) logZone(ctx context.Context, policy *loaded) {
	if _, logged := e.zones.LoadOrStore(policy.TimeZone, true); !logged {
		e.config.Logger.ErrorContext(ctx, "time zone is not known on this machine: policies with caps in it do not charge here",
			"time_zone", policy.TimeZone, "wallet", policy.WalletID)
	}
}

// New returns an engine over a store, the ledger on it, and the service that charges.
// Errors are [ports.ErrInvalid], one for each fault, in a fixed order.
func New(store ports.Store, wallets *ledger.Ledger, recharges *recharge.Service, config Config) (*Engine, error) {
	err := ports.Join(
		ports.CheckPart("store", store), ports.CheckMade("ledger", wallets), ports.CheckMade("recharges", recharges), config.setDefaults(),
	)
	if err != nil {
		return nil, fmt.Errorf("autorecharge: %w", err)
	}
	e := &Engine{
		store: store, ledger: wallets, recharges: recharges, config: config,
		events: events.NewQueue(config.Notifier, config.Logger), calls: make(map[string]*call.Guard),
	}
	for _, name := range recharges.Chargers() {
		e.calls[name] = new(call.Guard)
	}
	if config.Trigger != nil {
		config.Trigger.connect(e.onAlert, e.onDue, config.Parallel)
	}
	return e, nil
}

// Wait returns when the Notifier has got every event of the engine, for a graceful end of the
// host: after the [Trigger]'s own Wait. When ctx ends first, it returns the error of ctx.
func (e *Engine) Wait(ctx context.Context) error { return e.events.Wait(ctx) }

// onAlert tells the alerts of a wallet that the trigger found due. It returns the Charger
// that the policy needs next; blank: none.
func (e *Engine) onAlert(ctx context.Context, walletID string, low dip) (charger string) {
	e.logged(ctx, walletID, func(ctx context.Context, id string) error {
		if err := e.tellAlerts(ctx, id, low); err != nil {
			return err
		}
		policy, err := e.find(ctx, id)
		if policy != nil {
			charger = needs(policy, e.now())
		}
		if charger != "" && policy.State.Attempt != nil && e.recharges.Charger(charger) == nil { // to look what became of it takes none
			charger = ""
		}
		return err
	})
	return charger
}

// onDue evaluates a wallet that the trigger found due, as far as one Charger goes.
func (e *Engine) onDue(ctx context.Context, walletID, charger string) {
	e.logged(ctx, walletID, e.evaluator(only(charger)))
}

func (e *Engine) logged(ctx context.Context, walletID string, do func(context.Context, string) error) {
	if err := e.guarded(ctx, walletID, do); err != nil && err != errHandedOver { //nolint:errorlint // itself
		e.config.Logger.Error("auto-recharge failed", "wallet", walletID, "error", err)
	}
}

func (e *Engine) now() time.Time { return ports.Instant(e.config.Clock.Now()) }
