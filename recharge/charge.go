package recharge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// chargeKind is what an order to charge means for a wallet.
func (s *Service) chargeKind() order.Kind[*ports.Recharge, ports.ChargeAnswer] {
	return order.Kind[*ports.Recharge, ports.ChargeAnswer]{
		Adapter:  "charger",
		Progress: func(op *ports.Recharge) *ports.Progress[ports.ChargeAnswer] { return &op.Progress },
		Get:      s.Get, Tell: s.tell,
		Figures: figures, Clean: clean, Remember: remember, Report: report, Reports: reports,
		Amount:  func(answer *ports.ChargeAnswer) decimal.NullDecimal { return answer.Amount },
		Approve: s.chargeApproved, End: s.chargeEnded, SetStatus: func(op *ports.Recharge, status order.Status) { op.Status = ports.RechargeStatus(status) },
		Pending: awaits, Deadline: func(op *ports.Recharge) time.Time { return op.Deadline },
		ReviewAt: func(op *ports.Recharge, status order.Status) time.Time {
			if status == order.Awaiting && op.Deadline.After(op.SentAt) {
				return op.Deadline.Add(s.config.ReviewAfter)
			}
			return s.reviewAt(op.CreatedAt, op.SentAt)
		},
		Unbookable: func(err error) bool { return errors.Is(err, ErrChargeTaken) },
		Late:       s.chargeLate,
	}
}

// reviewAt is when an order goes to review by age.
func (s *Service) reviewAt(created, sent time.Time) time.Time {
	if sent.After(created) {
		created = sent
	}
	return created.Add(s.config.ReviewAfter)
}

// chargeApproved credits the wallet. It returns [ErrChargeTaken] if another recharge has, or
// may have, the payment.
func (s *Service) chargeApproved(ctx context.Context, next *ports.Recharge) error {
	err := s.unclaimed(ctx, next, func(other *ports.Recharge) bool {
		return other.Status != ports.RechargeDeclined && other.Status != ports.RechargeFailed
	}, func(*ports.Recharge) bool { return true })
	if err != nil {
		return err
	}
	return s.credit(ctx, next, next.Answer.Amount, books.Note{Reference: next.Reference, OccurredAt: next.Answer.At})
}

// credit closes the record as approved and credits the wallet, in one unit. What is said
// to have been charged is what is credited; where nothing is said, what was ordered.
func (s *Service) credit(ctx context.Context, next *ports.Recharge, charged decimal.NullDecimal, note books.Note, with ...ports.Operation) error {
	next.Credited = next.Amount
	if charged.Valid {
		amount, err := ports.CheckAmount("Amount", charged.Decimal, ports.MaxScale)
		if err != nil {
			return err
		}
		next.Credited, next.Mismatch = amount, !amount.Equal(next.Amount)
	}
	opened := 0
	if next.Open {
		opened = -1
	}
	claim, err := s.claim(ctx, next)
	if err != nil {
		return err
	}
	concluded := announced(next)
	next.Revived = next.Status == ports.RechargeExpired
	order.Finish(&next.OperationHead)
	dueIfNoticed(next)
	next.Status, next.Awaited = ports.RechargeApproved, false
	var above *ports.LimitError
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryRecharge, OperationID: next.ID, Opened: opened,
		Balance: next.Credited, Counterparty: ports.AccountClearing(next.Charger),
		Operations: append(append([]ports.Operation{next}, claim...), with...), Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },
		Concluded: concluded, Points: granting(next), Above: func(over *ports.LimitError) { above = over },
		Note: note,
	})
	if err == nil {
		s.tellAbove(ctx, next, above)
		s.collectCredited(ctx, next.WalletID)
	}
	return err
}

// tellAbove tells the host that the wallet is above a limit now that a recharge was credited. The
// ledger has logged it.
func (s *Service) tellAbove(ctx context.Context, op *ports.Recharge, above *ports.LimitError) {
	if above != nil {
		s.events.Post(ctx, ports.AboveLimitEvent{At: op.UpdatedAt, WalletID: op.WalletID, RechargeID: op.ID, Limit: above})
	}
}

// chargeEnded closes the record without money.
func (s *Service) chargeEnded(ctx context.Context, next *ports.Recharge, outcome ports.Outcome) error {
	concluded := announced(next)
	order.Finish(&next.OperationHead)
	dueIfNoticed(next)
	next.Status = ended(outcome)
	_, err := s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryRechargeEnd, OperationID: next.ID, Opened: -1, Concluded: concluded,
		Operations: []ports.Operation{next}, Note: books.Note{Reference: next.Reference, Memo: next.StatusText()},
	})
	return err
}

