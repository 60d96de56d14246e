package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ledger/ledgertest"
	"github.com/jigap/jigap/ports"
)

// keptStore is a memory store of which a test keeps records, as a transaction does that
// has not ended. It cannot lock.
type keptStore struct {
	countingStore
	mu     sync.Mutex
	kept   map[string]bool // ids of wallets and operations
	loosed chan struct{}   // closed and replaced when a record is let go of
}

func newKept() *keptStore {
	return &keptStore{countingStore: countingStore{Store: memory.New()}, kept: make(map[string]bool), loosed: make(chan struct{})}
}

func (s *keptStore) keep(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.kept[id] = true
	}
}

func (s *keptStore) loose(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.kept, id)
	}
	close(s.loosed)
	s.loosed = make(chan struct{})
}

// of returns the ids of a unit's records that are kept, other than mine.
func (s *keptStore) of(unit *ports.Unit, mine string) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range unit.Wallets {
		if id := unit.Wallets[i].ID; s.kept[id] && id != mine {
			ids = append(ids, id)
		}
	}
	for _, op := range unit.Operations {
		if id := op.Head().ID; s.kept[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *keptStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.gate != nil {
		<-s.gate
	}
	s.commits.Add(1)
	return s.write(ctx, units, "")
}

func (s *keptStore) write(ctx context.Context, units []ports.Unit, mine string) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		if ids := s.of(&units[i], mine); ids != nil {
			fates[i] = ports.Fate{Status: ports.FateBusy, IDs: ids}
		} else {
			fates[i] = s.Store.Commit(ctx, units[i:i+1])[0]
		}
	}
	return fates
}

// lockStore is a keptStore that can lock.
type lockStore struct {
	*keptStore
	patience time.Duration
	locks    atomic.Int64
	behind   chan struct{} // not nil: waits for it behind the lock, after decide
	decided  func(fates []ports.Fate, err error) ([]ports.Fate, error)
}

func newLocker() *lockStore { return &lockStore{keptStore: newKept(), patience: 2 * time.Second} }

func (s *lockStore) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	if err := s.acquire(walletID); err != nil {
		return nil, err
	}
	defer s.loose(walletID)
	s.locks.Add(1)
	units := decide(s.Store)
	if s.behind != nil {
		<-s.behind
	}
	fates := s.write(ctx, units, walletID)
	if s.decided != nil {
		return s.decided(fates, nil)
	}
	return fates, nil
}

func (s *lockStore) acquire(walletID string) error {
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	for {
		s.mu.Lock()
		free, loosed := !s.kept[walletID], s.loosed
		if free {
			s.kept[walletID] = true
		}
		s.mu.Unlock()
		if free {
			return nil
		}
		select {
		case <-loosed:
		case <-patience.C:
			return fmt.Errorf("lock timeout: %w", ports.ErrBusy)
		}
	}
}

// onBoth runs a test over a store that can lock, and over one that cannot.
func onBoth(t *testing.T, run func(t *testing.T, c *crowd, store *keptStore)) {
	t.Helper()
	for name, open := range map[string]func() (ports.Store, *keptStore){
		"the store can lock":    func() (ports.Store, *keptStore) { s := newLocker(); return s, s.keptStore },
		"the store cannot lock": func() (ports.Store, *keptStore) { s := newKept(); return s, s },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, kept := open()
				run(t, crowdOver(t, store, &kept.countingStore), kept)
			})
		})
	}
}

// crowdOver opens wallets "a" to "d" over a store.
func crowdOver(t *testing.T, store ports.Store, counting *countingStore) *crowd {
	t.Helper()
	l, err := ledger.New(store, ledger.Config{Parallel: 1, BusyTimeout: 3 * time.Second})
	require.NoError(t, err)
	c := &crowd{Ledger: l, t: t, store: counting}
	for _, id := range []string{"a", "b", "c", "d"} {
		c.fill(id)
	}
	return c
}

