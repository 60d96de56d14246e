package recharge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// The decisions of a person, for [ResolveRequest].
const (
	DecideApprove = ports.DecisionApprove // money moved, and the provider has it: credit the wallet
	DecideDecline = ports.DecisionDecline // no money moved, or the provider gave it back: no credit
	DecideInquire = ports.DecisionInquire // ask the provider again
	DecideKeep    = ports.DecisionKeep    // of a disputed recharge: the credit stands
)

// ResolveRequest is what a person decided about a recharge.
type ResolveRequest struct {
	ID       string
	Decision ports.DecisionKind
	ports.By // both are required

	// Amount is, with DecideApprove, what was charged, in digits that the wallet takes.
	// Defaults to what was ordered, unless the provider reported another amount: then it
	// is required. A credit that comes back after it was reversed or canceled is as it was,
	// and takes none.
	Amount decimal.NullDecimal
	// ProviderRef is, with DecideApprove, the provider's id of the payment, if known; with
	// DecideKeep the id of a payment that was credited without one. Without an id nothing
	// keeps the payment from being credited once more.
	ProviderRef string

	// DropProviderRef says, with DecideApprove, that the provider's id that the record
	// carries is another recharge's, and that the id of this one is not known.
	DropProviderRef bool
}

// Resolve ends what the machine could not: it closes a recharge that is in review (or
// pending or unknown, when a person knows better), or a disputed one, as the person
// decided, and records the decision. One that has ended otherwise than the provider says
// now is disputed first: see [Service.Dispute].
//
// A disputed recharge whose credit is in the wallet takes DecideKeep, or [Service.Reverse];
// one without a credit in the wallet takes DecideApprove or DecideDecline. One that is open
// takes DecideApprove, DecideDecline and DecideInquire. Other decisions, and a recharge that
// is being sent or has ended, answer [ports.ErrNotOpen]; an amount that
// is missing or does not fit [ports.ErrInvalid]; and an approval for a payment that another
// recharge of the same Charger was credited for a [ChargeTakenError], unless
// [Service.Reverse] took that credit back and it was never disputed. A further payment of
// another recharge, which is not decided, answers the same. With these
// nothing was written. DropProviderRef approves a recharge that carries the id of another
// one's payment.
func (s *Service) Resolve(ctx context.Context, request ResolveRequest) (*ports.Recharge, error) {
	op, err := again(func() (*ports.Recharge, error) { return s.resolve(ctx, &request) })
	if err != nil {
		if op != nil {
			_ = s.charges.Note(ctx, op, err)
		}
		return nil, record.About("resolve", "recharge", request.ID, err)
	}
	s.tell(ctx, op)
	return op, nil
}

// again does an act of a person, and does it again on the record as it is then when another
// process has changed it meanwhile.
func again[R any](act func() (R, error)) (done R, err error) {
	for range record.ConflictsMax {
		if done, err = act(); !errors.Is(err, ports.ErrConflict) {
			return done, err
		}
	}
	return done, err
}

func (s *Service) resolve(ctx context.Context, request *ResolveRequest) (*ports.Recharge, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Decisions = append(next.Decisions, ports.Decision{
		What: request.Decision, Who: request.Who, Why: request.Why, At: next.UpdatedAt,
	})
	disputed := op.Status == ports.RechargeDisputed
	credited := op.EntrySeq != 0 && op.ReverseSeq == 0
	waiting := op.Open && op.Status != ports.RechargeSending
	switch {
	case request.Decision == DecideKeep && disputed && credited:
		return next, s.keep(ctx, next, request)
	case request.Decision == DecideDecline && disputed && !credited:
		next.Status = ports.RechargeDeclined
		if op.ReverseSeq != 0 {
			next.Status = ports.RechargeReversed
		}
		return next, record.Commit(ctx, s.store, next)
	case request.Decision == DecideApprove && (waiting || disputed && !credited):
		return next, s.approve(ctx, next, request)
	case disputed && credited:
		return nil, fmt.Errorf("it is disputed, and its credit is in the wallet: keep it, or reverse it: %w", ports.ErrNotOpen)
	case disputed:
		return nil, fmt.Errorf("it is disputed, and no credit is in the wallet: approve it, or decline it: %w", ports.ErrNotOpen)
	case !waiting:
		return nil, fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen)
	case request.Decision == DecideDecline:
		return next, s.chargeEnded(ctx, next, ports.OutcomeDeclined)
	case request.Decision == DecideInquire:
		next.Status, next.DueAt, next.Why = ports.RechargeUnknown, next.UpdatedAt, ""
		return next, record.Commit(ctx, s.store, next)
	}
	return nil, fmt.Errorf("%s does not fit a recharge that is %s: %w", request.Decision, op.Status, ports.ErrNotOpen)
}

