package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/worker"
)

// Errors of an [Engine].
var (
	// ErrBothOn is returned when a policy is set or armed although a provider of its
	// payment methods has its own auto-recharge switched on: both would charge.
	ErrBothOn = errors.New("the provider's own auto-recharge is on")
	// ErrUnsettled is returned when a delegated policy was written and the provider
	// could not be configured yet. A worker goes on trying.
	ErrUnsettled = errors.New("the provider is not configured as the policy says yet")
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
	// Notifier is told of alerts and of policies that fail. Defaults to nobody.
	Notifier ports.Notifier
	// Logger receives what the engine could not do when the Trigger woke it. Defaults
	// to silence.
	Logger *slog.Logger
	// Lease is how long an attempt belongs to the process that claimed it: longer than
	// a recharge takes. Defaults to five minutes.
	Lease time.Duration
}

// Engine runs the policies of the wallets of one store. Make one with [New].
type Engine struct {
	store     ports.Store
	ledger    *ledger.Ledger
	recharges *recharge.Service
	config    Config
	mail      *worker.Mailbox
}

// New returns an engine over a store, the ledger on it, and the service that charges.
// Errors are [ports.ErrInvalid].
func New(store ports.Store, wallets *ledger.Ledger, recharges *recharge.Service, config Config) (*Engine, error) {
	if store == nil || wallets == nil || recharges == nil {
		return nil, fmt.Errorf("autorecharge: %w", ports.Invalid("store", ", ledger or recharge service is nil"))
	}
	if config.Lease < 0 {
		return nil, fmt.Errorf("autorecharge: %w", ports.Invalid("Lease", "is negative"))
	}
	if config.Clock == nil {
		config.Clock = ports.SystemClock()
	}
	if config.IDs == nil {
		config.IDs = ports.RandomIDs()
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Lease == 0 {
		config.Lease = 5 * time.Minute
	}
	e := &Engine{
		store: store, ledger: wallets, recharges: recharges, config: config,
		mail: worker.NewMailbox(config.Notifier, config.Logger),
	}
	if config.Trigger != nil {
		config.Trigger.connect(e.woken)
	}
	return e, nil
}

// woken evaluates a wallet that the trigger found due.
func (e *Engine) woken(ctx context.Context, walletID string, low dip) {
	defer func() {
		if cause := recover(); cause != nil {
			e.config.Logger.Error("auto-recharge panicked", "wallet", walletID, "cause", fmt.Sprint(cause))
		}
	}()
	if err := e.evaluate(ctx, walletID, low); err != nil {
		e.config.Logger.Error("auto-recharge failed", "wallet", walletID, "error", err)
	}
}

// Jobs returns the engine's work for a worker.Worker: policies that are due, and
// wallets at or below what their policies watch.
func (e *Engine) Jobs() []worker.Job {
	return []worker.Job{{Name: "auto-recharge", Step: e.Sweep}}
}

// Sweep evaluates up to limit policies that are due and up to limit wallets that are
// low. It returns how many it evaluated. An error on one does not keep it from the
// others.
func (e *Engine) Sweep(ctx context.Context, limit int) (int, error) {
	due, err := e.sweepPolicies(ctx, limit)
	if err != nil && ctx.Err() != nil {
		return due, err
	}
	low, errLow := e.sweepWallets(ctx, limit)
	return due + low, errors.Join(err, errLow)
}

func (e *Engine) sweepPolicies(ctx context.Context, limit int) (int, error) {
	due, err := e.store.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindPolicy, Open: true, DueBy: e.now(), Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find policies that are due: %w", err)
	}
	done := 0
	var errs []error
	for _, op := range due {
		if ctx.Err() != nil {
			return done, errors.Join(append(errs, ctx.Err())...)
		}
		if err := e.Evaluate(ctx, op.Head().WalletID); err != nil {
			errs = append(errs, err)
			worker.Claim(ctx, e.store, op, e.now(), recheck) // out of the way of those behind it, unless something changed it
			continue
		}
		done++
	}
	return done, errors.Join(errs...)
}

func (e *Engine) sweepWallets(ctx context.Context, limit int) (int, error) {
	filter := ports.WalletFilter{Due: true, Limit: limit}
	done := 0
	var errs []error
	for {
		low, err := e.store.FindWallets(ctx, filter)
		if err != nil {
			return done, errors.Join(append(errs, fmt.Errorf("find wallets that are low: %w", err))...)
		}
		for i := range low {
			filter.AfterID = low[i].ID
			if ctx.Err() != nil {
				return done, errors.Join(append(errs, ctx.Err())...)
			}
			if err := e.Evaluate(ctx, low[i].ID); err != nil {
				errs = append(errs, err)
				continue
			}
			if done++; done >= limit {
				return done, errors.Join(errs...)
			}
		}
		if len(low) < limit {
			return done, errors.Join(errs...)
		}
	}
}

