package recharge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
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

// unclaimed returns [ErrChargeTaken] if another recharge of the same [ports.MerchantOf] carries the
// provider's reference of op, where has says which ones count, or if the provider named the
// payment for another, where named says which ones count. The look is not part of the
// write: it sees orders that came before. What is credited at the same moment is found by
// the claim.
func (s *Service) unclaimed(ctx context.Context, op *ports.Recharge, has, named func(other *ports.Recharge) bool) error {
	if op.ProviderRef == "" { // that proves nothing
		return nil
	}
	other, taken, err := record.FindByProviderRef(ctx, s.store, ports.KindRecharge, op.ID, op.ProviderRef, func(other *ports.Recharge) bool {
		return ports.MerchantOf(other.Charger) == ports.MerchantOf(op.Charger) && has(other)
	})
	if err == nil && !taken {
		var others []*ports.Recharge
		others, err = s.charges.NamedBy(ctx, op, op.ProviderRef)
		if at := slices.IndexFunc(others, named); at >= 0 {
			other, taken = others[at], true
		}
	}
	if err == nil && taken {
		err = &ChargeTakenError{ProviderRef: op.ProviderRef, RechargeID: other.ID}
	}
	return err
}

// undecided reports whether a recharge may yet be credited for a payment that it carries.
func undecided(op *ports.Recharge) bool { return op.Open || op.Status == ports.RechargeDisputed }

// unclaimedByRecords returns [ErrChargeTaken] if a person is to credit op for a payment that
// is a further payment of another recharge, which is not decided, or for which another was
// credited without a claim, by an earlier version.
func (s *Service) unclaimedByRecords(ctx context.Context, op *ports.Recharge) error {
	if op.ProviderRef == "" {
		return nil
	}
	last, err := s.lastClaim(ctx, op)
	if err != nil {
		return err
	}
	return s.unclaimed(ctx, op, func(other *ports.Recharge) bool { return last == nil && holds(other) }, func(other *ports.Recharge) bool {
		return undecided(other) && slices.Contains(other.Others, op.ProviderRef)
	})
}

// claim returns the claim that is written in the unit of a credit: none where the provider's
// reference is not known, or where op has the claim already. It returns [ErrChargeTaken] if
// the payment was credited to another recharge before, and not taken back as a mistake.
func (s *Service) claim(ctx context.Context, op *ports.Recharge) ([]ports.Operation, error) {
	if op.ProviderRef == "" {
		return nil, nil
	}
	last, err := s.lastClaim(ctx, op)
	number := 1
	if err == nil && last != nil {
		number = last.Number + 1
		var holder *ports.Recharge
		holder, err = s.Get(ctx, last.RechargeID)
		switch {
		case err != nil:
		case last.Status == ports.ClaimReleased || !holds(holder):
		case holder.ID == op.ID && last.Mistake: // its credit is back: it was no mistake
			last.Version++
			last.Mistake, last.UpdatedAt = false, op.UpdatedAt
			return []ports.Operation{last}, nil
		case holder.ID == op.ID:
			return nil, nil
		default:
			err = &ChargeTakenError{ProviderRef: op.ProviderRef, RechargeID: holder.ID}
		}
	}
	if err != nil {
		return nil, err
	}
	return []ports.Operation{&ports.Claim{OperationHead: ports.OperationHead{
		ID: ports.ClaimID(op.Charger, op.ProviderRef, number), Kind: ports.KindClaim, WalletID: op.WalletID, Version: 1,
		Provider: op.Charger, Reference: op.ID, CreatedAt: op.UpdatedAt, UpdatedAt: op.UpdatedAt,
	}, Status: ports.ClaimHeld, RechargeID: op.ID, Number: number}}, nil
}

// claimLate is claim for a payment that a late answer names. It returns [ErrChargeTaken] also
// if the provider named the payment for another recharge before.
func (s *Service) claimLate(ctx context.Context, op *ports.Recharge) ([]ports.Operation, error) {
	others, err := s.charges.NamedBy(ctx, op, op.ProviderRef)
	switch {
	case err != nil:
		return nil, err
	case len(others) > 0:
		return nil, &ChargeTakenError{ProviderRef: op.ProviderRef, RechargeID: others[0].ID}
	}
	if err := s.unclaimedByRecords(ctx, op); err != nil {
		return nil, err
	}
	return s.claim(ctx, op)
}

// lastClaim returns the claim of op's payment that counts, or nil.
func (s *Service) lastClaim(ctx context.Context, op *ports.Recharge) (last *ports.Claim, err error) {
	for number := 1; ; number++ {
		claim, found, err := s.readClaim(ctx, ports.ClaimID(op.Charger, op.ProviderRef, number))
		if err != nil || !found {
			return last, err
		}
		last = claim
	}
}

// readClaim returns the claim with one of the ids, and whether there is one.
func (s *Service) readClaim(ctx context.Context, ids ...string) (claim *ports.Claim, found bool, err error) {
	ops, err := s.store.Operations(ctx, ids)
	if err != nil || len(ops) == 0 {
		return nil, false, err
	}
	claim, is := ops[0].(*ports.Claim)
	if !is {
		return nil, false, fmt.Errorf("claim %s: %w: it is a %s", ops[0].Head().ID, ports.ErrUnreadable, ops[0].Head().Kind)
	}
	return claim, true, nil
}

// creditedElsewhere reports whether another recharge is credited for op's payment.
func (s *Service) creditedElsewhere(ctx context.Context, op *ports.Recharge) (bool, error) {
	if op.ProviderRef == "" {
		return false, nil
	}
	last, err := s.lastClaim(ctx, op)
	return last != nil && last.RechargeID != op.ID, err
}

// mark returns the claim of op's payment with another status, which is written with op. It
// returns none where op has no claim, or another recharge has the payment by now. A payment
// that op is to hold, and that is free, gets a new claim.
func (s *Service) mark(ctx context.Context, op *ports.Recharge, status ports.ClaimStatus) ([]ports.Operation, error) {
	if op.ProviderRef == "" {
		return nil, nil
	}
	last, err := s.lastClaim(ctx, op)
	if err == nil && last != nil && last.RechargeID != op.ID && last.Status == ports.ClaimReleased && status == ports.ClaimHeld && holds(op) {
		return s.claim(ctx, op) // another recharge had it since, by mistake
	}
	if err != nil || last == nil || last.RechargeID != op.ID || last.Status == status {
		return nil, err
	}
	last.Version++
	last.Status, last.UpdatedAt = status, s.now()
	last.Mistake = last.Mistake || status == ports.ClaimReleased
	return []ports.Operation{last}, nil
}

// holds reports whether a recharge was credited, and no other may be credited for its
// payment. A credit that a person reversed as a mistake frees it.
func holds(op *ports.Recharge) bool {
	return op.EntrySeq != 0 && (op.ReverseSeq == 0 || op.CancelID != "" || len(op.Parts) > 0 || op.Disputed)
}
