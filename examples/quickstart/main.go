// Command quickstart tells the story of one wallet in about forty lines. It needs no
// network, no database and no configuration: it starts a simulated SOLAPI on loopback
// and keeps everything in memory. It checks itself, and exits with status 1 when
// something is not as it must be.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// wallet is the id of the wallet that the story is about.
const wallet = "customer-1"

// story is a host: its services over one store, and a simulated provider.
type story struct {
	clock     *solapitest.Clock
	provider  *solapitest.Simulator
	account   *solapitest.Account
	cards     []string
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	auto      *autorecharge.Engine
	worker    *worker.Worker
	solapi    string // name of the Charger and Disburser
}

// start wires everything: this is what a host does once.
func start(url string, clock *solapitest.Clock, provider *solapitest.Simulator) (*story, error) {
	s := &story{clock: clock, provider: provider}
	s.account = provider.NewAccount(solapitest.AccountConfig{Balance: won(500_000), Bank: "0235235235235235"})
	s.cards = []string{s.account.AddCard(solapitest.Card{}), s.account.AddCard(solapitest.Card{})}
	key := s.account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		BaseURL: url, HTTPClient: &http.Client{}, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	charger, chargerErr := solapi.NewCharger(client, "main")
	disburser, disburserErr := solapi.NewDisburser(client, "main", solapi.DisburserConfig{
		Statuses: map[string]ports.Outcome{"COMPLETE": ports.OutcomeApproved},
	})
	if err := errors.Join(chargerErr, disburserErr); err != nil {
		return nil, err
	}
	s.solapi = charger.Name()

	store := memory.New()
	s.wallets, err = ledger.New(store, ledger.Config{Clock: clock})
	if err != nil {
		return nil, err
	}
	if s.recharges, err = recharge.New(store, s.wallets, recharge.Config{Clock: clock}, charger); err != nil {
		return nil, err
	}
	if s.payouts, err = withdraw.New(store, s.wallets, withdraw.Config{Clock: clock}, withdraw.Route{
		Disburser: disburser, Schedule: withdraw.SOLAPI(), Approvals: 1,
	}); err != nil {
		return nil, err
	}
	// A host would connect an autorecharge.Trigger; here the worker alone acts, so that
	// the story happens in order.
	if s.auto, err = autorecharge.New(store, s.wallets, s.recharges, autorecharge.Config{Clock: clock}); err != nil {
		return nil, err
	}
	jobs := append(s.wallets.Jobs(), s.recharges.Jobs()...)
	jobs = append(append(jobs, s.payouts.Jobs()...), s.auto.Jobs()...)
	s.worker, err = worker.New(worker.Config{}, jobs...)
	return s, err
}

func run(ctx context.Context) error {
	clock := solapitest.NewClock(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	provider := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	server := httptest.NewServer(provider)
	defer server.Close()
	s, err := start(server.URL, clock, provider)
	if err != nil {
		return err
	}
	fmt.Printf("A simulated SOLAPI listens on %s.\n\n", server.URL)
	for _, chapter := range []func(context.Context) error{
		s.recharge, s.usage, s.hold, s.autoRecharge, s.lostAnswer, s.withdrawal, s.statement,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) recharge(ctx context.Context) error {
	if _, err := s.wallets.Open(ctx, ledger.OpenRequest{WalletID: wallet, Currency: "KRW"}); err != nil {
		return err
	}
	op, err := s.charge(ctx, "topup-1", 10_000)
	if err != nil {
		return err
	}
	say("Recharged 10,000 through %s: %s, provider's reference %s.", s.solapi, op.Status, op.ProviderRef)
	return s.expect(ctx, 10_000)
}

func (s *story) charge(ctx context.Context, key string, amount int64) (*ports.Recharge, error) {
	return s.recharges.Recharge(ctx, recharge.Request{
		WalletID: wallet, Key: key, Charger: s.solapi, PaymentMethod: s.cards[0], Amount: won(amount),
	})
}

func (s *story) usage(ctx context.Context) error {
	_, err := s.wallets.Grant(ctx, ledger.GrantRequest{
		WalletID: wallet, Key: "welcome", Amount: won(500), ExpiresAt: s.clock.Now().AddDate(0, 1, 0),
	})
	if err != nil {
		return err
	}
	receipt, err := s.wallets.Deduct(ctx, ledger.DeductRequest{
		WalletID: wallet, Key: "messages-1", Amount: won(1_800), Note: ledger.Note{Reference: "campaign-7"},
	})
	if err != nil {
		return err
	}
	say("Usage of 1,800 paid, points first: %s points, %s cash.", receipt.Entry.PointAmount, receipt.Entry.BalanceAmount)
	again, err := s.wallets.Deduct(ctx, ledger.DeductRequest{
		WalletID: wallet, Key: "messages-1", Amount: won(1_800), Note: ledger.Note{Reference: "campaign-7"},
	})
	if err != nil {
		return err
	}
	say("The same request again changes nothing (replayed: %t).", again.Replayed)
	return s.expect(ctx, 8_700)
}

func (s *story) hold(ctx context.Context) error {
	held, err := s.wallets.Hold(ctx, ledger.HoldRequest{WalletID: wallet, Key: "batch-1", Amount: won(5_000)})
	if err != nil {
		return err
	}
	captured, err := s.wallets.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "batch-1-sent", Amount: won(4_200), Final: true})
	if err != nil {
		return err
	}
	say("Held 5,000 for a batch, captured 4,200 of it; the hold is %s and the rest is back.", captured.Hold.Status)
	return s.expect(ctx, 4_500)
}

