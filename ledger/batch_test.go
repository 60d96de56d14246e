package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/mock/gomock"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portsmock"
)

// TestLedger_many_callers_of_one_wallet proves that callers on one hot wallet, from several
// ledgers over one store, all get their turn once, and that what they did shares
// commits.
func TestLedger_many_callers_of_one_wallet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	counting := &countingStore{Store: f.store}
	const callers, each = 32, 20
	var all sync.WaitGroup
	for range 2 {
		l, err := ledger.New(counting, ledger.Config{})
		require.NoError(t, err)
		for caller := range callers {
			all.Go(func() {
				for i := range each {
					// Both ledgers use the same keys: each key must be booked once.
					_, err := l.Deduct(t.Context(), ledger.DeductRequest{
						WalletID: "w", Key: fmt.Sprintf("%d/%d", caller, i), Amount: won(3),
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	requireDecimal(t, 10_000-3*callers*each, wallet.Balance, "each key once")
	n, err := f.Verify(t.Context(), "w")
	require.NoError(t, err)
	require.EqualValues(t, 2+callers*each, n)
}

// countingStore counts commits and can be told to wait before each.
type countingStore struct {
	ports.Store
	commits atomic.Int64
	units   atomic.Int64
	gate    chan struct{} // nil: no waiting
}

func (s *countingStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.gate != nil {
		<-s.gate
	}
	s.commits.Add(1)
	s.units.Add(int64(len(units)))
	return s.Store.Commit(ctx, units)
}

// TestQueue_shares_a_commit proves the batching: while a commit is under way
// fifty more requests queue, and one further commit with one unit carries them all.
func TestQueue_shares_a_commit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New()}
		l, err := ledger.New(store, ledger.Config{Parallel: 1})
		require.NoError(t, err)
		_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
		require.NoError(t, err)
		store.commits.Store(0)
		store.units.Store(0)
		store.gate = make(chan struct{})
		var all sync.WaitGroup
		recharge := func(i int) {
			_, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: fmt.Sprint(i), Amount: won(1)})
			if err != nil {
				t.Error(err)
			}
		}
		all.Go(func() { recharge(0) })
		synctest.Wait() // the first is at the gate
		for i := range 50 {
			all.Go(func() { recharge(i + 1) })
		}
		synctest.Wait() // the others queue
		close(store.gate)
		all.Wait()
		require.EqualValues(t, 2, store.commits.Load())
		require.EqualValues(t, 2, store.units.Load())
		n, err := l.Verify(t.Context(), "w")
		require.NoError(t, err)
		require.EqualValues(t, 52, n)
	})
}

// TestQueue_caller_leaves_when_its_context_ends: before its turn nothing happens and the
// error is the context's alone; after it, what was committed stays and the key tells.
func TestQueue_caller_leaves_when_its_context_ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New()}
		l, err := ledger.New(store, ledger.Config{Parallel: 1})
		require.NoError(t, err)
		_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
		require.NoError(t, err)
		store.gate = make(chan struct{})
		ask := func(ctx context.Context, key string) <-chan error {
			answer := make(chan error, 1)
			go func() {
				_, err := l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: key, Amount: won(1)})
				answer <- err
			}()
			synctest.Wait()
			return answer
		}
		ended, end := context.WithCancel(t.Context())
		end()
		require.Equal(t, context.Canceled, <-ask(ended, "ended before"))
		leading, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		queued, leaveQueue := context.WithTimeout(t.Context(), time.Second)
		defer leaveQueue()
		first, second := ask(leading, "at the gate"), ask(queued, "in the queue")
		require.ErrorIs(t, <-first, ports.ErrUndecided)
		err = <-second
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, ports.ErrUndecided, "its turn had not come: nothing can have happened")
		close(store.gate)
		synctest.Wait()
		receipt, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "at the gate", Amount: won(1)})
		require.NoError(t, err)
		require.True(t, receipt.Replayed, "what was committed stays committed, and its key tells")
		_, err = l.EntryByKey(t.Context(), "w", "in the queue")
		require.ErrorIs(t, err, ports.ErrNotFound)
	})
}

