package solapi

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Inquire looks into the history for a row that was not there before the order. It
// sends nothing that moves money. With the credentials of another account than the
// order's it concludes nothing, and leaves the order to a person.
func (c *Charger) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	known, err := decodeEvidence(order.Evidence)
	if err != nil {
		return stillUnknown(order, errEvidence.Error())
	}
	look, err := c.look(ctx, order, known)
	if err != nil {
		answer := stillUnknown(order, "")
		answer.Failed, answer.Alarm = true, findingOf(err).alarm
		return answer
	}
	if !known.of(look.balance) {
		return stillUnknown(order, otherAccount)
	}
	if answer, found := look.found(order, known); found {
		return answer
	}
	return c.absent(ctx, order, known, look)
}

// chargeLook is what the provider's books show of an order.
type chargeLook struct {
	balance Balance
	at      time.Time    // by the provider's clock
	dated   bool         // the provider told it
	named   *HistoryRow  // the row that the answer to the order named
	fresh   []HistoryRow // rows of its amount that were not there before
	early   []HistoryRow // the same, but dated before the order
	foreign bool         // the history shows a row of another account
	auto    bool         // the provider recharges by itself
}

// look asks for rows of the amount, and then for all recharges, in case the filter
// by amount does not work.
func (c *Charger) look(ctx context.Context, order ports.ChargeOrder, known evidence) (chargeLook, error) {
	balance, at, err := c.client.balance(ctx)
	if err != nil {
		return chargeLook{}, err
	}
	dated := !at.IsZero() && !known.Undated
	if at.IsZero() {
		at = known.serverTime(c.client.clock.Now())
	}
	look := chargeLook{balance: balance, at: at, dated: dated, auto: known.AutoRecharge || bool(balance.AutoRecharge)}
	from := known.ServerTime.Add(-lookBack)
	for _, filter := range []HistoryFilter{
		{From: from, BalanceRecharge: true, BalanceAmount: decimal.NewNullDecimal(order.Amount)},
		{From: from, BalanceRecharge: true},
	} {
		for row, err := range c.client.History(ctx, filter) {
			if err != nil {
				return chargeLook{}, err
			}
			look.take(row, order, known)
		}
	}
	return look, nil
}

func (l *chargeLook) take(row HistoryRow, order ports.ChargeOrder, known evidence) {
	if slices.Contains(known.KnownRows, row.HistoryID) || row.HistoryID == known.Anchor {
		return
	}
	if !known.owns(row.AccountID) {
		l.foreign = true
		return
	}
	same := func(r HistoryRow) bool { return r.HistoryID == row.HistoryID }
	early := known.precedes(row.DateCreated)
	switch {
	case order.Last.ProviderRef != "" && row.HistoryID == order.Last.ProviderRef && !early:
		l.named = &row
	case !row.BalanceAmount.Is(order.Amount):
	case early && !slices.ContainsFunc(l.early, same):
		l.early = append(l.early, row)
	case !early && !slices.ContainsFunc(l.fresh, same):
		l.fresh = append(l.fresh, row)
	}
}

// found judges rows that may be the order.
func (l chargeLook) found(order ports.ChargeOrder, known evidence) (ports.ChargeAnswer, bool) {
	switch {
	case l.foreign:
		return stillUnknown(order, otherAccount), true
	case l.named != nil && (len(l.fresh) > 0 || !l.named.Consistent() || !rechargeType(l.named.Type) || l.named.BalanceAmount.Decimal.Sign() <= 0):
		return stillUnknown(order, "the history contradicts the answer to the order"), true
	case l.named != nil:
		return approvedRow(*l.named, order), true
	case len(l.fresh) > 1:
		return stillUnknown(order, "several new rows of the history could be the order"), true
	case len(l.early) > 0:
		return stillUnknown(order, "a row of the amount is new but dated before the order"), true
	case len(l.fresh) == 0:
		return ports.ChargeAnswer{}, false
	case known.mayPrecede(l.fresh[0].DateCreated):
		return stillUnknown(order, wasBehind), true
	case l.auto:
		return stillUnknown(order, "the provider recharges by itself: the new row may be its own"), true
	case known.exceeds(l.fresh[0].DateCreated, order.SentAt):
		return stillUnknown(order, "the new row of the amount is dated after the order could be executed"), true
	case !rechargeType(l.fresh[0].Type):
		return stillUnknown(order, "the new row of the amount is no recharge by its type"), true
	case !l.fresh[0].Consistent() || cleanID(l.fresh[0].HistoryID) == "":
		return stillUnknown(order, "the figures of the new row do not add up"), true
	}
	return approvedRow(l.fresh[0], order), true
}