// check refuses what no recharge can be decided by.
func (r *ResolveRequest) check() error {
	err := ports.Join(ports.CheckBy(r.By), ports.CheckProviderRef("ProviderRef", r.ProviderRef))
	if !slices.Contains([]ports.DecisionKind{DecideApprove, DecideDecline, DecideInquire, DecideKeep}, r.Decision) {
		err = ports.Join(err, ports.Invalid("Decision", "is not %s, %s, %s or %s", DecideApprove, DecideDecline, DecideInquire, DecideKeep))
	}
	if r.ProviderRef != "" && r.Decision != DecideApprove && r.Decision != DecideKeep {
		err = ports.Join(err, ports.Invalid("ProviderRef", "needs the decision %s or %s", DecideApprove, DecideKeep))
	}
	if r.Amount.Valid && r.Decision != DecideApprove {
		err = ports.Join(err, ports.Invalid("Amount", "needs the decision %s", DecideApprove))
	}
	if r.DropProviderRef && (r.ProviderRef != "" || r.Decision != DecideApprove) {
		err = ports.Join(err, ports.Invalid("DropProviderRef", "needs the decision %s, and no ProviderRef", DecideApprove))
	}
	return err
}

// keep ends a dispute, and the credit stands. A payment that the person names is claimed.
func (s *Service) keep(ctx context.Context, next *ports.Recharge, request *ResolveRequest) error {
	next.Status = ports.RechargeApproved
	switch {
	case request.ProviderRef == "":
		return record.Commit(ctx, s.store, next)
	case next.ProviderRef != "" && request.ProviderRef != next.ProviderRef:
		return ports.Invalid("ProviderRef", "is given, but the recharge stands for another payment: reverse it")
	}
	setProviderRef(next, request)
	if err := s.unclaimedByRecords(ctx, next); err != nil {
		return err
	}
	claim, err := s.claim(ctx, next)
	if err != nil {
		return err
	}
	return record.Commit(ctx, s.store, next, claim...)
}

// approve credits the wallet because a person says that money moved.
func (s *Service) approve(ctx context.Context, next *ports.Recharge, request *ResolveRequest) error {
	was := order.Clone(next)
	setProviderRef(next, request)
	if err := s.unclaimedByRecords(ctx, next); err != nil {
		return err
	}
	check := s.checkCharged
	if next.ReverseSeq != 0 {
		check = s.checkAgain
	}
	if err := check(ctx, was, next, request); err != nil {
		return err
	}
	freed, err := s.replaced(ctx, was, next)
	if err != nil {
		return err
	}
	if next.ReverseSeq != 0 {
		return s.creditAgain(ctx, next, request, freed)
	}
	return s.credit(ctx, next, request.Amount, ledger.Note{Reference: next.Reference, Memo: order.Truncate(request.Why)}, freed...)
}

// replaced returns what is written with the record when a person names another payment than
// the record did. If the provider has the record's payment for this order, that payment is
// named, so that the machine credits no other recharge for it. If the record's payment was
// credited by mistake, its claim is released.
func (s *Service) replaced(ctx context.Context, was, next *ports.Recharge) (with []ports.Operation, err error) {
	if was.ProviderRef == "" || was.ProviderRef == next.ProviderRef {
		return nil, nil
	}
	stays, err := s.stays(ctx, was, next)
	if err != nil {
		return nil, err
	}
	if stays {
		answer := was.Answer
		answer.ProviderRef = was.ProviderRef
		if with, err = s.charges.Named(ctx, next, answer, was.Unread); err != nil {
			return nil, err
		}
		next.AddOther(was.ProviderRef)
	}
	last, err := s.lastClaim(ctx, was)
	if err != nil || last == nil || !last.Mistake {
		return with, err
	}
	freed, err := s.mark(ctx, was, ports.ClaimReleased)
	return append(with, freed...), err
}

// stays reports whether the payment that a record stood for stays a payment of its order when a
// person credits it for another one: the provider works on it, or approved it, and no other
// recharge has it. What was credited before, and what a person drops, was a mistake.
func (s *Service) stays(ctx context.Context, was, next *ports.Recharge) (bool, error) {
	if next.ProviderRef == "" || !s.charges.Working(was) {
		return false, nil
	}
	if was.Answer.Outcome != ports.OutcomeApproved {
		return true, nil
	}
	if was.EntrySeq != 0 {
		return false, nil
	}
	err := s.unclaimed(ctx, was, func(*ports.Recharge) bool { return true }, func(*ports.Recharge) bool { return true })
	if errors.Is(err, ErrChargeTaken) {
		return false, nil
	}
	return err == nil, err
}

