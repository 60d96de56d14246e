package suitetest

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// ChargerFlaws are the flaws that any Charger can have.
func ChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(slices.Concat(k.flaws(), k.movingFlaws(), k.blankFlaws(), k.orderFlaws(), k.amountFlaws(), chargeOnly(k), methodFlaws(k)))
}

// RefusedChargerFlaws are those of a Charger whose provider keeps a record of what it refuses.
func RefusedChargerFlaws() []Flaw[portstest.ChargerHarness] {
	return chargers(charges().refusedFlaws())
}

// RefusedDisburserFlaws are those of a Disburser whose provider keeps a record of what it refuses.
func RefusedDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	return disbursers(payouts().refusedFlaws())
}

// RefusedCancelerFlaws are those of a Canceler whose provider keeps a record of what it refuses.
func RefusedCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	return cancelers(cancellations().refusedFlaws())
}

// ResentChargerFlaws are those of a Charger that finds out by sending again what became of an
// order.
func ResentChargerFlaws() []Flaw[portstest.ChargerHarness] { return chargers(charges().resentFlaws()) }

// PreparingChargerFlaws are those of a Charger whose Prepare asks the provider, and refuses where
// it cannot.
func PreparingChargerFlaws() []Flaw[portstest.ChargerHarness] {
	return chargers(append(charges().preparingFlaws(), unaskedMethod()))
}

// NamingChargerFlaws are those of a Charger whose provider knows an order by an id of ours.
func NamingChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(append(k.idFlaws(), k.digestFlaws()...))
}

// NamingDisburserFlaws are those of a Disburser whose provider knows an order by an id of ours.
func NamingDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(append(k.idFlaws(), k.digestFlaws()...))
}

// NamingCancelerFlaws are those of a Canceler whose provider knows a cancellation by an id of
// ours.
func NamingCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(append(k.idFlaws(), k.digestFlaws()...))
}

// PendingChargerFlaws are those of a Charger whose provider works on orders for a while.
func PendingChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(append(k.pendingFlaws(), k.pendingForLongFlaws()...))
}

// TracingChargerFlaws are those of a Charger that ends orders for want of a trace, and that
// knows that it may not when an order was sent again.
func TracingChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(slices.Concat(k.traceFlaws(), k.transmissionFlaws()))
}

// EvidenceChargerFlaws are those of a Charger that needs its evidence, because the provider
// does not tell orders apart.
func EvidenceChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(slices.Concat(k.keptFlaws("provider: connection lost after the effect"), k.sharedLaneFlaws(), k.askingFlaws(), k.figureFlaws(), k.bufferFlaws(), methodLaneFlaws()))
}

// ResendingChargerFlaws are those of a Charger that has orders sent again.
func ResendingChargerFlaws() []Flaw[portstest.ChargerHarness] {
	k := charges()
	return chargers(slices.Concat(k.resendFlaws(), k.sentOftenFlaws(), k.transmissionFlaws()))
}

// ResendingDisburserFlaws are those of a Disburser that has orders sent again.
func ResendingDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(slices.Concat(k.resendFlaws(), k.sentOftenFlaws(), k.transmissionFlaws()))
}

// DisburserFlaws are the flaws of a Disburser whose provider works on orders for a while.
func DisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(slices.Concat(k.flaws(), k.movingFlaws(), k.blankFlaws(), k.orderFlaws(), k.amountFlaws(), k.pendingFlaws(), k.pendingForLongFlaws(), k.figureFlaws(), payoutOnly(k)))
}

// TracingDisburserFlaws are those of a Disburser that ends orders for want of a trace.
func TracingDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(slices.Concat(k.traceFlaws(), k.transmissionFlaws()))
}

// KeepingDisburserFlaws are those of a Disburser whose provider can refuse an order and keep
// its money.
func KeepingDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(append(k.refusedBeforeFlaws(), []bent[ports.PayoutOrder, ports.PayoutAnswer]{
		{"believes a refusal whose money was not given back", breaksDeclined, "an order that is refused later is not declined while the provider keeps the money", k.afterward(func(s *scene, answer *ports.Answer, sent bool) {
			if !sent && s.on(portstest.FaultKept) && open(answer) {
				end(answer, declined)
			}
		})},
	}...))
}

