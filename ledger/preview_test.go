package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/drytest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// countedStore counts what a preview must not do: commits, and locks of a bound store.
type countedStore struct {
	countingStore
	locks int
}

// boundCounted is a countedStore that is bound to a transaction of its caller.
type boundCounted struct{ *countedStore }

func (s boundCounted) LockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	s.locks++
	return s.Wallets(ctx, ids)
}

// perform does what a request is for.
func perform(ctx context.Context, l *ledger.Ledger, request ledger.Previewable) (ledger.HoldReceipt, error) {
	var r ledger.Receipt
	var err error
	switch request := request.(type) {
	case ledger.OpenRequest:
		r, err = l.Open(ctx, request)
	case ledger.RescaleRequest:
		r, err = l.Rescale(ctx, request)
	case ledger.CreditRequest:
		r, err = l.Credit(ctx, request)
	case ledger.GrantRequest:
		r, err = l.Grant(ctx, request)
	case ledger.RevokeRequest:
		var revoked ledger.RevokeReceipt
		revoked, err = l.Revoke(ctx, request)
		r = revoked.Receipt
	case ledger.ForfeitRequest:
		r, err = l.Forfeit(ctx, request)
	case ledger.DeductRequest:
		r, err = l.Deduct(ctx, request)
	case ledger.RefundRequest:
		r, err = l.Refund(ctx, request)
	case ledger.AdjustRequest:
		r, err = l.Adjust(ctx, request)
	case ledger.TransferRequest:
		r, err = l.Transfer(ctx, request)
	case ledger.HoldRequest:
		return l.Hold(ctx, request)
	case ledger.CaptureRequest:
		return l.Capture(ctx, request)
	case ledger.ReleaseRequest:
		return l.Release(ctx, request)
	default:
		panic(fmt.Sprintf("no operation for a %T", request))
	}
	return ledger.HoldReceipt{Receipt: r}, err
}

// previewed compares previews with what then happens.
type previewed struct {
	l      *ledger.Ledger // of the store
	store  *countedStore
	cursor string // of the change feed, behind all that was booked before
}

// try previews a request, and does what it is for twice: the second time is a replay, which is
// previewed too. It returns what happened the first time.
func (p *previewed) try(t require.TestingT, request ledger.Previewable) (ledger.HoldReceipt, error) {
	receipt, err := p.once(t, request)
	if err == nil {
		again, err := p.once(t, request)
		require.NoError(t, err)
		require.True(t, again.Replayed)
	}
	return receipt, err
}

func (p *previewed) once(t require.TestingT, request ledger.Previewable) (ledger.HoldReceipt, error) {
	ctx := context.Background()
	p.news(t)
	commits, locks := p.store.commits.Load(), p.store.locks
	forecast, foreseen := p.l.Preview(ctx, request)
	require.Equal(t, commits, p.store.commits.Load(), "a preview commits nothing")
	require.Equal(t, locks, p.store.locks, "a preview locks nothing")
	require.Empty(t, p.news(t), "a preview writes nothing")
	receipt, err := perform(ctx, p.l, request)
	if err != nil {
		drytest.SameError(t, err, foreseen)
		require.Equal(t, ledger.Forecast{}, forecast)
		return receipt, err
	}
	require.NoError(t, foreseen, "%#v", request)
	p.compare(t, &forecast, &receipt)
	return receipt, nil
}

// compare compares a forecast with what happened, but for what comes into being when it is booked.
func (p *previewed) compare(t require.TestingT, forecast *ledger.Forecast, receipt *ledger.HoldReceipt) {
	entries := p.news(t)
	want := ledger.Forecast{Receipt: receipt.Receipt, Hold: receipt.Hold}
	ids := []string{receipt.Entry.WalletID}
	if receipt.Entry.PeerWalletID != "" {
		ids = append(ids, receipt.Entry.PeerWalletID)
	}
	var err error
	want.Wallets, err = p.l.WalletsByID(context.Background(), ids...)
	require.NoError(t, err)
	if receipt.Replayed {
		require.Empty(t, entries)
	} else {
		newID := ""
		if want.Hold != nil && want.Hold.Version == 1 {
			hold := *want.Hold
			newID, hold.ID, want.Hold = hold.ID, "", &hold
		}
		for i := range entries {
			want.Entries = append(want.Entries, unbooked(entries[i], newID))
		}
		want.Entry = unbooked(want.Entry, newID)
		for i := range want.Wallets {
			want.Wallets[i].Hash = ports.Hash{}
		}
	}
	drytest.Same(t, want, forecast)
}