// ended returns the status of a recharge that ended with an outcome. A cancellation has the
// same name for it.
func ended(outcome ports.Outcome) ports.RechargeStatus {
	switch outcome {
	case ports.OutcomeApproved:
		return ports.RechargeApproved
	case ports.OutcomeDeclined:
		return ports.RechargeDeclined
	case ports.OutcomeNotSent, ports.OutcomeFault, ports.OutcomeUnknown, ports.OutcomePending:
	}
	return ports.RechargeFailed
}

// chargeLate compares a late answer with what was booked. It disputes the recharge when they
// differ, and otherwise keeps an id that was not known.
func (s *Service) chargeLate(ctx context.Context, op *ports.Recharge, late order.LateAnswer[ports.ChargeAnswer]) (*ports.Recharge, error) {
	answer := &late.Answer
	approved := answer.Outcome == ports.OutcomeApproved
	named := order.Taken(answer.Answer)
	news := approved && answer.Amount.Valid && !ports.SameAmount(answer.Amount, op.Answer.Amount)
	another := news && !answer.Amount.Decimal.Equal(op.Credited) || // amount than was credited
		named && op.ProviderRef != "" && answer.ProviderRef != op.ProviderRef || // payment than was credited
		named && answer.ProviderRef == op.DroppedRef || late.Odd != nil && approved
	unheard := op.ProviderRef == "" && answer.Outcome == ports.OutcomePending && named // payment that the record does not name
	agrees := s.charges.Agrees(op, &late, op.EntrySeq != 0)
	waits := op.Status == ports.RechargeExpired && answer.Outcome == ports.OutcomePending && (answer.ProviderRef == "" || answer.ProviderRef == op.ProviderRef)
	told := telling(&late)
	holder, err := s.holder(ctx, op)
	if err != nil {
		return op, err
	}
	mistake := holder != nil || op.EntrySeq != 0 && !holds(op) // another recharge has the payment, or may get it
	contradicts := answer.Outcome == ports.OutcomeUnknown && answer.Contradicts && !late.FromSend && !mistake
	refused := op.Answer.Outcome.Final() && op.Answer.Outcome != ports.OutcomeApproved
	again := approved && !op.Answer.At.IsZero() && answer.At.After(op.Answer.At)                     // the customer paid once more
	stood := (op.Answer.Outcome == ports.OutcomeApproved || op.CancelID != "" && !refused) && !again // the charge, when its credit was taken out
	elsewhere := approved && !op.Open && op.EntrySeq == 0 && holder != nil && late.Odd == nil && answer.ProviderRef == op.ProviderRef &&
		(!answer.Amount.Valid || answer.Amount.Decimal.Equal(holder.Credited)) // another recharge was credited for it
	gone := op.ReverseSeq != 0 && op.CancelID != "" && answer.Outcome == ports.OutcomeDeclined // as our cancellation left it
	if waits || answer.Failed {                                                                // for the customer, as before; or nothing was answered
		return op, nil
	}
	if err := s.tellHolder(ctx, op, holder, answer, told); err != nil {
		return op, err
	}
	switch {
	case told == op.Told: // people know of it
		return op, nil
	case contradicts:
	case elsewhere, op.Status == ports.RechargeReversed && !another && !unheard && (!approved || stood),
		op.Status == ports.RechargeDisputed && !another && !unheard && gone,
		op.Status != ports.RechargeReversed && agrees && !another && !s.charges.News(op, &answer.Answer):
		return s.learn(ctx, op, answer, told) // it says what is known
	}
	next := order.Clone(op)
	next.Told = told
	why, with, err := s.charges.KeepLate(ctx, next, op.StatusText(), &late, op.EntrySeq != 0)
	if next.ProviderRef == op.DroppedRef { // a person said that it is another recharge's
		next.ProviderRef = op.ProviderRef
	}
	if err == nil && op.EntrySeq != 0 && next.ProviderRef != op.ProviderRef {
		with, err = s.claimLate(ctx, next)
		if errors.Is(err, ErrChargeTaken) {
			next.ProviderRef, err = op.ProviderRef, nil
		}
	}
	if err != nil {
		return op, err
	}
	if op.Status == ports.RechargeExpired && approved && late.Odd == nil && len(with) == 0 {
		refusal, err := s.revive(ctx, next)
		if refusal == nil || err != nil {
			return next, err
		}
		why = order.Join(why, "it cannot be credited: "+order.Truncate(refusal.Error()))
	}
	return s.dispute(ctx, next, why, with...)
}

