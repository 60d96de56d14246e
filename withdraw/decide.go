package withdraw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// ErrSamePerson is returned when one person does two things about a withdrawal that take
// two people. The error is a [SamePersonError].
var ErrSamePerson = errors.New("another person must do this")

// SamePersonError says what a person did about a withdrawal before, and what the person
// may therefore not do: approve it a second time, approve or report paid what the person
// requested, or report paid what the person approved. It matches [ErrSamePerson].
type SamePersonError struct {
	Did  string // "requested" or "approved"
	Does string // "approve it" or "report it paid"
}

// Error says both.
func (e *SamePersonError) Error() string {
	return fmt.Sprintf("this person has %s it: another person must %s", e.Did, e.Does)
}

// Is reports whether target is [ErrSamePerson].
func (e *SamePersonError) Is(target error) bool { return target == ErrSamePerson }

func approvedBy(op *ports.Withdrawal, who string) bool {
	return slices.ContainsFunc(op.Approvals, func(a ports.Decision) bool { return a.Who == who })
}

// Approve adds a person's approval to a withdrawal that waits for approvals; the last
// one that is needed sends it, or leaves it waiting while the wallet is frozen or when this
// process does not have its route: then a process that has it sends it, and Why says so. A
// second approval by the same person is a [SamePersonError]; so is one by the person who
// requested the withdrawal, unless [Route.RequesterMayApprove] allowed it. A withdrawal
// that is returned with an error is approved: what failed came after it, and the worker goes on.
func (s *Service) Approve(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	op, err := s.decide(ctx, act, ports.DecisionApprove, func(next *ports.Withdrawal, d ports.Decision) error {
		switch {
		case approvedBy(next, d.Who):
			return &SamePersonError{Did: "approved", Does: "approve it"}
		case next.RequestedBy == d.Who && !next.RequesterMayApprove:
			return &SamePersonError{Did: "requested", Does: "approve it"}
		}
		next.Approvals = append(next.Approvals, d)
		if len(next.Approvals) >= next.ApprovalsNeeded {
			next.Status, next.DueAt = ports.WithdrawalApproved, next.UpdatedAt.Add(s.path.Lease())
		}
		return record.Commit(ctx, s.store, next)
	})
	if err != nil || op.Status != ports.WithdrawalApproved {
		return op, err
	}
	return s.start(ctx, op)
}

// PayFrozen sends a withdrawal that waits because its wallet is frozen, and of which Why says so.
// The wallet stays frozen; a withdrawal that closes its wallet closes it all the same. The decision
// holds until the withdrawal has ended, also when the wallet is frozen again; [Service.Cancel] and
// [Service.Decline] stop a withdrawal that is not sent yet. A withdrawal that is returned with an
// error is decided: what failed came after it, and the worker goes on.
func (s *Service) PayFrozen(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	op, err := s.decide(ctx, act, ports.DecisionPayFrozen, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Why, next.DueAt = "", next.UpdatedAt.Add(s.path.Lease())
		return record.Commit(ctx, s.store, next)
	})
	if err != nil {
		return op, err
	}
	return s.start(ctx, op)
}

// Decline ends a withdrawal that was not sent yet as rejected, and gives its total back. For
// one that was sent see [Service.ReportRefused].
func (s *Service) Decline(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	return s.stop(ctx, act, ports.DecisionDecline, ports.WithdrawalRejected)
}

// Cancel ends a withdrawal that was not sent yet, at the wish of its owner, and gives its
// total back.
func (s *Service) Cancel(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	return s.stop(ctx, act, ports.DecisionCancel, ports.WithdrawalCanceled)
}

func (s *Service) stop(ctx context.Context, act ports.Act, what ports.DecisionKind, status ports.WithdrawalStatus) (*ports.Withdrawal, error) {
	return s.decide(ctx, act, what, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Why = d.Why
		return s.giveBack(ctx, next, status)
	})
}

// decide lets a person do what [Acts] allows. When another process changed the withdrawal
// meanwhile, it is read and judged again.
func (s *Service) decide(ctx context.Context, act ports.Act, what ports.DecisionKind, do func(*ports.Withdrawal, ports.Decision) error) (*ports.Withdrawal, error) {
	fail := func(err error) (*ports.Withdrawal, error) {
		return nil, record.Acting(what, "withdrawal", act.ID, err)
	}
	if err := ports.CheckBy(act.By); err != nil {
		return fail(err)
	}
	for range record.ConflictsMax {
		op, err := s.Get(ctx, act.ID)
		if err != nil {
			return fail(err)
		}
		if err := record.Allowed(Acts(op), what, op.StatusText()); err != nil {
			return fail(err)
		}
		next := order.Clone(op)
		next.Version++
		next.UpdatedAt = s.now()
		err = do(next, ports.Decision{What: what, Who: act.Who, Why: act.Why, At: next.UpdatedAt})
		switch {
		case err == nil:
			s.tell(ctx, next)
			return next, nil
		case !errors.Is(err, ports.ErrConflict):
			return fail(s.path.Note(ctx, next, err))
		}
	}
	return fail(fmt.Errorf("others change it all the time: %w", ports.ErrConflict))
}