// unbooked is an entry without what comes into being when it is booked.
func unbooked(entry ports.Entry, newID string) ports.Entry {
	entry.Hash, entry.PrevHash = ports.Hash{}, ports.Hash{}
	if newID != "" && entry.OperationID == newID {
		entry.OperationID = ""
	}
	return entry
}

// news returns the entries that were booked since it was called last, in the order of their commits.
func (p *previewed) news(t require.TestingT) []ports.Entry {
	page, err := p.store.Feed(context.Background(), p.cursor, 10_000)
	require.NoError(t, err)
	p.cursor = page.Cursor
	return page.Entries
}

// newPreviewed is a ledger over a counted store, of a kind, with a wallet "w" of 10,000 won in cash and
// 500 in points that expire after a day, and an empty wallet "v".
func newPreviewed(t *testing.T, bound bool, config ledger.Config) *previewed {
	t.Helper()
	p := &previewed{store: &countedStore{countingStore: countingStore{Store: memory.New()}}}
	var store ports.Store = p.store
	if bound {
		store = boundCounted{p.store}
	}
	var err error
	p.l, err = ledger.New(store, config)
	require.NoError(t, err)
	for _, id := range []string{"w", "v"} {
		_, err = p.try(t, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
	_, err = p.try(t, ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(10_000)})
	require.NoError(t, err)
	_, err = p.try(t, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(500), ExpiresAt: config.Clock.Now().AddDate(0, 0, 1)})
	require.NoError(t, err)
	return p
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)} }

// TestLedger_Preview/tells_what_each_operation_does, over a store of its own and over one that is bound
// to a transaction.
//
// TestLedger_Preview/tells_the_refusal: the error is that of the operation, for each sentinel.
//
// TestLedger_Preview/tells_of_what_expires_first: entries of points and holds that have expired come
// before that of the operation, also where they take units of their own.
func TestLedger_Preview(t *testing.T) {
	t.Parallel()
	for name, bound := range map[string]bool{"": false, "_over_a_bound_store": true} {
		t.Run("tells_what_each_operation_does"+name, func(t *testing.T) {
			t.Parallel()
			p := newPreviewed(t, bound, ledger.Config{Clock: newFakeClock()})
			hold := previewOperations(t, p)
			require.Equal(t, ports.HoldCaptured, hold.Status)
		})
		t.Run("tells_the_refusal"+name, func(t *testing.T) {
			t.Parallel()
			previewRefusals(t, newPreviewed(t, bound, ledger.Config{Clock: newFakeClock(), Limits: ledger.SameLimits(ledger.Limits{
				Balance: decimal.NewNullDecimal(won(20_000)), Point: decimal.NewNullDecimal(won(1_000)),
			})}))
		})
		t.Run("tells_of_what_expires_first"+name, func(t *testing.T) {
			t.Parallel()
			previewExpiry(t, bound)
		})
	}
}

// previewOperations does one operation of each kind, and returns the hold that it captured.
func previewOperations(t *testing.T, p *previewed) *ports.Hold {
	t.Helper()
	must := func(request ledger.Previewable) ledger.HoldReceipt {
		t.Helper()
		receipt, err := p.try(t, request)
		require.NoError(t, err)
		return receipt
	}
	by := ports.By{Who: "kim", Why: "counted"}
	must(ledger.DeductRequest{WalletID: "w", Key: "deduct", Amount: won(600), Note: ledger.Note{
		Reference: "order 1", Memo: "two messages", Metadata: map[string]string{"a": "b"},
	}})
	must(ledger.RefundRequest{WalletID: "w", Key: "refund", Of: "deduct", Amount: won(350)})
	must(ledger.RefundRequest{WalletID: "w", Key: "rest", Of: "deduct", All: true})
	must(ledger.TransferRequest{FromID: "w", ToID: "v", Key: "transfer", Amount: won(700)})
	must(ledger.AdjustRequest{WalletID: "w", Key: "adjust", Balance: won(-5), Point: won(7), By: by})
	held := must(ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(800), ExpiresAt: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	other := must(ledger.HoldRequest{WalletID: "w", Key: "other", Amount: won(3), Spend: ledger.CashOnly})
	must(ledger.ReleaseRequest{HoldID: other.Hold.ID, Key: "release"})
	must(ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "part", Amount: won(100)})
	must(ledger.RescaleRequest{WalletID: "w", Key: "rescale", Scale: 2, By: by})
	return must(ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "final", Amount: won(100), Final: true}).Hold
}

