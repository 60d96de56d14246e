package portstest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// moneyOrder is an order to a Charger, a Disburser or a Canceler on its way.
type moneyOrder interface {
	moneyRecord
	moneyCalls
	moneyBytes
}

// moneyRecord is what is kept of an order.
type moneyRecord interface {
	name() string                // of the adapter, as a new process says
	lane() string                // as a new process says
	served() (name, lane string) // as the process says that makes the calls
	describe() string
	amount() decimal.Decimal
	executed() (done, known bool) // what the provider's books say of this order, if they tell orders apart
	moneySent
	moneyChanges
}

// moneySent is when an order was sent.
type moneySent interface {
	sentAt() time.Time // for the first time
	sentAgain() bool   // whether it was sent more than once
}

// moneyChanges change what is kept of an order.
type moneyChanges interface {
	rename(id string)                        // before prepare: gives it another OperationID
	lengthen()                               // before prepare: makes each text as long as it may be
	answered()                               // it was sent, asked about and answered, with a code and words
	renew()                                  // from now on each call comes from a process of its own
	copied() moneyOrder                      // the same order, of which other answers are kept
	own(by string)                           // before prepare: it belongs to another wallet
	resume(last moneyAnswer, sentAgain bool) // before the next call
	moneyForms
}

// moneyForms change the amount of an order before it is prepared.
type moneyForms interface {
	costs(amount decimal.Decimal) bool // gives it another amount, if an order can have it
	in(currency string)                // gives it another currency
}

// moneyCalls are the calls about an order.
type moneyCalls interface {
	prepare(ctx context.Context) *moneyAnswer // nil, or the refusal
	send(ctx context.Context) moneyAnswer     // records the answer as the last
	inquire(ctx context.Context) moneyAnswer  // records the answer as the last
	ask(ctx context.Context) moneyAnswer      // inquires and records nothing
	forward(ctx context.Context) moneyAnswer  // sends and records nothing
	took(answer moneyAnswer)                  // records an answer as the last
}

// moneyBytes are the bytes of an order, and orders with flaws made of it.
type moneyBytes interface {
	returned() string // the evidence that Prepare returned, as it is by now
	keeps() string    // the bytes of the order that no call may change
	given() string    // the same bytes as the last call left them
	spoil() []spoilt  // orders that must be refused
}

// spoilt is an order with a flaw of its own.
type spoilt struct {
	flaw string
	says string // the sentence that forbids it
	moneyOrder
}

// moneyAnswer is an answer about an order of any kind.
type moneyAnswer struct {
	ports.Answer
	Amount     decimal.NullDecimal // charged, or taken from the wallet
	NextMethod bool
	text       string // the answer, as it is printed
	stored     string // the whole answer, as it is stored
	full       any    // the whole answer
}

// port is how the suite calls an adapter of one kind.
type port[Order, Answer any] struct {
	sends   string                        // the method that sends
	process func() adapter[Order, Answer] // an adapter as a process that has just started makes it
	fields  func(order *Order) fields     // what the core keeps of an order
	last    func(order *Order) *Answer    // the last answer
	texts   func(order *Order) []*string  // that may be MaxID bytes long
	clone   func(order Order) Order       // with bytes of its own
	bytes   func(order *Order) string     // those that clone copies
	wallet  func(order *Order) *string    // nil where an order has none
	amount  func(order *Order) decimal.Decimal
	costs   func(order *Order, amount decimal.Decimal) bool
	in      func(order *Order, currency string)
	read    func(answer Answer) moneyAnswer
	spoil   map[string]func(order *Order)
	says    map[string]string // the sentence that forbids a flaw of spoil, where it is not providerRefuses
	books   func(order *Order) (executed, known bool)
}

// adapter has the methods of an adapter that the core calls.
type adapter[Order, Answer any] struct {
	name    func() string
	lane    func(order Order) string
	prepare func(ctx context.Context, order Order) ([]byte, *Answer)
	send    func(ctx context.Context, order Order) Answer
	inquire func(ctx context.Context, order Order) Answer
}

