package ledger_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// forger is a store that shows wallet w otherwise than it is, hashes and all.
type forger struct {
	ports.Store
	entries  func([]ports.Entry) []ports.Entry
	wallet   func(*ports.Wallet)
	ops      func([]ports.Operation) []ports.Operation
	older    bool // show the wallet as its first entry left it
	problems []string
}

func (f *forger) CheckWallet(context.Context, string) ([]string, error) { return f.problems, nil }

// history is the whole forged history, with hashes that agree with it.
func (f *forger) history(ctx context.Context) ([]ports.Entry, error) {
	all, err := f.Store.Entries(ctx, ports.EntryFilter{WalletID: "w", Limit: 100_000})
	if f.entries == nil || err != nil {
		return all, err
	}
	all = f.entries(all)
	var last ports.Hash
	for i := range all {
		all[i].PrevHash = last
		all[i].Hash = ledger.Hash(&all[i])
		last = all[i].Hash
	}
	return all, nil
}

func (f *forger) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	if f.entries == nil {
		return f.Store.Entries(ctx, filter)
	}
	all, err := f.history(ctx)
	all = slices.DeleteFunc(all, func(e ports.Entry) bool {
		return e.Seq <= filter.AfterSeq || filter.BeforeSeq != 0 && e.Seq >= filter.BeforeSeq
	})
	return all[:min(len(all), filter.Limit)], err
}

func (f *forger) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := f.Store.Wallets(ctx, ids)
	if err != nil || f.entries == nil && f.wallet == nil && !f.older {
		return wallets, err
	}
	if all, err := f.history(ctx); err == nil && len(all) > 0 {
		wallets[0].Hash = all[len(all)-1].Hash
		if w := &wallets[0]; f.older {
			wallets[0] = ports.Wallet{
				ID: w.ID, Currency: w.Currency, Status: ports.WalletActive, Version: 1, Seq: 1, Hash: all[0].Hash,
				OpenedAt: w.OpenedAt, BookedAt: w.OpenedAt,
			}
		}
	}
	if f.wallet != nil {
		f.wallet(&wallets[0])
	}
	return wallets, err
}

func (f *forger) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	found, err := f.Store.Operations(ctx, ids)
	if f.ops != nil {
		found = f.ops(found)
	}
	return found, err
}

func (f *forger) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if f.ops == nil {
		return f.Store.FindOperations(ctx, filter)
	}
	open, limit := filter.Open, filter.Limit
	filter.Open, filter.Limit = false, 100_000 // a forged record may be open where the true one is not
	found, err := f.Store.FindOperations(ctx, filter)
	found = slices.DeleteFunc(f.ops(found), func(op ports.Operation) bool { return open && !op.Head().Open })
	return found[:min(len(found), limit)], err
}

// full returns a wallet that has seen holds of every end, refunds, lots and a recharge
// that is under way. Holds have the ids hold-1 and so on.
func full(t *testing.T) *forger {
	t.Helper()
	ctx := t.Context()
	f := &forger{Store: memory.New()}
	clock := &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	ids := 0
	l, err := ledger.New(f.Store, ledger.Config{Clock: clock, IDs: ports.IDsFunc(func() string { ids++; return fmt.Sprint("hold-", ids) })})
	require.NoError(t, err)
	book := func(_ any, err error) {
		t.Helper()
		require.NoError(t, err)
	}
	book(l.Open(ctx, ledger.OpenRequest{WalletID: "w", Currency: "KRW"}))
	book(l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(1000)}))                                 // 2
	book(l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "lot", Amount: won(50), ExpiresAt: clock.now.Add(time.Hour)})) // 3
	book(l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "lot 2", Amount: won(50)}))                                    // 4
	book(l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "h1", Amount: won(120)}))                                        // 5: stays open
	book(l.Capture(ctx, ledger.CaptureRequest{HoldID: "hold-1", Key: "c1", Amount: won(60)}))                                // 6
	book(l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "h2", Amount: won(10)}))                                         // 7
	book(l.Capture(ctx, ledger.CaptureRequest{HoldID: "hold-2", Key: "c2", Amount: won(4), Final: true}))                    // 8 and 9
	book(l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "h3", Amount: won(10)}))                                         // 10
	book(l.Release(ctx, ledger.ReleaseRequest{HoldID: "hold-3", Key: "r3"}))                                                 // 11
	book(l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "h4", Amount: won(10), ExpiresAt: clock.now.Add(time.Minute)}))  // 12
	clock.advance(time.Minute)
	book(l.ExpireHolds(ctx, 10))                                                         // 13
	book(l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(100)})) // 14
	for i := range 3 {                                                                   // 15 to 17
		book(l.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: fmt.Sprint("refund", i), Of: "d", Amount: won(10)}))
	}
	book(l.Book(ctx, books.Booking{ // 18
		WalletID: "w", Key: "order", Type: ports.EntryRechargeOpen, OperationID: "order", Opened: 1,
		Moves: []ports.Move{{Account: "x", Amount: won(1)}, {Account: "y", Amount: won(-1)}},
		Operations: []ports.Operation{&ports.Recharge{OperationHead: ports.OperationHead{
			ID: "order", Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true,
		}, Status: ports.RechargeSending}},
	}))
	book(l.Book(ctx, books.Booking{ // no entry: a policy, which a wallet does not count
		WalletID: "w", Operations: []ports.Operation{&ports.Policy{OperationHead: ports.OperationHead{
			ID: "policy", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true,
		}, Status: ports.PolicyActive}},
	}))
	return f
}

