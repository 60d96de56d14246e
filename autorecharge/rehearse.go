package autorecharge

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Rehearsed is what a policy would have done at a moment of the past.
type Rehearsed struct {
	At       time.Time
	Seq      int64 // the last entry of the wallet by then
	Decision Decision
}

// Rehearse replays terms over the history of a wallet between two times (zero: no
// bound) and returns when they would have charged, and when a cap or the like would
// have held a charge back: after each entry, and when what held it back came to its
// end. Every charge is taken to have succeeded at once; recharges that did happen stay
// in the history. Nothing is written. It ends with an error when its context ends.
func (e *Engine) Rehearse(ctx context.Context, walletID string, terms ports.PolicyTerms, from, until time.Time) ([]Rehearsed, error) {
	wallet, err := e.ledger.Wallet(ctx, walletID)
	if err != nil {
		return nil, record.About("rehearse", "wallet", walletID, err)
	}
	if terms, err = complete(terms, wallet.Scale); err != nil {
		return nil, record.About("rehearse", "wallet", walletID, err)
	}
	r := rehearsal{
		wallet: wallet, policy: &loaded{Policy: ports.Policy{PolicyTerms: terms, OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}},
	}
	r.wallet.BalanceHeld, r.wallet.Status = decimal.Decimal{}, ports.WalletActive
	for entry, err := range e.ledger.Entries(ctx, ports.EntryFilter{WalletID: walletID, Until: until, Limit: 1000}) {
		if err != nil {
			return nil, record.About("rehearse", "wallet", walletID, err)
		}
		if err := r.waitUntil(ctx, entry.BookedAt); err != nil {
			return nil, record.About("rehearse", "wallet", walletID, err)
		}
		r.apply(&entry)
		if !entry.BookedAt.Before(from) && entry.Type != ports.EntryOpen {
			r.decide(entry.BookedAt)
		}
	}
	if now := e.now(); until.IsZero() || until.After(now) {
		until = now
	}
	if err := r.waitUntil(ctx, until); err != nil {
		return nil, record.About("rehearse", "wallet", walletID, err)
	}
	return r.acts, nil
}

// rehearsal is a wallet and a policy as they would have been.
type rehearsal struct {
	wallet ports.Wallet
	policy *loaded
	seq    int64
	extra  decimal.Decimal // charged in the rehearsal
	last   Decision
	acts   []Rehearsed
}

func (r *rehearsal) apply(entry *ports.Entry) {
	r.seq = entry.Seq
	r.wallet.Balance = entry.NewBalance.Add(r.extra)
	r.wallet.BalanceHeld = r.wallet.BalanceHeld.Add(entry.BalanceHeldAmount)
	switch entry.Type { //nolint:exhaustive // only these change the status
	case ports.EntryFreeze:
		r.wallet.Status = ports.WalletFrozen
	case ports.EntryUnfreeze:
		r.wallet.Status = ports.WalletActive
	}
}

// waitUntil decides again at each moment before a time at which the last decision is
// worth asking for. It ends early, with an error, when the context does.
func (r *rehearsal) waitUntil(ctx context.Context, at time.Time) error {
	for !r.last.Until.IsZero() && r.last.Until.Before(at) && r.last.Why != ReasonWallet {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.decide(r.last.Until)
	}
	return nil
}

// decide does what the policy asks for at a moment, until it asks for nothing more.
func (r *rehearsal) decide(at time.Time) {
	for range maxMoves {
		d := decide(&r.wallet, r.policy, decimal.Decimal{}, at)
		heldBack := !d.Charge && d.Why != ReasonAbove && d.Why != ReasonOff && d.Why != ReasonDelegated && d.Why != ReasonPace
		if d.Charge || heldBack && d.Why != r.last.Why {
			r.acts = append(r.acts, Rehearsed{At: at, Seq: r.seq, Decision: d})
		}
		r.last = d
		if !d.Charge {
			return
		}
		claim(r.policy, "rehearsed", d, moment{at, r.seq})
		book(r.policy, d.Amount)
		r.extra = r.extra.Add(d.Amount)
		r.wallet.Balance = r.wallet.Balance.Add(d.Amount)
		pace(r.policy, &r.wallet, d.Amount, at)
	}
}
