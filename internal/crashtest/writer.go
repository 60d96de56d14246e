package crashtest

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// A writer is a process that credits and deducts until it is killed. It tells of each call once before and once
// after, so that what it was told can be compared with what is stored.

const (
	writers       = 8 // goroutines of a process
	writerWallets = 4
)

func writerWallet(i int) string { return fmt.Sprintf("wallet-%d", i) }

// Told is what a writer says of a call.
type Told struct {
	Key, Wallet string
	Amount      int64 // negative: a deduct
	Done        bool
	Unknown     bool   // it was not told whether the call was booked
	Balance     string // after it, if it was booked
	Called      int64  // when, in nanoseconds of the machine's clock
	Returned    int64
}

// OpenWallets opens the wallets of writers.
func OpenWallets(t *testing.T, store ports.Store) {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	for i := range writerWallets {
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: writerWallet(i), Currency: "KRW"})
		require.NoError(t, err)
	}
}

// Write credits and deducts, with keys that begin with a name, until ctx ends or the process is killed.
func Write(ctx context.Context, store ports.Store, name string, out io.Writer) error {
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	lines := json.NewEncoder(out)
	say := func(call Told) {
		mu.Lock()
		defer mu.Unlock()
		_ = lines.Encode(call)
	}
	var running sync.WaitGroup
	for worker := range writers {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				call := Told{Key: fmt.Sprintf("%s-%d-%d", name, worker, i), Wallet: writerWallet(rand.IntN(writerWallets)), Amount: rand.Int64N(20) - 10}
				if call.Amount == 0 {
					call.Amount = 1
				}
				call.Called = time.Now().UnixNano()
				say(call)
				entry, err := Book(context.WithoutCancel(ctx), wallets, call)
				switch {
				case err == nil:
					call.Balance = entry.NewBalance.String()
				case !errors.Is(err, ports.ErrInsufficient) && !errors.Is(err, ports.ErrBusy):
					call.Unknown = true
				}
				call.Done, call.Returned = true, time.Now().UnixNano()
				say(call)
			}
		})
	}
	running.Wait()
	return nil
}

// Book books a call: a credit, or a deduct where its amount is negative.
func Book(ctx context.Context, wallets *ledger.Ledger, call Told) (ports.Entry, error) {
	var receipt ledger.Receipt
	var err error
	if call.Amount > 0 {
		receipt, err = wallets.Credit(ctx, ledger.CreditRequest{WalletID: call.Wallet, Key: call.Key, Amount: decimal.NewFromInt(call.Amount)})
	} else {
		receipt, err = wallets.Deduct(ctx, ledger.DeductRequest{WalletID: call.Wallet, Key: call.Key, Amount: decimal.NewFromInt(-call.Amount)})
	}
	return receipt.Entry, err
}

// Listen reads what a writer says into calls, by key, and calls after with the number of lines behind each.
func Listen(t *testing.T, said io.Reader, calls map[string]Told, after func(lines int)) {
	t.Helper()
	lines := bufio.NewScanner(said)
	for n := 1; lines.Scan(); n++ {
		var call Told
		require.NoError(t, json.Unmarshal(lines.Bytes(), &call), "%s", lines.Text())
		calls[call.Key] = call
		after(n)
	}
}

// RequireWhole requires of a store what writers were told, that nothing is there twice, and that wallets and feed
// are right.
func RequireWhole(t *testing.T, store ports.Store, calls map[string]Told) {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	booked, sums, histories := 0, make(map[string]int64), make(map[string]history)
	for key, call := range calls {
		h := histories[call.Wallet]
		entry, err := wallets.EntryByKey(t.Context(), call.Wallet, key)
		if err != nil {
			require.ErrorIs(t, err, ports.ErrNotFound)
			require.Empty(t, call.Balance, "%s was told that it is booked", key)
			if call.Done && !call.Unknown && call.Amount < 0 {
				h.refused = append(h.refused, call)
				histories[call.Wallet] = h
			}
			continue
		}
		require.True(t, entry.BalanceAmount.Equal(decimal.NewFromInt(call.Amount)))
		if call.Done && !call.Unknown {
			require.Equal(t, call.Balance, entry.NewBalance.String(), "%s was told that it is not booked", key)
		}
		h.booked = append(h.booked, bookedCall{call, entry.Seq, entry.NewBalance.IntPart()})
		histories[call.Wallet] = h
		booked++
		sums[call.Wallet] += call.Amount
	}
	require.Positive(t, booked)
	entries := 0
	for i := range writerWallets {
		wallet, err := wallets.Wallet(t.Context(), writerWallet(i))
		require.NoError(t, err)
		require.True(t, wallet.Balance.Equal(decimal.NewFromInt(sums[wallet.ID])))
		_, err = wallets.Verify(t.Context(), wallet.ID)
		require.NoError(t, err)
		entries += int(wallet.Seq)
	}
	require.Equal(t, booked+writerWallets, entries, "each entry is of one call, or opened a wallet")
	for _, h := range histories {
		h.requireOrder(t)
	}
	requireFeed(t, store, entries)
}

// requireFeed requires that the feed has so many entries, each once and in the order of its wallet.
func requireFeed(t *testing.T, store ports.Store, entries int) {
	t.Helper()
	read := make(map[ports.EntryRef]bool)
	for cursor := ""; ; {
		page, err := store.Feed(t.Context(), cursor, 100)
		require.NoError(t, err)
		if len(page.Entries) == 0 {
			break
		}
		for i := range page.Entries {
			ref := ports.EntryRef{WalletID: page.Entries[i].WalletID, Seq: page.Entries[i].Seq}
			require.False(t, read[ref])
			require.True(t, ref.Seq == 1 || read[ports.EntryRef{WalletID: ref.WalletID, Seq: ref.Seq - 1}])
			read[ref] = true
		}
		cursor = page.Cursor
	}
	require.Len(t, read, entries)
}

// history is the calls on one wallet.
type history struct {
	booked  []bookedCall
	refused []Told
}

type bookedCall struct {
	Told
	seq, balance int64
}

// requireOrder requires that the wallet was changed in an order that agrees with when the calls ran: a call that had
// returned before another was made stands before it, and one that was refused was refused by a balance that the
// wallet had while it ran.
func (h *history) requireOrder(t *testing.T) {
	t.Helper()
	slices.SortFunc(h.booked, func(a, b bookedCall) int { return cmp.Compare(a.seq, b.seq) })
	within := func(call Told) (first, last int) { // of the states that it may have seen: behind so many booked calls
		last = len(h.booked)
		for i := range h.booked {
			other := &h.booked[i]
			if other.Done && !other.Unknown && other.Returned < call.Called {
				first = i + 1
			}
			if other.Called > call.Returned {
				last = min(last, i)
			}
		}
		return first, last
	}
	for i := range h.booked {
		call := h.booked[i]
		if call.Done && !call.Unknown {
			first, last := within(call.Told)
			require.True(t, first <= i && i <= last, "%s is entry %d", call.Key, call.seq)
		}
	}
	for _, call := range h.refused {
		first, last := within(call)
		seen := first == 0 // nothing was booked before
		for i := max(first, 1); i <= last; i++ {
			seen = seen || h.booked[i-1].balance < -call.Amount
		}
		require.True(t, seen, "%s was refused, and the balance covered it all the time", call.Key)
	}
}