// holdNamed lets change be applied to the record of one hold.
func holdNamed(id string, change func(*ports.Hold)) func([]ports.Operation) []ports.Operation {
	return func(found []ports.Operation) []ports.Operation {
		for _, op := range found {
			if hold, ok := op.(*ports.Hold); ok && hold.ID == id {
				change(hold)
			}
		}
		return found
	}
}

func without(id string) func([]ports.Operation) []ports.Operation {
	return func(found []ports.Operation) []ports.Operation {
		return slices.DeleteFunc(found, func(op ports.Operation) bool { return op.Head().ID == id })
	}
}

// entryNumber lets change be applied to one entry.
func entryNumber(seq int, change func(*ports.Entry)) func([]ports.Entry) []ports.Entry {
	return func(all []ports.Entry) []ports.Entry {
		change(&all[seq-1])
		return all
	}
}

// refunded lets the refunds carry sums.
func refunded(sums ...int64) func([]ports.Entry) []ports.Entry {
	return func(all []ports.Entry) []ports.Entry {
		for i, sum := range sums {
			all[14+i].Refunded = won(sum)
		}
		return all
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	tenth := decimal.New(1, -1)
	cases := map[string]struct {
		forge  forger
		sound  bool
		seq    int64
		hold   string
		reason string
	}{
		"passes a history with every kind of hold": {sound: true},
		"finds a wallet older than its history": {
			forge: forger{older: true}, reason: "ends at entry 1, and its history goes on",
		},
		"finds a wallet that counts an operation too many": {
			forge: forger{wallet: func(w *ports.Wallet) { w.OpenOperations++ }}, reason: "counts 3 open operations, and 2 are open",
		},
		"finds an open operation that is not there": {forge: forger{ops: without("order")}, reason: "counts 2 open operations, and 1 are open"},
		"finds a problem that the store has": {
			forge: forger{problems: []string{"column due_at differs", "feed lacks entry 3"}}, reason: "column due_at differs; feed lacks entry 3",
		},

		"finds an open hold without a record":   {forge: forger{ops: without("hold-1")}, hold: "hold-1", reason: "has no record"},
		"finds an ended hold without a record":  {forge: forger{ops: without("hold-3")}, hold: "hold-3", reason: "has no record"},
		"finds a record of another wallet":      {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.WalletID = "x" })}, hold: "hold-1", reason: "no record"},
		"finds a hold with other cash":          {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Balance = won(21) })}, hold: "hold-1", reason: "holds 21 of cash"},
		"finds a hold with other points":        {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Lots[0].Amount = won(1) })}, hold: "hold-1", reason: "other points"},
		"finds a hold with other terms":         {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Lots[0].Priority++ })}, hold: "hold-1", reason: "other points"},
		"finds a hold without its points":       {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Lots = nil })}, hold: "hold-1", reason: "other points"},
		"finds a hold with other captures":      {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.CapturedPoint = won(1) })}, hold: "hold-1", reason: "captured"},
		"finds a hold that reserved more":       {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Reserved = won(121) })}, hold: "hold-1", reason: "reserved 121"},
		"finds an open hold that is not open":   {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Open = false })}, hold: "hold-1", reason: "open: false"},
		"finds an open hold that is released":   {forge: forger{ops: holdNamed("hold-1", func(h *ports.Hold) { h.Status = ports.HoldReleased })}, hold: "hold-1", reason: "is released"},
		"finds an ended hold that is open":      {forge: forger{ops: holdNamed("hold-2", func(h *ports.Hold) { h.Open = true })}, hold: "hold-2", reason: "open: true"},
		"finds an ended hold that holds cash":   {forge: forger{ops: holdNamed("hold-3", func(h *ports.Hold) { h.Balance = won(1) })}, hold: "hold-3", reason: "holds 1 of cash"},
		"finds an ended hold that holds points": {forge: forger{ops: holdNamed("hold-3", func(h *ports.Hold) { h.Lots = []ports.HeldLot{{LotID: 3, Amount: won(1)}} })}, hold: "hold-3", reason: "points"},
		"finds an ended hold that captured":     {forge: forger{ops: holdNamed("hold-2", func(h *ports.Hold) { h.CapturedPoint = won(5) })}, hold: "hold-2", reason: "captured"},
		"finds a final capture called released": {forge: forger{ops: holdNamed("hold-2", func(h *ports.Hold) { h.Status = ports.HoldReleased })}, hold: "hold-2", reason: "entries say captured"},
		"finds a release called expired":        {forge: forger{ops: holdNamed("hold-3", func(h *ports.Hold) { h.Status = ports.HoldExpired })}, hold: "hold-3", reason: "entries say released"},
		"finds an expiry called captured":       {forge: forger{ops: holdNamed("hold-4", func(h *ports.Hold) { h.Status = ports.HoldCaptured })}, hold: "hold-4", reason: "entries say expired"},

		"passes refunds of a time without sums":         {forge: forger{entries: refunded(0, 0, 0)}, sound: true},
		"passes refunds with their sums":                {forge: forger{entries: refunded(10, 20, 30)}, sound: true},
		"passes refunds whose sums begin later":         {forge: forger{entries: refunded(0, 20, 30)}, sound: true},
		"finds a refund with a sum that is too large":   {forge: forger{entries: refunded(10, 21, 30)}, seq: 16, reason: "says that 21 of entry 14 was refunded"},
		"finds a refund with a sum that is too small":   {forge: forger{entries: refunded(10, 20, 10)}, seq: 17, reason: "says that 10"},
		"finds a refund without its sum behind another": {forge: forger{entries: refunded(10, 20, 0)}, seq: 17, reason: "says that 0"},
		"finds a sum of refunds on another entry": {
			forge: forger{entries: entryNumber(14, func(e *ports.Entry) { e.Refunded = won(1) })}, seq: 14, reason: "and is no refund",
		},

		"finds moves that do not sum to zero": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.Moves[0].Amount = won(2) })}, seq: 18, reason: "moves do not sum to zero",
		},
		"finds lots that do not add up to the points": {
			forge: forger{entries: entryNumber(4, func(e *ports.Entry) { e.Lots[0].Amount = won(51) })}, seq: 4, reason: "lots do not add up",
		},
		"finds lots that do not add up to the held points": {
			forge: forger{entries: entryNumber(5, func(e *ports.Entry) { e.Lots[1].HeldAmount = won(49) })}, seq: 5, reason: "lots do not add up",
		},
		"finds a lot that is taken twice": {
			forge: forger{entries: entryNumber(6, func(e *ports.Entry) { e.Lots[1] = e.Lots[0] })}, seq: 6, reason: "of lot 3 than it has",
		},
		"finds a lot with other terms": {
			forge: forger{entries: entryNumber(6, func(e *ports.Entry) { e.Lots[0].Priority++ })}, seq: 6, reason: "terms of lot 3",
		},
		"finds an entry of another currency": {
			forge: forger{entries: entryNumber(7, func(e *ports.Entry) { e.Currency = "USD" })}, seq: 7, reason: "currency",
		},
		"finds a history of another currency": {
			forge: forger{entries: func(all []ports.Entry) []ports.Entry {
				for i := range all {
					all[i].Currency = "USD"
				}
				return all
			}}, reason: "currency",
		},
		"finds amounts that are finer than the scale": {
			forge: forger{entries: entryNumber(2, func(e *ports.Entry) {
				e.BalanceAmount, e.NewBalance = e.BalanceAmount.Add(tenth), e.NewBalance.Add(tenth)
			})}, seq: 2, reason: "finer",
		},
		"finds a scale that no entry gave": {
			forge: forger{wallet: func(w *ports.Wallet) { w.Scale = 1 }}, reason: "its scale is not the one",
		},
		"finds a scale that was lowered": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.Type, e.Moves = ports.EntryRescale, nil })}, seq: 18, reason: "lowers the wallet's scale",
		},
		"finds a reversal that refers to nothing": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.Type, e.RefersTo = ports.EntryReverse, 0 })}, seq: 18, reason: "refers to none",
		},
		"finds an entry that refers to itself": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.RefersTo = 18 })}, seq: 18, reason: "does not come before it",
		},
		"finds a scale on another entry": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.NewScale = 1 })}, seq: 18, reason: "changes none",
		},
		"finds held amounts below zero": {
			forge: forger{entries: entryNumber(5, func(e *ports.Entry) { e.BalanceHeldAmount = won(-20) })}, seq: 5, reason: "is held",
		},
		"finds more held than there is": {
			forge: forger{entries: entryNumber(5, func(e *ports.Entry) { e.BalanceHeldAmount = won(2000) })}, seq: 5, reason: "is held",
		},
		"finds an amount without a counterparty": {
			forge: forger{entries: entryNumber(2, func(e *ports.Entry) { e.Counterparty = "" })}, seq: 2, reason: "counterparty",
		},
		"finds a second opening": {
			forge: forger{entries: entryNumber(18, func(e *ports.Entry) { e.Type = ports.EntryOpen })}, seq: 18, reason: "opens the wallet",
		},
		"finds a capture of a hold that has ended": {
			forge: forger{entries: entryNumber(13, func(e *ports.Entry) { e.OperationID = "hold-3" })}, seq: 13, reason: "hold-3, which is not open",
		},
		"finds held amounts without a hold": {
			forge: forger{entries: entryNumber(12, func(e *ports.Entry) { e.OperationID = "" })}, seq: 12, reason: "names no hold",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := full(t)
			tc.forge.Store = store.Store
			store = &tc.forge
			l, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			n, err := l.Verify(t.Context(), "w")
			if tc.sound {
				require.NoError(t, err)
				require.EqualValues(t, 18, n)
				return
			}
			var found *ledger.CorruptError
			require.ErrorAs(t, err, &found)
			require.Equal(t, tc.seq, found.Seq, found.Error())
			require.Equal(t, tc.hold, found.OperationID, found.Error())
			require.ErrorContains(t, err, tc.reason)
			require.ErrorContains(t, err, tc.hold)
		})
	}
}

