package autorecharge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	// payment methods has its own auto-recharge switched on: both would charge. Also when
	// another wallet has a delegated policy of the same Charger: they would undo each other.
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
	// Logger receives a line for every event, and what the engine could not do when the
	// Trigger woke it. Defaults to silence.
	Logger *slog.Logger
	// Parallel is how many wallets are evaluated at once for each Charger, by its job and
	// by the Trigger. Defaults to 8.
	Parallel int
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
	if config.Parallel < 0 {
		return nil, fmt.Errorf("autorecharge: %w", ports.Invalid("Parallel", "is negative"))
	}
	if config.Parallel == 0 {
		config.Parallel = 8
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
		config.Trigger.connect(e.seen, e.woken, config.Parallel)
	}
	return e, nil
}

// seen tells the alerts of a wallet that the trigger found due. It returns the Charger
// that the policy needs next; blank: none.
func (e *Engine) seen(ctx context.Context, walletID string, low dip) (charger string) {
	e.logged(ctx, walletID, func(ctx context.Context, id string) error {
		if err := e.tellAlerts(ctx, id, low); err != nil {
			return err
		}
		policy, err := e.find(ctx, id)
		if policy != nil {
			charger = e.chargerOf(policy)
		}
		return err
	})
	return charger
}

// woken evaluates a wallet that the trigger found due, as far as one Charger goes.
func (e *Engine) woken(ctx context.Context, walletID, charger string) {
	e.logged(ctx, walletID, e.evaluator(only(charger)))
}

func (e *Engine) logged(ctx context.Context, walletID string, do func(context.Context, string) error) {
	if err := e.guarded(ctx, walletID, do); err != nil && err != errHandedOver { //nolint:errorlint // itself
		e.config.Logger.Error("auto-recharge failed", "wallet", walletID, "error", err)
	}
}

// Jobs returns the engine's work for a worker.Worker: one job for wallets at or below
// what their policies watch, which asks no provider, and one for each Charger of the
// process, so that a provider that hangs holds up its own policies only.
func (e *Engine) Jobs() []worker.Job {
	jobs := []worker.Job{{Name: "auto-recharge", Step: e.sweepWatched}}
	for _, name := range e.recharges.Chargers() {
		jobs = append(jobs, worker.Job{Name: "auto-recharge through " + name, Step: func(ctx context.Context, limit int) (int, error) {
			return e.sweepCharger(ctx, name, limit)
		}})
	}
	return jobs
}

// Sweep does once what the [Engine.Jobs] do: it tells the alerts that are due, evaluates
// up to limit wallets that are low, and for each Charger up to limit policies that are
// due, several at once. It returns how many it evaluated, and returns when the slowest
// Charger has answered. An error on one does not keep it from the others.
func (e *Engine) Sweep(ctx context.Context, limit int) (int, error) {
	done, err := e.sweepWatched(ctx, limit)
	var mu sync.Mutex
	var running sync.WaitGroup
	for _, name := range e.recharges.Chargers() {
		running.Go(func() {
			n, errOne := e.sweepCharger(ctx, name, limit)
			mu.Lock()
			defer mu.Unlock()
			done, err = done+n, errors.Join(err, errOne)
		})
	}
	running.Wait()
	return done, err
}

// sweepWatched tells alerts, and evaluates wallets that are low and policies that need
// no Charger. What is to be charged becomes due for the job of its Charger.
func (e *Engine) sweepWatched(ctx context.Context, limit int) (int, error) {
	low, err := e.store.FindWallets(ctx, ports.WalletFilter{Due: true, Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find wallets that are low: %w", err)
	}
	_, errAlerts := e.each(ctx, idsOf(low), func(ctx context.Context, id string) error { // before anybody waits for a provider
		return e.tellAlerts(ctx, id, dip{})
	})
	due, errDue := e.sweepCharger(ctx, "", limit)
	done, errLow := e.sweepWallets(ctx, limit)
	return due + done, errors.Join(errAlerts, errDue, errLow)
}

// sweepCharger evaluates up to limit policies that are due and need the Charger next; a
// blank name: that need none.
func (e *Engine) sweepCharger(ctx context.Context, charger string, limit int) (int, error) {
	mine := worker.Only(e.store, func(p *ports.Policy) bool { return e.chargerOf(p) == charger && e.canDelegate(p) })
	due, err := mine.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindPolicy, Open: true, DueBy: e.now(), Limit: limit})
	if err != nil {
		return 0, fmt.Errorf("find policies that are due: %w", err)
	}
	ids, found := make([]string, len(due)), make(map[string]ports.Operation, len(due))
	for i, op := range due {
		ids[i] = op.Head().WalletID
		found[ids[i]] = op
	}
	evaluate := e.evaluator(only(charger))
	return e.each(ctx, ids, func(ctx context.Context, id string) error {
		err := evaluate(ctx, id)
		if err != nil && err != errHandedOver { //nolint:errorlint // itself
			worker.Claim(ctx, e.store, found[id], e.now(), recheck) // out of the way of those behind it, unless something changed it
		}
		return err
	})
}

