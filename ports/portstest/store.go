// Package portstest holds the conformance suites of the driven ports: every
// adapter passes them, and a host that writes its own adapter runs the same ones.
//
//	func TestStore(t *testing.T) {
//		portstest.TestStore(t, func(t *testing.T) ports.Store { return memory.New() })
//	}
//
// [TestStore], [TestStoreBounds] and [TestStoreDurable] are for stores, [TestCharger] and
// [TestDisburser] for providers, [TestCanceler], [TestConfirmer], [TestWebhookReader] and
// [TestDelegate] for Chargers that can do more.
//
// # Stores
//
// TestStore asks for each sentence of [ports.Store] and of its records, with every field of
// every record set, with more lots, entries, ids and keys than a store bounds by mistake, and
// with many callers at once. It does not test what a store does while its I/O stands still, for
// which there is TestStoreBounds, nor commits that fail, data that is opened again, and several
// handles on the same data, for which there is TestStoreDurable: give it what your test can do,
// and what it cannot do is skipped by name. None of them takes the power away, fills the disk or
// corrupts a record. Package ledger/ledgertest tests a store with ledgers on it.
//
// Run the suites with go test -race as well. A store that looks at one moment and writes at
// another loses one of the races, which each go on for a while; a field that is read without a
// lock is seen by the race detector alone.
//
// A scenario that fails quotes the sentence that it is about, and prints its last calls with
// what became of each unit.
//
// # Errors
//
// A suite tests errors with errors.Is only, and fates by their status.
//
// # Concurrency
//
// Every scenario is a parallel subtest that asks the constructor for an adapter of
// its own.
package portstest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestStore checks every promise of [ports.Store]. The constructor returns an empty
// store that no other test writes to, and cleans up with t.Cleanup; a scenario may call it
// twice. What a store does when its I/O stands still is for [TestStoreBounds]; when a commit
// fails, or the data is opened again or twice, for [TestStoreDurable]. It logs so at its end.
func TestStore(t *testing.T, newStore func(t *testing.T) ports.Store) {
	t.Helper()
	t.Cleanup(func() {
		t.Log("TestStore does not test what a store does when its I/O stands still (TestStoreBounds), when a commit fails or the data is " +
			"opened again or twice (TestStoreDurable), and with ledgers on it (ledgertest.TestLinearizable). " +
			"Data races are found with go test -race.")
	})
	stuck := new(atomic.Bool)
	for _, group := range storeGroups() {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, scenario := range group.scenarios {
				t.Run(scenario.name, func(t *testing.T) {
					t.Parallel()
					s := newStoreTest(t, scenario.says, newStore(t))
					s.newStore, s.stuck = newStore, stuck
					scenario.run(s)
				})
			}
		})
	}
}

// storeGroup is scenarios about one thing.
type storeGroup struct {
	name      string
	scenarios []scenario
}

func storeGroups() []storeGroup {
	return []storeGroup{
		{"wallets", walletScenarios()},
		{"units", unitScenarios()},
		{"malformed units", malformedScenarios()},
		{"keys", keyScenarios()},
		{"operations", operationScenarios()},
		{"lanes", laneScenarios()},
		{"find wallets", findWalletScenarios()},
		{"find operations", findOperationScenarios()},
		{"entries", entryScenarios()},
		{"pages", pageScenarios()},
		{"feed", feedScenarios()},
		{"cursors", cursorScenarios()},
		{"arguments", argumentScenarios()},
		{"totals", totalScenarios()},
		{"precision", precisionScenarios()},
		{"ownership", ownershipScenarios()},
		{"contexts", contextScenarios()},
		{"races", raceScenarios()},
		{"stress", stressScenarios()},
	}
}

// scenario is one promise and the check of it.
type scenario struct {
	name string
	says string // the sentence of the port that it is about
	run  func(s *storeTest)
}

// storeTest is a scenario under way: a store, and what is needed to ask it.
type storeTest struct {
	*require.Assertions
	ports.Store
	t        *testing.T
	calls    *callLog
	newStore func(t *testing.T) ports.Store
	stuck    *atomic.Bool // a call of a scenario of this suite did not return
}

// newStoreTest returns the test of a scenario that quotes a sentence, and prints its last
// calls, when it fails.
func newStoreTest(t *testing.T, says string, store ports.Store) *storeTest {
	t.Helper()
	calls := new(callLog)
	calls.printIfFailed(t)
	explain(t, "ports.Store", says) // is printed before the calls
	return &storeTest{Assertions: require.New(t), Store: &recorded{Store: store, calls: calls, t: t}, t: t, calls: calls, stuck: new(atomic.Bool)}
}

// another returns the same scenario with a store of its own.
func (s *storeTest) another() *storeTest {
	other := *s
	other.Store = &recorded{Store: s.newStore(s.t), calls: s.calls, t: s.t}
	return &other
}

// storePatience bounds the wait for calls that are made at once, and for entries that show up in
// the feed later than their commit.
const storePatience = 10 * time.Second

// together makes calls at once, released together, and requires that all return.
func (s *storeTest) together(calls ...func()) {
	s.t.Helper()
	start := make(chan struct{})
	var running sync.WaitGroup
	for _, call := range calls {
		running.Go(func() { <-start; call() })
	}
	close(start)
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	begun, look := time.Now(), time.NewTicker(50*time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-done:
			return
		case <-look.C:
			if s.tooLong(begun) {
				s.FailNow("calls that were made at once did not return", "after %s", time.Since(begun))
			}
		}
	}
}