// EvidenceDisburserFlaws are those of a Disburser that needs its evidence.
func EvidenceDisburserFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	return disbursers(slices.Concat(k.keptFlaws("provider: connection lost after the effect"), k.sharedLaneFlaws(), k.askingFlaws(), k.preparingFlaws(), k.bufferFlaws()))
}

// DestinationFlaws are those of a Disburser that pays to the destinations of its orders.
func DestinationFlaws() []Flaw[portstest.DisburserHarness] {
	k := payouts()
	const to = "the money goes to the destination of the order"
	const breaks = "the bank account that a payout goes to."
	return disbursers([]bent[ports.PayoutOrder, ports.PayoutAnswer]{
		{"pays all orders to one destination", breaks, to, func(s *scene, c calls[ports.PayoutOrder, ports.PayoutAnswer]) calls[ports.PayoutOrder, ports.PayoutAnswer] {
			return k.before(func(s *scene, order *ports.PayoutOrder) {
				if harness, pays := s.provider.(portstest.DisburserHarness); pays && len(order.Destination.Sealed) > 0 {
					order.Destination = harness.Destinations()[0]
				}
			})(s, c)
		}},
		{"pays an order without a destination to the first", "The zero Destination means the one that is registered at the provider.", "an order without a destination goes to none of the adapter's choice", k.before(func(s *scene, order *ports.PayoutOrder) {
			if harness, pays := s.provider.(portstest.DisburserHarness); pays && order.Destination.BankCode == "" && len(order.Destination.Sealed) == 0 {
				order.Destination = harness.Destinations()[0]
			}
		})},
		{"knows a destination by what is shown of it", breaks, to, k.remembering(func(p *process[ports.PayoutOrder], c calls[ports.PayoutOrder, ports.PayoutAnswer]) calls[ports.PayoutOrder, ports.PayoutAnswer] {
			send := c.send
			c.send = func(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
				p.mu.Lock()
				shown := order.Destination.String()
				if p.evidence[shown] == nil {
					p.evidence[shown] = order.Destination.Sealed
				}
				order.Destination.Sealed = p.evidence[shown]
				p.mu.Unlock()
				return send(ctx, order)
			}
			return c
		})},
		{"pays to the destination of the order that it prepared last", breaks, to, k.remembering(func(p *process[ports.PayoutOrder], c calls[ports.PayoutOrder, ports.PayoutAnswer]) calls[ports.PayoutOrder, ports.PayoutAnswer] {
			send := c.send
			c.send = func(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
				p.mu.Lock()
				if p.lastSent.OperationID == "" {
					p.lastSent = order
				}
				order.Destination = p.lastSent.Destination
				p.mu.Unlock()
				return send(ctx, order)
			}
			return c
		})},
	})
}

// CancelerFlaws are the flaws of a Canceler that asks what became of a cancellation.
func CancelerFlaws() []Flaw[portstest.CancelerHarness] {
	return cancelers(cancellations().flaws())
}

// PendingCancelerFlaws are those of a Canceler whose provider works on cancellations.
func PendingCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(append(k.pendingFlaws(), k.pendingForLongFlaws()...))
}

// TracingCancelerFlaws are those of a Canceler that ends cancellations for want of a trace.
func TracingCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(slices.Concat(k.traceFlaws(), k.transmissionFlaws()))
}

// DatedCancelerFlaws are those of a Canceler that takes another time for that at which the
// cancellation was sent.
func DatedCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	counts := func(name, breaks, scenario string, from func(order *ports.CancelOrder) time.Time) bent[ports.CancelOrder, ports.ChargeAnswer] {
		return bent[ports.CancelOrder, ports.ChargeAnswer]{name, breaks, scenario, func(_ *scene, c calls[ports.CancelOrder, ports.ChargeAnswer]) calls[ports.CancelOrder, ports.ChargeAnswer] {
			inquire := c.inquire
			c.inquire = func(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
				*k.sentAt(&order) = from(&order)
				return inquire(ctx, order)
			}
			return c
		}}
	}
	return cancelers([]bent[ports.CancelOrder, ports.ChargeAnswer]{
		counts("counts the quiet period from the charge", "For want of a trace it answers OutcomeNotSent only once no Charge can be about to send the order, and the provider can no longer start it",
			"provider: connection lost, and the effect happens minutes later", func(order *ports.CancelOrder) time.Time { return order.Charge.SentAt }),
		counts("counts the quiet period from when the cancellation was written down", "from ChargeOrder.SentAt or PayoutOrder.SentAt on, and for a Canceler from CancelOrder.SentAt on.",
			"no order ends within the quiet period for want of a trace", func(order *ports.CancelOrder) time.Time { return order.RequestedAt }),
	})
}

