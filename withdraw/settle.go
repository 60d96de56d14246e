package withdraw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// settle writes down what the provider said, with what it means for the wallet, in
// one unit. When another process changed the record meanwhile, the answer is applied
// to the record as it is then.
func (s *Service) settle(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	return s.settleBy(ctx, op, answer, false)
}

// settleBy is settle; sent says that the answer is that of a transmission, not of an
// inquiry.
func (s *Service) settleBy(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer, sent bool) (*ports.Withdrawal, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	for lost := 0; lost < worker.ConflictsMax; {
		next, err := s.settleOnce(ctx, op, answer)
		if errors.Is(err, ports.ErrBusy) && lost >= lossesMax {
			next, err = s.unbooked(ctx, op, answer, err)
		}
		if err == nil {
			s.tell(ctx, next)
			return next, nil
		}
		if next != nil {
			_ = s.note(ctx, next, err)
		}
		if errors.Is(err, ports.ErrBusy) { // the ledger has waited for the wallet, or unbooked for the record
			if lost++; lost > 2*lossesMax {
				return op, fmt.Errorf("withdrawal %s: %w", op.ID, err) // the record stays open, and an inquiry asks again
			}
			continue
		}
		if !errors.Is(err, ports.ErrConflict) {
			return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
		}
		current, err := s.Get(ctx, op.ID)
		if err != nil {
			return op, err
		}
		if lost++; current.Version == op.Version && lost >= lossesMax {
			return op, fmt.Errorf("withdrawal %s: %w: the record is current, and is refused", op.ID, ports.ErrConflict)
		}
		earlier := current.Transmissions != op.Transmissions
		another := taken(answer) && answer.ProviderRef != current.ProviderRef
		refused := answer.Outcome.Final() && answer.Outcome != ports.OutcomeApproved
		working := current.Open && current.Answer.Outcome == ports.OutcomePending && current.ProviderRef != "" && answer.ProviderRef != current.ProviderRef
		switch {
		case earlier && answer.Outcome != ports.OutcomeApproved && !another:
			return current, nil // it speaks of an earlier transmission: what counts is the later one
		case sent && refused && working:
			return current, nil // it speaks of one transmission: the provider works on another
		case sent && another && working:
			next, err := s.twice(ctx, current, answer)
			if !errors.Is(err, ports.ErrConflict) {
				return next, err
			}
		case !current.Open:
			return s.settleLate(ctx, current, answer, sent)
		}
		op = current
	}
	return op, fmt.Errorf("withdrawal %s: %w: other processes change the record all the time", op.ID, ports.ErrConflict)
}

// twice puts a withdrawal into review whose provider works on one payout and answers another
// transmission with a second one.
func (s *Service) twice(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	next := own(op)
	answer, _ = clean(answer)
	review(next, fmt.Sprintf("the provider works on %s, and answered %s for %s, which another transmission made", op.ProviderRef, answer.Outcome, answer.ProviderRef))
	with, err := s.named(ctx, next, answer.ProviderRef)
	if err == nil {
		err = s.write(ctx, next, with...)
	}
	if err != nil {
		return op, s.note(ctx, next, err)
	}
	s.tell(ctx, next)
	return next, nil
}

// note remembers a change whose commit is in doubt, to tell of it when it is known.
func (s *Service) note(ctx context.Context, next *ports.Withdrawal, err error) error {
	if !s.doubts.Note(next, err, func() { s.tell(ctx, next) }) {
		s.config.Logger.ErrorContext(ctx, "too many changes are in doubt: one will not be told", "id", next.ID)
	}
	return err
}

// lossesMax is how often an answer is booked again on a wallet that stays locked, or on a
// record that has not changed. When the record stays locked as well, settling ends after
// twice as many attempts, and the record stays as it was.
const lossesMax = 5

