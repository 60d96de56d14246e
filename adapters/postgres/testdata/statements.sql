-- Every statement that the store sends, for a reviewer: behind the methods that send it. TestStatements compares the file
-- with what is sent, and writes it: go test ./adapters/postgres -run TestStatements -update
--
-- The schema is "jigap", and long lines are broken. The commands of Store.Migrate are those of migrations/*.sql and the ones
-- below. A server that has Citus is asked one thing more: see checkDistributed.

-- Store.Migrate
-- Store.CommitLocked
-- Store.CommitLocked, which does not wait
-- Store.Feed
-- TxStore.Feed
begin isolation level read committed;

-- Store.Migrate
-- first call of a Store
SELECT current_setting('server_version_num')::int, version(), current_setting('server_encoding'),
	EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'), now();

-- Store.Migrate
SELECT pg_advisory_xact_lock($1);

-- Store.Migrate
SELECT to_regclass($1) IS NOT NULL;

-- Store.Migrate
SELECT to_regnamespace($1) IS NOT NULL;

-- Store.Migrate
CREATE SCHEMA jigap;

-- Store.Migrate
SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2);

-- Store.Migrate
SELECT count(*) FROM jigap.feed_head;

-- Store.Migrate
-- Store.CommitLocked
-- Store.CommitLocked, which does not wait
-- Store.Feed
-- TxStore.Feed
commit;

-- Store.Migrate
SELECT coalesce(max(version), 0) FROM jigap.migrations;

-- first call of a Store
-- Store.Wallets
-- TxStore.Wallets
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE id = ANY($1);

-- Store.Commit
SELECT id, version, encode(hash, 'hex') FROM jigap.wallets WHERE id = ANY($1);

-- Store.Commit
SELECT id, version, '' FROM jigap.operations WHERE id = ANY($1);

-- Store.Commit
SELECT FROM jigap.wallets WHERE id = $1 FOR KEY SHARE;

-- Store.Commit
SELECT FROM jigap.operations WHERE id = $1 FOR KEY SHARE;

-- Store.CommitLocked
-- Store.CommitLocked, which does not wait
SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true);

-- Store.CommitLocked
SELECT true FROM jigap.wallets WHERE id = $1 FOR NO KEY UPDATE;

-- Store.CommitLocked
-- Store.CommitLocked, which does not wait
SELECT EXISTS (SELECT FROM jigap.wallets WHERE id = $1);

-- Store.CommitLocked
-- TxStore.LockWallets
-- TxStore.Commit
SAVEPOINT jigap_unit;

-- Store.CommitLocked
-- TxStore.LockWallets
-- TxStore.Commit
SELECT set_config('jigap.lock_timeout', s.setting, true),
	set_config('lock_timeout', CASE WHEN s.setting::bigint BETWEEN 1 AND $1::bigint THEN s.setting ELSE $1::bigint::text END, true)
FROM (SELECT setting FROM pg_settings WHERE name = 'lock_timeout') s;

-- Store.CommitLocked
-- TxStore.LockWallets
-- TxStore.Commit
SELECT set_config('lock_timeout', current_setting('jigap.lock_timeout'), true);

-- Store.CommitLocked
-- TxStore.LockWallets
-- TxStore.Commit
RELEASE SAVEPOINT jigap_unit;

-- Store.CommitLocked, which does not wait
SELECT true FROM jigap.wallets WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED;

-- Store.FindWallets
-- TxStore.FindWallets
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets ORDER BY id LIMIT $1;

-- Store.FindWallets, ExpiringBy
-- TxStore.FindWallets, ExpiringBy
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE next_expiry <= $1 ORDER BY id LIMIT $2;

-- Store.FindWallets, Due
-- TxStore.FindWallets, Due
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE due ORDER BY id LIMIT $1;

-- Store.FindWallets, Statuses
-- TxStore.FindWallets, Statuses
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE status = ANY($1) ORDER BY id LIMIT $2;

-- Store.FindWallets, AfterID
-- TxStore.FindWallets, AfterID
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE id > $1 ORDER BY id LIMIT $2;

-- Store.EntriesByKey
-- TxStore.EntriesByKey
SELECT DISTINCT ON (e.wallet_id, e.seq) e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance,
		e.new_balance, e.old_point, e.new_point, e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id,
		e.peer_seq, e.operation_id, e.refers_to, e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at,
		e.booked_at, e.prev_hash, e.hash
FROM (SELECT $1::text[] AS wallets, $2::text[] AS keys OFFSET 0) p, unnest(p.wallets, p.keys) AS k(wallet_id, key)
JOIN jigap.entries e ON e.wallet_id = k.wallet_id AND e.key = k.key;

-- Store.LastReferring
-- TxStore.LastReferring
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash, e.hash
FROM (SELECT DISTINCT k.wallet_id, k.seq FROM (SELECT $1::text[] AS wallets, $2::bigint[] AS seqs OFFSET 0) p, unnest(p.wallets,
		p.seqs) AS k(wallet_id, seq)) k
CROSS JOIN LATERAL (
	SELECT * FROM jigap.entries r WHERE r.wallet_id = k.wallet_id AND r.refers_to = k.seq AND r.type = $3 ORDER BY r.seq DESC LIMIT 1
) e;

-- Store.Entries
-- Store.Entries, AfterSeq
-- TxStore.Entries
-- TxStore.Entries, AfterSeq
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3;

-- Store.Entries, Types
-- TxStore.Entries, Types
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.type = ANY($2) AND e.seq > $3 ORDER BY e.seq LIMIT $4;

-- Store.Entries, From
-- TxStore.Entries, From
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.seq > (
WITH RECURSIVE halves AS (
	SELECT 0::bigint AS low, coalesce((SELECT max(h.seq) FROM jigap.entries h WHERE h.wallet_id = $2), 0) AS high, $3::timestamptz AS bound
	UNION ALL
	SELECT CASE WHEN early THEN middle ELSE low END, CASE WHEN early THEN high ELSE middle - 1 END, bound
	FROM (
		SELECT low, high, bound, (low + high + 1) / 2 AS middle,
			(SELECT m.booked_at < bound FROM jigap.entries m WHERE m.wallet_id = $4 AND m.seq = (low + high + 1) / 2) AS early
		FROM halves WHERE low < high
	) step
)
SELECT low FROM halves WHERE low = high) AND e.seq > $5 ORDER BY e.seq LIMIT $6;

-- Store.Entries, Until
-- TxStore.Entries, Until
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.seq <= (
WITH RECURSIVE halves AS (
	SELECT 0::bigint AS low, coalesce((SELECT max(h.seq) FROM jigap.entries h WHERE h.wallet_id = $2), 0) AS high, $3::timestamptz AS bound
	UNION ALL
	SELECT CASE WHEN early THEN middle ELSE low END, CASE WHEN early THEN high ELSE middle - 1 END, bound
	FROM (
		SELECT low, high, bound, (low + high + 1) / 2 AS middle,
			(SELECT m.booked_at < bound FROM jigap.entries m WHERE m.wallet_id = $4 AND m.seq = (low + high + 1) / 2) AS early
		FROM halves WHERE low < high
	) step
)
SELECT low FROM halves WHERE low = high) AND e.seq > $5 ORDER BY e.seq LIMIT $6;

-- Store.Entries, Reference
-- TxStore.Entries, Reference
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.reference = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4;

-- Store.Entries, OperationID
-- TxStore.Entries, OperationID
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.operation_id = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4;

-- Store.Entries, RefersTo
-- TxStore.Entries, RefersTo
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.refers_to = $2 AND e.seq > $3 ORDER BY e.seq LIMIT $4;

-- Store.Entries, BeforeSeq
-- TxStore.Entries, BeforeSeq
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.seq > $2 AND e.seq < $3 ORDER BY e.seq LIMIT $4;

-- Store.Entries, Descending
-- TxStore.Entries, Descending
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash,
		e.hash FROM jigap.entries e WHERE e.wallet_id = $1 AND e.seq > $2 ORDER BY e.seq DESC LIMIT $3;

-- Store.Feed
-- TxStore.Feed
SELECT h.last, EXISTS (SELECT FROM jigap.feed_pending), b.first, b.last, b.id::text, b.wallets, b.firsts, b.lasts
FROM jigap.feed_head h LEFT JOIN LATERAL (
	SELECT * FROM jigap.feed WHERE last >= $1 AND last > 0 AND last <= $3 AND first <= $2 ORDER BY last
) b ON true
ORDER BY b.last;

-- Store.Feed
-- TxStore.Feed
SELECT set_config('idle_in_transaction_session_timeout', $1, true);

-- Store.Feed
-- TxStore.Feed
SELECT last FROM jigap.feed_head FOR UPDATE;

-- Store.Feed
-- TxStore.Feed
SELECT coalesce(max(last), 0) FROM jigap.feed;

-- Store.Feed
-- TxStore.Feed
SELECT clock, id::text, wallets, firsts, lasts FROM jigap.feed_pending ORDER BY clock, id LIMIT $1;

-- Store.Feed
INSERT INTO jigap.feed (first, last, id, wallets, firsts, lasts) VALUES ($1, $2, $3::text::uuid, $4, $5, $6);

-- Store.Feed
DELETE FROM jigap.feed_pending p USING unnest($1::bigint[], $2::text[]::uuid[]) k(clock, id) WHERE p.clock = k.clock AND p.id = k.id;

-- Store.Feed
UPDATE jigap.feed_head SET last = $1;

-- Store.Feed
-- TxStore.Feed
SELECT e.wallet_id, e.seq, e.type, e.currency, e.balance_amount, e.point_amount, e.old_balance, e.new_balance, e.old_point, e.new_point,
		e.balance_held_amount, e.point_held_amount, e.lots, e.counterparty, e.moves, e.peer_wallet_id, e.peer_seq, e.operation_id, e.refers_to,
		e.refunded, e.new_scale, e.key, e.digest, e.reference, e.memo, e.metadata, e.who, e.occurred_at, e.booked_at, e.prev_hash, e.hash
FROM (SELECT $1::text[] AS wallets, $2::bigint[] AS seqs OFFSET 0) p,
unnest(p.wallets, p.seqs) WITH ORDINALITY AS k(wallet_id, seq, place)
JOIN jigap.entries e ON e.wallet_id = k.wallet_id AND e.seq = k.seq
ORDER BY k.place;

-- Store.Totals
-- TxStore.Totals
SELECT currency, account, sum(balance), sum(point) FROM (
	SELECT currency, 'wallets' AS account, sum(balance) AS balance, sum(point) AS point FROM jigap.wallets GROUP BY currency
	UNION ALL
	SELECT currency, counterparty, -coalesce(sum(balance_amount), 0), -coalesce(sum(point_amount), 0)
	FROM jigap.entries WHERE counterparty IS NOT NULL GROUP BY currency, counterparty
	UNION ALL
	SELECT e.currency, m ->> 'account', sum((m ->> 'amount')::numeric), 0
	FROM jigap.entries e, json_array_elements(e.moves) m WHERE e.moves IS NOT NULL GROUP BY 1, 2
) sums GROUP BY currency, account;

-- Store.Operations
-- TxStore.Operations
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE id = ANY($1);

-- Store.FindOperations
-- TxStore.FindOperations
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations ORDER BY id LIMIT $1;

-- Store.FindOperations, Kind
-- TxStore.FindOperations, Kind
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE kind = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, WalletID
-- TxStore.FindOperations, WalletID
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE wallet_id = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, Statuses
-- TxStore.FindOperations, Statuses
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE status = ANY($1) ORDER BY id LIMIT $2;

-- Store.FindOperations, Open
-- TxStore.FindOperations, Open
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE open ORDER BY id LIMIT $1;

-- Store.FindOperations, Lane
-- TxStore.FindOperations, Lane
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE lane = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, Reference
-- TxStore.FindOperations, Reference
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE reference = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, ProviderRef
-- TxStore.FindOperations, ProviderRef
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE provider_ref = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, DueBy
-- TxStore.FindOperations, DueBy
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2;

-- Store.FindOperations, CreatedFrom
-- TxStore.FindOperations, CreatedFrom
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE (body ->> 'CreatedAt')::timestamptz >= $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, CreatedBefore
-- TxStore.FindOperations, CreatedBefore
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE (body ->> 'CreatedAt')::timestamptz < $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, Providers
-- TxStore.FindOperations, Providers
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE provider = $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, ExceptProviders
-- TxStore.FindOperations, ExceptProviders
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE coalesce(provider, '') <> ALL($1) ORDER BY id LIMIT $2;

-- Store.FindOperations, AfterID
-- TxStore.FindOperations, AfterID
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE id > $1 ORDER BY id LIMIT $2;

-- Store.FindOperations, NewestFirst
-- TxStore.FindOperations, NewestFirst
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations ORDER BY id DESC LIMIT $1;

-- Store.FindOperations, one Provider that is blank
-- TxStore.FindOperations, one Provider that is blank
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE provider IS NULL ORDER BY id LIMIT $1;

-- Store.FindOperations, several Providers
-- TxStore.FindOperations, several Providers
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE coalesce(provider, '') = ANY($1) ORDER BY id LIMIT $2;

-- Store.FindOperations, AfterID and NewestFirst
-- TxStore.FindOperations, AfterID and NewestFirst
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE id < $1 ORDER BY id DESC LIMIT $2;

-- Store.FindOperations, holds of a wallet that are due
-- TxStore.FindOperations, holds of a wallet that are due
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE kind = $1 AND wallet_id = $2 AND kind = 'hold' AND open AND due_at <= $3 ORDER BY due_at, id LIMIT $4;

-- Store.FindOperations, what may need a person
-- TxStore.FindOperations, what may need a person
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE status = ANY($1) AND status IN ('review', 'disputed', 'requested', 'suspended') ORDER BY id LIMIT $2;

-- Store.FindOperations, withdrawals that wait
-- TxStore.FindOperations, withdrawals that wait
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE status = ANY($1) AND open AND status = 'approved' ORDER BY id LIMIT $2;

-- Store.CheckWallet
-- TxStore.CheckWallet
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters, due, next_expiry FROM jigap.wallets WHERE id = $1;

-- Store.CheckWallet
-- TxStore.CheckWallet
SELECT kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref,
		due_at FROM jigap.operations WHERE wallet_id = $1 AND id > $2 ORDER BY id LIMIT 1000;

-- Store.CheckFeed
WITH runs AS (
	SELECT r.* FROM jigap.feed f, unnest(f.wallets, f.firsts, f.lasts) AS r(wallet_id, first, last)
	UNION ALL
	SELECT r.* FROM jigap.feed_pending f, unnest(f.wallets, f.firsts, f.lasts) AS r(wallet_id, first, last)
),
listed AS (
	SELECT wallet_id, seq, count(*) AS times FROM runs, generate_series(first, last) AS seq GROUP BY wallet_id, seq
)
SELECT count(*) FILTER (WHERE l.seq IS NULL), count(*) FILTER (WHERE l.times > 1), count(*) FILTER (WHERE e.seq IS NULL),
	h.last, (SELECT coalesce(sum(last - first + 1), 0)::bigint FROM jigap.feed), (SELECT coalesce(max(last), 0) FROM jigap.feed)
FROM jigap.feed_head h, listed l FULL JOIN jigap.entries e ON e.wallet_id = l.wallet_id AND e.seq = l.seq
GROUP BY h.last;

-- TxStore.LockWallets
SELECT id, currency, scale, status, balance, balance_held, point, point_held, lots, open_operations, watch_below, watch_above, version,
		seq, hash, opened_at, booked_at, hold_expiry, counters FROM jigap.wallets WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE;

-- TxStore.Commit
ROLLBACK TO SAVEPOINT jigap_unit; RELEASE SAVEPOINT jigap_unit;

-- What follows are the statements of Store.Commit, Store.CommitLocked and TxStore.Commit, each with the units that it is for. Those for units
-- of one wallet have four or eight forms, which differ in the columns that travel: the forms with the fewest and with all columns are written
-- out, the others have a digest. "host" is the form in a transaction of the host, "again" the one for units that another transaction held up.

-- units: any, without operations
WITH wallet_rows AS MATERIALIZED (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version,
		0) AS version, coalesce(seq, 0) AS seq, opened_at AS opened_at, booked_at AS booked_at, next_expiry AS next_expiry,
		hold_expiry AS hold_expiry, coalesce(open_operations, 0) AS open_operations, coalesce(scale, 0) AS scale, coalesce(due, false) AS due,
		id AS id, currency AS currency, status AS status, coalesce(balance, 0) AS balance, coalesce(balance_held, 0) AS balance_held,
		coalesce(point, 0) AS point, coalesce(point_held, 0) AS point_held, watch_below AS watch_below, watch_above AS watch_above, hash AS hash,
		NULLIF(lots, '') AS lots, NULLIF(counters, '') AS counters
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::timestamptz[] AS a7, $9::timestamptz[] AS a8, $10::bigint[] AS a9, $11::bigint[] AS a10,
		$12::boolean[] AS a11, $13::text[] AS a12, $14::text[] AS a13, $15::text[] AS a14, $16::numeric[] AS a15, $17::numeric[] AS a16,
		$18::numeric[] AS a17, $19::numeric[] AS a18, $20::numeric[] AS a19, $21::numeric[] AS a20, $22::bytea[] AS a21, $23::text[] AS a22,
		$24::text[] AS a23, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations,
		scale, due, id, currency, status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots,
		counters) LIMIT (SELECT NULL::bigint)),
entry_rows AS MATERIALIZED (SELECT coalesce(unit, 0) AS unit, coalesce(seq, 0) AS seq, occurred_at AS occurred_at, booked_at AS booked_at,
		NULLIF(peer_seq, 0) AS peer_seq, NULLIF(refers_to, 0) AS refers_to, NULLIF(new_scale, 0) AS new_scale, wallet_id AS wallet_id,
		type AS type, currency AS currency, balance_amount AS balance_amount, old_balance AS old_balance, new_balance AS new_balance,
		point_amount AS point_amount, old_point AS old_point, new_point AS new_point, balance_held_amount AS balance_held_amount,
		point_held_amount AS point_held_amount, refunded AS refunded, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key,
		digest AS digest, prev_hash AS prev_hash, hash AS hash, NULLIF(reference, '') AS reference, NULLIF(operation_id, '') AS operation_id,
		NULLIF(peer_wallet_id, '') AS peer_wallet_id, NULLIF(memo, '') AS memo, NULLIF(metadata, '')::json AS metadata, NULLIF(who, '') AS who,
		NULLIF(lots, '')::json AS lots, NULLIF(moves, '')::json AS moves
FROM (SELECT $25::bigint[] AS a0, $26::bigint[] AS a1, $27::timestamptz[] AS a2, $28::timestamptz[] AS a3, $29::bigint[] AS a4,
		$30::bigint[] AS a5, $31::bigint[] AS a6, $32::text[] AS a7, $33::text[] AS a8, $34::text[] AS a9, $35::numeric[] AS a10,
		$36::numeric[] AS a11, $37::numeric[] AS a12, $38::numeric[] AS a13, $39::numeric[] AS a14, $40::numeric[] AS a15, $41::numeric[] AS a16,
		$42::numeric[] AS a17, $43::numeric[] AS a18, $44::text[] AS a19, $45::text[] AS a20, $46::bytea[] AS a21, $47::bytea[] AS a22,
		$48::bytea[] AS a23, $49::text[] AS a24, $50::text[] AS a25, $51::text[] AS a26, $52::text[] AS a27, $53::text[] AS a28,
		$54::text[] AS a29, $55::text[] AS a30, $56::text[] AS a31, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23, p.a24, p.a25, p.a26, p.a27, p.a28, p.a29, p.a30, p.a31) AS t(unit, seq, occurred_at, booked_at, peer_seq,
		refers_to, new_scale, wallet_id, type, currency, balance_amount, old_balance, new_balance, point_amount, old_point, new_point,
		balance_held_amount, point_held_amount, refunded, counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id,
		memo, metadata, who, lots, moves) LIMIT (SELECT NULL::bigint)),

current AS MATERIALIZED (
	SELECT r.unit, r.base, r.id, w.seq, w.clock
	FROM (SELECT * FROM wallet_rows WHERE version > 1 ORDER BY id) r CROSS JOIN LATERAL (
		SELECT seq, clock FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
		FOR NO KEY UPDATE SKIP LOCKED
	) w
),
clock AS MATERIALIZED (SELECT 1 + coalesce(max(clock), 0) AS tick FROM current),

refused AS MATERIALIZED (
	SELECT unit, 1 AS reason, id, NULL AS other FROM wallet_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current)
	UNION ALL
	SELECT r.unit, 1, r.id, NULL FROM wallet_rows r
	WHERE r.version = 1 AND (SELECT true FROM jigap.wallets w WHERE w.id = r.id) IS NOT NULL
	UNION ALL
	SELECT unit, 2, id, NULL FROM current WHERE seq <> base
	UNION ALL
	SELECT unit, 2, id, NULL FROM wallet_rows WHERE version = 1 AND base <> 0
	UNION ALL
	SELECT r.unit, 3, r.wallet_id, r.key FROM entry_rows r
	WHERE (SELECT true FROM jigap.entries e WHERE e.wallet_id = r.wallet_id AND e.key = r.key) IS NOT NULL
),
updated AS (
	UPDATE jigap.wallets w SET clock = clock.tick, version = r.version, seq = r.seq, opened_at = r.opened_at, booked_at = r.booked_at,
		next_expiry = r.next_expiry, hold_expiry = r.hold_expiry, open_operations = r.open_operations, scale = r.scale, due = r.due,
		currency = r.currency, status = r.status, balance = r.balance, balance_held = r.balance_held, point = r.point, point_held = r.point_held,
		watch_below = r.watch_below, watch_above = r.watch_above, hash = r.hash, lots = r.lots, counters = r.counters
	FROM wallet_rows r, clock
	WHERE w.id = r.id AND w.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
created AS (
	INSERT INTO jigap.wallets (clock, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations, scale, due, id, currency,
		status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots, counters)
	SELECT clock.tick, r.version, r.seq, r.opened_at, r.booked_at, r.next_expiry, r.hold_expiry, r.open_operations, r.scale, r.due, r.id,
		r.currency, r.status, r.balance, r.balance_held, r.point, r.point_held, r.watch_below, r.watch_above, r.hash, r.lots,
		r.counters FROM wallet_rows r, clock
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
	ORDER BY r.id
	RETURNING 1
),
booked AS (
	INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency, balance_amount,
		old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded, counterparty, key,
		digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
	SELECT r.seq, r.occurred_at, r.booked_at, r.peer_seq, r.refers_to, r.new_scale, r.wallet_id, r.type, r.currency, r.balance_amount,
		r.old_balance, r.new_balance, r.point_amount, r.old_point, r.new_point, r.balance_held_amount, r.point_held_amount, r.refunded,
		r.counterparty, r.key, r.digest, r.prev_hash, r.hash, r.reference, r.operation_id, r.peer_wallet_id, r.memo, r.metadata, r.who, r.lots,
		r.moves
	FROM entry_rows r
	WHERE r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
noted AS (
	INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
	SELECT clock.tick, array_agg(r.id), array_agg(r.base + 1), array_agg(r.seq)
	FROM wallet_rows r, clock
	WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused)
	GROUP BY clock.tick
	RETURNING 1
)
SELECT unit, reason, id, other, 1 FROM refused
UNION ALL SELECT 0, 0, '', NULL,
		1 / ((SELECT count(*) FROM updated) + (SELECT count(*) FROM created) = (SELECT count(*) FROM wallet_rows r WHERE r.unit NOT IN (SELECT unit FROM refused))
	AND (SELECT count(*) FROM booked) = (SELECT count(*) FROM entry_rows r WHERE r.unit NOT IN (SELECT unit FROM refused))
	AND ((SELECT count(*) FROM noted) = 1) = EXISTS (SELECT FROM wallet_rows r WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused)))::int
ORDER BY 1, 2;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"

-- units: any
WITH wallet_rows AS MATERIALIZED (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version,
		0) AS version, coalesce(seq, 0) AS seq, opened_at AS opened_at, booked_at AS booked_at, next_expiry AS next_expiry,
		hold_expiry AS hold_expiry, coalesce(open_operations, 0) AS open_operations, coalesce(scale, 0) AS scale, coalesce(due, false) AS due,
		id AS id, currency AS currency, status AS status, coalesce(balance, 0) AS balance, coalesce(balance_held, 0) AS balance_held,
		coalesce(point, 0) AS point, coalesce(point_held, 0) AS point_held, watch_below AS watch_below, watch_above AS watch_above, hash AS hash,
		NULLIF(lots, '') AS lots, NULLIF(counters, '') AS counters
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::timestamptz[] AS a7, $9::timestamptz[] AS a8, $10::bigint[] AS a9, $11::bigint[] AS a10,
		$12::boolean[] AS a11, $13::text[] AS a12, $14::text[] AS a13, $15::text[] AS a14, $16::numeric[] AS a15, $17::numeric[] AS a16,
		$18::numeric[] AS a17, $19::numeric[] AS a18, $20::numeric[] AS a19, $21::numeric[] AS a20, $22::bytea[] AS a21, $23::text[] AS a22,
		$24::text[] AS a23, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations,
		scale, due, id, currency, status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots,
		counters) LIMIT (SELECT NULL::bigint)),
entry_rows AS MATERIALIZED (SELECT coalesce(unit, 0) AS unit, coalesce(seq, 0) AS seq, occurred_at AS occurred_at, booked_at AS booked_at,
		NULLIF(peer_seq, 0) AS peer_seq, NULLIF(refers_to, 0) AS refers_to, NULLIF(new_scale, 0) AS new_scale, wallet_id AS wallet_id,
		type AS type, currency AS currency, balance_amount AS balance_amount, old_balance AS old_balance, new_balance AS new_balance,
		point_amount AS point_amount, old_point AS old_point, new_point AS new_point, balance_held_amount AS balance_held_amount,
		point_held_amount AS point_held_amount, refunded AS refunded, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key,
		digest AS digest, prev_hash AS prev_hash, hash AS hash, NULLIF(reference, '') AS reference, NULLIF(operation_id, '') AS operation_id,
		NULLIF(peer_wallet_id, '') AS peer_wallet_id, NULLIF(memo, '') AS memo, NULLIF(metadata, '')::json AS metadata, NULLIF(who, '') AS who,
		NULLIF(lots, '')::json AS lots, NULLIF(moves, '')::json AS moves
FROM (SELECT $25::bigint[] AS a0, $26::bigint[] AS a1, $27::timestamptz[] AS a2, $28::timestamptz[] AS a3, $29::bigint[] AS a4,
		$30::bigint[] AS a5, $31::bigint[] AS a6, $32::text[] AS a7, $33::text[] AS a8, $34::text[] AS a9, $35::numeric[] AS a10,
		$36::numeric[] AS a11, $37::numeric[] AS a12, $38::numeric[] AS a13, $39::numeric[] AS a14, $40::numeric[] AS a15, $41::numeric[] AS a16,
		$42::numeric[] AS a17, $43::numeric[] AS a18, $44::text[] AS a19, $45::text[] AS a20, $46::bytea[] AS a21, $47::bytea[] AS a22,
		$48::bytea[] AS a23, $49::text[] AS a24, $50::text[] AS a25, $51::text[] AS a26, $52::text[] AS a27, $53::text[] AS a28,
		$54::text[] AS a29, $55::text[] AS a30, $56::text[] AS a31, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23, p.a24, p.a25, p.a26, p.a27, p.a28, p.a29, p.a30, p.a31) AS t(unit, seq, occurred_at, booked_at, peer_seq,
		refers_to, new_scale, wallet_id, type, currency, balance_amount, old_balance, new_balance, point_amount, old_point, new_point,
		balance_held_amount, point_held_amount, refunded, counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id,
		memo, metadata, who, lots, moves) LIMIT (SELECT NULL::bigint)),
operation_rows AS MATERIALIZED (SELECT coalesce(unit, 0) AS unit, coalesce(version, 0) AS version, due_at AS due_at, coalesce(open,
		false) AS open, id AS id, kind AS kind, wallet_id AS wallet_id, status AS status, NULLIF(lane, '') AS lane, NULLIF(provider,
		'') AS provider, NULLIF(reference, '') AS reference, NULLIF(provider_ref, '') AS provider_ref, NULLIF(body, '')::json AS body
FROM (SELECT $57::bigint[] AS a0, $58::bigint[] AS a1, $59::timestamptz[] AS a2, $60::boolean[] AS a3, $61::text[] AS a4,
		$62::text[] AS a5, $63::text[] AS a6, $64::text[] AS a7, $65::text[] AS a8, $66::text[] AS a9, $67::text[] AS a10, $68::text[] AS a11,
		$69::text[] AS a12, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12) AS t(unit, version, due_at, open, id, kind,
		wallet_id, status, lane, provider, reference, provider_ref, body) LIMIT (SELECT NULL::bigint)),

current AS MATERIALIZED (
	SELECT r.unit, r.base, r.id, w.seq, w.clock
	FROM (SELECT * FROM wallet_rows WHERE version > 1 ORDER BY id) r CROSS JOIN LATERAL (
		SELECT seq, clock FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
		FOR NO KEY UPDATE SKIP LOCKED
	) w
),
clock AS MATERIALIZED (SELECT 1 + coalesce(max(clock), 0) AS tick FROM current),


current_operations AS MATERIALIZED (
	SELECT r.id
	FROM (SELECT * FROM operation_rows WHERE version > 1 AND (SELECT count(*) FROM current) >= 0 ORDER BY id) r CROSS JOIN LATERAL (
		SELECT FROM jigap.operations o WHERE o.id = r.id AND o.version = r.version - 1
		FOR NO KEY UPDATE SKIP LOCKED
	) o
),
refused AS MATERIALIZED (
	SELECT unit, 1 AS reason, id, NULL AS other FROM wallet_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current)
	UNION ALL
	SELECT r.unit, 1, r.id, NULL FROM wallet_rows r
	WHERE r.version = 1 AND (SELECT true FROM jigap.wallets w WHERE w.id = r.id) IS NOT NULL
	UNION ALL
	SELECT unit, 2, id, NULL FROM current WHERE seq <> base
	UNION ALL
	SELECT unit, 2, id, NULL FROM wallet_rows WHERE version = 1 AND base <> 0
	UNION ALL
	SELECT r.unit, 3, r.wallet_id, r.key FROM entry_rows r
	WHERE (SELECT true FROM jigap.entries e WHERE e.wallet_id = r.wallet_id AND e.key = r.key) IS NOT NULL

	UNION ALL
	SELECT unit, 4, id, NULL FROM operation_rows
	WHERE version <> 1 AND id NOT IN (SELECT id FROM current_operations)
	UNION ALL
	SELECT r.unit, 4, r.id, NULL FROM operation_rows r
	WHERE r.version = 1 AND (SELECT true FROM jigap.operations o WHERE o.id = r.id) IS NOT NULL
	UNION ALL
	SELECT r.unit, 5, r.id, o.id
	FROM operation_rows r CROSS JOIN LATERAL (
		SELECT id FROM jigap.operations o WHERE o.lane = r.lane AND o.open AND o.lane IS NOT NULL AND o.id <> r.id OFFSET 0
	) o
	WHERE r.open AND NOT EXISTS (
		SELECT FROM operation_rows f
		WHERE f.unit = r.unit AND f.id = o.id AND NOT (f.open AND (r.version > 1 OR f.lane IS NOT DISTINCT FROM r.lane)))
	UNION ALL
	SELECT r.unit, 5, r.id, f.id
	FROM operation_rows r JOIN operation_rows f ON f.unit = r.unit AND f.lane = r.lane AND f.id < r.id
	WHERE r.open AND f.open
),
updated AS (
	UPDATE jigap.wallets w SET clock = clock.tick, version = r.version, seq = r.seq, opened_at = r.opened_at, booked_at = r.booked_at,
		next_expiry = r.next_expiry, hold_expiry = r.hold_expiry, open_operations = r.open_operations, scale = r.scale, due = r.due,
		currency = r.currency, status = r.status, balance = r.balance, balance_held = r.balance_held, point = r.point, point_held = r.point_held,
		watch_below = r.watch_below, watch_above = r.watch_above, hash = r.hash, lots = r.lots, counters = r.counters
	FROM wallet_rows r, clock
	WHERE w.id = r.id AND w.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
created AS (
	INSERT INTO jigap.wallets (clock, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations, scale, due, id, currency,
		status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots, counters)
	SELECT clock.tick, r.version, r.seq, r.opened_at, r.booked_at, r.next_expiry, r.hold_expiry, r.open_operations, r.scale, r.due, r.id,
		r.currency, r.status, r.balance, r.balance_held, r.point, r.point_held, r.watch_below, r.watch_above, r.hash, r.lots,
		r.counters FROM wallet_rows r, clock
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
	ORDER BY r.id
	RETURNING 1
),
booked AS (
	INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency, balance_amount,
		old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded, counterparty, key,
		digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
	SELECT r.seq, r.occurred_at, r.booked_at, r.peer_seq, r.refers_to, r.new_scale, r.wallet_id, r.type, r.currency, r.balance_amount,
		r.old_balance, r.new_balance, r.point_amount, r.old_point, r.new_point, r.balance_held_amount, r.point_held_amount, r.refunded,
		r.counterparty, r.key, r.digest, r.prev_hash, r.hash, r.reference, r.operation_id, r.peer_wallet_id, r.memo, r.metadata, r.who, r.lots,
		r.moves
	FROM entry_rows r
	WHERE r.unit NOT IN (SELECT unit FROM refused)
	RETURNING 1
),
noted AS (
	INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
	SELECT clock.tick, array_agg(r.id), array_agg(r.base + 1), array_agg(r.seq)
	FROM wallet_rows r, clock
	WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused)
	GROUP BY clock.tick
	RETURNING 1
)
,
closed AS (
	UPDATE jigap.operations o SET version = r.version, due_at = r.due_at, open = r.open, kind = r.kind, wallet_id = r.wallet_id,
		status = r.status, lane = r.lane, provider = r.provider, reference = r.reference, provider_ref = r.provider_ref, body = r.body
	FROM operation_rows r
	WHERE o.id = r.id AND o.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused) AND NOT r.open
	RETURNING 1
),
advanced AS (
	UPDATE jigap.operations o SET version = r.version, due_at = r.due_at, open = r.open, kind = r.kind, wallet_id = r.wallet_id,
		status = r.status, lane = r.lane, provider = r.provider, reference = r.reference, provider_ref = r.provider_ref, body = r.body
	FROM operation_rows r
	WHERE o.id = r.id AND o.version = r.version - 1 AND r.version > 1 AND r.unit NOT IN (SELECT unit FROM refused) AND r.open AND (SELECT count(*) FROM closed) >= 0
	RETURNING 1
),
begun AS (
	INSERT INTO jigap.operations (version, due_at, open, id, kind, wallet_id, status, lane, provider, reference, provider_ref, body)
	SELECT r.version, r.due_at, r.open, r.id, r.kind, r.wallet_id, r.status, r.lane, r.provider, r.reference, r.provider_ref,
		r.body FROM operation_rows r
	WHERE r.version = 1 AND r.unit NOT IN (SELECT unit FROM refused)
		AND (SELECT count(*) FROM closed) + (SELECT count(*) FROM advanced) >= 0
	ORDER BY r.id
	RETURNING 1
)
SELECT unit, reason, id, other, 1 FROM refused
UNION ALL SELECT 0, 0, '', NULL,
		1 / ((SELECT count(*) FROM updated) + (SELECT count(*) FROM created) = (SELECT count(*) FROM wallet_rows r WHERE r.unit NOT IN (SELECT unit FROM refused))
	AND (SELECT count(*) FROM booked) = (SELECT count(*) FROM entry_rows r WHERE r.unit NOT IN (SELECT unit FROM refused))
	AND ((SELECT count(*) FROM noted) = 1) = EXISTS (SELECT FROM wallet_rows r WHERE r.seq > r.base AND r.unit NOT IN (SELECT unit FROM refused))
	AND (SELECT count(*) FROM closed) + (SELECT count(*) FROM advanced) + (SELECT count(*) FROM begun) = (SELECT count(*) FROM operation_rows r WHERE r.unit NOT IN (SELECT unit FROM refused)))::int
ORDER BY 1, 2;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"

-- units: one, of one wallet and one entry, with columns of: all units
WITH updated AS (UPDATE jigap.wallets w SET clock = w.clock + 1, version = coalesce($3::bigint, 0), seq = coalesce($4::bigint, 0),
		opened_at = $5::timestamptz, booked_at = $6::timestamptz, next_expiry = NULL, hold_expiry = NULL, open_operations = 0,
		scale = coalesce($7::bigint, 0), due = coalesce($8::boolean, false), currency = $10::text, status = $11::text,
		balance = coalesce($12::numeric, 0), balance_held = 0, point = 0, point_held = 0, watch_below = NULL, watch_above = NULL,
		hash = $13::bytea, lots = NULL, counters = NULL
WHERE w.id = $9::text AND w.version = coalesce($3::bigint, 0) - 1
AND set_config('lock_timeout', '10', true) IS NOT NULL
AND w.seq = coalesce($1::bigint, 0) AND w.hash = $2::bytea
AND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = $9::text AND e.key = NULLIF($19::text, ''))
RETURNING w.clock),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, wallet_id, type, currency, balance_amount, old_balance, new_balance,
		counterparty, key, digest, prev_hash, hash)
SELECT coalesce($4::bigint, 0), $14::timestamptz, $6::timestamptz, $9::text, $15::text, $10::text, $16::numeric, $17::numeric,
		NULLIF(coalesce($12::numeric, 0), 0), NULLIF($18::text, ''), NULLIF($19::text, ''), $20::bytea, $21::bytea,
		$13::bytea FROM updated RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT updated.clock, ARRAY[$9::text], ARRAY[coalesce($4::bigint, 0)], ARRAY[coalesce($4::bigint, 0)] FROM updated RETURNING 1)
SELECT count(*), 1 / ((SELECT count(*) FROM booked) = count(*) AND (SELECT count(*) FROM noted) = count(*))::int FROM updated;
-- host has not: AND set_config('lock_timeout', '10', true) IS NOT NULL
-- again has "'1'" for "'10'"

-- units: several, each of one wallet and one entry, with columns of: all units
WITH current AS MATERIALIZED (
SELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) IS NOT NULL AS taken
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version, 0) AS version, coalesce(seq,
		0) AS seq, opened_at AS opened_at, booked_at AS booked_at, coalesce(scale, 0) AS scale, coalesce(due, false) AS due, id AS id,
		currency AS currency, status AS status, coalesce(balance, 0) AS balance, hash AS hash, occurred_at AS occurred_at, type AS type,
		balance_amount AS balance_amount, old_balance AS old_balance, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key,
		digest AS digest, prev_hash AS prev_hash
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::bigint[] AS a7, $9::boolean[] AS a8, $10::text[] AS a9, $11::text[] AS a10, $12::text[] AS a11,
		$13::numeric[] AS a12, $14::bytea[] AS a13, $15::timestamptz[] AS a14, $16::text[] AS a15, $17::numeric[] AS a16, $18::numeric[] AS a17,
		$19::text[] AS a18, $20::text[] AS a19, $21::bytea[] AS a20, $22::bytea[] AS a21, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, scale, due, id, currency, status, balance, hash,
		occurred_at, type, balance_amount, old_balance, counterparty, key, digest, prev_hash) LIMIT (SELECT NULL::bigint)) r CROSS JOIN LATERAL (
SELECT clock, seq FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
FOR NO KEY UPDATE SKIP LOCKED) w),
fit AS MATERIALIZED (SELECT c.* FROM current c WHERE NOT c.gap AND NOT c.taken),
clock AS MATERIALIZED (SELECT 1 + max(reached) AS tick FROM current),
updated AS (UPDATE jigap.wallets w SET clock = (SELECT tick FROM clock), version = c.version, seq = c.seq, opened_at = c.opened_at,
		booked_at = c.booked_at, next_expiry = NULL, hold_expiry = NULL, open_operations = 0, scale = c.scale, due = c.due,
		currency = c.currency, status = c.status, balance = c.balance, balance_held = 0, point = 0, point_held = 0, watch_below = NULL,
		watch_above = NULL, hash = c.hash, lots = NULL, counters = NULL
FROM fit c WHERE w.id = c.id AND w.version = c.version - 1 RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, wallet_id, type, currency, balance_amount, old_balance, new_balance,
		counterparty, key, digest, prev_hash, hash)
SELECT c.seq, c.occurred_at, c.booked_at, c.id, c.type, c.currency, c.balance_amount, c.old_balance, NULLIF(c.balance, 0), c.counterparty,
		c.key, c.digest, c.prev_hash, c.hash FROM fit c RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT (SELECT tick FROM clock), array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM fit c HAVING count(*) > 0 RETURNING 1)
SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken), NULL::bigint[], NULL::bigint[],
		NULL::text[],
1 / (SELECT updated = fit AND booked = fit AND noted = least(1, fit) FROM (SELECT (SELECT count(*) FROM updated) AS updated,
		(SELECT count(*) FROM booked) AS booked, (SELECT count(*) FROM noted) AS noted, (SELECT count(*) FROM fit) AS fit) n)::int FROM current c;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"

-- units: several, each of one wallet and some of several entries, with columns of: all units
WITH current AS MATERIALIZED (
SELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) IS NOT NULL AS taken
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version, 0) AS version, coalesce(seq,
		0) AS seq, opened_at AS opened_at, booked_at AS booked_at, coalesce(scale, 0) AS scale, coalesce(due, false) AS due, id AS id,
		currency AS currency, status AS status, coalesce(balance, 0) AS balance, hash AS hash, occurred_at AS occurred_at, type AS type,
		balance_amount AS balance_amount, old_balance AS old_balance, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key,
		digest AS digest, prev_hash AS prev_hash
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::bigint[] AS a7, $9::boolean[] AS a8, $10::text[] AS a9, $11::text[] AS a10, $12::text[] AS a11,
		$13::numeric[] AS a12, $14::bytea[] AS a13, $15::timestamptz[] AS a14, $16::text[] AS a15, $17::numeric[] AS a16, $18::numeric[] AS a17,
		$19::text[] AS a18, $20::text[] AS a19, $21::bytea[] AS a20, $22::bytea[] AS a21, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, scale, due, id, currency, status, balance, hash,
		occurred_at, type, balance_amount, old_balance, counterparty, key, digest, prev_hash) LIMIT (SELECT NULL::bigint)) r CROSS JOIN LATERAL (
SELECT clock, seq FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
FOR NO KEY UPDATE SKIP LOCKED) w),
more AS MATERIALIZED (SELECT m.*,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = m.wallet_id AND e.key = m.key) IS NOT NULL AS taken
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(seq, 0) AS seq, occurred_at AS occurred_at, booked_at AS booked_at,
		wallet_id AS wallet_id, type AS type, currency AS currency, balance_amount AS balance_amount, old_balance AS old_balance,
		new_balance AS new_balance, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key, digest AS digest, prev_hash AS prev_hash,
		hash AS hash
FROM (SELECT $23::bigint[] AS a0, $24::bigint[] AS a1, $25::timestamptz[] AS a2, $26::timestamptz[] AS a3, $27::text[] AS a4,
		$28::text[] AS a5, $29::text[] AS a6, $30::numeric[] AS a7, $31::numeric[] AS a8, $32::numeric[] AS a9, $33::text[] AS a10,
		$34::text[] AS a11, $35::bytea[] AS a12, $36::bytea[] AS a13, $37::bytea[] AS a14, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14) AS t(unit, seq, occurred_at,
		booked_at, wallet_id, type, currency, balance_amount, old_balance, new_balance, counterparty, key, digest, prev_hash,
		hash) LIMIT (SELECT NULL::bigint)) m),
fit AS MATERIALIZED (SELECT c.* FROM current c WHERE NOT c.gap AND NOT c.taken AND c.unit NOT IN (SELECT unit FROM more WHERE taken)),
clock AS MATERIALIZED (SELECT 1 + max(reached) AS tick FROM current),
updated AS (UPDATE jigap.wallets w SET clock = (SELECT tick FROM clock), version = c.version, seq = c.seq, opened_at = c.opened_at,
		booked_at = c.booked_at, next_expiry = NULL, hold_expiry = NULL, open_operations = 0, scale = c.scale, due = c.due,
		currency = c.currency, status = c.status, balance = c.balance, balance_held = 0, point = 0, point_held = 0, watch_below = NULL,
		watch_above = NULL, hash = c.hash, lots = NULL, counters = NULL
FROM fit c WHERE w.id = c.id AND w.version = c.version - 1 RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, wallet_id, type, currency, balance_amount, old_balance, new_balance,
		counterparty, key, digest, prev_hash, hash)
SELECT c.seq, c.occurred_at, c.booked_at, c.id, c.type, c.currency, c.balance_amount, c.old_balance, NULLIF(c.balance, 0), c.counterparty,
		c.key, c.digest, c.prev_hash, c.hash FROM fit c RETURNING 1),
booked_more AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, wallet_id, type, currency, balance_amount, old_balance,
		new_balance, counterparty, key, digest, prev_hash, hash)
SELECT m.seq, m.occurred_at, m.booked_at, m.wallet_id, m.type, m.currency, m.balance_amount, m.old_balance, m.new_balance, m.counterparty,
		m.key, m.digest, m.prev_hash, m.hash FROM more m WHERE m.unit IN (SELECT unit FROM fit) RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT (SELECT tick FROM clock), array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM fit c HAVING count(*) > 0 RETURNING 1)
SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken), NULL::bigint[],
		(SELECT array_agg(unit ORDER BY unit, key) FROM more WHERE taken), (SELECT array_agg(key ORDER BY unit, key) FROM more WHERE taken),
1 / (SELECT updated = fit AND booked = fit AND noted = least(1,
		fit) AND booked_more = (SELECT count(*) FROM more WHERE unit IN (SELECT unit FROM fit)) FROM (SELECT (SELECT count(*) FROM updated) AS updated, (SELECT count(*) FROM booked) AS booked, (SELECT count(*) FROM noted) AS noted, (SELECT count(*) FROM fit) AS fit, (SELECT count(*) FROM booked_more) AS booked_more) n)::int FROM current c;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"

-- units: one, of one wallet and one entry, with columns of: all units, points
-- 9dab3b9e7bee1f17; host 15ebeb55a6b5411c; again fb4425c925910cfb

-- units: several, each of one wallet and one entry, with columns of: all units, points
-- 262d2458190fa406; host 87de07b6523ef9ec; again 46b56e1256642eec

-- units: several, each of one wallet and some of several entries, with columns of: all units, points
-- 8253599ad6e60885; host 1d6e06c8fc97f15c; again ce8485464d51571a

-- units: one, of one wallet and one entry, with columns of: all units, extras
-- f2adf4b34bac0c86; host c73d82808c2b1ee9; again 1360309db72b402d

-- units: several, each of one wallet and one entry, with columns of: all units, extras
-- 7238ce73a1f5e142; host dcf16dd7ff92d6e7; again d638531cb17f5df5

-- units: several, each of one wallet and some of several entries, with columns of: all units, extras
-- ddf2676b73659cde; host 7a5cebf47d9a862c; again 7e70fc7df60770bf

-- units: one, of one wallet and one entry, with columns of: all units, extras, points
-- 6d81ce8be8f0e84e; host ec3e67467c066f9b; again 373ef02712d9317d

-- units: several, each of one wallet and one entry, with columns of: all units, extras, points
-- 3b33f66ffe811098; host b744be7b1de4e150; again f15e6fb40c83fbdd

-- units: several, each of one wallet and some of several entries, with columns of: all units, extras, points
-- ed4db71604c655ed; host 70cb32332f73c387; again 3bd28822c687e7df

-- units: one, of one wallet and one entry, with columns of: all units, records
-- 1f3c8e2dc72d9bfe; host 9a1ab8bb7305065b; again c71bf12f5a7e9646

-- units: one, of one wallet, one entry and an operation that it advances, with columns of: all units, records
-- 94daa6173f1b3c2e; host c19fe3b954eca5c1; again a009485bb8115180

-- units: several, each of one wallet and one entry, with columns of: all units, records
-- e66459017e56aa21; host 1a98e03fdab997a6; again 06495b7deb5e7cc6

-- units: several, each of one wallet and some of several entries, with columns of: all units, records
-- 162685161be43c8a; host 4e023c95edfb22a1; again f9d0fde79cdfb7d3

-- units: one, of one wallet and one entry, with columns of: all units, points, records
-- 4bf54a2a0e78f630; host f80e5898b4359c9a; again c0160889d6fc53ee

-- units: one, of one wallet, one entry and an operation that it advances, with columns of: all units, points, records
-- 66335e483c6ac5d5; host 98595434df940594; again cc23758e34e10edc

-- units: several, each of one wallet and one entry, with columns of: all units, points, records
-- 79cd1b74da13d3d8; host 59acb82dc0d667bb; again 600b8f0ed7e0e343

-- units: several, each of one wallet and some of several entries, with columns of: all units, points, records
-- e1f21481da7034ba; host b1708700be5e3dcf; again f5356bca0534d04d

-- units: one, of one wallet and one entry, with columns of: all units, extras, records
-- 9d007caa95014933; host a433c1083a48d8d9; again 17e415f2c9462b9a

-- units: one, of one wallet, one entry and an operation that it advances, with columns of: all units, extras, records
-- 54ec95040d411bfa; host cfb20929413e5337; again e93f70637ba02ac6

-- units: several, each of one wallet and one entry, with columns of: all units, extras, records
-- 02d2e7e226520451; host 231c89c0a494f5b9; again e407526e57ba9c4f

-- units: several, each of one wallet and some of several entries, with columns of: all units, extras, records
-- 2db02d959eeb0bdc; host 37be51f542f57d6d; again 3d2233b3c227fb33

-- units: one, of one wallet and one entry, with columns of: all units, extras, points, records
WITH updated AS (UPDATE jigap.wallets w SET clock = w.clock + 1, version = coalesce($3::bigint, 0), seq = coalesce($4::bigint, 0),
		opened_at = $5::timestamptz, booked_at = $6::timestamptz, next_expiry = $7::timestamptz, hold_expiry = $8::timestamptz,
		open_operations = coalesce($9::bigint, 0), scale = coalesce($10::bigint, 0), due = coalesce($11::boolean, false), currency = $13::text,
		status = $14::text, balance = coalesce($15::numeric, 0), balance_held = coalesce($16::numeric, 0), point = coalesce($17::numeric, 0),
		point_held = coalesce($18::numeric, 0), watch_below = $19::numeric, watch_above = $20::numeric, hash = $21::bytea,
		lots = NULLIF($22::text, ''), counters = NULLIF($23::text, '')
WHERE w.id = $12::text AND w.version = coalesce($3::bigint, 0) - 1
AND set_config('lock_timeout', '10', true) IS NOT NULL
AND w.seq = coalesce($1::bigint, 0) AND w.hash = $2::bytea
AND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = $12::text AND e.key = NULLIF($37::text, ''))
AND NOT EXISTS (SELECT FROM jigap.operations o WHERE o.id = $51::text)
RETURNING w.clock),
written AS (INSERT INTO jigap.operations (version, due_at, open, id, kind, wallet_id, status, lane, provider, reference, provider_ref,
		body) SELECT coalesce($48::bigint, 0), $49::timestamptz, coalesce($50::boolean, false), $51::text, $52::text, $12::text, $53::text,
		NULLIF($54::text, ''), NULLIF($55::text, ''), NULLIF($56::text, ''), NULLIF($57::text, ''), NULLIF($58::text,
		'')::json FROM updated RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency,
		balance_amount, old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
SELECT coalesce($4::bigint, 0), $24::timestamptz, $6::timestamptz, NULLIF($25::bigint, 0), NULLIF($26::bigint, 0), NULLIF($27::bigint, 0),
		$12::text, $28::text, $13::text, $29::numeric, $30::numeric, NULLIF(coalesce($15::numeric, 0), 0), $31::numeric, $32::numeric,
		NULLIF(coalesce($17::numeric, 0), 0), $33::numeric, $34::numeric, $35::numeric, NULLIF($36::text, ''), NULLIF($37::text, ''), $38::bytea,
		$39::bytea, $21::bytea, NULLIF($40::text, ''), NULLIF($41::text, ''), NULLIF($42::text, ''), NULLIF($43::text, ''), NULLIF($44::text,
		'')::json, NULLIF($45::text, ''), NULLIF($46::text, '')::json, NULLIF($47::text, '')::json FROM updated RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT updated.clock, ARRAY[$12::text], ARRAY[coalesce($4::bigint, 0)], ARRAY[coalesce($4::bigint, 0)] FROM updated RETURNING 1)
SELECT count(*),
		1 / ((SELECT count(*) FROM booked) = count(*) AND (SELECT count(*) FROM noted) = count(*) AND (SELECT count(*) FROM written) = count(*))::int FROM updated;
-- host has not: AND set_config('lock_timeout', '10', true) IS NOT NULL
-- again has "'1'" for "'10'"

-- units: one, of one wallet, one entry and an operation that it advances, with columns of: all units, extras, points, records
WITH found AS MATERIALIZED (SELECT 1 FROM jigap.wallets w, jigap.operations o
WHERE w.id = $12::text AND w.version = coalesce($3::bigint, 0) - 1 AND w.seq = coalesce($1::bigint, 0) AND w.hash = $2::bytea
AND set_config('lock_timeout', '10', true) IS NOT NULL
AND o.id = $51::text AND o.version = coalesce($48::bigint, 0) - 1
AND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = $12::text AND e.key = NULLIF($37::text, ''))
FOR NO KEY UPDATE OF w, o),
updated AS (UPDATE jigap.wallets w SET clock = w.clock + 1, version = coalesce($3::bigint, 0), seq = coalesce($4::bigint, 0),
		opened_at = $5::timestamptz, booked_at = $6::timestamptz, next_expiry = $7::timestamptz, hold_expiry = $8::timestamptz,
		open_operations = coalesce($9::bigint, 0), scale = coalesce($10::bigint, 0), due = coalesce($11::boolean, false), currency = $13::text,
		status = $14::text, balance = coalesce($15::numeric, 0), balance_held = coalesce($16::numeric, 0), point = coalesce($17::numeric, 0),
		point_held = coalesce($18::numeric, 0), watch_below = $19::numeric, watch_above = $20::numeric, hash = $21::bytea,
		lots = NULLIF($22::text, ''), counters = NULLIF($23::text, '')
WHERE w.id = $12::text AND w.version = coalesce($3::bigint, 0) - 1 AND EXISTS (SELECT FROM found)
RETURNING w.clock),
written AS (UPDATE jigap.operations o SET version = coalesce($48::bigint, 0), due_at = $49::timestamptz, open = coalesce($50::boolean,
		false), kind = $52::text, wallet_id = $12::text, status = $53::text, lane = NULLIF($54::text, ''), provider = NULLIF($55::text, ''),
		reference = NULLIF($56::text, ''), provider_ref = NULLIF($57::text, ''), body = NULLIF($58::text, '')::json
WHERE o.id = $51::text AND o.version = coalesce($48::bigint, 0) - 1 AND EXISTS (SELECT FROM found) RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency,
		balance_amount, old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
SELECT coalesce($4::bigint, 0), $24::timestamptz, $6::timestamptz, NULLIF($25::bigint, 0), NULLIF($26::bigint, 0), NULLIF($27::bigint, 0),
		$12::text, $28::text, $13::text, $29::numeric, $30::numeric, NULLIF(coalesce($15::numeric, 0), 0), $31::numeric, $32::numeric,
		NULLIF(coalesce($17::numeric, 0), 0), $33::numeric, $34::numeric, $35::numeric, NULLIF($36::text, ''), NULLIF($37::text, ''), $38::bytea,
		$39::bytea, $21::bytea, NULLIF($40::text, ''), NULLIF($41::text, ''), NULLIF($42::text, ''), NULLIF($43::text, ''), NULLIF($44::text,
		'')::json, NULLIF($45::text, ''), NULLIF($46::text, '')::json, NULLIF($47::text, '')::json FROM updated RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT updated.clock, ARRAY[$12::text], ARRAY[coalesce($4::bigint, 0)], ARRAY[coalesce($4::bigint, 0)] FROM updated RETURNING 1)
SELECT count(*),
		1 / ((SELECT count(*) FROM booked) = count(*) AND (SELECT count(*) FROM noted) = count(*) AND (SELECT count(*) FROM written) = count(*))::int FROM updated;
-- host has not: AND set_config('lock_timeout', '10', true) IS NOT NULL
-- again has "'1'" for "'10'"

-- units: several, each of one wallet and one entry, with columns of: all units, extras, points, records
WITH current AS MATERIALIZED (
SELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) IS NOT NULL AS taken
, op_version = 1 AND (SELECT true FROM jigap.operations o WHERE o.id = r.op_id) IS NOT NULL AS there
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version, 0) AS version, coalesce(seq,
		0) AS seq, opened_at AS opened_at, booked_at AS booked_at, next_expiry AS next_expiry, hold_expiry AS hold_expiry,
		coalesce(open_operations, 0) AS open_operations, coalesce(scale, 0) AS scale, coalesce(due, false) AS due, id AS id,
		currency AS currency, status AS status, coalesce(balance, 0) AS balance, coalesce(balance_held, 0) AS balance_held, coalesce(point,
		0) AS point, coalesce(point_held, 0) AS point_held, watch_below AS watch_below, watch_above AS watch_above, hash AS hash, NULLIF(lots,
		'') AS lots, NULLIF(counters, '') AS counters, occurred_at AS occurred_at, NULLIF(peer_seq, 0) AS peer_seq, NULLIF(refers_to,
		0) AS refers_to, NULLIF(new_scale, 0) AS new_scale, type AS type, balance_amount AS balance_amount, old_balance AS old_balance,
		point_amount AS point_amount, old_point AS old_point, balance_held_amount AS balance_held_amount, point_held_amount AS point_held_amount,
		refunded AS refunded, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key, digest AS digest, prev_hash AS prev_hash,
		NULLIF(reference, '') AS reference, NULLIF(operation_id, '') AS operation_id, NULLIF(peer_wallet_id, '') AS peer_wallet_id, NULLIF(memo,
		'') AS memo, NULLIF(metadata, '')::json AS metadata, NULLIF(who, '') AS who, NULLIF(lot_changes, '')::json AS lot_changes, NULLIF(moves,
		'')::json AS moves, coalesce(op_version, 0) AS op_version, op_due_at AS op_due_at, coalesce(op_open, false) AS op_open, op_id AS op_id,
		op_kind AS op_kind, op_status AS op_status, NULLIF(op_lane, '') AS op_lane, NULLIF(op_provider, '') AS op_provider, NULLIF(op_reference,
		'') AS op_reference, NULLIF(op_provider_ref, '') AS op_provider_ref, NULLIF(op_body, '')::json AS op_body
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::timestamptz[] AS a7, $9::timestamptz[] AS a8, $10::bigint[] AS a9, $11::bigint[] AS a10,
		$12::boolean[] AS a11, $13::text[] AS a12, $14::text[] AS a13, $15::text[] AS a14, $16::numeric[] AS a15, $17::numeric[] AS a16,
		$18::numeric[] AS a17, $19::numeric[] AS a18, $20::numeric[] AS a19, $21::numeric[] AS a20, $22::bytea[] AS a21, $23::text[] AS a22,
		$24::text[] AS a23, $25::timestamptz[] AS a24, $26::bigint[] AS a25, $27::bigint[] AS a26, $28::bigint[] AS a27, $29::text[] AS a28,
		$30::numeric[] AS a29, $31::numeric[] AS a30, $32::numeric[] AS a31, $33::numeric[] AS a32, $34::numeric[] AS a33, $35::numeric[] AS a34,
		$36::numeric[] AS a35, $37::text[] AS a36, $38::text[] AS a37, $39::bytea[] AS a38, $40::bytea[] AS a39, $41::text[] AS a40,
		$42::text[] AS a41, $43::text[] AS a42, $44::text[] AS a43, $45::text[] AS a44, $46::text[] AS a45, $47::text[] AS a46,
		$48::text[] AS a47, $49::bigint[] AS a48, $50::timestamptz[] AS a49, $51::boolean[] AS a50, $52::text[] AS a51, $53::text[] AS a52,
		$54::text[] AS a53, $55::text[] AS a54, $56::text[] AS a55, $57::text[] AS a56, $58::text[] AS a57, $59::text[] AS a58,
		set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23, p.a24, p.a25, p.a26, p.a27, p.a28, p.a29, p.a30, p.a31, p.a32, p.a33, p.a34, p.a35, p.a36, p.a37, p.a38,
		p.a39, p.a40, p.a41, p.a42, p.a43, p.a44, p.a45, p.a46, p.a47, p.a48, p.a49, p.a50, p.a51, p.a52, p.a53, p.a54, p.a55, p.a56, p.a57,
		p.a58) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations, scale, due, id,
		currency, status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots, counters, occurred_at, peer_seq,
		refers_to, new_scale, type, balance_amount, old_balance, point_amount, old_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lot_changes, moves, op_version,
		op_due_at, op_open, op_id, op_kind, op_status, op_lane, op_provider, op_reference, op_provider_ref,
		op_body) LIMIT (SELECT NULL::bigint)) r CROSS JOIN LATERAL (
SELECT clock, seq FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
FOR NO KEY UPDATE SKIP LOCKED) w),
found AS MATERIALIZED (
	SELECT c.unit FROM (SELECT unit, op_id, op_version FROM current WHERE op_version > 1 ORDER BY op_id) c
	CROSS JOIN LATERAL (
		SELECT FROM jigap.operations o WHERE o.id = c.op_id AND o.version = c.op_version - 1
		FOR NO KEY UPDATE SKIP LOCKED
	) o
),
fit AS MATERIALIZED (SELECT c.* FROM current c WHERE NOT c.gap AND NOT c.taken AND NOT (c.there OR c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found))),
clock AS MATERIALIZED (SELECT 1 + max(reached) AS tick FROM current),
updated AS (UPDATE jigap.wallets w SET clock = (SELECT tick FROM clock), version = c.version, seq = c.seq, opened_at = c.opened_at,
		booked_at = c.booked_at, next_expiry = c.next_expiry, hold_expiry = c.hold_expiry, open_operations = c.open_operations, scale = c.scale,
		due = c.due, currency = c.currency, status = c.status, balance = c.balance, balance_held = c.balance_held, point = c.point,
		point_held = c.point_held, watch_below = c.watch_below, watch_above = c.watch_above, hash = c.hash, lots = c.lots, counters = c.counters
FROM fit c WHERE w.id = c.id AND w.version = c.version - 1 RETURNING 1),
advanced AS (UPDATE jigap.operations o SET version = c.op_version, due_at = c.op_due_at, open = c.op_open, kind = c.op_kind,
		wallet_id = c.id, status = c.op_status, lane = c.op_lane, provider = c.op_provider, reference = c.op_reference,
		provider_ref = c.op_provider_ref, body = c.op_body
FROM fit c WHERE c.op_version > 1 AND o.id = c.op_id AND o.version = c.op_version - 1 RETURNING 1),
begun AS (INSERT INTO jigap.operations (version, due_at, open, id, kind, wallet_id, status, lane, provider, reference, provider_ref,
		body) SELECT c.op_version, c.op_due_at, c.op_open, c.op_id, c.op_kind, c.id, c.op_status, c.op_lane, c.op_provider, c.op_reference,
		c.op_provider_ref, c.op_body FROM fit c WHERE c.op_version = 1 ORDER BY c.op_id RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency,
		balance_amount, old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
SELECT c.seq, c.occurred_at, c.booked_at, c.peer_seq, c.refers_to, c.new_scale, c.id, c.type, c.currency, c.balance_amount, c.old_balance,
		NULLIF(c.balance, 0), c.point_amount, c.old_point, NULLIF(c.point, 0), c.balance_held_amount, c.point_held_amount, c.refunded,
		c.counterparty, c.key, c.digest, c.prev_hash, c.hash, c.reference, c.operation_id, c.peer_wallet_id, c.memo, c.metadata, c.who,
		c.lot_changes, c.moves FROM fit c RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT (SELECT tick FROM clock), array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM fit c HAVING count(*) > 0 RETURNING 1)
SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken),
		array_agg(unit) FILTER (WHERE c.there OR c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found)), NULL::bigint[], NULL::text[],
1 / (SELECT updated = fit AND booked = fit AND noted = least(1,
		fit) AND advanced + begun = (SELECT count(*) FROM fit WHERE op_version > 0) FROM (SELECT (SELECT count(*) FROM updated) AS updated,
		(SELECT count(*) FROM booked) AS booked, (SELECT count(*) FROM noted) AS noted, (SELECT count(*) FROM fit) AS fit,
		(SELECT count(*) FROM advanced) AS advanced, (SELECT count(*) FROM begun) AS begun) n)::int FROM current c;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"

-- units: several, each of one wallet and some of several entries, with columns of: all units, extras, points, records
WITH current AS MATERIALIZED (
SELECT r.*, w.clock AS reached, w.seq <> r.base AS gap,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = r.id AND e.key = r.key) IS NOT NULL AS taken
, op_version = 1 AND (SELECT true FROM jigap.operations o WHERE o.id = r.op_id) IS NOT NULL AS there
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(base, 0) AS base, base_hash AS base_hash, coalesce(version, 0) AS version, coalesce(seq,
		0) AS seq, opened_at AS opened_at, booked_at AS booked_at, next_expiry AS next_expiry, hold_expiry AS hold_expiry,
		coalesce(open_operations, 0) AS open_operations, coalesce(scale, 0) AS scale, coalesce(due, false) AS due, id AS id,
		currency AS currency, status AS status, coalesce(balance, 0) AS balance, coalesce(balance_held, 0) AS balance_held, coalesce(point,
		0) AS point, coalesce(point_held, 0) AS point_held, watch_below AS watch_below, watch_above AS watch_above, hash AS hash, NULLIF(lots,
		'') AS lots, NULLIF(counters, '') AS counters, occurred_at AS occurred_at, NULLIF(peer_seq, 0) AS peer_seq, NULLIF(refers_to,
		0) AS refers_to, NULLIF(new_scale, 0) AS new_scale, type AS type, balance_amount AS balance_amount, old_balance AS old_balance,
		point_amount AS point_amount, old_point AS old_point, balance_held_amount AS balance_held_amount, point_held_amount AS point_held_amount,
		refunded AS refunded, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key, digest AS digest, prev_hash AS prev_hash,
		NULLIF(reference, '') AS reference, NULLIF(operation_id, '') AS operation_id, NULLIF(peer_wallet_id, '') AS peer_wallet_id, NULLIF(memo,
		'') AS memo, NULLIF(metadata, '')::json AS metadata, NULLIF(who, '') AS who, NULLIF(lot_changes, '')::json AS lot_changes, NULLIF(moves,
		'')::json AS moves, coalesce(op_version, 0) AS op_version, op_due_at AS op_due_at, coalesce(op_open, false) AS op_open, op_id AS op_id,
		op_kind AS op_kind, op_status AS op_status, NULLIF(op_lane, '') AS op_lane, NULLIF(op_provider, '') AS op_provider, NULLIF(op_reference,
		'') AS op_reference, NULLIF(op_provider_ref, '') AS op_provider_ref, NULLIF(op_body, '')::json AS op_body
FROM (SELECT $1::bigint[] AS a0, $2::bigint[] AS a1, $3::bytea[] AS a2, $4::bigint[] AS a3, $5::bigint[] AS a4, $6::timestamptz[] AS a5,
		$7::timestamptz[] AS a6, $8::timestamptz[] AS a7, $9::timestamptz[] AS a8, $10::bigint[] AS a9, $11::bigint[] AS a10,
		$12::boolean[] AS a11, $13::text[] AS a12, $14::text[] AS a13, $15::text[] AS a14, $16::numeric[] AS a15, $17::numeric[] AS a16,
		$18::numeric[] AS a17, $19::numeric[] AS a18, $20::numeric[] AS a19, $21::numeric[] AS a20, $22::bytea[] AS a21, $23::text[] AS a22,
		$24::text[] AS a23, $25::timestamptz[] AS a24, $26::bigint[] AS a25, $27::bigint[] AS a26, $28::bigint[] AS a27, $29::text[] AS a28,
		$30::numeric[] AS a29, $31::numeric[] AS a30, $32::numeric[] AS a31, $33::numeric[] AS a32, $34::numeric[] AS a33, $35::numeric[] AS a34,
		$36::numeric[] AS a35, $37::text[] AS a36, $38::text[] AS a37, $39::bytea[] AS a38, $40::bytea[] AS a39, $41::text[] AS a40,
		$42::text[] AS a41, $43::text[] AS a42, $44::text[] AS a43, $45::text[] AS a44, $46::text[] AS a45, $47::text[] AS a46,
		$48::text[] AS a47, $49::bigint[] AS a48, $50::timestamptz[] AS a49, $51::boolean[] AS a50, $52::text[] AS a51, $53::text[] AS a52,
		$54::text[] AS a53, $55::text[] AS a54, $56::text[] AS a55, $57::text[] AS a56, $58::text[] AS a57, $59::text[] AS a58,
		set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23, p.a24, p.a25, p.a26, p.a27, p.a28, p.a29, p.a30, p.a31, p.a32, p.a33, p.a34, p.a35, p.a36, p.a37, p.a38,
		p.a39, p.a40, p.a41, p.a42, p.a43, p.a44, p.a45, p.a46, p.a47, p.a48, p.a49, p.a50, p.a51, p.a52, p.a53, p.a54, p.a55, p.a56, p.a57,
		p.a58) AS t(unit, base, base_hash, version, seq, opened_at, booked_at, next_expiry, hold_expiry, open_operations, scale, due, id,
		currency, status, balance, balance_held, point, point_held, watch_below, watch_above, hash, lots, counters, occurred_at, peer_seq,
		refers_to, new_scale, type, balance_amount, old_balance, point_amount, old_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lot_changes, moves, op_version,
		op_due_at, op_open, op_id, op_kind, op_status, op_lane, op_provider, op_reference, op_provider_ref,
		op_body) LIMIT (SELECT NULL::bigint)) r CROSS JOIN LATERAL (
SELECT clock, seq FROM jigap.wallets w WHERE w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash
FOR NO KEY UPDATE SKIP LOCKED) w),
found AS MATERIALIZED (
	SELECT c.unit FROM (SELECT unit, op_id, op_version FROM current WHERE op_version > 1 ORDER BY op_id) c
	CROSS JOIN LATERAL (
		SELECT FROM jigap.operations o WHERE o.id = c.op_id AND o.version = c.op_version - 1
		FOR NO KEY UPDATE SKIP LOCKED
	) o
),
more AS MATERIALIZED (SELECT m.*,
(SELECT true FROM jigap.entries e WHERE e.wallet_id = m.wallet_id AND e.key = m.key) IS NOT NULL AS taken
FROM (SELECT coalesce(unit, 0) AS unit, coalesce(seq, 0) AS seq, occurred_at AS occurred_at, booked_at AS booked_at, NULLIF(peer_seq,
		0) AS peer_seq, NULLIF(refers_to, 0) AS refers_to, NULLIF(new_scale, 0) AS new_scale, wallet_id AS wallet_id, type AS type,
		currency AS currency, balance_amount AS balance_amount, old_balance AS old_balance, new_balance AS new_balance,
		point_amount AS point_amount, old_point AS old_point, new_point AS new_point, balance_held_amount AS balance_held_amount,
		point_held_amount AS point_held_amount, refunded AS refunded, NULLIF(counterparty, '') AS counterparty, NULLIF(key, '') AS key,
		digest AS digest, prev_hash AS prev_hash, hash AS hash, NULLIF(reference, '') AS reference, NULLIF(operation_id, '') AS operation_id,
		NULLIF(peer_wallet_id, '') AS peer_wallet_id, NULLIF(memo, '') AS memo, NULLIF(metadata, '')::json AS metadata, NULLIF(who, '') AS who,
		NULLIF(lots, '')::json AS lots, NULLIF(moves, '')::json AS moves
FROM (SELECT $60::bigint[] AS a0, $61::bigint[] AS a1, $62::timestamptz[] AS a2, $63::timestamptz[] AS a3, $64::bigint[] AS a4,
		$65::bigint[] AS a5, $66::bigint[] AS a6, $67::text[] AS a7, $68::text[] AS a8, $69::text[] AS a9, $70::numeric[] AS a10,
		$71::numeric[] AS a11, $72::numeric[] AS a12, $73::numeric[] AS a13, $74::numeric[] AS a14, $75::numeric[] AS a15, $76::numeric[] AS a16,
		$77::numeric[] AS a17, $78::numeric[] AS a18, $79::text[] AS a19, $80::text[] AS a20, $81::bytea[] AS a21, $82::bytea[] AS a22,
		$83::bytea[] AS a23, $84::text[] AS a24, $85::text[] AS a25, $86::text[] AS a26, $87::text[] AS a27, $88::text[] AS a28,
		$89::text[] AS a29, $90::text[] AS a30, $91::text[] AS a31, set_config('lock_timeout', '50', true) OFFSET 0) p,
unnest(p.a0, p.a1, p.a2, p.a3, p.a4, p.a5, p.a6, p.a7, p.a8, p.a9, p.a10, p.a11, p.a12, p.a13, p.a14, p.a15, p.a16, p.a17, p.a18, p.a19,
		p.a20, p.a21, p.a22, p.a23, p.a24, p.a25, p.a26, p.a27, p.a28, p.a29, p.a30, p.a31) AS t(unit, seq, occurred_at, booked_at, peer_seq,
		refers_to, new_scale, wallet_id, type, currency, balance_amount, old_balance, new_balance, point_amount, old_point, new_point,
		balance_held_amount, point_held_amount, refunded, counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id,
		memo, metadata, who, lots, moves) LIMIT (SELECT NULL::bigint)) m),
fit AS MATERIALIZED (SELECT c.* FROM current c WHERE NOT c.gap AND NOT c.taken AND NOT (c.there OR c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found)) AND c.unit NOT IN (SELECT unit FROM more WHERE taken)),
clock AS MATERIALIZED (SELECT 1 + max(reached) AS tick FROM current),
updated AS (UPDATE jigap.wallets w SET clock = (SELECT tick FROM clock), version = c.version, seq = c.seq, opened_at = c.opened_at,
		booked_at = c.booked_at, next_expiry = c.next_expiry, hold_expiry = c.hold_expiry, open_operations = c.open_operations, scale = c.scale,
		due = c.due, currency = c.currency, status = c.status, balance = c.balance, balance_held = c.balance_held, point = c.point,
		point_held = c.point_held, watch_below = c.watch_below, watch_above = c.watch_above, hash = c.hash, lots = c.lots, counters = c.counters
FROM fit c WHERE w.id = c.id AND w.version = c.version - 1 RETURNING 1),
advanced AS (UPDATE jigap.operations o SET version = c.op_version, due_at = c.op_due_at, open = c.op_open, kind = c.op_kind,
		wallet_id = c.id, status = c.op_status, lane = c.op_lane, provider = c.op_provider, reference = c.op_reference,
		provider_ref = c.op_provider_ref, body = c.op_body
FROM fit c WHERE c.op_version > 1 AND o.id = c.op_id AND o.version = c.op_version - 1 RETURNING 1),
begun AS (INSERT INTO jigap.operations (version, due_at, open, id, kind, wallet_id, status, lane, provider, reference, provider_ref,
		body) SELECT c.op_version, c.op_due_at, c.op_open, c.op_id, c.op_kind, c.id, c.op_status, c.op_lane, c.op_provider, c.op_reference,
		c.op_provider_ref, c.op_body FROM fit c WHERE c.op_version = 1 ORDER BY c.op_id RETURNING 1),
booked AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency,
		balance_amount, old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
SELECT c.seq, c.occurred_at, c.booked_at, c.peer_seq, c.refers_to, c.new_scale, c.id, c.type, c.currency, c.balance_amount, c.old_balance,
		NULLIF(c.balance, 0), c.point_amount, c.old_point, NULLIF(c.point, 0), c.balance_held_amount, c.point_held_amount, c.refunded,
		c.counterparty, c.key, c.digest, c.prev_hash, c.hash, c.reference, c.operation_id, c.peer_wallet_id, c.memo, c.metadata, c.who,
		c.lot_changes, c.moves FROM fit c RETURNING 1),
booked_more AS (INSERT INTO jigap.entries (seq, occurred_at, booked_at, peer_seq, refers_to, new_scale, wallet_id, type, currency,
		balance_amount, old_balance, new_balance, point_amount, old_point, new_point, balance_held_amount, point_held_amount, refunded,
		counterparty, key, digest, prev_hash, hash, reference, operation_id, peer_wallet_id, memo, metadata, who, lots, moves)
SELECT m.seq, m.occurred_at, m.booked_at, m.peer_seq, m.refers_to, m.new_scale, m.wallet_id, m.type, m.currency, m.balance_amount,
		m.old_balance, m.new_balance, m.point_amount, m.old_point, m.new_point, m.balance_held_amount, m.point_held_amount, m.refunded,
		m.counterparty, m.key, m.digest, m.prev_hash, m.hash, m.reference, m.operation_id, m.peer_wallet_id, m.memo, m.metadata, m.who, m.lots,
		m.moves FROM more m WHERE m.unit IN (SELECT unit FROM fit) RETURNING 1),
noted AS (INSERT INTO jigap.feed_pending (clock, wallets, firsts, lasts)
SELECT (SELECT tick FROM clock), array_agg(c.id), array_agg(c.base + 1), array_agg(c.seq) FROM fit c HAVING count(*) > 0 RETURNING 1)
SELECT array_agg(unit), array_agg(unit) FILTER (WHERE gap), array_agg(unit) FILTER (WHERE taken),
		array_agg(unit) FILTER (WHERE c.there OR c.op_version > 1 AND c.unit NOT IN (SELECT unit FROM found)),
		(SELECT array_agg(unit ORDER BY unit, key) FROM more WHERE taken), (SELECT array_agg(key ORDER BY unit, key) FROM more WHERE taken),
1 / (SELECT updated = fit AND booked = fit AND noted = least(1,
		fit) AND advanced + begun = (SELECT count(*) FROM fit WHERE op_version > 0) AND booked_more = (SELECT count(*) FROM more WHERE unit IN (SELECT unit FROM fit)) FROM (SELECT (SELECT count(*) FROM updated) AS updated, (SELECT count(*) FROM booked) AS booked, (SELECT count(*) FROM noted) AS noted, (SELECT count(*) FROM fit) AS fit, (SELECT count(*) FROM advanced) AS advanced, (SELECT count(*) FROM begun) AS begun, (SELECT count(*) FROM booked_more) AS booked_more) n)::int FROM current c;
-- host has "" for ", set_config('lock_timeout', '50', true)"
-- host has "" for " SKIP LOCKED"
-- again has "'1'" for "'50'"