// PartCancelerFlaws are those of a Canceler that gives back another amount than that of a part.
func PartCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	const fraction, bad = "of a part/a fraction of a part is executed as it is, or refused", "of a part/a bad order is refused and moves nothing"
	k := cancellations()
	of := func(name, breaks, scenario string, change func(amount decimal.Decimal) decimal.Decimal) bent[ports.CancelOrder, ports.ChargeAnswer] {
		return bent[ports.CancelOrder, ports.ChargeAnswer]{name, breaks, scenario, k.before(func(_ *scene, order *ports.CancelOrder) {
			if order.Amount.IsPositive() {
				order.Amount = change(order.Amount)
			}
		})}
	}
	least := decimal.NewFromInt(1_000)
	return cancelers([]bent[ports.CancelOrder, ports.ChargeAnswer]{
		of("cuts fractions of a part off", breaksTakes, fraction, func(amount decimal.Decimal) decimal.Decimal { return amount.Truncate(0) }),
		of("rounds fractions of a part up", breaksTakes, fraction, func(amount decimal.Decimal) decimal.Decimal { return amount.Ceil() }),
		of("cuts the finest fractions of a part off", breaksTakes, bad, func(amount decimal.Decimal) decimal.Decimal { return amount.Round(6) }),
		of("takes half a won of a part for a won", breaksTakes, bad, func(amount decimal.Decimal) decimal.Decimal {
			if amount.Sub(amount.Truncate(0)).Equal(decimal.New(5, -1)) {
				return amount.Ceil()
			}
			return amount
		}),
		of("gives a thousand back where a part is less", "to be taken back: positive, at most Left, in whole units of the charge's currency", "of a part/any amount of a part is executed as it is, or refused",
			func(amount decimal.Decimal) decimal.Decimal { return decimal.Max(amount, least) }),
	})
}

// EvidenceCancelerFlaws are those of a Canceler that asks before it sends, and needs what it
// found.
func EvidenceCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(slices.Concat(k.keptFlaws("orders under way at once are kept apart"), k.askingFlaws(), k.preparingFlaws(), k.bufferFlaws()))
}

// ResendingCancelerFlaws are those of a Canceler that has cancellations sent again.
func ResendingCancelerFlaws() []Flaw[portstest.CancelerHarness] {
	k := cancellations()
	return cancelers(slices.Concat(k.resendFlaws(), k.sentOftenFlaws(), k.transmissionFlaws()))
}

func charges() kind[ports.ChargeOrder, ports.ChargeAnswer] {
	return kind[ports.ChargeOrder, ports.ChargeAnswer]{
		id:            func(order *ports.ChargeOrder) *string { return &order.OperationID },
		amount:        func(order *ports.ChargeOrder) *decimal.Decimal { return &order.Amount },
		currency:      func(order *ports.ChargeOrder) *string { return &order.Currency },
		evidence:      func(order *ports.ChargeOrder) *[]byte { return &order.Evidence },
		transmissions: func(order *ports.ChargeOrder) *int { return &order.Transmissions },
		inquiries:     func(order *ports.ChargeOrder) *int { return &order.Inquiries },
		last:          func(order *ports.ChargeOrder) *ports.ChargeAnswer { return &order.Last },
		sentAt:        func(order *ports.ChargeOrder) *time.Time { return &order.SentAt },
		common:        func(answer *ports.ChargeAnswer) *ports.Answer { return &answer.Answer },
		reported:      func(answer *ports.ChargeAnswer) *decimal.NullDecimal { return &answer.Amount },
	}
}

