package simulation_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// gateway is a simulated provider with a payment window, virtual accounts, and cancellations of parts. It moves
// the money of an order once, whatever arrives.
type gateway struct {
	mu      sync.Mutex
	random  *rand.Rand
	odds    int                  // one call in so many goes wrong; 0: none does
	agreed  map[string]bool      // orders whose customers agreed in the window
	charges map[string]*movement // by order
	cancels map[string]*movement // by cancellation
	count   func(group, name string)
}

// movement is money that the gateway takes or gives back.
type movement struct {
	of      string // of a cancellation: its order
	amount  decimal.Decimal
	outcome ports.Outcome // pending, approved or declined
	becomes ports.Outcome // of a pending one
	settles time.Time
}

// quiet is after how long no request of the gateway is under way any more; half of it is how long one may be.
const quiet = 20 * time.Minute

func newGateway(seed uint64, count func(group, name string)) *gateway {
	return &gateway{
		random: rand.New(rand.NewPCG(seed, 11)), agreed: make(map[string]bool),
		charges: make(map[string]*movement), cancels: make(map[string]*movement), count: count,
	}
}

func token(order string) string { return "paid " + order }

// settled returns a movement as it is now, or nil for nil.
func settled(m *movement) *movement {
	if m != nil && m.outcome == ports.OutcomePending && !time.Now().Before(m.settles) {
		m.outcome = m.becomes
	}
	return m
}

// taken is what the gateway took for an order, and what it gave back of that.
func (g *gateway) taken(order string) (amount, back decimal.Decimal) {
	if m := settled(g.charges[order]); m != nil && m.outcome == ports.OutcomeApproved {
		amount = m.amount
	}
	for _, c := range g.cancels {
		if c.of == order && settled(c).outcome == ports.OutcomeApproved {
			back = back.Add(c.amount)
		}
	}
	return amount, back
}

// fault draws what goes wrong with a call; blank: nothing.
func (g *gateway) fault(of ...string) string {
	if g.odds == 0 || g.random.IntN(g.odds) > 0 {
		return ""
	}
	fault := of[g.random.IntN(len(of))]
	g.count("provider faults", "window "+fault)
	return fault
}

var windowFaults = []string{"connection refused", "lost before the effect", "lost after the effect", "declined", "pending"}

// execute moves money, or not, as a fault has it. Only an order that is new is executed.
func (g *gateway) execute(in map[string]*movement, id string, m movement) (answer ports.ChargeAnswer) {
	if in[id] == nil {
		m.outcome = ports.OutcomeApproved
		switch g.fault(windowFaults...) {
		case "connection refused":
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
		case "lost before the effect":
			return ports.ChargeAnswer{}
		case "lost after the effect":
			in[id] = &m
			return ports.ChargeAnswer{}
		case "declined":
			m.outcome = ports.OutcomeDeclined
		case "pending":
			m.outcome, m.becomes = ports.OutcomePending, ports.OutcomeApproved
			if g.random.IntN(2) == 0 {
				m.becomes = ports.OutcomeDeclined
			}
			m.settles = time.Now().Add(time.Duration(g.random.IntN(40)) * time.Minute)
		}
		in[id] = &m
	}
	return answerOf(id, settled(in[id]))
}

func answerOf(id string, m *movement) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: m.outcome, ProviderRef: "pay-" + id}}
	if m.outcome == ports.OutcomeApproved {
		answer.Amount = decimal.NewNullDecimal(m.amount)
	}
	return answer
}

// look answers a question. What left no trace ends once nothing can be under way any more.
func (g *gateway) look(in map[string]*movement, id string, sent time.Time, transmissions int) ports.ChargeAnswer {
	m := settled(in[id])
	switch {
	case g.odds > 0 && g.random.IntN(20) == 0:
		return ports.ChargeAnswer{Answer: ports.Answer{Message: "no answer"}}
	case m != nil:
		return answerOf(id, m)
	case transmissions == 0:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, Message: "not paid yet"}}
	case time.Since(sent) < quiet || transmissions > 1:
		return ports.ChargeAnswer{Answer: ports.Answer{InquireAfter: 5 * time.Minute}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "no trace of it"}}
}

// windowCharger is the gateway as one process reaches it: each call waits for its turn, and may not be heard.
type windowCharger struct {
	gateway *gateway
	process *process
}

