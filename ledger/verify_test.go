package ledger_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// forged is a store whose history of one wallet was tampered with.
type forged struct {
	ports.Store
	tamper func([]ports.Entry) []ports.Entry
	wallet func(*ports.Wallet)
}

func (f *forged) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	entries, err := f.Store.Entries(ctx, filter)
	if f.tamper != nil && len(entries) > 0 {
		entries = f.tamper(entries)
	}
	return entries, err
}

func (f *forged) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := f.Store.Wallets(ctx, ids)
	if f.wallet != nil {
		f.wallet(&wallets[0])
	}
	return wallets, err
}

// lived returns a store with a wallet that has seen every kind of field.
func lived(t *testing.T) *forged {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	store := &forged{Store: memory.New()}
	l, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	ctx := t.Context()
	for _, id := range []string{"w", "other"} {
		_, err := l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
	note := ledger.Note{Reference: "order-1", Memo: "메모", Metadata: map[string]string{"a": "1", "b": "2"}, OccurredAt: clock.now.Add(-time.Hour)}
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "1", Amount: won(1000), Note: note})
	require.NoError(t, err)
	_, err = l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "2", Amount: won(50), ExpiresAt: clock.now.Add(time.Hour), Priority: 3, Note: note})
	require.NoError(t, err)
	_, err = l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "3", Amount: won(60), Note: note})
	require.NoError(t, err)
	_, err = l.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "other", Key: "4", Amount: won(7), Note: note})
	require.NoError(t, err)
	_, err = l.Book(ctx, books.Booking{
		WalletID: "w", Key: "5", Type: ports.EntryWithdraw, Balance: won(-100), Counterparty: ports.AccountPayable,
		Moves:       []ports.Move{{Account: ports.AccountPayable, Amount: won(-5)}, {Account: ports.AccountFee, Amount: won(5)}},
		OperationID: "op", RefersTo: 2, Note: books.Note(note),
	})
	require.NoError(t, err)
	_, err = l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "6", Amount: won(1), Note: note})
	require.NoError(t, err)
	return store
}

// TestVerify_finds_every_corruption changes each field of each entry in turn, fields of
// lists included, and asks for the number of the entry that was changed.
func TestVerify_finds_every_corruption(t *testing.T) {
	t.Parallel()
	store := lived(t)
	l, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	n, err := l.Verify(t.Context(), "w")
	require.NoError(t, err)
	require.EqualValues(t, 7, n)
	planted := 0
	for seq := range n {
		for field := range reflect.TypeFor[ports.Entry]().NumField() {
			name := reflect.TypeFor[ports.Entry]().Field(field).Name
			for part := range 5 { // of the last element of a list; a plain field has one
				changed := false
				store.tamper = func(entries []ports.Entry) []ports.Entry {
					changed = corrupt(reflect.ValueOf(&entries[seq]).Elem().Field(field), part)
					return entries
				}
				_, err := l.Verify(t.Context(), "w")
				if !changed {
					break // an empty list has nothing to change
				}
				planted++
				var found *ledger.CorruptError
				require.ErrorAs(t, err, &found, "entry %d, field %s, part %d", seq+1, name, part)
				require.ErrorIs(t, err, ledger.ErrCorrupt)
				require.Equal(t, seq+1, found.Seq, "first wrong entry, field %s", name)
			}
		}
	}
	t.Logf("%d corruptions planted", planted)
	require.Greater(t, planted, 7*25)
}

// corrupt changes a field, or a part of the last element of a list, and reports whether
// there was anything to change.
func corrupt(v reflect.Value, part int) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() > 0 && part < v.Type().Elem().NumField() && corrupt(v.Index(v.Len()-1).Field(part), 0)
	}
	if part > 0 {
		return false
	}
	switch value := v.Interface().(type) {
	case decimal.Decimal:
		v.Set(reflect.ValueOf(value.Add(decimal.New(1, -6))))
		return true
	case time.Time:
		v.Set(reflect.ValueOf(value.Add(time.Microsecond)))
		return true
	case ports.Hash:
		value[31] ^= 1
		v.Set(reflect.ValueOf(value))
		return true
	case map[string]string:
		if len(value) == 0 {
			return false
		}
		v.Set(reflect.ValueOf(map[string]string{"a": "1", "b": "3"}))
		return true
	}
	switch v.Kind() { //nolint:exhaustive // the kinds of an entry's fields
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	default:
		panic("a field of a kind that this test does not know: " + v.Type().String())
	}
	return true
}

