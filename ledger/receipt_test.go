package ledger_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// scribble overwrites all that a receipt refers to.
func scribble(r *ledger.Receipt) {
	for i := range r.Entry.Lots {
		r.Entry.Lots[i] = ports.LotChange{Amount: won(77)}
	}
	for key := range r.Entry.Metadata {
		r.Entry.Metadata[key] = "scribbled"
	}
	for i := range r.Entry.Moves {
		r.Entry.Moves[i].Amount = won(77)
	}
}

func scribbleHold(r *ledger.HoldReceipt) {
	scribble(&r.Receipt)
	if r.Hold == nil {
		return
	}
	for i := range r.Hold.Lots {
		r.Hold.Lots[i].Amount = won(77)
	}
	r.Hold.Lots, r.Hold.Balance, r.Hold.Open = nil, won(99), false
}

// TestReceipt_belongs_to_its_caller: callers overwrite everything that they are given, and
// the books stay right.
func TestReceipt_belongs_to_its_caller(t *testing.T) {
	t.Parallel()
	for _, config := range []ledger.Config{{Parallel: 1, CacheBytes: 1}, {Parallel: 64}, {Parallel: 1}} {
		l, err := ledger.New(memory.New(), config)
		require.NoError(t, err)
		for _, id := range []string{"x", "y"} {
			_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
			_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "in", Amount: won(100_000)})
			require.NoError(t, err)
		}
		var all sync.WaitGroup
		for caller := range 8 {
			all.Go(func() {
				for i := range 60 {
					ids := [2]string{"x", "y"}
					scribbleAll(t, l, ids[i%2], ids[1-i%2], fmt.Sprint(caller, " ", i), i)
				}
			})
		}
		all.Wait()
		for _, id := range []string{"x", "y"} {
			_, err = l.Verify(t.Context(), id)
			require.NoError(t, err)
		}
		books, err := l.TrialBalance(t.Context())
		require.NoError(t, err)
		require.NoError(t, books.Check())
	}
}

// scribbleAll calls each operation, some of which are refused, and overwrites the answers.
func scribbleAll(t *testing.T, l *ledger.Ledger, id, peer, key string, i int) {
	t.Helper()
	ctx := t.Context()
	note := ledger.Note{Metadata: map[string]string{"k": key}}
	lapses := time.Now().Add(time.Duration(i) * time.Millisecond / 4)
	r, _ := l.Grant(ctx, ledger.GrantRequest{WalletID: id, Key: "g" + key, Amount: won(10), ExpiresAt: lapses, Note: note})
	scribble(&r)
	r, _ = l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: "d" + key, Amount: won(15), Note: note})
	scribble(&r)
	h, err := l.Hold(ctx, ledger.HoldRequest{WalletID: id, Key: "h" + key, Amount: won(12), Note: note})
	if err == nil {
		holdID := h.Hold.ID
		scribbleHold(&h)
		h, _ = l.Capture(ctx, ledger.CaptureRequest{HoldID: holdID, Key: "c" + key, Amount: won(5), Note: note})
		scribbleHold(&h)
		h, _ = l.Release(ctx, ledger.ReleaseRequest{HoldID: holdID, Key: "l" + key, Note: note})
		scribbleHold(&h)
	}
	r, _ = l.Transfer(ctx, ledger.TransferRequest{FromID: id, ToID: peer, Key: "t" + key, Amount: won(1), Note: note})
	scribble(&r)
	r, _ = l.Refund(ctx, ledger.RefundRequest{WalletID: id, Key: "r" + key, Of: "d" + key, Amount: won(7), Note: note})
	scribble(&r)
	r, _ = l.Refund(ctx, ledger.RefundRequest{WalletID: id, Key: "R" + key, Of: "d" + key, All: true, Note: note})
	scribble(&r)
	if i%10 == 0 {
		if _, err := l.Verify(ctx, id); err != nil {
			t.Error(err)
		}
	}
}
