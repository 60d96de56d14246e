package recharge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// ErrNoAwait is returned by Begin if the Charger does not implement [ports.Awaiter].
var ErrNoAwait = errors.New("the charger is for Recharge: Begin is for payment windows and bank transfers")

// BeginRequest asks for a recharge that the customer pays.
type BeginRequest struct {
	WalletID string
	Key      string          // the caller's idempotency key, unique per wallet; [ports.AutoRechargeKeys] is reserved
	Charger  string          // the name of one of the service's Chargers that is a [ports.Awaiter]
	Amount   decimal.Decimal // in whole units of the wallet's currency
	Bonus    *Bonus          // points that are granted with the credit; nil: none

	// Fields are what the Charger wants to know of the customer, by the names that it documents.
	Fields map[string]string
	// Deadline is until when the customer may pay. Defaults to the time that the Charger says,
	// and must not be later.
	Deadline time.Time
	ledger.Note
}

// Begin writes down a recharge that the customer pays: in a window of the provider or by bank
// transfer. A virtual account that the provider issues is a [Service.Recharge], which awaits the
// customer then. Begin returns the recharge in status awaiting: Shown is what the
// customer is shown, or what the window is opened with. Nothing is sent, no
// lane is taken, and auto-recharge does not count the money.
//
// [Service.Confirm] sends it after a window; [Service.InquireNow], the worker or a person's
// [Service.Approve] find that it was paid. At its Deadline the worker asks once more, and ends it
// as expired; what is paid later is credited all the same.
//
// The same key returns the same recharge, at any stage. Errors are [ErrNoAwait], [ports.ErrInvalid]
// also for what the Charger does not take, and those of [Service.Recharge] but for
// [InProgressError]. An error without a recharge means that nothing was written, or that the fate
// is not known ([ports.ErrUndecided]; the key tells).
func (s *Service) Begin(ctx context.Context, request BeginRequest) (*ports.Recharge, error) {
	op, replayed, err := s.begin(ctx, &request)
	if err != nil {
		return nil, record.About("begin recharge of", "wallet", request.WalletID, err)
	}
	if !replayed {
		s.tell(ctx, op)
	}
	return op, nil
}

func (s *Service) begin(ctx context.Context, request *BeginRequest) (op *ports.Recharge, replayed bool, err error) {
	op, booking, err := s.draftAwaiting(ctx, request)
	if err != nil {
		return nil, false, err
	}
	entry, err := s.ledger.Replay(ctx, booking)
	if !errors.Is(err, ports.ErrNotFound) {
		return s.begun(ctx, request, entry, err)
	}
	if err := ports.Join(checkFresh(op), s.await(op, request)); err != nil {
		return nil, false, err
	}
	booking.Operations = []ports.Operation{op}
	announces(&booking, op)
	receipt, err := s.ledger.Book(ctx, booking)
	_ = s.charges.Note(ctx, op, err)
	if err != nil || receipt.Replayed {
		return s.begun(ctx, request, receipt.Entry, err)
	}
	return op, false, nil
}

// begun returns the recharge that was begun before under the same key, or
// [ports.ErrKeyReused] with what differs.
func (s *Service) begun(ctx context.Context, request *BeginRequest, entry ports.Entry, err error) (*ports.Recharge, bool, error) {
	if errors.Is(err, ports.ErrKeyReused) {
		former := order.Former[*ports.Recharge]{Entry: s.ledger.EntryByKey, Get: s.Get}
		return nil, false, former.Reused(ctx, request.WalletID, request.Key, ports.EntryRechargeOpen, err, func(op *ports.Recharge, entry *ports.Entry, reused *ports.KeyReusedError) {
			reused.Compare("Charger", request.Charger == op.Charger)
			reused.Compare("Amount", request.Amount.Equal(op.Amount))
			reused.Compare("Bonus", request.Bonus.is(op.Bonus))
			books.CompareNote((*books.Note)(&request.Note), entry, reused)
			if len(reused.Fields) == 0 {
				reused.Compare("Fields or Deadline", false)
			}
		})
	}
	if err != nil {
		return nil, false, err
	}
	op, err := s.Get(ctx, entry.OperationID)
	return op, true, err
}

