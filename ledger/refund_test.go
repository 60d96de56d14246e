package ledger_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// readCounter counts the reads of a store and can change what LastReferring returns.
type readCounter struct {
	countingStore
	reads  atomic.Int64
	tamper func([]ports.Entry)
}

func (s *readCounter) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	s.reads.Add(1)
	return s.Store.Wallets(ctx, ids)
}

func (s *readCounter) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	s.reads.Add(1)
	return s.Store.EntriesByKey(ctx, keys)
}

func (s *readCounter) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	s.reads.Add(1)
	return s.Store.Entries(ctx, filter)
}

func (s *readCounter) LastReferring(ctx context.Context, entryType ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	s.reads.Add(1)
	found, err := s.Store.LastReferring(ctx, entryType, to)
	if s.tamper != nil {
		s.tamper(found)
	}
	return found, err
}

// debited returns a ledger over the store, whose wallet "a" has a debit "usage" of cash
// and two lots.
func debited(t *testing.T, store ports.Store, cash, firstLot, secondLot int64) *ledger.Ledger {
	t.Helper()
	ctx := t.Context()
	l, err := ledger.New(store, ledger.Config{Parallel: 1})
	require.NoError(t, err)
	_, err = l.Open(ctx, ledger.OpenRequest{WalletID: "a", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: "a", Key: "cash", Amount: won(cash + 5)})
	require.NoError(t, err)
	for i, lot := range []int64{firstLot, secondLot} {
		_, err = l.Grant(ctx, ledger.GrantRequest{WalletID: "a", Key: fmt.Sprint("lot ", i), Amount: won(lot), Priority: int32(i)})
		require.NoError(t, err)
	}
	_, err = l.Deduct(ctx, ledger.DeductRequest{WalletID: "a", Key: "usage", Amount: won(cash + firstLot + secondLot)})
	require.NoError(t, err)
	return l
}

// TestRefund_of_many_parts_reads_a_bounded_number_of_times queues 3,000 refunds of one
// debit behind a commit and counts what the ledger reads for them.
func TestRefund_of_many_parts_reads_a_bounded_number_of_times(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const parts = 3_000
		store := &readCounter{countingStore: countingStore{Store: memory.New()}}
		l := debited(t, store, parts, 700, 800)
		c := &crowd{Ledger: l, t: t, store: &store.countingStore}
		c.begin()
		for i := range parts {
			c.all.Go(func() {
				_, err := l.Refund(t.Context(), ledger.RefundRequest{WalletID: "a", Key: strconv.Itoa(i), Of: "usage", Amount: won(1)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		store.reads.Store(0)
		store.commits.Store(0)
		c.end()
		rounds := store.commits.Load()
		require.LessOrEqual(t, rounds, int64(5), "one under way, and three full rounds")
		require.LessOrEqual(t, store.reads.Load(), 3*rounds)
		store.reads.Store(0)
		last, err := l.Refund(t.Context(), ledger.RefundRequest{WalletID: "a", Key: "rest", Of: "usage", All: true})
		require.NoError(t, err)
		require.LessOrEqual(t, store.reads.Load(), int64(2), "a refund after 3,000 others reads as much as the first")
		requireDecimal(t, 1_500, last.Entry.PointAmount, "the points are the rest")
		requireDecimal(t, parts+1_500, last.Entry.Refunded, "all that was taken")
		_, err = l.Verify(t.Context(), "a")
		require.NoError(t, err)
	})
}

// TestRefund_in_one_round_goes_by_the_sum lets refunds of one debit share a round: cash
// first, then lots, the last taken first, and a refused one in between leaves no trace.
func TestRefund_in_one_round_goes_by_the_sum(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: memory.New()}
		l := debited(t, store, 100, 30, 20)
		c := &crowd{Ledger: l, t: t, store: store}
		var mu sync.Mutex
		receipts := make(map[string]ledger.Receipt)
		refund := func(key string, amount int64) func() error {
			return func() (err error) {
				receipt, err := l.Refund(t.Context(), ledger.RefundRequest{
					WalletID: "a", Key: key, Of: "usage", Amount: won(amount), All: amount == 0,
				})
				mu.Lock()
				defer mu.Unlock()
				receipts[key] = receipt
				return err
			}
		}
		c.begin()
		store.commits.Store(0)
		c.join(refund("1", 90), nil)
		c.join(refund("2", 61), ports.ErrRefundExceeds)
		c.join(refund("3", 35), nil)
		c.join(refund("4", 0), nil)
		c.join(refund("5", 1), ports.ErrRefundExceeds)
		c.end()
		require.EqualValues(t, 2, store.commits.Load(), "one under way, and one for all refunds")
		for key, want := range map[string][3]int64{"1": {90, 0, 90}, "3": {10, 25, 125}, "4": {0, 25, 150}} {
			entry := receipts[key].Entry
			requireDecimal(t, want[0], entry.BalanceAmount, "cash of "+key)
			requireDecimal(t, want[1], entry.PointAmount, "points of "+key)
			requireDecimal(t, want[2], entry.Refunded, "sum up to "+key)
		}
		lots := receipts["3"].Entry.Lots
		require.Len(t, lots, 2)
		requireDecimal(t, 20, lots[0].Amount, "the lot that was taken last comes first")
		requireDecimal(t, 5, lots[1].Amount, "then the one before")
		wallet, err := l.Wallet(t.Context(), "a")
		require.NoError(t, err)
		requireDecimal(t, 106, wallet.Balance, "as before the debit")
		requireDecimal(t, 50, wallet.Point, "as before the debit")
		_, err = l.Verify(t.Context(), "a")
		require.NoError(t, err)
	})
}

