package autorecharge

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// step is what becomes of a policy when something happens to it: its next version, what to
// tell, and when to look again. [advance] makes it, and [Engine.write] writes it.
type step struct {
	next *loaded

	events  []change          // to tell once the step is written
	crossed []decimal.Decimal // alert levels, to tell before the events
	look    Decision          // why the policy waits, and until when
	again   bool              // there is more to do at once

	watch ports.Watch // what the wallet is watched for
	idle  bool        // the policy and the watch stay as they were: there is nothing to write
	alone bool        // the wallet is closed: the policy is written without it

	wallet *ports.Wallet // as the step found it
	low    dip           // the lowest cash since the last look
	now    time.Time
}

// occurrence is what happened to a policy, or what a look found out.
type occurrence interface {
	// apply makes the policy of the step what it becomes, and says what to tell and when to
	// look again. It may use the wallet and the time of the step, and nothing else.
	apply(s *step)
}

// advance returns the step that a policy takes when something happens. It is a pure function:
// everything that it depends on is in its arguments, and it changes none of them.
func advance(policy *loaded, wallet *ports.Wallet, happened occurrence, now time.Time) step {
	s := step{next: policy.Clone(), wallet: wallet, now: now}
	happened.apply(&s)
	s.next.Version++
	s.next.UpdatedAt = now
	if s.alone {
		s.next.DueAt = s.look.Until
		return s
	}
	s.crossed = fire(s.next, wallet, s.low)
	s.schedule()
	s.watch = watchOf(s.next, wallet.AvailableBalance(), s.look)
	s.idle = s.idle && len(s.crossed) == 0 && sameLook(policy, s.next) && sameWatch(s.watch, wallet.Watch)
	return s
}

// schedule says when the policy is due, and by the job of which Charger.
func (s *step) schedule() {
	p := s.next
	p.DueAt = dueOf(p, s.look, s.now)
	p.Provider, p.ProviderRef = needs(p, s.now), ""
	switch {
	case p.Delegated:
		p.ProviderRef = p.Methods[0].Charger
	case p.State.Attempt == nil && s.look.Method.Charger != "":
		p.Provider = s.look.Method.Charger
	}
}

// tell adds the events that are not blank.
func (s *step) tell(events ...change) {
	for _, event := range events {
		if event.what != "" {
			s.events = append(s.events, event)
		}
	}
}

// wait leaves the policy alone until a time.
func (s *step) wait(until time.Time) { s.look = Decision{Why: ReasonUnderWay, Until: until} }

// conclude tells what became of a charge, with the reason that the policy keeps, and waits for
// the end of the back-off, if there is one.
func (s *step) conclude(what ports.PolicyEventKind) {
	why := s.next.State.Why
	if what == ports.PolicyEventRecovered {
		why = "a charge succeeded"
	}
	s.tell(change{what, why})
	s.look = Decision{Why: ReasonBackoff, Until: later(s.next.State.NotBefore, s.now)}
}

// looked is a look at the wallet, and what it decides. One that decides to charge makes the
// policy due for the job of its Charger; claimed makes the charge.
type looked struct{ Decision }

func (l looked) apply(s *step) {
	s.look = l.Decision
	if l.Why == ReasonDisputed { // only an operator reinstates the policy
		s.next.State.TakenBack, s.next.State.Held = s.wallet.Seq, true
		suspend(s.next, CauseDisputed, moment{s.now, s.wallet.Seq})
		s.tell(change{ports.PolicyEventSuspended, s.next.State.Why})
		return
	}
	if l.Why == ReasonAbove {
		s.next.State.Tried = nil // the round is over: another recharge met the need
	}
	s.tell(block(s.next, l.Decision), capped(s.next, l.Decision, s.now))
	s.idle = true // unless a field or the watch changes
}

// dipped is cash that fell, and may have risen since. Only alerts come of it: what else there
// is to do becomes due.
type dipped struct{ low dip }

func (d dipped) apply(s *step) {
	s.low = d.low
	s.wait(s.now)
	if s.next.State.Attempt != nil || s.next.Delegated {
		s.wait(s.next.DueAt) // the process that works on the attempt or the provider has set it
	}
}

// rechargedByHand is cash that was recharged by hand since failures suspended the policy.
type rechargedByHand struct{}

func (rechargedByHand) apply(s *step) {
	renew(s.next)
	s.wait(s.now)
	s.again = true
}

// claimed is a charge that is about to be ordered.
type claimed struct {
	Decision
	key   string        // of its recharge
	lease time.Duration // how long it belongs to this process
}

func (c claimed) apply(s *step) {
	claim(s.next, c.key, c.Decision, moment{s.now, s.wallet.Seq})
	s.wait(s.now.Add(c.lease))
}

// refused is a charge of which nothing was written: it can never be ordered like that.
type refused struct {
	err error
	seq int64 // of the wallet when the charge was decided
}

func (r refused) apply(s *step) {
	s.conclude(fail(s.next, reason(CauseRefused, r.err.Error()), true, moment{s.now, r.seq}))
}

// unasked is a charge that was not ordered, because of what the provider answered when it was
// asked whether it recharges by itself: that it does (ErrBothOn), or no answer.
type unasked struct{ err error }