// rechargeType reports whether a row of this type may be an order of ours: a
// recharge, or a type that the provider did not have when this was written.
func rechargeType(text string) bool {
	return text != TypeManual && text != TypeDeduct && text != TypeSet
}

func approvedRow(row HistoryRow, order ports.ChargeOrder) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{
		Answer:     ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: row.HistoryID},
		At:         ports.Instant(row.DateCreated.Time),
		Amount:     row.BalanceAmount.NullDecimal,
		OldBalance: row.OldBalance.NullDecimal,
		NewBalance: row.NewBalance.NullDecimal,
	}
	if !row.BalanceAmount.Is(order.Amount) {
		answer.Alarm = "the provider charged another amount than was ordered"
	}
	return answer
}

// absent judges a look that found no trace of the order.
func (c *Charger) absent(ctx context.Context, order ports.ChargeOrder, known evidence, look chargeLook) ports.ChargeAnswer {
	sent := known.sent(order.SentAt)
	wait := stillUnknown(order, "")
	wait.InquireAfter = known.pause(order.Inquiries, sent, look.at)
	quiet := !look.at.Before(known.quiet(sent))
	switch {
	case bool(look.balance.IsRecharging), look.at.Before(sent.Add(confirmPause - time.Second)):
		return wait
	case order.Transmissions > 1: // when it was sent last is not known
		return wait
	case order.Last.Likely.Final() && order.Last.Likely != ports.OutcomeApproved:
		return confirmed(order)
	case !quiet && (!look.dated || order.Last.Likely == ports.OutcomeApproved || !look.at.After(known.spent(sent))):
		return wait
	case !look.dated:
		return stillUnknown(order, undated)
	case order.Last.Likely == ports.OutcomeApproved:
		return stillUnknown(order, "the provider reported success, and its history shows no trace")
	}
	fits, err := c.client.balanceFits(ctx, look.balance, look.at, known, known.spent(sent))
	switch {
	case err != nil:
		wait.Failed, wait.Alarm = true, findingOf(err).alarm
		return wait
	case fits == fitBusy, !quiet && fits != fitPast:
		return wait
	case fits == fitNot:
		return stillUnknown(order, "no trace of the order, but the history does not explain the balance")
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: order.Last.Code, Message: "the provider has no trace of the order"}}
}

// confirmed makes the likely outcome of the last answer final.
func confirmed(order ports.ChargeOrder) ports.ChargeAnswer {
	last := order.Last
	return ports.ChargeAnswer{
		Answer:     ports.Answer{Outcome: last.Likely, Code: last.Code, Message: last.Message, Permanent: last.Permanent},
		NextMethod: last.NextMethod,
	}
}

// stillUnknown keeps what the last answer said for the next inquiry.
func stillUnknown(order ports.ChargeOrder, review string) ports.ChargeAnswer {
	last := order.Last
	return ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome:      ports.OutcomeUnknown,
			Likely:       last.Likely,
			Code:         last.Code,
			Message:      last.Message,
			ProviderRef:  last.ProviderRef,
			Permanent:    last.Permanent,
			InquireAfter: inquiryPause(order.Inquiries),
			Review:       review,
		},
		NextMethod: last.NextMethod,
	}
}