// TestLedger_store_fails covers what no real store does on request.
func TestLedger_store_fails(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	wallet := func() []ports.Wallet {
		return []ports.Wallet{{ID: "w", Currency: "KRW", Status: ports.WalletActive, Version: 1, Seq: 1}}
	}
	recharge := func(t *testing.T, store ports.Store) error {
		t.Helper()
		l, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)})
		return err
	}
	t.Run("reading fails", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), []string{"w"}).Return(nil, broken)
		err := recharge(t, store)
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
	t.Run("committing fails", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).Return(wallet(), nil)
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Status: ports.FateFailed, Err: broken}})
		err := recharge(t, store)
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
	t.Run("the fate is not known", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).Return(wallet(), nil)
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Err: broken}})
		err := recharge(t, store)
		require.ErrorIs(t, err, ports.ErrUndecided)
		require.ErrorIs(t, err, broken)
	})
	t.Run("no fate is given", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).Return(wallet(), nil)
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return(nil)
		require.ErrorIs(t, recharge(t, store), ports.ErrUndecided)
	})
	t.Run("it panics, and the next caller is served", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).Return(wallet(), nil).AnyTimes()
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).DoAndReturn(func(context.Context, []ports.Unit) []ports.Fate { panic("nil map") })
		l, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		request := ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)}
		_, err = l.Credit(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrUndecided)
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Status: ports.FateCommitted}})
		_, err = l.Credit(t.Context(), request)
		require.NoError(t, err)
	})
	t.Run("a conflict is read again", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).Return(wallet(), nil).Times(2)
		gomock.InOrder(
			store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Status: ports.FateConflict, IDs: []string{"w"}}}),
			store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Status: ports.FateCommitted}}),
		)
		require.NoError(t, recharge(t, store))
	})
	t.Run("conflicts that never end", func(t *testing.T) {
		t.Parallel()
		store := portsmock.NewMockStore(gomock.NewController(t))
		store.EXPECT().Wallets(gomock.Any(), gomock.Any()).DoAndReturn(
			func(context.Context, []string) ([]ports.Wallet, error) { return wallet(), nil }).AnyTimes()
		store.EXPECT().Commit(gomock.Any(), gomock.Any()).Return([]ports.Fate{{Status: ports.FateConflict, IDs: []string{"w"}}}).AnyTimes()
		require.ErrorIs(t, recharge(t, store), ports.ErrConflict)
	})
}

// TestLedger_refuses_on_the_current_state: a ledger that remembers an old balance must
// look again before it refuses.
func TestLedger_refuses_on_the_current_state(t *testing.T) {
	t.Parallel()
	f := setup(t)
	other, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(10_000)})
	require.NoError(t, err)
	_, err = other.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(500)})
	require.NoError(t, err)
	_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "again", Amount: won(500)})
	require.NoError(t, err, "the remembered balance is 0, the true one 500")
	replayed, err := other.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(10_000)})
	require.NoError(t, err, "a replay is no new deduct, whatever is left")
	require.True(t, replayed.Replayed)
}

// TestRound_keeps_a_refused_request_out_of_its_unit: replays, refusals and reused keys in one unit
// with requests that succeed.
func TestRound_keeps_a_refused_request_out_of_its_unit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New()}
		l, err := ledger.New(store, ledger.Config{Parallel: 1})
		require.NoError(t, err)
		for _, id := range []string{"w", "x", "y"} {
			_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
			_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "used", Amount: won(100)})
			require.NoError(t, err)
		}
		store.gate = make(chan struct{})
		var all sync.WaitGroup
		run := func(want error, replayed bool, op func() (ledger.Receipt, error)) {
			all.Go(func() {
				receipt, err := op()
				if !errors.Is(err, want) || receipt.Replayed != replayed {
					t.Errorf("got %v, %v; want %v, %v", err, receipt.Replayed, want, replayed)
				}
			})
			synctest.Wait()
		}
		deduct := func(key string, amount int64) func() (ledger.Receipt, error) {
			return func() (ledger.Receipt, error) {
				return l.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: key, Amount: won(amount)})
			}
		}
		transfer := func(from, to, key string, amount int64) func() (ledger.Receipt, error) {
			return func() (ledger.Receipt, error) {
				return l.Transfer(t.Context(), ledger.TransferRequest{FromID: from, ToID: to, Key: key, Amount: won(amount)})
			}
		}
		run(nil, false, deduct("leads", 10)) // waits at the gate; all that follows shares the next round
		run(nil, false, deduct("a", 10))
		run(ports.ErrKeyReused, false, deduct("used", 10))
		run(nil, true, func() (ledger.Receipt, error) {
			return l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "used", Amount: won(100)})
		})
		run(ports.ErrInsufficient, false, deduct("too much", 1000))
		run(nil, true, deduct("a", 10)) // the same request twice in one round
		run(nil, false, transfer("x", "y", "t1", 60))
		run(nil, false, transfer("w", "x", "t2", 20)) // joins two units
		run(ports.ErrInsufficient, false, transfer("x", "y", "t3", 100))
		run(nil, false, transfer("y", "w", "t4", 160))
		close(store.gate)
		all.Wait()
		for id, want := range map[string]int64{"w": 220, "x": 60, "y": 0} {
			wallet, err := l.Wallet(t.Context(), id)
			require.NoError(t, err)
			requireDecimal(t, want, wallet.Balance, id)
			_, err = l.Verify(t.Context(), id)
			require.NoError(t, err)
		}
		books, err := l.TrialBalance(t.Context())
		require.NoError(t, err)
		require.NoError(t, books.Check())
	})
}

