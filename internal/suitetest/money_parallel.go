package suitetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// ParallelChargerFlaws are those of a Charger that may send several orders at the same time.
func ParallelChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(append(k.parallelFlaws(), k.keepsFields("charges the card of the call that came last", func(to, from *ports.ChargeOrder) { to.PaymentMethod = from.PaymentMethod })))
}

// ParallelDisburserFlaws are those of a Disburser that may send several orders at the same time.
func ParallelDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(append(k.parallelFlaws(), k.keepsFields("pays to the destination of the call that came last", func(to, from *ports.PayoutOrder) { to.Destination = from.Destination })))
}

// ParallelCancelerFlaws are those of a Canceler that may send several cancellations at the same
// time.
func ParallelCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(append(k.parallelFlaws(), k.keepsFields("takes back the charge of the call that came last", func(to, from *ports.CancelOrder) { to.Charge = from.Charge })))
}

const (
	breaksConcurrent = "All methods may be called concurrently, for different orders and for the same one."
	differ           = "orders that differ may be sent at the same time"
)

// request is how long an adapter takes between making a request and sending it.
const request = 2 * time.Millisecond

// keepsFields is a flaw that keeps fields of a request in the adapter.
func (k kind[Order, Answer]) keepsFields(name string, exchange func(to, from *Order)) bent[Order, Answer] {
	return bent[Order, Answer]{name, breaksConcurrent, differ, k.remembering(func(p *process[Order], c calls[Order, Answer]) calls[Order, Answer] {
		send := c.send
		c.send = func(ctx context.Context, order Order) Answer {
			p.mu.Lock()
			p.lastSent = order
			p.mu.Unlock()
			time.Sleep(request)
			p.mu.Lock()
			exchange(&order, &p.lastSent)
			p.mu.Unlock()
			return send(ctx, order)
		}
		return c
	})}
}

// parallelFlaws mix calls that are made at the same time.
func (k kind[Order, Answer]) parallelFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"takes the answers of calls in the order in which they come", breaksConcurrent, differ, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send, answers, mu, waiting := c.send, make(chan Answer, 1000), new(sync.Mutex), 0
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				mu.Lock()
				answers <- answer
				waiting++
				pause := 5 * request * time.Duration(10/waiting) // the answer that came first waits longest
				mu.Unlock()
				time.Sleep(pause)
				answer = <-answers
				mu.Lock()
				waiting--
				mu.Unlock()
				return answer
			}
			return c
		}},
	}
}

// waitingFlaws let a call wait for others, whatever its context says.
func (k kind[Order, Answer]) waitingFlaws() []bent[Order, Answer] {
	const hangs = "a call that gets no answer holds up no other"
	places := func(name, scenario string, count int, leaks bool) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksSoon, scenario, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send, inquire, free := c.send, c.inquire, make(chan struct{}, count)
			take := func(ctx context.Context, call func() Answer) Answer {
				free <- struct{}{}
				answer := call()
				if !leaks || ctx.Err() == nil {
					<-free
				}
				return answer
			}
			c.send = func(ctx context.Context, order Order) Answer {
				return take(ctx, func() Answer { return send(ctx, order) })
			}
			c.inquire = func(ctx context.Context, order Order) Answer {
				return take(ctx, func() Answer { return inquire(ctx, order) })
			}
			return c
		}}
	}
	return []bent[Order, Answer]{
		places("makes one call at a time, and lets the next wait without its context", hangs, 1, false),
		places("makes sixteen calls at a time, and lets the next wait without its context", hangs, 16, false),
		places("loses a place with each call whose context has ended", "calls whose context has ended use nothing up", 200, true),
	}
}

// bufferFlaws are those of adapters that need their evidence.
func (k kind[Order, Answer]) bufferFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"writes the evidence of all orders into one buffer", "No later call may change these bytes.", "the evidence of an order is its own", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare, mu, buffer := c.prepare, new(sync.Mutex), make([]byte, 0, 1<<16)
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				evidence, refusal := prepare(ctx, order)
				mu.Lock()
				defer mu.Unlock()
				buffer = append(buffer[:0], evidence...)
				return buffer, refusal
			}
			return c
		}},
	}
}

// limitFlaws are of orders that are open for long.
func (k kind[Order, Answer]) limitFlaws() []bent[Order, Answer] {
	const sixty = "sixty inquiries without an answer end no order"
	ends := func(name string, taken ports.Outcome, when func(s *scene, order *Order) bool) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksQuestion, sixty, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			if common := k.common(answer); !sent && open(common) && when(s, order) {
				end(common, taken)
			}
		})}
	}
	return []bent[Order, Answer]{
		ends("declines an order after forty inquiries", declined, func(_ *scene, order *Order) bool { return *k.inquiries(order) >= 40 }),
		ends("gives an order up after a hundred days", notSent, func(s *scene, order *Order) bool {
			return s.provider.Now().Sub(*k.sentAt(order)) > 100*24*time.Hour
		}),
		{"doubles the pause without a bound", "InquireAfter is how long to wait before the next inquiry.", sixty, k.after(func(_ *scene, order *Order, answer *Answer, _ bool) {
			if common := k.common(answer); open(common) {
				common.InquireAfter = 5 * time.Second << min(*k.inquiries(order), 30)
			}
		})},
	}
}

