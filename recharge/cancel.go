package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// ErrNoCancel is returned by Cancel if the Charger does not implement [ports.Canceler].
var ErrNoCancel = errors.New("charger cannot cancel")

// Cancel asks the provider to take an approved recharge back, in whole, where its
// Charger is a [ports.Canceler]. The credit leaves the wallet before the provider
// hears of it, and comes back if the charge stands. It returns the cancellation as it
// is when the provider has answered; what is not decided then is followed by the
// worker. While one is under way, or has succeeded, the same one is returned.
//
// A frozen wallet is no obstacle: the money goes back to where it came from, because a
// person asks for it, and that is what is done with the charges of a stolen card.
//
// Errors are those of [Service.Reverse], [ErrNoCancel], and [InProgressError] when
// another order is open in the Charger's lane.
func (s *Service) Cancel(ctx context.Context, act ports.Act) (*ports.Cancellation, error) {
	var to *order.Provider[*ports.Cancellation, ports.ChargeAnswer]
	op, err := again(func() (op *ports.Cancellation, err error) {
		op, to, err = s.openCancel(ctx, &decision{Act: act, what: ports.DecisionCancel})
		return op, err
	})
	if err != nil {
		if op != nil {
			_ = s.cancels.Note(ctx, op, err)
		}
		return nil, record.About("cancel", "recharge", act.ID, err)
	}
	if to == nil {
		return op, nil
	}
	s.tellCancel(ctx, op)
	op, err = s.cancels.Send(ctx, op, to)
	if err != nil {
		return op, record.About("cancel", "recharge", act.ID, err)
	}
	return op, nil
}

// openCancel writes the cancellation down and takes the credit out of the wallet. It
// returns no provider when there is nothing left to send.
func (s *Service) openCancel(ctx context.Context, d *decision) (*ports.Cancellation, *order.Provider[*ports.Cancellation, ports.ChargeAnswer], error) {
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	charge, err := s.Get(ctx, d.ID)
	if err != nil {
		return nil, nil, err
	}
	if charge.CancelID != "" {
		op, err := s.Cancellation(ctx, charge.CancelID)
		return op, nil, err
	}
	if charge.PaymentMethod == "" {
		return nil, nil, fmt.Errorf("it was credited by hand: %w", ErrNoCancel)
	}
	if err := record.Allowed(Acts(charge), d.what, charge.StatusText()); err != nil {
		return nil, nil, err
	}
	to := s.canceling(charge)
	if to == nil {
		return nil, nil, fmt.Errorf("%s: %w", charge.Charger, ErrNoCancel)
	}
	lane, err := s.lane(s.chargers[charge.Charger], charge)
	if err != nil {
		return nil, nil, err
	}
	now := s.now()
	op := &ports.Cancellation{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindCancellation, WalletID: charge.WalletID, Version: 1,
			Open: true, Provider: charge.Charger, Lane: lane, Reference: charge.Reference,
			DueAt: now.Add(s.charges.Lease()), CreatedAt: now, UpdatedAt: now,
		}, Status: ports.CancellationSending,
		Progress:   ports.Progress[ports.ChargeAnswer]{Why: d.Why, Decisions: []ports.Decision{d.on(now)}},
		RechargeID: charge.ID, Charger: charge.Charger, Amount: charge.Credited, Who: d.Who,
	}
	charge = order.Clone(charge)
	charge.Version++
	charge.UpdatedAt, charge.CancelID = now, op.ID
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: op.WalletID, Type: ports.EntryReverse, OperationID: op.ID, RefersTo: charge.EntrySeq, Opened: 1,
		Balance: op.Amount.Neg(), Counterparty: ports.AccountClearing(charge.Charger),
		Operations: []ports.Operation{op, charge}, Fill: func(e *ports.Entry) { op.EntrySeq = e.Seq },
		Note: noteOf(charge, d),
	})
	if errors.Is(err, ports.ErrConflict) || errors.Is(err, ports.ErrLaneTaken) {
		if current, readErr := s.Get(ctx, d.ID); readErr == nil && current.CancelID != "" {
			other, readErr := s.Cancellation(ctx, current.CancelID)
			return other, nil, readErr // another call was faster
		}
	}
	var taken *ports.LaneTakenError
	if errors.As(err, &taken) {
		return nil, nil, &InProgressError{OperationID: taken.OperationID, Lane: taken.Lane}
	}
	return op, to, err
}

