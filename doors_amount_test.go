package jigap_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// offline is a Charger that is never asked.
type offline struct{ ports.Charger }

func (offline) Name() string { return "offline" }

func (offline) Lane(ports.ChargeOrder) string { return "" }

// endless are amounts that would be written, or compared with others, for ever: one of them
// is zero.
func endless() []decimal.Decimal {
	return []decimal.Decimal{decimal.New(0, 50_000_000), decimal.New(1, 50_000_000), decimal.New(0, -50_000_000), decimal.New(1, -50_000_000)}
}

// TestAmounts/are_bounded_in_every_request: amounts that would take for ever are refused, or
// taken for zero where zero is the same as none, and every call returns.
func TestAmounts(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	recharges, err := recharge.New(store, wallets, recharge.Config{}, offline{})
	require.NoError(t, err)
	payouts, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{Disburser: manual.New("bank"), Approvals: 1})
	require.NoError(t, err)
	auto, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{})
	require.NoError(t, err)
	for _, id := range []string{"w", "v"} {
		_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = wallets.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: "in", Amount: decimal.NewFromInt(10_000)})
		require.NoError(t, err)
	}
	_, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "use", Amount: decimal.NewFromInt(100)})
	require.NoError(t, err)
	held, err := wallets.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: decimal.NewFromInt(100)})
	require.NoError(t, err)
	payout, err := payouts.Request(ctx, withdraw.Request{WalletID: "w", Key: "out", Disburser: "bank", Who: "lee", Total: decimal.NewFromInt(100)})
	require.NoError(t, err)
	by := ports.By{Who: "kim", Why: "counted"}
	some := decimal.NewFromInt(5_000)
	terms := func(edit func(*ports.PolicyTerms)) error {
		p := ports.PolicyTerms{
			Methods: []ports.PaymentMethod{{Charger: "offline", ID: "card"}}, MinimumCash: some, RechargeTo: some.Add(some), DailyCount: 1,
		}
		edit(&p)
		_, err := auto.Rehearse(ctx, "w", p, payout.CreatedAt, payout.CreatedAt)
		if err != nil {
			return err
		}
		_, err = auto.Set(ctx, autorecharge.SetRequest{WalletID: "w", Terms: p, By: ports.By{Who: "me", Why: "asked for"}})
		return err
	}
	schedule := func(edit func(*withdraw.FeeSchedule)) error {
		s := withdraw.FeeSchedule{Currency: "KRW", Rate: ports.Percent(decimal.NewFromInt(5))}
		edit(&s)
		if err := s.Check(); err != nil {
			return err
		}
		if _, err := s.Quote(some); err != nil {
			return err
		}
		if _, err := s.QuoteAll(some); err != nil {
			return err
		}
		_, err := s.QuoteNet(decimal.NewFromInt(950))
		return err
	}
	maybe := decimal.NewNullDecimal
	requests := map[string]func(ctx context.Context, a decimal.Decimal) error{
		"ledger.Credit": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "k", Amount: a})
			return err
		},
		"ledger.Grant": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "k", Amount: a})
			return err
		},
		"ledger.Deduct": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "k", Amount: a})
			return err
		},
		"ledger.Refund": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "k", Of: "use", Amount: a})
			return err
		},
		"ledger.Transfer": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "v", Key: "k", Amount: a})
			return err
		},
		"ledger.Adjust, cash": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "k", Balance: a, By: by})
			return err
		},
		"ledger.Adjust, points": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "k", Point: a, By: by})
			return err
		},
		"ledger.Hold": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "k", Amount: a})
			return err
		},
		"ledger.Capture": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "k", Amount: a})
			return err
		},
		"ledger.Book": func(ctx context.Context, a decimal.Decimal) error {
			_, err := wallets.Book(ctx, books.Booking{
				WalletID: "w", Key: "k", Type: ports.EntryRecharge, Balance: a, Counterparty: ports.AccountClearing("bank"),
			})
			return err
		},
		"recharge.Recharge": func(ctx context.Context, a decimal.Decimal) error {
			_, err := recharges.Recharge(ctx, recharge.Request{WalletID: "w", Key: "k", Charger: "offline", PaymentMethod: "card", Amount: a})
			return err
		},
		"recharge.Credit": func(ctx context.Context, a decimal.Decimal) error {
			_, err := recharges.Credit(ctx, recharge.CreditRequest{WalletID: "w", Key: "k", Charger: "bank", ProviderRef: "row", Amount: a, By: by})
			return err
		},
		"withdraw.Request": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.Request(ctx, withdraw.Request{WalletID: "w", Key: "k", Disburser: "bank", Who: "lee", Total: a})
			return err
		},
		"withdraw.Request, the agreed fee": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.Request(ctx, withdraw.Request{
				WalletID: "w", Key: "k", Disburser: "bank", Who: "lee", Total: decimal.NewFromInt(100), AgreedFee: maybe(a),
			})
			return err
		},
		"withdraw.Request, all": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.Request(ctx, withdraw.Request{WalletID: "w", Key: "payout all", Disburser: "bank", Who: "lee", All: true, Total: a})
			return err
		},
		"withdraw.Leave": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.Leave(ctx, withdraw.LeaveRequest{WalletID: "w", Key: "k", Disburser: "bank", By: by, ForfeitCash: a})
			return err
		},
		"withdraw.FeeSchedule.QuoteAll": func(_ context.Context, a decimal.Decimal) error {
			var free withdraw.FeeSchedule
			_, err := free.QuoteAll(a)
			return err
		},
		"withdraw.ReportPaid": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.ReportPaid(ctx, withdraw.Paid{ID: payout.ID, By: ports.By{Who: "kim", Why: "x"}, TransactionID: "t", Fee: maybe(a)})
			return err
		},
		"withdraw.ReportReturned": func(ctx context.Context, a decimal.Decimal) error {
			_, err := payouts.ReportReturned(ctx, withdraw.Returned{ID: payout.ID, By: ports.By{Who: "kim", Why: "x"}, Amount: maybe(a)})
			return err
		},
		"withdraw.Quote": func(_ context.Context, a decimal.Decimal) error { _, err := payouts.Quote("bank", a); return err },
		"autorecharge.Set, MinimumCash": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.MinimumCash = a })
		},
		"autorecharge.Set, RechargeTo": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.RechargeTo = a })
		},
		"autorecharge.Set, ChargeUnit": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.ChargeUnit = a })
		},
		"autorecharge.Set, MinimumCharge": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.MinimumCharge = maybe(a) })
		},
		"autorecharge.Set, MaximumCharge": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.MaximumCharge = maybe(a) })
		},
		"autorecharge.Set, DailyAmount": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.DailyAmount = maybe(a) })
		},
		"autorecharge.Set, MonthlyAmount": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.MonthlyAmount = maybe(a) })
		},
		"autorecharge.Set, AlertLevels": func(_ context.Context, a decimal.Decimal) error {
			return terms(func(p *ports.PolicyTerms) { p.AlertLevels = []decimal.Decimal{a} })
		},
		"withdraw.FeeSchedule, Rate": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.Rate = ports.Percent(a) })
		},
		"withdraw.FeeSchedule, Fixed": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.Fixed = a })
		},
		"withdraw.FeeSchedule, Minimum": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.Minimum = maybe(a) })
		},
		"withdraw.FeeSchedule, Maximum": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.Maximum = maybe(a) })
		},
		"withdraw.FeeSchedule, MinimumTotal": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.MinimumTotal = maybe(a) })
		},
		"withdraw.FeeSchedule, MaximumTotal": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) { s.MaximumTotal = maybe(a) })
		},
		"withdraw.FeeSchedule, Tiers": func(_ context.Context, a decimal.Decimal) error {
			return schedule(func(s *withdraw.FeeSchedule) {
				s.Tiering = ports.EachPartAtItsRate
				s.Tiers = []ports.Tier{{UpTo: maybe(a), Rate: ports.Percent(decimal.NewFromInt(5))}, {Rate: ports.Percent(decimal.NewFromInt(3))}}
			})
		},
		"withdraw.FeeSchedule, QuoteNet": func(_ context.Context, a decimal.Decimal) error {
			s := withdraw.FeeSchedule(solapi.FeeSchedule())
			_, err := s.QuoteNet(a)
			return err
		},
	}
	t.Run("are bounded in every request", func(t *testing.T) {
		for name, request := range requests {
			for _, amount := range endless() {
				err := request(ctx, amount)
				if !amount.IsZero() {
					require.ErrorIs(t, err, ports.ErrInvalid, "%s of 10^%d", name, amount.Exponent())
				}
				if err != nil {
					require.Less(t, len(err.Error()), 1_000, name)
				}
			}
		}
	})
}