// draftAwaiting is the record of a request, and how it is booked. What the Charger says of it is
// not in it yet.
func (s *Service) draftAwaiting(ctx context.Context, request *BeginRequest) (*ports.Recharge, books.Booking, error) {
	err := ports.Join(
		ports.CheckID("Charger", request.Charger), ports.CheckID("Key", request.Key), checkKey(request.Key),
		ports.CheckMetadata("Fields", request.Fields), ports.CheckTime("Deadline", request.Deadline),
	)
	if err != nil {
		return nil, books.Booking{}, err
	}
	wallet, amount, err := s.fits(ctx, request.WalletID, request.Amount)
	if err != nil {
		return nil, books.Booking{}, err
	}
	bonus, err := request.Bonus.record(wallet.Scale)
	if err != nil {
		return nil, books.Booking{}, err
	}
	now := s.now()
	op := &ports.Recharge{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindRecharge, WalletID: wallet.ID, Version: 1,
			Open: true, Provider: request.Charger, Reference: request.Reference, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.RechargeAwaiting,
		Charger: request.Charger, Amount: amount, Currency: wallet.Currency, Key: request.Key, Bonus: bonus,
	}
	content := []string{"\x00awaiting", request.Charger, amount.String()} // no Charger has such a name
	if !request.Deadline.IsZero() {
		content = append(content, fmt.Sprint(ports.Instant(request.Deadline).UnixMicro()))
	}
	for _, field := range slices.Sorted(maps.Keys(request.Fields)) {
		content = append(content, fmt.Sprintf("%q", field), fmt.Sprintf("%q", request.Fields[field]))
	}
	return op, books.Booking{
		WalletID: wallet.ID, Key: request.Key, Type: ports.EntryRechargeOpen, OperationID: op.ID, Opened: 1,
		Content: strings.Join(content, "\n") + request.Bonus.content(), Note: books.Note(request.Note),
	}, nil
}

// await has the Charger say how the customer pays.
func (s *Service) await(op *ports.Recharge, request *BeginRequest) error {
	charger := s.chargers[request.Charger]
	if charger == nil {
		return record.UnknownName("Charger", s.Chargers())
	}
	awaiter, can := ports.As[ports.Awaiter](charger)
	if !can {
		return fmt.Errorf("%s: %w", request.Charger, ErrNoAwait)
	}
	var await ports.Await
	var refusal error
	if err := call.Contain(func() { await, refusal = awaiter.Await(chargeOrder(op), maps.Clone(request.Fields)) }); err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	until := ports.Instant(await.Until)
	if err := checkAwait(await); err != nil {
		return fmt.Errorf("%s answered what no record can hold: %w", request.Charger, err)
	}
	if !request.Deadline.IsZero() {
		if deadline := ports.Instant(request.Deadline); deadline.After(until) {
			return ports.Invalid("Deadline", "is later than %s allows: %s", request.Charger, until.Format(time.RFC3339))
		}
		until = ports.Instant(request.Deadline)
	}
	if !until.After(op.CreatedAt) {
		return ports.Invalid("Deadline", "is not in the future")
	}
	op.Deadline, op.DueAt, op.Shown, op.Awaited = until, until, maps.Clone(await.Shown), true
	return nil
}

// checkAwait returns [ports.ErrInvalid] for what no record can hold.
func checkAwait(await ports.Await) error {
	err := ports.Join(ports.CheckTime("Until", await.Until), ports.CheckMetadata("Shown", await.Shown))
	if await.Until.IsZero() {
		err = ports.Join(err, ports.Invalid("Until", "is zero"))
	}
	return err
}

// awaits returns the status of a recharge whose provider has answered pending: awaiting, where
// the customer is to pay. Then the recharge is in no lane.
func awaits(next *ports.Recharge) order.Status {
	if await := next.Answer.Await; await != nil {
		next.Deadline, next.Shown, next.Awaited, next.Answer.Await = await.Until, await.Shown, true, nil
	}
	if !next.Awaited {
		return order.Pending
	}
	next.Lane = ""
	return order.Awaiting
}

