-- Wallets, their entries and operation records. Text is compared bytewise. Each
-- command ends with a semicolon at the end of a line, and no other line does.

-- The files that have run. The last command of each file records it, so that a file
-- that ended halfway is not taken for one that ran.
CREATE TABLE jigap.migrations (
    version integer PRIMARY KEY,
    ran_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE jigap.wallets (
    version         bigint NOT NULL CHECK (version > 0),
    seq             bigint NOT NULL CHECK (seq > 0),
    clock           bigint NOT NULL, -- of the last commit with an entry: see feed_pending
    opened_at       timestamptz NOT NULL,
    booked_at       timestamptz NOT NULL,
    next_expiry     timestamptz,     -- earliest expiry of lots that are not wholly held
    open_operations integer NOT NULL CHECK (open_operations >= 0),
    scale           smallint NOT NULL CHECK (scale >= 0),
    due             boolean NOT NULL, -- whether the watch asks for a look
    id              text COLLATE "C" PRIMARY KEY,
    currency        text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    balance         numeric NOT NULL CHECK (balance > '-Infinity' AND balance < 'Infinity'),
    balance_held    numeric NOT NULL CHECK (balance_held > '-Infinity' AND balance_held < 'Infinity'),
    point           numeric NOT NULL CHECK (point > '-Infinity' AND point < 'Infinity'),
    point_held      numeric NOT NULL CHECK (point_held > '-Infinity' AND point_held < 'Infinity'),
    watch_below     numeric CHECK (watch_below > '-Infinity' AND watch_below < 'Infinity'),
    watch_above     numeric CHECK (watch_above > '-Infinity' AND watch_above < 'Infinity'),
    hash            bytea NOT NULL CHECK (octet_length(hash) = 32),
    lots            text COLLATE "C" -- a line for each: id, amount, held, expiry in microseconds since 1970 or -, priority
) WITH (fillfactor = 70);

-- Lots of a wallet that has many are written with each change of one: compressing them takes longer than writing them.
ALTER TABLE jigap.wallets ALTER COLUMN lots SET STORAGE EXTERNAL;

CREATE INDEX wallets_due ON jigap.wallets (id) WHERE due;
CREATE INDEX wallets_next_expiry ON jigap.wallets (next_expiry) WHERE next_expiry IS NOT NULL;

-- Columns that most entries leave at zero or blank are null then.
CREATE TABLE jigap.entries (
    seq                 bigint NOT NULL CHECK (seq > 0),
    occurred_at         timestamptz NOT NULL,
    booked_at           timestamptz NOT NULL,
    peer_seq            bigint,
    refers_to           bigint,
    wallet_id           text COLLATE "C" NOT NULL,
    type                text COLLATE "C" NOT NULL,
    currency            text COLLATE "C" NOT NULL,
    balance_amount      numeric CHECK (balance_amount > '-Infinity' AND balance_amount < 'Infinity'),
    old_balance         numeric CHECK (old_balance > '-Infinity' AND old_balance < 'Infinity'),
    new_balance         numeric CHECK (new_balance > '-Infinity' AND new_balance < 'Infinity'),
    point_amount        numeric CHECK (point_amount > '-Infinity' AND point_amount < 'Infinity'),
    old_point           numeric CHECK (old_point > '-Infinity' AND old_point < 'Infinity'),
    new_point           numeric CHECK (new_point > '-Infinity' AND new_point < 'Infinity'),
    balance_held_amount numeric CHECK (balance_held_amount > '-Infinity' AND balance_held_amount < 'Infinity'),
    point_held_amount   numeric CHECK (point_held_amount > '-Infinity' AND point_held_amount < 'Infinity'),
    refunded            numeric CHECK (refunded > '-Infinity' AND refunded < 'Infinity'),
    counterparty        text COLLATE "C",
    key                 text COLLATE "C",
    digest              bytea CHECK (octet_length(digest) = 32),
    prev_hash           bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
    hash                bytea NOT NULL CHECK (octet_length(hash) = 32),
    reference           text COLLATE "C",
    operation_id        text COLLATE "C",
    peer_wallet_id      text COLLATE "C",
    memo                text COLLATE "C",
    metadata            json,
    lots                json,
    moves               json,
    PRIMARY KEY (wallet_id, seq)
);

CREATE UNIQUE INDEX entries_key ON jigap.entries (wallet_id, key) WHERE key IS NOT NULL;
CREATE INDEX entries_reference ON jigap.entries (wallet_id, reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX entries_operation ON jigap.entries (wallet_id, operation_id, seq) WHERE operation_id IS NOT NULL;
CREATE INDEX entries_refers_to ON jigap.entries (wallet_id, refers_to, seq) WHERE refers_to IS NOT NULL;

-- The change feed: see docs/postgres.md. Each commit notes its entries in
-- feed_pending; a reader that comes to the end of the feed moves them into blocks of
-- up to 1,000 entries, which are numbered without a gap.
CREATE TABLE jigap.feed_pending (
    clock   bigint NOT NULL, -- higher than that of each commit that changed one of its wallets before
    id      uuid NOT NULL DEFAULT gen_random_uuid(),
    wallets text[] COLLATE "C" NOT NULL,
    firsts  bigint[] NOT NULL, -- for each wallet, the seq of its first entry
    lasts   bigint[] NOT NULL, -- and of its last
    PRIMARY KEY (clock, id)
);

CREATE TABLE jigap.feed (
    last    bigint PRIMARY KEY, -- number of the last entry of the block
    first   bigint NOT NULL,
    id      uuid NOT NULL,      -- made at random: no other history has this block
    wallets text[] COLLATE "C" NOT NULL,
    firsts  bigint[] NOT NULL,
    lasts   bigint[] NOT NULL
);

CREATE TABLE jigap.feed_head (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint NOT NULL -- number of the last entry in the feed
);

INSERT INTO jigap.feed_head (last) VALUES (0);

CREATE TABLE jigap.operations (
    version      bigint NOT NULL CHECK (version > 0),
    due_at       timestamptz,
    open         boolean NOT NULL,
    id           text COLLATE "C" PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    wallet_id    text COLLATE "C" NOT NULL,
    status       text COLLATE "C" NOT NULL,
    lane         text COLLATE "C",
    reference    text COLLATE "C",
    provider_ref text COLLATE "C",
    body         json NOT NULL -- the whole record
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX operations_lane ON jigap.operations (lane) WHERE open AND lane IS NOT NULL;
CREATE INDEX operations_due ON jigap.operations (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX operations_attention ON jigap.operations (kind, status, id) WHERE status IN ('review', 'disputed', 'requested', 'suspended');
CREATE INDEX operations_open ON jigap.operations (kind, id) WHERE open;
CREATE INDEX operations_wallet ON jigap.operations (wallet_id, id);
CREATE INDEX operations_reference ON jigap.operations (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX operations_provider_ref ON jigap.operations (provider_ref, id) WHERE provider_ref IS NOT NULL;

INSERT INTO jigap.migrations (version) VALUES (1);
