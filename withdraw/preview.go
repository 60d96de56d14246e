package withdraw

import (
	"context"
	"log/slog"

	"github.com/jigap/jigap/internal/dry"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Forecast is what a withdrawal would do: see [Service.Preview].
type Forecast struct {
	// Withdrawal is the record as it would be written down, with its Fee and Net, before the provider
	// hears of it. Its ID is blank, because an id is made when it is written. With Replayed it is
	// the withdrawal that has the key, as it is now.
	Withdrawal *ports.Withdrawal
	// Replayed says that the key was used for the same request before: nothing would be written or sent.
	Replayed bool
	// Wallet is what [ledger.Ledger.Wallet] would return once the withdrawal is written down and its
	// total has left; its Hash is zero. With Replayed it is the wallet as it is now.
	Wallet ports.Wallet
}

// Preview tells what [Service.Request] would do with the request now, and does nothing: the same
// checks and rules run on the same state, and nothing is written, sent, logged or told to the
// Notifier. The Guard and the Sealer are asked as Request asks them. The Disburser is asked nothing:
// what it would refuse when it prepares the order, and what the provider would answer, is not foreseen.
//
// An error is the one with which Request would be refused, of the same type and text: a
// [ports.InsufficientError], a [FeeChangedError], [ErrTripsRecharge], [ports.ErrFrozen],
// [ports.ErrKeyReused] and so on. In addition, wallets that were written again and again while they
// were read are [ports.ErrConflict]. It is never [ports.ErrUndecided].
//
// Preview promises nothing: another caller may be faster. It may be called any number of times, does
// not use the key up, and is safe for concurrent use.
func (s *Service) Preview(ctx context.Context, request Request) (Forecast, error) {
	f, err := dry.Run(ctx, s.store, func(store *dry.Store) (f Forecast, err error) {
		over := s.over(store)
		if f.Withdrawal, f.Replayed, err = over.open(ctx, &request); err != nil {
			return Forecast{}, err
		}
		if f.Wallet, err = over.ledger.Wallet(ctx, request.WalletID); err != nil {
			return Forecast{}, err
		}
		if !f.Replayed {
			f.Withdrawal.ID, f.Wallet.Hash = "", ports.Hash{}
		}
		return f, nil
	})
	if err != nil {
		return Forecast{}, record.About("withdraw from", "wallet", request.WalletID, err)
	}
	return f, nil
}

// over returns a service with the rules of s over a store that writes nothing. It tells and logs
// nothing, and sends nothing by itself.
func (s *Service) over(store *dry.Store) *Service {
	config := s.config
	config.Notifier, config.Logger = nil, slog.New(slog.DiscardHandler)
	over := &Service{store: store, ledger: s.ledger.Over(store), config: config, routes: s.routes, calls: s.calls, places: s.places}
	over.equip()
	return over
}
