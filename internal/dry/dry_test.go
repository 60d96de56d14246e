package dry_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/dry"
	"github.com/jigap/jigap/ports"
)

// wallet is wallet "w" after so many writes of one entry each.
func wallet(writes int64) ports.Wallet {
	return ports.Wallet{ID: "w", Currency: "KRW", Status: ports.WalletActive, Version: writes, Seq: writes, Hash: ports.Hash{byte(writes)}}
}

// unit is a write of wallet "w" with its entry.
func unit(write int64, key string, operations ...ports.Operation) ports.Unit {
	return ports.Unit{
		Wallets:    []ports.Wallet{wallet(write)},
		Entries:    []ports.Entry{{WalletID: "w", Seq: write, Key: key, PrevHash: ports.Hash{byte(write - 1)}, Hash: ports.Hash{byte(write)}}},
		Operations: operations,
	}
}

// hold is an operation, open in a lane or ended.
func hold(id, lane string, version int64, open bool) *ports.Hold {
	return &ports.Hold{OperationHead: ports.OperationHead{ID: id, Kind: ports.KindHold, WalletID: "w", Lane: lane, Version: version, Open: open}, Status: ports.HoldHeld}
}

func commit(t *testing.T, store ports.Committer, unit ports.Unit) ports.Fate {
	t.Helper()
	fates := store.Commit(t.Context(), []ports.Unit{unit})
	require.Len(t, fates, 1)
	return fates[0]
}

// newStore is a store with wallet "w" after one write under the key "used", and two open holds in a lane
// each.
func newStore(t *testing.T) *memory.Store {
	t.Helper()
	store := memory.New()
	require.Equal(t, ports.FateCommitted, commit(t, store, unit(1, "used", hold("a", "lane a", 1, true), hold("b", "lane b", 1, true))).Status)
	return store
}

// run calls look with a dry store over another.
func run(t *testing.T, over ports.Store, look func(store *dry.Store)) {
	t.Helper()
	_, err := dry.Run(t.Context(), over, func(store *dry.Store) (bool, error) { look(store); return true, nil })
	require.NoError(t, err)
}

