package recharge

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// The decisions of a person, for [ResolveRequest].
const (
	DecideApprove = "approve" // money moved: credit the wallet
	DecideDecline = "decline" // no money moved: close without credit
	DecideInquire = "inquire" // ask the provider again
	DecideKeep    = "keep"    // of a disputed recharge: the credit stands
)

// ResolveRequest is what a person decided about a recharge.
type ResolveRequest struct {
	ID       string
	Decision string
	Who      string // the person, for the record; required
	Why      string // the reason, for the record; required

	Amount      decimal.NullDecimal // with DecideApprove: what was charged. Defaults to what was ordered
	ProviderRef string              // with DecideApprove: the provider's id of it, if known
}

// Resolve ends what the machine could not: it closes a recharge that is in review (or
// pending or unknown, when a person knows better), or a disputed one, as the person
// decided, and records the decision. A recharge that is being sent, or has ended,
// answers [ports.ErrNotOpen].
func (s *Service) Resolve(ctx context.Context, request ResolveRequest) (*ports.Recharge, error) {
	op, err := s.resolve(ctx, &request)
	if err != nil {
		return nil, fmt.Errorf("resolve recharge %s: %w", request.ID, err)
	}
	s.tell(ctx, op)
	return op, nil
}

func (s *Service) resolve(ctx context.Context, request *ResolveRequest) (*ports.Recharge, error) {
	if err := checkPerson(request.Who, request.Why); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	next := own(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Decisions = append(next.Decisions, ports.Decision{
		What: request.Decision, Who: request.Who, Why: request.Why, At: next.UpdatedAt,
	})
	disputed := op.Status == ports.RechargeDisputed
	credited := op.EntrySeq != 0
	waiting := op.Open && op.Status != ports.RechargeSending
	switch {
	case request.Decision == DecideKeep && disputed && credited && op.ReverseSeq == 0:
		next.Status = ports.RechargeApproved
		return next, worker.Commit(ctx, s.store, next)
	case request.Decision == DecideDecline && disputed && !credited:
		next.Status = ports.RechargeDeclined
		return next, worker.Commit(ctx, s.store, next)
	case request.Decision == DecideApprove && (waiting || disputed && !credited):
		return next, s.approve(ctx, next, request)
	case !waiting:
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	case request.Decision == DecideDecline:
		return next, s.charges.books.end(ctx, next, ports.RechargeDeclined)
	case request.Decision == DecideInquire:
		next.Status, next.DueAt, next.Why = ports.RechargeUnknown, next.UpdatedAt, ""
		return next, worker.Commit(ctx, s.store, next)
	}
	return nil, ports.Invalid("Decision", "does not fit a recharge that is %s", op.Status)
}

// approve credits the wallet because a person says that money moved.
func (s *Service) approve(ctx context.Context, next *ports.Recharge, request *ResolveRequest) error {
	refer(next, request)
	return s.credit(ctx, next, request.Amount, ledger.Note{Reference: next.Reference, Memo: cut(request.Why)})
}

// refer keeps the provider's id of the charge, as a person found it.
func refer(next *ports.Recharge, request *ResolveRequest) {
	if request.ProviderRef != "" {
		next.ProviderRef, next.Answer.ProviderRef = request.ProviderRef, request.ProviderRef
	}
}

func checkPerson(who, why string) error {
	if why == "" {
		return errors.Join(ports.CheckID("Who", who), ports.Invalid("Why", "is blank"))
	}
	return errors.Join(ports.CheckID("Who", who), ports.CheckText("Why", why, ports.MaxMemo))
}
