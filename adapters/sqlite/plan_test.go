package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
)

// listener hears the texts of statements, and how connections are set.
type listener struct {
	driver.Connector
	mu    sync.Mutex
	texts map[string]bool
	conns []map[string]driver.Value
}

func (l *listener) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := l.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]driver.Value)
	for _, name := range []string{"journal_mode", "synchronous", "fullfsync"} {
		rows, err := conn.(sqltest.WholeConn).QueryContext(ctx, "PRAGMA "+name, nil)
		if err != nil {
			return nil, err
		}
		value := make([]driver.Value, 1)
		if err := errors.Join(rows.Next(value), rows.Close()); err != nil {
			return nil, err
		}
		settings[name] = value[0]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, settings)
	return heard{conn.(sqltest.WholeConn), l}, nil
}

type heard struct {
	sqltest.WholeConn
	to *listener
}

func (c heard) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.to.mu.Lock()
	c.to.texts[text] = true
	c.to.mu.Unlock()
	return c.WholeConn.PrepareContext(ctx, text)
}

// TestStatements_use_indexes: no statement of the store reads a whole table, but for those that read everything
// and those that select wallets or operations by what no index has.
func TestStatements_use_indexes(t *testing.T) {
	t.Parallel()
	l := &listener{texts: make(map[string]bool)}
	store, err := sqlite.OpenThrough(t.Context(), newFile(t), patient, func(c driver.Connector) driver.Connector { l.Connector = c; return l })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.Migrate(t.Context()))
	first := sqltest.Opened("w")
	next := sqltest.Deducted(first, "key")
	next.Operations = []ports.Operation{sqltest.Hold("o", "lane")}
	sqltest.Commit(t, store, first, sqltest.Opened("v"), next)
	sqltest.Commit(t, store, ports.Unit{Operations: []ports.Operation{sqltest.Ended(next.Operations[0])}})
	ctx := t.Context()
	ask := func(_ any, err error) {
		t.Helper()
		require.NoError(t, err)
	}
	ask(store.Wallets(ctx, []string{"w", "v"}))
	ask(store.FindWallets(ctx, ports.WalletFilter{Due: true, Limit: 5}))
	ask(store.FindWallets(ctx, ports.WalletFilter{ExpiringBy: sqltest.Noon, Limit: 5}))
	ask(store.FindWallets(ctx, ports.WalletFilter{AfterID: "a", Limit: 5}))
	ask(store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "a"}, {WalletID: "w", Key: "key"}}))
	ask(store.LastReferring(ctx, ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}}))
	for _, filter := range []ports.EntryFilter{
		{AfterSeq: 1}, {Descending: true, BeforeSeq: 9}, {Reference: "r"}, {OperationID: "o", Descending: true}, {RefersTo: 1}, {From: sqltest.Noon, Until: sqltest.Noon},
	} {
		filter.WalletID, filter.Limit = "w", 5
		ask(store.Entries(ctx, filter))
	}
	ask(store.Operations(ctx, []string{"o"}))
	for _, filter := range []ports.OperationFilter{
		{Kind: ports.KindHold, WalletID: "w", Open: true, DueBy: sqltest.Noon},
		{Kind: ports.KindRecharge, Providers: []string{"cards"}, DueBy: sqltest.Noon},
		{Kind: ports.KindRecharge, ExceptProviders: []string{"cards"}, DueBy: sqltest.Noon},
		{Kind: ports.KindRecharge, Statuses: []string{"review", "disputed"}},
		{Kind: ports.KindRecharge, Statuses: []string{"review"}, NewestFirst: true, AfterID: "x"},
		{Kind: ports.KindWithdrawal, Statuses: []string{"approved"}, Open: true, Providers: []string{"bank"}},
		{Kind: ports.KindPolicy, Open: true},
		{Lane: "lane", Open: true},
		{WalletID: "w"},
		{Reference: "r"},
		{ProviderRef: "p"},
	} {
		filter.Limit = 5
		ask(store.FindOperations(ctx, filter))
	}
	page, err := store.Feed(ctx, "", 2)
	require.NoError(t, err)
	ask(store.Feed(ctx, page.Cursor, 5))
	ask(store.CheckWallet(ctx, "w"))
	planned := 0
	for text := range l.texts {
		if !strings.Contains(text, "jigap_") || !strings.HasPrefix(text, "SELECT") && !strings.HasPrefix(text, "UPDATE") && !strings.HasPrefix(text, "DELETE") {
			continue
		}
		planned++
		steps := plan(t, store, text)
		for asked, found := range map[string]string{
			"(wallet_id, key_text) IN": "(wallet_id=? AND key_text=?)", "(wallet_id, seq) IN": "(wallet_id=? AND seq=?)",
			"? AND refers_to = ? AND seq": "(wallet_id=? AND refers_to=?", "refers_to = ? AND type = ?)": "(wallet_id=? AND refers_to=? AND type=?)", "open_lane IN": "(open_lane=?)",
			"? AND reference = ?": "(wallet_id=? AND reference=?", "? AND operation_id = ?": "(wallet_id=? AND operation_id=?",
			"next_expiry <= ?": "(next_expiry<?)",
		} {
			if strings.Contains(text, asked) {
				require.Contains(t, strings.Join(steps, "; "), found, text)
			}
		}
		for _, step := range steps {
			whole := strings.HasPrefix(step, "SCAN jigap_") && !strings.Contains(step, "INDEX")
			require.False(t, whole && !strings.HasPrefix(step, "SCAN jigap_feed_head"), "%s: %s", text, step)
		}
	}
	require.Greater(t, planned, 30)
}

// plan returns the steps of a statement.
func plan(t *testing.T, store *sqlite.Store, text string) (steps []string) {
	t.Helper()
	args := make([]any, strings.Count(text, "?"))
	for i := range args {
		args[i] = "x"
	}
	rows, err := store.DB().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}
