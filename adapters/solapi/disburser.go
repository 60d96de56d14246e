package solapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// DisburserConfig is how a [Disburser] behaves. The zero DisburserConfig works.
type DisburserConfig struct {
	// Statuses says what a status of a withdrawal means: OutcomePending,
	// OutcomeApproved (paid) or OutcomeDeclined (rejected, and the total given
	// back). Only PENDING is documented. A status that is not in the map stays
	// pending and goes to review. Defaults to PENDING alone.
	Statuses map[string]ports.Outcome

	// LowBalance allows a withdrawal that leaves no more than the provider's
	// auto-recharge aims at, although auto-recharge is on. It may make the provider
	// charge a card.
	LowBalance bool
}

// Disburser is a [ports.Disburser] that withdraws from one SOLAPI account. It pays
// only the one bank account that is registered at SOLAPI: an order with any other
// destination than the zero one is refused.
type Disburser struct {
	client     *Client
	lane       string
	statuses   map[string]ports.Outcome
	lowBalance bool
}

var (
	_ ports.Disburser = (*Disburser)(nil)
	_ ports.Quieter   = (*Disburser)(nil)
)

// NewDisburser returns the Disburser of an account, named as for [NewCharger].
func NewDisburser(client *Client, account string, config DisburserConfig) (*Disburser, error) {
	lane, err := laneOf(account)
	if err != nil {
		return nil, err
	}
	statuses := map[string]ports.Outcome{StatusPending: ports.OutcomePending}
	for _, outcome := range config.Statuses {
		switch outcome {
		case ports.OutcomePending, ports.OutcomeApproved, ports.OutcomeDeclined:
		case ports.OutcomeUnknown, ports.OutcomeNotSent, ports.OutcomeFault:
			return nil, ports.Invalid("Statuses", "may mean pending, approved or declined only")
		}
	}
	maps.Copy(statuses, config.Statuses)
	return &Disburser{client: client, lane: lane, statuses: statuses, lowBalance: config.LowBalance}, nil
}

// Format writes the name, whatever the verb.
func (d *Disburser) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, d.lane) }

// Name returns "solapi:" and the name of the account.
func (d *Disburser) Name() string { return d.lane }

// Lane returns the lane of the account, which all its orders share.
func (d *Disburser) Lane(ports.PayoutOrder) string { return d.lane }

// QuietPeriod returns 30 minutes, as [Charger.QuietPeriod] does.
func (d *Disburser) QuietPeriod() time.Duration { return quietPeriod }

// The bounds of a withdrawal, its fee included (documented).
const (
	leastWithdrawal = 10_000
	mostWithdrawal  = 10_000_000
)

func checkPayout(order ports.PayoutOrder) error {
	err := checkOrder(order.Total, order.Currency)
	if order.Total.LessThan(decimal.NewFromInt(leastWithdrawal)) || order.Total.GreaterThan(decimal.NewFromInt(mostWithdrawal)) {
		err = ports.Join(err, ports.Invalid("Total", "must be %d to %d", leastWithdrawal, mostWithdrawal))
	}
	if order.Destination.BankCode != "" || order.Destination.Masked != "" || len(order.Destination.Sealed) > 0 {
		err = ports.Join(err, ports.Invalid("Destination", "must be the account registered at the provider"))
	}
	return err
}

// Prepare checks what the provider would refuse, and reads the balance, the history
// and the withdrawals as they are before the order.
func (d *Disburser) Prepare(ctx context.Context, order ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	if err := checkPayout(order); err != nil {
		return nil, refusePayout(faultFinding("invalid", err))
	}
	balance, found, err := d.client.gather(ctx, debitFilter(order.Total), isDebit(order.Total))
	if err != nil {
		return nil, refusePayout(refusalOf(err))
	}
	if err := d.allow(ctx, order, balance); err != nil {
		return nil, refusePayout(refusalOf(err))
	}
	for row, err := range d.client.Withdrawals(ctx, window(found)) {
		if err != nil {
			return nil, refusePayout(refusalOf(err))
		}
		found.KnownWithdrawals = append(found.KnownWithdrawals, row.WithdrawID)
	}
	data, err := found.encode()
	if err != nil {
		return nil, refusePayout(faultFinding("evidence", err))
	}
	return data, nil
}

// isDebit selects the history row that a withdrawal of total leaves.
func isDebit(total decimal.Decimal) func(HistoryRow) bool {
	return func(row HistoryRow) bool { return row.BalanceAmount.Is(total.Neg()) }
}

