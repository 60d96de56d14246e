package recharge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// InquireNow asks the provider now, out of turn, what became of the recharge that a notice names,
// and applies the answer as any inquiry's is. A notification of the provider, a customer who
// returns from a payment window, or a person who looks may be the reason. A notice moves no money
// by itself, and may come any number of times.
//
// While the order is being sent, or another process asks about it, InquireNow waits, for as long as
// ctx allows and at most for two leases ([ports.ErrConflict]). While a cancellation of the
// recharge is open, it asks about the cancellation. A recharge that has ended is asked about as
// well: an answer that contradicts its end disputes it, and one that was paid after it had expired
// is credited. A recharge that no Charger was asked for is returned as it is.
//
// A notice that matches no recharge is [ports.ErrNotFound], and is logged at level Warn. A
// notice about a Charger that is not one of the service's is [ports.ErrInvalid].
func (s *Service) InquireNow(ctx context.Context, notice ports.Notice) (*ports.Recharge, error) {
	op, err := s.inquireNow(ctx, notice)
	for pause := lookFirst; errors.Is(err, errChanged) && pause < lookMost && sleep(ctx, pause); pause *= 2 {
		op, err = s.inquireNow(ctx, notice)
	}
	if err != nil {
		subject, id := "recharge", notice.OperationID
		if id == "" {
			subject, id = "payment", notice.ProviderRef
		}
		return nil, record.About("inquire about", subject, id, err)
	}
	return op, nil
}

func (s *Service) inquireNow(ctx context.Context, notice ports.Notice) (*ports.Recharge, error) {
	if err := notice.Check(); err != nil {
		return nil, err
	}
	if s.chargers[notice.Provider] == nil {
		return nil, record.UnknownName("Provider", s.Chargers())
	}
	op, err := s.noticed(ctx, notice)
	if errors.Is(err, ports.ErrNotFound) {
		s.config.Logger.WarnContext(ctx, "notice about a recharge that is not there", "charger", notice.Provider, "id", notice.OperationID, "provider_ref", notice.ProviderRef)
	}
	if err != nil || byHand(op) {
		return op, err
	}
	if op.CancelID != "" {
		open, err := s.inquireCancelNow(ctx, op)
		switch {
		case err != nil:
			return op, err
		case open:
			return s.remember(ctx, op, canceling) // an answer about the charge could not be told from the cancellation's effect
		}
	}
	cancel := op.CancelID
	op, err = claimNow(ctx, s, op, s.Get)
	switch {
	case err != nil:
		return nil, err
	case op.CancelID != cancel: // it began meanwhile
		return nil, errChanged
	case op.Open:
		return s.inquireOpen(ctx, op)
	case neverAsked(op):
		return op, nil
	}
	return s.inquireEnded(ctx, op, noticed)
}

var errChanged = fmt.Errorf("%w: the recharge changed while the provider was asked", ports.ErrConflict)

// inquireOpen asks about a recharge that is open. Where the question failed, the record keeps that a
// notice came: it may end without an answer, by a person say. What is answered ends the notice. Where the
// recharge ended while the provider was asked, an answer that something was taken back is about the record
// of before: it is dropped, and the error is errChanged.
func (s *Service) inquireOpen(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	var answered, changed bool
	to := s.hearing(op.Charger, func(answer *ports.ChargeAnswer, came bool) {
		answered = came && !answer.Failed
		if !answered || answer.Outcome != ports.OutcomeDeclined && !answer.Contradicts {
			return
		}
		if current, err := s.look(ctx, op.ID); err != nil || !current.Open {
			answered, changed = false, err == nil
			*answer = ports.ChargeAnswer{}
		}
	})
	asked, err := s.followChargeBy(ctx, op, to)
	switch {
	case err != nil, neverAsked(op):
		return asked, err
	case changed:
		return nil, errChanged
	case !answered:
		return s.remember(ctx, asked, noticed)
	case asked.NoticedAt.IsZero(), asked.NoticeID != op.NoticeID: // a notice that came after the question is not answered
		return asked, nil
	}
	due := asked.DueAt
	if !asked.Open {
		due = time.Time{}
	}
	return s.forget(ctx, op, asked, due)
}

// look reads a recharge while its provider is asked, for a lease at most: also when the caller has left.
func (s *Service) look(ctx context.Context, id string) (*ports.Recharge, error) {
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.charges.Lease())
	defer cancel()
	return s.Get(looking, id)
}

// neverAsked reports whether no Charger can know of a recharge: its process died before it sent anything.
func neverAsked(op *ports.Recharge) bool { return op.Transmissions == 0 && !neverSent(op) }

