package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// TestStore_Wallets_with_operations: a unit of a wallet and its operation writes the
// same alone, among others, with several entries, and in the company of a unit that
// needs the statement for all units.
func TestStore_Wallets_with_operations(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for name, around := range map[string]func(unit, another ports.Unit) []ports.Unit{
		"alone":           func(unit, _ ports.Unit) []ports.Unit { return []ports.Unit{unit} },
		"among others":    func(unit, another ports.Unit) []ports.Unit { return []ports.Unit{another, unit} },
		"several entries": func(unit, _ ports.Unit) []ports.Unit { return []ports.Unit{with(twoEntries(unit), unit.Operations[0])} },
		"in company": func(unit, another ports.Unit) []ports.Unit {
			return []ports.Unit{unit, with(another, hold(another.Entries[0].Key, another.Entries[0].Key))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			commit(t, h.store, opened("w"), opened("another"))
			write := func(op ports.Operation, key string) {
				next := func(id string) ports.Unit { return booked(wallet(t, h.store, id), decimal.NewFromInt(-1), key) }
				commit(t, h.store, around(with(next("w"), op), next("another"))...)
				require.True(t, keyed(t, h.store, "w", key))
			}
			begun := hold("o", "")
			begun.DueAt, begun.Provider, begun.Reference, begun.ProviderRef = noon, "provider", "order", "reference"
			write(begun, "begins")
			h.requireFound(t, begun)
			moved := begun.Clone()
			*moved.Head() = ports.OperationHead{
				ID: "o", Kind: ports.KindHold, WalletID: "w", Version: 2, Open: true,
				DueAt: noon.Add(time.Hour), Provider: "another provider", Reference: "another order", ProviderRef: "another reference", CreatedAt: noon, UpdatedAt: noon,
			}
			moved.(*ports.Hold).Status = ports.HoldCaptured
			write(moved, "moves")
			h.requireFound(t, moved)
			closed := ended(moved)
			closed.Head().DueAt, closed.Head().Provider, closed.Head().Reference, closed.Head().ProviderRef = time.Time{}, "", "", ""
			write(closed, "closes")
			h.requireFound(t, closed)
		})
	}
}

// requireFound asks that the operation, and no earlier state of it, is found by each
// part of its head.
func (h *host) requireFound(t *testing.T, op ports.Operation) {
	t.Helper()
	head := op.Head()
	found := func(filter ports.OperationFilter) bool {
		filter.WalletID, filter.Limit = "w", 10
		ops, err := h.store.FindOperations(t.Context(), filter)
		require.NoError(t, err)
		for _, found := range ops {
			require.Equal(t, *op.Head(), *found.Head())
		}
		return len(ops) == 1
	}
	require.True(t, found(ports.OperationFilter{Kind: head.Kind}), "by its wallet and kind")
	for _, status := range ports.Statuses(ports.HoldHeld, ports.HoldCaptured, ports.HoldReleased) {
		require.Equal(t, status == op.StatusText(), found(ports.OperationFilter{Statuses: []string{status}}), "by its status")
	}
	for _, text := range []string{"order", "another order"} {
		require.Equal(t, text == head.Reference, found(ports.OperationFilter{Reference: text}), "by its reference")
	}
	for _, text := range []string{"provider", "another provider", ""} {
		require.Equal(t, text == head.Provider, found(ports.OperationFilter{Providers: []string{text, "a third"}}), "by its provider")
		require.Equal(t, text != head.Provider, found(ports.OperationFilter{ExceptProviders: []string{text, "a third"}}), "by other providers")
	}
	for _, text := range []string{"reference", "another reference"} {
		require.Equal(t, text == head.ProviderRef, found(ports.OperationFilter{ProviderRef: text}), "by its provider's reference")
	}
	for _, by := range []time.Time{noon, noon.Add(time.Hour)} {
		require.Equal(t, !head.DueAt.IsZero() && !head.DueAt.After(by), found(ports.OperationFilter{DueBy: by}), "by when it is due")
	}
	require.Equal(t, head.Open, found(ports.OperationFilter{Open: true}), "by whether it is open")
}

