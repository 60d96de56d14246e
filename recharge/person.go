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
	case request.Decision == DecideApprove && disputed && !credited:
		return s.approveLate(ctx, next, request)
	case !waiting:
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	case request.Decision == DecideApprove:
		return s.approve(ctx, next, request)
	case request.Decision == DecideDecline:
		return next, s.end(ctx, next, ports.RechargeDeclined)
	case request.Decision == DecideInquire:
		next.Status, next.DueAt, next.Why = ports.RechargeUnknown, next.UpdatedAt, ""
		return next, worker.Commit(ctx, s.store, next)
	}
	return nil, ports.Invalid("Decision", "does not fit a recharge that is %s", op.Status)
}

func (s *Service) approve(ctx context.Context, next *ports.Recharge, request *ResolveRequest) (*ports.Recharge, error) {
	if request.Amount.Valid {
		if err := checkReported(request.Amount.Decimal); err != nil {
			return nil, err
		}
	}
	refer(next, request)
	return s.credit(ctx, next, request.Amount)
}

// approveLate credits a recharge that had ended without money.
func (s *Service) approveLate(ctx context.Context, next *ports.Recharge, request *ResolveRequest) (*ports.Recharge, error) {
	next.Credited = next.Amount
	if late := next.Answer; late.Outcome == ports.OutcomeApproved && late.Amount.Valid && !request.Amount.Valid {
		request.Amount = late.Amount // as the provider reported it
	}
	if request.Amount.Valid {
		if err := checkReported(request.Amount.Decimal); err != nil {
			return nil, err
		}
		next.Credited, next.Mismatch = request.Amount.Decimal, !request.Amount.Decimal.Equal(next.Amount)
	}
	refer(next, request)
	next.Status = ports.RechargeApproved
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryRecharge, OperationID: next.ID,
		Balance: next.Credited, Counterparty: ports.AccountClearing(next.Charger),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, Memo: cut(request.Why)},
	})
	return next, err
}

// refer keeps the provider's id of the charge, as a person found it.
func refer(next *ports.Recharge, request *ResolveRequest) {
	if request.ProviderRef != "" {
		next.ProviderRef, next.Answer.ProviderRef = request.ProviderRef, request.ProviderRef
	}
}

func checkReported(amount decimal.Decimal) error {
	_, err := ports.CheckAmount("Amount", amount, ports.MaxScale)
	return err
}

func checkPerson(who, why string) error {
	if why == "" {
		return errors.Join(ports.CheckID("Who", who), ports.Invalid("Why", "is blank"))
	}
	return errors.Join(ports.CheckID("Who", who), ports.CheckText("Why", why, ports.MaxMemo))
}

// Dispute marks an approved recharge that the provider took back, or says it never
// made, for a person: a chargeback, a late failure. It moves no money; [Service.Reverse]
// or [Service.Resolve] does. A disputed recharge stays as it is.
func (s *Service) Dispute(ctx context.Context, id, why string) (*ports.Recharge, error) {
	if err := checkPerson("provider", why); err != nil {
		return nil, fmt.Errorf("dispute recharge: %w", err)
	}
	op, err := s.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("dispute: %w", err)
	}
	switch op.Status {
	case ports.RechargeDisputed:
		return op, nil
	case ports.RechargeApproved:
		op, err = s.dispute(ctx, op, why)
	default:
		err = fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	}
	if err != nil {
		return nil, fmt.Errorf("dispute recharge %s: %w", id, err)
	}
	return op, nil
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
// that was reversed before is returned as it is. It sends nothing: see
// [Service.Cancel].
func (s *Service) Reverse(ctx context.Context, request ReverseRequest) (*ports.Recharge, error) {
	op, err := s.reverse(ctx, &request)
	if err != nil {
		return nil, fmt.Errorf("reverse recharge %s: %w", request.ID, err)
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
	case op.Status == ports.RechargeReversed || op.ReverseSeq != 0:
		return op, nil // it is taken back once
	case op.EntrySeq == 0 || op.CancelID != "":
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	}
	next := own(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Status, next.Why = ports.RechargeReversed, request.Why
	next.Decisions = append(next.Decisions, ports.Decision{What: "reverse", Who: request.Who, Why: request.Why, At: next.UpdatedAt})
	_, err = s.ledger.Book(ctx, ledger.Booking{
		WalletID: op.WalletID, Type: ports.EntryReverse, OperationID: op.ID, RefersTo: op.EntrySeq,
		Balance: op.Credited.Neg(), Counterparty: ports.AccountClearing(op.Charger),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.ReverseSeq = e.Seq },
		Note: ledger.Note{Reference: op.Reference, Memo: cut(request.Why)},
	})
	if err != nil {
		return nil, err
	}
	s.tell(ctx, next)
	return next, nil
}

// Get returns a recharge, or [ports.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (*ports.Recharge, error) {
	found, err := s.store.Operations(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("recharge %s: %w", id, err)
	}
	if len(found) == 1 {
		if op, ok := found[0].(*ports.Recharge); ok {
			return op, nil
		}
	}
	return nil, fmt.Errorf("recharge %s: %w", id, ports.ErrNotFound)
}

// Charger returns the Charger by a name, or nil.
func (s *Service) Charger(name string) ports.Charger { return s.chargers[name] }

// List returns the recharges that the filter selects; its Kind is set here. A Limit
// of zero means 100.
func (s *Service) List(ctx context.Context, filter ports.OperationFilter) ([]*ports.Recharge, error) {
	filter.Kind = ports.KindRecharge
	return list[*ports.Recharge](ctx, s.store, filter)
}

// Reviews returns up to limit recharges that wait for a person: in review or disputed.
func (s *Service) Reviews(ctx context.Context, limit int) ([]*ports.Recharge, error) {
	return s.List(ctx, ports.OperationFilter{Statuses: []string{ports.RechargeReview, ports.RechargeDisputed}, Limit: limit})
}

// CancelReviews returns up to limit cancellations that wait for a person:
// [Service.ResolveCancel] ends them. Until then their credit is out of the wallet.
func (s *Service) CancelReviews(ctx context.Context, limit int) ([]*ports.Cancellation, error) {
	return list[*ports.Cancellation](ctx, s.store, ports.OperationFilter{
		Kind: ports.KindCancellation, Statuses: []string{ports.RechargeReview}, Limit: limit,
	})
}

// list returns the operations of one type that the filter selects.
func list[O ports.Operation](ctx context.Context, store ports.OperationReader, filter ports.OperationFilter) ([]O, error) {
	if filter.Limit <= 0 {
		filter.Limit = 100
	}
	found, err := store.FindOperations(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list operations of kind %s: %w", filter.Kind, err)
	}
	ops := make([]O, 0, len(found))
	for _, op := range found {
		if o, ok := op.(O); ok {
			ops = append(ops, o)
		}
	}
	return ops, nil
}
