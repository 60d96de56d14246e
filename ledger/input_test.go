package ledger_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// badAmounts are refused by every operation on a wallet of scale 2.
func badAmounts() map[string]decimal.Decimal {
	return map[string]decimal.Decimal{
		"zero":                decimal.Zero,
		"negative":            won(-1),
		"too fine":            decimal.RequireFromString("1.001"),
		"far too fine":        decimal.New(1, -1_000_000),
		"finest there is":     decimal.New(1, -2_147_483_648),
		"too large":           decimal.New(1, 18),
		"a little too large":  decimal.RequireFromString("1000000000000000000.01"),
		"with a big exponent": decimal.New(1, 1_000_000),
		"with the biggest":    decimal.New(1, 2_147_483_647),
	}
}

func badIDs() map[string]string {
	return map[string]string{
		"blank":                       "",
		"only a space":                " ",
		"beginning with a space":      " a",
		"ending with a space":         "a ",
		"with a control character":    "a\x00b",
		"with a line break":           "a\nb",
		"with an invisible character": "a\u200bb",
		"not UTF-8":                   "a\xffb",
		"over-long":                   strings.Repeat("a", 129),
		"over-long in bytes":          strings.Repeat("가", 43),
	}
}

func badNotes() map[string]ledger.Note {
	many := make(map[string]string)
	for i := range 17 {
		many[string(rune('a'+i))] = "x"
	}
	return map[string]ledger.Note{
		"Reference":      {Reference: "a\nb"},
		"Memo":           {Memo: strings.Repeat("x", 501)},
		"Metadata":       {Metadata: many},
		"Metadata key":   {Metadata: map[string]string{strings.Repeat("k", 65): "x"}},
		"Metadata value": {Metadata: map[string]string{"k": strings.Repeat("v", 513)}},
	}
}

// amountOps are the operations that take an amount, on wallet "fine" of scale 2.
func amountOps(l *ledger.Ledger) map[string]func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
	return map[string]func(context.Context, string, string, decimal.Decimal, ledger.Note) error{
		"recharge": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: key, Amount: amount, Note: n})
			return err
		},
		"grant": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Grant(ctx, ledger.GrantRequest{WalletID: id, Key: key, Amount: amount, Note: n})
			return err
		},
		"deduct": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: key, Amount: amount, Note: n})
			return err
		},
		"refund": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Refund(ctx, ledger.RefundRequest{WalletID: id, Key: key, Of: "debit", Amount: amount, Note: n})
			return err
		},
		"transfer": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: id, ToID: "w", Key: key, Amount: amount, Note: n})
			return err
		},
		"hold": func(ctx context.Context, id, key string, amount decimal.Decimal, n ledger.Note) error {
			_, err := l.Hold(ctx, ledger.HoldRequest{WalletID: id, Key: key, Amount: amount, Note: n})
			return err
		},
	}
}

func fineWallet(t *testing.T) *fixture {
	t.Helper()
	f := setup(t)
	f.open(t, "fine", "KRW", 2)
	_, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: "fine", Key: "first", Amount: won(100)})
	require.NoError(t, err)
	_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "fine", Key: "debit", Amount: won(10)})
	require.NoError(t, err)
	return f
}

func requireInvalid(t *testing.T, err error, field string) {
	t.Helper()
	require.ErrorIs(t, err, ports.ErrInvalid)
	var invalid *ports.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, field, invalid.Field)
}

func TestLedger_refuses_bad_input_by_field(t *testing.T) {
	t.Parallel()
	f := fineWallet(t)
	for op, run := range amountOps(f.Ledger) {
		t.Run(op, func(t *testing.T) {
			key := "key of " + op
			before, err := f.store.Wallets(t.Context(), []string{"fine", "w"})
			require.NoError(t, err)
			for name, amount := range badAmounts() {
				err := run(t.Context(), "fine", key, amount, ledger.Note{})
				requireInvalid(t, err, "Amount")
				require.Less(t, len(err.Error()), 200, "an error repeats no refused value: %s", name)
			}
			for name, id := range badIDs() {
				field := map[bool]string{true: "FromID", false: "WalletID"}[op == "transfer"]
				requireInvalid(t, run(t.Context(), id, key, won(1), ledger.Note{}), field)
				requireInvalid(t, run(t.Context(), "fine", id, won(1), ledger.Note{}), "Key")
				_ = name
			}
			for field, note := range badNotes() {
				requireInvalid(t, run(t.Context(), "fine", key, won(1), note), field)
			}
			require.ErrorIs(t, run(t.Context(), "nobody", key, won(1), ledger.Note{}), ports.ErrNotFound)
			after, err := f.store.Wallets(t.Context(), []string{"fine", "w"})
			require.NoError(t, err)
			require.Equal(t, before, after, "refusals change nothing")
			require.NoError(t, run(t.Context(), "fine", key, won(1), ledger.Note{}), "the key is still free")
		})
	}
}