// TestVerify_records puts records of holds into a true store that no entry tells of.
func TestVerify_records(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{true, false} {
		t.Run(fmt.Sprintf("finds a hold without entries, open %t", open), func(t *testing.T) {
			t.Parallel()
			store := full(t)
			stray := &ports.Hold{OperationHead: ports.OperationHead{
				ID: "stray", Kind: ports.KindHold, WalletID: "w", Version: 1, Open: open,
			}, Status: ports.HoldReleased}
			require.Equal(t, ports.FateCommitted, store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{stray}}})[0].Status)
			l, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			_, err = l.Verify(t.Context(), "w")
			var found *ledger.CorruptError
			require.ErrorAs(t, err, &found)
			require.Equal(t, "stray", found.OperationID)
		})
	}
	t.Run("finds one deleted record among thousands", func(t *testing.T) {
		t.Parallel()
		store := full(t)
		ids := 0
		l, err := ledger.New(store, ledger.Config{IDs: ports.IDsFunc(func() string { ids++; return fmt.Sprintf("many-%04d", ids) })})
		require.NoError(t, err)
		for i := range 2_500 {
			held, err := l.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: fmt.Sprint("many", i), Amount: won(1), Spend: ledger.CashOnly})
			require.NoError(t, err)
			if i%20 == 0 {
				continue // stays open
			}
			_, err = l.Release(t.Context(), ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: fmt.Sprint("many release", i)})
			require.NoError(t, err)
		}
		_, err = l.Verify(t.Context(), "w")
		require.NoError(t, err)
		for _, id := range []string{"many-0001", "many-1777", "many-2500"} {
			store.ops = without(id)
			_, err = l.Verify(t.Context(), "w")
			var found *ledger.CorruptError
			require.ErrorAs(t, err, &found)
			require.Equal(t, id, found.OperationID)
		}
	})
}