// chargerOf returns the Charger that the policy needs next; blank: none. To resume an
// attempt takes none, where the process does not have that of the attempt.
func (e *Engine) chargerOf(policy *ports.Policy) string {
	if policy.Delegated {
		return policy.Methods[0].Charger
	}
	if attempt := policy.State.Attempt; attempt != nil {
		if e.recharges.Charger(attempt.Method.Charger) == nil {
			return ""
		}
		return attempt.Method.Charger
	}
	next, _ := method(policy, e.now())
	return next.Charger
}

// canDelegate reports whether a delegated policy can be carried out here; true for one
// that is not delegated.
func (e *Engine) canDelegate(policy *ports.Policy) bool {
	if !policy.Delegated {
		return true
	}
	_, err := e.provider(policy)
	return err == nil
}

// reach says which Chargers an evaluation may ask.
type reach func(charger string) bool

func only(name string) reach { return func(charger string) bool { return charger == name } }

func everywhere(string) bool { return true }

// errHandedOver ends an evaluation whose policy became due for the job of a Charger that
// is out of its reach.
var errHandedOver = errors.New("the policy is left to the job of its charger")

func (e *Engine) sweepWallets(ctx context.Context, limit int) (done int, err error) {
	filter := ports.WalletFilter{Due: true, Limit: limit}
	for done < limit {
		low, errFind := e.store.FindWallets(ctx, filter)
		if errFind != nil {
			return done, errors.Join(err, fmt.Errorf("find wallets that are low: %w", errFind))
		}
		n, errEach := e.each(ctx, idsOf(low), e.evaluator(only("")))
		done, err = done+n, errors.Join(err, errEach)
		if len(low) < limit || ctx.Err() != nil {
			break
		}
		filter.AfterID = low[len(low)-1].ID
	}
	return done, err
}

func idsOf(wallets []ports.Wallet) []string {
	ids := make([]string, len(wallets))
	for i := range wallets {
		ids[i] = wallets[i].ID
	}
	return ids
}

// each does something about wallets, several at once: one that waits for its provider
// does not hold up the others. It returns how many went well.
func (e *Engine) each(ctx context.Context, ids []string, do func(context.Context, string) error) (done int, err error) {
	var mu sync.Mutex
	var running sync.WaitGroup
	var next atomic.Int64
	for range min(e.config.Parallel, len(ids)) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				errOne := e.guarded(ctx, ids[i], do)
				mu.Lock()
				switch {
				case errOne == nil:
					done++
				case errOne != errHandedOver: //nolint:errorlint // itself
					err = errors.Join(err, errOne)
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return done, errors.Join(err, ctx.Err())
}

// guarded makes an error of a panic: it is in a goroutine of its own.
func (e *Engine) guarded(ctx context.Context, id string, do func(context.Context, string) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("auto-recharge of wallet %s panicked: %v", id, cause)
		}
	}()
	return do(ctx, id)
}

