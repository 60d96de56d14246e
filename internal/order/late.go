package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// LateAnswer is an answer that came after the record had ended.
type LateAnswer[A AnyAnswer] struct {
	Answer   A
	FromSend bool  // it answers a transmission, not an inquiry
	Odd      error // the id or the figure that it named and that no record can hold; the answer is without it
}

// late keeps an answer that came after the record had ended.
func (p *Path[R, A, P]) late(ctx context.Context, op R, a *reading[A]) (R, error) {
	late := LateAnswer[A]{Answer: a.answer, FromSend: a.fromSend}
	if money(a.odd) {
		late.Odd = a.odd
	}
	for busy, conflicts := 0, 0; conflicts < record.ConflictsMax; conflicts++ {
		next, err := p.kind.Late(ctx, op, late)
		if errors.Is(err, ports.ErrBusy) && busy < 2*lossesMax { // the commit has waited for the record
			busy++
			continue
		}
		if !errors.Is(err, ports.ErrConflict) {
			alarm := P(&late.Answer).Common()
			if err == nil && next.Head().Version == op.Head().Version && alarm.Alarm != P(&p.kind.Progress(op).Answer).Common().Alarm { // it changes nothing, and there is no event
				p.alarm(ctx, op, alarm)
			}
			return next, err
		}
		if op, err = p.kind.Get(ctx, op.Head().ID); err != nil {
			return next, err
		}
	}
	return op, fmt.Errorf("keep a late answer to %s: others change it all the time: %w", op.Head().ID, ports.ErrConflict)
}

// Agrees reports whether a late answer says what the end of a record says. moved is whether
// the record ended with money moved.
func (p *Path[R, A, P]) Agrees(op R, late *LateAnswer[A], moved bool) bool {
	answer := P(&late.Answer).Common()
	switch {
	case late.Odd != nil && answer.Outcome == ports.OutcomeApproved:
		return false
	case answer.Outcome.Final():
		return (answer.Outcome == ports.OutcomeApproved) == moved
	}
	// That the provider itself declined the same order makes it no news that the order was
	// pending before.
	declined := P(&p.kind.Progress(op).Answer).Common().Outcome == ports.OutcomeDeclined && answer.ProviderRef == op.Head().ProviderRef
	return moved || !late.FromSend && (declined || !Taken(*answer)) // else it was sent after all, and its outcome is unknown
}

// News reports whether an answer about a disputed record says otherwise than the last answer
// of the record: a person who decides about the dispute must know of it.
func (p *Path[R, A, P]) News(op R, answer *ports.Answer) bool {
	return op.StatusText() == disputed && answer.Outcome.Final() && answer.Outcome != P(&p.kind.Progress(op).Answer).Common().Outcome
}

// KeepLate records what a late answer says. The payment of the answer becomes that of the
// record, unless the record stands for one: for that of its end, if it ended with money
// moved, or for the one that the provider named before. Then the record keeps its own
// payment and answer, and the second payment is named: see [Path.Name]. KeepLate returns why
// the answer disputes a record that had ended with a status, and what is to be written with
// the record.
func (p *Path[R, A, P]) KeepLate(ctx context.Context, next R, ended string, late *LateAnswer[A], moved bool) (why string, with []ports.Operation, err error) {
	head, before, common := next.Head(), *P(&p.kind.Progress(next).Answer).Common(), *P(&late.Answer).Common()
	was := head.ProviderRef
	why = lateReason(ended, &common, late.Odd, was)
	if next.StatusText() == disputed { // what it was disputed for before counts too
		why = Join(p.kind.Progress(next).Why, why)
	}
	refused := before.Outcome.Final() && before.Outcome != ports.OutcomeApproved
	stands := was != "" && (moved || !refused)
	if stands && Taken(common) && common.ProviderRef != was {
		P(&p.kind.Progress(next).Answer).Common().Alarm = common.Alarm
		p.kind.Progress(next).AddOther(common.ProviderRef)
		with, err = p.Named(ctx, next, late.Answer, p.unread(&late.Answer, late.Odd))
		return p.reason(next, why), with, err
	}
	refusal := common.Outcome.Final() && common.Outcome != ports.OutcomeApproved
	if refusal && !moved && was != "" && p.Working(next) && common.ProviderRef != was {
		return p.reason(next, why), nil, nil // it says nothing of the payment that the record stands for
	}
	earlier, unread := p.kind.Progress(next).Answer, p.kind.Progress(next).Unread
	p.Keep(next, late.Answer)
	if was != "" && head.ProviderRef != was && !stands && (unread || p.kind.Reports(&earlier)) { // its figures count if a person finds it paid
		P(&earlier).Common().ProviderRef = was
		if with, err = p.Named(ctx, next, earlier, unread); err != nil {
			return "", nil, err
		}
	}
	if p.unread(&late.Answer, late.Odd) {
		p.kind.Progress(next).Unread = true
	}
	if stands || moved && !Taken(common) { // a refusal names no payment
		head.ProviderRef = was
	}
	return p.reason(next, why), with, nil
}

// disputed is the status of a record that had ended, and that the provider contradicted.
const disputed = string(ports.RechargeDisputed)

// lateReason says why a late answer disputes a record that had ended with a status.
func lateReason(ended string, answer *ports.Answer, odd error, ref string) string {
	return "ended as " + ended + ", then the provider answered " + describe(answer, odd, ref)
}

// Describe says what a late answer is, for the reason of a record that it contradicts.
func (l *LateAnswer[A]) Describe(common *ports.Answer) string {
	return describe(common, l.Odd, common.ProviderRef)
}

