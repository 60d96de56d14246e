package recharge

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// ApproveRequest is a person's word that the money of a recharge moved.
type ApproveRequest struct {
	ID       string
	ports.By // both are required

	// Amount is what was charged, in digits that the wallet takes. Defaults to what was
	// ordered, unless the provider reported another amount: then it is required.
	Amount decimal.NullDecimal
	// ProviderRef is the provider's id of the payment, if known. Without an id nothing keeps
	// the payment from being credited once more.
	ProviderRef string
	// DropProviderRef says that the provider's id that the record carries is another
	// recharge's, and that the id of this one is not known.
	DropProviderRef bool
}

// KeepRequest is a person's word that the credit of a disputed recharge stands.
type KeepRequest struct {
	ID       string
	ports.By // both are required

	// ProviderRef is the provider's id of a payment that was credited without one, if known.
	ProviderRef string
}

// ReinstateRequest is a person's word that the money of a recharge is there although its
// credit was taken back.
type ReinstateRequest struct {
	ID       string
	ports.By // both are required

	ProviderRef     string // as in [ApproveRequest]
	DropProviderRef bool   // as in [ApproveRequest]

	// CancelID is the cancellation of a part that the provider did not execute after all, one of
	// Parts of the recharge. Blank for what took back all that was left.
	CancelID string
}

// Approve credits the wallet because a person knows that the money of a recharge moved and
// that the provider has it. It closes a recharge that is in review, pending or unknown, or
// one that is disputed and was never credited. The decision is kept in the record.
//
// An approval for a payment that another recharge of the same Charger was credited for
// returns a [ChargeTakenError], unless [Service.Reverse] took that credit back and it was
// never disputed. So does one for a further payment of another recharge that is not decided.
// An amount that is missing or does not fit is [ports.ErrInvalid]; where [Acts] does not name
// the act, the error is [ports.ErrNotOpen]. With these nothing was written.
func (s *Service) Approve(ctx context.Context, request ApproveRequest) (*ports.Recharge, error) {
	return s.decide(ctx, &decision{
		Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionApprove, amount: request.Amount, providerRef: request.ProviderRef, drop: request.DropProviderRef,
	})
}

// Decline ends a recharge without a credit: a person knows that no money moved, or that the
// provider gave it back. It closes a recharge that is in review, pending or unknown, or one
// that is disputed while no credit is in the wallet. Errors are those of [Service.Approve].
func (s *Service) Decline(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	return s.decide(ctx, &decision{Act: act, what: ports.DecisionDecline})
}

// Inquire has the worker ask the provider again about a recharge that is in review, pending
// or unknown. Errors are those of [Service.Approve].
func (s *Service) Inquire(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	return s.decide(ctx, &decision{Act: act, what: ports.DecisionInquire})
}

// Keep ends the dispute about a recharge whose credit is in the wallet: the credit stands.
// [Service.Reverse] ends it the other way. An answer that contradicts the credit disputes the recharge
// again, also one that was given before. Errors are those of [Service.Approve].
func (s *Service) Keep(ctx context.Context, request KeepRequest) (*ports.Recharge, error) {
	return s.decide(ctx, &decision{Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionKeep, providerRef: request.ProviderRef})
}

// Reinstate brings back the credit of a disputed recharge that had been reversed or canceled,
// as it was: the charge stands after all. With CancelID it brings back the part that one
// cancellation took. Where nothing of the recharge is left, bring back first, without CancelID, what
// took the rest.
// Errors are those of [Service.Approve].
func (s *Service) Reinstate(ctx context.Context, request ReinstateRequest) (*ports.Recharge, error) {
	return s.decide(ctx, &decision{
		Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionReinstate, providerRef: request.ProviderRef, drop: request.DropProviderRef,
		cancelID: request.CancelID,
	})
}

// decision is what a person decided about a recharge or a cancellation.
type decision struct {
	ports.Act
	what        ports.DecisionKind
	amount      decimal.NullDecimal
	providerRef string
	drop        bool   // the record's ProviderRef is another recharge's
	cancelID    string // the cancellation of a part
	byOthers    bool   // the part was taken back without us
	key         string // the caller's, of a cancellation of a part
	owing       bool   // what the wallet lacks is owed
}