func (c *crowd) fill(id string) {
	c.t.Helper()
	_, err := c.Open(c.t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
	require.NoError(c.t, err)
	_, err = c.Credit(c.t.Context(), ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(10_000)})
	require.NoError(c.t, err)
}

func (c *crowd) deduct(id, key string, amount int64) func() error {
	return func() error {
		_, err := c.Deduct(c.t.Context(), ledger.DeductRequest{WalletID: id, Key: key, Amount: won(amount)})
		return err
	}
}

func (c *crowd) transfer(from, to, key string) func() error {
	return func() error {
		_, err := c.Transfer(c.t.Context(), ledger.TransferRequest{FromID: from, ToID: to, Key: key, Amount: won(1)})
		return err
	}
}

// later runs op and returns a channel with its error, to be read once.
func (c *crowd) later(op func() error) <-chan error {
	answer := make(chan error, 1)
	c.all.Go(func() { answer <- op() })
	synctest.Wait()
	return answer
}

// requireWaits asks that there is no answer yet.
func requireWaits(t *testing.T, answer <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-answer:
		t.Fatalf("answered: %v", err)
	default:
	}
}

// requireAnswer asks for an answer without waiting.
func requireAnswer(t *testing.T, answer <-chan error) error {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-answer:
		return err
	default:
		t.Fatal("not answered")
		return nil
	}
}

func (c *crowd) requireBalance(id string, want int64) {
	c.t.Helper()
	w, err := c.Wallet(c.t.Context(), id)
	require.NoError(c.t, err)
	requireDecimal(c.t, want, w.Balance, "balance of "+id)
	_, err = c.Verify(c.t.Context(), id)
	require.NoError(c.t, err)
}

// TestAside_lets_the_other_wallets_of_a_queue_pass: one of 40 wallets is kept. The others
// are served by the round that all queued for, and again while it waits.
func TestAside_lets_the_other_wallets_of_a_queue_pass(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		ids := walletIDs(40)
		for _, id := range ids {
			c.fill(id)
		}
		store.keep(ids[7])
		c.begin()
		answers := make([]<-chan error, len(ids))
		for i, id := range ids {
			answers[i] = c.later(c.deduct(id, "k", 1))
		}
		store.commits.Store(0)
		start := time.Now()
		close(store.gate)
		for i := range ids {
			if i != 7 {
				require.NoError(t, requireAnswer(t, answers[i]), ids[i])
			}
		}
		require.EqualValues(t, 2, store.commits.Load(), "the one under way, and the round of all")
		for i, id := range ids {
			if i != 7 {
				require.NoError(t, requireAnswer(t, c.later(c.deduct(id, "again", 1))))
			}
		}
		behind := c.later(c.deduct(ids[7], "behind", 1))
		require.Zero(t, time.Since(start), "without any waiting")
		requireWaits(t, answers[7])
		store.loose(ids[7])
		require.NoError(t, <-answers[7])
		require.NoError(t, <-behind)
		c.requireBalance(ids[7], 10_000-2)
		time.Sleep(time.Second) // the queue of the wallet has ended
		store.commits.Store(0)
		require.NoError(t, requireAnswer(t, c.later(c.deduct(ids[7], "later", 1))))
		require.EqualValues(t, 1, store.commits.Load(), "it is back in its queue")
	})
}

// TestAside_answers_a_caller_that_leads: a context without an end makes the caller lead
// in its own goroutine.
func TestAside_answers_a_caller_that_leads(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		store.keep("a")
		answer := c.later(func() error {
			_, err := c.Deduct(context.Background(), ledger.DeductRequest{WalletID: "a", Key: "k", Amount: won(1)})
			return err
		})
		require.NoError(t, requireAnswer(t, c.later(c.deduct("b", "k", 1))))
		requireWaits(t, answer)
		store.loose("a")
		require.NoError(t, <-answer)
		c.requireBalance("a", 9_999)
	})
}

