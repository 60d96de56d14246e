package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// ErrNoCancel is returned by Cancel and CancelPart if the Charger does not implement
// [ports.Canceler].
var ErrNoCancel = errors.New("charger cannot cancel")

// ErrNoPart is returned if a part of a recharge is to be taken back, or the rest after a part,
// and the Charger does not implement [ports.PartCanceler].
var ErrNoPart = errors.New("charger cancels whole charges only")

// Cancel asks the provider to take back all that is left of an approved recharge, where its
// Charger is a [ports.Canceler]. The amount leaves the wallet before the provider
// hears of it, and comes back if the charge stands. Where the provider gives back another
// amount, that is what is booked, and the cancellation has Mismatch. Cancel returns the
// cancellation as it is when the provider has answered; what is not decided then is followed by
// the worker. While a cancellation of all that is left is under way, or after it has succeeded, Cancel
// returns that cancellation.
//
// A frozen wallet is no obstacle: the money goes back to where it came from, because a
// person asks for it, and that is what is done with the charges of a stolen card.
//
// Errors are those of [Service.Reverse], [ErrNoCancel], [ErrNoPart] where a part was taken back
// before, and [InProgressError] when a cancellation of a part is under way or another order is
// open in the Charger's lane.
func (s *Service) Cancel(ctx context.Context, act ports.Act) (*ports.Cancellation, error) {
	return s.cancel(ctx, &decision{Act: act, what: ports.DecisionCancel})
}

// CancelPartRequest asks for a part of a recharge to be taken back.
type CancelPartRequest struct {
	ID       string          // of the recharge
	Key      string          // the caller's idempotency key, unique per wallet; [ports.AutoRechargeKeys] is reserved
	Amount   decimal.Decimal // in whole units of the wallet's currency; at most what is left
	ports.By                 // both are required
}

// CancelPart is [Service.Cancel] for a part of a recharge, or for all that is left of it. It
// can be repeated with other keys, one after the other, until nothing is left. The same key
// returns the same cancellation, at any stage, and sends nothing.
//
// Further errors are [ErrNoPart], [ports.ErrKeyReused] for a key that was used with other
// content, [ports.ErrInvalid] for an Amount above what is left or one that the provider is known
// not to take back, and [ports.ErrLimit] beyond [ports.MaxParts] parts. With these nothing was
// written.
func (s *Service) CancelPart(ctx context.Context, request CancelPartRequest) (*ports.Cancellation, error) {
	err := ports.Join(ports.CheckID("Key", request.Key), checkKey(request.Key))
	if amount, errAmount := ports.CheckAmount("Amount", request.Amount, ports.MaxScale); errAmount != nil {
		err = ports.Join(err, errAmount)
	} else {
		request.Amount = amount
	}
	if err != nil {
		return nil, record.About("cancel", "recharge", request.ID, err)
	}
	return s.cancel(ctx, &decision{
		Act: ports.Act{ID: request.ID, By: request.By}, what: ports.DecisionCancel, amount: decimal.NewNullDecimal(request.Amount), key: request.Key,
	})
}

// cancel writes a cancellation down and sends it.
func (s *Service) cancel(ctx context.Context, d *decision) (*ports.Cancellation, error) {
	var to *order.Provider[*ports.Cancellation, ports.ChargeAnswer]
	op, err := again(func() (op *ports.Cancellation, err error) {
		op, to, err = s.openCancel(ctx, d)
		return op, err
	})
	if err != nil {
		if op != nil {
			_ = s.cancels.Note(ctx, op, err)
		}
		return nil, record.About("cancel", "recharge", d.ID, err)
	}
	if to == nil {
		return op, nil
	}
	s.tellCancel(ctx, op)
	op, err = s.cancels.Send(ctx, op, to)
	if err != nil {
		return op, record.About("cancel", "recharge", d.ID, err)
	}
	return op, nil
}

