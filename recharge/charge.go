package recharge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// chargeBooks is what an order to charge means for a wallet.
type chargeBooks struct{ *Service }

func (c chargeBooks) journey(op *ports.Recharge) *ports.Progress[ports.ChargeAnswer] {
	return &op.Progress
}

func (c chargeBooks) get(ctx context.Context, id string) (*ports.Recharge, error) {
	return c.Get(ctx, id)
}

// approve credits the wallet. A charge that another recharge has, or may have, proves
// nothing about this one: a person looks.
func (c chargeBooks) approve(ctx context.Context, next *ports.Recharge) error {
	err := c.unclaimed(ctx, next, func(other *ports.Recharge) bool {
		return other.Status != ports.RechargeDeclined && other.Status != ports.RechargeFailed
	})
	if err != nil {
		return err
	}
	return c.credit(ctx, next, next.Answer.Amount, ledger.Note{Reference: next.Reference, OccurredAt: next.Answer.At})
}

// credit closes the record as approved and credits the wallet, in one unit. What is said
// to have been charged is what is credited; where nothing is said, what was ordered.
func (s *Service) credit(ctx context.Context, next *ports.Recharge, charged decimal.NullDecimal, note ledger.Note) error {
	next.Credited = next.Amount
	if charged.Valid {
		amount, err := ports.CheckAmount("Amount", charged.Decimal, ports.MaxScale)
		if err != nil {
			return err
		}
		next.Credited, next.Mismatch = amount, !amount.Equal(next.Amount)
	}
	opened := 0
	if next.Open {
		opened = -1
	}
	claim, err := s.claim(ctx, next)
	if err != nil {
		return err
	}
	finish(&next.OperationHead, ports.RechargeApproved)
	_, err = s.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryRecharge, OperationID: next.ID, Opened: opened,
		Balance: next.Credited, Counterparty: ports.AccountClearing(next.Charger),
		Operations: append([]ports.Operation{next}, claim...), Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },
		Note: note,
	})
	return err
}

// end closes the record without money.
func (c chargeBooks) end(ctx context.Context, next *ports.Recharge, status string) error {
	finish(&next.OperationHead, status)
	_, err := c.ledger.Book(ctx, ledger.Booking{
		WalletID: next.WalletID, Type: ports.EntryRechargeEnd, OperationID: next.ID, Opened: -1,
		Operations: []ports.Operation{next}, Note: ledger.Note{Reference: next.Reference, Memo: status},
	})
	return err
}

func (c chargeBooks) late(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer, sent bool) (*ports.Recharge, error) {
	approved := answer.Outcome == ports.OutcomeApproved
	news := approved && answer.Amount.Valid && !ports.SameAmount(answer.Amount, op.Answer.Amount)
	another := news && !answer.Amount.Decimal.Equal(op.Credited) || // amount than was credited
		taken(answer) && op.ProviderRef != "" && answer.ProviderRef != op.ProviderRef // payment than was credited
	agrees := agrees(answer, op.EntrySeq != 0, sent, declined(&op.OperationHead, &op.Progress, answer))
	switch {
	case op.Status == ports.RechargeReversed && (!approved || op.Answer.Outcome == ports.OutcomeApproved):
		return op, nil // it says what was known when the credit was taken back
	case op.Status != ports.RechargeReversed && agrees && !another:
		return c.learn(ctx, op, answer)
	}
	op = own(op)
	payment := op.ProviderRef
	keep(&op.OperationHead, &op.Progress, answer)
	if op.EntrySeq != 0 && payment != "" { // its claim is of that payment, whatever the answer names
		op.ProviderRef = payment
	}
	return c.dispute(ctx, op, fmt.Sprintf("ended as %s, then the provider answered %s: %s", op.Status, answer.Outcome, cut(answer.Message)))
}

// learn keeps the provider's id of a payment that was credited without one, and claims the
// payment. A payment that another recharge was credited for is disputed.
func (c chargeBooks) learn(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer) (*ports.Recharge, error) {
	credited := op.EntrySeq != 0 && op.ReverseSeq == 0
	if !credited || answer.Outcome != ports.OutcomeApproved || answer.ProviderRef == "" || op.ProviderRef != "" {
		return op, nil
	}
	next := own(op)
	next.Version++
	next.UpdatedAt = c.now()
	next.ProviderRef = answer.ProviderRef
	claim, err := c.claim(ctx, next)
	if errors.Is(err, ErrChargeTaken) {
		return c.dispute(ctx, op, "ended as approved, then the provider named its payment: "+err.Error())
	}
	if err != nil {
		return op, err
	}
	_, err = c.ledger.Book(ctx, ledger.Booking{WalletID: next.WalletID, Operations: append([]ports.Operation{own(next)}, claim...)})
	return next, err
}

// dispute marks an ended record for a person. What it was disputed for before counts too.
func (s *Service) dispute(ctx context.Context, op *ports.Recharge, why string) (*ports.Recharge, error) {
	next := own(op)
	if op.Status == ports.RechargeDisputed {
		why = cut(op.Why) + "; " + why
	}
	next.Status, next.Why, next.Disputed = ports.RechargeDisputed, why, true
	if err := s.write(ctx, next); err != nil {
		return op, s.note(ctx, next, err, func() { s.tell(ctx, next) })
	}
	s.tell(ctx, next)
	return next, nil
}

// tell logs the change of status and tells the host, away from this path.
func (s *Service) tell(ctx context.Context, op *ports.Recharge) {
	s.config.Logger.Log(ctx, level(op.Status), "recharge "+op.Status, "id", op.ID, "wallet", op.WalletID, "charger", op.Charger,
		"provider_ref", op.ProviderRef, "amount", op.Amount.String(), "outcome", op.Answer.Outcome.String(), "code", op.Answer.Code, "why", op.Why)
	if op.Answer.Alarm != "" {
		s.config.Logger.ErrorContext(ctx, "recharge alarm", "id", op.ID, "charger", op.Charger, "alarm", op.Answer.Alarm)
	}
	s.mail.Post(ctx, ports.RechargeEvent{At: op.UpdatedAt, Recharge: own(op), Mismatch: op.Mismatch})
}

// level returns the level of the line that tells of a status: Warn where a person must decide.
func level(status string) slog.Level {
	if status == ports.RechargeReview || status == ports.RechargeDisputed {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// order is the record as a Charger sees it.
func order(op *ports.Recharge) ports.ChargeOrder {
	return ports.ChargeOrder{
		OperationID: op.ID, WalletID: op.WalletID, PaymentMethod: op.PaymentMethod,
		Amount: op.Amount, Currency: op.Currency,
		RequestedAt: op.CreatedAt, SentAt: op.SentAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: op.Answer,
	}
}

// charging is the Charger of a name, as orders are sent to it, or nil when it is not one
// of the service's.
func (s *Service) charging(name string) *provider[*ports.Recharge] {
	charger := s.chargers[name]
	if charger == nil {
		return nil
	}
	return &provider[*ports.Recharge]{
		prepare: func(ctx context.Context, op *ports.Recharge) ([]byte, *ports.ChargeAnswer) {
			return charger.Prepare(ctx, order(op))
		},
		send: func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
			return charger.Charge(ctx, order(op))
		},
		inquire: func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer {
			return charger.Inquire(ctx, order(op))
		},
	}
}
