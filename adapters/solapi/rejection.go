package solapi

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// rejectionWindow is how far before a withdrawal others of its total are looked for whose
// credit could be taken for its own: that of an earlier rejection, or of a payout that the
// bank sent back (inferred: it takes days).
const rejectionWindow = 30 * 24 * time.Hour

// rejected looks for the total in the history before it believes a rejection: that
// the provider gives it back is not documented. A credit names no withdrawal, so one
// must be there for each withdrawal of the total that may have come back.
func (d *Disburser) rejected(ctx context.Context, order ports.PayoutOrder, row Withdrawal, answer ports.PayoutAnswer) ports.PayoutAnswer {
	from := row.DateCreated.Add(-rejectionWindow)
	turns, err := d.ended(ctx, row, from)
	if err == nil {
		var credits []turn
		credits, err = d.credits(ctx, row.TotalAmount.Decimal, from)
		turns = append(turns, credits...)
	}
	switch {
	case errors.Is(err, errTooMany):
		answer.Review = "the withdrawal was rejected, and there are too many rows to tell whether it was given back"
		return answer
	case err != nil:
		return payoutUnknown(order, "")
	case owed(turns) > 0:
		answer.Review = "the withdrawal was rejected, and the history does not show that it, and no other of its total, was given back"
		return answer
	}
	answer.Outcome, answer.InquireAfter = ports.OutcomeDeclined, 0
	return answer
}

// errTooMany is a list that is too long to be read at each inquiry.
var errTooMany = errors.New("too many rows")

// turn is a withdrawal that ended, or a credit that may have given it back.
type turn struct {
	at   time.Time
	owes int // 1 or -1
}

// ended returns the withdrawals of the total of row that are not under way. The row is
// one of them.
func (d *Disburser) ended(ctx context.Context, row Withdrawal, from time.Time) ([]turn, error) {
	turns, count := []turn{{row.DateCreated.Time, 1}}, 0
	for other, err := range d.client.Withdrawals(ctx, WithdrawalFilter{From: from}) {
		if err != nil {
			return nil, err
		}
		if count++; count > maxWalk {
			return nil, errTooMany
		}
		if other.WithdrawID != row.WithdrawID && other.TotalAmount.Is(row.TotalAmount.Decimal) && d.statuses[other.Status] != ports.OutcomePending {
			turns = append(turns, turn{other.DateCreated.Time, 1})
		}
	}
	return turns, nil
}

// credits returns the credits of the total since a time that are no recharges.
func (d *Disburser) credits(ctx context.Context, total decimal.Decimal, from time.Time) ([]turn, error) {
	var turns []turn
	count := 0
	for row, err := range d.client.History(ctx, HistoryFilter{From: from, BalanceRecharge: true}) {
		if err != nil {
			return nil, err
		}
		if count++; count > maxWalk {
			return nil, errTooMany
		}
		if row.BalanceAmount.Is(total) && row.Type != TypeRecharge {
			turns = append(turns, turn{row.DateCreated.Time, -1})
		}
	}
	return turns, nil
}

func byTime(a, b turn) int { return cmp.Or(a.at.Compare(b.at), b.owes-a.owes) }

// owed returns how many of the withdrawals were not given back. A credit at a time when
// nothing is owed does not count.
func owed(turns []turn) int {
	slices.SortFunc(turns, byTime)
	left := 0
	for _, turn := range turns {
		left = max(left+turn.owes, 0)
	}
	return left
}
