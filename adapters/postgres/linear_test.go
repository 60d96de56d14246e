package postgres_test

import (
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// balanceModel is one wallet that no other caller writes to at the same time: a deduct that it
// covers is booked and leaves so much, any other is refused.
func balanceModel(first int64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			balance, asked, told := state.(int64), input.(call), output.(call)
			after := balance + asked.Amount
			switch told.Result {
			case "booked":
				return after >= 0 && after == told.Balance, after
			case "insufficient":
				return after < 0, balance
			}
			return false, balance
		},
	}
}

const firstBalance = 40

// openWallets opens wallets with firstBalance in each.
func openWallets(t *testing.T, store ports.Store, n int) []string {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("wallet-%d", i)
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: ids[i], Currency: "KRW"})
		require.NoError(t, err)
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{
			WalletID: ids[i], Key: "first", Amount: decimal.NewFromInt(firstBalance),
		})
		require.NoError(t, err)
	}
	return ids
}

// requireLinear requires that the calls on each wallet can be put into an order that
// agrees with what they were told and with when they ran.
func requireLinear(t *testing.T, ids []string, calls map[string]call) {
	t.Helper()
	for _, id := range ids {
		var operations []porcupine.Operation
		for _, c := range calls {
			if c.Wallet != id || c.Result == "failed" {
				continue
			}
			require.NotEmpty(t, c.Result)
			operations = append(operations, porcupine.Operation{Input: c, Output: c, Call: c.Called, Return: c.Returned})
		}
		require.NotEmpty(t, operations)
		result := porcupine.CheckOperationsTimeout(balanceModel(firstBalance), operations, time.Minute)
		require.Equal(t, porcupine.Ok, result, "wallet %s", id)
	}
}

// recalled gives calls whose fate was not told the one that they had: by their key.
func recalled(t *testing.T, store ports.Store, calls map[string]call) map[string]call {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	known := maps.Clone(calls)
	for key, c := range calls {
		if c.Result != "" && c.Result != "unknown" {
			continue
		}
		entry, err := wallets.EntryByKey(t.Context(), c.Wallet, key)
		if err != nil {
			require.ErrorIs(t, err, ports.ErrNotFound)
			delete(known, key)
			continue
		}
		c.Result, c.Balance, c.Returned = "booked", entry.NewBalance.IntPart(), math.MaxInt64
		known[key] = c
	}
	return known
}

func TestLedger_is_linearizable(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, spread := range []int{12, 1} {
		for _, processes := range []int{1, 4} {
			t.Run(fmt.Sprintf("%d wallets, %d processes", spread, processes), func(t *testing.T) {
				t.Parallel()
				store, schema := newStore(t, postgrestest.Pool(t, 4))
				ids := openWallets(t, store, spread)
				writers := make([]*process, processes)
				for i := range writers {
					writers[i] = startWriter(t, orders{
						URL: postgrestest.URL(t), Schema: schema, Name: fmt.Sprint(i), Wallets: ids,
						Workers: 8 / processes, Calls: 60,
					})
				}
				calls := make(map[string]call)
				for _, writer := range writers {
					maps.Copy(calls, writer.wait())
				}
				require.Len(t, calls, 480)
				requireLinear(t, ids, recalled(t, store, calls))
				require.Positive(t, audit(t, store, ids, calls))
			})
		}
	}
}

// newStore returns a store in a schema of its own, and the schema's name.
func newStore(t *testing.T, pool *pgxpool.Pool) (*postgres.Store, string) {
	t.Helper()
	schema := postgrestest.Schema(t, pool)
	store, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.NoError(t, store.Migrate(t.Context()))
	return store, schema
}
