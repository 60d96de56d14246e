package recharge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// chargeBooks is what an order to charge means for a wallet.
type chargeBooks struct{ *Service }

func (c chargeBooks) progress(op *ports.Recharge) *ports.Progress[ports.ChargeAnswer] {
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
	case op.Status == ports.RechargeReversed && !another && (!approved || op.Answer.Outcome == ports.OutcomeApproved):
		return op, nil // it says what was known when the credit was taken back
	case op.Status != ports.RechargeReversed && agrees && !another:
		return c.learn(ctx, op, answer)
	}
	next := own(op)
	with, err := c.keepLate(ctx, next, answer)
	if err != nil {
		return op, err
	}
	why := fmt.Sprintf("ended as %s, then the provider answered %s", op.Status, answer.Outcome)
	if taken(answer) && answer.ProviderRef != op.ProviderRef {
		why += " for " + answer.ProviderRef
	}
	return c.dispute(ctx, next, why+": "+cut(answer.Message), with...)
}

// keepLate records what a late answer says, and returns what is written with the record. The
// payment of the answer becomes that of the record, unless the record stands for one: for
// that of its credit, or for the one that the provider named before. Then the payment is
// named, and no other recharge is credited for it by the machine.
func (c chargeBooks) keepLate(ctx context.Context, next *ports.Recharge, answer ports.ChargeAnswer) (with []ports.Operation, err error) {
	was, credited := next.ProviderRef, next.EntrySeq != 0
	stands := was != "" && (credited || taken(next.Answer) && next.Answer.ProviderRef == was)
	keep(&next.OperationHead, &next.Progress, answer)
	switch {
	case stands:
		next.ProviderRef = was
		if taken(answer) && answer.ProviderRef != was {
			return c.named(ctx, next, answer.ProviderRef)
		}
	case credited && !taken(answer):
		next.ProviderRef = was // a refusal names no payment
	case credited:
		with, err = c.claim(ctx, next)
		if errors.Is(err, ErrChargeTaken) {
			next.ProviderRef, err = was, nil
		}
		return with, err
	}
	return nil, nil
}

// learn keeps the provider's id of a payment that was credited without one, and claims the
// payment. A payment that another recharge was credited for is disputed.
func (c chargeBooks) learn(ctx context.Context, op *ports.Recharge, answer ports.ChargeAnswer) (*ports.Recharge, error) {
	credited := op.EntrySeq != 0 && op.ReverseSeq == 0
	if !credited || !taken(answer) || op.ProviderRef != "" {
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
	if err := worker.Commit(ctx, c.store, next, claim...); err != nil {
		return op, err
	}
	return next, nil
}

// dispute marks an ended record for a person, and writes what belongs to it. What it was
// disputed for before counts too.
func (s *Service) dispute(ctx context.Context, op *ports.Recharge, why string, with ...ports.Operation) (*ports.Recharge, error) {
	next := own(op)
	if op.Status == ports.RechargeDisputed {
		why = cut(op.Why) + "; " + why
	}
	next.Status, next.Why, next.Disputed = ports.RechargeDisputed, why, true
	if err := s.write(ctx, next, with...); err != nil {
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

// order is the record as a Charger sees it. Its last answer names the payment that the record
// stands for, also where the provider has named another one since.
func order(op *ports.Recharge) ports.ChargeOrder {
	last := op.Answer
	last.ProviderRef = op.ProviderRef
	return ports.ChargeOrder{
		OperationID: op.ID, WalletID: op.WalletID, PaymentMethod: op.PaymentMethod,
		Amount: op.Amount, Currency: op.Currency,
		RequestedAt: op.CreatedAt, SentAt: op.SentAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: last,
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