// maxMoves bounds what one evaluation does: each payment method once, and a few
// conflicts with other processes.
const maxMoves = 3 * maxMethods

// Evaluate looks at a wallet and does what its policy asks for: tells alerts, follows
// the attempt under way, or charges. A wallet without a policy is left alone. It may
// be called at any time, by any process.
func (e *Engine) Evaluate(ctx context.Context, walletID string) error {
	return e.evaluate(ctx, walletID, dip{})
}

func (e *Engine) evaluate(ctx context.Context, walletID string, low dip) error {
	for range maxMoves {
		again, err := e.move(ctx, walletID, low)
		if errors.Is(err, ports.ErrConflict) {
			continue // another process changed the policy: look again
		}
		if err != nil {
			return fmt.Errorf("auto-recharge of wallet %s: %w", walletID, err)
		}
		if !again {
			return nil
		}
	}
	return nil // it stays due: the next sweep goes on
}

// move makes one move, and reports whether there may be another.
func (e *Engine) move(ctx context.Context, walletID string, low dip) (again bool, err error) {
	policy, err := e.find(ctx, walletID)
	if err != nil || policy == nil {
		return false, err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return false, err
	}
	waits := e.now().Before(policy.DueAt)
	switch {
	case wallet.Status == ports.WalletClosed: // it could not be, if a recharge were open
		return false, e.bury(ctx, policy)
	case policy.State.Attempt != nil && !waits:
		return e.resume(ctx, policy)
	case policy.Delegated && policy.State.Attempt == nil && !waits:
		return true, e.settleDelegation(ctx, policy)
	case policy.State.Attempt != nil, policy.Delegated: // it belongs to another process, or waits
		return false, e.look(ctx, policy, &wallet, low, Decision{Why: ReasonUnderWay, Until: policy.DueAt})
	case policy.Status == ports.PolicySuspended:
		byHand, err := e.rechargedByHand(ctx, policy)
		if err != nil {
			return false, err
		}
		if byHand {
			next := own(policy)
			arm(next)
			return true, e.write(ctx, next, &wallet, low, Decision{Why: ReasonUnderWay, Until: e.now()})
		}
	}
	underWay, err := e.underWay(ctx, walletID)
	if err != nil {
		return false, err
	}
	decision := Decide(&wallet, policy, underWay, e.now())
	if !decision.Charge {
		return false, e.look(ctx, policy, &wallet, low, decision)
	}
	return e.attempt(ctx, policy, &wallet, low, decision)
}

// underWay is the money of recharges of the wallet that have not ended.
func (e *Engine) underWay(ctx context.Context, walletID string) (decimal.Decimal, error) {
	open, err := e.recharges.List(ctx, ports.OperationFilter{WalletID: walletID, Open: true})
	if err != nil {
		return decimal.Decimal{}, err
	}
	var sum decimal.Decimal
	for _, op := range open {
		sum = sum.Add(op.Amount)
	}
	return sum, nil
}

// rechargedByHand reports whether cash was recharged by hand since the policy was
// suspended.
func (e *Engine) rechargedByHand(ctx context.Context, policy *ports.Policy) (bool, error) {
	since, err := e.store.Entries(ctx, ports.EntryFilter{
		WalletID: policy.WalletID, Types: []ports.EntryType{ports.EntryRecharge}, From: policy.State.SuspendedAt.Add(time.Microsecond),
		Descending: true, Limit: 10,
	})
	if err != nil {
		return false, err
	}
	for i := range since {
		if since[i].OperationID == "" {
			return true, nil
		}
		op, err := e.recharges.Get(ctx, since[i].OperationID)
		if err != nil {
			return false, err
		}
		if !strings.HasPrefix(op.Key, attemptPrefix) {
			return true, nil
		}
	}
	return false, nil
}

func (e *Engine) now() time.Time { return ports.Instant(e.config.Clock.Now()) }

// tell tells the host, away from this path; a blank what tells nothing.
func (e *Engine) tell(ctx context.Context, policy *ports.Policy, what, why string) {
	if what == "" {
		return
	}
	e.config.Logger.InfoContext(ctx, "auto-recharge "+what, "wallet", policy.WalletID, "policy", policy.ID, "why", why)
	e.mail.Post(ctx, ports.PolicyEvent{At: e.now(), What: what, Why: why, Policy: own(policy)})
}