// previewRefusals asks for what is refused.
func previewRefusals(t *testing.T, p *previewed) {
	t.Helper()
	ctx := t.Context()
	held, err := p.l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(10)})
	require.NoError(t, err)
	_, err = p.l.Release(ctx, ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	for _, id := range []string{"frozen", "closed", "dollars"} {
		_, err = p.l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: map[string]string{"frozen": "KRW", "closed": "KRW", "dollars": "USD"}[id]})
		require.NoError(t, err)
	}
	by := ports.By{Who: "kim", Why: "seen"}
	_, err = p.l.Freeze(ctx, ledger.StatusRequest{WalletID: "frozen", Key: "freeze", By: by})
	require.NoError(t, err)
	_, err = p.l.Close(ctx, ledger.StatusRequest{WalletID: "closed", Key: "close", By: by})
	require.NoError(t, err)
	one := won(1)
	for _, c := range []struct {
		request ledger.Previewable
		want    error
	}{
		{ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(10_501)}, ports.ErrInsufficient},
		{ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(501), Spend: ledger.PointsOnly}, ports.ErrInsufficient},
		{ledger.DeductRequest{WalletID: "w", Key: "k", Amount: decimal.RequireFromString("0.5")}, ports.ErrInvalid},
		{ledger.DeductRequest{WalletID: "w", Amount: one}, ports.ErrInvalid},
		{ledger.DeductRequest{WalletID: "w", Key: "cash", Amount: one}, ports.ErrKeyReused},
		{ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: one}, ports.ErrKeyReused},
		{ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(10_001)}, ports.ErrLimit},
		{ledger.GrantRequest{WalletID: "w", Key: "k", Amount: won(501)}, ports.ErrLimit},
		{ledger.TransferRequest{FromID: "w", ToID: "none", Key: "k", Amount: one}, ports.ErrNotFound},
		{ledger.TransferRequest{FromID: "w", ToID: "dollars", Key: "k", Amount: one}, ports.ErrCurrency},
		{ledger.TransferRequest{FromID: "w", ToID: "closed", Key: "k", Amount: one}, ports.ErrClosed},
		{ledger.TransferRequest{FromID: "frozen", ToID: "w", Key: "k", Amount: one}, ports.ErrFrozen},
		{ledger.HoldRequest{WalletID: "frozen", Key: "k", Amount: one}, ports.ErrFrozen},
		{ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "k", All: true}, ports.ErrNotOpen},
		{ledger.ReleaseRequest{HoldID: "none", Key: "k"}, ports.ErrNotFound},
		{ledger.RefundRequest{WalletID: "w", Key: "k", Of: "cash", All: true}, ports.ErrNotFound},
		{ledger.OpenRequest{WalletID: "w", Currency: "USD"}, ports.ErrExists},
		{ledger.RescaleRequest{WalletID: "w", Key: "k", By: by}, ports.ErrInvalid},
		{ledger.AdjustRequest{WalletID: "w", Key: "k", Balance: won(-10_001), By: by}, ports.ErrInsufficient},
	} {
		_, err := p.try(t, c.request)
		require.ErrorIs(t, err, c.want, "%#v", c.request)
	}
}

