package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

func (s *story) recharge(ctx context.Context) error {
	op, err := s.charge(ctx, "topup-1", 10_000)
	if err != nil {
		return err
	}
	_, err = s.wallets.Grant(ctx, ledger.GrantRequest{
		WalletID: customer, Key: "welcome", Amount: won(500), ExpiresAt: s.clock.Now().AddDate(0, 1, 0),
	})
	if err != nil {
		return err
	}
	return s.say(ctx, holding{customer, 10_000, 500}, "Recharged 10,000 through %s: %s. Granted 500 points.", op.Charger, op.Status)
}

// charge charges the customer's first card.
func (s *story) charge(ctx context.Context, key string, amount int64) (*ports.Recharge, error) {
	return s.recharges.Recharge(ctx, recharge.Request{
		WalletID: customer, Key: key, Charger: s.charger.Name(), PaymentMethod: s.cards[0], Amount: won(amount),
		Note: ledger.Note{Reference: key},
	})
}

func (s *story) usage(ctx context.Context) error {
	used := ledger.DeductRequest{WalletID: customer, Key: "messages-1", Amount: won(1_800), Note: ledger.Note{Reference: "campaign-7"}}
	receipt, err := s.wallets.Deduct(ctx, used)
	if err != nil {
		return err
	}
	again, err := s.wallets.Deduct(ctx, used)
	if err != nil {
		return err
	}
	if again.Entry.Hash != receipt.Entry.Hash || !again.Replayed {
		return errors.New("the same request again was not answered with the same entry")
	}
	return s.say(ctx, holding{customer, 8_700, 0}, "Usage of 1,800: %s points, then %s cash. Sent twice, booked once.",
		comma(receipt.Entry.PointAmount), comma(receipt.Entry.BalanceAmount))
}

func (s *story) hold(ctx context.Context) error {
	held, err := s.wallets.Hold(ctx, ledger.HoldRequest{
		WalletID: customer, Key: "batch-1", Amount: won(5_000), Note: ledger.Note{Reference: "batch-1"},
	})
	if err != nil {
		return err
	}
	captured, err := s.wallets.Capture(ctx, ledger.CaptureRequest{
		HoldID: held.Hold.ID, Key: "batch-1-sent", Amount: won(4_200), Final: true, Note: ledger.Note{Reference: "batch-1"},
	})
	if err != nil {
		return err
	}
	return s.say(ctx, holding{customer, 4_500, 0}, "Held 5,000, captured 4,200 of it: the hold is %s, 800 are free.", captured.Hold.Status)
}

func (s *story) autoRecharge(ctx context.Context) error {
	first, second := ports.PaymentMethod{Charger: s.charger.Name(), ID: s.cards[0]}, ports.PaymentMethod{Charger: s.charger.Name(), ID: s.cards[1]}
	_, err := s.auto.Set(ctx, autorecharge.SetRequest{
		WalletID: customer, By: ports.By{Who: customer, Why: "switched on in the app"},
		Terms: ports.PolicyTerms{Methods: []ports.PaymentMethod{first, second}, MinimumCash: won(1_000), RechargeTo: won(50_000)},
	})
	if err != nil {
		return err
	}
	s.account.SetCard(first.ID, http.StatusPaymentRequired, "BalanceInsufficient")
	if _, err := s.wallets.Deduct(ctx, ledger.DeductRequest{WalletID: customer, Key: "messages-2", Amount: won(3_500)}); err != nil {
		return err
	}
	next, _, err := s.auto.Explain(ctx, customer)
	if err != nil {
		return err
	}
	err = s.say(ctx, holding{customer, 1_000, 0}, "Usage of 3,500: cash is at the minimum. Auto-recharge will charge %s.", comma(next.Amount))
	if err != nil {
		return err
	}
	if err := s.worker.Step(ctx).Err(); err != nil {
		return err
	}
	if err := s.chargedBy(second.ID, 49_000); err != nil {
		return err
	}
	s.account.SetCard(first.ID, 0, "")
	return s.say(ctx, holding{customer, 50_000, 0}, "The first card declined; the second was charged, up to the target.")
}

func (s *story) lostAnswer(ctx context.Context) error {
	s.solapi.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter}) // executed, not answered
	op, err := s.charge(ctx, "topup-2", 30_000)
	if err != nil {
		return err
	}
	err = s.say(ctx, holding{customer, 50_000, 0}, "Charged 30,000, the answer is lost: %s. Not credited, not resent.", op.Status)
	if err != nil {
		return err
	}
	if op, err = s.ended(ctx, op.ID); err != nil {
		return err
	}
	return s.say(ctx, holding{customer, 80_000, 0}, "The worker finds it in the provider's history: %s, credited once.", op.Status)
}

func (s *story) pendingCharge(ctx context.Context) error {
	s.member.Next(konatest.Scenario{Pending: true, After: 7 * time.Minute})
	op, err := s.recharges.Recharge(ctx, recharge.Request{
		WalletID: member, Key: "charge-1", Charger: s.bank.Name(), Amount: won(30_000),
		PaymentMethod: kona.Method{UserID: kona.UserID(s.member.UserID()), PAR: s.member.PAR()}.String(),
	})
	if err != nil {
		return err
	}
	if err := s.say(ctx, holding{member, 0, 0}, "Charged 30,000 through %s: %s, for the bank has not answered.", op.Charger, op.Status); err != nil {
		return err
	}
	if op, err = s.ended(ctx, op.ID); err != nil {
		return err
	}
	return s.say(ctx, holding{member, 30_000, 0}, "The bank settles, and the worker hears of it: %s.", op.Status)
}

func (s *story) withdrawal(ctx context.Context) error {
	quote, err := s.payouts.Quote(s.disburser.Name(), won(20_000))
	if err != nil {
		return err
	}
	if err := s.say(ctx, holding{customer, 80_000, 0}, "A withdrawal of 20,000 would cost, in English and in Korean:"); err != nil {
		return err
	}
	s.lines(append(strings.Split(text.Quote(&quote, text.English), "; "), text.Quote(&quote, text.Korean)))
	op, err := s.payouts.Request(ctx, withdraw.Request{
		WalletID: customer, Key: "payout-1", Disburser: s.disburser.Name(), Total: won(20_000), Who: customer, Note: ledger.Note{Reference: "payout-1"},
	})
	if err != nil {
		return err
	}
	if op, err = s.payouts.Approve(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "documents seen"}}); err != nil {
		return err
	}
	if err := s.say(ctx, holding{customer, 60_000, 0}, "Requested, approved by kim, sent to the provider: %s.", op.Status); err != nil {
		return err
	}
	s.account.Decide(op.ProviderRef, solapitest.Decision{Status: "COMPLETE", TransactionID: "bank-1"})
	if op, err = s.paid(ctx, op.ID); err != nil {
		return err
	}
	if err := s.payoutIs(op, won(18_500), won(1_500)); err != nil {
		return err
	}
	return s.say(ctx, holding{customer, 60_000, 0}, "Paid: %s to the bank account + %s of fee = 20,000.",
		comma(op.ActualNet.Decimal), comma(op.ActualFee.Decimal))
}
