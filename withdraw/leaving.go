package withdraw

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// LeftoverError says what would be left in a wallet that is to be closed, and that the request does
// not forfeit. It matches [ports.ErrNotEmpty]. Amounts are in whole units of the wallet's currency.
type LeftoverError struct {
	WalletID string
	Payable  decimal.Decimal // the greatest total that can be paid out; zero: nothing can
	Cash     decimal.Decimal // that the payout leaves: see [LeaveRequest].ForfeitCash
	Points   decimal.Decimal // that are left: see [LeaveRequest].ForfeitPoints; zero if they are forfeited
	Reason   error           // why the fee schedule admits no payout of Cash, [ErrOutsideLimits] or [ErrFeeExceeds]; nil where it is finer than the schedule's scale, or another withdrawal can pay it out
}

// Error says what would be left, and why it cannot be paid out where the fee schedule does not admit it.
func (e *LeftoverError) Error() string {
	text := fmt.Sprintf("%v: can pay out %s, and leaves %s", ports.ErrNotEmpty, e.Payable, e.Cash)
	if e.Points.IsPositive() {
		text += fmt.Sprintf(" and %s points", e.Points)
	}
	if e.Reason != nil {
		text += ": " + e.Reason.Error()
	}
	return text
}

// Is reports whether target is [ports.ErrNotEmpty].
func (e *LeftoverError) Is(target error) bool { return target == ports.ErrNotEmpty }

// LeaveRequest asks for a wallet to be wound up: its cash is paid out, and it is closed.
type LeaveRequest struct {
	WalletID  string
	Key       string // the caller's idempotency key, unique per wallet
	Disburser string // the name of one of the service's routes
	ports.By         // who asks, and why; required. The record keeps both, and so do the entries that close the wallet

	// ForfeitPoints forfeits the points that are left when the wallet is closed. Without it a wallet
	// with points is not wound up.
	ForfeitPoints bool
	// ForfeitCash is how much cash may be forfeited: what the route cannot pay out, because it is
	// finer than the scale of the fee schedule or outside its limits. It is in whole units of the
	// wallet's currency. Cash that can be paid out is never forfeited. Zero, the default, forfeits
	// nothing: then the Cash of the [LeftoverError] is what to show to the owner, and to pass here once
	// the owner agrees.
	ForfeitCash decimal.Decimal

	AgreedFee     decimal.NullDecimal // as in [Request]
	Destination   *Account            // as in [Request]
	DespiteFreeze *ports.By           // as in [Request]; where there is nothing to pay out, the entry that closes the wallet keeps this person
	ledger.Note                       // its Memo must be blank: Why takes its place
}

// Departure is how far a wallet has come that is wound up.
type Departure struct {
	Withdrawal *ports.Withdrawal // pays the cash out; nil: there was nothing to pay out
	Closed     bool              // the wallet is closed
	Stays      string            // why the wallet is still open although the withdrawal has ended; else blank
}

// errNothing and errPayable say which of the two ways a wallet cannot go on the state that it has:
// nothing can be paid out of it, or something can.
var (
	errNothing = errors.New("nothing can be paid out")
	errPayable = errors.New("something can be paid out")
)

// Leave winds a wallet up. It takes all cash that can be paid out in one withdrawal, as
// [Request].All does, under the rules of the route: fee, limits and approvals. In the unit that
// completes the withdrawal, what cannot be paid out and the points are forfeited, as far as the
// request allows it, and the wallet is closed. Until then nothing is forfeited, and the withdrawal can
// be canceled. A wallet with nothing to pay out is closed at once, in one unit.
//
// Leave is repeated with the same key until Closed: a call never pays twice, returns how far the
// wallet has come, and closes the wallet whose withdrawal is completed and which something kept open.
// A withdrawal that was given back has ended the attempt: another key begins another one.
//
// Leave has no preview. Never call it to see whether it is refused: a call that is not refused pays
// out. [Service.Preview] of a [Request] with All and CloseWhenEmpty tells the total, the fee and
// the net, and its Wallet what would be left; it does not foresee a refusal of Leave, nor Stays.
//
// Refusals change nothing. What has not ended in the wallet, debts included, or is disputed, is a
// [ports.OpenOperationsError]; what would be left and is not forfeited a [LeftoverError]. A frozen wallet is [ports.ErrFrozen] without
// DespiteFreeze. A wallet whose auto-recharge is active is [ErrTripsRecharge], for the wallet would be
// charged once more: disable or delete the policy first. The errors of [Service.Request] apply too;
// where the Departure has a Withdrawal, that was taken in spite of the error.
func (s *Service) Leave(ctx context.Context, request LeaveRequest) (Departure, error) {
	departure, err := s.leave(ctx, &request)
	if errors.Is(err, ports.ErrOpenOperations) {
		err = s.nameOpen(ctx, request.WalletID, err)
	}
	if err != nil {
		return departure, record.About("wind up", "wallet", request.WalletID, err)
	}
	return departure, nil
}

