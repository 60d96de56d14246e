package simulation_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// calm ends all faults, and brings everything to rest: what is under way ends, the host
// asks again for what it does not know the end of, workers step until nothing is due,
// administrators and people decide what waits for them.
func (w *world) calm() error {
	w.say("calm")
	w.faulty = false
	w.providers.heal()
	for i := range w.slots {
		s := &w.slots[i]
		s.backAt = time.Time{}
		if s.process != nil {
			s.pausedUntil = time.Time{}
		}
	}
	w.revive()
	if err := w.drain(); err != nil {
		return err
	}
	if err := w.askAgain(); err != nil {
		return err
	}
	return w.rest()
}

// drain gives turns until nothing is under way.
func (w *world) drain() error {
	for range mostSteps {
		w.summary.Steps++
		w.collect()
		ready := w.turns.ready(time.Now())
		switch {
		case len(ready) > 0:
			w.give(ready[w.random.IntN(len(ready))])
		case w.busy():
			w.pass(time.Second)
		default:
			return nil
		}
	}
	return fmt.Errorf("what is under way never ends")
}

// askAgain makes every request again whose answer was lost: its key tells.
func (w *world) askAgain() error {
	for round := 0; ; round++ {
		var open []*asked
		for _, a := range w.asked {
			if a.ending != acknowledged && a.ending != refused && a.Key != "" {
				open = append(open, a)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if round == 20 {
			return fmt.Errorf("request %d still has no answer: %w", open[0].Number, open[0].err)
		}
		for _, a := range open {
			a.again = true
			w.ask(w.slots[w.random.IntN(len(w.slots))].process, a)
			if err := w.drain(); err != nil {
				return err
			}
		}
	}
}

// mostDays is how long it may take until nothing is due: longer than any inquiry goes
// on.
const mostDays = 5

// rest lets workers step until nothing is due.
func (w *world) rest() error {
	for end := time.Now().AddDate(0, 0, mostDays); time.Now().Before(end); {
		w.providers.kona.Settle(w.random.IntN(4) > 0)
		for w.providers.decide(w.random) != "" {
		}
		p := w.slots[w.random.IntN(len(w.slots))].process
		for i := range p.jobs {
			w.startJob(p, i, 100)
			if err := w.drain(); err != nil {
				return err
			}
		}
		w.decideAll(p)
		w.people(p)
		due, open := w.due()
		if len(open) == 0 {
			return nil
		}
		// A clock may be behind; and nothing happens to what is due long from now.
		if due.IsZero() {
			due = time.Now().Add(time.Hour)
		}
		w.pass(min(max(time.Until(due)+10*time.Second, time.Second), 6*time.Hour))
	}
	_, open := w.due()
	return fmt.Errorf("%d operations never end: %s %s is %s", len(open), open[0].Head().Kind, open[0].Head().ID, open[0].Head().Status)
}

// due returns operations that a worker is still to act on, and when the first of them is
// due.
func (w *world) due() (first time.Time, open []ports.Operation) {
	for _, op := range w.operations(ports.OperationFilter{Open: true}) {
		head := op.Head()
		policy, isPolicy := op.(*ports.Policy)
		switch {
		case head.Status == ports.RechargeReview, head.Status == ports.WithdrawalRequested:
			open = append(open, op)
			continue
		case head.DueAt.IsZero(), isPolicy && policy.State.Attempt == nil && head.DueAt.After(time.Now().Add(time.Minute)):
			continue
		}
		open = append(open, op)
		if first.IsZero() || head.DueAt.Before(first) {
			first = head.DueAt
		}
	}
	return first, open
}

// operations lists operations of the store, in order of id.
func (w *world) operations(filter ports.OperationFilter) []ports.Operation {
	filter.Limit = 1_000_000
	found, err := w.store.FindOperations(w.ctx, filter)
	if err != nil {
		panic(err)
	}
	slices.SortFunc(found, func(a, b ports.Operation) int { return cmp.Compare(a.Head().ID, b.Head().ID) })
	return found
}

// decideAll has people approve what waits for approvals, and report on what they pay.
func (w *world) decideAll(p *process) {
	for _, op := range w.operations(ports.OperationFilter{Kind: ports.KindWithdrawal, Open: true}) {
		r := &request{Kind: "approve", Wallet: op.Head().WalletID, Of: op.Head().ID}
		payout := op.(*ports.Withdrawal) //nolint:forcetypeassert // of this kind
		switch {
		case payout.Status == ports.WithdrawalRequested:
			r.Who = fmt.Sprintf("boss %d", len(payout.Approvals))
		case payout.Disburser == viaPeople && payout.Status == ports.WithdrawalPending:
			r.Kind, r.Who, r.Amount = "report paid", "boss", 1_000
		default:
			continue
		}
		w.do(p, r)
	}
}

// do makes a request of a person and waits for its end.
func (w *world) do(p *process, r *request) {
	w.host.made++
	r.Number = w.host.made
	w.ask(p, &asked{request: r})
	if err := w.drain(); err != nil {
		panic(err)
	}
}

// people look at what is left to them, compare it with the provider's books once nothing
// can be on its way there any more, and decide accordingly.
func (w *world) people(p *process) {
	books := w.providers.books()
	for _, op := range w.operations(ports.OperationFilter{}) {
		head := op.Head()
		left := head.Status == ports.RechargeReview || head.Status == ports.RechargeDisputed
		if !left || time.Since(head.UpdatedAt) < time.Hour {
			continue
		}
		w.say("people look at %s %s, which is %s", head.Kind, head.ID, head.Status)
		w.count("left to people", string(head.Kind)+" "+head.Status)
		p.run("people", func(ctx context.Context) {
			if err := decide(ctx, p.house, books, op); err != nil {
				w.fail(fmt.Errorf("people could not decide about %s: %w", head.ID, err))
			}
		})
		if err := w.drain(); err != nil {
			w.fail(err)
		}
	}
}

const who, why = "boss", "as the provider's books say"

func decide(ctx context.Context, h *house, books books, op ports.Operation) error {
	var err error
	switch op := op.(type) {
	case *ports.Recharge:
		charge, charged := books.charges[op.ID]
		r := recharge.ResolveRequest{ID: op.ID, Decision: recharge.DecideDecline, Who: who, Why: why}
		switch credited := op.EntrySeq != 0; {
		case charged && credited:
			r.Decision = recharge.DecideKeep
		case charged:
			r.Decision, r.Amount, r.ProviderRef = recharge.DecideApprove, decimal.NewNullDecimal(charge.amount), charge.ref
		case credited:
			_, err = h.recharges.Reverse(ctx, recharge.ReverseRequest{ID: op.ID, Who: who, Why: why})
			return err
		}
		_, err = h.recharges.Resolve(ctx, r)
	case *ports.Cancellation:
		r := recharge.ResolveRequest{ID: op.ID, Decision: recharge.DecideDecline, Who: who, Why: why}
		if books.charges[op.RechargeID].canceled {
			r.Decision = recharge.DecideApprove
		}
		_, err = h.recharges.ResolveCancel(ctx, r)
	case *ports.Withdrawal:
		payout, taken := books.payouts[op.ID]
		if taken && payout.paid {
			_, err = h.payouts.ReportPaid(ctx, withdraw.Paid{
				ID: op.ID, Who: who, Why: why, TransactionID: "tx", Fee: decimal.NewNullDecimal(payout.fee),
			})
			return err
		}
		_, err = h.payouts.ReportRefused(ctx, withdraw.Verdict{ID: op.ID, Who: who, Why: why})
	}
	return err
}