func payouts() kind[ports.PayoutOrder, ports.PayoutAnswer] {
	return kind[ports.PayoutOrder, ports.PayoutAnswer]{
		id:            func(order *ports.PayoutOrder) *string { return &order.OperationID },
		amount:        func(order *ports.PayoutOrder) *decimal.Decimal { return &order.Total },
		currency:      func(order *ports.PayoutOrder) *string { return &order.Currency },
		evidence:      func(order *ports.PayoutOrder) *[]byte { return &order.Evidence },
		transmissions: func(order *ports.PayoutOrder) *int { return &order.Transmissions },
		inquiries:     func(order *ports.PayoutOrder) *int { return &order.Inquiries },
		last:          func(order *ports.PayoutOrder) *ports.PayoutAnswer { return &order.Last },
		sentAt:        func(order *ports.PayoutOrder) *time.Time { return &order.SentAt },
		common:        func(answer *ports.PayoutAnswer) *ports.Answer { return &answer.Answer },
		reported:      func(answer *ports.PayoutAnswer) *decimal.NullDecimal { return &answer.Total },
	}
}

func cancellations() kind[ports.CancelOrder, ports.ChargeAnswer] {
	return kind[ports.CancelOrder, ports.ChargeAnswer]{
		id:            func(order *ports.CancelOrder) *string { return &order.CancelID },
		amount:        func(order *ports.CancelOrder) *decimal.Decimal { return &order.Amount },
		currency:      func(order *ports.CancelOrder) *string { return &order.Charge.Currency },
		evidence:      func(order *ports.CancelOrder) *[]byte { return &order.Evidence },
		transmissions: func(order *ports.CancelOrder) *int { return &order.Transmissions },
		inquiries:     func(order *ports.CancelOrder) *int { return &order.Inquiries },
		last:          func(order *ports.CancelOrder) *ports.ChargeAnswer { return &order.Last },
		sentAt:        func(order *ports.CancelOrder) *time.Time { return &order.SentAt },
		common:        func(answer *ports.ChargeAnswer) *ports.Answer { return &answer.Answer },
		reported:      func(answer *ports.ChargeAnswer) *decimal.NullDecimal { return &answer.Amount },
	}
}

// orderFlaws take orders that must be refused.
func (k kind[Order, Answer]) orderFlaws() []bent[Order, Answer] {
	const bad, breaks = "a bad order is refused and moves nothing", breaksTakes
	change := func(name string, change func(order *Order)) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaks, bad, k.before(func(_ *scene, order *Order) { change(order) })}
	}
	whole := func(name string, of func(amount decimal.Decimal) decimal.Decimal) bent[Order, Answer] {
		return change(name, func(order *Order) {
			if amount := k.amount(order); !amount.IsInteger() {
				*amount = of(*amount)
			}
		})
	}
	return []bent[Order, Answer]{
		change("sends an order in another currency as won", func(order *Order) {
			if currency := k.currency(order); *currency == "XTS" {
				*currency = "KRW"
			}
		}),
		change("sends an order in dollars as won", func(order *Order) {
			if currency := k.currency(order); *currency == "USD" {
				*currency = "KRW"
			}
		}),
		change("sends an order in yen as won", func(order *Order) {
			if currency := k.currency(order); *currency == "JPY" {
				*currency = "KRW"
			}
		}),
		change("sends an order without a currency as won", func(order *Order) {
			if currency := k.currency(order); *currency == "" {
				*currency = "KRW"
			}
		}),
		change("sends an order in krw as won", func(order *Order) {
			if currency := k.currency(order); *currency == "krw" {
				*currency = "KRW"
			}
		}),
		whole("cuts fractions of a won off", func(amount decimal.Decimal) decimal.Decimal { return amount.Truncate(0) }),
		whole("rounds fractions of a won up", func(amount decimal.Decimal) decimal.Decimal { return amount.Ceil() }),
		whole("takes half a won for a won", func(amount decimal.Decimal) decimal.Decimal {
			if amount.Sub(amount.Truncate(0)).Equal(decimal.New(5, -1)) {
				return amount.Ceil()
			}
			return amount
		}),
		whole("cuts the finest fractions off", func(amount decimal.Decimal) decimal.Decimal { return amount.Truncate(2) }),
		change("sends a negative amount as a positive one", func(order *Order) { *k.amount(order) = k.amount(order).Abs() }),
		change("sends an order without an amount as one of a won", func(order *Order) {
			if amount := k.amount(order); amount.IsZero() {
				*amount = decimal.NewFromInt(30_000)
			}
		}),
		{"sends twice the amount", "Amount is in whole units of Currency.", "provider: connection lost after the effect", func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send, inquire := c.send, c.inquire
			twice := func(order Order) Order {
				*k.amount(&order) = k.amount(&order).Add(*k.amount(&order))
				return order
			}
			c.send = func(ctx context.Context, order Order) Answer { return send(ctx, twice(order)) }
			c.inquire = func(ctx context.Context, order Order) Answer {
				answer := inquire(ctx, twice(order))
				*k.reported(&answer) = decimal.NullDecimal{}
				return answer
			}
			return c
		}},
	}
}

