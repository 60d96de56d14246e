package recharge

import (
	"context"
	"fmt"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// Dispute marks a recharge that has ended otherwise than the provider says now, so that a
// person decides: an approved one that the provider took back (a chargeback), a declined or
// failed one that was paid after all, or a reversed one whose dispute was won. It moves no
// money. After it [Service.Resolve] ends the dispute: with [DecideApprove] it credits, or
// brings back, what is not in the wallet; with [DecideKeep] a credit stands; with
// [DecideDecline] there goes on being none. [Service.Reverse] takes a credit back.
//
// by is the person or the program that tells of it: required, and kept in Decisions of the
// record. A disputed recharge stays as it is; one that has not ended answers
// [ports.ErrNotOpen]: Resolve it.
func (s *Service) Dispute(ctx context.Context, id string, by ports.By) (*ports.Recharge, error) {
	op, err := again(func() (*ports.Recharge, error) { return s.disputeBy(ctx, id, by) })
	if err != nil {
		return nil, record.About("dispute", "recharge", id, err)
	}
	return op, nil
}

func (s *Service) disputeBy(ctx context.Context, id string, by ports.By) (*ports.Recharge, error) {
	if err := ports.CheckBy(by); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case op.Status == ports.RechargeDisputed:
		return op, nil
	case op.Open:
		return nil, fmt.Errorf("it is %s, and has not ended: %w", op.Status, ports.ErrNotOpen)
	}
	next := order.Clone(op)
	next.Decisions = append(next.Decisions, ports.Decision{What: ports.DecisionDispute, Who: by.Who, Why: by.Why, At: s.now()})
	return s.dispute(ctx, next, by.Why)
}

// ReverseRequest asks for the credit of a recharge to be taken back.
type ReverseRequest struct {
	ID       string
	ports.By // both are required
}

// Reverse takes the credit of an approved or disputed recharge out of the wallet, in
// whole: the provider has the money back, or never had it. A frozen wallet is no
// obstacle; a wallet that has spent the money is: [ports.ErrInsufficient]. Where no credit
// is in the wallet, because it was reversed or canceled before or never was, it moves
// nothing and answers [ports.ErrNotOpen]; Resolve with [DecideDecline] ends the dispute
// about such a one. It sends nothing: see [Service.Cancel].
//
// The reversal of a recharge that was never disputed says that it was credited by mistake,
// and another may be credited for its payment. So [Service.Dispute] first one whose money
// the provider has back.
func (s *Service) Reverse(ctx context.Context, request ReverseRequest) (*ports.Recharge, error) {
	op, err := again(func() (*ports.Recharge, error) { return s.reverse(ctx, &request) })
	if err != nil {
		return nil, record.About("reverse", "recharge", request.ID, err)
	}
	return op, nil
}

func (s *Service) reverse(ctx context.Context, request *ReverseRequest) (*ports.Recharge, error) {
	if err := ports.CheckBy(request.By); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, request.ID)
	switch {
	case err != nil:
		return nil, err
	case op.ReverseSeq != 0:
		return nil, fmt.Errorf("it is %s, and its credit was taken out before: %w", op.Status, ports.ErrNotOpen)
	case op.EntrySeq == 0 || op.CancelID != "":
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Status, next.Why = ports.RechargeReversed, request.Why
	next.Decisions = append(next.Decisions, ports.Decision{What: ports.DecisionReverse, Who: request.Who, Why: request.Why, At: next.UpdatedAt})
	if err := s.takeBack(ctx, next, request.Why); err != nil {
		return nil, s.charges.Note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

func (s *Service) takeBack(ctx context.Context, next *ports.Recharge, why string) error {
	var claim []ports.Operation
	if !next.Disputed { // it was a mistake
		var err error
		if claim, err = s.mark(ctx, next, ports.ClaimReleased); err != nil {
			return err
		}
	}
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverse, OperationID: next.ID, RefersTo: next.EntrySeq,
		Balance: next.Credited.Neg(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: append([]ports.Operation{next}, claim...), Fill: func(e *ports.Entry) { next.ReverseSeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, Memo: order.Truncate(why)},
	})
	return err
}