// TestAside_takes_a_transfer_whose_peer_is_kept: the wallet that it leaves goes on.
func TestAside_takes_a_transfer_whose_peer_is_kept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		store.keep("b")
		c.begin()
		first := c.later(c.transfer("a", "b", "1"))
		second := c.later(c.transfer("b", "c", "2"))
		own := c.later(c.deduct("a", "own", 1))
		other := c.later(c.transfer("a", "c", "3"))
		close(store.gate)
		require.NoError(t, requireAnswer(t, own))
		require.NoError(t, requireAnswer(t, other))
		third := c.later(c.transfer("d", "b", "4"))
		requireWaits(t, first)
		requireWaits(t, second)
		requireWaits(t, third)
		store.loose("b")
		require.NoError(t, <-first)
		require.NoError(t, <-second)
		require.NoError(t, <-third)
		c.requireBalance("a", 10_001-3)
		c.requireBalance("b", 10_000+1)
		c.requireBalance("c", 10_000+2)
		c.requireBalance("d", 10_000-1)
	})
}

// TestAside_takes_a_request_whose_operation_is_kept: other requests about the wallet go on.
func TestAside_takes_a_request_whose_operation_is_kept(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		store.keep(held.Hold.ID)
		c.begin()
		captured := c.later(func() error {
			_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", All: true})
			return err
		})
		deducted := c.later(c.deduct("a", "k", 1))
		close(store.gate)
		require.NoError(t, <-deducted)
		require.NoError(t, <-c.later(c.deduct("a", "next", 1)))
		requireWaits(t, captured)
		store.loose(held.Hold.ID)
		require.NoError(t, <-captured)
		c.requireBalance("a", 10_001-2-100)
	})
}

// TestAside_gives_up_with_ErrBusy when the record stays kept, and says what a caller that
// keeps it itself must do.
func TestAside_gives_up_with_ErrBusy(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		store.keep("a")
		start := time.Now()
		err := <-c.later(c.deduct("a", "k", 1))
		require.ErrorIs(t, err, ports.ErrBusy)
		require.NotErrorIs(t, err, ports.ErrUndecided)
		require.ErrorContains(t, err, "deduct wallet a: ")
		require.ErrorContains(t, err, "record is locked by another transaction")
		require.ErrorContains(t, err, "if the caller itself has a transaction open that changed this wallet")
		require.ErrorContains(t, err, "WithTx")
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, time.Since(start), 10*time.Second, "it is bounded")
		err = <-c.later(c.transfer("b", "a", "t"))
		require.ErrorIs(t, err, ports.ErrBusy)
		require.ErrorContains(t, err, "transfer wallet b: to wallet a: ")
		store.loose("a")
		c.requireBalance("a", 10_000)
		require.NoError(t, <-c.later(c.deduct("a", "k", 1)), "the same call succeeds later")
		c.requireBalance("a", 9_999)
	})
}

// rivalStore is a store of which another process changes a wallet before each commit.
type rivalStore struct {
	*lockStore
	rival func()
}

func (s *rivalStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	s.rival()
	return s.lockStore.Commit(ctx, units)
}

// TestAside_takes_a_wallet_that_others_keep_changing: after a few lost races the lock
// gives it a turn.
func TestAside_takes_a_wallet_that_others_keep_changing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &rivalStore{lockStore: newLocker(), rival: func() {}}
		c := crowdOver(t, store, &store.countingStore)
		other, err := ledger.New(store.Store, ledger.Config{})
		require.NoError(t, err)
		rivals := 0
		store.rival = func() {
			rivals++
			_, err := other.Credit(t.Context(), ledger.CreditRequest{WalletID: "a", Key: fmt.Sprint("rival", rivals), Amount: won(1)})
			require.NoError(t, err)
		}
		require.NoError(t, <-c.later(c.deduct("a", "k", 1)))
		require.Equal(t, 3, rivals)
		require.EqualValues(t, 1, store.locks.Load())
		c.requireBalance("a", 10_000+3-1)
	})
}

