package suitetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// remembering gives each process a memory of its own.
func (k kind[Order, Answer]) remembering(
	bend func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer],
) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
		return bend(&process[Order]{evidence: map[string][]byte{}, sent: map[string]bool{}}, c)
	}
}

// stateFlaws keep in the process what belongs to the order, or to another order.
func (k kind[Order, Answer]) stateFlaws() []bent[Order, Answer] {
	const restart = "each call may come from a process of its own"
	return []bent[Order, Answer]{
		{"knows only orders that this process has sent", breaksEvidence, restart, k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
			send, inquire := c.send, c.inquire
			c.send = func(ctx context.Context, order Order) Answer {
				p.met(*k.id(&order))
				return send(ctx, order)
			}
			c.inquire = func(ctx context.Context, order Order) (answer Answer) {
				if p.knows(*k.id(&order)) {
					return inquire(ctx, order)
				}
				end(k.common(&answer), notSent)
				return answer
			}
			return c
		})},
		{"sends only orders that this process has prepared", breaksEvidence, restart, k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
			prepare, send := c.prepare, c.send
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				p.met(*k.id(&order))
				return prepare(ctx, order)
			}
			c.send = func(ctx context.Context, order Order) (answer Answer) {
				if p.knows(*k.id(&order)) {
					return send(ctx, order)
				}
				end(k.common(&answer), faulty)
				return answer
			}
			return c
		})},
	}
}

// keptFlaws are those of adapters that need the Evidence. The scenario notices one that forgets
// the evidence.
func (k kind[Order, Answer]) keptFlaws(forgets string) []bent[Order, Answer] {
	const restart = "each call may come from a process of its own"
	return []bent[Order, Answer]{
		{"keeps the evidence in the process", breaksEvidence, restart, k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
			prepare, send, inquire := c.prepare, c.send, c.inquire
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				p.mu.Lock()
				defer p.mu.Unlock()
				p.evidence[*k.id(&order)] = evidence
				return nil, refusal
			}
			recall := func(order Order) Order {
				p.mu.Lock()
				defer p.mu.Unlock()
				*k.evidence(&order) = p.evidence[*k.id(&order)]
				return order
			}
			c.send = func(ctx context.Context, order Order) Answer { return send(ctx, recall(order)) }
			c.inquire = func(ctx context.Context, order Order) Answer { return inquire(ctx, recall(order)) }
			return c
		})},
		{"changes the Evidence", breaksEvidence, "no call changes the order", k.before(func(_ *scene, order *Order) {
			evidence := *k.evidence(order)
			clear(evidence)
		})},
		{"forgets the evidence", breaksEvidence, forgets, k.before(func(_ *scene, order *Order) { *k.evidence(order) = nil })},
		{"uses the evidence of the order that it prepared last", breaksEvidence, "an order is not taken for the one before it", k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
			prepare, send, inquire := c.prepare, c.send, c.inquire
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				p.mu.Lock()
				defer p.mu.Unlock()
				if p.evidence["first"] == nil {
					p.evidence["first"] = evidence
				}
				return evidence, refusal
			}
			recall := func(order Order) Order {
				p.mu.Lock()
				defer p.mu.Unlock()
				*k.evidence(&order) = p.evidence["first"]
				return order
			}
			c.send = func(ctx context.Context, order Order) Answer { return send(ctx, recall(order)) }
			c.inquire = func(ctx context.Context, order Order) Answer { return inquire(ctx, recall(order)) }
			return c
		})},
	}
}