func TestOpen_refuses_bad_wallets(t *testing.T) {
	t.Parallel()
	f := setup(t)
	open := func(id, currency string, scale int32) error {
		_, err := f.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: currency, Scale: scale})
		return err
	}
	for _, id := range badIDs() {
		requireInvalid(t, open(id, "KRW", 0), "WalletID")
	}
	for _, currency := range []string{"", "krw", "XXX", "KR", "KRWX", "RW ", "W A", "   "} {
		requireInvalid(t, open("new", currency, 0), "Currency")
	}
	requireInvalid(t, open("new", "KRW", -1), "Scale")
	requireInvalid(t, open("new", "KRW", 7), "Scale")
	require.NoError(t, open("new", "KRW", 6))
	require.NoError(t, open("new", "KRW", 6), "the same again is harmless")
	require.ErrorIs(t, open("new", "KRW", 5), ports.ErrExists)
	require.ErrorIs(t, open("new", "USD", 6), ports.ErrExists)
}

func TestLedger_limits_are_as_documented(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := strings.Repeat("a", 128)
	metadata := map[string]string{strings.Repeat("k", 64): strings.Repeat("v", 512)}
	for i := range 15 {
		metadata[string(rune('a'+i))] = ""
	}
	f.open(t, id, "KRW", 6)
	_, err := f.Credit(t.Context(), ledger.CreditRequest{
		WalletID: id, Key: strings.Repeat("키", 42), Amount: decimal.RequireFromString("999999999999999999.999999"),
		Note: ledger.Note{Memo: strings.Repeat("m", 500), Reference: id, Metadata: maps.Clone(metadata)},
	})
	require.NoError(t, err)
	_, err = f.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "one more", Amount: decimal.New(1, -6)})
	require.ErrorIs(t, err, ports.ErrLimit, "a purse stays below the limit too")
	entry, err := f.EntryByKey(t.Context(), id, strings.Repeat("키", 42))
	require.NoError(t, err)
	require.Equal(t, metadata, entry.Metadata)
	_, err = f.Verify(t.Context(), id)
	require.NoError(t, err)
}

func TestGrant_refuses_too_many_lots(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range ports.MaxLots + 1 {
		_, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: "lot" + won(int64(i)).String(), Amount: won(1)})
		if i == ports.MaxLots {
			require.ErrorIs(t, err, ports.ErrLimit)
		} else {
			require.NoError(t, err)
		}
	}
}

func TestLedger_refuses_requests_that_contradict_themselves(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.open(t, "usd", "USD", 2)
	f.open(t, "other", "KRW", 0)
	ctx := t.Context()
	past := f.clock.Now().Add(-time.Second)
	f.requireUnchanged(t, func() {
		_, err := f.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "w", Key: "k", Amount: won(1)})
		requireInvalid(t, err, "ToID")
		_, err = f.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "usd", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrCurrency)
		_, err = f.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "nobody", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrNotFound)
		_, err = f.Transfer(ctx, ledger.TransferRequest{FromID: "usd", ToID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrCurrency)
		_, err = f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "k", Amount: won(1), ExpiresAt: past})
		requireInvalid(t, err, "ExpiresAt")
		_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "k", Amount: won(1), ExpiresAt: past})
		requireInvalid(t, err, "ExpiresAt")
		_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1), Spend: 4})
		requireInvalid(t, err, "Spend")
		_, err = f.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "k", Balance: won(1)})
		require.ErrorIs(t, err, ports.ErrInvalid, "no person and no reason")
		_, err = f.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "k", By: ports.By{Who: "kim", Why: "because"}})
		requireInvalid(t, err, "Balance")
		_, err = f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "k", Of: "first", All: true})
		require.ErrorIs(t, err, ports.ErrNotFound, "a recharge is not refunded")
		_, err = f.Capture(ctx, ledger.CaptureRequest{HoldID: "none", Key: "k", All: true})
		require.ErrorIs(t, err, ports.ErrNotFound)
		_, err = f.Unfreeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "k", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.ErrorIs(t, err, ports.ErrInvalid)
		_, err = f.Book(ctx, books.Booking{WalletID: "w", Type: "x", Balance: won(1)})
		requireInvalid(t, err, "Counterparty")
		_, err = f.Book(ctx, books.Booking{WalletID: "w", Type: "x", Moves: []ports.Move{{Account: "x", Amount: won(1)}}})
		requireInvalid(t, err, "Moves")
	})
	_, err := f.History(ctx, ports.EntryFilter{WalletID: "w", From: f.clock.Now(), Until: past})
	requireInvalid(t, err, "Until")
	_, err = f.History(ctx, ports.EntryFilter{WalletID: "w", Limit: -1})
	requireInvalid(t, err, "Limit")
	_, err = f.History(ctx, ports.EntryFilter{WalletID: "nobody"})
	require.ErrorIs(t, err, ports.ErrNotFound)
	_, err = f.Feed(ctx, "not a cursor", 1)
	require.ErrorIs(t, err, ports.ErrInvalid)
}

