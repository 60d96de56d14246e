package autorecharge

import (
	"context"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// attempt claims a charge and makes it. The claim is written in the same unit as the
// order, before anything is sent, and only while the policy is as it was looked at and
// the wallet still asks for it: a process that slept is refused, and a claim without
// its order is nowhere.
func (e *Engine) attempt(ctx context.Context, policy *loaded, wallet *ports.Wallet, underWay decimal.Decimal, d Decision) (again bool, err error) {
	now := e.now()
	s := advance(policy, wallet, claimed{d, ports.AutoRechargeKeys + e.config.IDs.NewID(), e.config.Lease}, now)
	attached, err := e.attached(policy, &s, underWay, d)
	if err != nil {
		return false, err
	}
	op, err := e.recharges.RechargeAttached(ctx, recharge.Request{
		WalletID: policy.WalletID, Key: s.next.State.Attempt.Key, Charger: d.Method.Charger, PaymentMethod: d.Method.ID,
		Amount: d.Amount, Note: ledger.Note{Memo: "auto-recharge"},
	}, attached)
	switch {
	case err == nil:
		return e.applyOrder(ctx, s.next, op)
	case op != nil: // its fate is not known: the claim stays, and is resumed
		return false, err
	case errors.Is(err, recharge.ErrRechargeInProgress): // nothing was written
		return e.look(ctx, policy, wallet, Decision{Why: ReasonUnderWay, Until: now.Add(recheck)})
	case errors.Is(err, ports.ErrLimit): // likewise: another credit was faster
		return e.look(ctx, policy, wallet, limited(now))
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrClosed): // likewise
		return e.conclude(ctx, policy, refused{err, wallet.Seq})
	}
	return false, err // a conflict, or it may be written: who looks next finds it
}

// attached is the claim that is written with its order.
func (e *Engine) attached(before *loaded, s *step, underWay decimal.Decimal, d Decision) (*books.Attached, error) {
	claim, err := s.next.record()
	return &books.Attached{Operation: claim, Watch: &s.watch, Check: func(w *ports.Wallet) error {
		if fresh := decide(w, before, underWay, s.now); !fresh.Charge || fresh.Amount.LessThan(d.Amount) {
			return ports.ErrConflict // money arrived: look again
		}
		return nil
	}, Wanted: func(ctx context.Context) *ports.ChargeAnswer { return e.wanted(ctx, before, d) }}, err
}

// The codes of charges that ended before anything was sent, because of what the engine
// saw once the order was written.
const (
	codeNotWanted = "not_wanted" // another recharge met the need, or a person must decide first
	codeUnread    = "unread"     // it could not look
)

// wanted checks again after the order is written: concurrent recharges and disputes are now
// visible. before is the policy without the claim.
func (e *Engine) wanted(ctx context.Context, before *loaded, d Decision) *ports.ChargeAnswer {
	wallet, err := e.ledger.Wallet(ctx, before.WalletID)
	if err == nil {
		var fresh Decision
		fresh, _, err = e.decideBeside(ctx, &wallet, before, d.Amount)
		if err == nil && fresh.Charge && fresh.Amount.GreaterThanOrEqual(d.Amount) {
			return nil
		}
	}
	answer := &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: codeNotWanted}}
	if err != nil {
		answer.Code, answer.Message = codeUnread, err.Error()
	}
	return answer
}

// resume looks what became of an attempt whose process is gone, or whose charge was not
// decided. It sends nothing.
func (e *Engine) resume(ctx context.Context, policy *loaded) (again bool, err error) {
	mine, ok, err := e.claim(ctx, policy, e.now())
	if !ok {
		return false, err // another process has it, or the store failed
	}
	entry, err := e.ledger.EntryByKey(ctx, mine.WalletID, mine.State.Attempt.Key)
	if err != nil {
		return false, err
	}
	op, err := e.recharges.Get(ctx, entry.OperationID)
	if err != nil {
		return false, err
	}
	return e.applyOrder(ctx, mine.Clone(), op)
}

// applyOrder writes into the policy what came of the recharge of its attempt. When another
// process changed the policy, it is read and written again.
func (e *Engine) applyOrder(ctx context.Context, next *loaded, op *ports.Recharge) (again bool, err error) {
	key := next.State.Attempt.Key
	for range record.ConflictsMax {
		again, err = e.conclude(ctx, next, ordered{op})
		if !errors.Is(err, ports.ErrConflict) {
			return again, err
		}
		current, err := e.find(context.WithoutCancel(ctx), next.WalletID)
		if err != nil || current == nil || current.State.Attempt == nil || current.State.Attempt.Key != key {
			return err == nil, err // another process has applied it
		}
		next = current.Clone()
	}
	return again, err
}

// within returns a time that is no earlier than one and no later than another; the zero
// time is the latest.
func within(t, earliest, latest time.Time) time.Time {
	if t.IsZero() || t.After(latest) {
		return latest
	}
	return later(t, earliest)
}

// earlier returns the earlier of two times; the zero time is the latest.
func earlier(a, b time.Time) time.Time { return within(a, time.Time{}, b) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