// neverSent reports whether the customer of a recharge was to pay, and nothing was sent. The
// customer may have paid all the same.
func neverSent(op *ports.Recharge) bool { return op.Transmissions == 0 && !op.Deadline.IsZero() }

// unconfirmed is what an inquiry says about a recharge that its customer is to pay. The core sends
// no such order by itself. Where nothing was sent, no trace means that the customer has not paid yet.
func unconfirmed(op *ports.Recharge, answer ports.ChargeAnswer) ports.ChargeAnswer {
	if op.Awaited || neverSent(op) {
		answer.Resend = false
	}
	if neverSent(op) {
		answer.Await = nil // of an order that is not there
		if answer.Outcome == ports.OutcomeNotSent {
			answer.Outcome = ports.OutcomePending
		}
		if answer.Outcome == ports.OutcomePending && op.Status == ports.RechargeAwaiting {
			answer.ProviderRef = "" // a payment is named by what it is confirmed with, or by its approval
		}
	}
	return answer
}

// followAwaiting asks about a recharge that awaits its customer, and ends it as expired when the
// Deadline has passed. One that was sent is not ended while questions fail: it goes to review in
// the end.
func (s *Service) followAwaiting(ctx context.Context, op *ports.Recharge, to *order.Provider[*ports.Recharge, ports.ChargeAnswer]) (*ports.Recharge, error) {
	if to == nil {
		return follow(ctx, s.charges, op, 1, nil)
	}
	var pending atomic.Bool // the record keeps what it learnt before where a question fails
	inquire := to.Inquire
	to.Inquire = func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
		answer := inquire(ctx, op)
		if neverSent(op) && answer.Outcome == ports.OutcomeUnknown && !s.now().Before(op.Deadline.Add(s.config.ReviewAfter)) {
			answer.Outcome = ports.OutcomePending // a payment is credited later as well
		}
		pending.Store(answer.Outcome == ports.OutcomePending)
		return answer
	}
	op, err := s.charges.Inquire(ctx, op, to)
	if err != nil || op.Status != ports.RechargeAwaiting || !pending.Load() || s.now().Before(op.Deadline) {
		return op, err
	}
	return s.expire(ctx, op)
}

// expire ends a recharge whose customer has not paid.
func (s *Service) expire(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	concluded := announced(next)
	order.Finish(&next.OperationHead)
	dueIfNoticed(next)
	next.Status, next.Why = ports.RechargeExpired, "the customer did not pay by the deadline"
	_, err := s.ledger.Book(ctx, books.Booking{
		WalletID: next.WalletID, Type: ports.EntryRechargeEnd, OperationID: next.ID, Opened: -1, Concluded: concluded,
		Operations: []ports.Operation{next}, Note: books.Note{Reference: next.Reference, Memo: next.StatusText()},
	})
	if errors.Is(err, ports.ErrConflict) {
		return s.Get(ctx, op.ID) // it was paid, or decided, at the same moment
	}
	if err := s.charges.Note(ctx, next, err); err != nil {
		return op, err
	}
	s.tell(ctx, next)
	return next, nil
}

// errUndecided is why a late payment is not credited without a person.
var errUndecided = errors.New("the provider named another payment, or an amount that no record can hold")

// revive credits a recharge that was paid after it had expired. next has what the provider said. It
// returns a refusal, and writes nothing, for what a person must decide: a payment that another
// recharge has, a second payment, an amount that cannot be booked.
func (s *Service) revive(ctx context.Context, next *ports.Recharge) (refusal, err error) {
	if next.Unread || len(next.Others) > 0 {
		return errUndecided, nil
	}
	credited := order.Clone(next)
	credited.Version++
	credited.UpdatedAt = s.now()
	err = s.chargeApproved(ctx, credited)
	switch {
	case err == nil:
		*next = *credited
		s.tell(ctx, next)
		return nil, nil
	case s.charges.Unbookable(err):
		return err, nil
	}
	return nil, s.charges.Note(ctx, credited, err)
}
