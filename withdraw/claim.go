package withdraw

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jigap/jigap/ports"
)

// claim makes an answer about a payout that another withdrawal has one for a person: a
// Disburser that looks for an order by its total can find another order's, and one payout
// ends one withdrawal. No other takes the payout between this look and the write: until
// it has one, a withdrawal is alone in its lane.
func (s *Service) claim(ctx context.Context, op *ports.Withdrawal, answer ports.PayoutAnswer) (ports.PayoutAnswer, error) {
	ref := cmp.Or(answer.ProviderRef, op.ProviderRef)
	if ref == "" {
		return answer, nil
	}
	other, err := s.holder(ctx, op, ref)
	if err != nil || other == "" {
		return answer, err
	}
	return ports.PayoutAnswer{
		Alarm:  answer.Alarm,
		Review: fmt.Sprintf("the provider answered %s for payout %s, which is that of withdrawal %s", answer.Outcome, ref, other),
	}, nil
}

// holder returns the id of another withdrawal through the same Disburser that has the
// provider's id, or blank.
func (s *Service) holder(ctx context.Context, op *ports.Withdrawal, ref string) (id string, err error) {
	filter := ports.OperationFilter{Kind: ports.KindWithdrawal, ProviderRef: ref, Limit: 100}
	for {
		found, err := s.store.FindOperations(ctx, filter)
		if err != nil {
			return "", err
		}
		for _, other := range found {
			if w, ok := other.(*ports.Withdrawal); ok && w.ID != op.ID && w.Disburser == op.Disburser {
				return w.ID, nil
			}
		}
		if len(found) < filter.Limit {
			return "", nil
		}
		filter.AfterID = found[len(found)-1].Head().ID
	}
}
