package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// forms are calls that each use another form of the statement for commits. The first
// unit of each is about wallet w, and about operation o where it has one.
func forms(base ports.Unit, op ports.Operation) map[string][]ports.Unit {
	other := deducted(opened("v"), "k")
	return map[string][]ports.Unit{
		"one unit":                                  {deducted(base, "k")},
		"one unit that begins an operation":         {with(deducted(base, "k"), hold("new", ""))},
		"one unit that advances an operation":       {with(deducted(base, "k"), ended(op))},
		"several units":                             {deducted(base, "k"), other},
		"several units, an operation begins":        {with(deducted(base, "k"), hold("new", "")), other},
		"several units, an operation advances":      {with(deducted(base, "k"), ended(op)), other},
		"several entries":                           {twoEntries(deducted(base, "k"))},
		"several entries, an operation advances":    {with(twoEntries(deducted(base, "k")), ended(op))},
		"any unit, a lane is taken":                 {with(deducted(base, "k"), hold("new", "lane"))},
		"any unit, an operation advances":           {merged(with(deducted(base, "k"), ended(op)), opened("fresh"))},
		"any unit without entries":                  {{Wallets: []ports.Wallet{bumped(base)}}},
		"any unit, an operation without its wallet": {operations(ended(op))},
	}
}

// merged puts two units into one.
func merged(a, b ports.Unit) ports.Unit {
	return ports.Unit{
		Wallets: append(a.Wallets, b.Wallets...), Entries: append(a.Entries, b.Entries...), Operations: append(a.Operations, b.Operations...),
	}
}

// bumped is the wallet of a unit, written once more without an entry.
func bumped(unit ports.Unit) ports.Wallet {
	w := unit.Wallets[0].Clone()
	w.Version++
	w.OpenOperations++
	return w
}

// requireWhole asks that everything a unit has is stored.
func (h *host) requireWhole(t *testing.T, unit ports.Unit) {
	t.Helper()
	for i := range unit.Wallets {
		want := &unit.Wallets[i]
		got := wallet(t, h.store, want.ID)
		require.Equal(t, want.Version, got.Version)
		require.Equal(t, want.Seq, got.Seq)
		require.Equal(t, want.Hash, got.Hash)
		require.True(t, want.Balance.Equal(got.Balance))
	}
	for i := range unit.Entries {
		entries, err := h.store.Entries(t.Context(), ports.EntryFilter{WalletID: unit.Entries[i].WalletID, AfterSeq: unit.Entries[i].Seq - 1, Limit: 1})
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, unit.Entries[i].Hash, entries[0].Hash)
	}
	for _, op := range unit.Operations {
		ops, err := h.store.Operations(t.Context(), []string{op.Head().ID})
		require.NoError(t, err)
		require.Len(t, ops, 1)
		require.Equal(t, op.Head().Version, ops[0].Head().Version)
	}
}

// TestStore_Commit_foreign_writers has an outsider write the rows of a unit without a
// change of their versions, as a backfill of a column does, while the unit is committed.
// Once the outsider has committed, the unit is written whole.
func TestStore_Commit_foreign_writers(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	base, op := opened("w"), hold("o", "")
	for name, units := range forms(base, op) {
		for _, touched := range []string{
			"UPDATE %s.wallets SET scale = scale WHERE id = 'w'",
			"UPDATE %s.operations SET status = status WHERE id = 'o'",
		} {
			if strings.Contains(touched, "operations") && (len(units[0].Operations) == 0 || units[0].Operations[0].Head().ID != "o") ||
				strings.Contains(touched, "wallets") && len(units[0].Wallets) == 0 {
				continue
			}
			table := strings.Fields(touched)[1][3:]
			t.Run(name+"/"+table, func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				commit(t, h.store, base, opened("v"), operations(op))
				tx, err := h.pool.Begin(t.Context())
				require.NoError(t, err)
				_, err = tx.Exec(t.Context(), fmt.Sprintf(touched, h.schema))
				require.NoError(t, err)
				fates := h.store.Commit(t.Context(), units)
				require.Equal(t, ports.FateBusy, fates[0].Status, "%v", fates[0].Err)
				require.Contains(t, []string{"w", "o"}, fates[0].IDs[0])
				for _, fate := range fates[1:] {
					require.Equal(t, ports.FateCommitted, fate.Status, "a row of another unit is locked")
				}
				require.NoError(t, tx.Commit(t.Context()))
				commit(t, h.store, units[0])
				for _, unit := range units {
					h.requireWhole(t, unit)
				}
			})
			t.Run(name+"/"+table+", in a transaction of the host that waits", func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				commit(t, h.store, base, opened("v"), operations(op))
				tx, err := h.pool.Begin(t.Context())
				require.NoError(t, err)
				_, err = tx.Exec(t.Context(), fmt.Sprintf(touched, h.schema))
				require.NoError(t, err)
				var fates []ports.Fate
				ended := make(chan error, 1)
				go func() {
					ended <- pgx.BeginFunc(context.Background(), h.pool, func(mine pgx.Tx) error {
						fates = h.store.WithTx(mine).Commit(context.Background(), units)
						return nil
					})
				}()
				h.awaitWaiter(t, tx)
				require.NoError(t, tx.Commit(t.Context()))
				require.NoError(t, <-ended)
				for i, fate := range fates {
					require.Equal(t, ports.FateCommitted, fate.Status, "%v %v", fate.IDs, fate.Err)
					h.requireWhole(t, units[i])
				}
			})
		}
	}
}