// forget ends the notice about a recharge, of which op is the version that the provider was asked about.
// A notice that came since is not answered: its time begins. Where others write the record at the same
// moment the notice stays, and the recharge is asked about once more.
func (s *Service) forget(ctx context.Context, op, answered *ports.Recharge, due time.Time) (*ports.Recharge, error) {
	next, err := s.keepNoticed(ctx, answered, time.Time{}, due)
	if !errors.Is(err, ports.ErrConflict) {
		return next, err
	}
	current, err := s.Get(ctx, op.ID)
	if err != nil || current.Open || current.NoticedAt.IsZero() || current.NoticeID == op.NoticeID {
		return answered, err
	}
	return s.restart(ctx, current)
}

// restart begins the time anew in which the provider is to be heard about a notice.
func (s *Service) restart(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	next, err := s.keepNoticed(ctx, op, s.now(), s.now().Add(s.config.InquireAfter))
	if errors.Is(err, ports.ErrConflict) {
		return op, nil
	}
	return next, err
}

// hearing is the Charger of a name, whose answers to questions are heard. It is nil where the service has none.
func (s *Service) hearing(charger string, hear func(answer *ports.ChargeAnswer, came bool)) *order.Provider[*ports.Recharge, ports.ChargeAnswer] {
	to := s.charging(charger)
	if to != nil {
		to.Heard = hear
	}
	return to
}

// inquireEnded asks about a recharge that has ended. An answer is compared with the records that it is
// about: where one of them changed while the provider was asked, a cancellation began say, the answer
// is dropped, and the error is errChanged. Where the question failed, the worker asks again.
func (s *Service) inquireEnded(ctx context.Context, op *ports.Recharge, why remembering) (*ports.Recharge, error) {
	holder, err := s.holder(ctx, op)
	if err != nil {
		return op, err
	}
	if holder != nil {
		canceling, err := s.canceled(ctx, holder)
		switch {
		case err != nil:
			return op, err
		case canceling: // an answer about the payment could not be told from the cancellation's effect
			return s.remember(ctx, op, why)
		}
	}
	var answered, changed bool
	to := s.hearing(op.Charger, func(answer *ports.ChargeAnswer, came bool) {
		if !came {
			return
		}
		same, err := s.stillSame(ctx, op, holder)
		switch {
		case err != nil: // what the answer is about is not known
			*answer = ports.ChargeAnswer{}
		case !same:
			changed = true
			*answer = ports.ChargeAnswer{}
		default:
			answered = !answer.Failed
		}
	})
	if holder != nil {
		to.Inquire = func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
			asked := chargeOrder(op)
			asked.GivenBack = paymentBack(op, holder)
			return unconfirmed(op, s.chargers[op.Charger].Inquire(ctx, asked))
		}
	}
	ended, err := s.charges.Inquire(ctx, op, to)
	switch {
	case err != nil:
		return ended, err
	case changed:
		return nil, errChanged
	case !answered:
		return s.remember(ctx, ended, why)
	case ended.NoticedAt.IsZero():
		return ended, nil
	case ended.NoticeID != op.NoticeID: // a notice that came after the question is not answered
		return s.restart(ctx, ended)
	}
	return s.forget(ctx, op, ended, time.Time{})
}

// paymentBack is what was given back of the payment of op, as our records say: all that is not in the credit
// of its holder.
func paymentBack(op, holder *ports.Recharge) decimal.Decimal {
	if holder.ReverseSeq != 0 {
		return chargedOf(op)
	}
	return decimal.Max(decimal.Zero, chargedOf(op).Sub(holder.Left()))
}

// canceled reports whether a cancellation of a recharge is open.
func (s *Service) canceled(ctx context.Context, op *ports.Recharge) (bool, error) {
	if op.CancelID == "" {
		return false, nil
	}
	cancel, err := s.Cancellation(ctx, op.CancelID)
	return err == nil && cancel.Open, err
}

// stillSame reports whether the recharge, and the holder of its payment if it has one, are as they were when
// the provider was asked.
func (s *Service) stillSame(ctx context.Context, op, holder *ports.Recharge) (bool, error) {
	for _, was := range []*ports.Recharge{op, holder} {
		if was == nil {
			continue
		}
		if current, err := s.look(ctx, was.ID); err != nil || !sameBut(current, was) {
			return false, err
		}
	}
	return true, nil
}