// describe says what an answer is. ref is the payment that the record stands for.
func describe(answer *ports.Answer, odd error, ref string) string {
	what := answer.Outcome.String()
	if answer.ProviderRef != ref && (Taken(*answer) || ref == "" && answer.ProviderRef != "") {
		what += " for " + answer.ProviderRef
	}
	if odd != nil {
		what += ", with what cannot be booked (" + odd.Error() + ")"
	}
	return Because(what, cmp.Or(answer.Review, answer.Message))
}

// Taken reports whether the provider has the order, by the id that an answer names.
func Taken(answer ports.Answer) bool {
	return answer.ProviderRef != "" && (answer.Outcome == ports.OutcomePending || answer.Outcome == ports.OutcomeApproved)
}

// Name writes a claim for a payment that the provider named for op, and that op does not stand
// for. unread says that the provider reported an amount that no record can hold. While the
// claim exists, only a person ends another order of the kind by the payment.
// The claim is written alone, before the record: when the record is not written after it, the
// claim keeps the payment from other orders, and moves no money. Name returns
// [ports.ErrConflict] if another process wrote the claim at the same moment.
func (p *Path[R, A, P]) Name(ctx context.Context, op R, answer A, unread bool) error {
	claim, err := p.Named(ctx, op, answer, unread)
	if err != nil || len(claim) == 0 {
		return err
	}
	return record.Commit(ctx, p.Store, claim[0])
}

// Claim returns the claim that is written with op when its payment ends it, so that the
// payment ends no other order that is written at the same moment. shared says that the payment
// is named for another order already.
func (p *Path[R, A, P]) Claim(ctx context.Context, op R) (with []ports.Operation, shared bool, err error) {
	var answer A
	P(&answer).Common().ProviderRef = op.Head().ProviderRef
	claim, changed, err := p.claimOf(ctx, op, answer, false)
	if err != nil || claim == nil {
		return nil, false, err
	}
	if changed {
		with = []ports.Operation{claim}
	}
	return with, claim.RechargeID != op.Head().ID, nil
}

// Named returns the claim for a payment that the provider named for op. It returns none where
// the payment is named for op already, unless the answer reports another amount.
func (p *Path[R, A, P]) Named(ctx context.Context, op R, answer A, unread bool) ([]ports.Operation, error) {
	claim, changed, err := p.claimOf(ctx, op, answer, unread)
	if err != nil || !changed {
		return nil, err
	}
	return []ports.Operation{claim}, nil
}

// claimOf returns the claim for a payment that the provider named for op, as it is to be
// stored, and whether it differs from what is stored. It returns nil where the answer names no
// payment.
func (p *Path[R, A, P]) claimOf(ctx context.Context, op R, answer A, unread bool) (claim *ports.Claim, changed bool, err error) {
	head, ref := op.Head(), P(&answer).Common().ProviderRef
	if p.kind.Unnamed || ref == "" {
		return nil, false, nil
	}
	ids, now := ports.NamedIDs(head.Kind, head.Provider, ref), p.Now()
	found, err := p.Store.Operations(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	if len(found) == 0 {
		claim, changed = &ports.Claim{OperationHead: ports.OperationHead{
			ID: ids[0], Kind: ports.KindClaim, WalletID: head.WalletID,
			Provider: head.Provider, Reference: head.ID, CreatedAt: now,
		}, Status: ports.ClaimNamed, RechargeID: head.ID}, true
	} else if stored, is := found[0].(*ports.Claim); is {
		claim = stored
	} else {
		return nil, false, fmt.Errorf("claim %s: %w: it is a %s", found[0].Head().ID, ports.ErrUnreadable, found[0].Head().Kind)
	}
	if claim.RechargeID != head.ID && !slices.Contains(claim.Also, head.ID) && len(claim.Also) < ports.MaxOthers {
		claim.Also, changed = append(claim.Also, head.ID), true
	}
	amount := decimal.NullDecimal{}
	if p.kind.Amount != nil {
		amount = p.kind.Amount(&answer)
	}
	if unread && !claim.Unread || amount.Valid && (claim.Unread || !ports.SameAmount(amount, claim.Amount)) {
		claim.Amount, claim.Unread, changed = amount, unread, true
	}
	if changed {
		claim.Version++
		claim.UpdatedAt = now
	}
	return claim, changed, nil
}

// namedBefore reports whether the provider named a payment for op before, while op stands for
// another one.
func (p *Path[R, A, P]) namedBefore(ctx context.Context, op R, ref string) (bool, error) {
	head := op.Head()
	if p.kind.Unnamed || ref == "" || head.ProviderRef == "" || ref == head.ProviderRef {
		return false, nil
	}
	claims, err := p.Store.Operations(ctx, ports.NamedIDs(head.Kind, head.Provider, ref))
	if err != nil || len(claims) == 0 {
		return false, err
	}
	claim, is := claims[0].(*ports.Claim)
	return claims[0].Head().Reference == head.ID || is && slices.Contains(claim.Also, head.ID), nil
}

// NamedBy returns the records, other than op, for which the provider named a payment.
func (p *Path[R, A, P]) NamedBy(ctx context.Context, op R, ref string) (others []R, err error) {
	head := op.Head()
	claims, err := p.Store.Operations(ctx, ports.NamedIDs(head.Kind, head.Provider, ref))
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	ids := []string{claims[0].Head().Reference}
	if claim, is := claims[0].(*ports.Claim); is {
		ids = append(ids, claim.Also...)
	}
	for _, id := range ids {
		if id == head.ID {
			continue
		}
		other, err := p.kind.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		others = append(others, other)
	}
	return others, nil
}