// chargeOnly are flaws that only a Charger can have.
func chargeOnly(k kind[ports.ChargeOrder, ports.ChargeAnswer]) []bent[ports.ChargeOrder, ports.ChargeAnswer] {
	const next = "NextMethod says, with OutcomeDeclined, that another payment method may be tried for the same need."
	nextMethod := func(name, scenario string, outcome ports.Outcome) bent[ports.ChargeOrder, ports.ChargeAnswer] {
		return bent[ports.ChargeOrder, ports.ChargeAnswer]{name, next, scenario, k.after(func(_ *scene, _ *ports.ChargeOrder, answer *ports.ChargeAnswer, _ bool) {
			if answer.Outcome == outcome {
				answer.NextMethod = true
			}
		})}
	}
	return []bent[ports.ChargeOrder, ports.ChargeAnswer]{
		nextMethod("tries another method after an approved order", "provider: answers at once", approved),
		nextMethod("tries another method after a lost order", "provider: connection lost after the effect", unknown),
		nextMethod("tries another method after a fault", "provider: refuses the credentials", faulty),
		{"charges one card for all orders", "the Charger's name for the card or account", "the payment method of the order is charged", func(s *scene, c calls[ports.ChargeOrder, ports.ChargeAnswer]) calls[ports.ChargeOrder, ports.ChargeAnswer] {
			return k.before(func(s *scene, order *ports.ChargeOrder) {
				if harness, charges := s.provider.(portstest.ChargerHarness); charges && order.PaymentMethod != "" {
					order.PaymentMethod = harness.Methods()[0]
				}
			})(s, c)
		}},
		{"charges the card that the wallet used first", "the Charger's name for the card or account", "the payment method of the order is charged", k.remembering(func(p *process[ports.ChargeOrder], c calls[ports.ChargeOrder, ports.ChargeAnswer]) calls[ports.ChargeOrder, ports.ChargeAnswer] {
			send := c.send
			c.send = func(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
				p.mu.Lock()
				if p.evidence[order.WalletID] == nil {
					p.evidence[order.WalletID] = []byte(order.PaymentMethod)
				}
				order.PaymentMethod = string(p.evidence[order.WalletID])
				p.mu.Unlock()
				return send(ctx, order)
			}
			return c
		})},
		{"declines for good an order that was lost", next, "provider: connection lost before the effect", k.after(func(s *scene, _ *ports.ChargeOrder, answer *ports.ChargeAnswer, sent bool) {
			if !sent && s.on(portstest.FaultDropBefore) && open(&answer.Answer) {
				*answer = ports.ChargeAnswer{Answer: ports.Answer{Outcome: declined, Permanent: true}, NextMethod: true}
			}
		})},
		{"charges a card that it makes up", breaksTakes, "a bad order is refused and moves nothing", k.remembering(func(p *process[ports.ChargeOrder], c calls[ports.ChargeOrder, ports.ChargeAnswer]) calls[ports.ChargeOrder, ports.ChargeAnswer] {
			prepare, send := c.prepare, c.send
			c.prepare = func(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
				if order.PaymentMethod == "" {
					return nil, nil
				}
				return prepare(ctx, order)
			}
			c.send = func(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
				if order.PaymentMethod == "" {
					return ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: "made up"}}
				}
				return send(ctx, order)
			}
			return c
		})},
	}
}