// tellAlerts tells the alerts of a wallet, and leaves what else there is to do due.
func (e *Engine) tellAlerts(ctx context.Context, walletID string, low dip) error {
	for {
		policy, err := e.find(ctx, walletID)
		if err != nil || policy == nil || len(policy.AlertLevels) == 0 {
			return err
		}
		wallet, err := e.ledger.Wallet(ctx, walletID)
		if err != nil || wallet.Status == ports.WalletClosed || len(fire(own(policy), &wallet, low)) == 0 {
			return err
		}
		until := e.now()
		if policy.State.Attempt != nil || policy.Delegated {
			until = policy.DueAt // as whoever is at it has set it
		}
		err = e.write(ctx, own(policy), &wallet, low, Decision{Why: ReasonUnderWay, Until: until})
		if !errors.Is(err, ports.ErrConflict) {
			return err
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
	return e.evaluator(everywhere)(ctx, walletID)
}

// evaluator returns Evaluate within reach of some Chargers.
func (e *Engine) evaluator(reaches reach) func(context.Context, string) error {
	return func(ctx context.Context, walletID string) error {
		for range maxMoves {
			again, err := e.move(ctx, walletID, reaches)
			switch {
			case errors.Is(err, ports.ErrConflict):
				continue // another process changed the policy: look again
			case err == errHandedOver: //nolint:errorlint // itself
				return err
			case err != nil:
				return fmt.Errorf("auto-recharge of wallet %s: %w", walletID, err)
			case !again:
				return nil
			}
		}
		return fmt.Errorf("auto-recharge of wallet %s: others change its policy all the time: %w", walletID, ports.ErrConflict)
	}
}

// move makes one move, and reports whether there may be another.
func (e *Engine) move(ctx context.Context, walletID string, reaches reach) (again bool, err error) {
	policy, err := e.find(ctx, walletID)
	if err != nil || policy == nil {
		return false, err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return false, err
	}
	waits := e.now().Before(policy.DueAt)
	foreign := policy.Delegated && (!e.canDelegate(policy) || !reaches(policy.Methods[0].Charger))
	switch {
	case foreign && wallet.Status == ports.WalletClosed:
		return false, nil
	case wallet.Status == ports.WalletClosed: // it could not be, if a recharge were open
		if err := e.bury(ctx, policy); err != ErrUnsettled { //nolint:errorlint // itself: then it is due again
			return false, err
		}
		return false, nil
	case policy.State.Attempt != nil && !waits:
		return e.resume(ctx, policy)
	case policy.Delegated && policy.State.Attempt == nil && !waits && !foreign:
		return true, e.settleDelegation(ctx, policy)
	case policy.State.Attempt != nil, policy.Delegated: // it belongs to another process, or waits
		return false, e.look(ctx, policy, &wallet, Decision{Why: ReasonUnderWay, Until: policy.DueAt})
	case policy.Status == ports.PolicySuspended && !policy.State.Held:
		byHand, err := e.rechargedByHand(ctx, policy)
		if err != nil {
			return false, err
		}
		if byHand {
			next := own(policy)
			arm(next)
			return true, e.write(ctx, next, &wallet, dip{}, Decision{Why: ReasonUnderWay, Until: e.now()})
		}
	}
	decision, underWay, err := e.decide(ctx, &wallet, policy)
	if err != nil {
		return false, err
	}
	switch {
	case decision.Charge && !reaches(decision.Method.Charger):
		decision.Until = earlier(policy.DueAt, e.now())
		return false, cmp.Or(e.look(ctx, policy, &wallet, decision), errHandedOver)
	case decision.Charge && (policy.State.Blocked+policy.State.Capped != "" || len(fire(own(policy), &wallet, dip{})) > 0): // nobody waits for a provider to hear of it
		return true, e.look(ctx, policy, &wallet, Decision{Why: ReasonUnderWay, Until: e.now()})
	case decision.Charge:
		return e.charge(ctx, policy, &wallet, underWay, decision)
	case decision.Why == ReasonDisputed:
		return false, e.hold(ctx, policy, &wallet, decision)
	}
	return false, e.look(ctx, policy, &wallet, decision)
}

// charge makes the attempt, unless the provider recharges by itself: then both would.
func (e *Engine) charge(ctx context.Context, policy *ports.Policy, wallet *ports.Wallet, underWay decimal.Decimal, d Decision) (again bool, err error) {
	err = e.checkAlone(ctx, []ports.PaymentMethod{d.Method})
	switch {
	case err == nil:
		return e.attempt(ctx, policy, wallet, underWay, d)
	case !errors.Is(err, ErrBothOn):
		next := own(policy)
		return false, e.conclude(ctx, next, outage(next, whyNotSent+err.Error(), e.now()))
	}
	next := own(policy)
	next.State.Drift = err.Error()
	if err := e.write(ctx, next, wallet, dip{}, Decision{Why: ReasonBothOn, Until: e.now().Add(10 * recheck)}); err != nil {
		return false, err
	}
	if policy.State.Drift != next.State.Drift {
		e.tell(ctx, next, toldDrift, next.State.Drift)
	}
	return false, nil
}

// hold suspends the policy, until an operator re-arms it, because of a recharge that is
// disputed or was taken back.
func (e *Engine) hold(ctx context.Context, policy *ports.Policy, wallet *ports.Wallet, d Decision) error {
	next := own(policy)
	next.State.TakenBack, next.State.Held = wallet.Seq, true
	suspend(next, whyDisputed, moment{e.now(), wallet.Seq})
	if err := e.write(ctx, next, wallet, dip{}, d); err != nil {
		return err
	}
	e.tell(ctx, next, toldSuspended, next.State.Why)
	return nil
}

// decide is [Decide] with what it has to be told: the money under way, and that nothing
// is charged while a person has to look at an earlier charge, or while another order
// holds the lane. The lane is looked at first: a policy that waits for it costs one read.
func (e *Engine) decide(ctx context.Context, wallet *ports.Wallet, policy *ports.Policy) (Decision, decimal.Decimal, error) {
	first := Decide(wallet, policy, decimal.Decimal{}, e.now())
	if !first.Charge {
		return e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	}
	holder, err := e.laneHolder(ctx, wallet, first)
	switch {
	case err != nil:
		return Decision{}, decimal.Decimal{}, err
	case holder == nil:
		return e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	case holder.WalletID != wallet.ID:
		return blockedBy(holder, first.Method, e.now()), decimal.Decimal{}, nil
	}
	d, underWay, err := e.decideBeside(ctx, wallet, policy, decimal.Decimal{})
	if err == nil && d.Charge {
		d = blockedBy(holder, d.Method, e.now())
	}
	return d, underWay, err
}

// decideBeside is decide for an order of the engine's own that is under way.
func (e *Engine) decideBeside(ctx context.Context, wallet *ports.Wallet, policy *ports.Policy, ours decimal.Decimal) (Decision, decimal.Decimal, error) {
	underWay, err := e.underWay(ctx, policy)
	if err != nil {
		return Decision{}, underWay, err
	}
	underWay = underWay.Sub(ours)
	d := Decide(wallet, policy, underWay, e.now())
	switch {
	case !d.Charge:
		return d, underWay, nil
	case e.recharges.Charger(d.Method.Charger) == nil: // due now, for a process that has it
		return Decision{Why: ReasonCharger, Method: d.Method, Until: earlier(policy.DueAt, e.now())}, underWay, nil
	}
	takenBack, err := e.takenBack(ctx, policy)
	switch {
	case err != nil:
		return Decision{}, underWay, err
	case takenBack:
		return Decision{Why: ReasonDisputed}, underWay, nil
	}
	disputed, err := e.recharges.List(ctx, ports.OperationFilter{WalletID: policy.WalletID, Statuses: []string{ports.RechargeDisputed}, Limit: 1})
	if len(disputed) > 0 {
		d = Decision{Why: ReasonDisputed}
	}
	return d, underWay, err
}

// takenBack reports whether a recharge was taken back since somebody looked: whether the
// last word about any is that, and not that it stands after all.
func (e *Engine) takenBack(ctx context.Context, policy *ports.Policy) (bool, error) {
	stands := make(map[int64]bool) // by the entry that credited it
	for entry, err := range e.ledger.Entries(ctx, ports.EntryFilter{
		WalletID: policy.WalletID, Types: []ports.EntryType{ports.EntryReverse, ports.EntryReverseBack},
		AfterSeq: policy.State.TakenBack, Descending: true, Limit: 100,
	}) {
		switch {
		case err != nil:
			return false, err
		case entry.Type == ports.EntryReverse && !stands[entry.RefersTo]:
			return true, nil
		}
		stands[entry.RefersTo] = true
	}
	return false, nil
}

// announcedMost is how long a pending order of a Charger that the policy does not name
// counts as money under way.
const announcedMost = 10 * time.Minute

// onItsWay reports whether an open recharge counts as money under way: money may have
// moved, a Charger of the policy works on it, or it is so young that a customer may be
// paying just now. A payment that was announced elsewhere, by bank transfer say, may
// never come.
func onItsWay(op *ports.Recharge, policy *ports.Policy, now time.Time) bool {
	switch op.Status {
	case ports.RechargeSending, ports.RechargeUnknown, ports.RechargeReview:
		return true
	case ports.RechargePending:
		return now.Sub(op.CreatedAt) < announcedMost ||
			slices.ContainsFunc(policy.Methods, func(m ports.PaymentMethod) bool { return m.Charger == op.Charger })
	}
	return false
}

// underWay is the money on its way to the wallet by recharges that have not ended.
func (e *Engine) underWay(ctx context.Context, policy *ports.Policy) (sum decimal.Decimal, err error) {
	filter := ports.OperationFilter{WalletID: policy.WalletID, Open: true, Limit: 100}
	for {
		open, err := e.recharges.List(ctx, filter)
		if err != nil {
			return sum, err
		}
		for _, op := range open {
			filter.AfterID = op.ID
			if onItsWay(op, policy, e.now()) {
				sum = sum.Add(op.Amount)
			}
		}
		if len(open) < filter.Limit {
			return sum, nil
		}
	}
}

// rechargedByHand reports whether cash was recharged by hand since the policy was
// suspended.
func (e *Engine) rechargedByHand(ctx context.Context, policy *ports.Policy) (bool, error) {
	since, err := e.store.Entries(ctx, ports.EntryFilter{
		WalletID: policy.WalletID, Types: []ports.EntryType{ports.EntryRecharge}, AfterSeq: policy.State.ArmsAfter,
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
		if !strings.HasPrefix(op.Key, ports.AutoRechargeKeys) {
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
