package recharge

import (
	"context"
	"fmt"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Dispute marks an approved recharge that the provider took back, or says it never
// made, for a person: a chargeback, a late failure. It moves no money; [Service.Reverse]
// or [Service.Resolve] does. by is the person or the program that tells of it: required,
// and kept in Decisions of the record. A disputed recharge stays as it is.
func (s *Service) Dispute(ctx context.Context, id string, by ports.By) (*ports.Recharge, error) {
	op, err := s.disputeBy(ctx, id, by)
	if err != nil {
		return nil, worker.About("dispute", "recharge", id, err)
	}
	return op, nil
}

func (s *Service) disputeBy(ctx context.Context, id string, by ports.By) (*ports.Recharge, error) {
	if err := by.Check(); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case op.Status == ports.RechargeDisputed:
		return op, nil
	case op.Status != ports.RechargeApproved:
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	}
	next := own(op)
	next.Decisions = append(next.Decisions, ports.Decision{What: "dispute", Who: by.Who, Why: by.Why, At: s.now()})
	return s.dispute(ctx, next, by.Why)
}

// ReverseRequest asks for the credit of a recharge to be taken back.
type ReverseRequest struct {
	ID  string
	Who string // required
	Why string // required
}

// Reverse takes the credit of an approved or disputed recharge out of the wallet, in
// whole: the provider has the money back, or never had it. A frozen wallet is no
// obstacle; a wallet that has spent the money is: [ports.ErrInsufficient]. A recharge
// that was reversed before is returned as it is; of one whose cancellation took the
// credit and was disputed then, only the dispute ends. It sends nothing: see
// [Service.Cancel].
//
// The reversal of a recharge that was never disputed says that it was credited by mistake,
// and another may be credited for its charge. So [Service.Dispute] first one whose money
// the provider has back.
func (s *Service) Reverse(ctx context.Context, request ReverseRequest) (*ports.Recharge, error) {
	op, err := s.reverse(ctx, &request)
	if err != nil {
		return nil, worker.About("reverse", "recharge", request.ID, err)
	}
	return op, nil
}

func (s *Service) reverse(ctx context.Context, request *ReverseRequest) (*ports.Recharge, error) {
	if err := checkPerson(request.Who, request.Why); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, request.ID)
	switch {
	case err != nil:
		return nil, err
	case op.Status == ports.RechargeReversed:
		return op, nil // it is taken back once
	case op.EntrySeq == 0 || op.CancelID != "" && op.ReverseSeq == 0:
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	}
	next := own(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Status, next.Why = ports.RechargeReversed, request.Why
	next.Decisions = append(next.Decisions, ports.Decision{What: "reverse", Who: request.Who, Why: request.Why, At: next.UpdatedAt})
	if op.ReverseSeq != 0 { // a cancellation took the credit out before it was disputed
		err = worker.Commit(ctx, s.store, next)
	} else {
		err = s.takeBack(ctx, next, request.Why)
	}
	if err != nil {
		return nil, err
	}
	s.tell(ctx, next)
	return next, nil
}

func (s *Service) takeBack(ctx context.Context, next *ports.Recharge, why string) error {
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverse, OperationID: next.ID, RefersTo: next.EntrySeq,
		Balance: next.Credited.Neg(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.ReverseSeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, Memo: cut(why)},
	})
	return err
}
