package suitetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// calls are the methods of a Charger, a Canceler or a Disburser, as a process has them.
type calls[Order, Answer any] struct {
	name    string
	lane    func(order Order) string
	prepare func(ctx context.Context, order Order) ([]byte, *Answer)
	send    func(ctx context.Context, order Order) Answer
	inquire func(ctx context.Context, order Order) Answer
}

// kind tells where an order and an answer of one kind have what flaws change.
type kind[Order, Answer any] struct {
	id            func(order *Order) *string
	amount        func(order *Order) *decimal.Decimal
	currency      func(order *Order) *string
	evidence      func(order *Order) *[]byte
	transmissions func(order *Order) *int
	inquiries     func(order *Order) *int
	last          func(order *Order) *Answer
	sentAt        func(order *Order) *time.Time
	common        func(answer *Answer) *ports.Answer
	reported      func(answer *Answer) *decimal.NullDecimal
}

// scene is what a flaw sees of the provider: the faults that lie on it. It is shared by all
// processes.
type scene struct {
	provider portstest.ProviderHarness

	mu       sync.Mutex
	order    portstest.Fault // the last of orders
	question portstest.Fault // the one of questions
	shown    portstest.Fault // the one of what the records show
	made     int             // how many processes were made
}

// breaks has a fault happen at the provider.
func (s *scene) breaks(fault portstest.Fault) bool {
	if !s.provider.Break(fault) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case fault.OfQuestions():
		s.question = fault
	case slices.Contains(shownFaults(), fault):
		s.shown = fault
	default:
		s.order = fault
	}
	return true
}

// shownFaults are the faults of what the provider's records show, and of its clock.
func shownFaults() []portstest.Fault {
	return []portstest.Fault{
		portstest.FaultHidden, portstest.FaultOddStatus, portstest.FaultKept, portstest.FaultOthers, portstest.FaultRivals, portstest.FaultRival,
		portstest.FaultNear, portstest.FaultOtherKind, portstest.FaultAhead, portstest.FaultBehind,
	}
}

// heals ends all faults at the provider.
func (s *scene) heals() {
	s.provider.Heal()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order, s.question, s.shown = portstest.FaultNone, "", ""
}

// on reports whether a fault lies on the provider.
func (s *scene) on(fault portstest.Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.order == fault || s.question == fault || s.shown == fault
}

func (s *scene) process() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return s.made
}

// bent is a flaw of any kind of order.
type bent[Order, Answer any] struct {
	name, breaks, scenario string
	bend                   func(s *scene, c calls[Order, Answer]) calls[Order, Answer]
}

// process is what the adapter of one process remembers where a flaw has it remember anything.
type process[Order any] struct {
	mu       sync.Mutex
	evidence map[string][]byte
	sent     map[string]bool // ids
	lastSent Order
}

// met notes an id.
func (p *process[Order]) met(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[id] = true
}

// knows reports whether an id was noted.
func (p *process[Order]) knows(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent[id]
}

// flaws returns the flaws that an adapter of any kind can have.
func (k kind[Order, Answer]) flaws() []bent[Order, Answer] {
	return slices.Concat(
		k.questionFlaws(), k.sendFlaws(), k.protocolFlaws(), k.stateFlaws(), k.effectFlaws(), k.contextFlaws(), k.laneFlaws(), k.ageFlaws(), k.sharedFlaws(),
		k.formFlaws(), k.likelyFlaws(), k.canceledFlaws(),
		k.waitingFlaws(), k.limitFlaws(), k.secretFlaws(), k.dayFlaws(),
	)
}

// Outcomes that a flaw takes something for.
const (
	unknown, approved, declined = ports.OutcomeUnknown, ports.OutcomeApproved, ports.OutcomeDeclined
	pending, notSent, faulty    = ports.OutcomePending, ports.OutcomeNotSent, ports.OutcomeFault
)