func TestFreeze_wallet_takes_money_and_gives_none(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.open(t, "other", "KRW", 0)
	ctx := t.Context()
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
	require.NoError(t, err)
	_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "debit", Amount: won(50)})
	require.NoError(t, err)
	_, err = f.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "court order"}})
	require.NoError(t, err)
	f.requireUnchanged(t, func() {
		_, err := f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrFrozen)
		_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrFrozen)
		_, err = f.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "k", All: true})
		require.ErrorIs(t, err, ports.ErrFrozen)
		_, err = f.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "other", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrFrozen)
		_, err = f.Book(ctx, books.Booking{WalletID: "w", Type: ports.EntryWithdraw, Balance: won(-1), Counterparty: "x", Debit: true})
		require.ErrorIs(t, err, ports.ErrFrozen)
		_, err = f.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "again", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.ErrorIs(t, err, ports.ErrFrozen)
	})
	_, err = f.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "in", Amount: won(1)})
	require.NoError(t, err)
	_, err = f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(1)})
	require.NoError(t, err)
	_, err = f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "back", Of: "debit", All: true})
	require.NoError(t, err)
	_, err = f.Release(ctx, ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	_, err = f.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "seize", Balance: won(-10_001), By: ports.By{Who: "kim", Why: "court order"}})
	require.NoError(t, err)
	wallet, err := f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 0, wallet.Balance, "all was taken by a person")
}

func TestClose_refuses_while_anything_is_open(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(10_000)})
	require.NoError(t, err)
	end := ledger.StatusRequest{WalletID: "w", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}}
	_, err = f.Close(ctx, end)
	require.ErrorIs(t, err, ports.ErrOpenOperations)
	_, err = f.Release(ctx, ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	_, err = f.Close(ctx, end)
	require.ErrorIs(t, err, ports.ErrNotEmpty)
	_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "debit", Amount: won(10_000)})
	require.NoError(t, err)
	_, err = f.Close(ctx, end)
	require.NoError(t, err)
	f.requireUnchanged(t, func() {
		for op, run := range amountOps(f.Ledger) {
			if op != "transfer" {
				require.ErrorIs(t, run(ctx, "w", "k", won(1), ledger.Note{}), ports.ErrClosed, op)
			}
		}
		replayed, err := f.Close(ctx, end)
		require.NoError(t, err)
		require.True(t, replayed.Replayed)
	})
	_, err = f.Verify(ctx, "w")
	require.NoError(t, err)
}

// TestLedger_takes_times_at_the_edge of what can be told.
func TestLedger_takes_times_at_the_edge(t *testing.T) {
	t.Parallel()
	f := setup(t)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	for _, at := range []time.Time{last, last.In(time.FixedZone("", -14*3600)), {}, time.Time{}.Add(1), time.Unix(0, 0)} {
		_, err := f.BalanceAt(t.Context(), "w", at)
		require.NoError(t, err, at)
		_, err = f.History(t.Context(), ports.EntryFilter{WalletID: "w", From: at})
		require.NoError(t, err, at)
		_, err = f.History(t.Context(), ports.EntryFilter{WalletID: "w", Until: at})
		require.NoError(t, err, at)
	}
	_, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: "g", Amount: won(5), ExpiresAt: last})
	require.NoError(t, err)
	b, err := f.BalanceAt(t.Context(), "w", last)
	require.NoError(t, err)
	requireDecimal(t, 0, b.Point, "points")
	requireDecimal(t, 10_000, b.Balance, "cash")
}