func (s *Service) leave(ctx context.Context, request *LeaveRequest) (Departure, error) {
	if err := request.check(); err != nil {
		return Departure{}, err
	}
	asked := request.request()
	for range record.ConflictsMax {
		entry, err := s.ledger.EntryByKey(ctx, request.WalletID, request.Key)
		known := err == nil
		if known && entry.Type == ports.EntryClose {
			return s.closeAtOnce(ctx, asked)
		}
		departure, err := s.payAll(ctx, asked)
		if errors.Is(err, errNothing) {
			departure, err = s.closeAtOnce(ctx, asked)
		}
		if !errors.Is(err, errPayable) && (known || !errors.Is(err, ports.ErrKeyReused)) { // else another caller was faster
			return departure, err
		}
	}
	return Departure{}, fmt.Errorf("others change it all the time: %w", ports.ErrConflict)
}

// check refuses what no wallet can be asked for, and writes ForfeitCash in one form.
func (r *LeaveRequest) check() error {
	cash, err := ports.CheckSigned("ForfeitCash", r.ForfeitCash, ports.MaxScale)
	r.ForfeitCash, err = cash, ports.Join(ports.CheckBy(r.By), err)
	if cash.IsNegative() {
		err = ports.Join(err, ports.Invalid("ForfeitCash", "is negative"))
	}
	if r.Memo != "" {
		err = ports.Join(err, ports.Invalid("Memo", "must be blank where Why is given"))
	}
	return err
}

// request is the withdrawal that winds the wallet up.
func (r *LeaveRequest) request() *Request {
	note := r.Note
	note.Memo = r.Why
	return &Request{
		WalletID: r.WalletID, Key: r.Key, Disburser: r.Disburser, Who: r.Who, All: true, CloseWhenEmpty: true,
		DespiteFreeze: r.DespiteFreeze, AgreedFee: r.AgreedFee, Destination: r.Destination, Note: note, leaving: r,
	}
}

// payAll takes all that can be paid out, or goes on with what was taken before. It returns errNothing
// if nothing can be paid out.
func (s *Service) payAll(ctx context.Context, request *Request) (Departure, error) {
	op, replayed, err := s.open(ctx, request)
	switch {
	case err != nil:
		return Departure{}, err
	case replayed:
		return s.goOn(ctx, op)
	}
	op, err = s.begin(ctx, op)
	return departure(op), err
}

// closeAtOnce closes a wallet out of which nothing can be paid. It returns errPayable if something
// can.
func (s *Service) closeAtOnce(ctx context.Context, request *Request) (Departure, error) {
	drafted, _, err := s.draft(ctx, request)
	if err != nil {
		return Departure{}, err
	}
	leaving := request.leaving
	by := leaving.By
	if leaving.DespiteFreeze != nil {
		by = *leaving.DespiteFreeze
	}
	booking := books.Booking{
		WalletID: drafted.WalletID, Key: drafted.Key, Type: ports.EntryClose, Content: drafted.Content, Note: drafted.Note,
		Closing: &books.Closing{
			By: by, Points: leaving.ForfeitPoints, Cash: leaving.ForfeitCash, DespiteFreeze: leaving.DespiteFreeze != nil,
		},
	}
	booking.Memo = by.Why
	if _, err = s.ledger.Replay(ctx, booking); errors.Is(err, ports.ErrNotFound) {
		err = s.bookClose(ctx, request, booking)
	}
	return Departure{Closed: err == nil}, err
}

