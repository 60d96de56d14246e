package recharge

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Dispute marks a recharge that has ended otherwise than the provider says now, so that a
// person decides: an approved one that the provider took back (a chargeback), a declined or
// failed one that was paid after all, or a reversed one whose dispute was won. It moves no
// money. What ends the dispute: [Service.Keep] or [Service.Reverse] where the credit is in
// the wallet, [Service.Reinstate] or [Service.Decline] where it was taken out, and
// [Service.Approve] or Decline where there never was one.
//
// The act may be a person's or a program's, and is kept in Decisions of the record. A
// disputed recharge stays as it is; one that has not ended answers [ports.ErrNotOpen].
func (s *Service) Dispute(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	d := decision{Act: act, what: ports.DecisionDispute}
	op, err := again(func() (*ports.Recharge, error) { return s.disputeBy(ctx, &d) })
	if err != nil {
		return nil, record.About("dispute", "recharge", act.ID, err)
	}
	return op, nil
}

func (s *Service) disputeBy(ctx context.Context, d *decision) (*ports.Recharge, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, d.ID)
	if err != nil || op.Status == ports.RechargeDisputed {
		return op, err
	}
	if err := record.Allowed(Acts(op), d.what, op.StatusText()); err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Decisions = append(next.Decisions, d.on(s.now()))
	next.Told = "" // the person who decides must know what the provider says now
	return s.dispute(ctx, next, d.Why)
}

// Reverse takes the credit of an approved or disputed recharge out of the wallet, all that
// cancellations have left of it: the provider has the money back, or never had it. A frozen wallet is no
// obstacle; a wallet that has spent the money is: [ports.ErrInsufficient], and [Service.ReverseOwing] is
// the act for it. Where no credit
// is in the wallet, because it was reversed or canceled before or never was, it moves
// nothing and answers [ports.ErrNotOpen]; [Service.Decline] ends the dispute about such a
// one. It sends nothing: see [Service.Cancel].
//
// The reversal of a recharge that was never disputed, nor canceled in part, says that it was
// credited by mistake, and another may be credited for its payment. Where the provider has the money
// back, [Service.Dispute] the recharge before you reverse it.
func (s *Service) Reverse(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	return s.reverseBy(ctx, &decision{Act: act, what: ports.DecisionReverse})
}

func (s *Service) reverseBy(ctx context.Context, d *decision) (*ports.Recharge, error) {
	op, err := again(func() (*ports.Recharge, error) { return s.reverse(ctx, d) })
	if err != nil {
		return nil, record.About("reverse", "recharge", d.ID, err)
	}
	return op, nil
}

func (s *Service) reverse(ctx context.Context, d *decision) (*ports.Recharge, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if err := record.Allowed(Acts(op), d.what, op.StatusText()); err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Status, next.Why, next.Told = ports.RechargeReversed, d.Why, ""
	next.Decisions = append(next.Decisions, d.on(next.UpdatedAt))
	debt, err := s.takeBack(ctx, next, d)
	if err != nil {
		return nil, s.charges.Note(ctx, next, err)
	}
	s.tell(ctx, next)
	s.tellDebt(ctx, debt)
	return next, nil
}

// takeBack takes the credit out. It returns the debt that the wallet has then, if any.
func (s *Service) takeBack(ctx context.Context, next *ports.Recharge, d *decision) (debt *ports.Debt, err error) {
	var claim []ports.Operation
	if !next.Disputed && len(next.Parts) == 0 { // it was a mistake
		if claim, err = s.mark(ctx, next, ports.ClaimReleased); err != nil {
			return nil, err
		}
	}
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverse, OperationID: next.ID, RefersTo: next.EntrySeq,
		Balance: next.Left().Neg(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: append([]ports.Operation{next}, claim...), Fill: func(e *ports.Entry) { next.ReverseSeq = e.Seq },
		Points: following(next, decimal.Decimal{}),
		Note:   noteOf(next, d),
	}
	if d.owing {
		if debt, err = s.owes(ctx, next, d, &booking); err != nil {
			return nil, err
		}
	}
	_, err = s.ledger.Book(ctx, booking)
	s.noteDebt(ctx, debt, err)
	if d.owing && errors.Is(err, ports.ErrInsufficient) { // it was spent since
		err = ports.ErrConflict
	}
	return debt, err
}

// ReversePartRequest is a person's word that a cancellation gave back money which is in the wallet.
type ReversePartRequest struct {
	ID       string          // of the recharge
	CancelID string          // the cancellation, which ended as declined or failed, or came back by Reinstate; blank with ByOthers
	ByOthers bool            // no cancellation of ours gave the part back: others did, in the provider's console say
	Amount   decimal.Decimal // that the provider gave back, in whole units of the wallet's currency; at most what is left
	ports.By                 // both are required
}

