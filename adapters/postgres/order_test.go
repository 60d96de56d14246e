package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

// feedOf follows the feed from cursor until it has n entries.
func feedOf(t *testing.T, store ports.Store, cursor string, n int) (seen []ports.EntryKey, seqs []int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		page, err := store.Feed(t.Context(), cursor, 100)
		if err != nil {
			return false
		}
		cursor = page.Cursor
		for i := range page.Entries {
			seen = append(seen, ports.EntryKey{WalletID: page.Entries[i].WalletID, Key: page.Entries[i].Key})
			seqs = append(seqs, page.Entries[i].Seq)
		}
		return len(seen) >= n
	}, patience, tick)
	return seen, seqs
}

// TestFeed_OpenTransaction shows that an open transaction holds back its own entries and
// no others: a transaction that began
// earlier commits later.
func TestFeed_OpenTransaction(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	a, b := opened("a"), opened("b")
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	commit(t, h.store.WithTx(tx), a)
	commit(t, h.store, b)
	page, err := h.store.Feed(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	require.Equal(t, "b", page.Entries[0].WalletID)
	require.NoError(t, tx.Commit(t.Context()))
	page, err = h.store.Feed(t.Context(), page.Cursor, 10)
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	require.Equal(t, "a", page.Entries[0].WalletID)
}

// TestFeed_keeps_the_order_of_a_wallet: the transaction of a later entry began before that
// of an earlier one, and so has a lower id.
func TestFeed_keeps_the_order_of_a_wallet(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for name, late := range map[string]func(next ports.Unit) []ports.Unit{
		"one unit":     func(next ports.Unit) []ports.Unit { return []ports.Unit{next} },
		"several":      func(next ports.Unit) []ports.Unit { return []ports.Unit{next, deducted(opened("other"), "x")} },
		"more entries": func(next ports.Unit) []ports.Unit { return []ports.Unit{twoEntries(next)} },
		"operations": func(next ports.Unit) []ports.Unit {
			next.Operations = []ports.Operation{hold("o", "")}
			return []ports.Unit{next}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			first := opened("w")
			commit(t, h.store, first)
			tx, err := h.pool.Begin(t.Context())
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), "SELECT pg_current_xact_id()")
			require.NoError(t, err)
			second := deducted(first, "second")
			commit(t, h.store, second)
			units := late(deducted(second, "third"))
			require.Equal(t, ports.FateCommitted, h.store.WithTx(tx).Commit(t.Context(), units)[0].Status)
			require.NoError(t, tx.Commit(t.Context()))
			n := 2 + len(units[0].Entries)
			_, seqs := feedOf(t, h.store, "", n)
			require.IsIncreasing(t, seqs)
			require.Len(t, seqs, n)
		})
	}
}

// twoEntries adds an entry to a unit.
func twoEntries(unit ports.Unit) ports.Unit {
	more := deducted(unit, unit.Entries[0].Key+" and more")
	more.Wallets[0].Version--
	more.Entries = append(unit.Entries, more.Entries...)
	return more
}

// TestStore_Commit_races has another transaction write the record, or take the lane. A
// unit is busy until that has committed, and is refused then.
func TestStore_Commit_races(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	base, op := opened("base"), hold("base", "")
	withOperation := deducted(base, "second")
	withOperation.Operations = []ports.Operation{hold("with it", "")}
	for name, race := range map[string]struct {
		first, second ports.Unit
		refusal       ports.FateStatus
	}{
		"new wallet":            {opened("w"), opened("w"), ports.FateConflict},
		"new operation":         {operations(hold("o", "")), operations(hold("o", "")), ports.FateOperationConflict},
		"lane":                  {operations(hold("o", "lane")), operations(hold("p", "lane")), ports.FateLaneTaken},
		"wallet":                {deducted(base, "first"), deducted(base, "second"), ports.FateConflict},
		"wallet, many entries":  {deducted(base, "first"), twoEntries(deducted(base, "second")), ports.FateConflict},
		"wallet with operation": {deducted(base, "first"), withOperation, ports.FateConflict},
		"operation":             {operations(ended(op)), operations(ended(op)), ports.FateOperationConflict},

		"new operation, with its wallet":           {operations(hold("o", "")), with(deducted(base, "x"), hold("o", "")), ports.FateOperationConflict},
		"operation, with its wallet":               {operations(ended(op)), with(deducted(base, "x"), ended(op)), ports.FateOperationConflict},
		"operation, with its wallet, many entries": {operations(ended(op)), with(twoEntries(deducted(base, "x")), ended(op)), ports.FateOperationConflict},
		"wallet, with its operation":               {deducted(base, "first"), with(deducted(base, "second"), ended(op)), ports.FateConflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			commit(t, h.store, base, operations(op))
			tx, err := h.pool.Begin(t.Context())
			require.NoError(t, err)
			commit(t, h.store.WithTx(tx), race.first)
			got := h.store.Commit(t.Context(), []ports.Unit{race.second})
			require.Equal(t, ports.FateBusy, got[0].Status, "%v", got[0].Err)
			require.ErrorIs(t, got[0].Err, ports.ErrBusy)
			require.NotEmpty(t, got[0].IDs)
			require.NoError(t, tx.Commit(t.Context()))
			got = h.store.Commit(t.Context(), []ports.Unit{race.second})
			require.Equal(t, race.refusal, got[0].Status, "%v", got[0].Err)
			for _, w := range race.second.Wallets {
				require.False(t, keyed(t, h.store, w.ID, race.second.Entries[0].Key), "a refused unit left an entry")
			}
		})
		t.Run(name+", in a transaction of the host that waits", func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			commit(t, h.store, base, operations(op))
			tx := h.begin(t)
			commit(t, h.store.WithTx(tx), race.first)
			mine := h.begin(t)
			fates := make(chan []ports.Fate, 1)
			go func() { fates <- h.store.WithTx(mine).Commit(context.Background(), []ports.Unit{race.second}) }()
			h.awaitWaiter(t, tx)
			require.NoError(t, tx.Commit(t.Context()))
			got := <-fates
			require.Equal(t, race.refusal, got[0].Status, "%v", got[0].Err)
			require.NoError(t, mine.Commit(t.Context()))
		})
	}
}

