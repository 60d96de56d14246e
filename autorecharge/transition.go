package autorecharge

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// What a policy becomes when something happens to it: pure steps from one state to the
// next. Each returns what to tell the host; blank: nothing.

// change is what to tell of a policy that changed, and why; blank: nothing.
type change struct {
	what ports.PolicyEventKind
	why  string
}

// capped writes into the policy which cap holds its charges back, and returns the event
// for a cap that is new there, or for the end of the last one. While the wallet needs no
// charge, a cap that is used up stays in the policy.
func capped(p *loaded, d Decision, now time.Time) change {
	was := p.State.Capped
	switch d.Why { //nolint:exhaustive // only these are caps
	case ReasonDailyCount, ReasonDailyAmount, ReasonMonthlyCount, ReasonMonthlyAmount, ReasonLimit, ReasonOwed:
		p.State.Capped = string(d.Why)
	default:
		if why, _ := usedUp(p, now); why == "" {
			p.State.Capped = ""
		}
	}
	switch p.State.Capped {
	case was:
		return change{}
	case "":
		return change{ports.PolicyEventUncapped, "no cap is used up any more"}
	case string(ReasonLimit):
		return change{ports.PolicyEventCapped, "a limit of the wallet leaves no room for a charge"}
	case string(ReasonOwed):
		return change{ports.PolicyEventCapped, "the wallet owes something, which a charge would pay"}
	}
	return change{ports.PolicyEventCapped, "the cap of the " + strings.ReplaceAll(p.State.Capped, "_", " ") + " leaves no room for a charge"}
}

// reason returns why something failed and, after a colon, what is known of it, if anything.
func reason(why, detail string) string {
	if detail == "" {
		return why
	}
	return why + ": " + detail
}

// How the reasons begin that the engine keeps in [State.Why]. After the cause
// come a colon and what is known of it, if anything. What an operator writes there instead
// begins with none of them.
const (
	CauseDisputed = "a recharge is disputed or was taken back"
	CauseDeclined = "declined"
	CauseNotSent  = "not sent"
	CauseRefused  = "refused"
	CauseShort    = "less was charged than ordered"
)

// method returns the payment method that the next attempt charges: the first that
// neither declined in this round nor is dead.
func method(p *loaded, now time.Time) (ports.PaymentMethod, bool) {
	tried := round(p, now)
	for _, m := range p.Methods {
		if !slices.Contains(tried, m) && !slices.Contains(p.State.Dead, m) {
			return m, true
		}
	}
	return ports.PaymentMethod{}, false
}

// round returns the methods that declined in the round under way. A round that rested
// for longer than any back-off is over.
func round(p *loaded, now time.Time) []ports.PaymentMethod {
	rests := p.State.TriedAt
	if n := len(p.State.Charges); n > 0 {
		rests = later(rests, p.State.Charges[n-1].At)
	}
	if now.Sub(rests) > p.BackoffMax {
		return nil
	}
	return p.State.Tried
}

// claim puts an attempt into the policy. It counts from now on, unless it turns out that
// it was not sent.
func claim(p *loaded, key string, d Decision, at moment) {
	p.State.Tried = round(p, at.now)
	p.State.Attempt = &Attempt{Key: key, Method: d.Method, Amount: d.Amount, At: at.now, Seq: at.seq}
	p.State.Charges = append(recent(p.State.Charges, p.TimeZone, at.now), Charge{Key: key, At: at.now, Count: 1, Amount: d.Amount})
	p.State.Drift = ""
}

// moment is when something happened: by the clock, and in the wallet's history.
type moment struct {
	now time.Time
	seq int64
}

// drop ends an attempt that was provably not sent, and returns it. It does not count.
func drop(p *loaded) Attempt {
	attempt := *p.State.Attempt
	p.State.Attempt = nil
	p.State.Charges = slices.DeleteFunc(p.State.Charges, func(c Charge) bool { return c.Key == attempt.Key })
	return attempt
}

// end ends an attempt that moved nothing, and returns it. It counts if it was sent.
func end(p *loaded, sent bool) Attempt {
	if !sent {
		return drop(p)
	}
	return book(p, decimal.Decimal{})
}

// book ends the attempt with what it moved, and returns it. It goes on counting.
func book(p *loaded, moved decimal.Decimal) Attempt {
	attempt := *p.State.Attempt
	for i := range p.State.Charges {
		if c := &p.State.Charges[i]; c.Key == attempt.Key {
			c.Key, c.Amount = "", moved
		}
	}
	p.State.Attempt = nil
	return attempt
}

// succeed ends the attempt with a charge. What a person or a rule has switched off
// stays off.
func succeed(p *loaded, moved decimal.Decimal) (tell ports.PolicyEventKind) {
	if p.State.Failures+p.State.Outages > 0 {
		tell = ports.PolicyEventRecovered
	}
	m := book(p, moved).Method
	p.State.Declined = slices.DeleteFunc(p.State.Declined, func(d ports.PaymentMethod) bool { return d == m })
	p.State.Tried, p.State.Failures, p.State.Outages, p.State.NotBefore = nil, 0, 0, time.Time{}
	if p.Status != ports.PolicySuspended {
		p.State.Why = ""
	}
	return tell
}

// pace makes the next charge wait after one that the bounds kept from reaching the
// target and that left the cash low: a bound far below the need must not become many
// charges at one instant.
func pace(p *loaded, wallet *ports.Wallet, charged decimal.Decimal, now time.Time) {
	if wallet.AvailableBalance().LessThanOrEqual(p.MinimumCash) && p.MinimumCash.Add(charged).LessThan(p.RechargeTo) {
		p.State.NotBefore = now.Add(recheck)
	}
}

