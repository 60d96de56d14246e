-- Wallets, their entries and operation records. Text is compared bytewise. Times are microseconds since
-- 1970, amounts are decimal text, flags are 0 or 1. Each command ends with a semicolon at the end of a line,
-- and no other line does.

CREATE TABLE jigap_migrations (
    version INTEGER PRIMARY KEY,
    ran_at  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;

CREATE TABLE jigap_wallets (
    id              TEXT NOT NULL PRIMARY KEY,
    version         INTEGER NOT NULL CHECK (version > 0),
    currency        TEXT NOT NULL,
    scale           INTEGER NOT NULL CHECK (scale >= 0),
    status          TEXT NOT NULL,
    balance         TEXT NOT NULL,
    balance_held    TEXT NOT NULL,
    point           TEXT NOT NULL,
    point_held      TEXT NOT NULL,
    lots            TEXT, -- a line for each: id, amount, held, expiry in microseconds since 1970 or -, priority
    open_operations INTEGER NOT NULL CHECK (open_operations >= 0),
    watch_below     TEXT,
    watch_above     TEXT,
    seq             INTEGER NOT NULL CHECK (seq > 0),
    hash            BLOB NOT NULL CHECK (length(hash) = 32),
    opened_at       INTEGER NOT NULL,
    booked_at       INTEGER NOT NULL,
    hold_expiry     INTEGER, -- when the first of its open holds expires, or earlier
    counters        TEXT,    -- what it counts for its limits, as JSON
    due             INTEGER NOT NULL CHECK (due IN (0, 1)), -- whether the watch asks for a look
    next_expiry     INTEGER, -- earliest expiry of lots that are not wholly held
    clock           INTEGER NOT NULL -- of the last transaction that wrote it: see jigap_feed_pending
) STRICT;

CREATE INDEX jigap_wallets_due ON jigap_wallets (id) WHERE due = 1;
CREATE INDEX jigap_wallets_next_expiry ON jigap_wallets (next_expiry) WHERE next_expiry IS NOT NULL;

-- Columns that most entries leave at zero or blank are null then.
CREATE TABLE jigap_entries (
    wallet_id           TEXT NOT NULL,
    seq                 INTEGER NOT NULL CHECK (seq > 0),
    type                TEXT NOT NULL,
    currency            TEXT NOT NULL,
    balance_amount      TEXT,
    point_amount        TEXT,
    old_balance         TEXT,
    new_balance         TEXT,
    old_point           TEXT,
    new_point           TEXT,
    balance_held_amount TEXT,
    point_held_amount   TEXT,
    lots                TEXT, -- JSON
    counterparty        TEXT,
    moves               TEXT, -- JSON
    peer_wallet_id      TEXT,
    peer_seq            INTEGER,
    operation_id        TEXT,
    refers_to           INTEGER,
    refunded            TEXT,
    new_scale           INTEGER,
    key_text            TEXT,
    digest              BLOB CHECK (length(digest) = 32),
    reference           TEXT,
    memo                TEXT,
    metadata            TEXT, -- JSON
    who                 TEXT,
    occurred_at         INTEGER NOT NULL,
    booked_at           INTEGER NOT NULL,
    prev_hash           BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash                BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (wallet_id, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX jigap_entries_key ON jigap_entries (wallet_id, key_text);
CREATE INDEX jigap_entries_reference ON jigap_entries (wallet_id, reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX jigap_entries_operation ON jigap_entries (wallet_id, operation_id, seq) WHERE operation_id IS NOT NULL;
CREATE INDEX jigap_entries_refers_to ON jigap_entries (wallet_id, refers_to, type, seq) WHERE refers_to IS NOT NULL;

-- The change feed: see docs/sqlite.md. Each transaction notes its entries in jigap_feed_pending; a reader
-- that comes to the end of the feed moves them into blocks of up to 1,000 entries, which are numbered
-- without a gap.
CREATE TABLE jigap_feed_pending (
    clock INTEGER NOT NULL, -- higher than that of each transaction that wrote one of its wallets before
    id    TEXT NOT NULL PRIMARY KEY,
    runs  TEXT NOT NULL -- JSON: wallets, and for each the seq of its first and of its last entry
) STRICT, WITHOUT ROWID;

CREATE INDEX jigap_feed_pending_clock ON jigap_feed_pending (clock, id);

CREATE TABLE jigap_feed (
    last  INTEGER PRIMARY KEY, -- number of the last entry of the block
    first INTEGER NOT NULL,
    id    TEXT NOT NULL, -- made at random: no other history has this block
    runs  TEXT NOT NULL
) STRICT;

CREATE TABLE jigap_feed_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL -- number of the last entry in the feed
) STRICT;

INSERT INTO jigap_feed_head (one, last) VALUES (1, 0);

CREATE TABLE jigap_operations (
    id           TEXT NOT NULL PRIMARY KEY,
    version      INTEGER NOT NULL CHECK (version > 0),
    kind         TEXT NOT NULL,
    wallet_id    TEXT NOT NULL,
    status       TEXT NOT NULL,
    is_open      INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    lane         TEXT,
    open_lane    TEXT UNIQUE, -- the lane while the operation is open
    provider     TEXT, -- the Charger or Disburser that it needs next
    reference    TEXT,
    provider_ref TEXT,
    due_at       INTEGER,
    created_at   INTEGER NOT NULL,
    body         TEXT NOT NULL -- the whole record, as JSON
) STRICT;

CREATE INDEX jigap_operations_due ON jigap_operations (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX jigap_operations_provider ON jigap_operations (provider, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX jigap_operations_open ON jigap_operations (kind, id) WHERE is_open = 1;
CREATE INDEX jigap_operations_status ON jigap_operations (kind, status, id);
CREATE INDEX jigap_operations_wallet ON jigap_operations (wallet_id, id);
CREATE INDEX jigap_operations_reference ON jigap_operations (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX jigap_operations_provider_ref ON jigap_operations (provider_ref, id) WHERE provider_ref IS NOT NULL;

INSERT INTO jigap_migrations (version) VALUES (1);