// after changes the answers to sending and to inquiries.
func (k kind[Order, Answer]) after(change func(s *scene, order *Order, answer *Answer, sent bool)) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
		send, inquire := c.send, c.inquire
		c.send = func(ctx context.Context, order Order) Answer {
			answer := send(ctx, order)
			change(s, &order, &answer, true)
			return answer
		}
		c.inquire = func(ctx context.Context, order Order) Answer {
			answer := inquire(ctx, order)
			change(s, &order, &answer, false)
			return answer
		}
		return c
	}
}

// afterward changes what answers of all kinds have.
func (k kind[Order, Answer]) afterward(change func(s *scene, answer *ports.Answer, sent bool)) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return k.after(func(s *scene, _ *Order, answer *Answer, sent bool) { change(s, k.common(answer), sent) })
}

// before changes an order on its way into each call.
func (k kind[Order, Answer]) before(change func(s *scene, order *Order)) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
		prepare, send, inquire := c.prepare, c.send, c.inquire
		c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
			change(s, &order)
			return prepare(ctx, order)
		}
		c.send = func(ctx context.Context, order Order) Answer {
			change(s, &order)
			return send(ctx, order)
		}
		c.inquire = func(ctx context.Context, order Order) Answer {
			change(s, &order)
			return inquire(ctx, order)
		}
		return c
	}
}

// end makes an answer that ends the order.
func end(answer *ports.Answer, outcome ports.Outcome) {
	*answer = ports.Answer{Outcome: outcome, ProviderRef: answer.ProviderRef, Message: answer.Message}
	if outcome == approved && answer.ProviderRef == "" {
		answer.ProviderRef = "made up"
	}
}

// open reports whether an answer leaves the end open.
func open(answer *ports.Answer) bool { return !answer.Outcome.Final() }

const (
	breaksQuestion = "A question that failed, or that ctx ended, is no answer: it returns OutcomeUnknown, or OutcomePending when that is what was known."
	breaksUnknown  = "OutcomeUnknown: the request may have reached the provider and no trustworthy answer came back."
	breaksPending  = "OutcomePending: the provider has the order and works on it."
	breaksNotSent  = "OutcomeNotSent: provably not executed: no byte of the request left, or the provider provably has no trace of it and can no longer start it."
	breaksDeclined = "OutcomeDeclined: the provider refused for good; no money moved."
	breaksFault    = "OutcomeFault: the provider refused the request itself, or our adapter did: credentials, configuration, a field."
	breaksApproved = "OutcomeApproved: money moved."
	breaksOnce     = "Charge sends the order, once."
	breaksEvidence = "the bytes it returns come back in ChargeOrder.Evidence."
	breaksRef      = "No other order of the adapter has it"
	breaksFinal    = "A final answer speaks of the order, not of one transmission."
	breaksSoon     = "Prepare, Charge and Inquire must return soon after ctx ends."
	breaksLane     = "Lane returns the lane in which the order must travel: while an order is open no other is sent in its lane."
	breaksName     = "It never changes for one provider account."
	breaksID       = "cutting it off would make one order of two."
	breaksSecret   = "It contains no secret, card number or account number."
)

// questions are the faults of questions, by what a flaw says of them.
func questions() map[portstest.Fault]string {
	return map[portstest.Fault]string{
		portstest.FaultBlind: "a status 500", portstest.FaultAskUnreachable: "a question that was not sent", portstest.FaultAskDropped: "a lost answer",
		portstest.FaultAskCredentials: "refused credentials", portstest.FaultAskUnauthed: "a status 401", portstest.FaultAskForbidden: "a status 403",
		portstest.FaultAskMissing: "a status 404", portstest.FaultAskTimeout: "a status 408", portstest.FaultAskThrottle: "a status 429",
		portstest.FaultAskBadGateway: "a status 502", portstest.FaultAskUnavailable: "a status 503", portstest.FaultAskGateTimeout: "a status 504",
		portstest.FaultAskTruncated: "half of an answer", portstest.FaultAskGarbage: "garbage", portstest.FaultAskEmpty: "an empty success",
	}
}

