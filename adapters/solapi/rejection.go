package solapi

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// rejected looks for the total in the history before it believes a rejection: that
// the provider gives it back is not documented. A credit names no withdrawal, so one
// must be there for each withdrawal of the total that was rejected.
func (d *Disburser) rejected(ctx context.Context, order ports.PayoutOrder, row Withdrawal, answer ports.PayoutAnswer) ports.PayoutAnswer {
	turns, err := d.rejections(ctx, row)
	if err != nil {
		return payoutUnknown(order, "")
	}
	credits, err := d.credits(ctx, row.TotalAmount.Decimal, slices.MinFunc(turns, byTime).at)
	switch {
	case err != nil:
		return payoutUnknown(order, "")
	case owed(append(turns, credits...)) > 0:
		answer.Review = "the withdrawal was rejected, and the history does not show that each rejected one of its total was given back"
		return answer
	}
	answer.Outcome, answer.InquireAfter = ports.OutcomeDeclined, 0
	return answer
}

// turn is a withdrawal that was rejected, or a credit that may have given it back.
type turn struct {
	at   time.Time
	owes int // 1 or -1
}

// rejections returns the withdrawals of the total of row that are neither under way nor
// paid. The row is one of them.
func (d *Disburser) rejections(ctx context.Context, row Withdrawal) ([]turn, error) {
	turns := []turn{{row.DateCreated.Time, 1}}
	for other, err := range d.client.Withdrawals(ctx, WithdrawalFilter{}) {
		if err != nil {
			return nil, err
		}
		outcome := d.statuses[other.Status]
		if other.WithdrawID != row.WithdrawID && other.TotalAmount.Is(row.TotalAmount.Decimal) &&
			outcome != ports.OutcomePending && outcome != ports.OutcomeApproved {
			turns = append(turns, turn{other.DateCreated.Time, 1})
		}
	}
	return turns, nil
}

// credits returns the credits of the total since a time that are no recharges.
func (d *Disburser) credits(ctx context.Context, total decimal.Decimal, since time.Time) ([]turn, error) {
	var turns []turn
	for row, err := range d.client.History(ctx, HistoryFilter{From: since, BalanceRecharge: true}) {
		if err != nil {
			return nil, err
		}
		if row.BalanceAmount.Is(total) && row.Type != TypeRecharge {
			turns = append(turns, turn{row.DateCreated.Time, -1})
		}
	}
	return turns, nil
}

func byTime(a, b turn) int { return cmp.Or(a.at.Compare(b.at), b.owes-a.owes) }

// owed returns how many of the rejected withdrawals were not given back. A credit at a
// time when nothing is owed is none of theirs.
func owed(turns []turn) int {
	slices.SortFunc(turns, byTime)
	left := 0
	for _, turn := range turns {
		left = max(left+turn.owes, 0)
	}
	return left
}
