package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// equal returns an error unless an amount is what it must be.
func equal(what string, got, want decimal.Decimal) error {
	if got.Equal(want) {
		return nil
	}
	return fmt.Errorf("%s: %s, and must be %s", what, comma(got), comma(want))
}

// holds returns a wallet that holds what it must.
func (s *story) holds(ctx context.Context, want holding) (ports.Wallet, error) {
	w, err := s.wallets.Wallet(ctx, want.wallet)
	if err != nil {
		return w, err
	}
	if err := equal("cash of "+want.wallet, w.AvailableBalance(), won(want.cash)); err != nil {
		return w, err
	}
	return w, equal("points of "+want.wallet, w.AvailablePoint(s.clock.Now()), won(want.points))
}

// chargedBy checks that the latest charge in the provider's books is by this card.
func (s *story) chargedBy(card string, amount int64) error {
	charges := s.account.Books().Charges
	last := charges[len(charges)-1]
	if last.PaymentID != card {
		return errors.New("the provider charged another card")
	}
	return equal("the provider charged", last.Amount, won(amount))
}

// payoutIs checks that a payout was made, and that the provider's books have the same
// figures.
func (s *story) payoutIs(op *ports.Withdrawal, net, fee decimal.Decimal) error {
	if op.Status != ports.WithdrawalCompleted {
		return fmt.Errorf("withdrawal is %s: %s", op.Status, op.Why)
	}
	payouts := s.account.Books().Withdrawals
	if len(payouts) != 1 {
		return fmt.Errorf("the provider made %d payouts", len(payouts))
	}
	for _, check := range []error{
		equal("paid", op.ActualNet.Decimal, net), equal("fee", op.ActualFee.Decimal, fee),
		equal("the provider paid", payouts[0].Net, net), equal("the provider's fee", payouts[0].Fee, fee),
		equal("the provider took", payouts[0].Total, net.Add(fee)),
	} {
		if check != nil {
			return check
		}
	}
	return nil
}

// verify compares the wallets with the providers' books, and proves the histories.
func (s *story) verify(ctx context.Context) error {
	inSolapi, times := decimal.Zero, 0
	for _, charge := range s.account.Books().Charges {
		inSolapi, times = inSolapi.Add(charge.Amount), times+1
	}
	inKona := decimal.Zero
	for _, charge := range s.kona.Books().Transactions {
		if charge.Status == konatest.Completed {
			inKona, times = inKona.Add(charge.Amount), times+1
		}
	}
	if err := s.credited(ctx, customer, inSolapi); err != nil {
		return err
	}
	if err := s.credited(ctx, member, inKona); err != nil {
		return err
	}
	balance := won(accountBegins).Add(inSolapi).Sub(won(20_000))
	if err := equal("the provider's account holds", s.account.Books().Balance, balance); err != nil {
		return err
	}
	var entries int64
	for _, id := range []string{customer, member} {
		proved, err := s.wallets.Verify(ctx, id)
		if err != nil {
			return err
		}
		entries += proved
	}
	fmt.Fprintf(s.out, "\nThe providers' books are ours: %d charges, %s in all, each credited once; and one payout.\n", times, comma(inSolapi.Add(inKona)))
	fmt.Fprintf(s.out, "The histories of both wallets are proved, %d entries; the trial balance is zero.\n", entries)
	return nil
}

// credited checks that a wallet was credited with what its provider charged.
func (s *story) credited(ctx context.Context, wallet string, charged decimal.Decimal) error {
	credits := decimal.Zero
	for e, err := range s.wallets.Entries(ctx, ports.EntryFilter{WalletID: wallet, Types: []ports.EntryType{ports.EntryRecharge}}) {
		if err != nil {
			return err
		}
		credits = credits.Add(e.BalanceAmount)
	}
	return equal("credited to "+wallet, credits, charged)
}
