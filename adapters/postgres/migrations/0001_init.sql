-- Wallets, their entries and operation records. Text is compared bytewise. Each
-- command ends with a semicolon at the end of a line, and no other line does.

-- The files that have run. The last command of each file records it, so that a file
-- that ended halfway is not taken for one that ran.
CREATE TABLE jigap.migrations (
    version integer PRIMARY KEY,
    ran_at  timestamptz NOT NULL DEFAULT now()
);

-- What the server refuses whoever writes it. These are domains and not constraints of
-- the tables because the server compiles a table's constraints for each statement anew.
-- NaN is above infinity. The names begin with jigap_ because the schema may be in a
-- search_path: there a type named count turns count(x) into a cast.
CREATE DOMAIN jigap.jigap_amount AS numeric CHECK (VALUE > '-Infinity' AND VALUE < 'Infinity');
CREATE DOMAIN jigap.jigap_hash AS bytea CHECK (octet_length(VALUE) = 32);
CREATE DOMAIN jigap.jigap_ordinal AS bigint CHECK (VALUE > 0);
CREATE DOMAIN jigap.jigap_count AS integer CHECK (VALUE >= 0);

CREATE TABLE jigap.wallets (
    version         jigap.jigap_ordinal NOT NULL,
    seq             jigap.jigap_ordinal NOT NULL,
    clock           bigint NOT NULL, -- of the last commit with an entry: see feed_pending
    opened_at       timestamptz NOT NULL,
    booked_at       timestamptz NOT NULL,
    next_expiry     timestamptz,     -- earliest expiry of lots that are not wholly held
    hold_expiry     timestamptz,     -- when the first of its open holds expires, or earlier
    open_operations jigap.jigap_count NOT NULL,
    scale           jigap.jigap_count NOT NULL,
    due             boolean NOT NULL, -- whether the watch asks for a look
    id              text COLLATE "C" PRIMARY KEY,
    currency        text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    balance         jigap.jigap_amount NOT NULL,
    balance_held    jigap.jigap_amount NOT NULL,
    point           jigap.jigap_amount NOT NULL,
    point_held      jigap.jigap_amount NOT NULL,
    watch_below     jigap.jigap_amount,
    watch_above     jigap.jigap_amount,
    hash            jigap.jigap_hash NOT NULL,
    lots            text COLLATE "C" -- a line for each: id, amount, held, expiry in microseconds since 1970 or -, priority
) WITH (fillfactor = 70);

-- Lots of a wallet that has many are written with each change of one: compressing them takes longer than writing them.
ALTER TABLE jigap.wallets ALTER COLUMN lots SET STORAGE EXTERNAL;

CREATE INDEX wallets_due ON jigap.wallets (id) WHERE due;
CREATE INDEX wallets_next_expiry ON jigap.wallets (next_expiry) WHERE next_expiry IS NOT NULL;

-- Columns that most entries leave at zero or blank are null then.
CREATE TABLE jigap.entries (
    seq                 jigap.jigap_ordinal NOT NULL,
    occurred_at         timestamptz NOT NULL,
    booked_at           timestamptz NOT NULL,
    peer_seq            bigint,
    refers_to           bigint,
    new_scale           integer,
    wallet_id           text COLLATE "C" NOT NULL,
    type                text COLLATE "C" NOT NULL,
    currency            text COLLATE "C" NOT NULL,
    balance_amount      jigap.jigap_amount,
    old_balance         jigap.jigap_amount,
    new_balance         jigap.jigap_amount,
    point_amount        jigap.jigap_amount,
    old_point           jigap.jigap_amount,
    new_point           jigap.jigap_amount,
    balance_held_amount jigap.jigap_amount,
    point_held_amount   jigap.jigap_amount,
    refunded            jigap.jigap_amount,
    counterparty        text COLLATE "C",
    key                 text COLLATE "C",
    digest              jigap.jigap_hash,
    prev_hash           jigap.jigap_hash NOT NULL,
    hash                jigap.jigap_hash NOT NULL,
    reference           text COLLATE "C",
    operation_id        text COLLATE "C",
    peer_wallet_id      text COLLATE "C",
    memo                text COLLATE "C",
    metadata            json,
    who                 text COLLATE "C",
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
    version      jigap.jigap_ordinal NOT NULL,
    due_at       timestamptz,
    open         boolean NOT NULL,
    id           text COLLATE "C" PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    wallet_id    text COLLATE "C" NOT NULL,
    status       text COLLATE "C" NOT NULL,
    lane         text COLLATE "C",
    provider     text COLLATE "C", -- the Charger or Disburser that it needs next
    reference    text COLLATE "C",
    provider_ref text COLLATE "C",
    body         json NOT NULL -- the whole record
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX operations_lane ON jigap.operations (lane) WHERE open AND lane IS NOT NULL;
CREATE INDEX operations_due ON jigap.operations (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX operations_provider ON jigap.operations (provider, due_at, id) WHERE provider IS NOT NULL AND due_at IS NOT NULL;
CREATE INDEX operations_waiting ON jigap.operations (provider, id) WHERE open AND status = 'approved';
CREATE INDEX operations_attention ON jigap.operations (kind, status, id) WHERE status IN ('review', 'disputed', 'requested', 'suspended');
CREATE INDEX operations_open ON jigap.operations (kind, id) WHERE open;
CREATE INDEX operations_wallet_due ON jigap.operations (wallet_id, due_at, id) WHERE kind = 'hold' AND open AND due_at IS NOT NULL;
CREATE INDEX operations_wallet ON jigap.operations (wallet_id, id);
CREATE INDEX operations_reference ON jigap.operations (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX operations_provider_ref ON jigap.operations (provider_ref, id) WHERE provider_ref IS NOT NULL;

INSERT INTO jigap.migrations (version) VALUES (1);
