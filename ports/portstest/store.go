// Package portstest holds the conformance suites of the driven ports: every
// adapter passes them, and a host that writes its own adapter runs the same ones.
//
//	func TestStore(t *testing.T) {
//		portstest.TestStore(t, func(t *testing.T) ports.Store { return memory.New() })
//	}
//
// [TestStore] and [TestStoreBounds] are for stores, [TestCharger] and [TestDisburser] for
// providers, [TestCanceler] and [TestDelegate] for Chargers that can do more.
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
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestStore checks every promise of [ports.Store]. The constructor returns an empty
// store that no other test writes to, and cleans up with t.Cleanup; a scenario may call it
// twice. What a store does when its I/O stands still is for [TestStoreBounds].
func TestStore(t *testing.T, newStore func(t *testing.T) ports.Store) {
	t.Helper()
	groups := []struct {
		name      string
		scenarios []scenario
	}{
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
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, scenario := range group.scenarios {
				t.Run(scenario.name, func(t *testing.T) {
					t.Parallel()
					scenario.run(&storeTest{Assertions: require.New(t), Store: newStore(t), t: t, newStore: newStore})
				})
			}
		})
	}
}

// scenario is one promise and the check of it.
type scenario struct {
	name string
	run  func(s *storeTest)
}

// storeTest is a scenario under way: a store, and what is needed to ask it.
type storeTest struct {
	*require.Assertions
	ports.Store
	t        *testing.T
	newStore func(t *testing.T) ports.Store
}

// another returns the same scenario with a store of its own.
func (s *storeTest) another() *storeTest {
	return &storeTest{Assertions: s.Assertions, Store: s.newStore(s.t), t: s.t, newStore: s.newStore}
}

// commit writes units in one call and returns their fates.
func (s *storeTest) commit(units ...ports.Unit) []ports.Fate {
	s.t.Helper()
	fates := s.Commit(s.t.Context(), units)
	s.Len(fates, len(units))
	return fates
}

// committed writes units in one call and requires that all are written.
func (s *storeTest) committed(units ...ports.Unit) {
	s.t.Helper()
	for i, fate := range s.commit(units...) {
		s.Equal(ports.FateCommitted, fate.Status, "unit %d: %v %v", i, fate.IDs, fate.Err)
	}
}

// refused writes one unit, requires the fate, and that it names at least one of the
// ids and no other.
func (s *storeTest) refused(unit ports.Unit, status ports.FateStatus, ids ...string) {
	s.t.Helper()
	s.fate(s.commit(unit)[0], status, ids...)
}

func (s *storeTest) fate(fate ports.Fate, status ports.FateStatus, ids ...string) {
	s.t.Helper()
	s.Equal(status, fate.Status, "%v %v", fate.IDs, fate.Err)
	s.Subset(ids, fate.IDs)
	s.Equal(len(ids) > 0, len(fate.IDs) > 0, "ids of the fate")
}

// statuses returns the status of each fate.
func statuses(fates []ports.Fate) []ports.FateStatus {
	list := make([]ports.FateStatus, len(fates))
	for i, fate := range fates {
		list[i] = fate.Status
	}
	return list
}

// wallet reads a wallet that must exist.
func (s *storeTest) wallet(id string) ports.Wallet {
	s.t.Helper()
	wallets, err := s.Wallets(s.t.Context(), []string{id})
	s.NoError(err)
	s.Len(wallets, 1)
	return wallets[0]
}

// operation reads an operation that must exist.
func (s *storeTest) operation(id string) ports.Operation {
	s.t.Helper()
	ops, err := s.Operations(s.t.Context(), []string{id})
	s.NoError(err)
	s.Len(ops, 1)
	return ops[0]
}

// history reads all entries of a wallet, oldest first.
func (s *storeTest) history(walletID string) []ports.Entry {
	s.t.Helper()
	entries, err := s.Entries(s.t.Context(), ports.EntryFilter{WalletID: walletID, Limit: 100_000})
	s.NoError(err)
	return entries
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
		s.Len(s.history(unit.Wallets[i].ID), int(unit.Wallets[i].Seq))
	}
}

func (s *storeTest) sameWallet(want, got ports.Wallet) {
	s.t.Helper()
	s.Equal(s.text(plainWallet(want)), s.text(plainWallet(got)))
}

func (s *storeTest) sameEntry(want, got ports.Entry) {
	s.t.Helper()
	s.Equal(s.text(plainEntry(want)), s.text(plainEntry(got)))
}

func (s *storeTest) sameEntries(want, got []ports.Entry) {
	s.t.Helper()
	s.Len(got, len(want))
	for i := range want {
		s.sameEntry(want[i], got[i])
	}
}

func (s *storeTest) sameOperation(want, got ports.Operation) {
	s.t.Helper()
	s.IsType(want, got)
	s.Equal(s.text(want), s.text(got))
}

// text writes a record so that amounts of equal value are equal, and times only
// when they are the same instant in the same zone.
func (s *storeTest) text(record any) string {
	s.t.Helper()
	data, err := json.Marshal(record)
	s.NoError(err)
	return string(data)
}

// plainWallet makes an absent list and an empty one alike.
func plainWallet(w ports.Wallet) ports.Wallet {
	if len(w.Lots) == 0 {
		w.Lots = nil
	}
	return w
}

func plainEntry(e ports.Entry) ports.Entry {
	if len(e.Lots) == 0 {
		e.Lots = nil
	}
	if len(e.Moves) == 0 {
		e.Moves = nil
	}
	if len(e.Metadata) == 0 {
		e.Metadata = nil
	}
	return e
}