// openCancel writes the cancellation down and takes the amount out of the wallet. It
// returns no provider when there is nothing left to send.
func (s *Service) openCancel(ctx context.Context, d *decision) (*ports.Cancellation, *order.Provider[*ports.Cancellation, ports.ChargeAnswer], error) {
	if err := d.check(); err != nil {
		return nil, nil, err
	}
	charge, err := s.Get(ctx, d.ID)
	if err != nil {
		return nil, nil, err
	}
	former, err := s.formerCancel(ctx, charge, d)
	if former != nil || err != nil {
		return former, nil, err
	}
	op, to, err := s.draftCancel(ctx, charge, d)
	if err != nil {
		return nil, nil, err
	}
	charge = order.Clone(charge)
	charge.Version++
	charge.UpdatedAt, charge.CancelID = op.CreatedAt, op.ID
	booking := cancelBooking(charge, d, op.Amount)
	booking.OperationID, booking.Operations = op.ID, []ports.Operation{op, charge}
	booking.Fill = func(e *ports.Entry) { op.EntrySeq = e.Seq }
	booking.Points = following(charge, charge.Left().Sub(op.Amount))
	receipt, err := s.ledger.Book(ctx, booking)
	switch {
	case errors.Is(err, ports.ErrKeyReused), err == nil && receipt.Replayed: // another call was faster
		former, err = s.formerCancel(ctx, charge, d)
		return former, nil, err
	case errors.Is(err, ports.ErrLaneTaken):
		current, errRead := s.Get(ctx, d.ID)
		if errRead == nil && current.CancelID != charge.CancelID && current.CancelID != "" {
			former, err = s.formerCancel(ctx, current, d)
			return former, nil, err
		}
		return nil, nil, inProgress(err)
	}
	return op, to, err
}

// inProgress returns the error of a lane that is taken.
func inProgress(err error) error {
	var taken *ports.LaneTakenError
	if errors.As(err, &taken) {
		return &InProgressError{OperationID: taken.OperationID, Lane: taken.Lane}
	}
	return err
}

// cancelBooking is how the amount of a cancellation leaves the wallet.
func cancelBooking(charge *ports.Recharge, d *decision, amount decimal.Decimal) books.Booking {
	booking := books.Booking{
		WalletID: charge.WalletID, Key: d.key, Type: ports.EntryReverse, RefersTo: charge.EntrySeq, Opened: 1,
		Balance: amount.Neg(), Counterparty: ports.AccountClearing(charge.Charger), Note: noteOf(charge, d),
	}
	if d.key != "" {
		booking.Content = charge.ID + "\n" + d.Who
	}
	return booking
}

// formerCancel returns the cancellation that answers a request without a new one: the one under
// its key; or, of a request without a key, the one that takes back, or took back, all that was
// left. It returns an [InProgressError] if another cancellation is under way, and nil if there is
// nothing of the kind.
func (s *Service) formerCancel(ctx context.Context, charge *ports.Recharge, d *decision) (*ports.Cancellation, error) {
	if d.key != "" && charge.EntrySeq != 0 {
		entry, err := s.ledger.Replay(ctx, cancelBooking(charge, d, d.amount.Decimal))
		switch {
		case err == nil:
			return s.Cancellation(ctx, entry.OperationID)
		case errors.Is(err, ports.ErrKeyReused):
			return nil, s.cancelReused(ctx, charge, d, err)
		case !errors.Is(err, ports.ErrNotFound):
			return nil, err
		}
	}
	if charge.CancelID == "" {
		return nil, nil //nolint:nilnil // nothing of the kind is no error
	}
	op, err := s.Cancellation(ctx, charge.CancelID)
	switch {
	case err != nil:
		return nil, err
	case !op.Open && (op.Part || op.Status != ports.CancellationApproved):
		return nil, ports.ErrConflict // it ended since the recharge was read, and something is left
	case d.key == "" && (!op.Open || op.Amount.Equal(charge.Left())):
		return op, nil
	case op.Open:
		return nil, &InProgressError{OperationID: op.ID, Lane: op.Lane}
	}
	return nil, nil //nolint:nilnil // nothing is left: Acts says so
}

// cancelReused names what differs from what the key was used for.
func (s *Service) cancelReused(ctx context.Context, charge *ports.Recharge, d *decision, err error) error {
	former := order.Former[*ports.Cancellation]{Entry: s.ledger.EntryByKey, Get: s.Cancellation}
	return former.Reused(ctx, charge.WalletID, d.key, ports.EntryReverse, err, func(op *ports.Cancellation, entry *ports.Entry, reused *ports.KeyReusedError) {
		reused.Compare("ID", charge.ID == op.RechargeID)
		reused.Compare("Amount", d.amount.Decimal.Equal(op.Amount))
		reused.Compare("Who", d.Who == op.Who)
		reused.Compare("Why", noteOf(charge, d).Memo == entry.Memo)
	})
}

// draftCancel is the record of a cancellation that the charge allows, and where it is sent.
func (s *Service) draftCancel(ctx context.Context, charge *ports.Recharge, d *decision) (*ports.Cancellation, *order.Provider[*ports.Cancellation, ports.ChargeAnswer], error) {
	if byHand(charge) {
		return nil, nil, fmt.Errorf("it was credited by hand: %w", ErrNoCancel)
	}
	if err := record.Allowed(Acts(charge), d.what, charge.StatusText()); err != nil {
		return nil, nil, err
	}
	to := s.canceling(charge)
	if to == nil {
		return nil, nil, fmt.Errorf("%s: %w", charge.Charger, ErrNoCancel)
	}
	amount, err := s.cancelAmount(ctx, charge, d)
	if err != nil {
		return nil, nil, err
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
		RechargeID: charge.ID, Charger: charge.Charger, Amount: amount, Who: d.Who, Key: d.key,
	}
	return op, to, s.checkPart(charge, op)
}