var (
	_ ports.Confirmer    = windowCharger{}
	_ ports.PartCanceler = windowCharger{}
)

func (windowCharger) Name() string { return viaWindow }

func (windowCharger) Lane(o ports.ChargeOrder) string { return viaWindow + " " + o.WalletID }

// call makes a call. It answers that nothing was sent when ctx ended before, and unknown when nothing was heard.
func (c windowCharger) call(ctx context.Context, what string, do func() ports.ChargeAnswer) (answer ports.ChargeAnswer) {
	c.process.only(actorOf(ctx), what)
	c.process.wait(ctx, what, false)
	if ctx.Err() != nil {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "not sent"}}
	}
	if !c.process.life.Do(func() {
		c.gateway.mu.Lock()
		defer c.gateway.mu.Unlock()
		answer = do()
	}) {
		return ports.ChargeAnswer{}
	}
	c.process.wait(ctx, "hears of "+what, false)
	if ctx.Err() != nil || c.process.dead.Load() {
		return ports.ChargeAnswer{}
	}
	return answer
}

// ask is call for a question: one that was not sent says nothing.
func (c windowCharger) ask(ctx context.Context, what string, do func() ports.ChargeAnswer) ports.ChargeAnswer {
	var answered bool
	answer := c.call(ctx, what, func() ports.ChargeAnswer { answered = true; return do() })
	if !answered {
		return ports.ChargeAnswer{}
	}
	return answer
}

func (windowCharger) Await(o ports.ChargeOrder, _ map[string]string) (ports.Await, error) {
	if o.Currency != "KRW" {
		return ports.Await{}, ports.Invalid("Currency", "is %s, and the window takes won", o.Currency)
	}
	return ports.Await{Until: o.RequestedAt.Add(mostAwaited), Shown: map[string]string{"order": o.OperationID}}, nil
}

func (windowCharger) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Message: "customers pay in the window"}}
}

func (c windowCharger) PrepareConfirm(ctx context.Context, o ports.ChargeOrder, given string) ([]byte, *ports.ChargeAnswer) {
	answer := c.ask(ctx, "window: is it paid", func() ports.ChargeAnswer {
		if given != token(o.OperationID) || !c.gateway.agreed[o.OperationID] || c.gateway.charges[o.OperationID] != nil {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "NOT_FOUND"}}
		}
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
	})
	switch answer.Outcome { //nolint:exhaustive // the others are no answer
	case ports.OutcomeApproved:
		return []byte("agreed"), nil
	case ports.OutcomeDeclined:
		return nil, &answer
	}
	answer.Outcome = ports.OutcomeNotSent
	return nil, &answer
}

func (c windowCharger) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.call(ctx, "window: charge "+o.OperationID, func() ports.ChargeAnswer {
		if string(o.Evidence) != "agreed" || time.Since(o.SentAt) > quiet/2 {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "too late"}}
		}
		return c.gateway.execute(c.gateway.charges, o.OperationID, movement{amount: o.Amount})
	})
}

func (c windowCharger) Inquire(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.ask(ctx, "window: look for "+o.OperationID, func() ports.ChargeAnswer {
		return c.gateway.look(c.gateway.charges, o.OperationID, o.SentAt, o.Transmissions)
	})
}

func (windowCharger) CheckPart(ports.CancelOrder) error { return nil }

func (windowCharger) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (c windowCharger) Cancel(ctx context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return c.call(ctx, "window: give back "+o.CancelID, func() ports.ChargeAnswer {
		if time.Since(o.RequestedAt) > quiet/2 {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Message: "too late"}}
		}
		return c.gateway.execute(c.gateway.cancels, o.CancelID, movement{of: o.Charge.OperationID, amount: o.Amount})
	})
}

func (c windowCharger) InquireCancel(ctx context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return c.ask(ctx, "window: look for "+o.CancelID, func() ports.ChargeAnswer {
		return c.gateway.look(c.gateway.cancels, o.CancelID, o.RequestedAt, max(o.Transmissions, 1))
	})
}

// sorted returns the ids of movements that are as asked for, in order.
func sorted(of map[string]*movement, is func(id string, m *movement) bool) (ids []string) {
	for id, m := range of {
		if is(id, settled(m)) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
