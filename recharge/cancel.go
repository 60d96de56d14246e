package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// ErrNoCancel is returned when a recharge is to be canceled whose Charger cannot.
var ErrNoCancel = errors.New("charger cannot cancel")

// CancelRequest asks the provider to take an approved recharge back.
type CancelRequest struct {
	ID  string // of the recharge
	Who string // required
	Why string // required
}

// Cancel asks the provider to take an approved recharge back, in whole, where its
// Charger is a [ports.Canceler]. The credit leaves the wallet before the provider
// hears of it, and comes back if the charge stands. It returns the cancellation as it
// is when the provider has answered; what is not decided then is followed by the
// worker. While one is under way, or has succeeded, the same one is returned.
//
// Errors are those of [Service.Reverse], [ErrNoCancel], and [InProgressError] when
// another order is open in the Charger's lane.
func (s *Service) Cancel(ctx context.Context, request CancelRequest) (*ports.Cancellation, error) {
	op, canceler, err := s.openCancel(ctx, &request)
	if err != nil {
		return nil, fmt.Errorf("cancel recharge %s: %w", request.ID, err)
	}
	if canceler == nil {
		return op, nil
	}
	s.tellCancel(ctx, op)
	op, err = s.sendCancel(ctx, op, canceler)
	if err != nil {
		return op, fmt.Errorf("cancel recharge %s: %w", request.ID, err)
	}
	return op, nil
}

// openCancel writes the cancellation down and takes the credit out of the wallet. It
// returns no Canceler when there is nothing left to send.
func (s *Service) openCancel(ctx context.Context, request *CancelRequest) (*ports.Cancellation, ports.Canceler, error) {
	if err := checkPerson(request.Who, request.Why); err != nil {
		return nil, nil, err
	}
	charge, err := s.Get(ctx, request.ID)
	if err != nil {
		return nil, nil, err
	}
	if charge.CancelID != "" {
		op, err := s.Cancellation(ctx, charge.CancelID)
		return op, nil, err
	}
	if charge.Status != ports.RechargeApproved {
		return nil, nil, fmt.Errorf("it is %s: %w", charge.Status, ports.ErrNotOpen)
	}
	charger := s.chargers[charge.Charger]
	canceler, ok := charger.(ports.Canceler)
	if !ok {
		return nil, nil, ErrNoCancel
	}
	now := s.now()
	op := &ports.Cancellation{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindCancellation, WalletID: charge.WalletID, Version: 1,
			Status: ports.RechargeSending, Open: true, Lane: charger.Lane(order(charge)), Reference: charge.Reference,
			DueAt: now.Add(s.lease()), CreatedAt: now, UpdatedAt: now,
		},
		RechargeID: charge.ID, Amount: charge.Credited, Who: request.Who, Why: request.Why,
	}
	charge = own(charge)
	charge.Version++
	charge.UpdatedAt, charge.CancelID = now, op.ID
	_, err = s.ledger.Book(ctx, ledger.Booking{
		WalletID: op.WalletID, Type: ports.EntryReverse, OperationID: op.ID, RefersTo: charge.EntrySeq, Opened: 1,
		Balance: op.Amount.Neg(), Counterparty: ports.AccountClearing(charge.Charger),
		Operations: []ports.Operation{op, charge}, Fill: func(e *ports.Entry) { op.EntrySeq = e.Seq },
		Note: ledger.Note{Reference: charge.Reference, Memo: cut(request.Why)},
	})
	if errors.Is(err, ports.ErrConflict) || errors.Is(err, ports.ErrLaneTaken) {
		if current, readErr := s.Get(ctx, request.ID); readErr == nil && current.CancelID != "" {
			other, readErr := s.Cancellation(ctx, current.CancelID)
			return other, nil, readErr // another call was faster
		}
	}
	var taken *ports.LaneTakenError
	if errors.As(err, &taken) {
		return nil, nil, &InProgressError{OperationID: taken.OperationID, Lane: taken.Lane}
	}
	return op, canceler, err
}

func (s *Service) sendCancel(ctx context.Context, op *ports.Cancellation, canceler ports.Canceler) (*ports.Cancellation, error) {
	o, err := s.cancelOrder(ctx, op)
	if err != nil {
		return op, err
	}
	evidence, refusal := s.callPrepareCancel(ctx, canceler, o)
	if refusal != nil {
		return s.settleCancel(ctx, op, *refusal)
	}
	next := ownCancel(op)
	next.Evidence = evidence
	return s.transmitCancel(ctx, next, canceler)
}

