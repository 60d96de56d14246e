package withdraw

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// kind is what an order to pay out means for a wallet.
func (s *Service) kind() order.Kind[*ports.Withdrawal, ports.PayoutAnswer] {
	return order.Kind[*ports.Withdrawal, ports.PayoutAnswer]{
		Adapter:  "disburser",
		Progress: func(op *ports.Withdrawal) *ports.Progress[ports.PayoutAnswer] { return &op.Progress },
		Get:      s.Get, Tell: s.tell,
		Figures: logFigures, Clean: clean, Remember: remember, Report: report, Reports: reports,
		Judge: s.claim, Held: s.frozen, Hold: func(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
			return s.waits(ctx, op, whyFrozen)
		},
		Approve: s.approved, End: s.ended, Pending: leaveLane, ReviewAt: s.reviewAt, Late: s.late,
		SetStatus: func(op *ports.Withdrawal, status order.Status) { op.Status = ports.WithdrawalStatus(status) },
	}
}

// approved completes a withdrawal with the figures of the answer that it keeps.
func (s *Service) approved(ctx context.Context, next *ports.Withdrawal) error {
	claim, shared, err := s.path.Claim(ctx, next)
	if err != nil {
		return err
	}
	if shared { // since the answer was judged: it is judged again
		return fmt.Errorf("payout %s is named for another withdrawal: %w", next.ProviderRef, ports.ErrConflict)
	}
	return s.complete(ctx, next, next.Answer, claim)
}

// ended gives back the total of a withdrawal that was not paid.
func (s *Service) ended(ctx context.Context, next *ports.Withdrawal, outcome ports.Outcome) error {
	if outcome == ports.OutcomeDeclined {
		next.Why = order.Because("the provider refused", next.Answer.Message)
		return s.giveBack(ctx, next, ports.WithdrawalRejected)
	}
	return s.giveBack(ctx, next, ports.WithdrawalFailed)
}

// leaveLane takes a pending withdrawal out of its lane once it is followed by its id: then
// nothing can be taken for it.
func leaveLane(next *ports.Withdrawal) order.Status {
	if next.ProviderRef != "" {
		next.Lane = ""
	}
	return order.Pending
}

// reviewAt is when an unknown withdrawal goes to review by age. A pending one may wait for
// the provider for longer: it is looked at again by then.
func (s *Service) reviewAt(op *ports.Withdrawal, status order.Status) time.Time {
	if status == order.Unknown && !op.SentAt.IsZero() {
		return op.SentAt.Add(s.config.ReviewAfter)
	}
	return s.now().Add(s.config.ReviewAfter)
}

// complete closes the withdrawal as paid and clears the payable with the figures of
// the provider, and writes the claim of its payout, in one unit. It returns an error for figures that do not add up, so that a person decides.
func (s *Service) complete(ctx context.Context, next *ports.Withdrawal, answer ports.PayoutAnswer, claim []ports.Operation) error {
	fee, net, ok := figures(next, answer)
	if !ok {
		s.path.Review(next, "paid, but the provider's figures do not add up to the total")
		return record.Commit(ctx, s.store, next)
	}
	next.ActualFee, next.ActualNet = decimal.NewNullDecimal(fee), decimal.NewNullDecimal(net)
	next.TransactionID, next.TransactedAt = answer.TransactionID, ports.Instant(answer.TransactedAt)
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryWithdrawEnd, OperationID: next.ID, RefersTo: next.EntrySeq, Opened: -1,
		Moves: []ports.Move{
			{Account: ports.AccountPayable, Amount: next.Total.Neg()},
			{Account: ports.AccountClearing(next.Disburser), Amount: net},
			{Account: ports.AccountFee, Amount: fee},
		},
		Operations: append([]ports.Operation{next}, claim...), Fill: func(e *ports.Entry) { next.EndSeq = e.Seq },
		Note: books.Note{Reference: next.Reference, OccurredAt: next.TransactedAt},
	}
	if next.Status == ports.WithdrawalDisputed { // the total was given back: it leaves the wallet again
		booking.Type, booking.RefersTo, booking.Opened = ports.EntryWithdrawLate, next.EndSeq, 0
		booking.Balance, booking.Counterparty = next.Total.Neg(), ports.AccountPayable
		clearDispute(next)
	} else if err := s.closes(ctx, next, &booking); err != nil {
		return err
	}
	next.Why = ""
	order.Finish(&next.OperationHead)
	next.Status = ports.WithdrawalCompleted
	_, err := s.ledger.Book(ctx, booking)
	return err
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
func (s *Service) giveBack(ctx context.Context, next *ports.Withdrawal, status ports.WithdrawalStatus) error {
	order.Finish(&next.OperationHead)
	next.Status = status
	if next.Leaving != nil {
		next.Leaving.Stays = "the total was given back"
	}
	_, err := s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryWithdrawBack, OperationID: next.ID, RefersTo: next.EntrySeq, Opened: -1,
		Balance: next.Total, Counterparty: ports.AccountPayable,
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EndSeq = e.Seq },
		Note: books.Note{Reference: next.Reference, Memo: next.StatusText()},
	})
	return err
}

// Mismatch reports whether the provider took another fee than was quoted.
func Mismatch(op *ports.Withdrawal) bool {
	return op.ActualFee.Valid && !op.ActualFee.Decimal.Equal(op.Fee)
}

// tell logs the change of status and tells the host, away from this path.
func (s *Service) tell(ctx context.Context, op *ports.Withdrawal) {
	s.doubts.Told(op)
	level := slog.LevelInfo
	if op.Status == ports.WithdrawalReview || op.Status == ports.WithdrawalDisputed {
		level = slog.LevelWarn
	}
	if s.config.Logger.Enabled(ctx, level) {
		s.config.Logger.Log(ctx, level, "withdrawal "+op.StatusText(), "id", op.ID, "wallet", op.WalletID, "disburser", op.Disburser,
			"provider_ref", op.ProviderRef, "total", op.Total.String(), "outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	}
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "withdrawal alarm", "id", op.ID, "disburser", op.Disburser, "alarm", op.Answer.Alarm)
	}
	s.events.Post(ctx, ports.WithdrawalEvent{At: op.UpdatedAt, Withdrawal: order.Clone(op), Mismatch: Mismatch(op)})
}