// bookClose books the close of a wallet out of which nothing can be paid.
func (s *Service) bookClose(ctx context.Context, request *Request, booking books.Booking) error {
	route := s.routes[request.Disburser]
	if route == nil {
		return s.unknown()
	}
	if err := s.undisputed(ctx, request.WalletID); err != nil {
		return err
	}
	trips, err := s.guard(ctx, request)
	if err != nil {
		return err
	}
	booking.Check = func(w *ports.Wallet) error {
		booking.Closing.Cash = w.Balance // which empties admits
		if trips(w.AvailableBalance()) {
			return ErrTripsRecharge
		}
		return request.leaving.empties(&route.Schedule, w)
	}
	_, err = s.ledger.Book(ctx, booking)
	return err
}

// plan quotes what a wallet pays out when it is wound up, and notes in the record what that leaves.
func (r *LeaveRequest) plan(schedule *FeeSchedule, op *ports.Withdrawal, w *ports.Wallet) (Quote, error) {
	if w.OpenOperations > 0 {
		return Quote{}, ports.ErrOpenOperations
	}
	quote, err := schedule.QuoteAll(w.Balance)
	if err != nil {
		return Quote{}, errNothing
	}
	op.Leaving.ForfeitCash = w.Balance.Sub(quote.Total)
	return quote, r.leaves(schedule, w, quote.Total)
}

// empties refuses to close a wallet out of which something can be paid, or in which something is left
// that is not forfeited.
func (r *LeaveRequest) empties(schedule *FeeSchedule, w *ports.Wallet) error {
	if w.OpenOperations > 0 {
		return ports.ErrOpenOperations
	}
	if _, err := schedule.QuoteAll(w.Balance); err == nil {
		return errPayable
	}
	return r.leaves(schedule, w, decimal.Decimal{})
}

// leaves returns a [LeftoverError] if a payout of a total leaves what is not forfeited, or what could
// be paid out by another one.
func (r *LeaveRequest) leaves(schedule *FeeSchedule, w *ports.Wallet, total decimal.Decimal) error {
	left := LeftoverError{WalletID: w.ID, Payable: total, Cash: w.Balance.Sub(total)}
	if !r.ForfeitPoints {
		left.Points = w.Point
	}
	_, reason := schedule.QuoteAll(left.Cash)
	if errors.Is(reason, ErrOutsideLimits) || errors.Is(reason, ErrFeeExceeds) {
		left.Reason = reason
	}
	if reason == nil || left.Cash.GreaterThan(r.ForfeitCash) || left.Points.IsPositive() {
		return &left
	}
	return nil
}

// goOn returns how far a wallet has come that is wound up, and closes it where only that is left.
func (s *Service) goOn(ctx context.Context, op *ports.Withdrawal) (Departure, error) {
	if op.Leaving == nil || op.Leaving.ClosedSeq != 0 || op.Status != ports.WithdrawalCompleted {
		return departure(op), nil
	}
	trips, err := s.guard(ctx, &Request{WalletID: op.WalletID})
	if err == nil {
		err = s.undisputed(ctx, op.WalletID)
	}
	if errors.Is(err, ports.ErrOpenOperations) {
		return Departure{Withdrawal: op, Stays: staysDisputed}, nil
	}
	if err != nil {
		return departure(op), err
	}
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryClose, OperationID: next.ID, Closing: closing(next), Operations: []ports.Operation{next},
		Check: func(w *ports.Wallet) error {
			if trips(w.AvailableBalance()) {
				return ErrTripsRecharge
			}
			return nil
		},
		Fill: func(e *ports.Entry) { next.Leaving.ClosedSeq, next.Leaving.Stays = e.Seq, "" },
		Note: books.Note{Reference: next.Reference, Memo: next.Leaving.Why},
	})
	switch {
	case err == nil:
		return departure(next), nil
	case errors.Is(err, ports.ErrClosed): // in another way
		return Departure{Withdrawal: op, Closed: true}, nil
	}
	for _, stays := range []error{ports.ErrOpenOperations, ports.ErrNotEmpty, ports.ErrFrozen} {
		if errors.Is(err, stays) {
			return Departure{Withdrawal: op, Stays: stays.Error()}, nil
		}
	}
	return departure(op), err
}

