package suitetest

import (
	"context"
	"slices"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

const (
	breaksLikely  = "Likely is, with OutcomeUnknown, the final outcome that the answer suggests and that a look into the provider's records must confirm."
	breaksUnasked = "Such a refusal has no NextMethod, and is Permanent only if the provider refused the credentials."

	unaskedScenario = "Prepare that cannot ask moves nothing: " + string(portstest.FaultBlind)
)

// likelyFlaws take an answer for that of an order that was executed, and never look.
func (k kind[Order, Answer]) likelyFlaws() []bent[Order, Answer] {
	var flaws []bent[Order, Answer]
	for _, alike := range []struct {
		what          string
		after, before portstest.Fault
	}{
		{"a status 408", portstest.FaultTimeoutAfter, portstest.FaultTimeoutBefore},
		{"a status 409", portstest.FaultConflict, portstest.FaultConflictBefore},
		{"a status 502", portstest.FaultBadGateway, portstest.FaultBadGatewayBefore},
		{"a status 503", portstest.FaultUnavailable, portstest.FaultUnavailableBefore},
		{"a status 504", portstest.FaultGateTimeout, portstest.FaultGateTimeoutBefore},
		{"a code that it does not know", portstest.FaultOddCode, portstest.FaultOddCodeBefore},
		{"half of an answer", portstest.FaultTruncated, portstest.FaultTruncatedBefore},
		{"garbage", portstest.FaultGarbage, portstest.FaultGarbageBefore},
		{"an empty success", portstest.FaultEmpty, portstest.FaultEmptyBefore},
	} {
		flaws = append(flaws, bent[Order, Answer]{"approves " + alike.what + " without a look", breaksLikely, "provider: " + string(alike.before), func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send, inquire := c.send, c.inquire
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				if common := k.common(&answer); (s.on(alike.after) || s.on(alike.before)) && open(common) {
					*common = ports.Answer{Likely: approved}
				}
				return answer
			}
			c.inquire = func(ctx context.Context, order Order) (answer Answer) {
				if k.common(k.last(&order)).Likely != approved {
					return inquire(ctx, order)
				}
				end(k.common(&answer), approved)
				return answer
			}
			return c
		}})
	}
	return flaws
}

// refusedFlaws do not read the status of a record.
func (k kind[Order, Answer]) refusedFlaws() []bent[Order, Answer] {
	reads := func(name string, change func(answer *ports.Answer)) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksDeclined, "provider: " + string(portstest.FaultDeclineLost), k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && s.on(portstest.FaultDeclineLost) && answer.Outcome == declined {
				change(answer)
			}
		})}
	}
	return []bent[Order, Answer]{
		reads("takes any record for that of an approved order", func(answer *ports.Answer) { end(answer, approved) }),
		reads("takes a record of a refusal for no trace", func(answer *ports.Answer) { end(answer, notSent) }),
		reads("leaves an order unknown of which the record says that it was refused", func(answer *ports.Answer) { *answer = ports.Answer{} }),
	}
}

// resentFlaws misread the answer to an order that was sent again.
func (k kind[Order, Answer]) resentFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"takes the refusal of an order that was sent again for one that was executed before", breaksDeclined, "provider: " + string(portstest.FaultDeclineLost), k.after(func(_ *scene, order *Order, answer *Answer, sent bool) {
			if common := k.common(answer); sent && *k.transmissions(order) > 1 && common.Outcome == declined {
				end(common, approved)
			}
		})},
	}
}

// refusing changes what Prepare answers while a fault lies on its questions.
func (k kind[Order, Answer]) refusing(change func(refusal *Answer)) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
		prepare := c.prepare
		c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
			evidence, refusal := prepare(ctx, order)
			if refusal != nil && slices.ContainsFunc(sorted(questions()), s.on) {
				change(refusal)
			}
			return evidence, refusal
		}
		return c
	}
}

// preparingFlaws blame an order for a question of Prepare that failed.
func (k kind[Order, Answer]) preparingFlaws() []bent[Order, Answer] {
	refuses := func(name, breaks string, change func(refusal *ports.Answer)) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaks, unaskedScenario, k.refusing(func(refusal *Answer) { change(k.common(refusal)) })}
	}
	const unasked = "A question of Prepare that failed says nothing of the order: Prepare goes without it, or refuses with OutcomeNotSent or OutcomeFault."
	return []bent[Order, Answer]{
		refuses("declines an order because a question failed", unasked, func(refusal *ports.Answer) { refusal.Outcome = declined }),
		refuses("calls a question that failed a permanent fault", breaksUnasked, func(refusal *ports.Answer) { refusal.Outcome, refusal.Permanent = faulty, true }),
		refuses("calls an order permanent that it does not send because a question failed", breaksUnasked, func(refusal *ports.Answer) { refusal.Permanent = true }),
		refuses("calls an order likely to be approved that it refuses", breaksLikely, func(refusal *ports.Answer) { refusal.Likely = approved }),
	}
}

// unaskedMethod has another payment method tried because a question failed.
func unaskedMethod() bent[ports.ChargeOrder, ports.ChargeAnswer] {
	return bent[ports.ChargeOrder, ports.ChargeAnswer]{
		"has another method tried because a question failed", breaksUnasked, unaskedScenario, charges().refusing(func(refusal *ports.ChargeAnswer) { refusal.NextMethod = true }),
	}
}