// idFlaws make of OperationIDs what the provider takes.
func (k kind[Order, Answer]) idFlaws() []bent[Order, Answer] {
	const apart = "OperationIDs of any length and form are kept apart"
	change := func(name, scenario string, of func(id string) string) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksID, scenario, k.before(func(_ *scene, order *Order) {
			if id := k.id(order); *id != "" {
				*id = of(*id)
			}
		})}
	}
	return []bent[Order, Answer]{
		change("cuts the OperationID off at 36 bytes", apart, func(id string) string { return id[:min(len(id), 36)] }),
		change("cuts the OperationID off at 64 bytes", apart, func(id string) string { return id[:min(len(id), 64)] }),
		change("keeps the end of the OperationID", apart, func(id string) string { return id[max(0, len(id)-1):] }),
		change("takes capital letters of the OperationID for small ones", apart, strings.ToLower),
		change("leaves out what is no letter and no digit of the OperationID", apart, func(id string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsLetter(r) || unicode.IsDigit(r) {
					return r
				}
				return -1
			}, id)
		}),
		change("writes other letters than those of English as question marks", apart, func(id string) string {
			return strings.Map(func(r rune) rune {
				if r > unicode.MaxASCII {
					return '?'
				}
				return r
			}, id)
		}),
		change("makes a CRC-32 of the OperationID", apart, func(id string) string { return strconv.Itoa(int(crc32.ChecksumIEEE([]byte(id)))) }),
		change("makes two bytes of a digest of the OperationID", apart, func(id string) string {
			sum := sha256.Sum256([]byte(id))
			return hex.EncodeToString(sum[:2])
		}),
		change("makes a short number of the OperationID", apart, func(id string) string {
			sum := 0
			for _, b := range []byte(id) {
				sum = (sum + int(b)) % 2
			}
			return fmt.Sprint("n", sum)
		}),
		change("gives all orders one OperationID", "an order is not taken for the one before it", func(string) string { return "order" }),
	}
}

// effectFlaws move money that they must not move.
func (k kind[Order, Answer]) effectFlaws() []bent[Order, Answer] {
	const lost = "provider: connection lost before the effect"
	return []bent[Order, Answer]{
		{"sends while it prepares", "Prepare gathers what an inquiry will need to recognise the order, and sends nothing that moves money.", "Prepare moves no money", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare, send := c.prepare, c.send
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				if refusal == nil {
					*k.evidence(&order), *k.sentAt(&order) = evidence, s.provider.Now()
					send(ctx, order)
				}
				return evidence, refusal
			}
			return c
		}},
		{"refuses with an outcome that is no refusal", "A refusal says that the order must not be sent: its outcome is OutcomeDeclined, OutcomeNotSent or OutcomeFault.", "a bad order is refused and moves nothing", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				if refusal != nil {
					k.common(refusal).Outcome = unknown
				}
				return evidence, refusal
			}
			return c
		}},
		{"sends a context's end away", breaksNotSent, "a context that has ended sends nothing", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				if ctx.Err() != nil {
					ctx = context.WithoutCancel(ctx)
				}
				return send(ctx, order)
			}
			return c
		}},
		{"sends an order again whose answer was lost", breaksOnce, lost, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				if k.common(&answer).Outcome == unknown && ctx.Err() == nil {
					answer = send(ctx, order)
				}
				return answer
			}
			return c
		}},
		{"sends an order of which an inquiry finds nothing", "Inquire finds out what became of an order that was, or may have been, sent.", lost, func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send, inquire := c.send, c.inquire
			c.inquire = func(ctx context.Context, order Order) Answer {
				answer := inquire(ctx, order)
				if common := k.common(&answer); common.Outcome == unknown || common.Outcome == notSent {
					*k.sentAt(&order) = s.provider.Now()
					return send(ctx, order)
				}
				return answer
			}
			return c
		}},
	}
}

// askingFlaws are those of adapters whose Prepare asks the provider.
func (k kind[Order, Answer]) askingFlaws() []bent[Order, Answer] {
	const ends = "calls return when their context ends"
	return []bent[Order, Answer]{
		{"prepares on when its context ends", breaksSoon, ends, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				return prepare(context.WithoutCancel(ctx), order)
			}
			return c
		}},
	}
}

// contextFlaws outlast their context, or take its end for an answer.
func (k kind[Order, Answer]) contextFlaws() []bent[Order, Answer] {
	const ends = "calls return when their context ends"
	return []bent[Order, Answer]{
		{"sends on when its context ends", breaksSoon, ends, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer { return send(context.WithoutCancel(ctx), order) }
			return c
		}},
		{"inquires on when its context ends", breaksSoon, ends, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			inquire := c.inquire
			c.inquire = func(ctx context.Context, order Order) Answer { return inquire(context.WithoutCancel(ctx), order) }
			return c
		}},
		{"takes the end of its context for an order that was not sent", "answers OutcomeUnknown when it cannot tell, also when ctx ends before an answer has come.", ends, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				if ctx.Err() != nil {
					end(k.common(&answer), notSent)
				}
				return answer
			}
			return c
		}},
	}
}