// decline ends the attempt with a definite decline, of an order that was sent or of one
// that was still being prepared. It reports whether another payment
// method is tried at once; else the round has failed.
func decline(p *loaded, answer *ports.ChargeAnswer, sent bool, now time.Time) (tell ports.PolicyEventKind, another bool) {
	attempt := end(p, sent)
	m := attempt.Method
	news := !slices.Contains(p.State.Declined, m)
	p.State.Tried, p.State.TriedAt = add(p.State.Tried, m), now
	p.State.Declined = add(p.State.Declined, m)
	if answer.Permanent {
		p.State.Dead = add(p.State.Dead, m)
	}
	why := reason(CauseDeclined, answer.Code)
	if _, more := method(p, now); more && answer.NextMethod {
		if news && p.Status == ports.PolicyActive {
			p.State.Why, tell = why, ports.PolicyEventDeclined
		}
		return tell, p.Status == ports.PolicyActive
	}
	alive := slices.ContainsFunc(p.Methods, func(m ports.PaymentMethod) bool { return !slices.Contains(p.State.Dead, m) })
	p.State.Tried = nil
	return fail(p, why, !alive || answer.Permanent && !answer.NextMethod, moment{now, attempt.Seq}), false
}

// fail counts a failure: the policy backs off, and after so many in a row, or when
// nothing else can come of it, is suspended.
func fail(p *loaded, why string, forGood bool, at moment) (tell ports.PolicyEventKind) {
	p.State.Failures++
	because(p, why)
	p.State.NotBefore = at.now.Add(pause(p, p.State.Failures))
	switch {
	case p.Status != ports.PolicyActive: // switched off meanwhile: it stays as it is
	case forGood || p.State.Failures >= p.SuspendAfter:
		suspend(p, why, at)
		return ports.PolicyEventSuspended
	case p.State.Failures+p.State.Outages == 1:
		return ports.PolicyEventFailing
	}
	return ""
}

// outage counts an outage: a charge was not sent, or not executed. It says nothing about
// the payment method: the policy backs off and tries the same again, and is not suspended.
func outage(p *loaded, why string, now time.Time) (tell ports.PolicyEventKind) {
	if p.State.Tried = round(p, now); len(p.State.Tried) > 0 {
		p.State.TriedAt = now // the round goes on
	}
	p.State.Outages++
	because(p, why)
	p.State.NotBefore = now.Add(pause(p, p.State.Outages))
	if p.Status == ports.PolicyActive && p.State.Failures+p.State.Outages == 1 {
		return ports.PolicyEventFailing
	}
	return ""
}

// because keeps why the policy is as it is, unless an operator's reason stands.
func because(p *loaded, why string) {
	if !p.State.Held {
		p.State.Why = why
	}
}

// pause doubles with each failure in a row.
func pause(p *loaded, failures int) time.Duration {
	wait := p.BackoffFirst
	for range min(failures-1, 32) {
		wait = min(2*wait, p.BackoffMax)
	}
	return wait
}

// suspend stops the policy until it is reinstated.
func suspend(p *loaded, why string, at moment) {
	p.Status, p.State.Why, p.State.SuspendedAt, p.State.ArmsAfter = ports.PolicySuspended, why, at.now, at.seq
}

// release is what an operator does: it lifts any suspension, at an entry of the wallet.
// Recharges that were taken back before count as looked at for the policy.
func release(p *loaded, seq int64) {
	p.State.TakenBack, p.State.Held = seq, false
	renew(p)
}

// renew makes a policy as good as new, unless it is held. What is under way goes on, and
// what was charged goes on counting.
func renew(p *loaded) {
	if p.State.Held {
		return
	}
	p.State.Tried, p.State.Declined, p.State.Dead = nil, nil, nil
	p.State.Failures, p.State.Outages, p.State.Why = 0, 0, ""
	p.State.NotBefore, p.State.SuspendedAt, p.State.ArmsAfter = time.Time{}, time.Time{}, 0
	if p.Status == ports.PolicySuspended {
		p.Status = ports.PolicyActive
	}
}

// recent drops charges of the months that no cap counts any more, and makes one of
// those of a day that have ended. The time kept is that of the latest: in another time
// zone they count towards its day.
func recent(charges []Charge, zoneName string, now time.Time) []Charge {
	_, month := periods(zoneName, now)
	_, last := periods(zoneName, month.from.Add(-time.Hour))
	kept := make([]Charge, 0, len(charges)+1)
	for _, c := range charges {
		if c.At.Before(last.from) {
			continue
		}
		if n := len(kept) - 1; n >= 0 && c.Key == "" && kept[n].Key == "" {
			day, _ := periods(zoneName, c.At)
			late := day.until.Add(-clockSkew) // from then on a charge counts for the next day too
			if !kept[n].At.Before(day.from) && kept[n].At.Before(late) == c.At.Before(late) {
				kept[n] = Charge{At: c.At, Count: kept[n].Count + c.Count, Amount: kept[n].Amount.Add(c.Amount)}
				continue
			}
		}
		kept = append(kept, c)
	}
	return kept
}

func add(list []ports.PaymentMethod, m ports.PaymentMethod) []ports.PaymentMethod {
	if slices.Contains(list, m) {
		return list
	}
	return append(list, m)
}