// payoutOnly are flaws that only a Disburser can have.
func payoutOnly(k kind[ports.PayoutOrder, ports.PayoutAnswer]) []bent[ports.PayoutOrder, ports.PayoutAnswer] {
	const figures, breaks = "figures are those of the provider", "Figures as the provider reports them; absent when it does not."
	type answer = ports.PayoutAnswer
	report := func(name string, change func(order *ports.PayoutOrder, answer *answer)) bent[ports.PayoutOrder, answer] {
		return bent[ports.PayoutOrder, answer]{name, breaks, figures, k.after(func(_ *scene, order *ports.PayoutOrder, answer *answer, _ bool) {
			if answer.Outcome == approved || answer.Outcome == pending {
				change(order, answer)
			}
		})}
	}
	return []bent[ports.PayoutOrder, answer]{
		report("exchanges Fee and Net", func(_ *ports.PayoutOrder, a *answer) { a.Fee, a.Net = a.Net, a.Fee }),
		report("reports no fee as zero", func(_ *ports.PayoutOrder, a *answer) { a.Fee = decimal.NewNullDecimal(decimal.Zero) }),
		report("reports the total as the net", func(order *ports.PayoutOrder, a *answer) { a.Net = decimal.NewNullDecimal(order.Total) }),
		report("reports the fee that was quoted", func(order *ports.PayoutOrder, a *answer) {
			a.Fee, a.Net = decimal.NewNullDecimal(order.Fee.Add(decimal.NewFromInt(1))), decimal.NewNullDecimal(order.Net)
		}),
		report("reports the net as the total", func(order *ports.PayoutOrder, a *answer) { a.Total = decimal.NewNullDecimal(order.Net) }),
		{"refuses to prepare an order again", "It is called again for an order whose process died before it was sent; what the last call returned counts.", "Prepare may be called again", func(s *scene, c calls[ports.PayoutOrder, answer]) calls[ports.PayoutOrder, answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order ports.PayoutOrder) ([]byte, *answer) {
				if order.Transmissions > 0 {
					return nil, &answer{Answer: ports.Answer{Outcome: faulty, Code: "prepared before"}}
				}
				return prepare(ctx, order)
			}
			return c
		}},
	}
}

// chargers makes flaws of a harness of those of its calls.
func chargers(flaws []bent[ports.ChargeOrder, ports.ChargeAnswer]) []Flaw[portstest.ChargerHarness] {
	var all []Flaw[portstest.ChargerHarness]
	for _, flaw := range flaws {
		all = append(all, Flaw[portstest.ChargerHarness]{flaw.name, flaw.breaks, flaw.scenario, func(good portstest.ChargerHarness) portstest.ChargerHarness {
			return &flawedCharger{ChargerHarness: good, scene: &scene{provider: good}, bend: flaw.bend}
		}})
	}
	return all
}

type flawedCharger struct {
	portstest.ChargerHarness
	scene *scene
	bend  func(s *scene, c calls[ports.ChargeOrder, ports.ChargeAnswer]) calls[ports.ChargeOrder, ports.ChargeAnswer]
}

func (f *flawedCharger) Break(fault portstest.Fault) bool { return f.scene.breaks(fault) }
func (f *flawedCharger) Heal()                            { f.scene.heals() }
func (f *flawedCharger) Keys() []string                   { return keysOf(f.ChargerHarness) }

// BookedIn returns nothing where the provider takes one currency.
func (f *flawedCharger) BookedIn() []string {
	if books, several := f.ChargerHarness.(portstest.CurrencyBooks); several {
		return books.BookedIn()
	}
	return nil
}

func (f *flawedCharger) Charger() ports.Charger {
	good := f.ChargerHarness.Charger()
	return charger{good, f.bend(f.scene, calls[ports.ChargeOrder, ports.ChargeAnswer]{good.Name(), good.Lane, good.Prepare, good.Charge, good.Inquire})}
}

// charger is a Charger of calls. What else the good one can do is found behind it.
type charger struct {
	good ports.Charger
	calls[ports.ChargeOrder, ports.ChargeAnswer]
}

func (c charger) Unwrap() ports.Charger { return c.good }

func (c charger) Name() string                        { return c.name }
func (c charger) Lane(order ports.ChargeOrder) string { return c.lane(order) }

func (c charger) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return c.prepare(ctx, order)
}

func (c charger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return c.send(ctx, order)
}

func (c charger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return c.inquire(ctx, order)
}

func disbursers(flaws []bent[ports.PayoutOrder, ports.PayoutAnswer]) []Flaw[portstest.DisburserHarness] {
	var all []Flaw[portstest.DisburserHarness]
	for _, flaw := range flaws {
		all = append(all, Flaw[portstest.DisburserHarness]{flaw.name, flaw.breaks, flaw.scenario, func(good portstest.DisburserHarness) portstest.DisburserHarness {
			return &flawedDisburser{DisburserHarness: good, scene: &scene{provider: good}, bend: flaw.bend}
		}})
	}
	return all
}