// ageFlaws end orders because they are old, or were asked about often.
func (k kind[Order, Answer]) ageFlaws() []bent[Order, Answer] {
	const blind = "an inquiry that fails is no answer: " + string(portstest.FaultBlind)
	ends := func(name string, taken ports.Outcome, when func(s *scene, order *Order) bool) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksQuestion, blind, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			if common := k.common(answer); !sent && open(common) && when(s, order) {
				end(common, taken)
			}
		})}
	}
	return []bent[Order, Answer]{
		ends("gives an order up after ten inquiries", notSent, func(_ *scene, order *Order) bool { return *k.inquiries(order) >= 10 }),
		ends("declines an order after two days", declined, func(s *scene, order *Order) bool {
			return s.provider.Now().Sub(*k.sentAt(order)) > 48*time.Hour
		}),
		ends("calls an order a fault after a month", faulty, func(s *scene, order *Order) bool {
			return s.provider.Now().Sub(*k.sentAt(order)) > 30*24*time.Hour
		}),
	}
}

// ofAllProcesses is what a flaw keeps where the adapters of all accounts find it.
var ofAllProcesses sync.Map

// sharedFlaws keep what belongs to an order in a place that all adapters share.
func (k kind[Order, Answer]) sharedFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"remembers answers for all accounts by OperationID", breaksEvidence, "two providers share nothing in the process", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			inquire := c.inquire
			c.inquire = func(ctx context.Context, order Order) Answer {
				id := *k.id(&order)
				if kept, known := ofAllProcesses.Load(id); known {
					answer, _ := kept.(Answer)
					return answer
				}
				answer := inquire(ctx, order)
				if k.common(&answer).Outcome == approved {
					ofAllProcesses.Store(id, answer)
				}
				return answer
			}
			return c
		}},
	}
}

// laneFlaws change what must not change.
func (k kind[Order, Answer]) laneFlaws() []bent[Order, Answer] {
	const lane = "the lane of an order never changes"
	lanes := func(name string, of func(process int, order *Order, was string) string) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksLane, lane, func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			was, process := c.lane, s.process()
			c.lane = func(order Order) string { return of(process, &order, was(order)) }
			return c
		}}
	}
	return []bent[Order, Answer]{
		lanes("gives each process a lane", func(process int, _ *Order, was string) string { return fmt.Sprint(was, process) }),
		{"changes the lane while it works", breaksLane, "name and lane are those of every process", k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
			was, send := c.lane, c.send
			c.send = func(ctx context.Context, order Order) Answer {
				p.met("any")
				return send(ctx, order)
			}
			c.lane = func(order Order) string {
				if p.knows("any") {
					return was(order) + " busy"
				}
				return was(order)
			}
			return c
		})},
		lanes("gives a lane that no record can have", func(_ int, _ *Order, was string) string { return was + "\x00" }),
		lanes("gives a lane that is too long", func(_ int, _ *Order, was string) string { return was + text(ports.MaxID+1) }),
		{"gives each process a name", breaksName, "the name never changes", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.name = fmt.Sprint(c.name, s.process())
			return c
		}},
		{"has no name", breaksName, "the name never changes", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.name = ""
			return c
		}},
	}
}

// movingFlaws change the lane of an order on its way.
func (k kind[Order, Answer]) movingFlaws() []bent[Order, Answer] {
	lanes := func(name string, of func(order *Order, was string) string) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksLane, "the lane of an order never changes", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			was := c.lane
			c.lane = func(order Order) string { return of(&order, was(order)) }
			return c
		}}
	}
	return []bent[Order, Answer]{
		lanes("changes the lane when the order is sent", func(order *Order, was string) string {
			return fmt.Sprint(was, *k.transmissions(order) > 0)
		}),
		lanes("changes the lane with the last answer", func(order *Order, was string) string {
			return was + k.common(k.last(order)).Outcome.String()
		}),
	}
}