// busy is a store in which something happens before each read, and after it.
type busy struct {
	ports.Store
	happen func()
}

func around[T any](b *busy, read func() (T, error)) (T, error) {
	b.happen()
	defer b.happen()
	return read()
}

func (b *busy) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return around(b, func() ([]ports.Wallet, error) { return b.Store.Wallets(ctx, ids) })
}

func (b *busy) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	return around(b, func() ([]ports.Entry, error) { return b.Store.Entries(ctx, filter) })
}

func (b *busy) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return around(b, func() ([]ports.Operation, error) { return b.Store.Operations(ctx, ids) })
}

func (b *busy) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	return around(b, func() ([]ports.Operation, error) { return b.Store.FindOperations(ctx, filter) })
}

// actor does something to wallet w at random.
type actor struct {
	l      *ledger.Ledger
	name   string
	random *rand.Rand
	n      int
	holds  []string
}

func (a *actor) act(ctx context.Context) error {
	a.n++
	key := fmt.Sprint(a.name, a.n)
	switch pick := a.random.IntN(6); {
	case pick == 0:
		_, err := a.l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: key, Amount: won(20)})
		return err
	case pick == 1:
		_, err := a.l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: key, Amount: won(200)})
		return err
	case pick < 4 || len(a.holds) == 0:
		held, err := a.l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: key, Amount: won(5)})
		if err == nil {
			a.holds = append(a.holds, held.Hold.ID)
		}
		return err
	}
	at := a.random.IntN(len(a.holds))
	amount := int64(1 + a.random.IntN(2))
	captured, err := a.l.Capture(ctx, ledger.CaptureRequest{HoldID: a.holds[at], Key: key, Amount: won(amount), Final: a.random.IntN(4) == 0})
	if err != nil && strings.Contains(err.Error(), ports.ErrInsufficient.Error()) {
		captured, err = a.l.Capture(ctx, ledger.CaptureRequest{HoldID: a.holds[at], Key: key + "all", All: true})
	}
	if err == nil && !captured.Hold.Open {
		a.holds = slices.Delete(a.holds, at, at+1)
	}
	return err
}

