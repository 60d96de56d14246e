package autorecharge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

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
			done, err = done+n, ports.Join(err, errOne)
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
	doubt := e.doubts.Resolve(ctx, e.store, e.now())
	due, errDue := e.sweepCharger(ctx, "", limit)
	done, errLow := e.sweepWallets(ctx, limit)
	return due + done, ports.Join(errAlerts, doubt, errDue, errLow)
}

// sweepCharger evaluates up to limit policies that are due and need the Charger next; a
// blank name: that need none.
func (e *Engine) sweepCharger(ctx context.Context, charger string, limit int) (int, error) {
	due, err := e.dueFor(ctx, charger, limit)
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
			_, _, errClaim := record.Claim(ctx, e.store, found[id], e.now(), recheck) // out of the way of those behind it, unless something changed it
			err = ports.Join(err, errClaim)
		}
		return err
	})
}

// dueFor returns up to limit policies that are due and need the Charger next. A blank name
// selects those that need none: also those whose attempt waits for a Charger that this
// process does not have, when they have been due for a day, because to look what became of
// it takes none.
func (e *Engine) dueFor(ctx context.Context, charger string, limit int) ([]ports.Operation, error) {
	filter := ports.OperationFilter{Kind: ports.KindPolicy, Open: true, DueBy: e.now(), Providers: []string{charger}, Limit: limit}
	due, err := e.store.FindOperations(ctx, filter)
	if err != nil {
		return nil, err
	}
	if charger == "" {
		orphaned, err := e.orphaned(ctx, limit)
		if err != nil {
			return nil, err
		}
		due = append(due, orphaned...)
	}
	return slices.DeleteFunc(due, func(op ports.Operation) bool {
		p, ok := op.(*ports.Policy)
		return !ok || !e.canDelegate(p)
	}), nil
}

// orphaned returns attempts whose Charger this process does not have and that have been due
// for orphanedAfter. It looks at up to limit policies, behind those that it looked at last.
func (e *Engine) orphaned(ctx context.Context, limit int) ([]ports.Operation, error) {
	e.orphans.mu.Lock()
	defer e.orphans.mu.Unlock()
	found, err := e.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindPolicy, Open: true, ExceptProviders: append(e.recharges.Chargers(), ""), AfterID: e.orphans.afterID, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	e.orphans.afterID = ""
	if len(found) == limit {
		e.orphans.afterID = found[len(found)-1].Head().ID
	}
	before := e.now().Add(-orphanedAfter)
	return slices.DeleteFunc(found, func(op ports.Operation) bool {
		p, ok := op.(*ports.Policy)
		return !ok || p.Delegated || p.DueAt.IsZero() || p.DueAt.After(before) || !mayAttempt(p)
	}), nil
}

// mayAttempt reports whether the policy has an attempt under way. A state that cannot be read
// may have one: who looks at the policy says so.
func mayAttempt(policy *ports.Policy) bool {
	state, err := StateOf(policy)
	return err != nil || state.Attempt != nil
}

// orphanedAfter is how long an attempt is left to the processes that have its Charger.
const orphanedAfter = 24 * time.Hour

// needs returns the Charger that the policy needs next; blank: none.
func needs(policy *loaded, now time.Time) string {
	switch {
	case policy.Delegated:
		return policy.Methods[0].Charger
	case policy.State.Attempt != nil:
		return policy.State.Attempt.Method.Charger
	}
	next, _ := method(policy, now)
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
			return done, ports.Join(err, fmt.Errorf("find wallets that are low: %w", errFind))
		}
		n, errEach := e.each(ctx, idsOf(low), e.evaluator(only("")))
		done, err = done+n, ports.Join(err, errEach)
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
					err = ports.Join(err, errOne)
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	return done, ports.Join(err, ctx.Err())
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
	for range record.ConflictsMax {
		if err := e.tellAlertsOnce(ctx, walletID, low); !errors.Is(err, ports.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("alerts of wallet %s: others change its policy all the time: %w", walletID, ports.ErrConflict)
}

func (e *Engine) tellAlertsOnce(ctx context.Context, walletID string, low dip) error {
	policy, err := e.find(ctx, walletID)
	if err != nil || policy == nil || len(policy.AlertLevels) == 0 {
		return err
	}
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil || wallet.Status == ports.WalletClosed {
		return err
	}
	s := advance(policy, &wallet, dipped{low}, e.now())
	if len(s.crossed) == 0 {
		return nil
	}
	_, err = e.write(ctx, s)
	return err
}