// TestStore_Commit_end_frees_the_lane: the end of an operation that has a lane, with its wallet, lets
// the next of the same call have it.
func TestStore_Commit_end_frees_the_lane(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	holder := hold("holder", "lane")
	commit(t, h.store, first, operations(holder))
	commit(t, h.store, with(deducted(first, "x"), ended(holder)), operations(hold("next", "lane")))
	fates := h.store.Commit(t.Context(), []ports.Unit{operations(hold("third", "lane"))})
	require.Equal(t, ports.FateLaneTaken, fates[0].Status)
}

// TestStore_Commit_operation_keeps_its_wallet: it need not be that of the entry in the same unit.
func TestStore_Commit_operation_keeps_its_wallet(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("another")
	commit(t, h.store, first)
	unit := deducted(first, "x")
	unit.Operations = []ports.Operation{hold("o", "")}
	commit(t, h.store, unit)
	for walletID, want := range map[string]int{"w": 1, "another": 0} {
		found, err := h.store.FindOperations(t.Context(), ports.OperationFilter{WalletID: walletID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, found, want)
	}
}

// TestStatements_plans/look_each_row_up_by_index: a plan that the server makes while the
// tables are small serves on when they are large, until they are analyzed. So no plan on
// tables that were never analyzed may read one of them whole.
func TestStatements_plans(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	t.Run("look_each_row_up_by_index", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		commit(t, h.store, opened("w"))
		conn, err := h.pool.Acquire(t.Context())
		require.NoError(t, err)
		defer conn.Release()
		_, err = conn.Exec(t.Context(), "SET plan_cache_mode = force_generic_plan")
		require.NoError(t, err)
		for i, text := range h.store.Statements() {
			name := fmt.Sprintf("plan_%d", i)
			prepared, err := conn.Conn().Prepare(t.Context(), name, text)
			require.NoError(t, err, text)
			nulls := strings.TrimSuffix(strings.Repeat("NULL, ", len(prepared.ParamOIDs)), ", ")
			rows, err := conn.Query(t.Context(), fmt.Sprintf("EXPLAIN EXECUTE %s(%s)", name, nulls), pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err)
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			for _, line := range plan {
				require.NotContains(t, line, "Seq Scan", text[:100])
			}
		}
	})
}

// keptArgs keeps the parameters of commits, as a tracer of the host may do.
type keptArgs struct{ args [][]any }

// TraceQueryStart implements [pgx.QueryTracer].
func (k *keptArgs) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if strings.Contains(data.SQL, "noted AS") {
		k.args = append(k.args, data.Args)
	}
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (k *keptArgs) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestStore_Commit_tracer/keeps_parameters: the memory of a batch is used again, and what
// a tracer has kept of it does not change.
func TestStore_Commit_tracer(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	t.Run("keeps_parameters", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		config, kept := h.pool.Config(), new(keptArgs)
		config.ConnConfig.Tracer = kept
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		store, err := postgres.New(pool, postgres.Config{Schema: h.schema})
		require.NoError(t, err)
		commit(t, store, opened("a"), opened("b"), opened("c"), opened("d"))
		kept.args = nil
		for _, ids := range [][]string{{"a", "b"}, {"c", "d"}, {"a", "d"}} {
			less := func(id, key string) ports.Unit { return booked(wallet(t, store, id), decimal.NewFromInt(-1), key) }
			commit(t, store, less(ids[0], "k"+ids[1]), less(ids[1], "k"+ids[0]))
		}
		require.Len(t, kept.args, 3)
		require.Contains(t, fmt.Sprint(kept.args[0]...), "[a b]")
		require.Contains(t, fmt.Sprint(kept.args[1]...), "[c d]")
	})
}