// TestObserver_panics: it sees what was booked, and its panic is its own.
func TestObserver_panics(t *testing.T) {
	t.Parallel()
	observer := portsmock.NewMockObserver(gomock.NewController(t))
	l, err := ledger.New(memory.New(), ledger.Config{Observer: observer})
	require.NoError(t, err)
	observer.EXPECT().Booked(gomock.Any(), gomock.Any()).Do(func(w *ports.Wallet, entries []ports.Entry) {
		require.Equal(t, "w", w.ID)
		require.Len(t, entries, 1)
		require.Equal(t, w.Hash, entries[0].Hash)
		panic("observer")
	}).Times(2)
	_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(5)})
	require.NoError(t, err)
}

// observed counts how often each entry was told.
type observed struct {
	mu   sync.Mutex
	told map[ports.EntryRef]int
}

func (o *observed) Booked(w *ports.Wallet, entries []ports.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range entries {
		if entries[i].WalletID == w.ID {
			o.told[ports.EntryRef{WalletID: w.ID, Seq: entries[i].Seq}]++
		}
	}
}

// TestObserver_is_told_of_each_entry_once, over a contested store, on all paths.
func TestObserver_is_told_of_each_entry_once(t *testing.T) {
	t.Parallel()
	store := &contestedStore{Store: memory.New(), locks: make(map[string]*sync.Mutex)}
	watch := &observed{told: make(map[ports.EntryRef]int)}
	ledgers := make([]*ledger.Ledger, 2)
	for i := range ledgers {
		var err error
		ledgers[i], err = ledger.New(store, ledger.Config{Observer: watch, Parallel: 1 + 63*i, CacheBytes: 1})
		require.NoError(t, err)
	}
	ids := []string{"x", "y", "z"}
	for _, id := range ids {
		_, err := ledgers[0].Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = ledgers[0].Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(10_000)})
		require.NoError(t, err)
	}
	doAnything(t, ledgers, ids, 12, 40)
	watch.mu.Lock()
	defer watch.mu.Unlock()
	booked := 0
	for _, id := range ids {
		w, err := ledgers[0].Wallet(t.Context(), id)
		require.NoError(t, err)
		booked += int(w.Seq)
		for seq := range w.Seq {
			require.Equal(t, 1, watch.told[ports.EntryRef{WalletID: id, Seq: seq + 1}], "%s %d", id, seq+1)
		}
	}
	require.Len(t, watch.told, booked)
}

// TestCapture_at_the_same_moment: of many captures of all of one hold, through two ledgers,
// exactly one is booked.
func TestCapture_at_the_same_moment(t *testing.T) {
	t.Parallel()
	f := setup(t)
	other, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	for round := range 20 {
		held, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: fmt.Sprint("hold", round), Amount: won(100)})
		require.NoError(t, err)
		var won, lost atomic.Int64
		var all sync.WaitGroup
		for i, l := range []*ledger.Ledger{f.Ledger, other, f.Ledger, other} {
			all.Go(func() {
				_, err := l.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: fmt.Sprintf("%d/%d", round, i), All: true})
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, ports.ErrNotOpen):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, won.Load())
		require.EqualValues(t, 3, lost.Load())
	}
	wallet, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	requireDecimal(t, 10_000-20*100, wallet.Balance, "each hold once")
	requireDecimal(t, 0, wallet.BalanceHeld, "nothing is held")
}

// TestBook_one_record_twice_in_one_round: both were computed from the same version;
// the first is booked and the second hears of the conflict, though they queued
// together.
func TestBook_one_record_twice_in_one_round(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New()}
		l, err := ledger.New(store, ledger.Config{Parallel: 1})
		require.NoError(t, err)
		_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
		require.NoError(t, err)
		store.gate = make(chan struct{})
		var all sync.WaitGroup
		book := func(key string, want error) {
			all.Go(func() {
				op := &ports.Recharge{OperationHead: ports.OperationHead{ID: "op", Kind: ports.KindRecharge, WalletID: "w", Version: 1}}
				_, err := l.Book(t.Context(), books.Booking{
					WalletID: "w", Key: key, Type: ports.EntryRechargeOpen, Operations: []ports.Operation{op},
				})
				if !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", key, err, want)
				}
			})
			synctest.Wait()
		}
		all.Go(func() {
			if _, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "leads", Amount: won(1)}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		book("first", nil)
		book("second", ports.ErrConflict)
		close(store.gate)
		all.Wait()
	})
}