type flawedDisburser struct {
	portstest.DisburserHarness
	scene *scene
	bend  func(s *scene, c calls[ports.PayoutOrder, ports.PayoutAnswer]) calls[ports.PayoutOrder, ports.PayoutAnswer]
}

func (f *flawedDisburser) Break(fault portstest.Fault) bool { return f.scene.breaks(fault) }
func (f *flawedDisburser) Heal()                            { f.scene.heals() }
func (f *flawedDisburser) Keys() []string                   { return keysOf(f.DisburserHarness) }

func (f *flawedDisburser) Disburser() ports.Disburser {
	good := f.DisburserHarness.Disburser()
	return disburser{good, f.bend(f.scene, calls[ports.PayoutOrder, ports.PayoutAnswer]{good.Name(), good.Lane, good.Prepare, good.Disburse, good.Inquire})}
}

// disburser is a Disburser of calls. What else the good one can do is found behind it.
type disburser struct {
	good ports.Disburser
	calls[ports.PayoutOrder, ports.PayoutAnswer]
}

func (d disburser) Unwrap() ports.Disburser { return d.good }

func (d disburser) Name() string                        { return d.name }
func (d disburser) Lane(order ports.PayoutOrder) string { return d.lane(order) }

func (d disburser) Prepare(ctx context.Context, order ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	return d.prepare(ctx, order)
}

func (d disburser) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	return d.send(ctx, order)
}

func (d disburser) Inquire(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	return d.inquire(ctx, order)
}

func cancelers(flaws []bent[ports.CancelOrder, ports.ChargeAnswer]) []Flaw[portstest.CancelerHarness] {
	var all []Flaw[portstest.CancelerHarness]
	for _, flaw := range flaws {
		all = append(all, Flaw[portstest.CancelerHarness]{flaw.name, flaw.breaks, flaw.scenario, func(good portstest.CancelerHarness) portstest.CancelerHarness {
			return &flawedCanceler{CancelerHarness: good, scene: &scene{provider: good}, bend: flaw.bend}
		}})
	}
	return all
}

type flawedCanceler struct {
	portstest.CancelerHarness
	scene *scene
	bend  func(s *scene, c calls[ports.CancelOrder, ports.ChargeAnswer]) calls[ports.CancelOrder, ports.ChargeAnswer]
}

func (f *flawedCanceler) Break(fault portstest.Fault) bool { return f.scene.breaks(fault) }
func (f *flawedCanceler) Heal()                            { f.scene.heals() }
func (f *flawedCanceler) Keys() []string                   { return keysOf(f.CancelerHarness) }

// keysOf returns the keys that a good harness returns, or nil.
func keysOf(good portstest.ProviderHarness) []string {
	if harness, knows := good.(portstest.OrderKeys); knows {
		return harness.Keys()
	}
	return nil
}

func (f *flawedCanceler) Charger() ports.Charger {
	good := f.CancelerHarness.Charger()
	can, _ := ports.As[ports.Canceler](good)
	lane := func(order ports.CancelOrder) string { return good.Lane(order.Charge) }
	bent := f.bend(f.scene, calls[ports.CancelOrder, ports.ChargeAnswer]{good.Name(), lane, can.PrepareCancel, can.Cancel, can.InquireCancel})
	if parts, can := ports.As[ports.PartCanceler](good); can {
		return partCanceler{canceler{Charger: good, calls: bent}, parts}
	}
	return canceler{Charger: good, calls: bent}
}

// partCanceler is a canceler that takes back parts.
type partCanceler struct {
	canceler
	good ports.PartCanceler
}

func (c partCanceler) CheckPart(order ports.CancelOrder) error { return c.good.CheckPart(order) }

// canceler is a Canceler of calls.
type canceler struct {
	ports.Charger
	calls calls[ports.CancelOrder, ports.ChargeAnswer]
}

// Unwrap returns the good one, in which what else it can do is found.
func (c canceler) Unwrap() ports.Charger { return c.Charger }

func (c canceler) Name() string { return c.calls.name }
func (c canceler) Lane(order ports.ChargeOrder) string {
	return c.calls.lane(ports.CancelOrder{Charge: order})
}

func (c canceler) PrepareCancel(ctx context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return c.calls.prepare(ctx, order)
}

func (c canceler) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return c.calls.send(ctx, order)
}

func (c canceler) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	return c.calls.inquire(ctx, order)
}
