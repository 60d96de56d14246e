package suitetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a Confirmer that no Charger has.
const (
	flawOtherToken   = "takes a token of another order"
	flawOtherSum     = "takes a token of another amount"
	flawAnyToken     = "takes a token that was made up"
	flawPaysItself   = "moves the money of whatever order the token is of"
	flawKeepsToken   = "keeps the token in the process and not in the Evidence"
	flawConfirmsSoon = "moves the money while it prepares"
	flawNoTime       = "says that the customer had to pay yesterday"
	flawTellsSecret  = "shows the customer a secret"
	flawAsksToTell   = "asks the provider what the customer is shown"
	flawGivesUp      = "declines what the customer has not paid"
	flawBelieves     = "approves what the customer has not paid"
	flawLateFault    = "calls an order a fault that the customer did not pay in time"
	flawAwaitsAll    = "has a customer pay an order that the provider does not take"
	flawAwaitsHalf   = "has a customer pay fractions of a won"
	flawAwaitsError  = "refuses to have a customer pay with an error that is not ErrInvalid"
	flawAnyField     = "takes any field of the customer"
)

// payTime is how long a customer may pay.
const payTime = 10 * time.Minute

// payment is what a customer agreed to in a window.
type payment struct {
	orderID string
	amount  decimal.Decimal
}

// windowed is a Confirmer at a till with an idempotency key.
type windowed struct {
	*till
	windows map[string]payment // by token
	flaw    string
	kept    map[string]string // what a process with a flaw remembers
}

func newWindowed(*testing.T) portstest.ConfirmerHarness {
	return windowed{till: newTill(), windows: make(map[string]payment)}
}

func (w windowed) Charger() ports.Charger {
	w.kept = make(map[string]string)
	return w
}

func (w windowed) Name() string                  { return "windowed" }
func (w windowed) Lane(ports.ChargeOrder) string { return "" }

func (w windowed) NewOrder() ports.ChargeOrder {
	order := w.till.NewOrder()
	order.PaymentMethod = ""
	return order
}

func (w windowed) Pay(order ports.ChargeOrder, amount decimal.Decimal) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	token := fmt.Sprintf("token-%d", len(w.windows)+1)
	w.windows[token] = payment{order.OperationID, amount}
	return token
}

// fieldName is the field of the customer that the till knows.
const fieldName = "name"

func (w windowed) RefusedFields() []map[string]string {
	return []map[string]string{{"nickname": "x"}, {fieldName: ""}}
}

// checkAwait refuses an order that the till does not take, and fields that it does not know.
func (w windowed) checkAwait(order ports.ChargeOrder, fields map[string]string) error {
	half := w.flaw == flawAwaitsHalf && order.Currency == "KRW" && order.Amount.IsPositive()
	if checkConfirm(order) != nil && w.flaw != flawAwaitsAll && !half {
		if w.flaw == flawAwaitsError {
			return errors.New("not taken")
		}
		return ports.Invalid("order", "is not taken")
	}
	for name, text := range fields {
		if (name != fieldName || text == "") && w.flaw != flawAnyField {
			return ports.Invalid("Fields", "has %s", name)
		}
	}
	return nil
}

func (w windowed) Await(order ports.ChargeOrder, fields map[string]string) (ports.Await, error) {
	if err := w.checkAwait(order, fields); err != nil {
		return ports.Await{}, err
	}
	await := ports.Await{Until: order.RequestedAt.Add(payTime), Shown: map[string]string{"order": order.OperationID}}
	switch w.flaw {
	case flawNoTime:
		await.Until = order.RequestedAt.Add(-24 * time.Hour)
	case flawTellsSecret:
		await.Shown["key"] = w.Secrets()[0]
	case flawAsksToTell:
		_, _, err := w.find(context.Background(), order.OperationID)
		return await, err
	}
	return await, nil
}

// look returns what a token is of.
func (w windowed) look(ctx context.Context, token string) (p payment, known bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.asked(ctx); err != nil {
		return p, false, err
	}
	p, known = w.windows[token]
	return p, known, nil
}

func checkConfirm(order ports.ChargeOrder) *ports.ChargeAnswer {
	order.PaymentMethod = "window"
	return checkCharge(order)
}

func (w windowed) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	answer := outcome(ports.OutcomeFault)
	return nil, &answer
}