func debitFilter(total decimal.Decimal) HistoryFilter {
	return HistoryFilter{BalanceDeduct: true, BalanceAmount: decimal.NewNullDecimal(total.Neg())}
}

// window selects the withdrawals that an order prepared now could be taken for.
func window(known evidence) WithdrawalFilter {
	return WithdrawalFilter{From: known.ServerTime.Add(-lookBack)}
}

// allow refuses what the provider would, or what would harm.
func (d *Disburser) allow(ctx context.Context, order ports.PayoutOrder, balance Balance) error {
	left := balance.Balance.Decimal.Sub(order.Total)
	if left.Sign() < 0 {
		return d.refuse("balance", ports.Invalid("Total", "is more than the account holds"))
	}
	if bool(balance.AutoRecharge) && !d.lowBalance && left.LessThanOrEqual(balance.RechargeTo.Decimal) {
		return d.refuse("autoRecharge", ports.Invalid("Total", "would leave no more than auto-recharge aims at"))
	}
	account, err := d.client.BankAccount(ctx)
	if err == nil && !account.Registered {
		return d.refuse("bankAccount", errors.New("no bank account is registered at the provider"))
	}
	return err
}

func (d *Disburser) refuse(code string, err error) error {
	failed := d.client.fault("withdraw", err)
	failed.Code = code
	return failed
}

func refusePayout(f finding) *ports.PayoutAnswer {
	answer := f.payout()
	return &answer
}

// Disburse sends the order, once. It refuses an order that was not prepared, or
// that waited for longer than a minute after its SentAt. After any but the first transmission
// a refusal is OutcomeUnknown.
func (d *Disburser) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	answer := d.disburse(ctx, order)
	answer.Answer = ofAll(order.Transmissions, answer.Answer)
	return answer
}

func (d *Disburser) disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if err := checkPayout(order); err != nil {
		return faultFinding("invalid", err).payout()
	}
	known, err := decodeEvidence(order.Evidence)
	if err != nil {
		return faultFinding("evidence", err).payout()
	}
	if known.stale(order.SentAt, d.client.clock.Now()) {
		return staleFinding().payout()
	}
	answer, err := d.client.Withdraw(ctx, order.Total)
	if err != nil {
		return findingOf(err).payout()
	}
	if !known.owns(answer.AccountID) || !answer.Proves(order.Total) {
		return unproven(order, known, answer)
	}
	return d.taken(answer)
}

// unproven is a readable success that does not prove itself.
func unproven(order ports.PayoutOrder, known evidence, w Withdrawal) ports.PayoutAnswer {
	answer := ports.PayoutAnswer{
		Answer: ports.Answer{
			Likely:       ports.OutcomeApproved,
			ProviderRef:  cleanID(w.WithdrawID),
			InquireAfter: confirmPause,
			Message:      "the provider reports success without proof",
		},
		Status: httpcall.Redact(w.Status),
	}
	switch {
	case !known.owns(w.AccountID):
		answer.Alarm = alarmAccount
	case w.TotalAmount.Valid && (!w.TotalAmount.Is(order.Total) || w.WithdrawID != ""):
		answer.Alarm = "the figures of the answer do not add up"
	}
	return answer
}

// taken reports a withdrawal as the provider shows it. A rejection is only reported
// after the history showed that the total was given back; see Inquire. The memo of an
// administrator of the provider, why it was rejected say, is the message.
func (d *Disburser) taken(w Withdrawal) ports.PayoutAnswer {
	answer := ports.PayoutAnswer{
		Answer:        ports.Answer{Outcome: ports.OutcomePending, ProviderRef: cleanID(w.WithdrawID), Message: d.client.scrub(w.Memo)},
		Status:        httpcall.Redact(w.Status),
		Total:         w.TotalAmount.NullDecimal,
		Fee:           w.Fee.NullDecimal,
		Net:           w.Amount.NullDecimal,
		TransactionID: cleanID(w.TransactionID),
		TransactedAt:  ports.Instant(w.TransactionDate.Time),
	}
	outcome, mapped := d.statuses[w.Status]
	switch {
	case !mapped:
		answer.Review = "the status of the withdrawal is not in the map of statuses"
	case outcome == ports.OutcomeApproved:
		answer.Outcome = outcome
	}
	return answer
}