// holder returns the other recharge that was credited for the payment of op: op was credited for it by
// mistake, or was declined. It is nil where no other was.
func (s *Service) holder(ctx context.Context, op *ports.Recharge) (holder *ports.Recharge, err error) {
	if op.ProviderRef == "" || op.EntrySeq != 0 && op.ReverseSeq == 0 {
		return holder, nil
	}
	last, err := s.lastClaim(ctx, op)
	if err != nil || last == nil || last.RechargeID == op.ID || last.Status != ports.ClaimHeld {
		return nil, err
	}
	other, err := s.Get(ctx, last.RechargeID)
	if err != nil || !holds(other) {
		return nil, err
	}
	return other, nil
}

// tellHolder disputes the holder of op's payment if the provider says that the payment was taken back: it is
// asked about op, whose order it was.
func (s *Service) tellHolder(ctx context.Context, op, holder *ports.Recharge, answer *ports.ChargeAnswer, told string) error {
	own := op.Named == op.ProviderRef || op.Answer.Outcome == ports.OutcomeApproved // the provider named it for the order
	ofIt := answer.ProviderRef == op.ProviderRef || answer.ProviderRef == "" && own
	back := answer.Outcome == ports.OutcomeDeclined || answer.Contradicts
	if holder == nil || !ofIt || !back || holder.Told == told || holder.ReverseSeq != 0 {
		return nil
	}
	if holder.CancelID != "" {
		cancel, err := s.Cancellation(ctx, holder.CancelID)
		if err != nil || cancel.Open { // what the provider says may be its effect
			return err
		}
	}
	next := order.Clone(holder)
	next.Told = told
	_, err := s.contradict(ctx, next, fmt.Sprintf("its payment was recharge %s's before, about which the provider answered %s", op.ID, order.Because(answer.Outcome.String(), cmp.Or(answer.Review, answer.Code))))
	return err
}

// telling is what a late answer tells, as a record keeps it: two answers that tell the same are one.
func telling(late *order.LateAnswer[ports.ChargeAnswer]) string {
	answer := &late.Answer
	text := late.Describe(&answer.Answer) + " / " + answer.ProviderRef
	if answer.Amount.Valid && late.Odd == nil {
		text += " / " + answer.Amount.Decimal.String()
	}
	if !answer.At.IsZero() {
		text += " / " + answer.At.UTC().Format(time.RFC3339Nano)
	}
	return text
}