// readWallet returns wallet "w", which is there.
func readWallet(t *testing.T, store ports.WalletReader) ports.Wallet {
	t.Helper()
	found, err := store.Wallets(t.Context(), []string{"w", "none"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// open returns the ids of the operations that are open.
func open(t *testing.T, store ports.OperationReader, limit int) (ids []string) {
	t.Helper()
	found, err := store.FindOperations(t.Context(), ports.OperationFilter{WalletID: "w", Open: true, Limit: limit})
	require.NoError(t, err)
	for _, op := range found {
		ids = append(ids, op.Head().ID)
	}
	return ids
}

// TestStore_Commit/writes_nothing, and shows what it was given.
//
// TestStore_Commit/keeps_copies: its writer may use the records again.
//
// TestStore_Commit/refuses_as_the_store_would: a used key, a version that is not current, a lane that is
// taken.
func TestStore_Commit(t *testing.T) {
	t.Parallel()
	t.Run("writes_nothing", func(t *testing.T) {
		t.Parallel()
		over := newStore(t)
		run(t, over, func(store *dry.Store) {
			require.Equal(t, ports.FateCommitted, commit(t, store, unit(2, "k", hold("a", "lane a", 2, false), hold("c", "lane c", 1, true))).Status)
			require.Equal(t, ports.FateCommitted, commit(t, store, unit(3, "")).Status)
			require.EqualValues(t, 3, readWallet(t, store).Version)
			require.Len(t, store.Booked(), 2)
			ops, err := store.Operations(t.Context(), []string{"a", "b", "c", "none"})
			require.NoError(t, err)
			versions := make(map[string]int64)
			for _, op := range ops {
				versions[op.Head().ID] = op.Head().Version
			}
			require.Equal(t, map[string]int64{"a": 2, "b": 1, "c": 1}, versions)
			for _, limit := range []int{1, 2, math.MaxInt} {
				require.Equal(t, []string{"b"}, open(t, store, limit), "one has ended, and one is not in the other store")
			}
		})
		require.EqualValues(t, 1, readWallet(t, over).Version)
		require.Equal(t, []string{"a", "b"}, open(t, over, 5))
	})
	t.Run("keeps_copies", func(t *testing.T) {
		t.Parallel()
		run(t, newStore(t), func(store *dry.Store) {
			given := unit(2, "k", hold("a", "", 2, true))
			given.Wallets[0].Lots = []ports.PointLot{{ID: 1}}
			given.Entries[0].Lots = []ports.LotChange{{LotID: 1}}
			require.Equal(t, ports.FateCommitted, commit(t, store, given).Status)
			given.Wallets[0].Lots[0].ID, given.Entries[0].Lots[0].LotID = 9, 9
			given.Operations[0].Head().Version = 9
			readWallet(t, store).Lots[0].Priority = 9
			require.Equal(t, []ports.PointLot{{ID: 1}}, readWallet(t, store).Lots)
			require.EqualValues(t, 1, store.Booked()[0].Lots[0].LotID)
			ops, err := store.Operations(t.Context(), []string{"a"})
			require.NoError(t, err)
			require.EqualValues(t, 2, ops[0].Head().Version)
		})
	})
	t.Run("refuses_as_the_store_would", func(t *testing.T) {
		t.Parallel()
		for name, refused := range map[string]ports.Unit{
			"key":             unit(2, "used"),
			"operation":       unit(2, "k", hold("a", "", 3, true)),
			"operation again": unit(2, "k", hold("a", "", 1, true)),
			"lane":            unit(2, "k", hold("c", "lane a", 1, true)),
		} {
			over := newStore(t)
			run(t, over, func(store *dry.Store) {
				foreseen := commit(t, store, refused)
				require.Equal(t, commit(t, over, refused), foreseen, name)
				require.NotEqual(t, ports.FateCommitted, foreseen.Status, name)
				require.Empty(t, store.Booked())
				require.EqualValues(t, 1, readWallet(t, store).Version)
			})
		}
	})
}

// TestRun/begins_anew_when_a_wallet_was_written: what counts is of one state.
//
// TestRun/begins_anew_after_a_refusal: by the state that was there before.
//
// TestRun/gives_up, with ErrConflict.
//
// TestRun/returns_the_error_of_the_run as it is, also if the store can no longer be read.
//
// TestRun/fails_if_the_wallets_cannot_be_read_again: what they are now is not known.
func TestRun(t *testing.T) {
	t.Parallel()
	writes := func(t *testing.T, over *memory.Store, until int64) func(store *dry.Store) int64 {
		t.Helper()
		return func(store *dry.Store) int64 {
			version := readWallet(t, store).Version
			if version < until {
				require.Equal(t, ports.FateCommitted, commit(t, over, unit(version+1, "")).Status)
			}
			return version
		}
	}
	t.Run("begins_anew_when_a_wallet_was_written", func(t *testing.T) {
		t.Parallel()
		over := newStore(t)
		write := writes(t, over, 5)
		version, err := dry.Run(t.Context(), over, func(store *dry.Store) (int64, error) { return write(store), nil })
		require.NoError(t, err)
		require.EqualValues(t, 5, version)
	})
	t.Run("begins_anew_after_a_refusal", func(t *testing.T) {
		t.Parallel()
		over := newStore(t)
		write := writes(t, over, 3)
		_, err := dry.Run(t.Context(), over, func(store *dry.Store) (int64, error) {
			if write(store) < 3 {
				return 0, ports.ErrInsufficient
			}
			return 0, nil
		})
		require.NoError(t, err)
	})
	t.Run("gives_up", func(t *testing.T) {
		t.Parallel()
		over := newStore(t)
		write := writes(t, over, 200)
		version, err := dry.Run(t.Context(), over, func(store *dry.Store) (int64, error) { return write(store), nil })
		require.ErrorIs(t, err, ports.ErrConflict)
		require.Zero(t, version)
	})
	down := errors.New("down")
	breaks := func(err error) (int, error) {
		store := &failing{}
		return dry.Run(t.Context(), store, func(over *dry.Store) (int, error) {
			_, readErr := over.Wallets(t.Context(), []string{"w"})
			require.NoError(t, readErr)
			store.err = down
			return 1, err
		})
	}
	t.Run("returns_the_error_of_the_run", func(t *testing.T) {
		t.Parallel()
		_, err := breaks(ports.ErrFrozen)
		require.Equal(t, ports.ErrFrozen, err)
	})
	t.Run("fails_if_the_wallets_cannot_be_read_again", func(t *testing.T) {
		t.Parallel()
		result, err := breaks(nil)
		require.ErrorIs(t, err, down)
		require.Zero(t, result)
	})
}

// failing is a store without wallets that fails when it is told to.
type failing struct {
	ports.Store
	err error
}

func (s *failing) Wallets(context.Context, []string) ([]ports.Wallet, error) { return nil, s.err }