// previewExpiry has points and 150 holds expire before an operation, more than one unit gives back.
func previewExpiry(t *testing.T, bound bool) {
	t.Helper()
	clock := newFakeClock()
	p := newPreviewed(t, bound, ledger.Config{Clock: clock, CacheBytes: 1})
	for i := range 150 {
		_, err := p.l.Hold(t.Context(), ledger.HoldRequest{
			WalletID: "w", Key: fmt.Sprint("hold ", i), Amount: won(60), ExpiresAt: clock.Now().Add(time.Duration(1+i%7) * time.Hour),
		})
		require.NoError(t, err)
	}
	clock.advance(25 * time.Hour)
	p.news(t)
	forecast, err := p.l.Preview(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(10_000)})
	require.NoError(t, err)
	count := make(map[ports.EntryType]int)
	for i := range forecast.Entries {
		count[forecast.Entries[i].Type]++
	}
	require.Equal(t, 150, count[ports.EntryHoldExpire])
	require.Positive(t, count[ports.EntryExpire])
	require.Equal(t, ports.EntryDeduct, forecast.Entries[len(forecast.Entries)-1].Type)
	_, err = p.try(t, ledger.TransferRequest{FromID: "w", ToID: "v", Key: "k", Amount: won(10_000)})
	require.NoError(t, err)
}

// restlessStore has another writer credit wallet "w" before each of the next reads of it.
type restlessStore struct {
	ports.Store
	other *ledger.Ledger
	next  int
}

func (s *restlessStore) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if s.next > 0 {
		s.next--
		if _, err := s.other.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: fmt.Sprint("restless ", s.next), Amount: won(1)}); err != nil {
			return nil, err
		}
	}
	return s.Store.Wallets(ctx, ids)
}