// cancelKind is what an order to take a charge back means for a wallet.
func (s *Service) cancelKind() order.Kind[*ports.Cancellation, ports.ChargeAnswer] {
	return order.Kind[*ports.Cancellation, ports.ChargeAnswer]{
		Adapter:  "charger",
		Progress: func(op *ports.Cancellation) *ports.Progress[ports.ChargeAnswer] { return &op.Progress },
		Get:      s.Cancellation, Tell: s.tellCancel,
		Figures: figures, Clean: clean, Remember: remember, Report: report, Reports: reports,
		Approve: s.cancelApproved, End: s.cancelEnded, SetStatus: func(op *ports.Cancellation, status order.Status) { op.Status = ports.CancellationStatus(status) },
		ReviewAt: func(op *ports.Cancellation, _ order.Status) time.Time { return s.reviewAt(op.CreatedAt, op.SentAt) },
		Late:     s.cancelLate, Unnamed: true,
	}
}

// cancelApproved closes the cancellation: the credit stays out of the wallet. It refuses an
// amount that differs from the credit, so that a person decides.
func (s *Service) cancelApproved(ctx context.Context, next *ports.Cancellation) error {
	if back := next.Answer.Amount; back.Valid && !back.Decimal.Equal(next.Amount) {
		return ports.Invalid("Amount", "is not the whole: the provider gave back %s of %s", back.Decimal, next.Amount)
	}
	return s.cancelEnded(ctx, next, ports.OutcomeApproved)
}

// cancelEnded closes the cancellation. The credit comes back, unless the charge was taken
// back.
func (s *Service) cancelEnded(ctx context.Context, next *ports.Cancellation, outcome ports.Outcome) error {
	charge, err := s.Get(ctx, next.RechargeID)
	if err != nil {
		return err
	}
	order.Finish(&next.OperationHead)
	next.Status = ports.CancellationStatus(ended(outcome))
	charge.Version++
	charge.UpdatedAt = next.UpdatedAt
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseEnd, OperationID: next.ID, RefersTo: charge.EntrySeq, Opened: -1,
		Operations: []ports.Operation{next, charge}, Note: books.Note{Reference: charge.Reference, Memo: next.StatusText()},
	}
	if next.Status == ports.CancellationApproved {
		reversed(charge, next)
	} else {
		charge.CancelID = ""
		booking.Type, booking.Balance = ports.EntryReverseBack, next.Amount
		booking.Counterparty = ports.AccountClearing(charge.Charger)
	}
	var above *ports.LimitError
	booking.Above = func(over *ports.LimitError) { above = over }
	if _, err = s.ledger.Book(ctx, booking); err == nil {
		s.tellAbove(ctx, charge, above)
	}
	return err
}

// reversed writes on the recharge that its cancellation took the credit, and why a person
// asked for that. What it is disputed for meanwhile is another matter, which only a person
// ends.
func reversed(charge *ports.Recharge, by *ports.Cancellation) {
	why := by.Why
	if len(by.Decisions) > 0 {
		why = by.Decisions[0].Why
	}
	charge.ReverseSeq = by.EntrySeq
	if charge.Status == ports.RechargeDisputed {
		charge.Why = order.Truncate(charge.Why) + "; its cancellation ended as approved: " + order.Truncate(why)
		return
	}
	charge.Status, charge.Why = ports.RechargeReversed, why
}