// unbooked puts a withdrawal into review whose provider has decided, and whose wallet
// cannot take that, or stays locked.
func (s *Service) unbooked(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer, why error) (*ports.Withdrawal, error) {
	next := s.answered(op, readable(answer))
	review(next, answer.Outcome.String()+", but cannot be booked: "+cut(why.Error()))
	return next, worker.Commit(ctx, s.store, next)
}

// answered returns the next version of a withdrawal, with the answer kept.
func (s *Service) answered(op *ports.Withdrawal, answer ports.PayoutAnswer) *ports.Withdrawal {
	next := own(op)
	next.Version++
	next.UpdatedAt = s.now()
	keep(next, answer)
	return next
}

func (s *Service) settleOnce(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	answer, err := s.claim(ctx, op, readable(answer))
	if err != nil {
		return nil, err
	}
	next, err := s.apply(ctx, s.answered(op, answer), answer)
	if unbookable(err) {
		return s.unbooked(ctx, op, answer, err)
	}
	return next, err
}

// unbookable reports whether a booking was refused for what it is, not for what happened
// around it.
func unbookable(err error) bool {
	for _, refusal := range []error{
		ports.ErrInvalid, ports.ErrNotFound, ports.ErrClosed, ports.ErrFrozen, ports.ErrLimit, ports.ErrInsufficient,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// apply writes the withdrawal as the answer leaves it.
func (s *Service) apply(ctx context.Context, next *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	switch answer.Outcome {
	case ports.OutcomeApproved:
		return s.complete(ctx, next, next.Answer)
	case ports.OutcomeDeclined:
		next.Why = "the provider refused: " + cut(answer.Message)
		return next, s.giveBack(ctx, next, ports.WithdrawalRejected)
	case ports.OutcomeNotSent, ports.OutcomeFault:
		next.Why = answer.Outcome.String() + ": " + cut(answer.Message+answer.Alarm)
		return next, s.giveBack(ctx, next, ports.WithdrawalFailed)
	case ports.OutcomePending:
		s.wait(next, ports.WithdrawalPending, answer)
		if next.ProviderRef != "" { // it is followed by its id: nothing can be taken for it
			next.Lane = ""
		}
	case ports.OutcomeUnknown:
		status := ports.WithdrawalUnknown
		if next.Status == ports.WithdrawalPending {
			status = ports.WithdrawalPending // a question that failed is no answer
		}
		s.wait(next, status, answer)
	default: // an outcome of a later version: assume least
		s.wait(next, ports.WithdrawalUnknown, answer)
	}
	return next, worker.Commit(ctx, s.store, next)
}

// complete closes the withdrawal as paid and settles the payable with the figures of
// the provider, in one unit. Figures that do not add up are for a person.
func (s *Service) complete(ctx context.Context, next *ports.Withdrawal, answer ports.PayoutAnswer) (*ports.Withdrawal, error) {
	fee, net, ok := figures(next, answer)
	if !ok {
		review(next, "paid, but the provider's figures do not add up to the total")
		return next, worker.Commit(ctx, s.store, next)
	}
	next.ActualFee, next.ActualNet = decimal.NewNullDecimal(fee), decimal.NewNullDecimal(net)
	next.TransactionID, next.TransactedAt = answer.TransactionID, ports.Instant(answer.TransactedAt)
	booking := ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryWithdrawEnd, OperationID: next.ID, RefersTo: next.EntrySeq, Opened: -1,
		Moves: []ports.Move{
			{Account: ports.AccountPayable, Amount: next.Total.Neg()},
			{Account: ports.AccountClearing(next.Disburser), Amount: net},
			{Account: ports.AccountFee, Amount: fee},
		},
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EndSeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, OccurredAt: next.TransactedAt},
	}
	if next.Status == ports.WithdrawalDisputed { // the total was given back: it leaves the wallet again
		booking.Type, booking.RefersTo, booking.Opened = ports.EntryWithdrawLate, next.EndSeq, 0
		booking.Balance, booking.Counterparty = next.Total.Neg(), ports.AccountPayable
		calm(next)
	}
	next.Why = ""
	finish(next, ports.WithdrawalCompleted)
	_, err := s.ledger.Book(ctx, booking)
	return next, err
}

