package withdraw

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
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
	other, taken, err := worker.Another(ctx, s.store, ports.KindWithdrawal, op.ID, ref, func(other *ports.Withdrawal) bool {
		return other.Disburser == op.Disburser
	})
	if err == nil && !taken {
		other, err = s.namedBy(ctx, op, ref)
		taken = other != nil
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

// named returns the claim by which no other withdrawal is ended by a payout that the
// provider named for op, and that op does not stand for; none where it is written.
func (s *Service) named(ctx context.Context, op *ports.Withdrawal, ref string) ([]ports.Operation, error) {
	id := ports.NamedID(op.Kind, op.Disburser, ref)
	found, err := s.store.Operations(ctx, []string{id})
	if err != nil || len(found) > 0 {
		return nil, err
	}
	now := s.now()
	return []ports.Operation{&ports.Claim{OperationHead: ports.OperationHead{
		ID: id, Kind: ports.KindClaim, WalletID: op.WalletID, Version: 1, Status: ports.ClaimNamed,
		Provider: op.Disburser, Reference: op.ID, CreatedAt: now, UpdatedAt: now,
	}, RechargeID: op.ID}}, nil
}

// namedBy returns the withdrawal, other than op, for which the provider named a payout; nil
// when there is none.
func (s *Service) namedBy(ctx context.Context, op *ports.Withdrawal, ref string) (*ports.Withdrawal, error) {
	found, err := s.store.Operations(ctx, []string{ports.NamedID(op.Kind, op.Disburser, ref)})
	if err != nil || len(found) == 0 || found[0].Head().Reference == op.ID {
		return nil, err
	}
	return s.Get(ctx, found[0].Head().Reference)
}