// TestStore_Commit_keeps_no_half_unit has a trigger of the host keep rows of one wallet
// from being written. The unit fails, with a reason, nothing of it is written, and other
// units of the call are.
func TestStore_Commit_keeps_no_half_unit(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	base, op := opened("w"), hold("o", "")
	for name, units := range forms(base, op) {
		for _, at := range []struct{ table, event, of string }{
			{"wallets", "UPDATE", "OLD.id = 'w'"},
			{"entries", "INSERT", "NEW.wallet_id = 'w'"},
			{"operations", "UPDATE", "OLD.id = 'o'"},
			{"operations", "INSERT", "NEW.id = 'new'"},
			{"feed_pending", "INSERT", "'w' = ANY(NEW.wallets)"},
		} {
			if !writes(units[0], at.table, at.event) {
				continue
			}
			t.Run(name+"/"+at.event+" of "+at.table, func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				commit(t, h.store, base, opened("v"), operations(op))
				_, err := h.pool.Exec(t.Context(), fmt.Sprintf(`
					CREATE FUNCTION %[1]s.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
					CREATE TRIGGER keep BEFORE %[2]s ON %[1]s.%[3]s FOR EACH ROW WHEN (%[4]s) EXECUTE FUNCTION %[1]s.keep()`,
					h.schema, at.event, at.table, at.of), pgx.QueryExecModeSimpleProtocol)
				require.NoError(t, err)
				fates := h.store.Commit(t.Context(), units)
				require.Equal(t, ports.FateFailed, fates[0].Status, "%v %v", fates[0].IDs, fates[0].Err)
				require.ErrorContains(t, fates[0].Err, "a row of the unit was not written")
				for i, fate := range fates[1:] {
					require.Equal(t, ports.FateCommitted, fate.Status, "%v", fate.Err)
					h.requireWhole(t, units[1+i])
				}
				require.Equal(t, int64(1), wallet(t, h.store, "w").Version)
				require.False(t, keyed(t, h.store, "w", "k"))
				ops, err := h.store.Operations(t.Context(), []string{"o", "new"})
				require.NoError(t, err)
				require.Len(t, ops, 1)
				require.Equal(t, int64(1), ops[0].Head().Version)
			})
		}
	}
}

// TestStore_Commit_inherited_rows: a table of the host that inherits from one of jigap's
// has a copy of an operation, which an UPDATE writes too. That row does not stand for an
// entry that was kept from being written.
func TestStore_Commit_inherited_rows(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	base, op := opened("w"), hold("o", "")
	for name, units := range forms(base, op) {
		if !writes(units[0], "operations", "UPDATE") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			commit(t, h.store, base, opened("v"), operations(op))
			h.exec(t, `
				CREATE TABLE jigap.archive () INHERITS (jigap.operations);
				INSERT INTO jigap.archive SELECT * FROM ONLY jigap.operations WHERE id = 'o';
				CREATE FUNCTION jigap.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
				CREATE TRIGGER keep BEFORE INSERT ON jigap.entries FOR EACH ROW WHEN (NEW.wallet_id = 'w') EXECUTE FUNCTION jigap.keep()`)
			fates := h.store.Commit(t.Context(), units)
			require.NotEqual(t, ports.FateCommitted, fates[0].Status)
			require.Equal(t, int64(1), wallet(t, h.store, "w").Version)
		})
	}
}

// writes reports whether a unit writes a table in this way.
func writes(unit ports.Unit, table, event string) bool {
	switch table {
	case "wallets":
		return len(unit.Wallets) > 0
	case "entries", "feed_pending":
		return len(unit.Entries) > 0
	}
	return len(unit.Operations) > 0 && (unit.Operations[0].Head().Version > 1) == (event == "UPDATE")
}

// TestLedger_beside_a_backfill deducts from wallets while the host fills a column of its
// own, again and again. No deduct is lost.
func TestLedger_beside_a_backfill(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	wallets, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	const count, callers, calls = 20, 16, 60
	ids := make([]string, count)
	for i := range ids {
		ids[i] = fmt.Sprint("w", i)
		commit(t, h.store, opened(ids[i]))
	}
	_, err = h.pool.Exec(t.Context(), "ALTER TABLE "+h.schema+".wallets ADD COLUMN tenant text")
	require.NoError(t, err)
	var booked [count]atomic.Int64
	var deducting, filling sync.WaitGroup
	done := make(chan struct{})
	filling.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				_, err := h.pool.Exec(context.Background(), "UPDATE "+h.schema+".wallets SET tenant = $1", fmt.Sprint(i))
				if err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for caller := range callers {
		deducting.Go(func() {
			for call := range calls {
				at := (caller*calls + call) % count
				_, err := wallets.Deduct(context.Background(), ledger.DeductRequest{
					WalletID: ids[at], Key: fmt.Sprint(caller, " ", call), Amount: decimal.NewFromInt(1),
				})
				if err != nil {
					t.Error(err)
					continue
				}
				booked[at].Add(1)
			}
		})
	}
	deducting.Wait()
	close(done)
	filling.Wait()
	for i, id := range ids {
		want := decimal.NewFromInt(1_000_000 - booked[i].Load())
		require.True(t, wallet(t, h.store, id).Balance.Equal(want), id)
	}
}
