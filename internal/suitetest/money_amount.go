package suitetest

import (
	"context"

	"github.com/shopspring/decimal"
)

const (
	breaksForm  = "Amounts that are equal are one amount, whatever their exponents: 10000, 10000.00 and 1e4."
	breaksWhole = "Amount is in whole units of Currency."

	breaksTakes = "An order that the provider cannot take as it is (another currency, a finer amount, no payment method) must be refused, here or by Charge, and never be changed into one that the provider takes."
)

// sending changes the amount of each good order on its way to the provider.
func (k kind[Order, Answer]) sending(of func(amount decimal.Decimal) decimal.Decimal) func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
	return func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
		send := c.send
		c.send = func(ctx context.Context, order Order) Answer {
			if amount := k.amount(&order); amount.IsPositive() && amount.IsInteger() {
				*amount = of(*amount)
			}
			return send(ctx, order)
		}
		return c
	}
}

// digitsOf forgets the exponent of a whole amount.
func digitsOf(amount decimal.Decimal) decimal.Decimal {
	if !amount.IsInteger() {
		return amount
	}
	return decimal.NewFromBigInt(amount.Coefficient(), 0)
}

// narrow keeps what 32 bits hold of a whole amount.
func narrow(amount decimal.Decimal) decimal.Decimal {
	if !amount.IsInteger() {
		return amount
	}
	return decimal.NewFromInt(int64(int32(amount.IntPart())))
}

// formFlaws read how an amount is written, and not what it is.
func (k kind[Order, Answer]) formFlaws() []bent[Order, Answer] {
	const scenario = "an amount is executed in whatever form it is written"
	return []bent[Order, Answer]{
		{"sends the digits of an amount and forgets its exponent", breaksForm, scenario, k.sending(digitsOf)},
		{"refuses an amount that is written with a point", breaksForm, scenario, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				if k.amount(&order).Exponent() < 0 {
					var refusal Answer
					end(k.common(&refusal), faulty)
					return nil, &refusal
				}
				return prepare(ctx, order)
			}
			return c
		}},
	}
}

// amountFlaws send another amount than was ordered, where amounts are large, small or not round.
func (k kind[Order, Answer]) amountFlaws() []bent[Order, Answer] {
	const scenario = "any amount is executed as it is, or refused"
	number := decimal.NewFromInt
	sends := func(name string, of func(amount decimal.Decimal) decimal.Decimal) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksWhole, scenario, k.sending(of)}
	}
	return []bent[Order, Answer]{
		sends("sends an amount in 32 bits", narrow),
		sends("sends an amount as a float of 32 bits", func(amount decimal.Decimal) decimal.Decimal {
			return number(int64(float32(amount.IntPart())))
		}),
		sends("sends a million where more is ordered", func(amount decimal.Decimal) decimal.Decimal { return decimal.Min(amount, number(1_000_000)) }),
		sends("sends a thousand where less is ordered", func(amount decimal.Decimal) decimal.Decimal { return decimal.Max(amount, number(1_000)) }),
		sends("sends tens of a won", func(amount decimal.Decimal) decimal.Decimal { return amount.Round(-1) }),
		{"sends what is above a million as an order of its own", breaksWhole, scenario, func(_ *scene, c calls[Order, Answer]) calls[Order, Answer] {
			send := c.send
			c.send = func(ctx context.Context, order Order) Answer {
				million, amount := number(1_000_000), k.amount(&order)
				if amount.GreaterThan(million) {
					rest := order
					*k.id(&rest) += " again"
					*k.amount(&rest) = amount.Sub(million)
					send(ctx, rest)
					*amount = million
				}
				return send(ctx, order)
			}
			return c
		}},
	}
}
