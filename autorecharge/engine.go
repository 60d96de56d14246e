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

// ErrBothOn is returned when a policy is set although a provider of its payment
// methods has its own auto-recharge switched on: both would charge.
var ErrBothOn = errors.New("the provider's own auto-recharge is on")

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
func (e *Engine) woken(ctx context.Context, walletID string) {
	defer func() {
		if cause := recover(); cause != nil {
			e.config.Logger.Error("auto-recharge panicked", "wallet", walletID, "cause", fmt.Sprint(cause))
		}
	}()
	if err := e.Evaluate(ctx, walletID); err != nil {
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
	due, err := e.store.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindPolicy, Open: true, DueBy: e.now(), Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find policies that are due: %w", err)
	}
	low, err := e.store.FindWallets(ctx, ports.WalletFilter{Due: true, Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find wallets that are low: %w", err)
	}
	ids := make([]string, 0, len(due)+len(low))
	for _, op := range due {
		ids = append(ids, op.Head().WalletID)
	}
	for i := range low {
		ids = append(ids, low[i].ID)
	}
	done := 0
	var errs []error
	for _, id := range ids {
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
		if err := e.Evaluate(ctx, id); err != nil {
			errs = append(errs, err)
		} else {
			done++
		}
	}
	return done, errors.Join(errs...)
}

// attemptPrefix begins the keys of the engine's own recharges.
const attemptPrefix = "auto/"

// maxMoves bounds what one evaluation does: each payment method once, and a few
// conflicts with other processes.
const maxMoves = 3 * maxMethods

// Evaluate looks at a wallet and does what its policy asks for: tells alerts, follows
// the attempt under way, or charges. A wallet without a policy is left alone. It may
// be called at any time, by any process.
func (e *Engine) Evaluate(ctx context.Context, walletID string) error {
	for range maxMoves {
		again, err := e.evaluate(ctx, walletID)
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

// evaluate makes one move, and reports whether there may be another.
func (e *Engine) evaluate(ctx context.Context, walletID string) (again bool, err error) {
	policy, err := e.find(ctx, walletID)
	if err != nil || policy == nil {
		return false, err
	}
	now := e.now()
	wallet, err := e.ledger.Wallet(ctx, walletID)
	switch {
	case err != nil:
		return false, err
	case wallet.Status == ports.WalletClosed: // it could not be, if a recharge were open
		return false, e.bury(ctx, policy)
	case policy.State.Attempt != nil && now.Before(policy.DueAt):
		return false, e.look(ctx, policy, nil) // it belongs to another process, or waits
	case policy.State.Attempt != nil:
		return e.resume(ctx, policy)
	case policy.Status == ports.PolicySuspended:
		if rearmed, err := e.rearmed(ctx, policy); err != nil || rearmed {
			next := own(policy)
			arm(next)
			if err == nil {
				err = e.write(ctx, next, wallet.AvailableBalance(), now, Decision{Why: ReasonUnderWay, Until: now})
			}
			return true, err
		}
	}
	underWay, err := e.underWay(ctx, walletID)
	if err != nil {
		return false, err
	}
	decision := Decide(&wallet, policy, underWay, now)
	if !decision.Charge {
		return false, e.look(ctx, policy, &decision)
	}
	return e.attempt(ctx, policy, &wallet, decision)
}

// bury ends the policy of a wallet that was closed. The wallet itself changes no more.
func (e *Engine) bury(ctx context.Context, policy *ports.Policy) error {
	next := own(policy)
	next.Version++
	next.UpdatedAt = e.now()
	next.Status, next.Open, next.DueAt = ports.PolicyDeleted, false, time.Time{}
	fates := e.store.Commit(ctx, []ports.Unit{{Operations: []ports.Operation{next}}})
	if len(fates) == 1 && fates[0].Status == ports.FateCommitted {
		return nil
	}
	return ports.ErrConflict
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

// attempt claims a charge in the policy, before anything is sent, and makes it.
func (e *Engine) attempt(ctx context.Context, policy *ports.Policy, wallet *ports.Wallet, d Decision) (again bool, err error) {
	now := e.now()
	next := own(policy)
	attempt := &ports.PolicyAttempt{Key: attemptPrefix + e.config.IDs.NewID(), Method: d.Method, Amount: d.Amount, At: now}
	next.State.Attempt = attempt
	next.State.Charges = append(recent(next.State.Charges, policy.TimeZone, now), ports.PolicyCharge{Key: attempt.Key, At: now, Amount: d.Amount})
	if err := e.write(ctx, next, wallet.AvailableBalance(), now, Decision{Why: ReasonUnderWay, Until: now.Add(e.config.Lease)}); err != nil {
		return false, err
	}
	return e.charge(ctx, next)
}

// resume takes over an attempt whose process is gone, or whose charge was not decided.
func (e *Engine) resume(ctx context.Context, policy *ports.Policy) (again bool, err error) {
	claimed, ok := worker.Claim(ctx, e.store, policy, e.now(), e.config.Lease)
	if !ok {
		return false, nil // another process has it
	}
	mine, ok := claimed.(*ports.Policy)
	if !ok {
		return false, nil
	}
	return e.charge(ctx, mine)
}

// charge makes the claimed attempt, or learns what became of it: its key is charged at
// most once, whoever asks and however often.
func (e *Engine) charge(ctx context.Context, policy *ports.Policy) (again bool, err error) {
	attempt := policy.State.Attempt
	op, err := e.recharges.Recharge(ctx, recharge.Request{
		WalletID: policy.WalletID, Key: attempt.Key, Charger: attempt.Method.Charger, PaymentMethod: attempt.Method.ID,
		Amount: attempt.Amount, Note: ledger.Note{Memo: "auto-recharge"},
	})
	next := own(policy)
	switch {
	case err == nil:
		return e.settle(ctx, next, op)
	case errors.Is(err, recharge.ErrRechargeInProgress): // nothing was sent: it does not count
		drop(next)
		return false, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: e.now().Add(recheck)})
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrNotFound), errors.Is(err, ports.ErrClosed):
		if _, known := e.ledger.EntryByKey(ctx, policy.WalletID, attempt.Key); !errors.Is(known, ports.ErrNotFound) {
			return false, err // it was charged, or may have been: the claim stays
		}
		return false, e.fail(ctx, next, "refused: "+err.Error(), true)
	}
	return false, err // nobody knows: the claim stays, and is resumed
}

// settle draws from a recharge what it means for the policy.
func (e *Engine) settle(ctx context.Context, next *ports.Policy, op *ports.Recharge) (again bool, err error) {
	now := e.now()
	switch {
	case op.Open: // pending, unknown or in review: it waits
		until := later(op.DueAt, now.Add(10*time.Second))
		if op.DueAt.IsZero() {
			until = now.Add(10 * recheck) // a person decides
		}
		return false, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: until})
	case op.Status == ports.RechargeApproved || op.Status == ports.RechargeReversed:
		failing := next.State.Failures > 0
		book(next, op.Credited)
		if next.State.Attempt = nil; next.Status != ports.PolicySuspended { // as a person may have done meanwhile
			arm(next)
		}
		if err := e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: now}); err != nil {
			return false, err
		}
		if failing {
			e.tell(ctx, next, "recovered", "a charge succeeded")
		}
		return true, nil
	case op.Status == ports.RechargeDeclined:
		book(next, decimal.Decimal{})
		if op.Answer.NextMethod && next.State.NextMethod+1 < len(next.Methods) {
			next.State.Attempt = nil
			next.State.NextMethod++
			return true, e.finish(ctx, next, Decision{Why: ReasonUnderWay, Until: now})
		}
		return false, e.fail(ctx, next, "declined: "+op.Answer.Code, op.Answer.Permanent)
	case op.Status == ports.RechargeDisputed:
		return false, e.fail(ctx, next, "disputed: a person decides", true)
	}
	book(next, decimal.Decimal{}) // failed: provably not executed
	return false, e.fail(ctx, next, "not executed: "+op.Answer.Code, op.Answer.Permanent)
}

