package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/ports"
)

// TestStore_Commit_foreign_writers: other programs write the tables. Whatever they do, a unit is written whole or
// not at all, and a refusal is of its own unit alone.
func TestStore_Commit_foreign_writers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does   string
		status ports.FateStatus
		is     error
	}{
		"another hash under the same version":  {"UPDATE jigap_wallets SET hash = zeroblob(32) WHERE id = 'w'", ports.FateConflict, nil},
		"another version":                      {"UPDATE jigap_wallets SET version = 7 WHERE id = 'w'", ports.FateConflict, nil},
		"another seq under the same version":   {"UPDATE jigap_wallets SET seq = 7 WHERE id = 'w'", ports.FateFailed, ports.ErrInvalid},
		"another balance":                      {"UPDATE jigap_wallets SET balance = '7' WHERE id = 'w'", ports.FateCommitted, nil},
		"the wallet is gone":                   {"DELETE FROM jigap_wallets WHERE id = 'w'", ports.FateConflict, nil},
		"its next entry is there":              {"INSERT INTO jigap_entries SELECT wallet_id, 2, type, currency, balance_amount, point_amount, old_balance, new_balance, old_point, new_point, balance_held_amount, point_held_amount, lots, counterparty, moves, peer_wallet_id, peer_seq, operation_id, refers_to, refunded, new_scale, key_text, digest, reference, memo, metadata, who, occurred_at, booked_at, prev_hash, hash FROM jigap_entries WHERE wallet_id = 'w'", ports.FateFailed, nil},
		"a trigger that refuses":               {"CREATE TRIGGER refuses BEFORE INSERT ON jigap_entries WHEN NEW.wallet_id = 'w' BEGIN SELECT RAISE(ABORT, 'no'); END", ports.FateFailed, nil},
		"a trigger that rolls back":            {"CREATE TRIGGER refuses BEFORE INSERT ON jigap_entries WHEN NEW.wallet_id = 'w' BEGIN SELECT RAISE(ROLLBACK, 'no'); END", ports.FateFailed, nil},
		"a trigger that drops wallets":         {"CREATE TRIGGER drops BEFORE UPDATE ON jigap_wallets WHEN NEW.id = 'w' BEGIN SELECT RAISE(IGNORE); END", ports.FateFailed, nil},
		"a trigger that drops entries":         {"CREATE TRIGGER drops BEFORE INSERT ON jigap_entries WHEN NEW.wallet_id = 'w' BEGIN SELECT RAISE(IGNORE); END", ports.FateFailed, nil},
		"a trigger that drops operations":      {"CREATE TRIGGER drops BEFORE INSERT ON jigap_operations WHEN NEW.id = 'o' BEGIN SELECT RAISE(IGNORE); END", ports.FateFailed, nil},
		"a trigger that drops notes":           {"CREATE TRIGGER drops BEFORE INSERT ON jigap_feed_pending WHEN NEW.runs LIKE '{\"w\":[%\"w\"%' BEGIN SELECT RAISE(IGNORE); END", ports.FateFailed, nil},
		"the lane is taken by another program": {"INSERT INTO jigap_operations SELECT 'x', 1, kind, wallet_id, status, 1, 'lane', 'lane', NULL, NULL, NULL, NULL, created_at, body FROM jigap_operations LIMIT 1", ports.FateLaneTaken, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			first, other := sqltest.Opened("w"), sqltest.Opened("v")
			sqltest.Commit(t, h, first, other, ports.Unit{Operations: []ports.Operation{sqltest.Hold("before", "")}})
			h.exec(t, c.does)
			unit := sqltest.Deducted(first, "key")
			unit.Operations = []ports.Operation{sqltest.Hold("o", "lane")}
			fates := h.Commit(t.Context(), []ports.Unit{sqltest.Deducted(other, "one"), unit, sqltest.Opened("new")})
			require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
			require.Equal(t, c.status, fates[1].Status, "%v", fates[1].Err)
			require.Equal(t, ports.FateCommitted, fates[2].Status, "%v", fates[2].Err)
			if c.is != nil {
				require.ErrorIs(t, fates[1].Err, c.is)
			}
			written := c.status == ports.FateCommitted
			require.Equal(t, written, sqltest.Keyed(t, h, "w", "key"))
			operations, err := h.Operations(t.Context(), []string{"o"})
			require.NoError(t, err)
			require.Equal(t, written, len(operations) == 1)
			require.True(t, sqltest.Keyed(t, h, "v", "one"))
			sqltest.Wallet(t, h, "new")
		})
	}
}

