package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// errReadOnly is what a store answers that can be read and takes no writes.
var errReadOnly = errors.New("store takes no writes")

// deaf is a Charger that ignores the end of its context.
type deaf struct{ ports.Charger }

func (d deaf) Unwrap() ports.Charger { return d.Charger }

func (d deaf) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return d.Charger.Charge(context.WithoutCancel(ctx), o)
}

func (d deaf) Inquire(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return d.Charger.Inquire(context.WithoutCancel(ctx), o)
}

// traced is a Charger that a host wraps to see its calls: of what it wraps it shows no more
// than the calls of a Charger, and Unwrap.
type traced struct {
	ports.Charger
	seen func(string)
}

func (t traced) Unwrap() ports.Charger { return t.Charger }

func (t traced) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	t.seen(o.OperationID)
	return t.Charger.Charge(ctx, o)
}

// dress wraps the Chargers as the run has it, and leaves out the one that the process does
// not have.
func (p *parts) dress(chargers []ports.Charger) []ports.Charger {
	var dressed []ports.Charger
	for _, c := range chargers {
		if c.Name() == p.without {
			continue
		}
		if p.deaf {
			c = deaf{c}
		}
		if p.traced != nil {
			c = traced{c, p.traced}
		}
		dressed = append(dressed, c)
	}
	return dressed
}

// lacking is what a process of a slot does not have: a provider that is being rolled out.
// Nothing is lacking once faults have ended.
func (w *world) lacking(slot int) string {
	if !w.faulty || slot >= len(w.mood.lacks) {
		return ""
	}
	return w.mood.lacks[slot]
}

// lacks reports whether the request needs a provider that the process did not have.
func (a *asked) lacks() bool {
	without := a.by.without
	if without == "" {
		return false
	}
	return a.Via == without || a.Terms != nil && slices.ContainsFunc(a.Terms.Methods, func(m ports.PaymentMethod) bool { return m.Charger == without })
}

// protect makes the store of a process take no writes for a while.
func (w *world) protect() {
	if p := w.alive(); p != nil {
		d := time.Duration(1+w.random.IntN(300)) * time.Second
		p.readOnlyUntil = time.Now().Add(d)
		w.count("pauses", "a store takes no writes")
		w.say("the store of %s takes no writes for %s", p.name, d)
	}
}

// recordsOnly reports whether units write records alone. Those that write wallets come from
// the ledger, where one caller commits for others: the actor is not the one that is refused.
func recordsOnly(units []ports.Unit) bool {
	return !slices.ContainsFunc(units, func(u ports.Unit) bool { return len(u.Wallets) > 0 })
}

// refusedTo notes that an actor of the process could not write.
func (p *process) refusedTo(actor string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused[actor]++
}

func (p *process) refusals(actor string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused[actor]
}

// silent returns an error if a job reports none although the store refused to write for
// it: a process whose store takes no writes must not look well.
func (p *process) silent(job string, refusedBefore int, err error) error {
	if err == nil && p.refusals(job) > refusedBefore && !p.dead.Load() {
		return fmt.Errorf("%s: the store took no writes of %s, and it reports no error", p.name, job)
	}
	return nil
}

// looked notes which status of the wallets an actor of the process has read last.
func (p *process) looked(actor string, wallets []ports.Wallet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range wallets {
		p.status[actor+"\n"+wallets[i].ID] = wallets[i].Status
	}
}

// paysFrozen reports whether a person had a payout made although the wallet is frozen.
func paysFrozen(op *ports.Withdrawal) bool {
	return slices.ContainsFunc(op.Decisions, func(d ports.Decision) bool { return d.What == ports.DecisionPayFrozen })
}

// frozen refuses that a payout is written down as being sent by an actor that has not seen
// its wallet, or has seen it frozen at its last look. A freeze that is committed between
// that look and the write comes too late.
func (p *process) frozen(actor string, units []ports.Unit) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range units {
		for _, op := range units[i].Operations {
			payout, ok := op.(*ports.Withdrawal)
			if !ok || payout.Status != ports.WithdrawalSending || payout.Transmissions == 0 {
				continue
			}
			was, _ := p.world.witness.records[payout.ID].(*ports.Withdrawal)
			if was != nil && was.Transmissions == payout.Transmissions || paysFrozen(payout) {
				continue
			}
			status, seen := p.status[actor+"\n"+payout.WalletID]
			if !seen || status == ports.WalletFrozen {
				return fmt.Errorf("withdrawal %s is sent, and its wallet was last seen %q", payout.ID, status)
			}
			p.world.count("withdrawals of frozen wallets", "looked at before they are sent")
		}
	}
	return nil
}
