// Package slognotifier is a [ports.Notifier] that writes events to a log/slog logger:
// for hosts that begin, and in addition to the Notifier of those that have begun.
//
//	recharges, err := recharge.New(store, wallets, recharge.Config{
//		Notifier: slognotifier.New(slog.Default()),
//	}, charger)
//
// Lines carry ids, statuses and amounts: no payment method, no account number, no
// secret.
//
// # Errors
//
// There are none.
//
// # Concurrency
//
// A [Notifier] is safe for concurrent use.
package slognotifier

import (
	"context"
	"log/slog"

	"github.com/jigap/jigap/ports"
)

var _ ports.Notifier = (*Notifier)(nil)

// Notifier writes events to a logger. Make one with [New].
type Notifier struct{ logger *slog.Logger }

// New returns a Notifier that writes to logger; nil is silent.
func New(logger *slog.Logger) *Notifier {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Notifier{logger: logger}
}

// Notify writes one line: at level Warn what a person should look at, else at Info.
func (n *Notifier) Notify(ctx context.Context, event ports.Event) {
	level, attrs := describe(event)
	n.logger.LogAttrs(ctx, level, event.EventName(), attrs...)
}

func describe(event ports.Event) (slog.Level, []slog.Attr) {
	switch e := event.(type) {
	case ports.RechargeEvent:
		r := e.Recharge
		urgent := e.Mismatch || r.Answer.Alarm != "" || r.Status == ports.RechargeReview || r.Status == ports.RechargeDisputed
		return level(urgent), []slog.Attr{
			slog.String("id", r.ID), slog.String("wallet", r.WalletID), slog.String("charger", r.Charger),
			slog.String("amount", r.Amount.String()), slog.Bool("mismatch", e.Mismatch), slog.String("why", r.Why),
			slog.String("alarm", r.Answer.Alarm),
		}
	case ports.CancellationEvent:
		c := e.Cancellation
		return level(c.Answer.Alarm != "" || c.Status == ports.CancellationReview), []slog.Attr{
			slog.String("id", c.ID), slog.String("wallet", c.WalletID), slog.String("recharge", c.RechargeID),
			slog.String("amount", c.Amount.String()), slog.String("why", c.Why), slog.String("alarm", c.Answer.Alarm),
		}
	case ports.WithdrawalEvent:
		w := e.Withdrawal
		urgent := e.Mismatch || w.Answer.Alarm != "" || w.Status == ports.WithdrawalReview || w.Status == ports.WithdrawalDisputed
		return level(urgent), []slog.Attr{
			slog.String("id", w.ID), slog.String("wallet", w.WalletID), slog.String("disburser", w.Disburser),
			slog.String("total", w.Total.String()), slog.Bool("mismatch", e.Mismatch), slog.String("why", w.Why),
			slog.String("alarm", w.Answer.Alarm),
		}
	case ports.PolicyEvent:
		return level(e.What != ports.PolicyEventRecovered && e.What != ports.PolicyEventUncapped), []slog.Attr{
			slog.String("id", e.Policy.ID), slog.String("wallet", e.Policy.WalletID), slog.String("why", e.Why),
		}
	case ports.DebtEvent:
		d := e.Debt
		return level(d.Status == ports.DebtOwed && d.Collected.IsZero()), []slog.Attr{
			slog.String("id", d.ID), slog.String("wallet", d.WalletID), slog.String("recharge", d.RechargeID),
			slog.String("amount", d.Amount.String()), slog.String("collected", d.Collected.String()), slog.String("owed", d.Owed().String()),
		}
	case ports.AlertEvent:
		return level(true), []slog.Attr{
			slog.String("wallet", e.WalletID), slog.String("level", e.Level.String()), slog.String("available", e.Available.String()),
		}
	case ports.AboveLimitEvent:
		return level(true), []slog.Attr{
			slog.String("wallet", e.WalletID), slog.String("recharge", e.RechargeID), slog.String("limit", string(e.Limit.Limit)),
			slog.String("most", e.Limit.Most.String()), slog.String("has", e.Limit.Has.String()), slog.String("incoming", e.Limit.Incoming.String()),
		}
	}
	return slog.LevelInfo, nil
}

func level(urgent bool) slog.Level {
	if urgent {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
