package withdraw

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// claim converts an answer into a review if its ProviderRef belongs to another withdrawal: a
// Disburser that looks for an order by its total can find another order's, and one payout
// ends one withdrawal. No other takes the payout between this look and the write: until
// it has one, a withdrawal is alone in its lane.
func (s *Service) claim(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (ports.PayoutAnswer, error) {
	ref := cmp.Or(answer.ProviderRef, op.ProviderRef)
	if ref == "" {
		return answer, nil
	}
	other, taken, err := record.FindByProviderRef(ctx, s.store, ports.KindWithdrawal, op.ID, ref, func(other *ports.Withdrawal) bool {
		return ports.MerchantOf(other.Disburser) == ports.MerchantOf(op.Disburser)
	})
	if err == nil && !taken {
		var others []*ports.Withdrawal
		if others, err = s.path.NamedBy(ctx, op, ref); len(others) > 0 {
			other, taken = others[0], true
		}
	}
	if err != nil || !taken {
		return answer, err
	}
	return ports.PayoutAnswer{
		Answer: ports.Answer{
			Alarm:  answer.Alarm,
			Review: fmt.Sprintf("the provider answered %s for payout %s, which is that of withdrawal %s", answer.Outcome, ref, other.ID),
		},
	}, nil
}