// fields are what the core keeps of an order.
type fields struct {
	id                       *string
	requestedAt, sentAt      *time.Time
	evidence                 *[]byte
	transmissions, inquiries *int
}

// flow is an order of one kind on its way.
type flow[Order, Answer any] struct {
	m       *moneyTest
	port    port[Order, Answer]
	adapter adapter[Order, Answer]
	renews  bool
	order   Order
	used    Order  // as the last call left it
	raw     []byte // what Prepare returned
}

// waited is how long before it is sent an order was written down: its lane was taken, say.
const waited = time.Hour

// newFlow returns an order whose calls come from the process that all such orders share.
func newFlow[Order, Answer any](m *moneyTest, p port[Order, Answer], order Order) *flow[Order, Answer] {
	if m.shared == nil {
		m.shared = p.process()
	}
	shared, _ := m.shared.(adapter[Order, Answer])
	return &flow[Order, Answer]{m: m, port: p, adapter: shared, order: order}
}

// ready returns the adapter and a copy of the order for a call.
func (f *flow[Order, Answer]) ready() (adapter[Order, Answer], Order) {
	if f.renews {
		f.adapter = f.port.process()
	}
	f.used = f.port.clone(f.order)
	return f.adapter, f.used
}

func (f *flow[Order, Answer]) fields() fields { return f.port.fields(&f.order) }

func (f *flow[Order, Answer]) name() string { return f.port.process().name() }
func (f *flow[Order, Answer]) lane() string { return f.port.process().lane(f.port.clone(f.order)) }
func (f *flow[Order, Answer]) served() (name, lane string) {
	return f.adapter.name(), f.adapter.lane(f.port.clone(f.order))
}

func (f *flow[Order, Answer]) amount() decimal.Decimal      { return f.port.amount(&f.order) }
func (f *flow[Order, Answer]) executed() (done, known bool) { return f.port.books(&f.order) }
func (f *flow[Order, Answer]) describe() string             { return f.port.sends + " " + shortID(*f.fields().id) }
func (f *flow[Order, Answer]) sentAt() time.Time            { return *f.fields().sentAt }
func (f *flow[Order, Answer]) sentAgain() bool              { return *f.fields().transmissions > 1 }
func (f *flow[Order, Answer]) rename(id string)             { *f.fields().id = id }
func (f *flow[Order, Answer]) renew()                       { f.renews = true }
func (f *flow[Order, Answer]) returned() string             { return string(f.raw) }
func (f *flow[Order, Answer]) keeps() string                { return f.port.bytes(&f.order) }
func (f *flow[Order, Answer]) given() string                { return f.port.bytes(&f.used) }

func (f *flow[Order, Answer]) prepare(ctx context.Context) *moneyAnswer {
	f.m.t.Helper()
	kept := f.fields()
	*kept.requestedAt = f.m.Now().Add(-waited)
	type prepared struct {
		evidence []byte
		refusal  *Answer
	}
	called, order := f.ready()
	p := within(ctx, f.m.Assertions, f.m.over, "Prepare", func() (p prepared) {
		p.evidence, p.refusal = called.prepare(ctx, order)
		return p
	})
	f.raw = p.evidence
	*kept.evidence, *kept.transmissions, *kept.sentAt = slices.Clone(p.evidence), 1, f.m.Now()
	if form := shown(string(p.evidence), f.m.Secrets()); form != "" {
		f.m.about(providerSecret)
		f.m.FailNow("the evidence shows a secret", form)
	}
	if p.refusal == nil {
		f.m.did("Prepare %s%s: evidence %q", shortID(*kept.id), f.by(), p.evidence)
		return nil
	}
	answer := f.read(*p.refusal)
	f.m.did("Prepare %s: refused: %s", shortID(*kept.id), answer.text)
	return &answer
}

func (f *flow[Order, Answer]) send(ctx context.Context) moneyAnswer {
	f.m.t.Helper()
	answer := f.forward(ctx)
	f.took(answer)
	return answer
}