// TestStore_reads_rows_that_are_no_records: what the store did not write is ErrUnreadable, and keeps nothing else
// from being read or written.
func TestStore_reads_rows_that_are_no_records(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]string{
		"an amount with an exponent": "UPDATE jigap_wallets SET balance = '1e9' WHERE id = 'w'",
		"an amount that is a word":   "UPDATE jigap_wallets SET point = 'much' WHERE id = 'w'",
		"lots of another form":       "UPDATE jigap_wallets SET lots = '1 2' WHERE id = 'w'",
		"counters of another form":   "UPDATE jigap_wallets SET counters = '[]' WHERE id = 'w'",
		"a scale out of range":       "UPDATE jigap_wallets SET scale = 5000000000 WHERE id = 'w'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			other := sqltest.Opened("v")
			sqltest.Commit(t, h, sqltest.Opened("w"), other)
			h.exec(t, does)
			_, err := h.Wallets(t.Context(), []string{"v", "w"})
			require.ErrorIs(t, err, ports.ErrUnreadable)
			sqltest.Wallet(t, h, "v")
			sqltest.Commit(t, h, sqltest.Deducted(other, "key"))
		})
	}
	for name, does := range map[string]string{
		"a status that differs from the record":    "UPDATE jigap_operations SET status = 'released'",
		"a lane that differs from the record":      "UPDATE jigap_operations SET lane = 'other'",
		"an open lane that differs":                "UPDATE jigap_operations SET open_lane = NULL",
		"a time of creation that differs":          "UPDATE jigap_operations SET created_at = 1",
		"a due time that differs":                  "UPDATE jigap_operations SET due_at = 1",
		"an unknown kind":                          "UPDATE jigap_operations SET kind = 'gift'",
		"a body that is no record":                 "UPDATE jigap_operations SET body = '{}'",
		"a version that differs from the record's": "UPDATE jigap_operations SET version = 9",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			sqltest.Commit(t, h, sqltest.Opened("w"), ports.Unit{Operations: []ports.Operation{sqltest.Hold("o", "lane")}})
			h.exec(t, does)
			_, err := h.Operations(t.Context(), []string{"o"})
			require.ErrorIs(t, err, ports.ErrUnreadable)
			problems, err := h.CheckWallet(t.Context(), "w")
			require.NoError(t, err)
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], "operation o")
		})
	}
}

func TestStore_CheckWallet(t *testing.T) {
	t.Parallel()
	for does, problem := range map[string]string{
		"UPDATE jigap_wallets SET due = 1":         "column due is not what its watch asks for",
		"UPDATE jigap_wallets SET next_expiry = 5": "column next_expiry is not the next expiry of its lots",
		"UPDATE jigap_wallets SET clock = 5":       "",
	} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			sqltest.Commit(t, h, sqltest.Opened("w"))
			h.exec(t, does)
			problems, err := h.CheckWallet(t.Context(), "w")
			require.NoError(t, err)
			if problem == "" {
				require.Empty(t, problems)
				return
			}
			require.Equal(t, []string{problem}, problems)
		})
	}
}

func TestStore_CheckFeed(t *testing.T) {
	t.Parallel()
	for does, problem := range map[string]string{
		"DELETE FROM jigap_feed_pending": "1 entries are neither in the feed nor waiting to be numbered",
		"DELETE FROM jigap_feed":         "2 entries are neither in the feed nor waiting to be numbered",
		"INSERT INTO jigap_feed_pending SELECT clock, 'twice', runs FROM jigap_feed_pending": "1 entries are in the feed, or waiting, more than once",
		"UPDATE jigap_feed_head SET last = 9":                                                "1 blocks of the feed do not continue the one before, or do not end at feed_head",
		"UPDATE jigap_feed SET first = 2":                                                    "1 blocks of the feed do not continue the one before, or do not end at feed_head",
		"DELETE FROM jigap_entries WHERE wallet_id = 'x'":                                    "1 entries are in the feed, or waiting, and are not stored",
	} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			sqltest.Commit(t, h, sqltest.Opened("w"), sqltest.Opened("v"))
			_, err := h.Feed(t.Context(), "", 10) // numbers them
			require.NoError(t, err)
			sqltest.Commit(t, h, sqltest.Opened("x"))
			problems, err := h.CheckFeed(t.Context())
			require.NoError(t, err)
			require.Empty(t, problems)
			h.exec(t, does)
			problems, err = h.CheckFeed(t.Context())
			require.NoError(t, err)
			require.Contains(t, problems, problem)
		})
	}
}

func TestFeed_damaged(t *testing.T) {
	t.Parallel()
	for does, is := range map[string]error{
		"UPDATE jigap_feed SET runs = '{}'":                    ports.ErrUnreadable,
		"UPDATE jigap_feed SET runs = 'x'":                     ports.ErrUnreadable,
		"DELETE FROM jigap_feed":                               ports.ErrUnreadable,
		"DELETE FROM jigap_feed_head":                          ports.ErrUnreadable,
		"DELETE FROM jigap_entries WHERE wallet_id = 'v'":      ports.ErrUnreadable,
		"INSERT INTO jigap_feed_pending VALUES (1, 'a', 'no')": nil, // what is numbered is read
	} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, patient)
			sqltest.Commit(t, h, sqltest.Opened("w"), sqltest.Opened("v"))
			page, err := h.Feed(t.Context(), "", 10)
			require.NoError(t, err)
			require.Len(t, page.Entries, 2)
			h.exec(t, does)
			page, err = h.Feed(t.Context(), "", 10)
			if is == nil {
				require.NoError(t, err)
				require.Len(t, page.Entries, 2)
				_, err = h.Feed(t.Context(), page.Cursor, 10)
				require.ErrorIs(t, err, ports.ErrUnreadable)
				return
			}
			require.ErrorIs(t, err, is)
		})
	}
}