// questionFlaws take a failed question for an answer.
func (k kind[Order, Answer]) questionFlaws() []bent[Order, Answer] {
	var flaws []bent[Order, Answer]
	outcomes, i := []ports.Outcome{notSent, declined, approved, faulty}, 0
	for _, fault := range sorted(questions()) {
		taken := outcomes[i%len(outcomes)]
		i++
		flaws = append(flaws, bent[Order, Answer]{
			"takes " + questions()[fault] + " of a question for " + taken.String(), breaksQuestion, "an inquiry that fails is no answer: " + string(fault),
			k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
				if !sent && s.on(fault) && open(answer) {
					end(answer, taken)
				}
			}),
		})
	}
	return append(flaws, bent[Order, Answer]{
		"takes a question without an answer for not_sent", breaksQuestion, "calls return when their context ends",
		k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && s.on(portstest.FaultMute) {
				end(answer, notSent)
			}
		}),
	})
}

// pendingFlaws are those of adapters whose provider works on orders.
func (k kind[Order, Answer]) pendingFlaws() []bent[Order, Answer] {
	var flaws []bent[Order, Answer]
	outcomes, i := []ports.Outcome{notSent, declined, faulty}, 0
	add := func(name, breaks, scenario string, fault portstest.Fault, taken ports.Outcome) {
		flaws = append(flaws, bent[Order, Answer]{name, breaks, scenario, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			common := k.common(answer)
			if was := k.common(k.last(order)); !sent && s.on(fault) && was.Outcome == pending {
				end(common, taken)
			}
		})})
	}
	for _, fault := range sorted(questions()) {
		taken := outcomes[i%len(outcomes)]
		i++
		add("ends a pending order as "+taken.String()+" after "+questions()[fault]+" of a question", breaksQuestion, "an order that is pending stays so: "+string(fault), fault, taken)
	}
	flaws = append(flaws, k.pendingContextFlaws()...)
	const hidden, odd = "an order that is pending stays so when the provider does not show it", "an order that is pending is not ended by a status that no adapter knows"
	add("ends a pending order as not_sent that the provider does not show", breaksPending, hidden, portstest.FaultHidden, notSent)
	add("ends a pending order as declined that the provider does not show", breaksPending, hidden, portstest.FaultHidden, declined)
	add("approves a status that it does not know", breaksPending, odd, portstest.FaultOddStatus, approved)
	add("declines a status that it does not know", breaksPending, odd, portstest.FaultOddStatus, declined)
	const later = "an order that is refused later is declined"
	flaws = append(
		flaws,
		bent[Order, Answer]{"ends a pending order after a week", breaksPending, hidden, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			if common := k.common(answer); !sent && open(common) && s.provider.Now().Sub(*k.sentAt(order)) > 7*24*time.Hour {
				end(common, notSent)
			}
		})},
		bent[Order, Answer]{"takes a pending order for approved", breaksPending, later, k.afterward(func(_ *scene, answer *ports.Answer, _ bool) {
			if answer.Outcome == pending {
				end(answer, approved)
			}
		})},
		bent[Order, Answer]{"takes an order that was refused later for approved", breaksDeclined, later, k.afterward(func(_ *scene, answer *ports.Answer, sent bool) {
			if !sent && answer.Outcome == declined {
				end(answer, approved)
			}
		})},
		bent[Order, Answer]{"takes an order that was refused later for not_sent", breaksNotSent, later, k.afterward(func(_ *scene, answer *ports.Answer, sent bool) {
			if !sent && answer.Outcome == declined {
				end(answer, notSent)
			}
		})},
		bent[Order, Answer]{"leaves an order pending that was refused later", breaksDeclined, later, k.afterward(func(_ *scene, answer *ports.Answer, sent bool) {
			if !sent && answer.Outcome == declined {
				*answer = ports.Answer{Outcome: pending}
			}
		})},
		bent[Order, Answer]{"leaves an order pending that is approved", breaksPending, "provider: answers at once", k.afterward(func(_ *scene, answer *ports.Answer, _ bool) {
			if answer.Outcome == approved {
				answer.Outcome = pending
			}
		})},
	)
	return flaws
}