// TestAside_takes_no_lock_for_a_transfer: it has two wallets, and where others keep changing
// one it may end without a turn, which its caller is told.
func TestAside_takes_no_lock_for_a_transfer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &rivalStore{lockStore: newLocker(), rival: func() {}}
		c := crowdOver(t, store, &store.countingStore)
		other, err := ledger.New(store.Store, ledger.Config{})
		require.NoError(t, err)
		rivals := 0
		store.rival = func() {
			rivals++
			_, err := other.Credit(t.Context(), ledger.CreditRequest{WalletID: "a", Key: fmt.Sprint("rival", rivals), Amount: won(1)})
			require.NoError(t, err)
		}
		start := time.Now()
		err = <-c.later(c.transfer("a", "b", "t"))
		require.ErrorIs(t, err, ports.ErrConflict)
		require.ErrorContains(t, err, "others were faster again and again")
		require.NotErrorIs(t, err, ports.ErrUndecided)
		require.Less(t, time.Since(start), 4*time.Second, "BusyTimeout is 3 seconds")
		require.Zero(t, store.locks.Load())
		store.rival = func() {}
		require.NoError(t, <-c.later(c.transfer("a", "b", "t")))
		c.requireBalance("b", 10_001)
	})
}

// TestAside_lets_callers_leave: before the lock is there nothing happens, and behind it
// the key tells.
func TestAside_lets_callers_leave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newLocker()
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		leave := func(d time.Duration, key string) <-chan error {
			return c.later(func() error {
				ctx, cancel := withTimeout(t, d)
				defer cancel()
				_, err := c.Deduct(ctx, ledger.DeductRequest{WalletID: "a", Key: key, Amount: won(1)})
				return err
			})
		}
		early := leave(time.Second, "early")
		err := <-early
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, ports.ErrUndecided, "it had not been taken")
		store.behind = make(chan struct{})
		late := leave(time.Second, "late")
		store.loose("a")
		err = <-late
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, ports.ErrUndecided)
		close(store.behind)
		synctest.Wait()
		c.requireBalance("a", 9_999)
		_, err = c.EntryByKey(t.Context(), "a", "early")
		require.ErrorIs(t, err, ports.ErrNotFound)
		_, err = c.EntryByKey(t.Context(), "a", "late")
		require.NoError(t, err)
	})
}

// TestAside_answers_keys_as_a_queue_does: replays, reused keys and refusals behind a
// lock, or between pauses.
func TestAside_answers_keys_as_a_queue_does(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c *crowd, store *keptStore) {
		t.Helper()
		require.NoError(t, c.deduct("a", "used", 5)())
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(10)})
		require.NoError(t, err)
		store.keep("a")
		var replayed atomic.Int64
		replay := func(key string, amount int64) func() error {
			return func() error {
				receipt, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: "a", Key: key, Amount: won(amount)})
				if receipt.Replayed {
					replayed.Add(1)
				}
				return err
			}
		}
		capture := func(key string) func() error {
			return func() error {
				_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: key, All: true})
				return err
			}
		}
		refund := func(key string, amount int64) func() error {
			return func() error {
				_, err := c.Refund(t.Context(), ledger.RefundRequest{WalletID: "a", Key: key, Of: "used", Amount: won(amount)})
				return err
			}
		}
		c.join(replay("used", 5), nil)
		c.join(replay("used", 6), ports.ErrKeyReused)
		c.join(replay("new", 7), nil)
		c.join(replay("new", 7), nil)
		c.join(replay("new", 8), ports.ErrKeyReused)
		c.join(replay("too much", 99_999), ports.ErrInsufficient)
		c.join(capture("c1"), nil)
		c.join(capture("c2"), ports.ErrNotOpen)
		c.join(refund("r1", 3), nil)
		c.join(refund("r2", 3), ports.ErrRefundExceeds)
		c.join(refund("r3", 2), nil)
		c.join(c.deduct("none", "k", 1), ports.ErrNotFound)
		store.loose("a")
		c.all.Wait()
		require.EqualValues(t, 2, replayed.Load())
		c.requireBalance("a", 10_000-7-10)
	})
}