// figures returns fee and net as the provider reports them, or as quoted where it
// does not, and whether they add up.
func figures(op *ports.Withdrawal, answer ports.PayoutAnswer) (fee, net decimal.Decimal, ok bool) {
	fee, net = op.Fee, op.Net
	switch {
	case answer.Fee.Valid && answer.Net.Valid:
		fee, net = answer.Fee.Decimal, answer.Net.Decimal
	case answer.Fee.Valid:
		fee = answer.Fee.Decimal
		net = op.Total.Sub(fee)
	case answer.Net.Valid:
		net = answer.Net.Decimal
		fee = op.Total.Sub(net)
	}
	ok = !fee.IsNegative() && !net.IsNegative() && fee.Add(net).Equal(op.Total) &&
		(!answer.Total.Valid || answer.Total.Decimal.Equal(op.Total))
	return fee, net, ok
}

// giveBack closes the withdrawal and returns its total to the wallet, by one entry in
// one unit.
func (s *Service) giveBack(ctx context.Context, next *ports.Withdrawal, status string) error {
	finish(next, status)
	_, err := s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryWithdrawBack, OperationID: next.ID, RefersTo: next.EntrySeq, Opened: -1,
		Balance: next.Total, Counterparty: ports.AccountPayable,
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EndSeq = e.Seq },
		Note: ledger.Note{Reference: next.Reference, Memo: status},
	})
	return err
}

func finish(next *ports.Withdrawal, status string) {
	next.Status, next.Open, next.DueAt = status, false, time.Time{}
}

// wait sets when to ask next, or that a person must decide. However long a pause the
// provider asks for, an unknown order is due again when it must go to review, and a
// pending one after Config.ReviewAfter.
func (s *Service) wait(next *ports.Withdrawal, status string, answer ports.PayoutAnswer) {
	now := s.now()
	lookAt := now.Add(s.config.ReviewAfter)
	if status == ports.WithdrawalUnknown && !next.SentAt.IsZero() {
		lookAt = next.SentAt.Add(s.config.ReviewAfter)
	}
	switch {
	case answer.Review != "":
		review(next, cut(answer.Review))
	case !now.Before(lookAt):
		review(next, fmt.Sprintf("still unknown after %s", s.config.ReviewAfter))
	default:
		next.Status = status
		next.DueAt = now.Add(s.pause(next.Inquiries, answer.InquireAfter))
		if next.DueAt.After(lookAt) {
			next.DueAt = lookAt
		}
	}
}

func review(next *ports.Withdrawal, why string) {
	next.Status, next.DueAt, next.Why = ports.WithdrawalReview, time.Time{}, why
}

// Mismatch reports whether the provider took another fee than was quoted.
func Mismatch(op *ports.Withdrawal) bool {
	return op.ActualFee.Valid && !op.ActualFee.Decimal.Equal(op.Fee)
}

// tell logs the change of status and tells the host, away from this path.
func (s *Service) tell(ctx context.Context, op *ports.Withdrawal) {
	level := slog.LevelInfo
	if op.Status == ports.WithdrawalReview || op.Status == ports.WithdrawalDisputed {
		level = slog.LevelWarn
	}
	s.config.Logger.Log(ctx, level, "withdrawal "+op.Status, "id", op.ID, "wallet", op.WalletID, "disburser", op.Disburser,
		"provider_ref", op.ProviderRef, "total", op.Total.String(), "outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "withdrawal alarm", "id", op.ID, "disburser", op.Disburser, "alarm", op.Answer.Alarm)
	}
	s.mail.Post(ctx, ports.WithdrawalEvent{At: op.UpdatedAt, Withdrawal: own(op), Mismatch: Mismatch(op)})
}

// cut keeps a text of a provider short.
func cut(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	short := []rune(text)
	return string(short[:min(len(short), most/4)]) + "…"
}