// fail counts a failure: it backs off, and after so many, or when nothing else can
// come of it, suspends the policy. Only when that is durable is anybody told.
func (e *Engine) fail(ctx context.Context, next *ports.Policy, why string, permanent bool) error {
	now := e.now()
	next.State.Attempt = nil
	next.State.NextMethod = 0
	next.State.Failures++
	next.State.Why = why
	pause := next.BackoffFirst
	for range min(next.State.Failures-1, 32) {
		pause = min(2*pause, next.BackoffMax)
	}
	next.State.NotBefore = now.Add(min(pause, next.BackoffMax))
	what := ""
	switch {
	case next.Status != ports.PolicyActive: // switched off meanwhile: it stays as it is
	case permanent || next.State.Failures >= next.SuspendAfter:
		next.Status, next.State.SuspendedAt = ports.PolicySuspended, now
		what = "suspended"
	case next.State.Failures == 1:
		what = "failing"
	}
	if err := e.finish(ctx, next, Decision{Why: ReasonBackoff, Until: next.State.NotBefore}); err != nil {
		return err
	}
	if what != "" {
		e.tell(ctx, next, what, why)
	}
	return nil
}

// drop forgets an attempt that reached nobody.
func drop(next *ports.Policy) {
	key := next.State.Attempt.Key
	next.State.Attempt = nil
	kept := next.State.Charges[:0]
	for _, c := range next.State.Charges {
		if c.Key != key {
			kept = append(kept, c)
		}
	}
	next.State.Charges = kept
}

// book keeps what an attempt moved. The attempt itself goes on counting.
func book(next *ports.Policy, moved decimal.Decimal) {
	for i := range next.State.Charges {
		if next.State.Charges[i].Key == next.State.Attempt.Key {
			next.State.Charges[i].Amount = moved
		}
	}
}

// arm makes a policy as good as new.
func arm(next *ports.Policy) {
	next.State.Attempt = nil
	next.State.NextMethod, next.State.Failures = 0, 0
	next.State.NotBefore, next.State.SuspendedAt = time.Time{}, time.Time{}
	next.State.Why = ""
	if next.Status == ports.PolicySuspended {
		next.Status = ports.PolicyActive
	}
}

// recent drops charges of months that no cap counts any more.
func recent(charges []ports.PolicyCharge, zoneName string, now time.Time) []ports.PolicyCharge {
	_, month := periods(zoneName, now)
	kept := make([]ports.PolicyCharge, 0, len(charges)+1)
	for _, c := range charges {
		if !c.At.Before(month.from) {
			kept = append(kept, c)
		}
	}
	return kept
}

// rearmed reports whether cash was recharged by hand since the policy suspended itself.
func (e *Engine) rearmed(ctx context.Context, policy *ports.Policy) (bool, error) {
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

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func own(p *ports.Policy) *ports.Policy {
	next, ok := p.Clone().(*ports.Policy)
	if !ok { // cannot be
		return p
	}
	return next
}

// tell tells the host, away from this path.
func (e *Engine) tell(ctx context.Context, policy *ports.Policy, what, why string) {
	e.config.Logger.InfoContext(ctx, "auto-recharge "+what, "wallet", policy.WalletID, "policy", policy.ID, "why", why)
	e.mail.Post(ctx, ports.PolicyEvent{At: e.now(), What: what, Why: why, Policy: own(policy)})
}
