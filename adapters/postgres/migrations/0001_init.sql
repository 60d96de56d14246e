-- Wallets, their entries and operation records. Text is compared bytewise.

-- What has run. Each file records itself, whatever runs it.
CREATE TABLE jigap.migrations (
    version integer PRIMARY KEY,
    ran_at  timestamptz NOT NULL DEFAULT now()
);

INSERT INTO jigap.migrations (version) VALUES (1);

CREATE TABLE jigap.settings (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    feed_offset bigint NOT NULL -- added to transaction ids to make feed positions
);

INSERT INTO jigap.settings (feed_offset) VALUES (0);

CREATE TABLE jigap.wallets (
    version         bigint NOT NULL,
    seq             bigint NOT NULL,
    feed            bigint NOT NULL, -- feed position of the last entry
    opened_at       timestamptz NOT NULL,
    booked_at       timestamptz NOT NULL,
    next_expiry     timestamptz,     -- earliest expiry of lots that are not wholly held
    open_operations integer NOT NULL,
    scale           smallint NOT NULL,
    due             boolean NOT NULL, -- whether the watch asks for a look
    id              text COLLATE "C" PRIMARY KEY,
    currency        text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    balance         numeric NOT NULL,
    balance_held    numeric NOT NULL,
    point           numeric NOT NULL,
    point_held      numeric NOT NULL,
    watch_below     numeric,
    watch_above     numeric,
    hash            bytea NOT NULL,
    lots            json
) WITH (fillfactor = 70);

CREATE INDEX wallets_due ON jigap.wallets (id) WHERE due;
CREATE INDEX wallets_next_expiry ON jigap.wallets (next_expiry) WHERE next_expiry IS NOT NULL;

-- Columns that most entries leave at zero or blank are null then.
CREATE TABLE jigap.entries (
    seq                 bigint NOT NULL,
    feed                bigint NOT NULL, -- see docs/postgres.md
    occurred_at         timestamptz NOT NULL,
    booked_at           timestamptz NOT NULL,
    peer_seq            bigint,
    refers_to           bigint,
    wallet_id           text COLLATE "C" NOT NULL,
    type                text COLLATE "C" NOT NULL,
    currency            text COLLATE "C" NOT NULL,
    balance_amount      numeric,
    old_balance         numeric,
    new_balance         numeric,
    point_amount        numeric,
    old_point           numeric,
    new_point           numeric,
    balance_held_amount numeric,
    point_held_amount   numeric,
    refunded            numeric,
    counterparty        text COLLATE "C",
    key                 text COLLATE "C",
    digest              bytea,
    prev_hash           bytea NOT NULL,
    hash                bytea NOT NULL,
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
CREATE INDEX entries_feed ON jigap.entries (feed);
CREATE INDEX entries_reference ON jigap.entries (wallet_id, reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX entries_operation ON jigap.entries (wallet_id, operation_id, seq) WHERE operation_id IS NOT NULL;
CREATE INDEX entries_refers_to ON jigap.entries (wallet_id, refers_to, seq) WHERE refers_to IS NOT NULL;

CREATE TABLE jigap.operations (
    version      bigint NOT NULL,
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
CREATE INDEX operations_open ON jigap.operations (kind, id) WHERE open;
CREATE INDEX operations_wallet ON jigap.operations (wallet_id, id);
CREATE INDEX operations_reference ON jigap.operations (reference, id) WHERE reference IS NOT NULL;
CREATE INDEX operations_provider_ref ON jigap.operations (provider_ref, id) WHERE provider_ref IS NOT NULL;
