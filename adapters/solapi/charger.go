package solapi

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jigap/jigap/ports"
)

// Charger is a [ports.Charger] that recharges one SOLAPI account from the cards
// registered there. PaymentMethod of an order is the provider's paymentId.
//
// It must be the only one to recharge the account: a recharge by hand in the
// console, or by another program, at the moment of an order whose answer was lost
// cannot be told from the order.
type Charger struct {
	client *Client
	lane   string
}

var (
	_ ports.Charger = (*Charger)(nil)
	_ ports.Quieter = (*Charger)(nil)
)

// NewCharger returns the Charger of an account. The name of the account is the
// host's own and names its lane, which it shares with the [Disburser] of the same
// name; it must never change.
func NewCharger(client *Client, account string) (*Charger, error) {
	lane, err := laneOf(account)
	if err != nil {
		return nil, err
	}
	return &Charger{client: client, lane: lane}, nil
}

// Format writes the name, whatever the verb.
func (c *Charger) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.lane) }

// Name returns "solapi:" and the name of the account.
func (c *Charger) Name() string { return c.lane }

// Lane returns the lane of the account, which all its orders share.
func (c *Charger) Lane(ports.ChargeOrder) string { return c.lane }

// QuietPeriod returns 30 minutes. The time that an inquiry waits is longer by as much as our
// clock is ahead of the provider's, and shorter where the history proves that nothing can
// follow.
func (c *Charger) QuietPeriod() time.Duration { return quietPeriod }

// Prepare reads the balance and the history as they are before the order.
func (c *Charger) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	if err := checkCharge(order); err != nil {
		return nil, refuseCharge(faultFinding("invalid", err))
	}
	balance, found, err := c.client.gather(ctx, HistoryFilter{BalanceRecharge: true}, func(row HistoryRow) bool {
		return row.BalanceAmount.Is(order.Amount)
	})
	if err != nil {
		return nil, refuseCharge(refusalOf(err))
	}
	if balance.IsRecharging {
		return nil, refuseCharge(finding{outcome: ports.OutcomeNotSent, code: "isRecharging", message: "the provider is recharging the account"})
	}
	data, err := found.encode()
	if err != nil {
		return nil, refuseCharge(faultFinding("evidence", err))
	}
	return data, nil
}

func checkCharge(order ports.ChargeOrder) error {
	return ports.Join(checkOrder(order.Amount, order.Currency), checkPaymentID(order.PaymentMethod))
}

func refuseCharge(f finding) *ports.ChargeAnswer {
	answer := f.charge()
	return &answer
}

// Charge sends the order, once. It refuses an order that was not prepared, or that
// waited for longer than a minute after its SentAt. After any but the first transmission a
// refusal is OutcomeUnknown.
func (c *Charger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	answer := c.charge(ctx, order)
	answer.Answer = ofAll(order.Transmissions, answer.Answer)
	answer.NextMethod = answer.NextMethod && (answer.Outcome.Final() || answer.Likely.Final())
	return answer
}

func (c *Charger) charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if err := checkCharge(order); err != nil {
		return faultFinding("invalid", err).charge()
	}
	known, err := decodeEvidence(order.Evidence)
	if err != nil {
		return faultFinding("evidence", err).charge()
	}
	if known.stale(order.SentAt, c.client.clock.Now()) {
		return staleFinding().charge()
	}
	answer, err := c.client.Recharge(ctx, order.PaymentMethod, order.Amount)
	if err != nil {
		return findingOf(err).charge()
	}
	return rechargedAnswer(order, known, answer)
}

// rechargedAnswer judges a readable answer to a recharge.
func rechargedAnswer(order ports.ChargeOrder, known evidence, r Recharged) ports.ChargeAnswer {
	ours := known.owns(r.AccountID)
	if ours && r.Proves(order.Amount) {
		return ports.ChargeAnswer{
			Answer:     ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: r.HistoryID},
			Amount:     r.BalanceAmount.NullDecimal,
			OldBalance: r.OldBalance.NullDecimal,
			NewBalance: r.NewBalance.NullDecimal,
		}
	}
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{
			Likely:       ports.OutcomeApproved,
			ProviderRef:  cleanID(r.HistoryID),
			InquireAfter: confirmPause,
			Message:      "the provider reports success without proof",
		},
	}
	switch {
	case !ours:
		answer.Alarm = alarmAccount
	case r.Type != "" && r.Type != TypeRecharge:
		answer.Alarm = "the type of the answer is not that of a recharge"
	case r.BalanceAmount.Valid && (!r.BalanceAmount.Is(order.Amount) || !adds(r.OldBalance, r.NewBalance, order.Amount)):
		answer.Alarm = "the figures of the answer do not add up"
	}
	return answer
}
