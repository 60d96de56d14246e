package recharge

import (
	"context"
	"log/slog"

	"github.com/jigap/jigap/internal/dry"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Forecast is what a recharge would do: see [Service.Preview].
type Forecast struct {
	// Recharge is the record as it would be written down, before the provider hears of it. Its ID is
	// blank, because an id is made when it is written. With Replayed it is the recharge that has the
	// key, as it is now.
	Recharge *ports.Recharge
	// Replayed says that the key was used for the same request before: nothing would be written or sent.
	Replayed bool
	// Wallet is what [ledger.Ledger.Wallet] would return once the provider has approved the recharge as
	// it was ordered, and it was credited; its Hash is zero. With Replayed it is the wallet as it is now.
	Wallet ports.Wallet
}

// Preview tells what [Service.Recharge] would do with the request now, and does nothing: the same
// checks and rules run on the same state, and nothing is written, sent, logged or told to the
// Notifier. The Charger is asked for its Lane, and for nothing else: what it would refuse when it prepares the
// order, and what the provider would answer, is not foreseen.
//
// An error is the one with which Recharge would be refused, of the same type and text: a
// [ports.LimitError], an [InProgressError], [ports.ErrKeyReused] and so on. In addition, an amount that
// the wallet could not be credited is an error, such as [ports.ErrLimit] for a purse that is full; and wallets
// that were written again and again while they were read are [ports.ErrConflict]. It is never
// [ports.ErrUndecided].
//
// Preview promises nothing: another caller may be faster. It may be called any number of times, does
// not use the key up, and is safe for concurrent use.
func (s *Service) Preview(ctx context.Context, request Request) (Forecast, error) {
	f, err := s.foresee(ctx, func(over *Service) (*ports.Recharge, bool, error) { return over.open(ctx, &request, nil) })
	if err != nil {
		return Forecast{}, record.About("recharge", "wallet", request.WalletID, err)
	}
	return f, nil
}

// PreviewBegin is [Service.Preview] for [Service.Begin]. The Charger is asked for Await, and Shown of the
// forecast tells what the customer would be shown. Where Shown has the ID of the recharge, Begin will
// show another one.
func (s *Service) PreviewBegin(ctx context.Context, request BeginRequest) (Forecast, error) {
	f, err := s.foresee(ctx, func(over *Service) (*ports.Recharge, bool, error) { return over.begin(ctx, &request) })
	if err != nil {
		return Forecast{}, record.About("begin recharge of", "wallet", request.WalletID, err)
	}
	return f, nil
}

// foresee opens a recharge over a store that writes nothing, and credits it there as ordered.
func (s *Service) foresee(ctx context.Context, open func(over *Service) (*ports.Recharge, bool, error)) (Forecast, error) {
	return dry.Run(ctx, s.store, func(store *dry.Store) (f Forecast, err error) {
		over := s.over(store)
		if f.Recharge, f.Replayed, err = open(over); err != nil {
			return Forecast{}, err
		}
		if !f.Replayed {
			approved := order.Clone(f.Recharge)
			approved.Version++
			if err := over.chargeApproved(ctx, approved); err != nil {
				return Forecast{}, err
			}
		}
		if f.Wallet, err = over.ledger.Wallet(ctx, f.Recharge.WalletID); err != nil {
			return Forecast{}, err
		}
		if !f.Replayed {
			f.Recharge.ID, f.Wallet.Hash = "", ports.Hash{}
		}
		return f, nil
	})
}

// over returns a service with the rules of s over a store that writes nothing. It tells and logs
// nothing, and sends nothing by itself.
func (s *Service) over(store *dry.Store) *Service {
	config := s.config
	config.Notifier, config.Logger = nil, slog.New(slog.DiscardHandler)
	over := &Service{store: store, ledger: s.ledger.Over(store), config: config, chargers: s.chargers, calls: s.calls}
	over.equip()
	return over
}