// learn keeps what an answer says that contradicts nothing: the provider's last word on a charge that a
// person decided about, and otherwise its id of a payment that was credited without one. It claims the
// payment, unless the credit was taken back as a mistake: then another recharge may be credited
// for it. It disputes the recharge if another one was credited for the payment.
func (s *Service) learn(ctx context.Context, op *ports.Recharge, answer *ports.ChargeAnswer, told string) (*ports.Recharge, error) {
	if turned(op, answer) {
		return s.hear(ctx, op, answer, told)
	}
	if op.EntrySeq == 0 || !order.Taken(answer.Answer) || op.ProviderRef != "" {
		return op, nil
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.Named = answer.ProviderRef
	next.ProviderRef, next.Taken = answer.ProviderRef, next.Taken || answer.Outcome == ports.OutcomePending
	var claim []ports.Operation
	var err error
	if holds(op) {
		claim, err = s.claimLate(ctx, next)
	}
	if errors.Is(err, ErrChargeTaken) {
		return s.contradict(ctx, op, fmt.Sprintf("ended as %s, then the provider named its payment: %v", op.Status, err))
	}
	if err != nil {
		return op, err
	}
	if err := record.Commit(ctx, s.store, next, claim...); err != nil {
		return op, err
	}
	return next, nil
}

// turned reports whether the provider takes back, or repeats, its approval of a charge whose credit a
// person put right before: what it says next is compared with this answer, and not with the one
// before.
func turned(op *ports.Recharge, answer *ports.ChargeAnswer) bool {
	same := answer.ProviderRef == "" || answer.ProviderRef == op.ProviderRef
	return op.EntrySeq != 0 && op.CancelID == "" && same && op.Answer.Outcome.Final() && answer.Outcome.Final() && answer.Outcome != op.Answer.Outcome
}

// hear keeps the provider's last word on an ended recharge, and changes nothing else.
func (s *Service) hear(ctx context.Context, op *ports.Recharge, answer *ports.ChargeAnswer, told string) (*ports.Recharge, error) {
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	s.charges.Keep(next, *answer)
	next.ProviderRef, next.Told = op.ProviderRef, told
	if err := record.Commit(ctx, s.store, next); err != nil {
		return op, err
	}
	s.alarm(ctx, next)
	return next, nil
}

// dispute marks an ended recharge as disputed, so that a person decides, and writes the
// operations in with in the same unit.
func (s *Service) dispute(ctx context.Context, op *ports.Recharge, why string, with ...ports.Operation) (*ports.Recharge, error) {
	next := order.Clone(op)
	next.Status, next.Why, next.Disputed = ports.RechargeDisputed, why, true
	claim, err := s.mark(ctx, next, ports.ClaimHeld) // a mistake may have released it
	if err != nil {
		return op, err
	}
	with = append(with, claim...)
	if err := s.charges.Write(ctx, next, with...); err != nil {
		return op, s.charges.Note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

// contradict disputes a recharge. Why keeps the reason of an earlier dispute.
func (s *Service) contradict(ctx context.Context, op *ports.Recharge, why string) (*ports.Recharge, error) {
	if op.Status == ports.RechargeDisputed {
		why = order.Join(op.Why, why)
	}
	return s.dispute(ctx, op, why)
}

// tell logs the change of status and tells the host, away from this path.
func (s *Service) tell(ctx context.Context, op *ports.Recharge) {
	s.doubts.Told(op)
	if level := level(op.StatusText()); s.config.Logger.Enabled(ctx, level) {
		s.config.Logger.Log(ctx, level, "recharge "+op.StatusText(), "id", op.ID, "wallet", op.WalletID, "charger", op.Charger,
			"provider_ref", op.ProviderRef, "amount", op.Amount.String(), "outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	}
	if last := len(op.Decisions) - 1; last < 0 || !op.Decisions[last].At.Equal(op.UpdatedAt) { // no answer came: a person decided
		s.alarm(ctx, op)
	}
	s.events.Post(ctx, ports.RechargeEvent{At: op.UpdatedAt, Recharge: order.Clone(op), Mismatch: op.Mismatch, Revived: op.Revived && op.Status == ports.RechargeApproved && !op.Disputed})
}

// alarm logs the alarm of the last answer, if it has one.
func (s *Service) alarm(ctx context.Context, op *ports.Recharge) {
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "recharge alarm", "id", op.ID, "charger", op.Charger, "alarm", op.Answer.Alarm)
	}
}

// level returns the level of the line that tells of a status: Warn where a person must decide.
func level(status string) slog.Level {
	if status == string(ports.RechargeReview) || status == string(ports.RechargeDisputed) {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// chargeOrder is the record as a Charger sees it. Its last answer names the payment that the
// record stands for, also where that became known after the answer.
func chargeOrder(op *ports.Recharge) ports.ChargeOrder {
	last, back := op.Answer, op.Canceled
	last.ProviderRef = op.ProviderRef
	refused := last.Outcome.Final() && last.Outcome != ports.OutcomeApproved
	switch {
	case op.Open:
	case op.EntrySeq != 0: // a person may have approved it
		last.Outcome = ports.OutcomeApproved
	case op.Status != ports.RechargeDisputed && op.Status != ports.RechargeExpired && !refused: // a person declined it
		last.Outcome = ports.OutcomeDeclined
	}
	charged := chargedOf(op)
	if op.EntrySeq != 0 && op.Credited.LessThan(charged) { // a person knows that the rest is not there
		back = back.Add(charged.Sub(op.Credited))
	}
	if op.ReverseSeq != 0 && holds(op) {
		back = charged
	}
	return ports.ChargeOrder{
		OperationID: op.ID, WalletID: op.WalletID, PaymentMethod: op.PaymentMethod,
		Amount: op.Amount, Currency: op.Currency,
		RequestedAt: op.CreatedAt, SentAt: op.SentAt, ResentAt: op.ResentAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: last, GivenBack: back,
	}
}

// chargedOf returns the amount that the provider charged, or else the one that was ordered.
func chargedOf(op *ports.Recharge) decimal.Decimal {
	if op.Answer.Amount.Valid {
		return op.Answer.Amount.Decimal
	}
	return op.Amount
}

// charging is the Charger of a name, as orders are sent to it, or nil when it is not one
// of the service's.
func (s *Service) charging(name string) *order.Provider[*ports.Recharge, ports.ChargeAnswer] {
	charger := s.chargers[name]
	if charger == nil {
		return nil
	}
	return &order.Provider[*ports.Recharge, ports.ChargeAnswer]{
		Prepare: func(ctx context.Context, op *ports.Recharge) ([]byte, *ports.ChargeAnswer) {
			return charger.Prepare(ctx, chargeOrder(op))
		},
		Send: func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
			return charger.Charge(ctx, chargeOrder(op))
		},
		Inquire: func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
			return unconfirmed(op, charger.Inquire(ctx, chargeOrder(op)))
		},
	}
}