// ReversePart ends the dispute about a recharge of which a cancellation gave back a part, although
// it had ended otherwise: so much leaves the wallet, and the cancellation is approved. For a part that
// others took back a cancellation is written down, as one that the provider approved. A part that
// was booked with another amount comes back by [Service.Reinstate] first, and is disputed again.
// [Service.Reverse] takes out all that is left instead. It sends nothing.
//
// The recharge must be disputed, with its credit in the wallet and no cancellation under way, or the
// error is [ports.ErrNotOpen]. Other errors are those of Reverse, and [ports.ErrInvalid] for another
// cancellation, or an Amount that is all that is left or more.
func (s *Service) ReversePart(ctx context.Context, request ReversePartRequest) (*ports.Recharge, error) {
	d := decision{
		Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionReverse, cancelID: request.CancelID, byOthers: request.ByOthers, amount: decimal.NewNullDecimal(request.Amount),
	}
	op, err := again(func() (*ports.Recharge, error) { return s.reversePart(ctx, &d) })
	if err != nil {
		return nil, record.About("reverse a part of", "recharge", request.ID, err)
	}
	return op, nil
}

func (s *Service) reversePart(ctx context.Context, d *decision) (*ports.Recharge, error) {
	err := d.check()
	switch {
	case !d.byOthers:
		err = ports.Join(err, ports.CheckID("CancelID", d.cancelID))
	case d.cancelID != "":
		err = ports.Join(err, ports.Invalid("ByOthers", "is given with CancelID: give one of them"))
	}
	if err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if err := record.Allowed(Acts(op), d.what, op.StatusText()); err != nil {
		return nil, err
	}
	part, err := s.partToReverse(ctx, op, d)
	if err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Status, next.Why, next.Told = ports.RechargeApproved, d.Why, ""
	next.Decisions = append(next.Decisions, d.on(next.UpdatedAt))
	next.Canceled, next.Parts = next.Canceled.Add(part.GivenBack), append(next.Parts, part.ID)
	part.Version++
	part.UpdatedAt = next.UpdatedAt
	part.Decisions = append(part.Decisions, d.on(next.UpdatedAt))
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverse, OperationID: part.ID, RefersTo: next.EntrySeq,
		Balance: part.GivenBack.Neg(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: []ports.Operation{next, part}, Fill: func(e *ports.Entry) { part.EntrySeq = e.Seq }, Note: noteOf(next, d),
		Points: following(next, next.Left()),
	})
	if err != nil {
		return nil, s.charges.Note(ctx, next, err)
	}
	s.tellCancel(ctx, part)
	s.tell(ctx, next)
	return next, nil
}

// partToReverse returns the cancellation of which a person says that it gave back an amount, as it
// is written then.
func (s *Service) partToReverse(ctx context.Context, op *ports.Recharge, d *decision) (*ports.Cancellation, error) {
	_, amount, err := s.fits(ctx, op.WalletID, d.amount.Decimal)
	if err != nil {
		return nil, err
	}
	part := s.partByOthers(op, d, amount)
	if !d.byOthers {
		part, err = s.Cancellation(ctx, d.cancelID)
	}
	if err != nil {
		return nil, err
	}
	inWallet := !part.Open && (part.Status != ports.CancellationApproved || part.BackSeq != 0 || !part.Part && op.CancelID != part.ID)
	switch {
	case op.Status != ports.RechargeDisputed:
		return nil, fmt.Errorf("%w: dispute it first", ports.ErrNotOpen)
	case part.RechargeID != op.ID || !inWallet:
		return nil, ports.Invalid("CancelID", "must name a cancellation of the recharge that has ended, and whose amount is in the wallet")
	case !amount.LessThan(op.Left()):
		return nil, ports.Invalid("Amount", "is %s, and %s of the recharge is left: reverse it in whole", amount, op.Left())
	case len(op.Parts) >= ports.MaxParts:
		return nil, fmt.Errorf("%w: %d parts were taken back: reverse it in whole", ports.ErrLimit, len(op.Parts))
	}
	part = order.Clone(part)
	part.Status, part.GivenBack, part.Part, part.BackSeq = ports.CancellationApproved, amount, true, 0
	part.Mismatch = !amount.Equal(part.Amount)
	return part, nil
}

// partByOthers is the record of a part that was taken back without us, before it is written.
func (s *Service) partByOthers(op *ports.Recharge, d *decision, amount decimal.Decimal) *ports.Cancellation {
	now := s.now()
	return &ports.Cancellation{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindCancellation, WalletID: op.WalletID,
			Provider: op.Charger, Reference: op.Reference, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.CancellationDeclined,
		Progress:   ports.Progress[ports.ChargeAnswer]{Why: d.Why},
		RechargeID: op.ID, Charger: op.Charger, Amount: amount, Who: d.Who,
	}
}