// tooLong reports whether a scenario has waited in vain. When one has, the others wait for a
// moment only: a store that is stuck is stuck in all.
func (s *storeTest) tooLong(begun time.Time) bool {
	waited := time.Since(begun)
	if waited > storePatience {
		s.stuck.Store(true)
	}
	return waited > 100*time.Millisecond && s.stuck.Load()
}

// commit writes units in one call and returns their fates.
func (s *storeTest) commit(units ...ports.Unit) []ports.Fate {
	s.t.Helper()
	return s.Commit(s.t.Context(), units)
}

// fateOf writes a unit in a call of its own and returns its fate.
func (s *storeTest) fateOf(unit ports.Unit) ports.Fate {
	s.t.Helper()
	return single(s.commit(unit))
}

// single returns the fate of a call with one unit, which [recorded.Commit] sees to.
func single(fates []ports.Fate) ports.Fate {
	if len(fates) != 1 {
		return ports.Fate{Err: fmt.Errorf("there are %d fates of one unit", len(fates))}
	}
	return fates[0]
}

// onlyOne returns the only element of a list.
func onlyOne[T any](s *storeTest, list []T, what string, args ...any) T {
	s.t.Helper()
	s.Len(list, 1, append([]any{what}, args...)...)
	return list[0]
}

// Len requires the length of a list, and prints the two numbers alone: lists may be long.
func (s *storeTest) Len(list any, length int, args ...any) {
	s.t.Helper()
	if got := reflect.ValueOf(list).Len(); got != length {
		s.FailNow(fmt.Sprintf("%d are right, there are %d", length, got), args...)
	}
}

// behindFirst returns the elements of a list that follow the first.
func behindFirst[T any](list []T) []T { return list[min(len(list), 1):] }

// committed writes units in one call and requires that all are written.
func (s *storeTest) committed(units ...ports.Unit) {
	s.t.Helper()
	for i, fate := range s.commit(units...) {
		if fate.Status != ports.FateCommitted {
			s.Fail("a unit that fits was refused", "unit %d, %s: %s", i, unitText(units[i]), fateText(fate))
		}
	}
}

// refused writes one unit, requires the fate, and that it names at least one of the
// ids and no other.
func (s *storeTest) refused(unit ports.Unit, status ports.FateStatus, ids ...string) {
	s.t.Helper()
	s.fate(s.fateOf(unit), status, ids...)
}

func (s *storeTest) fate(fate ports.Fate, status ports.FateStatus, ids ...string) {
	s.t.Helper()
	s.status(fate, status)
	s.Subset(ids, fate.IDs, "ids of the fate: %s", fateText(fate))
	s.Equal(len(ids) > 0, len(fate.IDs) > 0, "the fate names ids: %s", fateText(fate))
}

// status requires that a fate has one of the statuses.
func (s *storeTest) status(fate ports.Fate, allowed ...ports.FateStatus) {
	s.t.Helper()
	if !slices.Contains(allowed, fate.Status) {
		s.Fail("another fate is right", "allowed: %s; was: %s", joined(allowed), fateText(fate))
	}
}

// statuses requires the status of each fate.
func (s *storeTest) statuses(fates []ports.Fate, want ...ports.FateStatus) {
	s.t.Helper()
	s.Len(fates, len(want))
	for i, fate := range fates {
		if fate.Status != want[i] {
			s.Fail("another fate is right", "unit %d: right is %s; was: %s", i, want[i], fateText(fate))
		}
	}
}

// wallet reads a wallet that must exist.
func (s *storeTest) wallet(id string) ports.Wallet {
	s.t.Helper()
	wallets, err := s.Wallets(s.t.Context(), []string{id})
	s.NoError(err)
	return onlyOne(s, wallets, "wallets with the id %.80q", id)
}

// operation reads an operation that must exist.
func (s *storeTest) operation(id string) ports.Operation {
	s.t.Helper()
	ops, err := s.Operations(s.t.Context(), []string{id})
	s.NoError(err)
	return onlyOne(s, ops, "operations with the id %.80q", id)
}

// history reads all entries of a wallet, oldest first.
func (s *storeTest) history(walletID string) []ports.Entry {
	s.t.Helper()
	entries, err := s.Entries(s.t.Context(), ports.EntryFilter{WalletID: walletID, Limit: 100_000})
	s.NoError(err)
	return entries
}

// entry reads an entry that must exist.
func (s *storeTest) entry(walletID string, seq int64) ports.Entry {
	s.t.Helper()
	history := s.history(walletID)
	if int64(len(history)) < seq {
		s.FailNow(fmt.Sprintf("wallet %.80q has %d entries, and no number %d", walletID, len(history), seq))
	}
	return history[seq-1]
}

// absent requires that nothing of the wallet, nor of the operations, is stored.
func (s *storeTest) absent(walletID string, operationIDs ...string) {
	s.t.Helper()
	wallets, err := s.Wallets(s.t.Context(), []string{walletID})
	s.NoError(err)
	s.Empty(wallets)
	s.Empty(s.history(walletID))
	ops, err := s.Operations(s.t.Context(), operationIDs)
	s.NoError(err)
	s.Empty(ops)
}

// unchanged requires that the wallet and its whole history are as the unit left
// them.
func (s *storeTest) unchanged(unit ports.Unit) {
	s.t.Helper()
	for i := range unit.Wallets {
		s.sameWallet(unit.Wallets[i], s.wallet(unit.Wallets[i].ID))
		s.Len(s.history(unit.Wallets[i].ID), int(unit.Wallets[i].Seq), "entries of wallet %.80q", unit.Wallets[i].ID)
	}
}