// sendFlaws take what an order meets for what it is not.
func (k kind[Order, Answer]) sendFlaws() []bent[Order, Answer] {
	var flaws []bent[Order, Answer]
	for _, tc := range []struct {
		fault  portstest.Fault
		taken  ports.Outcome
		breaks string
	}{
		{portstest.FaultDropBefore, notSent, breaksUnknown},
		{portstest.FaultDropAfter, notSent, breaksUnknown},
		{portstest.FaultLate, declined, breaksUnknown},
		{portstest.FaultHangBefore, notSent, breaksUnknown},
		{portstest.FaultHangAfter, notSent, breaksUnknown},
		{portstest.FaultErrorBefore, faulty, breaksUnknown},
		{portstest.FaultErrorAfter, declined, breaksUnknown},
		{portstest.FaultTimeoutAfter, notSent, breaksUnknown},
		{portstest.FaultConflict, declined, breaksUnknown},
		{portstest.FaultBadGateway, notSent, breaksUnknown},
		{portstest.FaultUnavailable, notSent, breaksUnknown},
		{portstest.FaultGateTimeout, declined, breaksUnknown},
		{portstest.FaultOddCode, declined, breaksUnknown},
		{portstest.FaultTruncated, notSent, breaksUnknown},
		{portstest.FaultGarbage, faulty, breaksUnknown},
		{portstest.FaultEmpty, approved, breaksUnknown},
		{portstest.FaultUnreachable, declined, breaksNotSent},
		{portstest.FaultDecline, notSent, breaksDeclined},
		{portstest.FaultDecline, approved, breaksDeclined},
		{portstest.FaultThrottle, approved, breaksNotSent},
		{portstest.FaultThrottle, faulty, breaksNotSent},
		{portstest.FaultCredentials, notSent, breaksFault},
		{portstest.FaultCredentials, declined, breaksFault},
		{portstest.FaultNone, declined, breaksApproved},
		{portstest.FaultNone, notSent, breaksApproved},
	} {
		if tc.fault == portstest.FaultUnreachable {
			tc.taken = approved
		}
		flaws = append(flaws, bent[Order, Answer]{
			"answers " + tc.taken.String() + " where the provider " + string(tc.fault), tc.breaks, "provider: " + string(tc.fault),
			k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
				if sent && s.on(tc.fault) {
					end(answer, tc.taken)
				}
			}),
		})
	}
	return flaws
}

// figureFlaws believe a success that names something else than the order.
func (k kind[Order, Answer]) figureFlaws() []bent[Order, Answer] {
	var flaws []bent[Order, Answer]
	for _, fault := range []portstest.Fault{portstest.FaultWrongAmount, portstest.FaultOtherAccount} {
		flaws = append(flaws, bent[Order, Answer]{
			"believes " + string(fault), breaksUnknown, "provider: " + string(fault), k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
				if sent && s.on(fault) {
					end(answer, approved)
				}
			}),
		})
	}
	return flaws
}

