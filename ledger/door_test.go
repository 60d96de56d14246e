package ledger_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// farTimes are outside the years that records are kept of.
func farTimes() []time.Time {
	return []time.Time{
		time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), time.Unix(1<<60, 0), time.Unix(-1<<60, 0), time.Unix(math.MaxInt64, 0),
		time.UnixMicro(math.MaxInt64), time.UnixMicro(math.MinInt64), time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*3600)),
	}
}

func TestHistory_arguments(t *testing.T) {
	t.Parallel()
	f := setup(t)
	refused := func(t *testing.T, field string, filter ports.EntryFilter) {
		t.Helper()
		filter.WalletID = "w"
		_, err := f.History(t.Context(), filter)
		requireInvalid(t, err, field)
		for _, err := range f.Entries(t.Context(), filter) {
			requireInvalid(t, err, field)
		}
	}
	t.Run("refuses times outside the years 1 to 9999", func(t *testing.T) {
		t.Parallel()
		for _, far := range farTimes() {
			refused(t, "From", ports.EntryFilter{From: far})
			refused(t, "Until", ports.EntryFilter{Until: far})
		}
	})
	t.Run("takes the first and the last time", func(t *testing.T) {
		t.Parallel()
		page, err := f.History(t.Context(), ports.EntryFilter{
			WalletID: "w", From: time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), Until: time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		})
		require.NoError(t, err)
		require.Len(t, page.Entries, 2)
	})
	t.Run("refuses text that no entry can have", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"\x00", "order\x00", "\xff", "가\xea"} {
			refused(t, "Reference", ports.EntryFilter{Reference: text})
			refused(t, "OperationID", ports.EntryFilter{OperationID: text})
			refused(t, "Types", ports.EntryFilter{Types: []ports.EntryType{ports.EntryOpen, ports.EntryType(text)}})
			_, err := f.EntryByKey(t.Context(), "w", text)
			requireInvalid(t, err, "Key")
			_, err = f.EntryByKey(t.Context(), text, "first")
			requireInvalid(t, err, "WalletID")
			_, err = f.Wallet(t.Context(), text)
			requireInvalid(t, err, "WalletID")
			_, err = f.BalanceAt(t.Context(), text, f.clock.Now())
			requireInvalid(t, err, "WalletID")
			_, err = f.Verify(t.Context(), text)
			requireInvalid(t, err, "WalletID")
			_, err = f.Feed(t.Context(), text, 1)
			requireInvalid(t, err, "cursor")
		}
	})
	t.Run("refuses negative numbers", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int64{-1, math.MinInt64} {
			refused(t, "AfterSeq", ports.EntryFilter{AfterSeq: n})
			refused(t, "AfterSeq", ports.EntryFilter{BeforeSeq: n})
			refused(t, "RefersTo", ports.EntryFilter{RefersTo: n})
			refused(t, "Limit", ports.EntryFilter{Limit: int(n)})
		}
	})
	t.Run("takes numbers beyond what is there", func(t *testing.T) {
		t.Parallel()
		page, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", BeforeSeq: math.MaxInt64, Limit: math.MaxInt})
		require.NoError(t, err)
		require.Len(t, page.Entries, 2)
		page, err = f.History(t.Context(), ports.EntryFilter{WalletID: "w", AfterSeq: math.MaxInt64})
		require.NoError(t, err)
		require.Empty(t, page.Entries)
	})
}

func TestLedger_BalanceAt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	t.Run("refuses times outside the years 1 to 9999", func(t *testing.T) {
		t.Parallel()
		for _, far := range farTimes() {
			_, err := f.BalanceAt(t.Context(), "w", far)
			requireInvalid(t, err, "at")
		}
	})
	t.Run("answers at the first and the last time", func(t *testing.T) {
		t.Parallel()
		for _, early := range []time.Time{{}, time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)} {
			got, err := f.BalanceAt(t.Context(), "w", early)
			require.NoError(t, err)
			requireDecimal(t, 0, got.Balance, "before it was opened")
			require.Zero(t, got.Seq)
		}
		got, err := f.BalanceAt(t.Context(), "w", time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC))
		require.NoError(t, err)
		requireDecimal(t, 10_000, got.Balance, "at the end of time")
		require.EqualValues(t, 2, got.Seq)
	})
}

// TestExpire_limits asks the steps of a worker for numbers of every kind.
func TestExpire_limits(t *testing.T) {
	t.Parallel()
	clock := &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	l, err := ledger.New(memory.New(), ledger.Config{Clock: clock})
	require.NoError(t, err)
	ctx := t.Context()
	const wallets = 1_100 // more than are read at once
	for i := range wallets {
		lots, held := fmt.Sprintf("lots%04d", i), fmt.Sprintf("held%04d", i)
		for _, id := range []string{lots, held} {
			_, err := l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
		}
		_, err = l.Grant(ctx, ledger.GrantRequest{WalletID: lots, Key: "lot", Amount: won(5), ExpiresAt: clock.now.Add(2 * time.Hour)})
		require.NoError(t, err)
		_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: held, Key: "cash", Amount: won(5)})
		require.NoError(t, err)
		_, err = l.Hold(ctx, ledger.HoldRequest{WalletID: held, Key: "hold", Amount: won(1), ExpiresAt: clock.now.Add(time.Hour)})
		require.NoError(t, err)
	}
	clock.advance(3 * time.Hour)
	for name, step := range map[string]func(context.Context, int) (int, error){"ExpireHolds": l.ExpireHolds, "ExpireLots": l.ExpireLots} {
		for _, limit := range []int{0, -1, math.MinInt} {
			done, err := step(ctx, limit)
			requireInvalid(t, err, "limit")
			require.Zero(t, done, name)
		}
		done, err := step(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, 1, done, name)
	}
	for _, limit := range []int{1_050, math.MaxInt} {
		held, err := l.ExpireHolds(ctx, limit)
		require.NoError(t, err)
		lots, err := l.ExpireLots(ctx, limit)
		require.NoError(t, err)
		if limit == 1_050 {
			require.Equal(t, []int{1_050, 1_050}, []int{held, lots})
		}
	}
	for name, step := range map[string]func(context.Context, int) (int, error){"ExpireHolds": l.ExpireHolds, "ExpireLots": l.ExpireLots} {
		done, err := step(ctx, math.MaxInt)
		require.NoError(t, err)
		require.Zero(t, done, name)
	}
}
