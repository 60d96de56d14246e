package recharge

import (
	"context"

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
	return s.dispute(ctx, next, d.Why)
}

// Reverse takes the credit of an approved or disputed recharge out of the wallet, all that
// cancellations have left of it: the provider has the money back, or never had it. A frozen wallet is no
// obstacle; a wallet that has spent the money is: [ports.ErrInsufficient]. Where no credit
// is in the wallet, because it was reversed or canceled before or never was, it moves
// nothing and answers [ports.ErrNotOpen]; [Service.Decline] ends the dispute about such a
// one. It sends nothing: see [Service.Cancel].
//
// The reversal of a recharge that was never disputed, nor canceled in part, says that it was
// credited by mistake, and another may be credited for its payment. So [Service.Dispute] first one whose money
// the provider has back.
func (s *Service) Reverse(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	d := decision{Act: act, what: ports.DecisionReverse}
	op, err := again(func() (*ports.Recharge, error) { return s.reverse(ctx, &d) })
	if err != nil {
		return nil, record.About("reverse", "recharge", act.ID, err)
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
	next.Status, next.Why = ports.RechargeReversed, d.Why
	next.Decisions = append(next.Decisions, d.on(next.UpdatedAt))
	if err := s.takeBack(ctx, next, d); err != nil {
		return nil, s.charges.Note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

func (s *Service) takeBack(ctx context.Context, next *ports.Recharge, d *decision) error {
	var claim []ports.Operation
	if !next.Disputed && len(next.Parts) == 0 { // it was a mistake
		var err error
		if claim, err = s.mark(ctx, next, ports.ClaimReleased); err != nil {
			return err
		}
	}
	_, err := s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverse, OperationID: next.ID, RefersTo: next.EntrySeq,
		Balance: next.Left().Neg(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: append([]ports.Operation{next}, claim...), Fill: func(e *ports.Entry) { next.ReverseSeq = e.Seq },
		Note: noteOf(next, d),
	})
	return err
}
