// Package ledgertest has the suite that a [ports.Store] passes together with ledgers on it.
// The suites of the store alone are in ports/portstest.
package ledgertest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
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
//
// When there is no such order the failure says how far one goes, what was seen then, and in
// which file the history is, as a page for a browser.
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
	byWallet := make(map[string][]porcupine.Operation)
	for _, op := range h.ops {
		id := op.Input.(linearInput).wallet //nolint:forcetypeassert // built above
		byWallet[id] = append(byWallet[id], op)
	}
	for _, id := range slices.Sorted(maps.Keys(byWallet)) {
		ops := byWallet[id]
		result, info := porcupine.CheckOperationsVerbose(linearModel(), ops, time.Minute)
		if result == porcupine.Ok {
			continue
		}
		t.Errorf("%s: what callers of %s saw cannot be put into one order (%d operations).\n%s\nThe whole history: %s",
			result, id, len(ops), linearGap(ops, info), linearPage(t, info))
		return // one is enough to look at
	}
}

// linearModel is the model of one wallet.
func linearModel() porcupine.Model {
	return porcupine.Model{
		Init:              func() any { return linearState{} },
		Step:              linearStep,
		Equal:             func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) },
		DescribeOperation: linearText,
		DescribeState:     func(state any) string { return fmt.Sprint("balance ", state.(linearState).balance) }, //nolint:forcetypeassert // the model's
	}
}

// linearText describes an operation.
func linearText(input, output any) string {
	in, out := input.(linearInput), output.(linearOutput) //nolint:forcetypeassert // built above
	switch {
	case in.amount == 0:
		return fmt.Sprintf("look: balance %d", out.balance)
	case out.refused:
		return fmt.Sprintf("%+d under %q: refused", in.amount, in.key)
	case out.replayed:
		return fmt.Sprintf("%+d under %q: booked before, balance then %d", in.amount, in.key, out.balance)
	}
	return fmt.Sprintf("%+d under %q: booked, balance %d", in.amount, in.key, out.balance)
}

// linearShown is how many operations are printed on each side of a gap.
const linearShown = 8

// linearGap describes the longest run of operations that has an order, and those of which
// none can follow it.
func linearGap(ops []porcupine.Operation, info porcupine.LinearizationInfo) string {
	var longest []porcupine.Operation
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, run := range partition {
			if len(run) > len(longest) {
				longest = run
			}
		}
	}
	placed := make(map[string]bool)
	state := any(linearState{})
	for _, op := range longest {
		placed[linearName(op)] = true
		_, state = linearStep(state, op.Input, op.Output)
	}
	rest := slices.DeleteFunc(slices.Clone(ops), func(op porcupine.Operation) bool { return placed[linearName(op)] })
	first := int64(math.MaxInt64) // an operation that began behind the first end cannot come next
	for _, op := range rest {
		first = min(first, op.Return)
	}
	rest = slices.DeleteFunc(rest, func(op porcupine.Operation) bool { return op.Call > first })
	slices.SortFunc(rest, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var text strings.Builder
	fmt.Fprintf(&text, "%d operations have an order. It ends with:", len(longest))
	for _, op := range longest[max(0, len(longest)-linearShown):] {
		text.WriteString("\n  " + linearLine(op))
	}
	fmt.Fprintf(&text, "\nThen the balance is %d, and none of these can come next:", state.(linearState).balance) //nolint:forcetypeassert // the model's
	for _, op := range rest[:min(len(rest), linearShown)] {
		text.WriteString("\n  " + linearLine(op))
	}
	return text.String()
}

// linearName tells an operation from all others: a client makes one after another.
func linearName(op porcupine.Operation) string { return fmt.Sprint(op.ClientId, " ", op.Call) }

func linearLine(op porcupine.Operation) string {
	return fmt.Sprintf("client %d, from %s to %s: %s", op.ClientId, time.Duration(op.Call), time.Duration(op.Return), linearText(op.Input, op.Output))
}

// linearPage writes a history as a page for a browser, and returns where.
func linearPage(t *testing.T, info porcupine.LinearizationInfo) string {
	t.Helper()
	file, err := os.CreateTemp("", "linearizable-*.html") //nolint:usetesting // it is read when the test is over
	if err != nil {
		return err.Error()
	}
	if err := errors.Join(porcupine.Visualize(linearModel(), info, file), file.Close()); err != nil {
		return err.Error()
	}
	return file.Name()
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