// checkAgain returns an error for an approval that would bring another credit back than was
// taken out: of another amount, or for another payment of another amount.
func (s *Service) checkAgain(ctx context.Context, was, next *ports.Recharge, request *ResolveRequest) error {
	if request.Amount.Valid {
		return ports.Invalid("Amount", "is given, but the credit comes back as it was")
	}
	if !names(was, next) {
		return nil
	}
	named, err := s.namedAs(ctx, next)
	switch {
	case err != nil || named == nil:
		return err
	case named.Unread:
		return ports.Invalid("ProviderRef", "is that of a payment of an amount that no record can hold: decline, and credit the payment by hand")
	case named.Amount.Valid && !named.Amount.Decimal.Equal(next.Credited):
		return ports.Invalid("ProviderRef", "is that of a payment of %s, and the credit comes back as it was, %s: decline, and credit the payment by hand", named.Amount.Decimal, next.Credited)
	}
	return nil
}

// creditAgain brings back the credit that a cancellation took: the charge stands after
// all, and the recharge is as it was before.
func (s *Service) creditAgain(ctx context.Context, next *ports.Recharge, request *ResolveRequest, with []ports.Operation) error {
	claim, err := s.claim(ctx, next)
	if err != nil {
		return err
	}
	by := next.ID
	if next.CancelID != "" {
		by = next.CancelID
	}
	next.Status, next.CancelID, next.ReverseSeq = ports.RechargeApproved, "", 0
	_, err = s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseBack, OperationID: by, RefersTo: next.EntrySeq,
		Balance: next.Credited, Counterparty: ports.AccountClearing(next.Charger),
		Operations: append(append([]ports.Operation{next}, claim...), with...), Note: ledger.Note{Reference: next.Reference, Memo: order.Truncate(request.Why)},
	})
	return err
}

// checkCharged refuses an amount that the wallet cannot take, and a missing one where the
// provider reported another than was ordered for the payment that counts: the person must
// say which. was is the record before the person named a payment.
func (s *Service) checkCharged(ctx context.Context, was, op *ports.Recharge, request *ResolveRequest) error {
	if request.Amount.Valid {
		wallet, err := s.ledger.Wallet(ctx, op.WalletID)
		if err != nil {
			return err
		}
		_, err = ports.CheckAmount("Amount", request.Amount.Decimal, wallet.Scale)
		return err
	}
	amount, unread := op.Answer.Amount, op.Unread
	if names(was, op) {
		named, err := s.namedAs(ctx, op)
		switch {
		case err != nil:
			return err
		case named != nil:
			amount, unread = named.Amount, named.Unread
		case was.ProviderRef != "": // the answer was about another payment
			amount, unread = decimal.NullDecimal{}, false
		}
	}
	if unread {
		return ports.Invalid("Amount", "is blank, and the provider reported one that no record can hold")
	}
	if !amount.Valid {
		return nil
	}
	reported, err := ports.CheckAmount("Amount", amount.Decimal, ports.MaxScale)
	if err != nil || !reported.Equal(op.Amount) {
		return ports.Invalid("Amount", "is blank, and the provider reported another than was ordered")
	}
	return nil
}

// names reports whether a person named another payment than the record stood for, if any.
func names(was, next *ports.Recharge) bool {
	return next.ProviderRef != "" && next.ProviderRef != was.ProviderRef
}

// namedAs returns the claim with what the provider reported for op's payment when it named the
// payment, for any order, or nil.
func (s *Service) namedAs(ctx context.Context, op *ports.Recharge) (*ports.Claim, error) {
	claim, _, err := s.readClaim(ctx, ports.NamedID(op.Kind, op.Charger, op.ProviderRef))
	return claim, err
}

// setProviderRef keeps the provider's id of the charge, as a person found it.
func setProviderRef(next *ports.Recharge, request *ResolveRequest) {
	if request.DropProviderRef && next.ProviderRef != "" {
		next.DroppedRef = next.ProviderRef
	}
	if request.ProviderRef != "" {
		next.Others = slices.DeleteFunc(next.Others, func(ref string) bool { return ref == request.ProviderRef })
		if request.ProviderRef == next.DroppedRef {
			next.DroppedRef = ""
		}
	}
	if request.ProviderRef != "" || request.DropProviderRef {
		next.ProviderRef, next.Answer.ProviderRef = request.ProviderRef, request.ProviderRef
	}
}