// with adds an operation, of the unit's wallet, to a unit.
func with(unit ports.Unit, op ports.Operation) ports.Unit {
	op = op.Clone()
	op.Head().WalletID = unit.Wallets[0].ID
	unit.Operations = []ports.Operation{op}
	return unit
}

func operations(op ports.Operation) ports.Unit { return ports.Unit{Operations: []ports.Operation{op}} }

// awaitWaiter waits until a transaction waits for tx.
func (h *host) awaitWaiter(t *testing.T, tx pgx.Tx) {
	t.Helper()
	process := tx.Conn().PgConn().PID()
	require.Eventually(t, func() bool {
		var waits bool
		err := h.pool.QueryRow(t.Context(),
			"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))", process).Scan(&waits)
		return err == nil && waits
	}, patience, tick)
}

// TestStore_Commit_session_that_is_ended: an administrator ends the session in
// which a commit waits. The server answers, but not about the transaction; the commit
// goes on over another connection.
func TestStore_Commit_session_that_is_ended(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := opened("w")
	commit(t, h.store, first)
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE "+h.schema+".wallets")
	require.NoError(t, err)
	fates := make(chan []ports.Fate, 1)
	go func() { fates <- h.store.Commit(t.Context(), []ports.Unit{deducted(first, "x")}) }()
	h.awaitWaiter(t, tx)
	_, err = h.pool.Exec(t.Context(),
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))", tx.Conn().PgConn().PID())
	require.NoError(t, err)
	require.NoError(t, tx.Rollback(t.Context()))
	got := <-fates
	require.Equal(t, ports.FateCommitted, got[0].Status, "%v", got[0].Err)
	require.True(t, keyed(t, h.store, "w", "x"))
}

// TestFeed_standby reads the feed of a hot standby: it shows what was numbered on the
// primary, and numbers nothing.
func TestFeed_standby(t *testing.T) {
	t.Parallel()
	primary := postgrestest.NewServer(t, "fsync=off", "wal_level=replica", "max_wal_senders=5")
	store := postgrestest.StoreOn(t, postgrestest.PoolOn(t, primary.URL(), 2))
	commit(t, store, opened("numbered"))
	page, err := store.Feed(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	commit(t, store, opened("pending"))
	standby := primary.NewStandby(t)
	var schema string
	pool := postgrestest.PoolOn(t, standby.URL(), 2)
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'jigap%'").Scan(&schema))
	copied, err := postgres.New(pool, postgres.Config{Schema: schema})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		wallets, err := copied.Wallets(t.Context(), []string{"pending"})
		return err == nil && len(wallets) == 1
	}, patience, tick)
	page, err = copied.Feed(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	require.Equal(t, "numbered", page.Entries[0].WalletID)
	fate := copied.Commit(t.Context(), []ports.Unit{opened("refused")})[0]
	require.Equal(t, ports.FateFailed, fate.Status)
	_, err = store.Feed(t.Context(), page.Cursor, 10) // numbers the other entry
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		next, err := copied.Feed(t.Context(), page.Cursor, 10)
		return err == nil && len(next.Entries) == 1 && next.Entries[0].WalletID == "pending"
	}, patience, tick)
}