// cancelAmount returns what a request takes back, in digits of the wallet.
func (s *Service) cancelAmount(ctx context.Context, charge *ports.Recharge, d *decision) (decimal.Decimal, error) {
	left := charge.Left()
	if !d.amount.Valid {
		return left, nil
	}
	_, amount, err := s.fits(ctx, charge.WalletID, d.amount.Decimal)
	if err == nil && amount.GreaterThan(left) {
		err = ports.Invalid("Amount", "is %s, and %s of the recharge is left", amount, left)
	}
	return amount, err
}

// checkPart returns an error if a cancellation is of a part, or of the rest after a part, and
// the Charger does not take that back.
func (s *Service) checkPart(charge *ports.Recharge, op *ports.Cancellation) error {
	rest := op.Amount.Equal(charge.Left())
	if rest && charge.Canceled.IsZero() {
		return nil
	}
	if !rest && len(charge.Parts) >= ports.MaxParts {
		return fmt.Errorf("%w: %d parts were taken back, and one recharge takes no more: cancel all that is left", ports.ErrLimit, len(charge.Parts))
	}
	parts, can := ports.As[ports.PartCanceler](s.chargers[charge.Charger])
	if !can {
		return fmt.Errorf("%s: %w", charge.Charger, ErrNoPart)
	}
	var refusal error
	if err := call.Contain(func() { refusal = parts.CheckPart(cancelOrder(charge, op)) }); err != nil {
		return err
	}
	return refusal
}

