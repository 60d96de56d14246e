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
	return fmt.Sprintf("this person has %s it and may not %s: %v", e.Did, e.Does, ErrSamePerson)
}

// Is reports whether target is [ErrSamePerson].
func (e *SamePersonError) Is(target error) bool { return target == ErrSamePerson }

func approvedBy(op *ports.Withdrawal, who string) bool {
	return slices.ContainsFunc(op.Approvals, func(a ports.Decision) bool { return a.Who == who })
}

// Verdict is what a person decided about a withdrawal.
type Verdict struct {
	ID       string
	ports.By // Who is required; Why too, but for Approve and InquireAgain
}

// Approve adds a person's approval to a withdrawal that waits for approvals; the last
// one that is needed sends it, or leaves it waiting while the wallet is frozen or when this
// process does not have its route: then a process that has it sends it, and Why says so. A
// second approval by the same person is a [SamePersonError]; so is one by the person who
// requested the withdrawal, unless [Route.RequesterMayApprove] allowed it. A withdrawal
// that is returned with an error is approved: what failed came after it, and the worker goes on.
func (s *Service) Approve(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	op, err := s.decide(ctx, v, ports.DecisionApprove, []ports.WithdrawalStatus{ports.WithdrawalRequested}, func(next *ports.Withdrawal, d ports.Decision) error {
		switch {
		case approvedBy(next, v.Who):
			return &SamePersonError{Did: "approved", Does: "approve it"}
		case next.RequestedBy == v.Who && !next.RequesterMayApprove:
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

// Reject refuses a withdrawal that was not sent yet, and gives its total back.
func (s *Service) Reject(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	return s.stop(ctx, v, ports.DecisionReject, ports.WithdrawalRejected)
}

// Cancel takes a withdrawal back that was not sent yet, at the wish of its owner, and
// gives its total back.
func (s *Service) Cancel(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	return s.stop(ctx, v, ports.DecisionCancel, ports.WithdrawalCanceled)
}

func (s *Service) stop(ctx context.Context, v Verdict, what ports.DecisionKind, status ports.WithdrawalStatus) (*ports.Withdrawal, error) {
	if err := whyNeeded(v.Why); err != nil {
		return nil, acting(what, v.ID, err)
	}
	unsent := []ports.WithdrawalStatus{ports.WithdrawalRequested, ports.WithdrawalApproved}
	return s.decide(ctx, v, what, unsent, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Why = v.Why
		return s.giveBack(ctx, next, status)
	})
}

// decide lets a person act on a withdrawal in one of the statuses. When another
// process changed it meanwhile, it is read and judged again.
func (s *Service) decide(ctx context.Context, v Verdict, what ports.DecisionKind, statuses []ports.WithdrawalStatus,
	act func(*ports.Withdrawal, ports.Decision) error,
) (*ports.Withdrawal, error) {
	fail := func(err error) (*ports.Withdrawal, error) {
		return nil, acting(what, v.ID, err)
	}
	if err := ports.Join(ports.CheckID("Who", v.Who), ports.CheckText("Why", v.Why, ports.MaxMemo)); err != nil {
		return fail(err)
	}
	for range record.ConflictsMax {
		op, err := s.Get(ctx, v.ID)
		if err != nil {
			return fail(err)
		}
		if !slices.Contains(statuses, op.Status) {
			return fail(fmt.Errorf("it is %s: %w", op.Status, ports.ErrNotOpen))
		}
		next := order.Clone(op)
		next.Version++
		next.UpdatedAt = s.now()
		err = act(next, ports.Decision{What: what, Who: v.Who, Why: v.Why, At: next.UpdatedAt})
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
	if err := ports.Join(ports.CheckID("TransactionID", p.TransactionID), ports.CheckTime("TransactedAt", p.TransactedAt), checkFigure("Fee", p.Fee), whyNeeded(p.Why)); err != nil {
		return nil, acting(ports.DecisionPaid, p.ID, err)
	}
	answer := ports.PayoutAnswer{
		Answer:        ports.Answer{Outcome: ports.OutcomeApproved},
		TransactionID: p.TransactionID,
		TransactedAt:  p.TransactedAt,
		Fee:           p.Fee,
	}
	return s.decide(ctx, Verdict{ID: p.ID, By: p.By}, ports.DecisionPaid, undecided(), func(next *ports.Withdrawal, d ports.Decision) error {
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
func (s *Service) ReportRefused(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	if err := whyNeeded(v.Why); err != nil {
		return nil, acting(ports.DecisionRefused, v.ID, err)
	}
	return s.decide(ctx, v, ports.DecisionRefused, undecided(), func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Why = v.Why
		switch {
		case cameBack(next):
			return fmt.Errorf("it was paid, and came back: %w", ports.ErrNotOpen)
		case wasPaid(next):
			return s.creditReturn(ctx, next, Returned{By: ports.By{Why: v.Why}, Amount: decimal.NewNullDecimal(next.Total)})
		case next.Status == ports.WithdrawalDisputed:
			return s.dismissDispute(ctx, next, v.Why)
		}
		return s.giveBack(ctx, next, ports.WithdrawalRejected)
	})
}

// InquireAgain sends a withdrawal in review back to the worker.
func (s *Service) InquireAgain(ctx context.Context, v Verdict) (*ports.Withdrawal, error) {
	return s.decide(ctx, v, ports.DecisionInquire, []ports.WithdrawalStatus{ports.WithdrawalReview}, func(next *ports.Withdrawal, d ports.Decision) error {
		next.Decisions = append(next.Decisions, d)
		next.Status, next.DueAt, next.Why = ports.WithdrawalUnknown, next.UpdatedAt, ""
		return record.Commit(ctx, s.store, next)
	})
}

// acting says which act of a person, by the name that decisions have, was refused.
func acting(what ports.DecisionKind, id string, err error) error {
	name := string(what)
	switch what { //nolint:exhaustive // the others are verbs
	case ports.DecisionPaid, ports.DecisionRefused, ports.DecisionReturned:
		name = "report " + name
	case ports.DecisionInquire:
		name = "inquire about"
	}
	return record.About(name, "withdrawal", id, err)
}

func underWay() []ports.WithdrawalStatus {
	return []ports.WithdrawalStatus{ports.WithdrawalPending, ports.WithdrawalUnknown, ports.WithdrawalReview}
}

func undecided() []ports.WithdrawalStatus { return append(underWay(), ports.WithdrawalDisputed) }

func whyNeeded(why string) error {
	if why == "" {
		return ports.Invalid("Why", "is blank")
	}
	return nil
}

// Get returns a withdrawal, or [ports.ErrNotFound].
func (s *Service) Get(ctx context.Context, id string) (*ports.Withdrawal, error) {
	if err := ports.CheckID("ID", id); err != nil {
		return nil, fmt.Errorf("withdrawal: %w", err)
	}
	found, err := s.store.Operations(ctx, []string{id})
	if err != nil {
		return nil, fmt.Errorf("withdrawal %s: %w", id, err)
	}
	if len(found) == 1 {
		if op, ok := found[0].(*ports.Withdrawal); ok {
			s.doubts.Seen(op)
			return op, nil
		}
	}
	return nil, fmt.Errorf("withdrawal %s: %w", id, ports.ErrNotFound)
}

// Filter selects withdrawals for [Service.List]. Conditions that are set must all
// hold.
type Filter struct {
	WalletID string
	Statuses []ports.WithdrawalStatus // any of these
	Open     bool                     // only those that have not ended
	OlderBy  time.Duration            // only those requested at least so long ago
	AfterID  string                   // continues behind this one
	Limit    int                      // at most so many are looked at. Defaults to 100; negative is [ports.ErrInvalid]
}

// List returns withdrawals in order of id: with the default ids, oldest first.
func (s *Service) List(ctx context.Context, filter Filter) ([]*ports.Withdrawal, error) {
	if filter.Limit == 0 {
		filter.Limit = 100
	}
	found, err := s.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindWithdrawal, WalletID: filter.WalletID, Statuses: ports.Statuses(filter.Statuses...), Open: filter.Open,
		AfterID: filter.AfterID, Limit: filter.Limit,
	})
	if err != nil {
		return nil, fmt.Errorf("list withdrawals: %w", err)
	}
	before := s.now().Add(-filter.OlderBy)
	list := make([]*ports.Withdrawal, 0, len(found))
	for _, op := range found {
		if w, ok := op.(*ports.Withdrawal); ok && !w.CreatedAt.After(before) {
			list = append(list, w)
		}
	}
	return list, nil
}

// Waiting returns up to limit withdrawals that wait for approvals.
func (s *Service) Waiting(ctx context.Context, limit int) ([]*ports.Withdrawal, error) {
	return s.List(ctx, Filter{Statuses: []ports.WithdrawalStatus{ports.WithdrawalRequested}, Open: true, Limit: limit})
}

// Stuck returns up to limit withdrawals that need a person, in review or disputed, and
// up to limit that have been under way for longer than age: Why, Status and Answer tell
// what keeps them.
func (s *Service) Stuck(ctx context.Context, age time.Duration, limit int) ([]*ports.Withdrawal, error) {
	undecided := []ports.WithdrawalStatus{ports.WithdrawalReview, ports.WithdrawalDisputed}
	toDecide, err := s.List(ctx, Filter{Statuses: undecided, Limit: limit})
	if err != nil {
		return nil, err
	}
	old, err := s.List(ctx, Filter{
		Statuses: []ports.WithdrawalStatus{
			ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown,
		},
		Open: true, OlderBy: age, Limit: limit,
	})
	return append(toDecide, old...), err
}
