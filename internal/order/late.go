package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// late keeps an answer that came after the record had ended.
func (p *Path[R, A, P]) late(ctx context.Context, op R, answer A, fromSend bool) (R, error) {
	_ = p.clean(&answer) // what no record can hold is not compared
	for range worker.ConflictsMax {
		next, err := p.kind.Late(ctx, op, answer, fromSend)
		if !errors.Is(err, ports.ErrConflict) {
			return next, err
		}
		if op, err = p.kind.Get(ctx, op.Head().ID); err != nil {
			return next, err
		}
	}
	return op, fmt.Errorf("keep a late answer to %s: others change it all the time: %w", op.Head().ID, ports.ErrConflict)
}

// Agrees reports whether a late answer says what the end of a record says. moved is whether
// the record ended with money moved; fromSend that the answer is that of a transmission.
func (p *Path[R, A, P]) Agrees(op R, answer *ports.Answer, moved, fromSend bool) bool {
	if answer.Outcome.Final() {
		return (answer.Outcome == ports.OutcomeApproved) == moved
	}
	// That the provider itself declined the same order makes it no news that the order was
	// pending before.
	declined := P(&p.kind.Progress(op).Answer).Common().Outcome == ports.OutcomeDeclined && answer.ProviderRef == op.Head().ProviderRef
	return moved || !fromSend && (declined || !Taken(*answer)) // else it was sent after all, and its outcome is unknown
}

// KeepLate records what a late answer says. The payment of the answer becomes that of the
// record, unless the record stands for one: for that of its end, if it ended with money
// moved, or for the one that the provider named before. Then the record keeps its own
// payment and answer, and the second payment is named: see [Path.Name].
func (p *Path[R, A, P]) KeepLate(ctx context.Context, next R, answer A, moved bool) error {
	head, before, common := next.Head(), *P(&p.kind.Progress(next).Answer).Common(), *P(&answer).Common()
	was := head.ProviderRef
	refused := before.Outcome.Final() && before.Outcome != ports.OutcomeApproved
	stands := was != "" && (moved || !refused)
	if stands && Taken(common) && common.ProviderRef != was {
		P(&p.kind.Progress(next).Answer).Common().Alarm = common.Alarm
		return p.Name(ctx, next, answer)
	}
	p.Keep(next, answer)
	if stands || moved && !Taken(common) { // a refusal names no payment
		head.ProviderRef = was
	}
	return nil
}

// LateReason says why a late answer disputes a record that had ended with a status.
func LateReason(ended string, answer *ports.Answer, ref string) string {
	why := fmt.Sprintf("ended as %s, then the provider answered %s", ended, answer.Outcome)
	if Taken(*answer) && answer.ProviderRef != ref {
		why += " for " + answer.ProviderRef
	}
	text := answer.Review
	if text == "" {
		text = answer.Message
	}
	return why + ": " + Truncate(text)
}

// Taken reports whether the provider has the order, by the id that an answer names.
func Taken(answer ports.Answer) bool {
	return answer.ProviderRef != "" && (answer.Outcome == ports.OutcomePending || answer.Outcome == ports.OutcomeApproved)
}

// Name writes a claim for a payment that the provider named for op, and that op does not stand
// for. While the claim exists, only a person ends another order of the kind by the payment.
// The claim is written alone, before the record: when the record is not written after it, the
// claim keeps the payment from other orders, and moves no money. Name returns
// [ports.ErrConflict] if another process wrote the claim at the same moment.
func (p *Path[R, A, P]) Name(ctx context.Context, op R, answer A) error {
	head, ref := op.Head(), P(&answer).Common().ProviderRef
	if p.kind.Unnamed || ref == "" {
		return nil
	}
	id := ports.NamedID(head.Kind, head.Provider, ref)
	found, err := p.Store.Operations(ctx, []string{id})
	if err != nil || len(found) > 0 {
		return err
	}
	now := p.Now()
	claim := &ports.Claim{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindClaim, WalletID: head.WalletID, Version: 1,
		Provider: head.Provider, Reference: head.ID, CreatedAt: now, UpdatedAt: now,
	}, Status: ports.ClaimNamed, RechargeID: head.ID}
	if p.kind.Amount != nil {
		claim.Amount = p.kind.Amount(&answer)
	}
	return worker.Commit(ctx, p.Store, claim)
}

// NamedBy returns the record, other than op, for which the provider named a payment, and
// whether there is one.
func (p *Path[R, A, P]) NamedBy(ctx context.Context, op R, ref string) (other R, found bool, err error) {
	head := op.Head()
	claims, err := p.Store.Operations(ctx, []string{ports.NamedID(head.Kind, head.Provider, ref)})
	if err != nil || len(claims) == 0 || claims[0].Head().Reference == head.ID {
		return other, false, err
	}
	other, err = p.kind.Get(ctx, claims[0].Head().Reference)
	return other, err == nil, err
}