func (s *Service) transmitCancel(ctx context.Context, next *ports.Cancellation, canceler ports.Canceler) (*ports.Cancellation, error) {
	now := s.now()
	next.Version++
	next.Transmissions++
	next.Inquiries = 0
	if next.SentAt.IsZero() {
		next.SentAt = now
	}
	next.UpdatedAt, next.DueAt = now, now.Add(s.lease())
	if err := worker.Commit(ctx, s.store, next); err != nil {
		return next, err
	}
	o, err := s.cancelOrder(ctx, next)
	if err != nil {
		return next, err // it is followed by the worker
	}
	return s.settleCancel(ctx, next, worker.Ask(ctx, s.config.Timeout, canceler.Cancel, o, panicked("Cancel")))
}

// settleCancel writes down what the provider said, with what it means for the wallet
// and the recharge, in one unit.
func (s *Service) settleCancel(ctx context.Context, op *ports.Cancellation, answer ports.ChargeAnswer) (*ports.Cancellation, error) {
	ctx = context.WithoutCancel(ctx)
	for {
		next, err := s.settleCancelOnce(ctx, op, answer)
		if err == nil {
			s.tellCancel(ctx, next)
			return next, nil
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, err
		}
		current, err := s.Cancellation(ctx, op.ID)
		switch {
		case err != nil:
			return op, err
		case !current.Open:
			return current, s.cancelLate(ctx, current, answer)
		case answer.Outcome != ports.OutcomeApproved && current.Transmissions != op.Transmissions:
			return current, nil
		}
		op = current
	}
}

// cancelLate tells a person of an answer that contradicts how the cancellation ended.
func (s *Service) cancelLate(ctx context.Context, op *ports.Cancellation, answer ports.ChargeAnswer) error {
	if !answer.Outcome.Final() || (answer.Outcome == ports.OutcomeApproved) == (op.Status == ports.RechargeApproved) {
		return nil
	}
	charge, err := s.Get(ctx, op.RechargeID)
	if err != nil {
		return err
	}
	_, err = s.dispute(ctx, charge, fmt.Sprintf("its cancellation ended as %s, then the provider answered %s: %s",
		op.Status, answer.Outcome, cut(answer.Message)))
	return err
}

func (s *Service) settleCancelOnce(ctx context.Context, op *ports.Cancellation, answer ports.ChargeAnswer) (*ports.Cancellation, error) {
	next := ownCancel(op)
	next.Version++
	next.UpdatedAt = s.now()
	if answer.Outcome == ports.OutcomeUnknown && answer.Lean == ports.OutcomeUnknown {
		answer.Lean = next.Answer.Lean
	}
	next.Answer = answer
	if answer.ProviderRef != "" {
		next.ProviderRef = answer.ProviderRef
	}
	switch answer.Outcome {
	case ports.OutcomeApproved:
		return next, s.endCancel(ctx, next, ports.RechargeApproved)
	case ports.OutcomeDeclined:
		return next, s.endCancel(ctx, next, ports.RechargeDeclined)
	case ports.OutcomeNotSent, ports.OutcomeFault:
		next.Why = answer.Outcome.String() + ": " + cut(answer.Message+answer.Alarm)
		return next, s.endCancel(ctx, next, ports.RechargeFailed)
	case ports.OutcomePending:
		next.Status = ports.RechargePending
	case ports.OutcomeUnknown:
		next.Status = ports.RechargeUnknown
	}
	switch {
	case answer.Review != "" || s.now().Sub(next.CreatedAt) >= s.config.ReviewAfter:
		next.Status, next.DueAt = ports.RechargeReview, time.Time{}
		next.Why = cut(answer.Review)
		if answer.Review == "" {
			next.Why = fmt.Sprintf("still not decided after %s", s.config.ReviewAfter)
		}
	default:
		next.DueAt = s.now().Add(s.pause(next.Inquiries, answer.InquireAfter))
	}
	return next, worker.Commit(ctx, s.store, next)
}

// endCancel closes the cancellation. The credit stays out of the wallet when the
// charge was taken back, and comes back when it stands.
func (s *Service) endCancel(ctx context.Context, next *ports.Cancellation, status string) error {
	charge, err := s.Get(ctx, next.RechargeID)
	if err != nil {
		return err
	}
	next.Status, next.Open, next.DueAt = status, false, time.Time{}
	charge.Version++
	charge.UpdatedAt = next.UpdatedAt
	booking := ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseEnd, OperationID: next.ID, RefersTo: charge.EntrySeq, Opened: -1,
		Operations: []ports.Operation{next, charge}, Note: ledger.Note{Reference: charge.Reference, Memo: status},
	}
	if status == ports.RechargeApproved {
		charge.Status, charge.ReverseSeq, charge.Why = ports.RechargeReversed, next.EntrySeq, next.Why
	} else {
		charge.CancelID = ""
		booking.Type, booking.Balance = ports.EntryReverseBack, next.Amount
		booking.Counterparty = ports.AccountClearing(charge.Charger)
	}
	_, err = s.ledger.Book(ctx, booking)
	return err
}

// followCancellations is [Service.Follow] for cancellations.
func (s *Service) followCancellations(ctx context.Context, limit int) (int, error) {
	return worker.Follow(ctx, s.store, ports.KindCancellation, limit, s.now, s.lease(), s.followCancel)
}