// TestAside_survives_a_store_that_breaks: what each failure of CommitLocked tells the
// caller, and that the next one is served.
func TestAside_survives_a_store_that_breaks(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	type answers = func(fates []ports.Fate, err error) ([]ports.Fate, error)
	fate := func(f ports.Fate) answers {
		return func([]ports.Fate, error) ([]ports.Fate, error) { return []ports.Fate{f}, nil }
	}
	for name, test := range map[string]struct {
		decided   answers
		want      error
		undecided bool
	}{
		"the fate is not known":   {decided: fate(ports.Fate{Err: broken}), want: broken, undecided: true},
		"the commit failed":       {decided: fate(ports.Fate{Status: ports.FateFailed, Err: broken}), want: broken},
		"the fate is busy":        {decided: fate(ports.Fate{Status: ports.FateBusy, IDs: []string{"a"}})},
		"the fate is a conflict":  {decided: fate(ports.Fate{Status: ports.FateConflict, IDs: []string{"a"}})},
		"the fate names nothing":  {decided: fate(ports.Fate{Status: ports.FateKeyTaken})},
		"no fate is given":        {decided: func([]ports.Fate, error) ([]ports.Fate, error) { return nil, nil }, undecided: true},
		"an error after decide":   {decided: func([]ports.Fate, error) ([]ports.Fate, error) { return nil, broken }, want: broken},
		"it panics after decide":  {decided: func([]ports.Fate, error) ([]ports.Fate, error) { panic("store") }, undecided: true},
		"busy after decide":       {decided: func([]ports.Fate, error) ([]ports.Fate, error) { return nil, ports.ErrBusy }, want: ports.ErrBusy},
		"a fate of other version": {decided: fate(ports.Fate{Status: 99}), undecided: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newLocker()
				c := crowdOver(t, store, &store.countingStore)
				store.decided = test.decided
				store.keep("a")
				answer := c.later(c.deduct("a", "k", 1))
				store.loose("a")
				err := <-answer
				if name != "the fate is busy" && name != "the fate is a conflict" { // they are tried again without the lock, and find the entry
					require.Error(t, err)
				}
				if test.want != nil {
					require.ErrorIs(t, err, test.want)
				}
				require.Equal(t, test.undecided, errors.Is(err, ports.ErrUndecided), "%v", err)
				store.decided = nil
				require.NoError(t, <-c.later(c.deduct("a", "k", 1)))
				c.requireBalance("a", 9_999)
			})
		})
	}
}

// TestAside_bounds_the_waits_for_locks: many wallets are kept, and few of them use the
// store at once; each gets an answer in time, and the store is free for others.
func TestAside_bounds_the_waits_for_locks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &crowdedStore{lockStore: newLocker()}
		c := crowdOver(t, store, &store.countingStore)
		ids := walletIDs(50)
		for _, id := range ids {
			c.fill(id)
		}
		store.keep(ids...)
		start := time.Now()
		for _, id := range ids {
			c.join(c.deduct(id, "k", 1), ports.ErrBusy)
		}
		require.NoError(t, requireAnswer(t, c.later(c.deduct("a", "k", 1))))
		c.all.Wait()
		require.EqualValues(t, 1, store.most.Load(), "as many as Parallel says")
		require.LessOrEqual(t, store.calls.Load(), int64(3), "the others were tried without a lock")
		require.Less(t, time.Since(start), 10*time.Second)
		store.loose(ids...)
		for _, id := range ids {
			require.NoError(t, <-c.later(c.deduct(id, "k", 1)))
		}
	})
}

