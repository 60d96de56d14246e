package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// unseen are the columns of which Verify cannot tell whether they were changed, and why.
// docs/operations.md has the same list.
var unseen = map[string]string{
	"wallets.clock":       "orders the change feed; no entry has it",
	"wallets.version":     "counts writes, also those without an entry",
	"wallets.hold_expiry": "may be too early; a time behind the expiry of an open hold is found",
	"wallets.watch_below": "is set without an entry",
	"wallets.watch_above": "is set without an entry",
	"wallets.counters":    "what was credited in the day and the month is in no entry; what is incoming is proved",
}

// story books something of every kind on wallet w.
func story(t *testing.T, store *postgres.Store) *ledger.Ledger {
	t.Helper()
	l, err := ledger.New(store, ledger.Config{Limits: ledger.SameLimits(ledger.Limits{CreditedPerDay: decimal.NewNullDecimal(dec(10_000))})})
	require.NoError(t, err)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		require.NoError(t, err)
	}
	for _, id := range []string{"w", "peer"} {
		_, err = l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW", Scale: 1})
		must(err)
		_, err = l.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: "in", Amount: dec(1000), Note: ledger.Note{
			Reference: "order", Memo: "memo", Metadata: map[string]string{"a": "b"}, OccurredAt: noon,
		}})
		must(err)
	}
	_, err = l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "grant", Amount: dec(100), ExpiresAt: time.Now().Add(time.Hour), Priority: 3})
	must(err)
	_, err = l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "deduct", Amount: dec(150)})
	must(err)
	for _, key := range []string{"refund 1", "refund 2"} {
		_, err = l.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: key, Of: "deduct", Amount: dec(60)})
		must(err)
	}
	_, err = l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "open hold", Amount: dec(70), ExpiresAt: time.Now().Add(time.Hour), Note: ledger.Note{Reference: "hold"}})
	must(err)
	ended, err := l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "ended hold", Amount: dec(40)})
	must(err)
	_, err = l.Capture(ctx, ledger.CaptureRequest{HoldID: ended.Hold.ID, Key: "capture", Amount: dec(30), Final: true})
	must(err)
	_, err = l.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "peer", Key: "transfer", Amount: dec(10)})
	must(err)
	_, err = l.Book(ctx, books.Booking{
		WalletID: "w", Key: "withdraw", Type: ports.EntryWithdraw, Balance: dec(-50), Counterparty: ports.AccountPayable,
	})
	must(err)
	_, err = l.Book(ctx, books.Booking{
		WalletID: "w", Key: "paid", Type: ports.EntryWithdrawEnd, Moves: []ports.Move{
			{Account: ports.AccountPayable, Amount: dec(-50)}, {Account: ports.AccountFee, Amount: dec(1)}, {Account: ports.AccountClearing("bank"), Amount: dec(49)},
		},
	})
	must(err)
	_, err = l.Rescale(ctx, ledger.RescaleRequest{WalletID: "w", Key: "rescale", Scale: 2, By: ports.By{Who: "kim", Why: "finer prices"}})
	must(err)
	_, err = l.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "adjust", Balance: dec(1), By: ports.By{Who: "kim", Why: "counted"}})
	must(err)
	below := decimal.NewNullDecimal(dec(100))
	_, err = l.Book(ctx, books.Booking{WalletID: "w", Watch: &ports.Watch{Below: below, Above: decimal.NewNullDecimal(dec(5000))}})
	must(err)
	return l
}