// cancelOrder is the record as a Canceler sees it.
func cancelOrder(charge *ports.Recharge, op *ports.Cancellation) ports.CancelOrder {
	return ports.CancelOrder{
		CancelID: op.ID, Charge: chargeOrder(charge), Amount: op.Amount, Left: charge.Left(),
		RequestedAt: op.CreatedAt, SentAt: op.SentAt, ResentAt: op.ResentAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: op.Answer,
	}
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

// cancelApproved books what the provider gave back: what it reported, or else what was asked.
func (s *Service) cancelApproved(ctx context.Context, next *ports.Cancellation) error {
	back := next.Amount
	if next.Answer.Amount.Valid {
		back = next.Answer.Amount.Decimal
	}
	return s.givenBack(ctx, next, back)
}

// givenBack closes the cancellation as approved: so much of the recharge was given back. What
// that is less, or more, than was asked comes back, or leaves the wallet as well.
func (s *Service) givenBack(ctx context.Context, next *ports.Cancellation, back decimal.Decimal) error {
	charge, err := s.Get(ctx, next.RechargeID)
	if err != nil {
		return err
	}
	back, err = ports.CheckAmount("Amount", back, ports.MaxScale)
	if err == nil && back.GreaterThan(charge.Left()) {
		err = ports.Invalid("Amount", "is %s that was given back, and only %s of the recharge was left", back, charge.Left())
	}
	if err != nil {
		return err
	}
	order.Finish(&next.OperationHead)
	next.Status, next.GivenBack = ports.CancellationApproved, back
	next.Mismatch, next.Part = !back.Equal(next.Amount), back.LessThan(charge.Left())
	if next.Part {
		charge.CancelID, charge.Canceled, charge.Parts = "", charge.Canceled.Add(back), append(charge.Parts, next.ID)
	} else {
		reversed(charge, next)
	}
	return s.closeCancel(ctx, charge, next, next.Amount.Sub(back))
}

// cancelEnded closes the cancellation: the charge stands, and the amount comes back.
func (s *Service) cancelEnded(ctx context.Context, next *ports.Cancellation, outcome ports.Outcome) error {
	charge, err := s.Get(ctx, next.RechargeID)
	if err != nil {
		return err
	}
	order.Finish(&next.OperationHead)
	next.Status = ports.CancellationStatus(ended(outcome))
	charge.CancelID = ""
	return s.closeCancel(ctx, charge, next, next.Amount)
}

// closeCancel writes a cancellation that has ended, and its recharge. So much comes back to the
// wallet of what the cancellation took; negative: so much leaves it as well.
func (s *Service) closeCancel(ctx context.Context, charge *ports.Recharge, next *ports.Cancellation, back decimal.Decimal) error {
	charge.Version++
	charge.UpdatedAt = next.UpdatedAt
	dueIfNoticed(charge)
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReverseEnd, OperationID: next.ID, RefersTo: charge.EntrySeq, Opened: -1,
		Operations: []ports.Operation{next, charge}, Note: books.Note{Reference: charge.Reference, Memo: next.StatusText()},
	}
	if !back.IsZero() {
		booking.Type, booking.Balance = ports.EntryReverseBack, back
		booking.Counterparty = ports.AccountClearing(charge.Charger)
	}
	if back.IsNegative() {
		booking.Type = ports.EntryReverse
	}
	stands := charge.Left()
	if next.Status == ports.CancellationApproved && !next.Part {
		stands = decimal.Decimal{}
	}
	booking.Points = following(charge, stands)
	var above *ports.LimitError
	booking.Above = func(over *ports.LimitError) { above = over }
	_, err := s.ledger.Book(ctx, booking)
	if err == nil {
		s.tellAbove(ctx, charge, above)
		s.collectCredited(ctx, charge.WalletID)
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
	if op.Part {
		takenBack = op.BackSeq == 0
	}
	another := takenBack && answer.Outcome == ports.OutcomeApproved && answer.Amount.Valid && !answer.Amount.Decimal.Equal(givenBack(op))
	if !another && s.cancels.Agrees(op, &late, takenBack) {
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

// givenBack is what an approved cancellation gave back.
func givenBack(op *ports.Cancellation) decimal.Decimal {
	if op.GivenBack.IsZero() { // of a version that took back wholes only
		return op.Amount
	}
	return op.GivenBack
}

func (s *Service) tellCancel(ctx context.Context, op *ports.Cancellation) {
	s.doubts.Told(op)
	s.config.Logger.Log(ctx, level(op.StatusText()), "cancellation "+op.StatusText(), "id", op.ID, "recharge", op.RechargeID, "wallet", op.WalletID,
		"charger", op.Charger, "provider_ref", op.ProviderRef, "amount", op.Amount.String(), "given_back", op.GivenBack.String(),
		"outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	if last := len(op.Decisions) - 1; op.Answer.Alarm != "" && (last < 1 || !op.Decisions[last].At.Equal(op.UpdatedAt)) { // the first asked for it; after another no answer came
		s.config.Logger.ErrorContext(ctx, "cancellation alarm", "id", op.ID, "alarm", op.Answer.Alarm)
	}
	s.events.Post(ctx, ports.CancellationEvent{At: op.UpdatedAt, Cancellation: order.Clone(op), Mismatch: op.Mismatch})
	if op.Status != ports.CancellationApproved || op.Part {
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
	_, parts := ports.As[ports.PartCanceler](s.chargers[charge.Charger])
	cancel := func(op *ports.Cancellation) ports.CancelOrder { return cancelOrder(charge, op) }
	return &order.Provider[*ports.Cancellation, ports.ChargeAnswer]{
		Prepare: func(ctx context.Context, op *ports.Cancellation) ([]byte, *ports.ChargeAnswer) {
			return canceler.PrepareCancel(ctx, cancel(op))
		},
		Send: func(ctx context.Context, op *ports.Cancellation) ports.ChargeAnswer {
			return canceler.Cancel(ctx, cancel(op))
		},
		Inquire: func(ctx context.Context, op *ports.Cancellation) ports.ChargeAnswer {
			answer := canceler.InquireCancel(ctx, cancel(op))
			if !parts && (charge.Canceled.IsPositive() || !op.Amount.Equal(charge.Left())) {
				answer.Resend = false // another process, whose Charger takes parts, has opened it
			}
			return answer
		},
	}
}

// ApproveCancelRequest is a person's word that a charge was taken back.
type ApproveCancelRequest struct {
	ID       string // of the cancellation
	ports.By        // both are required

	// Amount is what the provider gave back for this cancellation. It overrules what the
	// provider reported, and is required where that is not known. Defaults to what the provider
	// reported, or else to what was asked.
	Amount decimal.NullDecimal
}

// ApproveCancel ends a cancellation that is in review, pending or unknown because a person
// knows what was taken back. So much stays out of the wallet; what was asked beyond it comes
// back. More than is left of the recharge is [ports.ErrInvalid].
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
		if d.amount.Valid {
			if _, _, err := s.fits(ctx, next.WalletID, d.amount.Decimal); err != nil {
				return nil, err
			}
			next.Answer.Amount = d.amount
		} else if next.Unread || len(next.Others) > 0 {
			return nil, ports.Invalid("Amount", "is blank, and what the provider gave back is not known: say what it was in all")
		}
		next.Why = d.Why
		return next, s.cancelApproved(ctx, next)
	case ports.DecisionInquire:
		next.Status, next.DueAt = ports.CancellationUnknown, next.UpdatedAt
		return next, record.Commit(ctx, s.store, next)
	}
	next.Why = d.Why
	return next, s.cancelEnded(ctx, next, ports.OutcomeDeclined)
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