// TestAside_returns_to_the_lock_when_there_is_a_place: another wallet has the only place
// for a while, and without the lock this one loses every race.
func TestAside_returns_to_the_lock_when_there_is_a_place(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &rivalStore{lockStore: newLocker(), rival: func() {}}
		c := crowdOver(t, store, &store.countingStore)
		other, err := ledger.New(store.Store, ledger.Config{})
		require.NoError(t, err)
		store.keep("a")
		first := c.later(c.deduct("a", "k", 1))
		rivals := 0
		store.rival = func() {
			rivals++
			_, err := other.Credit(t.Context(), ledger.CreditRequest{WalletID: "b", Key: fmt.Sprint("rival", rivals), Amount: won(1)})
			require.NoError(t, err)
		}
		second := c.later(c.deduct("b", "k", 1))
		requireWaits(t, second)
		require.ErrorIs(t, <-first, ports.ErrBusy)
		require.NoError(t, <-second)
		require.Greater(t, rivals, 3, "it was tried without the lock meanwhile")
		require.EqualValues(t, 1, store.locks.Load())
	})
}

// crowdedStore notes how many wait for a lock at once.
type crowdedStore struct {
	*lockStore
	now, most, calls atomic.Int64
}

func (s *crowdedStore) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	s.calls.Add(1)
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	return s.lockStore.CommitLocked(ctx, walletID, decide)
}

// panicStore panics in reads behind the lock, or in the lock.
type panicStore struct {
	*lockStore
	inLock, inDecide bool
}

func (s *panicStore) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	if s.inLock {
		panic("lock")
	}
	return s.lockStore.CommitLocked(ctx, walletID, func(locked ports.Store) []ports.Unit {
		if s.inDecide {
			return decide(nil)
		}
		return decide(locked)
	})
}

// TestAside_answers_when_it_panics: before anything was sent nothing was written.
func TestAside_answers_when_it_panics(t *testing.T) {
	t.Parallel()
	for _, inLock := range []bool{true, false} {
		t.Run(fmt.Sprint("in the lock ", inLock), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &panicStore{lockStore: newLocker(), inLock: inLock, inDecide: !inLock}
				c := crowdOver(t, store, &store.countingStore)
				store.keep("a")
				answer := c.later(c.deduct("a", "k", 1))
				store.loose("a")
				err := <-answer
				require.ErrorContains(t, err, "panic")
				require.NotErrorIs(t, err, ports.ErrUndecided)
				store.inLock, store.inDecide = false, false
				store.keep("a")
				answer = c.later(c.deduct("a", "k", 1))
				store.loose("a")
				require.NoError(t, <-answer, "the lock was let go of")
				c.requireBalance("a", 9_999)
			})
		})
	}
}

// TestAside_forgets_the_call_before: a call panics before anything was sent, behind one that
// failed when something was.
func TestAside_forgets_the_call_before(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &panicStore{lockStore: newLocker()}
		store.behind = make(chan struct{})
		store.decided = func([]ports.Fate, error) ([]ports.Fate, error) { return nil, errors.New("broken") }
		c := crowdOver(t, store, &store.countingStore)
		store.keep("a")
		first := c.later(c.deduct("a", "1", 1))
		store.loose("a")
		synctest.Wait() // the first is behind the lock
		second := c.later(c.deduct("a", "2", 1))
		store.inLock = true
		close(store.behind)
		require.ErrorContains(t, <-first, "broken")
		err := <-second
		require.ErrorContains(t, err, "panic")
		require.NotErrorIs(t, err, ports.ErrUndecided)
	})
}

// TestAside_reads_behind_the_lock: what the ledger remembers, or its caller read, is not
// good enough there.
func TestAside_reads_behind_the_lock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newLocker()
		c := crowdOver(t, store, &store.countingStore)
		other, err := ledger.New(store.Store, ledger.Config{})
		require.NoError(t, err)
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		store.keep("a")
		captured := c.later(func() error {
			_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", Amount: won(60)})
			return err
		})
		all := c.later(c.deduct("a", "all", 10_899))
		_, err = other.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "theirs", Amount: won(40)})
		require.NoError(t, err)
		_, err = other.Credit(t.Context(), ledger.CreditRequest{WalletID: "a", Key: "theirs too", Amount: won(1_000)})
		require.NoError(t, err)
		store.commits.Store(0)
		store.loose("a")
		require.NoError(t, <-captured)
		require.NoError(t, <-all)
		require.EqualValues(t, 1, store.locks.Load())
		require.Zero(t, store.commits.Load(), "nothing was tried without the lock")
		c.requireBalance("a", 1)
	})
}