// cancelLate disputes the recharge when an answer contradicts how its cancellation ended, and
// the credit has not left the wallet for another reason since; if it has, the recharge
// only keeps that it was contradicted.
func (s *Service) cancelLate(ctx context.Context, op *ports.Cancellation, late order.LateAnswer[ports.ChargeAnswer]) (*ports.Cancellation, error) {
	answer := &late.Answer
	charge, err := s.Get(ctx, op.RechargeID)
	if err != nil {
		return op, err
	}
	takenBack := op.Status == ports.CancellationApproved && charge.CancelID == op.ID // and no person brought the credit back
	part := takenBack && answer.Outcome == ports.OutcomeApproved && answer.Amount.Valid && !answer.Amount.Decimal.Equal(op.Amount)
	if !part && s.cancels.Agrees(op, &late, takenBack) {
		return op, nil
	}
	if by, err := s.takenBackBy(ctx, charge, op, answer); err != nil {
		return op, err
	} else if charge.Status == ports.RechargeReversed && !takenBack && !by {
		other, err := s.creditedElsewhere(ctx, charge)
		if err != nil {
			return op, err
		}
		if !other {
			charge.Disputed = true // else its charge would be another's
			claim, err := s.mark(ctx, charge, ports.ClaimHeld)
			if err != nil {
				return op, err
			}
			return op, s.charges.Write(ctx, charge, claim...)
		}
	}
	_, err = s.contradict(ctx, charge, fmt.Sprintf("its cancellation ended as %s, then the provider answered %s", op.Status, late.Describe(&answer.Answer)))
	return op, err
}

// takenBackBy reports whether another cancellation took the charge back than the one that an
// answer is about, by another id.
func (s *Service) takenBackBy(ctx context.Context, charge *ports.Recharge, op *ports.Cancellation, answer *ports.ChargeAnswer) (bool, error) {
	if charge.CancelID == "" || charge.CancelID == op.ID {
		return false, nil
	}
	by, err := s.Cancellation(ctx, charge.CancelID)
	if err != nil {
		return false, err
	}
	return by.ProviderRef == "" || by.ProviderRef != answer.ProviderRef, nil
}

func (s *Service) tellCancel(ctx context.Context, op *ports.Cancellation) {
	s.doubts.Told(op)
	s.config.Logger.Log(ctx, level(op.StatusText()), "cancellation "+op.StatusText(), "id", op.ID, "recharge", op.RechargeID, "wallet", op.WalletID,
		"charger", op.Charger, "provider_ref", op.ProviderRef, "amount", op.Amount.String(),
		"outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "cancellation alarm", "id", op.ID, "alarm", op.Answer.Alarm)
	}
	s.events.Post(ctx, ports.CancellationEvent{At: op.UpdatedAt, Cancellation: order.Clone(op)})
	if op.Status != ports.CancellationApproved {
		return
	}
	charge, err := s.Get(ctx, op.RechargeID) // it was written in the same unit
	if err != nil {
		s.config.Logger.ErrorContext(ctx, "a recharge that was taken back is not told", "id", op.RechargeID, "error", err)
		return
	}
	s.tell(ctx, charge)
}

// canceling is the Charger of a recharge, as cancellations of that recharge are sent to
// it, or nil when it cannot cancel.
func (s *Service) canceling(charge *ports.Recharge) *order.Provider[*ports.Cancellation, ports.ChargeAnswer] {
	canceler, ok := ports.As[ports.Canceler](s.chargers[charge.Charger])
	if !ok {
		return nil
	}
	cancel := func(op *ports.Cancellation) ports.CancelOrder {
		return ports.CancelOrder{
			CancelID: op.ID, Charge: chargeOrder(charge), RequestedAt: op.CreatedAt, Evidence: op.Evidence,
			Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: op.Answer,
		}
	}
	return &order.Provider[*ports.Cancellation, ports.ChargeAnswer]{
		Prepare: func(ctx context.Context, op *ports.Cancellation) ([]byte, *ports.ChargeAnswer) {
			return canceler.PrepareCancel(ctx, cancel(op))
		},
		Send: func(ctx context.Context, op *ports.Cancellation) ports.ChargeAnswer {
			return canceler.Cancel(ctx, cancel(op))
		},
		Inquire: func(ctx context.Context, op *ports.Cancellation) ports.ChargeAnswer {
			return canceler.InquireCancel(ctx, cancel(op))
		},
	}
}

