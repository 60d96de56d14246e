// Package ledgertest has the suite that a [ports.Store] passes together with ledgers on it.
// The suites of the store alone are in ports/portstest.
package ledgertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLinearizable runs ledgers on one store from many goroutines at once and checks
// that what every caller saw can be put into one order: that operations on a wallet
// are linearizable, whatever the store, the batching and the number of ledgers. Each
// ledger plays a process: it shares nothing with the others but the store.
func TestLinearizable(t *testing.T, newStore func(t *testing.T) ports.Store) {
	t.Helper()
	for _, ledgers := range []int{1, 3} {
		t.Run(fmt.Sprintf("%d ledgers", ledgers), func(t *testing.T) {
			t.Parallel()
			h := &histories{store: newStore(t), start: time.Now()}
			for range ledgers {
				l, err := ledger.New(h.store, ledger.Config{})
				require.NoError(t, err)
				h.ledgers = append(h.ledgers, l)
			}
			h.run(t)
			h.check(t)
		})
	}
}

const linearWallets = 3

type histories struct {
	store   ports.Store
	ledgers []*ledger.Ledger
	start   time.Time

	mu  sync.Mutex
	ops []porcupine.Operation
}

// linearInput is an operation: a change of a wallet under a key, or (with amount
// zero) a look at it.
type linearInput struct {
	wallet string
	key    string
	amount int64
}

// linearOutput is what its caller saw.
type linearOutput struct {
	refused  bool
	replayed bool
	balance  int64
}

func (h *histories) run(t *testing.T) {
	t.Helper()
	for i := range linearWallets {
		_, err := h.ledgers[0].Open(t.Context(), ledger.OpenRequest{WalletID: linearWallet(i), Currency: "KRW"})
		require.NoError(t, err)
	}
	var all sync.WaitGroup
	for client := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(client)))
			l := h.ledgers[client%len(h.ledgers)]
			for range 25 {
				// Keys come from a small set, so that clients replay each other.
				n := random.IntN(60)
				in := linearInput{wallet: linearWallet(n % linearWallets), key: fmt.Sprint("key ", n), amount: int64(n%7*10 - 30)}
				h.observe(t, client, l, in)
			}
		})
	}
	all.Wait()
}

func linearWallet(i int) string { return fmt.Sprint("wallet ", i) }

func (h *histories) observe(t *testing.T, client int, l *ledger.Ledger, in linearInput) {
	t.Helper()
	call := time.Since(h.start)
	out, err := perform(t, l, in)
	if err != nil {
		t.Errorf("%+v: %v", in, err)
		return
	}
	end := time.Since(h.start)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: in, Call: call.Nanoseconds(), Output: out, Return: end.Nanoseconds()})
}

func perform(t *testing.T, l *ledger.Ledger, in linearInput) (linearOutput, error) {
	t.Helper()
	if in.amount == 0 {
		w, err := l.Wallet(t.Context(), in.wallet)
		return linearOutput{balance: w.Balance.IntPart()}, err
	}
	receipt, err := l.Adjust(t.Context(), ledger.AdjustRequest{
		WalletID: in.wallet, Key: in.key, Balance: decimal.NewFromInt(in.amount), By: ports.By{Who: "kim", Why: "test"},
	})
	if isRefusal(err) {
		return linearOutput{refused: true}, nil
	}
	return linearOutput{replayed: receipt.Replayed, balance: receipt.Entry.NewBalance.IntPart()}, err
}

// linearState is a wallet: its balance and, for each key that was used, the balance
// that its entry left.
type linearState struct {
	balance int64
	keys    map[string]int64
}

func (h *histories) check(t *testing.T) {
	t.Helper()
	model := porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byWallet := make(map[string][]porcupine.Operation)
			for _, op := range history {
				id := op.Input.(linearInput).wallet //nolint:forcetypeassert // built above
				byWallet[id] = append(byWallet[id], op)
			}
			parts := make([][]porcupine.Operation, 0, len(byWallet))
			for _, part := range byWallet {
				parts = append(parts, part)
			}
			return parts
		},
		Init:  func() any { return linearState{} },
		Step:  linearStep,
		Equal: func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) },
	}
	result := porcupine.CheckOperationsTimeout(model, h.ops, time.Minute)
	require.Equal(t, porcupine.Ok, result, "%d operations", len(h.ops))
}

// linearStep says whether out is what in must answer in the state.
func linearStep(state, input, output any) (bool, any) {
	s, in, out := state.(linearState), input.(linearInput), output.(linearOutput) //nolint:forcetypeassert // built above
	if in.amount == 0 {
		return out.balance == s.balance, s
	}
	if booked, used := s.keys[in.key]; used {
		return out.replayed && out.balance == booked, s
	}
	next := s.balance + in.amount
	if next < 0 {
		return out.refused, s
	}
	keys := make(map[string]int64, len(s.keys)+1)
	for key, balance := range s.keys {
		keys[key] = balance
	}
	keys[in.key] = next
	return !out.refused && !out.replayed && out.balance == next, linearState{balance: next, keys: keys}
}

func isRefusal(err error) bool { return errors.Is(err, ports.ErrInsufficient) }