func dec(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

// corruptions of a column, by its type.
var corruptions = map[string][]string{
	"bigint":                   {"%[1]s + 1", "%[1]s - 1", "0", "NULL"},
	"integer":                  {"%[1]s + 1", "7"},
	"boolean":                  {"NOT %[1]s"},
	"text":                     {"%[1]s || 'x'", "''", "NULL"},
	"numeric":                  {"%[1]s + 1", "-%[1]s - 1", "NULL", "'NaN'", "'Infinity'"},
	"bytea":                    {"%[1]s || '\\x00'", "substr(%[1]s, 1, 31)", "set_byte(%[1]s, 5, (get_byte(%[1]s, 5) + 1) %% 256)", "NULL"},
	"timestamp with time zone": {"%[1]s + interval '1 second'", "%[1]s - interval '1 day'", "NULL", "'infinity'"},
	"json":                     {"NULL", "'[]'", "replace(%[1]s::text, '1', '2')::json", "regexp_replace(%[1]s::text, '\\d', '9')::json"},
}

// TestLedger_Verify_columns plants every corruption in every column of every table, in
// each row of a wallet. The database refuses it, or Verify finds it, or the column is in
// the list of those that Verify cannot see.
func TestLedger_Verify_columns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	l := story(t, h.store)
	_, err := l.Verify(t.Context(), "w")
	require.NoError(t, err)
	missed := make(map[string]bool)
	planted, refused := 0, 0
	for _, table := range []struct{ name, key, of string }{
		{"wallets", "id", "id = 'w'"}, {"entries", "seq::text", "wallet_id = 'w'"}, {"operations", "id", "wallet_id = 'w'"},
	} {
		columns, err := h.pool.Query(t.Context(), "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2", h.schema, table.name)
		require.NoError(t, err)
		types := make(map[string]string)
		for columns.Next() {
			var name, kind string
			require.NoError(t, columns.Scan(&name, &kind))
			types[name] = kind
		}
		require.NoError(t, columns.Err())
		rows := h.texts(t, fmt.Sprintf("SELECT %s FROM %s.%s WHERE %s", table.key, h.schema, table.name, table.of))
		for column, kind := range types {
			require.Contains(t, corruptions, kind)
			for _, change := range corruptions[kind] {
				for _, row := range rows {
					value := change
					if strings.Contains(change, "%") {
						value = fmt.Sprintf(change, column)
					}
					where := fmt.Sprintf("%s AND %s = '%s'", table.of, table.key, row)
					switch h.plant(t, table.name, column, value, where) {
					case "refused":
						refused++
					case "missed":
						missed[table.name+"."+column] = true
					case "found":
						planted++
					}
				}
			}
		}
		for _, row := range rows { // a row that is gone
			if h.plant(t, table.name, "", "", fmt.Sprintf("%s AND %s = '%s'", table.of, table.key, row)) == "missed" {
				missed[table.name+" deleted"] = true
			}
		}
	}
	var list []string
	for name := range missed {
		if _, known := unseen[name]; !known {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	require.Empty(t, list, "Verify does not see these")
	t.Logf("%d corruptions were found, %d refused by the database; not seen: %v", planted, refused, missed)
}

// plant changes rows in a transaction, asks Verify there, and rolls back. It tells what
// became of the change: "refused" by the database, "same" when nothing changed, "found" or
// "missed".
func (h *host) plant(t *testing.T, table, column, value, where string) (fate string) {
	t.Helper()
	tx, err := h.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.Background())) }()
	change := fmt.Sprintf("UPDATE %[1]s.%[2]s SET %[3]s = %[4]s WHERE %[5]s AND %[6]s <> %[7]s",
		h.schema, table, column, value, where, normal(column), normal(value))
	if column == "" {
		change = fmt.Sprintf("DELETE FROM %s.%s WHERE %s", h.schema, table, where)
	}
	tag, err := tx.Exec(t.Context(), change)
	switch {
	case err != nil:
		return "refused"
	case tag.RowsAffected() == 0:
		return "same"
	}
	l, err := ledger.New(h.store.WithTx(tx), ledger.Config{})
	require.NoError(t, err)
	require.NotPanics(t, func() { _, err = l.Verify(t.Context(), "w") }, change)
	if err == nil {
		return "missed"
	}
	if !errors.Is(err, ports.ErrNotFound) { // the wallet itself is gone
		require.ErrorIs(t, err, ledger.ErrCorrupt, change)
	}
	return "found"
}

// normal is a value as a reader sees it: zero, blank and an empty list are null.
func normal(value string) string {
	return "coalesce(nullif(nullif((" + value + ")::text, '[]'), '0'), '')"
}

