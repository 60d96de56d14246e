package solapi

import (
	"context"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// pendingPause is how long to wait before looking at a withdrawal again: an
// administrator of the provider approves it (documented).
const pendingPause = 10 * time.Minute

// Inquire follows a withdrawal by its id or, when the answer was lost, looks for one
// that was not there before the order. With the credentials of another account than
// the order's it concludes nothing, and leaves the order to a person.
func (d *Disburser) Inquire(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	known, err := decodeEvidence(order.Evidence)
	if err != nil {
		return payoutUnknown(order, errEvidence.Error())
	}
	if order.Last.ProviderRef != "" {
		return d.follow(ctx, order, known)
	}
	return d.search(ctx, order, known)
}

// follow reads the withdrawal that the provider named.
func (d *Disburser) follow(ctx context.Context, order ports.PayoutOrder, known evidence) ports.PayoutAnswer {
	for row, err := range d.client.Withdrawals(ctx, WithdrawalFilter{WithdrawID: order.Last.ProviderRef}) {
		switch {
		case err != nil:
			return payoutUnknown(order, "")
		case row.WithdrawID == order.Last.ProviderRef && !known.owns(row.AccountID):
			return payoutUnknown(order, otherAccount)
		case row.WithdrawID == order.Last.ProviderRef:
			return d.report(ctx, order, row)
		}
	}
	if known.serverTime(d.client.clock.Now()).Before(known.quiet(known.sent(order.SentAt))) {
		return payoutUnknown(order, "") // it may show up late
	}
	return payoutUnknown(order, "the provider does not show the withdrawal that it named")
}

// report judges a withdrawal of ours.
func (d *Disburser) report(ctx context.Context, order ports.PayoutOrder, row Withdrawal) ports.PayoutAnswer {
	if !row.TotalAmount.Valid || !row.Amount.Valid || !row.Fee.Valid ||
		!row.Amount.Decimal.Add(row.Fee.Decimal).Equal(row.TotalAmount.Decimal) {
		return payoutUnknown(order, "the figures of the withdrawal do not add up")
	}
	answer := d.taken(row)
	answer.InquireAfter = pendingPause
	if !row.TotalAmount.Is(order.Total) {
		answer.Alarm = "the provider took another total than was ordered"
	}
	if d.statuses[row.Status] == ports.OutcomeDeclined {
		return d.rejected(ctx, order, row, answer)
	}
	if answer.Outcome.Final() {
		answer.InquireAfter = 0
	}
	return answer
}

// search looks for a withdrawal of the total that was not there before the order,
// and for the debit that it leaves in the history.
func (d *Disburser) search(ctx context.Context, order ports.PayoutOrder, known evidence) ports.PayoutAnswer {
	balance, at, err := d.client.balance(ctx)
	if err != nil {
		return payoutUnknown(order, "")
	}
	if !known.of(balance) {
		return payoutUnknown(order, otherAccount)
	}
	dated := !at.IsZero() && !known.Undated
	if at.IsZero() {
		at = known.serverTime(d.client.clock.Now())
	}
	fresh, early, err := d.fresh(ctx, order, known)
	if err != nil {
		return payoutUnknown(order, "")
	}
	debits, err := d.debits(ctx, order, known)
	switch {
	case err != nil:
		return payoutUnknown(order, "")
	case len(fresh) > 1, debits > 1:
		return payoutUnknown(order, "several new withdrawals could be the order")
	case early > 0:
		return payoutUnknown(order, "a withdrawal of the total is new but dated before the order")
	case len(fresh) == 1 && !known.owns(fresh[0].AccountID):
		return payoutUnknown(order, otherAccount)
	case len(fresh) == 1 && known.mayPrecede(fresh[0].DateCreated):
		return payoutUnknown(order, wasBehind)
	case len(fresh) == 1 && known.exceeds(fresh[0].DateCreated, order.SentAt):
		return payoutUnknown(order, "the new withdrawal of the total is dated after the order could be executed")
	case len(fresh) == 1:
		return d.report(ctx, order, fresh[0])
	}
	return d.absent(ctx, order, known, payoutLook{balance: balance, at: at, dated: dated, debits: debits})
}

// fresh returns the withdrawals of the total that were not there before, and how many
// more there are that are dated before the order.
func (d *Disburser) fresh(ctx context.Context, order ports.PayoutOrder, known evidence) (rows []Withdrawal, early int, err error) {
	for row, err := range d.client.Withdrawals(ctx, window(known)) {
		switch {
		case err != nil:
			return nil, 0, err
		case !row.TotalAmount.Is(order.Total), slices.Contains(known.KnownWithdrawals, row.WithdrawID):
		case known.precedes(row.DateCreated):
			early++
		default:
			rows = append(rows, row)
		}
	}
	return rows, early, nil
}

// debits counts the history rows that a withdrawal of the total would leave.
func (d *Disburser) debits(ctx context.Context, order ports.PayoutOrder, known evidence) (int, error) {
	count, isOurs, filter := 0, isDebit(order.Total), debitFilter(order.Total)
	filter.From = known.ServerTime.Add(-lookBack)
	for row, err := range d.client.History(ctx, filter) {
		if err != nil {
			return 0, err
		}
		if isOurs(row) && row.HistoryID != known.Anchor && !slices.Contains(known.KnownRows, row.HistoryID) {
			count++
		}
	}
	return count, nil
}

// payoutLook is what the provider's books show when there is no withdrawal.
type payoutLook struct {
	balance Balance
	at      time.Time // by the provider's clock
	dated   bool      // the provider told it
	debits  int       // debits of the total that were not there before
}

// absent judges a look that found no withdrawal.
func (d *Disburser) absent(ctx context.Context, order ports.PayoutOrder, known evidence, look payoutLook) ports.PayoutAnswer {
	sent := known.sent(order.SentAt)
	wait := payoutUnknown(order, "")
	wait.InquireAfter = known.pause(order.Inquiries, sent, look.at)
	quiet := !look.at.Before(known.quiet(sent))
	switch {
	case look.at.Before(sent.Add(confirmPause - time.Second)), order.Transmissions > 1: // when it was sent last is not known
		return wait
	case look.debits == 0 && order.Last.Likely.Final() && order.Last.Likely != ports.OutcomeApproved:
		return payoutConfirmed(order, look.balance)
	case !quiet && (!look.dated || look.debits > 0 || order.Last.Likely == ports.OutcomeApproved || !look.at.After(known.spent(sent))):
		return wait
	case !look.dated:
		return payoutUnknown(order, undated)
	case look.debits > 0:
		return payoutUnknown(order, "the history shows the debit, but there is no withdrawal")
	case order.Last.Likely == ports.OutcomeApproved:
		return payoutUnknown(order, "the provider reported success, and shows no withdrawal")
	}
	fits, err := d.client.balanceFits(ctx, look.balance, look.at, known, known.spent(sent))
	switch {
	case err != nil, fits == fitBusy, !quiet && fits != fitPast:
		return wait
	case fits == fitNot:
		return payoutUnknown(order, "no trace of the order, but the history does not explain the balance")
	}
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: order.Last.Code, Message: "the provider has no trace of the order"}}
}

// payoutConfirmed makes the likely outcome of the last answer final. "Forbidden" says either
// that there is not enough money or that there is no right (documented as one
// code); the balance tells which.
func payoutConfirmed(order ports.PayoutOrder, balance Balance) ports.PayoutAnswer {
	last := order.Last
	answer := ports.PayoutAnswer{Answer: ports.Answer{Outcome: last.Likely, Code: last.Code, Message: last.Message, Permanent: last.Permanent}}
	if last.Code == "Forbidden" && balance.Balance.Decimal.LessThan(order.Total) {
		answer.Outcome, answer.Permanent = ports.OutcomeDeclined, false
	}
	return answer
}

// payoutUnknown keeps what the last answer said for the next inquiry: a withdrawal
// that was pending still is.
func payoutUnknown(order ports.PayoutOrder, review string) ports.PayoutAnswer {
	answer := order.Last
	answer.Alarm, answer.Resend, answer.Review = "", false, review
	answer.InquireAfter = inquiryPause(order.Inquiries)
	if answer.Outcome != ports.OutcomePending {
		answer.Outcome = ports.OutcomeUnknown
	}
	return answer
}