// TestLedger_concurrent_operations lets many callers on two ledgers do anything to a
// few wallets at once. Who wins is chance; that the books hold is not.
func TestLedger_concurrent_operations(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ids := []string{"w", "x", "y"}
	f.open(t, "x", "KRW", 0)
	f.open(t, "y", "KRW", 0)
	other, err := ledger.New(f.store, ledger.Config{Clock: f.clock, CacheBytes: 1})
	require.NoError(t, err)
	doAnything(t, []*ledger.Ledger{f.Ledger, other}, ids, 16, 60)
}

// doAnything lets callers do anything on ledgers over one store, and checks the books.
func doAnything(t *testing.T, ledgers []*ledger.Ledger, ids []string, callers, times int) {
	t.Helper()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			l := ledgers[caller%len(ledgers)]
			for i := range times {
				// Half of the keys are shared by two callers: the second one replays.
				anything(t, l, ids, random, fmt.Sprintf("%d/%d", caller/(1+i%2), i))
			}
		})
	}
	all.Wait()
	l, cash := ledgers[0], decimal.Zero
	for _, id := range ids {
		_, err := l.Verify(t.Context(), id)
		require.NoError(t, err)
		w, err := l.Wallet(t.Context(), id)
		require.NoError(t, err)
		require.False(t, w.AvailableBalance().IsNegative() || w.AvailablePoint(w.BookedAt).IsNegative())
		cash = cash.Add(w.Balance)
	}
	books, err := l.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, books.Check())
	for _, total := range books.Totals {
		if total.Account == ports.AccountWallets {
			require.True(t, total.Balance.Equal(cash))
		}
	}
}

// anything does one operation; refusals are fine, anything else is not.
func anything(t *testing.T, l *ledger.Ledger, ids []string, random *rand.Rand, key string) {
	t.Helper()
	ctx, id, amount := t.Context(), ids[random.IntN(3)], won(1+random.Int64N(300))
	var err error
	switch random.IntN(7) {
	case 0:
		_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: key, Amount: amount})
	case 1:
		_, err = l.Grant(ctx, ledger.GrantRequest{WalletID: id, Key: key, Amount: amount})
	case 2:
		_, err = l.Transfer(ctx, ledger.TransferRequest{FromID: id, ToID: ids[random.IntN(3)], Key: key, Amount: amount})
	case 3:
		_, err = l.Refund(ctx, ledger.RefundRequest{WalletID: id, Key: key, Of: fmt.Sprintf("%d/%d", random.IntN(16), random.IntN(60)), All: true})
	case 4:
		var held ledger.HoldReceipt
		if held, err = l.Hold(ctx, ledger.HoldRequest{WalletID: id, Key: key, Amount: amount}); err == nil {
			_, err = l.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: key + "c", Amount: won(1), Final: random.IntN(2) == 0})
		}
	default:
		_, err = l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: key, Amount: amount, Spend: ledger.Spend(random.IntN(4))})
	}
	for _, refusal := range []error{
		nil, ports.ErrInsufficient, ports.ErrKeyReused, ports.ErrNotFound, ports.ErrRefundExceeds, ports.ErrInvalid, ports.ErrNotOpen,
	} {
		if errors.Is(err, refusal) {
			return
		}
	}
	t.Errorf("%s: %v", key, err)
}

// boundStore is a store that belongs to one caller: it fails the test when it is used
// from another goroutine.
type boundStore struct {
	ports.Store
	t      *testing.T
	caller context.Context //nolint:containedctx // the caller's, to be recognised
}

func (s *boundStore) LockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return s.Wallets(ctx, ids)
}

func (s *boundStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if ctx != s.caller {
		s.t.Error("a bound store must get its caller's own context")
	}
	return s.Store.Commit(ctx, units)
}

// TestLedger_bound_store_has_one_caller: with a context that can end, too, the ledger
// neither hands the work to another goroutine nor detaches the context.
func TestLedger_bound_store_has_one_caller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l, err := ledger.New(&boundStore{Store: memory.New(), t: t, caller: ctx}, ledger.Config{Parallel: 4})
	require.NoError(t, err)
	_, err = l.Open(ctx, ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)})
	require.NoError(t, err)
}