func (w windowed) PrepareConfirm(ctx context.Context, order ports.ChargeOrder, token string) ([]byte, *ports.ChargeAnswer) {
	if refusal := checkConfirm(order); refusal != nil {
		return nil, refusal
	}
	p, known, err := w.look(ctx, token)
	refusal := outcome(ports.OutcomeDeclined)
	switch {
	case err != nil:
		refusal.Outcome = ports.OutcomeNotSent
		return nil, &refusal
	case !known && w.flaw != flawAnyToken,
		p.orderID != order.OperationID && w.flaw != flawOtherToken && w.flaw != flawAnyToken && w.flaw != flawPaysItself,
		!p.amount.Equal(order.Amount) && w.flaw != flawOtherSum && w.flaw != flawAnyToken:
		return nil, &refusal
	}
	switch w.flaw {
	case flawConfirmsSoon:
		_, _ = w.charge(ctx, order.OperationID, order.Amount, "window")
	case flawKeepsToken:
		w.kept[order.OperationID] = token
		return nil, nil
	}
	return []byte(token), nil
}

func (w windowed) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if refusal := checkConfirm(order); refusal != nil {
		return *refusal
	}
	token, key, amount := string(order.Evidence), order.OperationID, order.Amount
	switch w.flaw {
	case flawKeepsToken:
		token = w.kept[order.OperationID]
	case flawPaysItself:
		key = w.windows[token].orderID
	case flawOtherSum:
		amount = w.windows[token].amount
	}
	if token == "" && w.flaw != flawAnyToken {
		return outcome(ports.OutcomeFault)
	}
	ref, err := w.charge(ctx, key, amount, "window")
	return ports.ChargeAnswer{Answer: sent(ref, err, order.Transmissions)}
}

func (w windowed) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	ref, known, err := w.find(ctx, order.OperationID)
	if order.Transmissions == 0 && !known && err == nil {
		switch w.flaw {
		case flawGivesUp:
			return outcome(ports.OutcomeDeclined)
		case flawBelieves:
			return outcome(ports.OutcomeApproved)
		case flawLateFault:
			if w.Now().After(order.RequestedAt.Add(payTime)) {
				return outcome(ports.OutcomeFault)
			}
		}
		return outcome(ports.OutcomePending)
	}
	return ports.ChargeAnswer{Answer: asked(ref, known, err, order.Last.Answer)}
}

// A Confirmer in memory passes the suite.
func TestConfirmer(t *testing.T) {
	t.Parallel()
	portstest.TestConfirmer(t, newWindowed)
}

func TestConfirmer_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ConfirmerHarness]{Suite: portstest.TestConfirmer, New: newWindowed}, confirmFlaws())
}

func confirmFlaws() []suitetest.Flaw[portstest.ConfirmerHarness] {
	const (
		refuses = "It refuses a token of another order, or of another amount, as far as the provider tells without moving money"
		shows   = "Await returns what the customer is shown to pay the order, and until when at the latest."
		pays    = "Inquire answers OutcomePending as long as the customer may still pay."
		takes   = "Await returns ErrInvalid for a field or an order that the provider does not take"
		begun   = "a customer is not asked to pay an order that the provider does not take"
		unpaid  = "an order that the customer has not paid is pending"
	)
	return []suitetest.Flaw[portstest.ConfirmerHarness]{
		windowThat(flawOtherToken, refuses, "a token moves the money of its own order"),
		windowThat(flawPaysItself, refuses, "a token moves the money of its own order"),
		windowThat(flawOtherSum, refuses, "a token of another amount moves nothing"),
		windowThat(flawAnyToken, refuses, "a token that was made up moves nothing"),
		windowThat(flawKeepsToken, "what Charge needs of the token is in the evidence", "each call may come from a process of its own"),
		windowThat(flawConfirmsSoon, "sends nothing that moves money", "provider: answers at once"),
		windowThat(flawNoTime, shows, "a customer is told how to pay and until when"),
		windowThat(flawTellsSecret, "It contains no secret, card number or account number.", "a customer is told how to pay and until when"),
		windowThat(flawAsksToTell, "It does no I/O.", "a customer is told without a request"),
		windowThat(flawGivesUp, pays, unpaid),
		windowThat(flawBelieves, pays, unpaid),
		windowThat(flawLateFault, "OutcomeFault would end it as failed, and is for an order that the provider refuses.", "an order that the customer did not pay in time is no fault"),
		windowThat(flawAwaitsAll, takes, begun),
		windowThat(flawAwaitsHalf, takes, begun),
		windowThat(flawAwaitsError, takes, begun),
		windowThat(flawAnyField, takes, "a customer is not asked to pay with fields that the provider does not take"),
	}
}

func windowThat(flaw, breaks, scenario string) suitetest.Flaw[portstest.ConfirmerHarness] {
	return suitetest.Flaw[portstest.ConfirmerHarness]{Name: flaw, Breaks: breaks, Scenario: scenario, Of: func(good portstest.ConfirmerHarness) portstest.ConfirmerHarness {
		w, _ := good.(windowed)
		w.flaw = flaw
		return w
	}}
}