// on returns the decision as the record keeps it.
func (d *decision) on(at time.Time) ports.Decision {
	return ports.Decision{What: d.what, Who: d.Who, Why: d.Why, At: at}
}

// check returns ErrInvalid for what no recharge can be decided by.
func (d *decision) check() error {
	err := ports.Join(ports.CheckBy(d.By), ports.CheckProviderRef("ProviderRef", d.providerRef))
	if d.drop && d.providerRef != "" {
		err = ports.Join(err, ports.Invalid("DropProviderRef", "is given with ProviderRef: give one of them"))
	}
	return err
}

// decide carries out what a person decided about a recharge, and tells of it.
func (s *Service) decide(ctx context.Context, d *decision) (*ports.Recharge, error) {
	op, err := again(func() (*ports.Recharge, error) { return s.decideOnce(ctx, d) })
	if err != nil {
		if op != nil {
			_ = s.charges.Note(ctx, op, err)
		}
		return nil, record.Acting(d.what, "recharge", d.ID, err)
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

func (s *Service) decideOnce(ctx context.Context, d *decision) (*ports.Recharge, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	op, err := s.Get(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if err := record.Allowed(Acts(op), d.what, string(op.Status)); err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Decisions = append(next.Decisions, d.on(next.UpdatedAt))
	next.Told = ""  // the same answer again contradicts what the person decides now
	switch d.what { //nolint:exhaustive // Acts has no other that comes here
	case ports.DecisionKeep:
		return next, s.keep(ctx, next, d)
	case ports.DecisionApprove:
		return next, s.approve(ctx, next, d)
	case ports.DecisionReinstate:
		return next, s.reinstate(ctx, next, d)
	case ports.DecisionInquire:
		next.DueAt, next.Why = next.UpdatedAt, ""
		if next.Status = ports.RechargeUnknown; next.Awaited {
			next.Status = ports.RechargeAwaiting
		}
		return next, record.Commit(ctx, s.store, next)
	}
	next.Why = d.Why
	return next, s.decline(ctx, next)
}

// decline ends a recharge without a credit.
func (s *Service) decline(ctx context.Context, next *ports.Recharge) error {
	if next.Open {
		return s.chargeEnded(ctx, next, ports.OutcomeDeclined)
	}
	next.Status = ports.RechargeDeclined
	if next.ReverseSeq != 0 {
		next.Status = ports.RechargeReversed
	}
	return record.Commit(ctx, s.store, next)
}

// keep ends a dispute, and the credit stands. A payment that the person names is claimed.
func (s *Service) keep(ctx context.Context, next *ports.Recharge, d *decision) error {
	next.Status, next.Why = ports.RechargeApproved, d.Why
	switch {
	case d.providerRef == "":
		return record.Commit(ctx, s.store, next)
	case next.ProviderRef != "" && d.providerRef != next.ProviderRef:
		return ports.Invalid("ProviderRef", "is given, but the recharge stands for another payment: reverse it")
	}
	setProviderRef(next, d)
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
func (s *Service) approve(ctx context.Context, next *ports.Recharge, d *decision) error {
	was := order.Clone(next)
	setProviderRef(next, d)
	if err := s.unclaimedByRecords(ctx, next); err != nil {
		return err
	}
	if err := s.checkCharged(ctx, was, next, d); err != nil {
		return err
	}
	freed, err := s.replaced(ctx, was, next)
	if err != nil {
		return err
	}
	next.Why = d.Why
	return s.credit(ctx, next, d.amount, noteOf(next, d), freed...)
}

// reinstate brings back the credit that was taken out, because a person says that the charge
// stands after all.
func (s *Service) reinstate(ctx context.Context, next *ports.Recharge, d *decision) error {
	if next.ReverseSeq == 0 || d.cancelID != "" {
		return s.reinstatePart(ctx, next, d)
	}
	was := order.Clone(next)
	setProviderRef(next, d)
	if err := s.unclaimedByRecords(ctx, next); err != nil {
		return err
	}
	if err := s.checkAgain(ctx, was, next); err != nil {
		return err
	}
	freed, err := s.replaced(ctx, was, next)
	if err != nil {
		return err
	}
	next.Why = d.Why
	return s.creditAgain(ctx, next, d, freed)
}

// reinstatePart brings back what the cancellation of a part took out.
func (s *Service) reinstatePart(ctx context.Context, next *ports.Recharge, d *decision) error {
	switch {
	case d.providerRef != "" || d.drop:
		return ports.Invalid("ProviderRef", "is given, and the payment stays the same when a part of it comes back")
	case next.ReverseSeq != 0:
		return ports.Invalid("CancelID", "is given, and the rest was taken back later: reinstate that first, without CancelID")
	case !slices.Contains(next.Parts, d.cancelID):
		return ports.Invalid("CancelID", "must name the cancellation of a part of the recharge: %s", strings.Join(next.Parts, ", "))
	}
	part, err := s.Cancellation(ctx, d.cancelID)
	if err != nil {
		return err
	}
	part.Version++
	part.UpdatedAt = next.UpdatedAt
	part.Decisions = append(part.Decisions, d.on(next.UpdatedAt))
	next.Status, next.Why, next.Canceled = ports.RechargeApproved, d.Why, next.Canceled.Sub(part.GivenBack)
	next.Parts = slices.DeleteFunc(next.Parts, func(id string) bool { return id == part.ID })
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseBack, OperationID: part.ID, RefersTo: next.EntrySeq,
		Balance: part.GivenBack, Counterparty: ports.AccountClearing(next.Charger),
		Operations: []ports.Operation{next, part}, Fill: func(e *ports.Entry) { part.BackSeq = e.Seq }, Note: noteOf(next, d),
		Points: following(next, next.Left()),
	})
	if err == nil {
		s.collectCredited(ctx, next.WalletID)
	}
	return err
}

// noteOf is what an entry says that a person's decision books.
func noteOf(op *ports.Recharge, d *decision) books.Note {
	return books.Note{Reference: op.Reference, Memo: order.Truncate(d.Why)}
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

// checkAgain returns an error if a person names another payment, of another amount than was
// taken out.
func (s *Service) checkAgain(ctx context.Context, was, next *ports.Recharge) error {
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
func (s *Service) creditAgain(ctx context.Context, next *ports.Recharge, d *decision, with []ports.Operation) error {
	claim, err := s.claim(ctx, next)
	if err != nil {
		return err
	}
	by := next.ID
	if next.CancelID != "" {
		by = next.CancelID
	}
	next.Status, next.CancelID, next.ReverseSeq = ports.RechargeApproved, "", 0
	var above *ports.LimitError
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseBack, OperationID: by, RefersTo: next.EntrySeq,
		Balance: next.Left(), Counterparty: ports.AccountClearing(next.Charger),
		Operations: append(append([]ports.Operation{next}, claim...), with...), Note: noteOf(next, d),
		Above: func(over *ports.LimitError) { above = over }, Points: following(next, next.Left()),
	}
	debt, err := s.forgiven(ctx, next, d, &booking)
	if err != nil {
		return err
	}
	_, err = s.ledger.Book(ctx, booking)
	s.noteDebt(ctx, debt, err)
	if err != nil {
		return err
	}
	s.tellAbove(ctx, next, above)
	s.tellDebt(ctx, debt)
	s.collectCredited(ctx, next.WalletID)
	return nil
}

// checkCharged refuses an amount that the wallet cannot take, and a missing one where the
// provider reported another than was ordered for the payment that counts: the person must
// say which. was is the record before the person named a payment.
func (s *Service) checkCharged(ctx context.Context, was, op *ports.Recharge, d *decision) error {
	if d.amount.Valid {
		_, _, err := s.fits(ctx, op.WalletID, d.amount.Decimal)
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
	claim, _, err := s.readClaim(ctx, ports.NamedIDs(op.Kind, op.Charger, op.ProviderRef)...)
	return claim, err
}

// setProviderRef keeps the provider's id of the charge, as a person found it.
func setProviderRef(next *ports.Recharge, d *decision) {
	if d.drop && next.ProviderRef != "" {
		next.DroppedRef = next.ProviderRef
	}
	if d.providerRef != "" {
		next.Others = slices.DeleteFunc(next.Others, func(ref string) bool { return ref == d.providerRef })
		if d.providerRef == next.DroppedRef {
			next.DroppedRef = ""
		}
	}
	if d.providerRef != "" || d.drop {
		next.ProviderRef, next.Answer.ProviderRef = d.providerRef, d.providerRef
	}
}