// staysDisputed says why a wallet stays open of which an operation is disputed.
const staysDisputed = "an operation is disputed"

// closes has the booking that completes a withdrawal close the wallet, where the withdrawal says so and no
// operation of the wallet is disputed.
func (s *Service) closes(ctx context.Context, next *ports.Withdrawal, booking *books.Booking) error {
	if next.Leaving == nil {
		return nil
	}
	err := s.undisputed(ctx, next.WalletID)
	if errors.Is(err, ports.ErrOpenOperations) {
		next.Leaving.Stays = staysDisputed
		return nil
	}
	booking.Closing = closing(next)
	return err
}

// departure is how far a withdrawal has brought its wallet.
func departure(op *ports.Withdrawal) Departure {
	d := Departure{Withdrawal: op}
	if op.Leaving != nil && !op.Open {
		d.Closed, d.Stays = op.Leaving.ClosedSeq != 0, op.Leaving.Stays
	}
	return d
}

// leave is what the record keeps of a request that closes the wallet; nil: it does not.
func (r *Request) leave() *ports.Leaving {
	switch {
	case r.leaving != nil:
		return &ports.Leaving{Why: r.leaving.Why, ForfeitPoints: r.leaving.ForfeitPoints}
	case r.CloseWhenEmpty:
		return &ports.Leaving{Why: "to be closed when empty"}
	}
	return nil
}

// closing is how the wallet of a withdrawal is closed; nil: it is not.
func closing(next *ports.Withdrawal) *books.Closing {
	l := next.Leaving
	if l == nil {
		return nil
	}
	return &books.Closing{
		By: ports.By{Who: next.RequestedBy, Why: l.Why}, Points: l.ForfeitPoints, Cash: l.ForfeitCash, DespiteFreeze: paysFrozen(next),
		Done: func(seq int64, stays error) {
			if l.ClosedSeq, l.Stays = seq, ""; stays != nil {
				l.Stays = stays.Error()
			}
		},
	}
}

// nameOpen names what has not ended in a wallet. err is what is known without looking, and is
// returned where nothing can be read.
func (s *Service) nameOpen(ctx context.Context, walletID string, err error) error {
	if named := new(ports.OpenOperationsError); errors.As(err, &named) {
		return named
	}
	open, errRead := s.openOf(ctx, ports.OperationFilter{WalletID: walletID, Open: true})
	if errRead != nil {
		return err
	}
	return &ports.OpenOperationsError{WalletID: walletID, Open: open}
}

// undisputed refuses to close a wallet of which an operation is disputed: what a person decides about it
// could not be booked any more.
func (s *Service) undisputed(ctx context.Context, walletID string) error {
	open, err := s.openOf(ctx, ports.OperationFilter{WalletID: walletID, Statuses: ports.Statuses(ports.WithdrawalDisputed)})
	if err != nil || len(open) == 0 {
		return err
	}
	return &ports.OpenOperationsError{WalletID: walletID, Open: open}
}

// openOf names operations that the filter selects, but for the policy, which is open as long as it lives.
func (s *Service) openOf(ctx context.Context, filter ports.OperationFilter) (open []ports.OpenOperation, err error) {
	filter.Limit = ports.MaxOpenNamed + 1
	found, err := s.store.FindOperations(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("find what is open: %w", err)
	}
	for _, op := range found {
		if head := op.Head(); head.Kind != ports.KindPolicy && len(open) < ports.MaxOpenNamed {
			open = append(open, ports.OpenOperation{Kind: head.Kind, ID: head.ID, Status: op.StatusText()})
		}
	}
	return open, nil
}

// sameDespite reports whether a request lets the same person decide about a frozen wallet, for the same
// reason, as the withdrawal that was taken.
func sameDespite(by *ports.By, op *ports.Withdrawal) bool {
	if len(op.Decisions) == 0 || op.Decisions[0].What != ports.DecisionPayFrozen || !op.Decisions[0].At.Equal(op.CreatedAt) {
		return by == nil
	}
	return by != nil && *by == ports.By{Who: op.Decisions[0].Who, Why: op.Decisions[0].Why}
}
