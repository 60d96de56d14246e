package ordertest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// Orders is a course of several orders of two wallets, "v" and "w", through a store that loses
// answers and refuses commits. A room draws the steps from Random.
type Orders struct {
	T       *testing.T
	Random  *rand.Rand
	Store   *crashtest.Moody
	Clock   *crashtest.Clock
	Wallets *ledger.Ledger // of the last process

	steps []string
}

// NewOrders returns a course whose wallets are open and empty, on a store that does not fail
// yet.
func NewOrders(t *testing.T, seed uint64) *Orders {
	t.Helper()
	c := &Orders{T: t, Random: rand.New(rand.NewPCG(seed, 23)), Clock: crashtest.NewClock()}
	c.Store = &crashtest.Moody{Store: memory.New(), Random: c.Random}
	c.Process()
	for _, id := range []string{"v", "w"} {
		_, err := c.Wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
	c.Say("seed %d", seed)
	return c
}

// Process returns the ledger of another process on the store.
func (c *Orders) Process() *ledger.Ledger {
	c.Wallets = Ledger(c.T, c.Store, c.Clock)
	return c.Wallets
}

// Say notes what is done, for a course that fails.
func (c *Orders) Say(format string, args ...any) {
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

// Require fails the course unless a rule holds.
func (c *Orders) Require(holds bool, rule string) {
	c.T.Helper()
	if !holds {
		c.T.Error(rule)
	}
}

// Draw draws one of several.
func Draw[E any](c *Orders, of ...E) E { return of[c.Random.IntN(len(of))] }

// DrawRecord draws one of the records that a course has, by id. It returns false where there is
// none yet.
func DrawRecord[R any](c *Orders, all map[string]R) (record R, ok bool) {
	if len(all) == 0 {
		return record, false
	}
	return all[Draw(c, slices.Sorted(maps.Keys(all))...)], true
}

// DrawAct draws an act of a person: of three two that are allowed.
func (c *Orders) DrawAct(allowed []ports.DecisionKind, any ...ports.DecisionKind) ports.DecisionKind {
	if len(allowed) > 0 && c.Random.IntN(3) > 0 {
		return Draw(c, allowed...)
	}
	return Draw(c, any...)
}

// Run does up to twenty steps. Each may return an error that callers are told of: one that is
// known. check is called after each step, with whether it was refused. At the end the wallets
// and the books are proved.
func (c *Orders) Run(known []error, step func() error, check func(refused bool)) {
	c.Store.On = true
	for range 6 + c.Random.IntN(14) {
		err := step()
		is := func(each error) bool { return errors.Is(err, each) }
		if err != nil {
			c.steps[len(c.steps)-1] += ": " + err.Error()
			c.Require(slices.ContainsFunc(known, is) || slices.ContainsFunc(whileTheStoreFails, is), "an error of another kind")
		}
		check(slices.ContainsFunc(known, is))
		if c.T.Failed() {
			c.T.Log(strings.Join(c.steps, "\n"))
			return
		}
	}
	c.Store.On = false
	for _, id := range []string{"v", "w"} {
		_, err := c.Wallets.Verify(c.T.Context(), id)
		require.NoError(c.T, err, strings.Join(c.steps, "\n"))
	}
	books, err := c.Wallets.TrialBalance(c.T.Context())
	require.NoError(c.T, err)
	require.NoError(c.T, books.Check())
}

// whileTheStoreFails are the errors of a call whose commits failed or were refused. They say
// nothing of what was written.
var whileTheStoreFails = []error{ports.ErrUndecided, ports.ErrBusy, ports.ErrConflict, ports.ErrUnavailable, ports.ErrInsufficient}