// Paid is what a person reports of a payout that was made: for a manual Disburser, or
// for one whose provider cannot be asked.
type Paid struct {
	ID            string
	ports.By             // both are required; Why says how it is known
	TransactionID string // of the bank transfer; required. One transfer may pay several withdrawals
	TransactedAt  time.Time
	Fee           decimal.NullDecimal // as it was taken. Defaults to what the provider reported, else to the quote; required where the provider named several payouts, or reported a figure that no record can hold
}

// ReportPaid completes a withdrawal that is pending, unknown, in review or disputed. The
// total of a disputed one that had been given back leaves the wallet again, which may
// answer [ports.ErrInsufficient] or [ports.ErrClosed], and so does what had come back of one
// that had been returned; of one that had been completed, what was booked stands. A person who approved it, or requested it, may not report it paid
// ([SamePersonError]), unless [Route.ApproverMayReport] or [Route.RequesterMayApprove]
// allowed it.
func (s *Service) ReportPaid(ctx context.Context, p Paid) (*ports.Withdrawal, error) {
	if err := ports.Join(ports.CheckID("TransactionID", p.TransactionID), ports.CheckTime("TransactedAt", p.TransactedAt), checkFigure("Fee", p.Fee), ports.CheckBy(p.By)); err != nil {
		return nil, record.Acting(ports.DecisionPaid, "withdrawal", p.ID, err)
	}
	answer := ports.PayoutAnswer{
		Answer:        ports.Answer{Outcome: ports.OutcomeApproved},
		TransactionID: p.TransactionID,
		TransactedAt:  p.TransactedAt,
		Fee:           p.Fee,
	}
	return s.decide(ctx, ports.Act{ID: p.ID, By: p.By}, ports.DecisionPaid, func(next *ports.Withdrawal, d ports.Decision) error {
		switch {
		case approvedBy(next, p.Who) && !next.ApproverMayReport:
			return &SamePersonError{Did: "approved", Does: "report it paid"}
		case next.RequestedBy == p.Who && !next.RequesterMayApprove:
			return &SamePersonError{Did: "requested", Does: "report it paid"}
		}
		if cameBack(next) {
			if p.Fee.Valid {
				return ports.Invalid("Fee", "is given, but what was booked of the payout stands")
			}
			next.Decisions = append(next.Decisions, d)
			return s.debitReturn(ctx, next, p)
		}
		if !p.Fee.Valid && !wasPaid(next) && feeUnknown(next, p.TransactionID) {
			return ports.Invalid("Fee", "is blank, and the provider did not report what it took for this payout")
		}
		if !p.Fee.Valid && !wasPaid(next) {
			answer.Total, answer.Fee, answer.Net = next.Answer.Total, next.Answer.Fee, next.Answer.Net
		}
		if _, _, ok := figures(next, answer); !ok {
			return ports.Invalid("Fee", "must be from zero to the total, and is required where the provider's figures do not add up")
		}
		next.Decisions = append(next.Decisions, d)
		if wasPaid(next) {
			return s.dismissDispute(ctx, next, p.Why)
		}
		claim, _, err := s.path.Claim(ctx, next) // a person may know that one payout pays several
		if err != nil {
			return err
		}
		return s.complete(ctx, next, answer, claim)
	})
}

// feeUnknown reports whether the provider reported a figure that no record can hold, or named
// several payouts and the figures that the record keeps are not those of the transfer that a
// person names.
func feeUnknown(op *ports.Withdrawal, transfer string) bool {
	known := reports(&op.Answer) && (op.Answer.TransactionID == "" || op.Answer.TransactionID == transfer)
	return op.Unread || len(op.Others) > 0 && !known
}

// ReportRefused ends a withdrawal that is pending, unknown, in review or disputed as not
// paid, and gives its total back, unless it was given back before. Of a disputed one that
// had been returned it answers [ports.ErrNotOpen]: [Service.Keep] it, or
// [Service.ReportPaid].
func (s *Service) ReportRefused(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	return s.decide(ctx, act, ports.DecisionRefused, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Why = d.Why
		switch {
		case wasPaid(next):
			return s.creditReturn(ctx, next, Returned{By: ports.By{Why: d.Why}, Amount: decimal.NewNullDecimal(next.Total)})
		case next.Status == ports.WithdrawalDisputed:
			return s.dismissDispute(ctx, next, d.Why)
		}
		return s.giveBack(ctx, next, ports.WithdrawalRejected)
	})
}

// Inquire has the worker ask the provider again about a withdrawal that is in review.
func (s *Service) Inquire(ctx context.Context, act ports.Act) (*ports.Withdrawal, error) {
	return s.decide(ctx, act, ports.DecisionInquire, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Status, next.DueAt, next.Why = ports.WithdrawalUnknown, next.UpdatedAt, ""
		return record.Commit(ctx, s.store, next)
	})
}

// Get returns a withdrawal, or [ports.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (*ports.Withdrawal, error) {
	op, err := record.Get[*ports.Withdrawal](ctx, s.store, "withdrawal", id)
	if err != nil {
		return nil, err
	}
	s.doubts.Seen(op)
	return op, nil
}

// Listing selects withdrawals for [Service.List].
type Listing = ports.Listing[ports.WithdrawalStatus]

// List returns the withdrawals that the listing selects.
func (s *Service) List(ctx context.Context, listing Listing) ([]*ports.Withdrawal, error) {
	return record.List[*ports.Withdrawal](ctx, s.store, ports.KindWithdrawal, listing)
}