func TestVerify_finds_missing_entries(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		tamper func([]ports.Entry) []ports.Entry
		wallet func(*ports.Wallet)
		seq    int64
	}{
		"the first entry":  {tamper: func(e []ports.Entry) []ports.Entry { return e[1:] }, seq: 1},
		"an entry between": {tamper: func(e []ports.Entry) []ports.Entry { return append(e[:3], e[4:]...) }, seq: 4},
		"the last entry":   {tamper: func(e []ports.Entry) []ports.Entry { return e[:6] }, seq: 7},
		"all entries":      {tamper: func([]ports.Entry) []ports.Entry { return nil }, seq: 1},
		"two swapped":      {tamper: func(e []ports.Entry) []ports.Entry { e[2], e[3] = e[3], e[2]; return e }, seq: 3},
		"an entry rewritten with a hash of its own": {tamper: func(e []ports.Entry) []ports.Entry {
			e[3].Memo = "forged"
			e[3].Hash = ledger.Hash(&e[3])
			return e
		}, seq: 5},
		"the last entry rewritten with a hash of its own": {tamper: func(e []ports.Entry) []ports.Entry {
			e[6].Memo = "forged"
			e[6].Hash = ledger.Hash(&e[6])
			return e
		}, seq: 7},
		"money in the record": {wallet: func(w *ports.Wallet) { w.Balance = w.Balance.Add(won(1)) }},
		"held in the record":  {wallet: func(w *ports.Wallet) { w.BalanceHeld = w.BalanceHeld.Sub(won(1)) }},
		"a lot in the record": {wallet: func(w *ports.Wallet) { w.Lots = nil }},
		"a lot's terms":       {wallet: func(w *ports.Wallet) { w.Lots[0].Priority++ }},
		"the opening's time":  {wallet: func(w *ports.Wallet) { w.OpenedAt = w.OpenedAt.Add(time.Second) }},
		"the last time":       {wallet: func(w *ports.Wallet) { w.BookedAt = w.BookedAt.Add(time.Second) }},
		"the currency":        {wallet: func(w *ports.Wallet) { w.Currency = "USD" }},
		"the status":          {wallet: func(w *ports.Wallet) { w.Status = ports.WalletFrozen }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := lived(t)
			store.tamper, store.wallet = tc.tamper, tc.wallet
			l, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			_, err = l.Verify(t.Context(), "w")
			var found *ledger.CorruptError
			require.ErrorAs(t, err, &found)
			require.Equal(t, tc.seq, found.Seq, found.Error())
		})
	}
}

// TestHash_is_as_documented holds the canonical form still: a change here
// would make every history that exists unprovable.
func TestHash_is_as_documented(t *testing.T) {
	t.Parallel()
	entry := ports.Entry{
		WalletID: "w", Seq: 2, Type: ports.EntryDeduct, Currency: "KRW",
		BalanceAmount: decimal.RequireFromString("-12.50"), OldBalance: won(100), NewBalance: decimal.RequireFromString("87.5"),
		PointAmount: decimal.RequireFromString("0.000"), OldPoint: decimal.RequireFromString("0.05"), NewPoint: decimal.RequireFromString("123456789012345678901.5"),
		Lots:         []ports.LotChange{{LotID: 1, Amount: won(-3), ExpiresAt: time.Unix(1, 0), Priority: -1}},
		Counterparty: ports.AccountUsage, Moves: []ports.Move{{Account: "x", Amount: won(1)}},
		Key: "k", Metadata: map[string]string{"b": "2", "a": "1"}, BookedAt: time.Unix(2, 3000),
	}
	same := entry
	same.BalanceAmount = decimal.RequireFromString("-12.5")
	same.OldBalance = decimal.New(1, 2)
	same.BookedAt = time.Unix(2, 3000).UTC()
	require.Equal(t, ledger.Hash(&entry), ledger.Hash(&same), "only the value of amounts and times counts")
	require.Equal(t, "cf188f5673a7f5a6df4c54e6fc65e93fad298744891ddf1a7daaca1aaf5d1f70", ledger.Hash(&entry).String())
}

func TestTrialBalance_Check_finds_differences(t *testing.T) {
	t.Parallel()
	krw := func(account ports.Account, balance, point int64) ports.Total {
		return ports.Total{Currency: "KRW", Account: account, Balance: won(balance), Point: won(point)}
	}
	require.NoError(t, ledger.TrialBalance{}.Check())
	require.NoError(t, ledger.TrialBalance{Totals: []ports.Total{krw("wallets", 5, 2), krw("x", -5, -2)}}.Check())
	for i, totals := range [][]ports.Total{
		{krw("wallets", 5, 0), krw("x", -4, 0)},
		{krw("wallets", 0, 1)},
		{krw("wallets", 5, 0), {Currency: "USD", Account: "x", Balance: won(-5)}},
		{krw("wallets", 5, 0), krw("transfer", -5, 0)},
	} {
		require.ErrorIs(t, ledger.TrialBalance{Totals: totals}.Check(), ledger.ErrUnbalanced, fmt.Sprint(i))
	}
}