// TestRefund_waits_for_the_debit_of_its_round: debit and refund queue together.
func TestRefund_waits_for_the_debit_of_its_round(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a")
		c.begin()
		c.join(func() error {
			_, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: "a", Key: "usage", Amount: won(10)})
			return err
		}, nil)
		for i := range 2 {
			c.join(func() error {
				_, err := c.Refund(t.Context(), ledger.RefundRequest{WalletID: "a", Key: fmt.Sprint(i), Of: "usage", Amount: won(5)})
				return err
			}, nil)
		}
		c.end()
		wallet, err := c.Wallet(t.Context(), "a")
		require.NoError(t, err)
		requireDecimal(t, 10_001, wallet.Balance, "taken and given back")
	})
}

// TestRefund_is_refused_when_the_last_one_tells_nothing: without the sum a refund could
// be given twice.
func TestRefund_is_refused_when_the_last_one_tells_nothing(t *testing.T) {
	t.Parallel()
	for name, sum := range map[string]decimal.Decimal{
		"zero": decimal.Zero, "negative": won(-1), "more than was taken": won(151),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &readCounter{countingStore: countingStore{Store: memory.New()}}
			l := debited(t, store, 100, 30, 20)
			_, err := l.Refund(t.Context(), ledger.RefundRequest{WalletID: "a", Key: "first", Of: "usage", Amount: won(100)})
			require.NoError(t, err)
			store.tamper = func(found []ports.Entry) { found[0].Refunded = sum }
			for _, request := range []ledger.RefundRequest{{Amount: won(10)}, {All: true}} {
				request.WalletID, request.Key, request.Of = "a", "second", "usage"
				_, err = l.Refund(t.Context(), request)
				require.ErrorContains(t, err, "entry 6 says that refunds gave back")
				require.NotErrorIs(t, err, ports.ErrRefundExceeds, "that would blame the caller")
			}
			n, err := l.Verify(t.Context(), "a")
			require.NoError(t, err)
			require.EqualValues(t, 6, n, "nothing was booked")
		})
	}
}

// TestHash_of_a_refund writes the documented form by hand: Refunded, NewScale and Who come last,
// each behind its name, and none is there when it is zero or blank.
func TestHash_of_a_refund(t *testing.T) {
	t.Parallel()
	entry := ports.Entry{
		WalletID: "w", Seq: 7, Type: ports.EntryRefund, Currency: "USD", BalanceAmount: decimal.New(150, -2),
		OldBalance: decimal.New(1, 0), NewBalance: decimal.New(25, -1), Counterparty: ports.AccountUsage, RefersTo: 3,
		Key: "k", Refunded: decimal.New(1250, -2), OccurredAt: time.UnixMicro(5), BookedAt: time.UnixMicro(6),
		PrevHash: ports.Hash{1}, Digest: ports.Hash{2},
	}
	var text []byte
	add := func(fields ...string) {
		for _, field := range fields {
			text = fmt.Appendf(text, "%d:%s", len(field), field)
		}
	}
	add("jigap.entry.v1", "w", "7", "refund", "USD", "1.5", "0", "1", "2.5", "0", "0", "0", "0")
	add("0")                                 // lots
	add("revenue:usage", "0")                // no moves
	add("", "0", "", "3")                    // peer, operation, RefersTo
	add("k", string(entry.Digest[:]))        // key and digest
	add("", "", "0")                         // reference, memo, metadata
	add("5", "6", string(entry.PrevHash[:])) // times
	before := sha256.Sum256(text)
	add("refunded", "12.5")
	require.Equal(t, ports.Hash(sha256.Sum256(text)), ledger.Hash(&entry))
	entry.Who, entry.NewScale = "kim", 3
	add("scale", "3", "who", "kim")
	require.Equal(t, ports.Hash(sha256.Sum256(text)), ledger.Hash(&entry))
	entry.Refunded, entry.Who, entry.NewScale = decimal.New(0, -2), "", 0
	require.Equal(t, ports.Hash(before), ledger.Hash(&entry), "none is there")
}