// sameBut reports whether two versions of a recharge differ in nothing but what a notice, or a worker,
// writes.
func sameBut(one, other *ports.Recharge) bool {
	next := order.Clone(one)
	next.Version, next.UpdatedAt, next.DueAt = other.Version, other.UpdatedAt, other.DueAt
	next.NoticedAt, next.NoticeID, next.Inquiries = other.NoticedAt, other.NoticeID, other.Inquiries
	a, errA := ports.EncodeOperation(next)
	b, errB := ports.EncodeOperation(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// remembering is why a notice is kept.
type remembering int

const (
	noticed   remembering = iota // it came, and its question failed
	asked                        // the worker asked because of it, and the question failed again
	canceling                    // a cancellation of the recharge is open
)

// remember has the worker ask about a recharge because of a notice that the provider was not heard
// about. The longer ago it came, the longer the pauses are. While a cancellation of the recharge
// is open, its end makes the recharge due; an open recharge is asked about anyway. A notice about a
// recharge that waits for the worker already gets an id as well: the answer to a question that is under
// way does not end it. While a cancellation is open the first notice is enough. The error is errChanged where the record changed and a cancellation was open
// before: it may have ended.
func (s *Service) remember(ctx context.Context, op *ports.Recharge, why remembering) (*ports.Recharge, error) {
	for range record.ConflictsMax {
		now, since, due := s.now(), op.NoticedAt, op.DueAt
		waits := !since.IsZero() && due.After(now)
		if why == asked && op.Open {
			return op, nil
		}
		if why == canceling && waits {
			cancel, err := s.Cancellation(ctx, op.CancelID)
			if err != nil || !since.Before(cancel.CreatedAt) { // what is asked later is asked after the notice
				return op, err
			}
		}
		if since.IsZero() || why == canceling {
			since = now
		}
		switch {
		case op.Open, waits && why != asked:
		case why == canceling:
			due = now.Add(s.config.ReviewAfter) // a process of an earlier version may end it
		default:
			due = now.Add(min(max(now.Sub(since), s.config.InquireAfter), inquireMax))
		}
		next := order.Clone(op)
		if why != asked {
			next.NoticeID = s.config.IDs.NewID()
		}
		next, err := s.keepNoticed(ctx, next, since, due)
		if !errors.Is(err, ports.ErrConflict) {
			return next, err
		}
		if why == canceling {
			return nil, errChanged
		}
		if op, err = s.Get(ctx, op.ID); err != nil {
			return nil, err
		}
	}
	return op, fmt.Errorf("%w: other processes change the record all the time", ports.ErrConflict)
}

func (s *Service) keepNoticed(ctx context.Context, op *ports.Recharge, since, due time.Time) (*ports.Recharge, error) {
	next := order.Clone(op)
	next.Version++
	next.UpdatedAt = s.now()
	next.NoticedAt, next.DueAt = since, due
	if err := record.Commit(ctx, s.store, next); err != nil {
		return op, err
	}
	return next, nil
}

// dueIfNoticed has the worker ask at once about a recharge that has ended, or whose cancellation has, and
// of which a notice came before that could not be followed.
func dueIfNoticed(op *ports.Recharge) {
	if !op.NoticedAt.IsZero() {
		op.NoticedAt, op.DueAt = op.UpdatedAt, op.UpdatedAt
	}
}

// followNoticed asks about a recharge that has ended and that a notice was about. When the provider
// has not been heard for Config.ReviewAfter, or no process has the Charger, a person decides.
func (s *Service) followNoticed(ctx context.Context, op *ports.Recharge) (*ports.Recharge, error) {
	if neverAsked(op) {
		return s.forget(ctx, op, op, time.Time{})
	}
	if op.NoticedAt.IsZero() { // a process of an earlier version wrote it
		op.NoticedAt = op.UpdatedAt
	}
	canceling, err := s.canceled(ctx, op)
	switch {
	case err != nil:
		return op, err
	case canceling: // it is asked about by itself, and ends
		return s.keepNoticed(ctx, op, op.NoticedAt, s.now().Add(s.config.ReviewAfter))
	}
	if s.chargers[op.Charger] != nil {
		ended, err := s.inquireEnded(ctx, op, asked)
		switch {
		case errors.Is(err, errChanged):
			return op, nil // it is due again when the lease has passed
		case err != nil, ended.NoticedAt.IsZero(), s.now().Before(ended.NoticedAt.Add(s.config.ReviewAfter)):
			return ended, err
		}
		op = ended
	}
	next := order.Clone(op)
	next.NoticedAt, next.DueAt = time.Time{}, time.Time{}
	holder, err := s.holder(ctx, op)
	if err == nil && holder != nil {
		canceling, err = s.canceled(ctx, holder)
	}
	switch {
	case err != nil:
		return op, err
	case canceling: // the provider is asked when it has ended
		return s.keepNoticed(ctx, op, op.NoticedAt, s.now().Add(s.config.InquireAfter))
	case holder != nil && holder.Status != ports.RechargeDisputed && holder.ReverseSeq == 0: // its money is at stake
		if _, err := s.contradict(ctx, order.Clone(holder), fmt.Sprintf("its payment was recharge %s's before: %s", op.ID, s.unanswered())); err != nil {
			return op, err
		}
		return s.keepNoticed(ctx, op, time.Time{}, time.Time{})
	case op.ReverseSeq != 0 && !holds(op): // a mistake
		s.config.Logger.ErrorContext(ctx, "a notice about a recharge that was reversed is dropped: the provider did not say what became of the charge", "id", op.ID, "charger", op.Charger)
		return s.keepNoticed(ctx, op, time.Time{}, time.Time{})
	}
	return s.contradict(ctx, next, s.unanswered())
}

// unanswered says why a recharge is disputed about whose notice the provider was not heard.
func (s *Service) unanswered() string {
	return fmt.Sprintf("a notice about it came, and within %s the provider did not say what became of the charge", s.config.ReviewAfter)
}

// inquireCancelNow asks about the cancellation of a recharge, if it is open, and reads the recharge
// again. It reports whether the cancellation is open still.
func (s *Service) inquireCancelNow(ctx context.Context, charge *ports.Recharge) (open bool, err error) {
	op, err := s.Cancellation(ctx, charge.CancelID)
	if err != nil || !op.Open {
		return false, err
	}
	to := s.canceling(charge)
	if to == nil { // it belongs to a process whose Charger cancels
		return true, nil
	}
	if op, err = claimNow(ctx, s, op, s.Cancellation); err != nil {
		return false, err
	}
	if op.Open {
		if op, err = follow(ctx, s.cancels, op, op.Transmissions, to); err != nil {
			return false, err
		}
	}
	read, err := s.Get(ctx, charge.ID)
	if err == nil {
		*charge = *read
	}
	return op.Open, err
}

// noticed returns the recharge that a notice names: by its id, or else by the provider's. Of
// several with the provider's id it returns one that is open, or else the one for whose order the provider
// named it, or else the newest that a Charger was asked for.
func (s *Service) noticed(ctx context.Context, notice ports.Notice) (*ports.Recharge, error) {
	if notice.OperationID != "" {
		op, err := s.Get(ctx, notice.OperationID)
		if err == nil && op.Charger != notice.Provider {
			err = fmt.Errorf("%w: it is of another Charger", ports.ErrNotFound)
		}
		if !errors.Is(err, ports.ErrNotFound) || notice.ProviderRef == "" {
			return op, err
		}
	}
	rank := func(op *ports.Recharge) int { // a provider is asked by the id of an order
		switch {
		case op.Named == notice.ProviderRef:
			return 2
		case !byHand(op):
			return 1
		}
		return 0
	}
	var newest *ports.Recharge
	open, found, err := record.FindByProviderRef(ctx, s.store, ports.KindRecharge, "", notice.ProviderRef, func(op *ports.Recharge) bool {
		if op.Charger != notice.Provider {
			return false
		}
		if newest == nil || rank(op) >= rank(newest) {
			newest = op
		}
		return op.Open
	})
	switch {
	case err != nil:
		return nil, err
	case found:
		return open, nil
	case newest == nil:
		return nil, ports.ErrNotFound
	}
	return newest, nil
}

// The pauses between two looks at an order that another process works on.
const (
	lookFirst = 20 * time.Millisecond
	lookMost  = time.Second
)

// sleep waits, and reports false when ctx ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// claimNow claims an order that is open, out of turn. It waits while another process works on it,
// for two leases at most: then it returns [ports.ErrConflict]. What is in review is due to no
// process, and is not claimed, nor is what has ended.
func claimNow[R ports.Operation](ctx context.Context, s *Service, op R, get func(context.Context, string) (R, error)) (R, error) {
	waiting, cancel := context.WithTimeout(ctx, 2*s.charges.Lease())
	defer cancel()
	for pause := lookFirst; ; pause = min(2*pause, lookMost) {
		head := op.Head()
		if !head.Open || op.StatusText() == string(order.Review) {
			return op, nil
		}
		leased := head.DueAt.Sub(head.UpdatedAt) == s.charges.Lease() && s.now().Before(head.DueAt)
		if !leased {
			claimed, mine, err := record.Claim(ctx, s.store, op, s.now(), s.charges.Lease())
			if err != nil || mine {
				return claimed, err
			}
		}
		switch {
		case sleep(waiting, pause):
		case ctx.Err() != nil:
			return op, ctx.Err()
		default:
			return op, fmt.Errorf("%w: other processes work on it all the time", ports.ErrConflict)
		}
		var err error
		if op, err = get(ctx, head.ID); err != nil {
			return op, err
		}
	}
}