// TestVerify_writers verifies a wallet while others write to it: it is sound throughout.
func TestVerify_writers(t *testing.T) {
	t.Parallel()
	t.Run("passes with a write between any two reads", func(t *testing.T) {
		t.Parallel()
		store := full(t)
		writer, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		a := &actor{l: writer, random: rand.New(rand.NewPCG(1, 2))}
		writes := 0
		between := &busy{Store: store, happen: func() {
			for range 1 + a.random.IntN(3) {
				writes++
				require.NoError(t, a.act(t.Context()))
			}
		}}
		l, err := ledger.New(between, ledger.Config{})
		require.NoError(t, err)
		for range 40 {
			_, err := l.Verify(t.Context(), "w")
			require.NoError(t, err, "after %d writes", writes)
		}
		store.ops = holdNamed("hold-1", func(h *ports.Hold) { h.Balance = won(21) })
		_, err = l.Verify(t.Context(), "w")
		require.ErrorIs(t, err, ledger.ErrCorrupt, "a record that nothing writes is still found")
	})
	t.Run("passes while others write", func(t *testing.T) {
		t.Parallel()
		store := full(t)
		l, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		var writing sync.WaitGroup
		for writer := range 3 {
			writing.Go(func() {
				other, err := ledger.New(store, ledger.Config{})
				if err != nil {
					t.Error(err)
					return
				}
				a := &actor{l: other, name: fmt.Sprint(writer, "-"), random: rand.New(rand.NewPCG(3, uint64(writer)))}
				for range 150 {
					if err := a.act(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		for running := true; running; {
			select {
			case <-done:
				running = false // once more, at rest
			default:
			}
			_, err := l.Verify(t.Context(), "w")
			assert.NoError(t, err)
		}
	})
}