// contestedStore is a store whose wallets are kept for a moment again and again, by
// commits and locks of all ledgers over it.
type contestedStore struct {
	ports.Store
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

func (s *contestedStore) lock(id string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[id] == nil {
		s.locks[id] = new(sync.Mutex)
	}
	return s.locks[id]
}

func (s *contestedStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i := range units {
		fates[i] = s.commit(ctx, &units[i])
	}
	return fates
}

func (s *contestedStore) commit(ctx context.Context, unit *ports.Unit) ports.Fate {
	for i := range unit.Wallets {
		id := unit.Wallets[i].ID
		lock := s.lock(id)
		if rand.IntN(3) == 0 || !lock.TryLock() {
			return ports.Fate{Status: ports.FateBusy, IDs: []string{id}}
		}
		defer lock.Unlock()
	}
	return s.Store.Commit(ctx, []ports.Unit{*unit})[0]
}

func (s *contestedStore) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	lock := s.lock(walletID)
	lock.Lock()
	defer lock.Unlock()
	return s.Store.Commit(ctx, decide(s.Store)), nil
}

func TestAside_is_linearizable(t *testing.T) {
	t.Parallel()
	ledgertest.TestLinearizable(t, func(*testing.T) ports.Store {
		return &contestedStore{Store: memory.New(), locks: make(map[string]*sync.Mutex)}
	})
}

// TestAside_keeps_the_books: two ledgers do anything over a contested store.
func TestAside_keeps_the_books(t *testing.T) {
	t.Parallel()
	store := &contestedStore{Store: memory.New(), locks: make(map[string]*sync.Mutex)}
	ledgers := make([]*ledger.Ledger, 2)
	for i := range ledgers {
		var err error
		ledgers[i], err = ledger.New(store, ledger.Config{})
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
}

// lockedReads is a bound store that notes how wallets are read.
type lockedReads struct {
	boundStore
	read, locked []string
	busy         error
	refused      int // reads that lock
	fate         *ports.Fate
}

func (s *lockedReads) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	s.read = append(s.read, ids...)
	return s.Store.Wallets(ctx, ids)
}

func (s *lockedReads) LockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if s.busy != nil {
		s.refused++
		return nil, s.busy
	}
	s.locked = append(s.locked, ids...)
	return s.Store.Wallets(ctx, ids)
}

func (s *lockedReads) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.fate != nil {
		return slices.Repeat([]ports.Fate{*s.fate}, len(units))
	}
	return s.boundStore.Commit(ctx, units)
}

// TestBoundStore_locks_what_it_is_going_to_write, once, and explains what is kept.
func TestBoundStore_locks_what_it_is_going_to_write(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := &lockedReads{boundStore: boundStore{Store: memory.New(), t: t, caller: ctx}}
	l, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	for _, id := range []string{"v", "w"} {
		_, err = l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(5)})
	require.NoError(t, err)
	_, err = l.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "v", Key: "t", Amount: won(5)})
	require.NoError(t, err)
	require.Equal(t, []string{"v", "w"}, store.locked)
	require.Empty(t, store.read)
	_, err = l.Wallet(ctx, "w")
	require.NoError(t, err)
	require.Equal(t, []string{"w"}, store.read, "a pure read locks nothing")

	store.busy = fmt.Errorf("lock timeout: %w", ports.ErrBusy)
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "u", Key: "k", Amount: won(5)})
	require.ErrorIs(t, err, ports.ErrBusy)
	require.ErrorContains(t, err, "WithTx")
	store.busy, store.fate = nil, &ports.Fate{Status: ports.FateBusy, IDs: []string{"w"}}
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "k2", Amount: won(5)})
	require.ErrorIs(t, err, ports.ErrBusy)
	require.ErrorContains(t, err, "WithTx")
}
