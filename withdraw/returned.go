package withdraw

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Returned is what a person reports of a payout that came back from the bank after it
// was completed: the account was closed, say.
type Returned struct {
	ID       string
	ports.By                     // both are required
	Amount   decimal.NullDecimal // what came back, at most the total. Defaults to what was paid out: the fee stays taken
}

// ReportReturned credits what came back of a completed withdrawal, or of a disputed one
// that had been completed, to the wallet, by one entry. What is more than was paid out is
// taken from the fee. It sends nothing. A withdrawal that was returned before is returned
// as it is; with another Amount the error is [ports.ErrNotOpen]. When the wallet was closed since it is
// [ports.ErrClosed], and the host pays the owner by other means.
func (s *Service) ReportReturned(ctx context.Context, r Returned) (*ports.Withdrawal, error) {
	if err := ports.Join(ports.CheckBy(r.By), checkFigure("Amount", r.Amount)); err != nil {
		return nil, record.Acting(ports.DecisionReturned, "withdrawal", r.ID, err)
	}
	op, err := s.decide(ctx, ports.Act{ID: r.ID, By: r.By}, ports.DecisionReturned, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		return s.creditReturn(ctx, next, r)
	})
	if !errors.Is(err, ports.ErrNotOpen) {
		return op, err
	}
	op, errGet := s.Get(ctx, r.ID)
	if errGet != nil || op.Status != ports.WithdrawalReturned {
		return nil, err
	}
	if r.Amount.Valid && !r.Amount.Decimal.Equal(op.Returned) {
		return nil, record.Acting(ports.DecisionReturned, "withdrawal", r.ID, fmt.Errorf("it was, with %s: %w", op.Returned, ports.ErrNotOpen))
	}
	return op, nil
}

func (s *Service) creditReturn(ctx context.Context, next *ports.Withdrawal, r Returned) error {
	paid := next.ActualNet.Decimal
	next.Returned = paid
	if r.Amount.Valid {
		next.Returned = r.Amount.Decimal
	}
	if !next.Returned.IsPositive() || next.Returned.GreaterThan(next.Total) {
		return ports.Invalid("Amount", "must be above zero and at most the total, %s", next.Total)
	}
	next.Status, next.Why = ports.WithdrawalReturned, r.Why
	clearDispute(next)
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryReturn, OperationID: next.ID, RefersTo: next.EndSeq,
		Balance: next.Returned, Counterparty: ports.AccountClearing(next.Disburser),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.ReturnSeq = e.Seq },
		Note: books.Note{Reference: next.Reference, Memo: order.Truncate(r.Why)},
	}
	if ofFee := next.Returned.Sub(paid); ofFee.IsPositive() {
		booking.Moves = []ports.Move{
			{Account: ports.AccountFee, Amount: ofFee.Neg()},
			{Account: ports.AccountClearing(next.Disburser), Amount: ofFee},
		}
	}
	_, err := s.ledger.Book(ctx, booking)
	return err
}

// debitReturn completes a withdrawal whose return is disputed: what was credited as having
// come back leaves the wallet again.
func (s *Service) debitReturn(ctx context.Context, next *ports.Withdrawal, p Paid) error {
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryWithdrawLate, OperationID: next.ID, RefersTo: next.ReturnSeq,
		Balance: next.Returned.Neg(), Counterparty: ports.AccountClearing(next.Disburser),
		Operations: []ports.Operation{next}, Fill: func(e *ports.Entry) { next.EndSeq = e.Seq },
		Note: books.Note{Reference: next.Reference, Memo: order.Truncate(p.Why), OccurredAt: p.TransactedAt},
	}
	if ofFee := next.Returned.Sub(next.ActualNet.Decimal); ofFee.IsPositive() {
		booking.Moves = []ports.Move{
			{Account: ports.AccountFee, Amount: ofFee},
			{Account: ports.AccountClearing(next.Disburser), Amount: ofFee.Neg()},
		}
	}
	next.Status, next.Why, next.Returned, next.ReturnSeq = ports.WithdrawalCompleted, "", decimal.Decimal{}, 0
	next.TransactionID, next.TransactedAt = p.TransactionID, ports.Instant(p.TransactedAt)
	clearDispute(next)
	_, err := s.ledger.Book(ctx, booking)
	return err
}