func (f *flow[Order, Answer]) forward(ctx context.Context) moneyAnswer {
	f.m.t.Helper()
	called, order := f.ready()
	answer := f.read(within(ctx, f.m.Assertions, f.m.over, f.port.sends, func() Answer { return called.send(ctx, order) }))
	f.m.did("%s %s%s, transmission %d: %s", f.port.sends, shortID(*f.fields().id), f.by(), *f.fields().transmissions, answer.text)
	return answer
}

func (f *flow[Order, Answer]) inquire(ctx context.Context) moneyAnswer {
	f.m.t.Helper()
	*f.fields().inquiries++
	called, order := f.ready()
	answer := f.read(within(ctx, f.m.Assertions, f.m.over, "Inquire", func() Answer { return called.inquire(ctx, order) }))
	f.took(answer)
	f.m.did("Inquire %s%s: %s", shortID(*f.fields().id), f.by(), answer.text)
	return answer
}

func (f *flow[Order, Answer]) ask(ctx context.Context) moneyAnswer {
	answer := f.read(f.adapter.inquire(ctx, f.port.clone(f.order)))
	f.m.did("Inquire %s, at the same time: %s", shortID(*f.fields().id), answer.text)
	return answer
}

func (f *flow[Order, Answer]) took(answer moneyAnswer) {
	full, _ := answer.full.(Answer)
	*f.port.last(&f.order) = full
}

func (f *flow[Order, Answer]) resume(last moneyAnswer, sentAgain bool) {
	if last.text == "" {
		var none Answer
		*f.port.last(&f.order) = none
	}
	if sentAgain {
		*f.fields().transmissions++
		*f.fields().inquiries = 0
	}
}

// own gives a charge or a payout to another wallet.
func (f *flow[Order, Answer]) own(by string) {
	if wallet := f.port.wallet; wallet != nil {
		*wallet(&f.order) = by
	}
}

func (f *flow[Order, Answer]) costs(amount decimal.Decimal) bool {
	return f.port.costs(&f.order, amount)
}
func (f *flow[Order, Answer]) in(currency string) { f.port.in(&f.order, currency) }
func (f *flow[Order, Answer]) copied() moneyOrder {
	same := *f
	same.order = f.port.clone(f.order)
	return &same
}

func (f *flow[Order, Answer]) lengthen() {
	for _, text := range f.port.texts(&f.order) {
		*text += strings.Repeat("x", max(0, ports.MaxID-len(*text)))
	}
}

func (f *flow[Order, Answer]) answered() {
	kept, now := f.fields(), f.m.Now()
	*kept.sentAt = now
	*kept.requestedAt, *kept.evidence, *kept.transmissions, *kept.inquiries = now, []byte("evidence"), 2, 3
	if last, common := any(f.port.last(&f.order)).(interface{ Common() *ports.Answer }); common {
		*last.Common() = ports.Answer{Outcome: ports.OutcomePending, Code: "code", Message: "words", ProviderRef: "ref", InquireAfter: time.Minute}
	}
}

// by tells of a call by a process of its own.
func (f *flow[Order, Answer]) by() string {
	if f.renews {
		return ", by a new process"
	}
	return ""
}

// shortID is an id as it is printed.
func shortID(id string) string {
	if len(id) > 40 {
		return fmt.Sprintf("%q… (%d bytes)", id[:40], len(id))
	}
	return id
}

// spoil returns orders that no provider takes.
func (f *flow[Order, Answer]) spoil() []spoilt {
	var orders []spoilt
	for flaw, change := range f.port.spoil {
		order := *f
		order.order = f.port.clone(f.order)
		change(&order.order)
		orders = append(orders, spoilt{flaw, cmp.Or(f.port.says[flaw], providerRefuses), &order})
	}
	return orders
}

// read takes an answer through the form in which it is stored.
func (f *flow[Order, Answer]) read(answer Answer) moneyAnswer {
	f.m.t.Helper()
	raw := f.port.read(answer)
	f.m.True(raw.Outcome.Known(), "the port has no such outcome: %s", raw.Outcome)
	back, text := stored(f.m, answer)
	read := f.port.read(back)
	read.text, read.stored, read.full = brief(read.Outcome, text), text, back
	return read
}