// texts reads a column of text.
func (h *host) texts(t *testing.T, query string) []string {
	t.Helper()
	rows, err := h.pool.Query(t.Context(), query)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

// TestStore_reads_rows_that_are_no_records takes the constraints away and reads values that
// no record can have. The reads fail; they do not panic, and guess nothing.
func TestStore_reads_rows_that_are_no_records(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, change := range []string{
		"wallets SET balance = 'NaN'", "wallets SET point = 'Infinity'", "wallets SET balance_held = '-Infinity'", "wallets SET watch_below = 'NaN'",
		"wallets SET hash = substr(hash, 1, 31)", "wallets SET hash = hash || '\\x00'", "wallets SET lots = 'nonsense'", "wallets SET lots = E'1 2 3 4\\n'",
		"wallets SET counters = 'nonsense'", "wallets SET counters = '[]'", "wallets SET counters = '{\"incoming\": \"x\"}'",
		"wallets SET scale = 300", "entries SET balance_amount = 'NaN'", "entries SET new_balance = 'Infinity'", "entries SET refunded = 'NaN'",
		"entries SET hash = substr(hash, 1, 31)", "entries SET prev_hash = ''", "entries SET digest = '\\x01'", "entries SET lots = '{}'",
		"entries SET moves = '5'", "entries SET metadata = '[]'", "entries SET moves = '[{\"account\": \"a\", \"amount\": \"x\"}]'",
		"operations SET body = '[]'", "operations SET body = '{}'", "operations SET kind = 'unknown'", "operations SET status = 'other'",
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			unit := deducted(opened("w"), "k")
			commit(t, h.store, opened("w"), with(unit, hold("o", "")))
			_, err := h.store.Feed(t.Context(), "", 10)
			require.NoError(t, err)
			constraints := h.texts(t, fmt.Sprintf(`SELECT format('ALTER %%s DROP CONSTRAINT %%I',
					CASE contypid WHEN 0 THEN format('TABLE %%s', conrelid::regclass) ELSE format('DOMAIN %%s', contypid::regtype) END, conname)
				FROM pg_constraint WHERE contype = 'c' AND connamespace = '%s'::regnamespace`, h.schema))
			_, err = h.pool.Exec(t.Context(), strings.Join(constraints, ";")+"; UPDATE "+h.schema+"."+change, pgx.QueryExecModeSimpleProtocol)
			require.NoError(t, err)
			var problems []error
			require.NotPanics(t, func() {
				_, wallets := h.store.Wallets(t.Context(), []string{"w"})
				_, entries := h.store.Entries(t.Context(), ports.EntryFilter{WalletID: "w", Limit: 10})
				_, operations := h.store.Operations(t.Context(), []string{"o"})
				_, feed := h.store.Feed(t.Context(), "", 10)
				problems = []error{wallets, entries, operations, feed}
			})
			failed := slices.ContainsFunc(problems, func(err error) bool { return err != nil })
			require.Equal(t, change != "wallets SET scale = 300", failed, "a scale is no matter of the store: Verify sees it")
			require.NotErrorIs(t, errors.Join(problems...), ports.ErrUnavailable)
			require.Equal(t, failed, errors.Is(errors.Join(problems...), ports.ErrUnreadable))
		})
	}
}

// TestStore_CheckFeed plants changes in the tables of the feed. CheckFeed finds each of them,
// or the next reader does.
func TestStore_CheckFeed(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t) // without it the test is skipped, and not its subtests alone
	for _, change := range []string{
		"", "UPDATE jigap.feed_head SET last = 0", "UPDATE jigap.feed_head SET last = 1", "UPDATE jigap.feed_head SET last = 99",
		"DELETE FROM jigap.feed_head", "DELETE FROM jigap.feed_pending", "UPDATE jigap.feed_pending SET firsts = '{1}', lasts = '{2}'",
		"UPDATE jigap.feed_pending SET lasts = '{9}'", "UPDATE jigap.feed_pending SET wallets = '{other}'", "DELETE FROM jigap.feed",
		"UPDATE jigap.feed SET firsts = '{2}'", "UPDATE jigap.feed SET wallets = '{other}'", "UPDATE jigap.feed SET last = last + 1",
		"INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts) VALUES (7, '{w}', '{1}', '{1}')",
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			first := opened("w")
			second := deducted(first, "k")
			commit(t, h.store, first, second)
			page, err := h.store.Feed(t.Context(), "", 10)
			require.NoError(t, err)
			require.Len(t, page.Entries, 2)
			commit(t, h.store, twoEntries(deducted(second, "pending")))
			problems, err := h.store.CheckFeed(t.Context())
			require.NoError(t, err)
			require.Empty(t, problems)
			h.exec(t, change)
			problems, err = h.store.CheckFeed(t.Context())
			require.NoError(t, err)
			require.Equal(t, change != "", len(problems) > 0, "%v", problems)
		})
	}
}