func (s *story) autoRecharge(ctx context.Context) error {
	_, err := s.auto.Set(ctx, wallet, ports.PolicyTerms{
		Methods:     []ports.PaymentMethod{{Charger: s.solapi, ID: s.cards[0]}, {Charger: s.solapi, ID: s.cards[1]}},
		MinimumCash: won(1_000), RechargeTo: won(50_000), AlertLevels: []decimal.Decimal{won(2_000)},
	})
	if err != nil {
		return err
	}
	s.account.SetCard(s.cards[0], http.StatusPaymentRequired, "BalanceInsufficient")
	if _, err := s.wallets.Deduct(ctx, ledger.DeductRequest{WalletID: wallet, Key: "messages-2", Amount: won(3_500)}); err != nil {
		return err
	}
	_, text, err := s.auto.Explain(ctx, wallet, autorecharge.English)
	if err != nil {
		return err
	}
	say("Cash fell to 1,000. %s", text)
	if err := s.worker.Step(ctx).Err(); err != nil {
		return err
	}
	say("The first card declined, the second recharged to the target.")
	s.account.SetCard(s.cards[0], 0, "")
	return s.expect(ctx, 50_000)
}

func (s *story) lostAnswer(ctx context.Context) error {
	s.provider.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter})
	op, err := s.charge(ctx, "topup-2", 30_000)
	if err != nil {
		return err
	}
	say("Charged 30,000, and the answer was lost: the recharge is %s, nothing is credited, nobody retries.", op.Status)
	if err := s.expect(ctx, 50_000); err != nil {
		return err
	}
	for range 90 {
		s.clock.Advance(time.Minute)
		if err := s.worker.Step(ctx).Err(); err != nil {
			return err
		}
	}
	if op, err = s.recharges.Get(ctx, op.ID); err != nil {
		return err
	}
	say("The worker found it in the provider's history: %s, credited once.", op.Status)
	return s.expect(ctx, 80_000)
}

func (s *story) withdrawal(ctx context.Context) error {
	quote, err := s.payouts.Quote(s.solapi, won(20_000))
	if err != nil {
		return err
	}
	say("A withdrawal of 20,000: %s.", quote.Text(withdraw.English))
	say("출금 20,000원: %s.", quote.Text(withdraw.Korean))
	op, err := s.payouts.Request(ctx, withdraw.Request{WalletID: wallet, Key: "payout-1", Disburser: s.solapi, Total: won(20_000)})
	if err != nil {
		return err
	}
	if op, err = s.payouts.Approve(ctx, withdraw.Verdict{ID: op.ID, Who: "kim", Why: "documents seen"}); err != nil {
		return err
	}
	say("Approved by kim and sent: %s, provider's reference %s.", op.Status, op.ProviderRef)
	s.account.Decide(op.ProviderRef, solapitest.Decision{Status: "COMPLETE", TransactionID: "bank-20261102-1"})
	for range 90 {
		s.clock.Advance(time.Minute)
		if err := s.worker.Step(ctx).Err(); err != nil {
			return err
		}
	}
	if op, err = s.payouts.Get(ctx, op.ID); err != nil {
		return err
	}
	say("Paid: %s to the bank account (transfer %s), fee %s.", op.ActualNet.Decimal, op.TransactionID, op.ActualFee.Decimal)
	if op.Status != ports.WithdrawalCompleted {
		return fmt.Errorf("withdrawal is %s: %s", op.Status, op.Why)
	}
	return s.expect(ctx, 60_000)
}

func (s *story) statement(ctx context.Context) error {
	fmt.Println()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "#\ttype\tcash\tpoints\tcash old → new\treference")
	for e, err := range s.wallets.Entries(ctx, ports.EntryFilter{WalletID: wallet}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s → %s\t%s\n", e.Seq, e.Type, e.BalanceAmount, e.PointAmount, e.OldBalance, e.NewBalance, e.Reference)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	books, err := s.wallets.TrialBalance(ctx)
	if err != nil {
		return err
	}
	fmt.Println("\nTrial balance:")
	for _, total := range books.Totals {
		fmt.Fprintf(table, "  %s\t%s\t%s points\n", total.Account, total.Balance, total.Point)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	entries, err := s.wallets.Verify(ctx, wallet)
	if err := errors.Join(err, books.Check()); err != nil {
		return err
	}
	charged := decimal.Zero
	for _, charge := range s.account.Books().Charges {
		charged = charged.Add(charge.Amount)
	}
	if !charged.Equal(won(89_000)) {
		return fmt.Errorf("the provider charged %s, the wallet was credited 89,000", charged)
	}
	fmt.Printf("\nThe books sum to zero, the provider charged what was credited, and %d entries are verified.\n", entries)
	return nil
}

// expect checks the story against what the wallet holds.
func (s *story) expect(ctx context.Context, cash int64) error {
	w, err := s.wallets.Wallet(ctx, wallet)
	if err != nil {
		return err
	}
	if !w.Balance.Equal(won(cash)) || !w.Point.IsZero() {
		return fmt.Errorf("wallet holds %s cash and %s points, want %d and none", w.Balance, w.Point, cash)
	}
	fmt.Printf("   wallet: cash %s, points %s\n", w.Balance, w.Point)
	return nil
}

func say(format string, args ...any) { fmt.Printf("· "+format+"\n", args...) }

func won(n int64) decimal.Decimal { return decimal.NewFromInt(n) }