// traceFlaws are those of adapters that end an order for want of a trace.
func (k kind[Order, Answer]) traceFlaws() []bent[Order, Answer] {
	const early, lost = "so early a person cannot know more than the adapter.", "provider: connection lost before the effect"
	const trace = "For want of a trace it answers OutcomeNotSent only once no Charge can be about to send the order, and the provider can no longer start it"
	return []bent[Order, Answer]{
		{"gives up at once an order that the provider does not show", trace, "an order that the provider does not show for a while is found", k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && s.on(portstest.FaultHidden) && open(answer) {
				end(answer, notSent)
			}
		})},
		{"sends an order that waited for long", "Charge must move no money for an order that an inquiry may have given up.", "an order that is sent at the last moment ends as it was executed", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				*k.sentAt(&order) = s.provider.Now()
				return send(ctx, order)
			}
			return c
		}},
		{"leaves an order to a person eight minutes after it was lost", early, lost, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			common, waited := k.common(answer), s.provider.Now().Sub(*k.sentAt(order))
			if !sent && common.Outcome == unknown && s.on(portstest.FaultDropBefore) && waited >= 8*time.Minute {
				*common = ports.Answer{Review: "no trace"}
			}
		})},
		{"gives up an order that was sent again", "so where Transmissions is above 1 no order ends for want of a trace.", "an order that was sent again is not given up for want of a trace", k.before(func(_ *scene, order *Order) {
			if n := k.transmissions(order); *n > 1 {
				*n = 1
			}
		})},
	}
}

// transmissionFlaws speak of the last transmission alone.
func (k kind[Order, Answer]) transmissionFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"takes the third transmission for the first", breaksFinal, "a refusal after three transmissions speaks of all of them", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				if n := k.transmissions(&order); *n > 2 {
					*n = 1
				}
				return send(ctx, order)
			}
			return c
		}},
		{"refuses by the last transmission alone", breaksFinal, "a refusal of an order that was sent again speaks of all transmissions", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				*k.transmissions(&order) = 1
				return send(ctx, order)
			}
			return c
		}},
	}
}

// sharedLaneFlaws are those of adapters whose provider cannot tell orders apart.
func (k kind[Order, Answer]) sharedLaneFlaws() []bent[Order, Answer] {
	const apart = "orders under way at once are kept apart"
	return []bent[Order, Answer]{
		{"lets orders travel at the same time that it cannot tell apart", breaksLane, apart, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.lane = func(Order) string { return "" }
			return c
		}},
		{"gives each order a lane of its own that it cannot tell apart", breaksLane, apart, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.lane = func(order Order) string { return "lane " + *k.id(&order) }
			return c
		}},
		{"leaves every order to a person while others move money", "Review, when not blank, says why the adapter cannot find out and a person must decide.", "an order is found among those of others", k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && s.on(portstest.FaultOthers) {
				*answer = ports.Answer{Review: "others move money"}
			}
		})},
		{"takes any movement on the account for the order", breaksRef, "an order is not taken for those of others", k.afterward(func(_ *scene, answer *ports.Answer, sent bool) {
			if !sent && answer.Review != "" {
				end(answer, approved)
			}
		})},
	}
}

// resendFlaws are those of adapters that have orders sent again.
func (k kind[Order, Answer]) resendFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"sends again under another key", "sending the same order again under the same id is safe at this provider", "provider: connection lost, and the effect happens minutes later", k.before(func(_ *scene, order *Order) {
			if n := *k.transmissions(order); n > 1 {
				*k.id(order) += fmt.Sprint("#", n)
			}
		})},
		{"has a pending order sent again", "Resend says, with OutcomeUnknown and after an inquiry, that sending the same order again under the same id is safe at this provider", "an order of which nothing is known is found", k.afterward(func(_ *scene, answer *ports.Answer, _ bool) {
			if answer.Resend {
				answer.Outcome = pending
			}
		})},
		{"gives up an order, and then sends it", "Charge must move no money for an order that an inquiry may have given up.", "an order that an inquiry gave up is not sent", k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && answer.Resend {
				end(answer, notSent)
			}
		})},
	}
}

// blankFlaws are those of orders that have an id of their own at the provider.
func (k kind[Order, Answer]) blankFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"names no id of an approved order", "An approved charge or payout has one: without it the core cannot see that one payment is reported for two orders.", "provider: answers at once", k.afterward(func(_ *scene, answer *ports.Answer, _ bool) {
			if answer.Outcome == approved {
				answer.ProviderRef = ""
			}
		})},
		{"names no id of an order that was lost", "An approved charge or payout has one: without it the core cannot see that one payment is reported for two orders.", "provider: connection lost after the effect", k.afterward(func(_ *scene, answer *ports.Answer, sent bool) {
			if !sent {
				answer.ProviderRef = ""
			}
		})},
	}
}