func (s *Service) followCancel(ctx context.Context, op *ports.Cancellation) error {
	if op.Transmissions == 0 {
		_, err := s.settleCancel(ctx, op, ports.ChargeAnswer{Outcome: ports.OutcomeNotSent, Message: "never sent"})
		return err
	}
	charge, err := s.Get(ctx, op.RechargeID)
	if err != nil {
		return err
	}
	canceler, ok := s.chargers[charge.Charger].(ports.Canceler)
	if !ok {
		_, err := s.settleCancel(ctx, op, ports.ChargeAnswer{Review: "its charger is not one of the service's"})
		return err
	}
	next := ownCancel(op)
	next.Inquiries++
	o, err := s.cancelOrder(ctx, next)
	if err != nil {
		return err
	}
	answer := worker.Ask(ctx, s.config.Timeout, canceler.InquireCancel, o, panicked("InquireCancel"))
	if answer.Outcome == ports.OutcomeUnknown && answer.Resend {
		next.Answer = answer
		_, err = s.transmitCancel(ctx, next, canceler)
		return err
	}
	_, err = s.settleCancel(ctx, next, answer)
	return err
}

// ResolveCancel ends a cancellation that is in review, pending or unknown, as a person
// decided: [DecideApprove] when the charge was taken back, [DecideDecline] when it
// stands, [DecideInquire] to ask again.
func (s *Service) ResolveCancel(ctx context.Context, request ResolveRequest) (*ports.Cancellation, error) {
	if err := checkPerson(request.Who, request.Why); err != nil {
		return nil, fmt.Errorf("resolve cancellation: %w", err)
	}
	op, err := s.Cancellation(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	if !op.Open || op.Status == ports.RechargeSending {
		return nil, fmt.Errorf("resolve cancellation %s: it is %s: %w", op.ID, op.Status, ports.ErrNotOpen)
	}
	next := ownCancel(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Decisions = append(next.Decisions, ports.Decision{What: request.Decision, Who: request.Who, Why: request.Why, At: next.UpdatedAt})
	switch request.Decision {
	case DecideApprove:
		err = s.endCancel(ctx, next, ports.RechargeApproved)
	case DecideDecline:
		err = s.endCancel(ctx, next, ports.RechargeDeclined)
	case DecideInquire:
		next.Status, next.DueAt = ports.RechargeUnknown, next.UpdatedAt
		err = worker.Commit(ctx, s.store, next)
	default:
		err = ports.Invalid("Decision", "does not fit a cancellation")
	}
	if err != nil {
		return nil, fmt.Errorf("resolve cancellation %s: %w", op.ID, err)
	}
	s.tellCancel(ctx, next)
	return next, nil
}

// Cancellation returns a cancellation, or [ports.ErrNotFound].
func (s *Service) Cancellation(ctx context.Context, id string) (*ports.Cancellation, error) {
	found, err := s.store.Operations(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("cancellation %s: %w", id, err)
	}
	if len(found) == 1 {
		if op, ok := found[0].(*ports.Cancellation); ok {
			return op, nil
		}
	}
	return nil, fmt.Errorf("cancellation %s: %w", id, ports.ErrNotFound)
}

func (s *Service) cancelOrder(ctx context.Context, op *ports.Cancellation) (ports.CancelOrder, error) {
	charge, err := s.Get(ctx, op.RechargeID)
	if err != nil {
		return ports.CancelOrder{}, err
	}
	return ports.CancelOrder{
		CancelID: op.ID, Charge: order(charge), RequestedAt: op.CreatedAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: op.Answer,
	}, nil
}

func (s *Service) callPrepareCancel(ctx context.Context, canceler ports.Canceler, o ports.CancelOrder) (evidence []byte, refusal *ports.ChargeAnswer) {
	defer func() {
		if cause := recover(); cause != nil {
			refusal = &ports.ChargeAnswer{Outcome: ports.OutcomeNotSent, Alarm: "charger panicked in PrepareCancel"}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	return canceler.PrepareCancel(ctx, o)
}

func (s *Service) tellCancel(ctx context.Context, op *ports.Cancellation) {
	s.config.Logger.InfoContext(ctx, "cancellation "+op.Status, "id", op.ID, "recharge", op.RechargeID, "wallet", op.WalletID,
		"outcome", op.Answer.Outcome.String(), "code", op.Answer.Code)
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "cancellation alarm", "id", op.ID, "alarm", op.Answer.Alarm)
	}
	s.mail.Post(ctx, ports.CancellationEvent{At: op.UpdatedAt, Cancellation: ownCancel(op)})
}

func ownCancel(op *ports.Cancellation) *ports.Cancellation {
	next, ok := op.Clone().(*ports.Cancellation)
	if !ok { // cannot be
		return op
	}
	return next
}