func (u unasked) apply(s *step) {
	if !errors.Is(u.err, ErrBothOn) {
		s.conclude(outage(s.next, reason(CauseNotSent, u.err.Error()), s.now))
		return
	}
	s.look = Decision{Why: ReasonBothOn, Until: s.now.Add(10 * recheck)}
	s.drift(u.err.Error())
}

// drift keeps how the provider's settings are not as they should be, and tells of news.
func (s *step) drift(found string) {
	if found != "" && found != s.next.State.Drift {
		s.tell(change{ports.PolicyEventDrifted, found})
	}
	s.next.State.Drift = found
}

// ordered is the order of the attempt under way, as its recharge is now.
type ordered struct{ *ports.Recharge }

func (o ordered) apply(s *step) {
	sent := o.Transmissions > 0 && o.Answer.Outcome != ports.OutcomeNotSent
	switch {
	case o.Open: // pending, unknown or in review
		s.wait(within(o.DueAt, s.now.Add(10*time.Second), s.now.Add(10*recheck)))
	case o.Status == ports.RechargeApproved:
		o.approved(s)
	case o.Status == ports.RechargeDisputed, o.Status == ports.RechargeReversed:
		o.disputed(s)
	case o.Status == ports.RechargeDeclined:
		var what ports.PolicyEventKind
		what, s.again = decline(s.next, &o.Answer, sent, s.now)
		s.conclude(what)
	default:
		o.failed(s, sent)
	}
}

func (o ordered) approved(s *step) {
	if o.Credited.LessThan(o.Amount) { // charging again would not end
		attempt := book(s.next, o.Credited)
		s.conclude(fail(s.next, reason(CauseShort, o.Credited.String()), false, moment{s.now, attempt.Seq}))
		return
	}
	what := succeed(s.next, o.Credited)
	pace(s.next, s.wallet, o.Credited, s.now)
	s.conclude(what)
	s.again = true
}

// disputed counts the money, which moved or may have.
func (o ordered) disputed(s *step) {
	attempt := book(s.next, o.Amount)
	what := fail(s.next, CauseDisputed, true, moment{s.now, attempt.Seq})
	s.next.State.Held = true
	s.conclude(what)
}

// failed is provably not executed: nothing was wanted, nothing was sent, or the fault is ours.
func (o ordered) failed(s *step, sent bool) {
	attempt := end(s.next, sent)
	switch {
	case o.Answer.Outcome != ports.OutcomeNotSent:
		s.conclude(fail(s.next, reason(CauseRefused, o.Answer.Code), o.Answer.Permanent, moment{s.now, attempt.Seq}))
	case o.Answer.Code == codeNotWanted:
		s.wait(s.now)
		s.again = true
	default:
		s.conclude(outage(s.next, reason(CauseNotSent, o.Answer.Code), s.now))
	}
}

// edited is a policy that a person has changed, and what to tell of it.
type edited change

func (e edited) apply(s *step) {
	p := s.next
	s.tell(change(e))
	if !p.Open {
		s.alone = s.wallet.Status == ports.WalletClosed
		return
	}
	p.State.Unconfigured = p.Delegated
	s.look = decide(s.wallet, p, decimal.Decimal{}, s.now)
	switch {
	case p.State.Attempt != nil: // it goes on
		s.look.Until = p.DueAt
	case s.look.Charge, p.Delegated: // looked at as soon as a worker comes by
		s.wait(s.now)
	}
}

// configured is the provider of a delegated policy that was to be configured, and the error
// of that.
type configured struct{ err error }

func (c configured) apply(s *step) {
	s.look = Decision{Why: ReasonDelegated, Until: s.now.Add(driftEvery)}
	switch {
	case c.err != nil:
		s.look.Until = s.now.Add(recheck)
	case mayBeLate(s.next): // then it is configured once more
		s.look.Until = s.next.State.LateUntil
	}
}

// compared is the provider of a delegated policy whose settings were read: how they differ
// from the policy (blank: they do not), or the error of reading them.
type compared struct {
	drift string
	err   error
}

func (c compared) apply(s *step) {
	s.look = Decision{Why: ReasonDelegated, Until: s.now.Add(driftEvery)}
	if c.err != nil {
		s.look.Until = s.now.Add(recheck)
	} else {
		s.drift(c.drift)
	}
	if mayBeLate(s.next) {
		s.look.Until = s.next.State.LateUntil
	}
}

// walletClosed ends the policy. That of a delegated one ends when no setting may reach the
// provider any more.
type walletClosed struct{}

func (walletClosed) apply(s *step) {
	p := s.next
	s.alone = true
	if mayBeLate(p) {
		s.look.Until = p.State.LateUntil
		return
	}
	if p.State.Attempt != nil { // its recharge has ended, or the wallet would not be closed
		book(p, p.State.Attempt.Amount)
	}
	p.Status, p.Open = ports.PolicyDeleted, false
}

// sameLook reports whether a look found the policy as it is.
func sameLook(policy, after *loaded) bool {
	was, is := &policy.State, &after.State
	return len(is.Fired) == len(was.Fired) && len(is.Tried) == len(was.Tried) && is.Blocked == was.Blocked && is.Capped == was.Capped &&
		after.Provider == policy.Provider && after.DueAt.Equal(policy.DueAt)
}

func sameWatch(a, b ports.Watch) bool {
	return ports.SameAmount(a.Below, b.Below) && ports.SameAmount(a.Above, b.Above)
}