// ApproveCancelRequest is a person's word that a charge was taken back in whole.
type ApproveCancelRequest struct {
	ID       string // of the cancellation
	ports.By        // both are required

	// Amount is what the provider gave back in all. It overrules what the provider reported,
	// and is required where that is not known.
	Amount decimal.NullDecimal
}

// ApproveCancel ends a cancellation that is in review, pending or unknown because a person
// knows that the charge was taken back in whole: the credit stays out of the wallet. A part,
// by Amount or as the provider reported it, is [ports.ErrInvalid].
func (s *Service) ApproveCancel(ctx context.Context, request ApproveCancelRequest) (*ports.Cancellation, error) {
	return s.decideCancel(ctx, &decision{Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionApprove, amount: request.Amount})
}

// DeclineCancel ends a cancellation that is in review, pending or unknown because a person
// knows that the charge stands: the credit comes back.
func (s *Service) DeclineCancel(ctx context.Context, act ports.Act) (*ports.Cancellation, error) {
	return s.decideCancel(ctx, &decision{Act: act, what: ports.DecisionDecline})
}

// InquireCancel has the worker ask the provider again about a cancellation that is in review,
// pending or unknown.
func (s *Service) InquireCancel(ctx context.Context, act ports.Act) (*ports.Cancellation, error) {
	return s.decideCancel(ctx, &decision{Act: act, what: ports.DecisionInquire})
}

// decideCancel carries out what a person decided about a cancellation, and tells of it.
func (s *Service) decideCancel(ctx context.Context, d *decision) (*ports.Cancellation, error) {
	op, err := again(func() (*ports.Cancellation, error) { return s.decideCancelOnce(ctx, d) })
	if err != nil {
		if op != nil {
			_ = s.cancels.Note(ctx, op, err)
		}
		return nil, record.Acting(d.what, "cancellation", d.ID, err)
	}
	s.tellCancel(ctx, op)
	return op, nil
}

func (s *Service) decideCancelOnce(ctx context.Context, d *decision) (*ports.Cancellation, error) {
	err := d.check()
	if d.amount.Valid {
		_, errAmount := ports.CheckSigned("Amount", d.amount.Decimal, ports.MaxScale)
		err = ports.Join(err, errAmount)
	}
	if err != nil {
		return nil, err
	}
	op, err := s.Cancellation(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	if err := record.Allowed(CancellationActs(op), d.what, op.StatusText()); err != nil {
		return nil, err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Decisions = append(next.Decisions, d.on(next.UpdatedAt))
	switch d.what { //nolint:exhaustive // CancellationActs has no other
	case ports.DecisionApprove:
		if err := checkBack(next, d.amount); err != nil {
			return nil, err
		}
		next.Why = d.Why
		return next, s.cancelEnded(ctx, next, ports.OutcomeApproved)
	case ports.DecisionInquire:
		next.Status, next.DueAt = ports.CancellationUnknown, next.UpdatedAt
		return next, record.Commit(ctx, s.store, next)
	}
	next.Why = d.Why
	return next, s.cancelEnded(ctx, next, ports.OutcomeDeclined)
}

// checkBack returns an error unless what was given back, as a person says or else the
// provider, is the whole credit.
func checkBack(op *ports.Cancellation, amount decimal.NullDecimal) error {
	back := amount
	switch {
	case !back.Valid && (op.Unread || len(op.Others) > 0):
		return ports.Invalid("Amount", "is blank, and what the provider gave back is not known: say what it was in all")
	case !back.Valid:
		back = op.Answer.Amount
	}
	if back.Valid && !back.Decimal.Equal(op.Amount) {
		return ports.Invalid("Amount", "is not the whole credit of %s: decline the cancellation, and take the part with ledger.Adjust", op.Amount)
	}
	return nil
}

// Cancellation returns a cancellation, or [ports.ErrNotFound].
func (s *Service) Cancellation(ctx context.Context, id string) (*ports.Cancellation, error) {
	op, err := record.Get[*ports.Cancellation](ctx, s.store, "cancellation", id)
	if err != nil {
		return nil, err
	}
	s.doubts.Seen(op)
	return op, nil
}