// pendingForLongFlaws end orders that are pending for long.
func (k kind[Order, Answer]) pendingForLongFlaws() []bent[Order, Answer] {
	const long = "an order that is pending stays so for sixty inquiries and four months"
	ends := func(name string, taken ports.Outcome, when func(s *scene, order *Order) bool) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksPending, long, k.after(func(s *scene, order *Order, answer *Answer, sent bool) {
			if common := k.common(answer); !sent && common.Outcome == pending && when(s, order) {
				end(common, taken)
			}
		})}
	}
	return []bent[Order, Answer]{
		ends("declines a pending order after forty inquiries", declined, func(_ *scene, order *Order) bool { return *k.inquiries(order) >= 40 }),
		ends("approves a pending order after a hundred days", approved, func(s *scene, order *Order) bool {
			return s.provider.Now().Sub(*k.sentAt(order)) > 100*24*time.Hour
		}),
	}
}

// sentOftenFlaws are those of adapters that have orders sent again.
func (k kind[Order, Answer]) sentOftenFlaws() []bent[Order, Answer] {
	const (
		six    = "an order that is sent six times moves its money once"
		months = "an order that is asked about after four months ends as it was executed"
		breaks = "however many transmissions arrive, and however late, it moves the money at most once."
	)
	return []bent[Order, Answer]{
		{"sends the fourth transmission under another key", breaks, six, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				if *k.transmissions(&order) > 3 {
					*k.id(&order) += "#4"
				}
				return send(ctx, order)
			}
			return c
		}},
		{"declines the fourth transmission", breaksFinal, six, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				answer := send(ctx, order)
				if common := k.common(&answer); *k.transmissions(&order) > 3 && open(common) {
					end(common, declined)
				}
				return answer
			}
			return c
		}},
		{"uses another key after forty days", breaks, months, k.before(func(s *scene, order *Order) {
			if at := *k.sentAt(order); !at.IsZero() && s.provider.Now().Sub(at) > 40*24*time.Hour {
				*k.id(order) += "#old"
			}
		})},
	}
}

// saltedFlaws are those of adapters whose OperationIDs the provider has, as they are.
func (k kind[Order, Answer]) saltedFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"makes four bytes of a digest of the OperationID and a name", "A digest has 64 bits or more.", "digests of OperationIDs are long", k.before(func(_ *scene, order *Order) {
			if id := k.id(order); *id != "" {
				*id = firstOf(4, "name "+*id)
			}
		})},
	}
}

// SaltedChargerFlaws are those of a Charger whose OperationIDs the provider has, as they are.
func SaltedChargerFlaws() []Flaw[portstest.ChargerHarness] { return chargers(charges().saltedFlaws()) }

// SaltedDisburserFlaws are those of a Disburser whose OperationIDs the provider has, as they are.
func SaltedDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	return disbursers(payouts().saltedFlaws())
}

// methodFlaws charge another payment method than that of the order.
func methodFlaws(k kind[ports.ChargeOrder, ports.ChargeAnswer]) []bent[ports.ChargeOrder, ports.ChargeAnswer] {
	const other = "no other payment method than that of the order is charged"
	const breaks = "An order that the provider cannot take as it is (another currency, a finer amount, no payment method) must be refused, here or by Charge, and never be changed into one that the provider takes."
	methods := func(name string, of func(method string, known []string) string) bent[ports.ChargeOrder, ports.ChargeAnswer] {
		return bent[ports.ChargeOrder, ports.ChargeAnswer]{name, breaks, other, k.before(func(s *scene, order *ports.ChargeOrder) {
			if harness, charges := s.provider.(portstest.ChargerHarness); charges && order.PaymentMethod != "" {
				order.PaymentMethod = of(order.PaymentMethod, harness.Methods())
			}
		})}
	}
	return []bent[ports.ChargeOrder, ports.ChargeAnswer]{
		methods("charges the first card where the provider does not have that of the order", func(method string, known []string) string {
			if slices.Contains(known, method) {
				return method
			}
			return known[0]
		}),
		methods("cuts the payment method off", func(method string, known []string) string {
			for _, name := range known {
				if strings.HasPrefix(method, name) {
					return name
				}
			}
			return method
		}),
	}
}

// methodLaneFlaws are those of a Charger whose provider cannot tell orders apart.
func methodLaneFlaws() []bent[ports.ChargeOrder, ports.ChargeAnswer] {
	return []bent[ports.ChargeOrder, ports.ChargeAnswer]{
		{"gives each payment method a lane", breaksLane, "orders of several payment methods are kept apart", func(_ *scene, c calls[ports.ChargeOrder, ports.ChargeAnswer]) calls[ports.ChargeOrder, ports.ChargeAnswer] {
			was := c.lane
			c.lane = func(order ports.ChargeOrder) string {
				return was(order) + " " + order.PaymentMethod[:min(40, len(order.PaymentMethod))]
			}
			return c
		}},
	}
}

// dayFlaws change the lane of an order with the day.
func (k kind[Order, Answer]) dayFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"gives each day a lane", "It is the same at every call about an order, on whatever day", "the lane of an order is the same on every day, and one that a record can have", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			was := c.lane
			c.lane = func(order Order) string { return was(order) + s.provider.Now().Format(time.DateOnly) }
			return c
		}},
	}
}

// refusedBeforeFlaws are those of a Disburser whose provider can refuse an order and keep its
// money.
func (k kind[Order, Answer]) refusedBeforeFlaws() []bent[Order, Answer] {
	return []bent[Order, Answer]{
		{"takes what was given back for another order for its own", breaksDeclined, "a refusal is not proved by what was given back for another order", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			inquire, mu, before := c.inquire, new(sync.Mutex), false
			c.inquire = func(ctx context.Context, order Order) Answer {
				answer := inquire(ctx, order)
				mu.Lock()
				defer mu.Unlock()
				common := k.common(&answer)
				if before && open(common) && s.on(portstest.FaultKept) {
					end(common, declined)
				}
				before = before || common.Outcome == declined
				return answer
			}
			return c
		}},
	}
}