// TestLedger_Preview_of_a_wallet_that_changes/is_of_one_state, in which the wallet was.
//
// TestLedger_Preview_of_a_wallet_that_changes/gives_up: it never goes on without an end.
//
// TestLedger_Preview_of_a_wallet_that_changes/refuses_by_the_state_that_is_there: a refusal by what
// was there before does not count.
func TestLedger_Preview_of_a_wallet_that_changes(t *testing.T) {
	t.Parallel()
	restless := func(t *testing.T, writes int) *ledger.Ledger {
		t.Helper()
		f := setup(t)
		store := &restlessStore{Store: f.store, other: f.Ledger}
		l, err := ledger.New(store, ledger.Config{Clock: f.clock})
		require.NoError(t, err)
		store.next = writes
		return l
	}
	t.Run("is_of_one_state", func(t *testing.T) {
		t.Parallel()
		l := restless(t, 5)
		forecast, err := l.Preview(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.NoError(t, err)
		now, err := l.Wallet(t.Context(), "w")
		require.NoError(t, err)
		requireDecimal(t, 10_005, now.Balance, "now")
		requireDecimal(t, 10_004, forecast.Wallets[0].Balance, "afterwards")
		require.Equal(t, now.Version+1, forecast.Wallets[0].Version)
	})
	t.Run("gives_up", func(t *testing.T) {
		t.Parallel()
		_, err := restless(t, 10_000).Preview(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrConflict)
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
	t.Run("refuses_by_the_state_that_is_there", func(t *testing.T) {
		t.Parallel()
		l := restless(t, 2)
		_, err := l.Preview(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(10_002)})
		require.NoError(t, err, "the second write makes it enough")
	})
}

// brokenReads is a store that reads keys in another way.
type brokenReads struct {
	ports.Store
	read func(ctx context.Context) error
}

func (s *brokenReads) EntriesByKey(ctx context.Context, _ []ports.EntryKey) ([]ports.Entry, error) {
	return nil, s.read(ctx)
}

// TestLedger_Preview_fails/without_a_request, typed nil included.
//
// TestLedger_Preview_fails/when_its_caller_leaves, meanwhile or before, and is not undecided.
//
// TestLedger_Preview_fails/with_the_store: the error is the store's.
//
// TestLedger_Preview_fails/with_a_store_that_panics, and is not undecided, for nothing was written.
func TestLedger_Preview_fails(t *testing.T) {
	t.Parallel()
	deduct := ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1)}
	t.Run("without_a_request", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		for _, request := range []ledger.Previewable{nil, (*ledger.DeductRequest)(nil)} {
			_, err := f.Preview(t.Context(), request)
			requireInvalid(t, err, "request")
		}
		_, err := f.Preview(t.Context(), &deduct)
		require.NoError(t, err, "a pointer to a request is one")
	})
	// over returns a ledger over a store that reads keys in another way.
	over := func(t *testing.T, read func(ctx context.Context) error) *ledger.Ledger {
		t.Helper()
		f := setup(t)
		l, err := ledger.New(&brokenReads{f.store, read}, ledger.Config{Clock: f.clock})
		require.NoError(t, err)
		return l
	}
	t.Run("when_its_caller_leaves", func(t *testing.T) {
		t.Parallel()
		ctx, leave := context.WithCancel(t.Context())
		l := over(t, func(ctx context.Context) error {
			if leave(); ctx.Err() == nil {
				return errors.New("the preview goes on without its caller")
			}
			return ctx.Err()
		})
		for range 2 {
			_, err := l.Preview(ctx, deduct)
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, ports.ErrUndecided)
		}
	})
	t.Run("with_the_store", func(t *testing.T) {
		t.Parallel()
		_, err := over(t, func(context.Context) error { return ports.ErrUnavailable }).Preview(t.Context(), deduct)
		require.ErrorIs(t, err, ports.ErrUnavailable)
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
	t.Run("with_a_store_that_panics", func(t *testing.T) {
		t.Parallel()
		_, err := over(t, func(context.Context) error { panic("broken") }).Preview(t.Context(), deduct)
		require.ErrorContains(t, err, "panic")
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
}

// TestLedger_Preview_is_silent: no observer and no log line, also where the operation has
// one, and the count of announced recharges is corrected in the preview alone.
func TestLedger_Preview_is_silent(t *testing.T) {
	t.Parallel()
	var log crashtest.Log
	heard := 0
	p := &previewed{store: &countedStore{countingStore: countingStore{Store: memory.New()}}}
	l, err := ledger.New(p.store, ledger.Config{
		Clock: newFakeClock(), Observer: observerFunc(func() { heard++ }),
		Logger: slog.New(slog.NewTextHandler(&log, nil)), Limits: ledger.SameLimits(ledger.Limits{Balance: decimal.NewNullDecimal(won(100))}),
	})
	require.NoError(t, err)
	p.l = l
	_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Book(t.Context(), books.Booking{WalletID: "w", Key: "lost", Type: ports.EntryRechargeOpen, Announce: books.Incoming{Cash: won(60)}, Announced: func(books.Incoming) {}})
	require.NoError(t, err)
	before := heard
	credit := ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(50)}
	forecast, err := l.Preview(t.Context(), credit)
	require.NoError(t, err, "no recharge is open")
	require.Equal(t, before, heard)
	require.Empty(t, log.String())
	requireDecimal(t, 0, forecast.Wallets[0].Incoming, "incoming")
	now, err := l.Wallet(t.Context(), "w")
	require.NoError(t, err)
	requireDecimal(t, 60, now.Incoming, "incoming is as it was")
	_, err = p.try(t, credit)
	require.NoError(t, err)
	require.NotEmpty(t, log.Line("announced recharges counted again"))
	require.Greater(t, heard, before)
}

// TestLedger_Preview_at_the_same_moment: previews run while others write, and each shows a state that
// the wallet was in: the two wallets always have 20,000 together, and no preview is written.
func TestLedger_Preview_at_the_same_moment(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.open(t, "v", "KRW", 0)
	_, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: "v", Key: "first", Amount: won(10_000)})
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 4 {
		pair := [...]string{"w", "v"}
		all.Go(func() {
			for n := range 50 {
				transfer := ledger.TransferRequest{FromID: pair[i%2], ToID: pair[1-i%2], Key: fmt.Sprint(i, " ", n), Amount: won(int64(1 + n))}
				if i >= 2 {
					if _, err := f.Transfer(t.Context(), transfer); err != nil {
						t.Error(err)
					}
					continue
				}
				forecast, err := f.Preview(t.Context(), transfer)
				if err != nil {
					if !errors.Is(err, ports.ErrConflict) {
						t.Error(err)
					}
					continue
				}
				if sum := forecast.Wallets[0].Balance.Add(forecast.Wallets[1].Balance); !sum.Equal(won(20_000)) {
					t.Errorf("together they would have %s", sum)
				}
			}
		})
	}
	all.Wait()
	for _, id := range []string{"w", "v"} {
		n, err := f.Verify(t.Context(), id)
		require.NoError(t, err)
		require.EqualValues(t, 2+100, n, "only transfers were booked")
	}
}
