package recharge

import (
	"context"
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// ErrChargeTaken is returned when a recharge is to be credited for a payment at the
// provider that another recharge was credited for. The error is a [ChargeTakenError].
var ErrChargeTaken = errors.New("the payment at the provider is another recharge's")

// ChargeTakenError names the recharge that has the payment. It matches [ErrChargeTaken].
type ChargeTakenError struct {
	ProviderRef string // the provider's id of the payment
	RechargeID  string // the recharge that has it
}

// Error names the payment and the recharge that has it.
func (e *ChargeTakenError) Error() string {
	return fmt.Sprintf("%v: recharge %s has %s", ErrChargeTaken, e.RechargeID, e.ProviderRef)
}

// Is reports whether target is [ErrChargeTaken].
func (e *ChargeTakenError) Is(target error) bool { return target == ErrChargeTaken }

// unclaimed returns [ErrChargeTaken] if another recharge of the same Charger carries the
// provider's reference of op, where has says which ones count. The look is not part of the
// write: it sees orders that came before. What is credited at the same moment is found by
// the claim.
func (s *Service) unclaimed(ctx context.Context, op *ports.Recharge, has func(other *ports.Recharge) bool) error {
	if op.ProviderRef == "" { // that proves nothing
		return nil
	}
	other, taken, err := worker.Another(ctx, s.store, ports.KindRecharge, op.ID, op.ProviderRef, func(other *ports.Recharge) bool {
		return other.Charger == op.Charger && has(other)
	})
	if err == nil && taken {
		err = &ChargeTakenError{ProviderRef: op.ProviderRef, RechargeID: other.ID}
	}
	return err
}

// claim returns the claim that is written in the unit of a credit, or none where the
// provider's reference is not known. It returns [ErrChargeTaken] if the payment was
// credited before, and that credit stands.
func (s *Service) claim(ctx context.Context, op *ports.Recharge) ([]ports.Operation, error) {
	if op.ProviderRef == "" {
		return nil, nil
	}
	var last *ports.Claim
	number := 1
	for ; ; number++ {
		id := ports.ClaimID(op.Charger, op.ProviderRef, number)
		found, err := s.store.Operations(ctx, []string{id})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			break
		}
		is := false
		if last, is = found[0].(*ports.Claim); !is {
			return nil, fmt.Errorf("claim %s: %w: it is a %s", id, ports.ErrUnreadable, found[0].Head().Kind)
		}
	}
	if last != nil { // those before it were released when it was made
		if err := s.released(ctx, op, last); err != nil {
			return nil, err
		}
	}
	return []ports.Operation{&ports.Claim{OperationHead: ports.OperationHead{
		ID: ports.ClaimID(op.Charger, op.ProviderRef, number), Kind: ports.KindClaim, WalletID: op.WalletID, Version: 1, Status: ports.ClaimHeld,
		Provider: op.Charger, Reference: op.ID, CreatedAt: op.UpdatedAt, UpdatedAt: op.UpdatedAt,
	}, RechargeID: op.ID, Number: number}}, nil
}

// released returns [ErrChargeTaken] unless the recharge of a claim is no longer credited for
// the payment: its credit was taken back, as a mistake where another recharge claims it now,
// or it stands for another payment.
func (s *Service) released(ctx context.Context, op *ports.Recharge, last *ports.Claim) error {
	holder, err := s.Get(ctx, last.RechargeID)
	if err != nil {
		return err
	}
	free := !holds(holder) || holder.ProviderRef != op.ProviderRef
	if holder.ID == op.ID {
		free = holder.ReverseSeq != 0 || holder.ProviderRef != op.ProviderRef
	}
	if free {
		return nil
	}
	return &ChargeTakenError{ProviderRef: op.ProviderRef, RechargeID: holder.ID}
}

// holds reports whether a recharge was credited, and no other may be credited for its
// payment. A credit that a person reversed as a mistake frees it.
func holds(op *ports.Recharge) bool {
	return op.EntrySeq != 0 && (op.ReverseSeq == 0 || op.CancelID != "" || op.Disputed)
}