// protocolFlaws give answers that no answer may be.
func (k kind[Order, Answer]) protocolFlaws() []bent[Order, Answer] {
	always := func(name, breaks, scenario string, when func(answer *ports.Answer) bool, change func(answer *ports.Answer)) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaks, scenario, k.afterward(func(_ *scene, answer *ports.Answer, _ bool) {
			if when(answer) {
				change(answer)
			}
		})}
	}
	is := func(outcomes ...ports.Outcome) func(answer *ports.Answer) bool {
		return func(answer *ports.Answer) bool { return slices.Contains(outcomes, answer.Outcome) }
	}
	any := func(*ports.Answer) bool { return true }
	const (
		done, lost = "provider: answers at once", "provider: connection lost before the effect"
		unreached  = "provider: cannot be reached: no byte of the request is sent"
		review     = "It is allowed with OutcomeUnknown and OutcomePending only."
		likely     = "Likely is, with OutcomeUnknown, the final outcome that the answer suggests"
		permanent  = "Permanent says, with OutcomeDeclined and OutcomeFault, that this payment method or configuration will not work until a person changes it."
		resend     = "Resend says, with OutcomeUnknown and after an inquiry, that sending the same order again under the same id is safe at this provider"
		wait       = "InquireAfter is how long to wait before the next inquiry."
	)
	secret := func(where string, put func(answer *ports.Answer, secret string)) bent[Order, Answer] {
		return bent[Order, Answer]{"shows a secret in the " + where, breaksSecret, done, k.afterward(func(s *scene, answer *ports.Answer, _ bool) {
			secrets := s.provider.Secrets()
			put(answer, "x "+secrets[len(secrets)-1])
		})}
	}
	return []bent[Order, Answer]{
		always("asks for a person with an approved order", review, done, is(approved), func(a *ports.Answer) { a.Review = "look" }),
		always("asks for a person with an order that was not sent", review, unreached, is(notSent), func(a *ports.Answer) { a.Review = "look" }),
		always("asks for a person whatever happens", review, "provider: connection lost after the effect", is(unknown), func(a *ports.Answer) { a.Review = "look" }),
		always("calls an approved order likely to be approved", likely, done, is(approved), func(a *ports.Answer) { a.Likely = approved }),
		always("calls an unknown order likely to be pending", likely, lost, is(unknown), func(a *ports.Answer) { a.Likely = pending }),
		always("calls an approved order permanent", permanent, done, is(approved), func(a *ports.Answer) { a.Permanent = true }),
		always("calls a lost order permanent", permanent, lost, is(unknown), func(a *ports.Answer) { a.Permanent = true }),
		always("calls an order permanent that was not sent", permanent, unreached, is(notSent), func(a *ports.Answer) { a.Permanent = true }),
		always("has an approved order sent again", resend, "an order of which nothing is known is found", is(approved), func(a *ports.Answer) { a.Resend = true }),
		always("waits for a negative time", wait, done, any, func(a *ports.Answer) { a.InquireAfter = -time.Second }),
		always("waits for a year", wait, lost, any, func(a *ports.Answer) { a.InquireAfter = 365 * 24 * time.Hour }),
		always("answers with an outcome of its own", "OutcomeUnknown: the request may have reached the provider and no trustworthy answer came back.", done, any, func(a *ports.Answer) { a.Outcome = 17 }),
		always("never finds an end", "Inquire finds out what became of an order that was, or may have been, sent.", "provider: connection lost after the effect", any, func(a *ports.Answer) { *a = ports.Answer{} }),
		always("names an id that no record can have", breaksRef, done, any, func(a *ports.Answer) { a.ProviderRef = "a\nb" }),
		always("names an id that is too long", breaksRef, done, any, func(a *ports.Answer) { a.ProviderRef = text(ports.MaxProviderRef + 1) }),
		always("names one id for all orders", breaksRef, "each order has an id of its own at the provider", is(approved, pending), func(a *ports.Answer) { a.ProviderRef = "the same" }),
		secret("Message", func(a *ports.Answer, secret string) { a.Message += secret }),
		secret("Code", func(a *ports.Answer, secret string) { a.Code += secret }),
		secret("Alarm", func(a *ports.Answer, secret string) { a.Alarm += secret }),
		secret("Message, encoded", func(a *ports.Answer, secret string) { a.Message += "\"" + secret + "\"" }),
		{"shows a secret in the evidence", breaksSecret, "Prepare moves no money", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				return append(slices.Clone(evidence), s.provider.Secrets()[0]...), refusal
			}
			return c
		}},
		{"reports another amount than was executed", "Figures as the provider reports them; absent when it does not.", done, k.after(func(_ *scene, order *Order, answer *Answer, _ bool) {
			*k.reported(answer) = decimal.NewNullDecimal(k.amount(order).Add(decimal.NewFromInt(1)))
		})},
	}
}

func text(n int) string {
	data := make([]byte, n)
	for i := range data {
		data[i] = 'x'
	}
	return string(data)
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[portstest.Fault]V) []portstest.Fault {
	keys := make([]portstest.Fault, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
