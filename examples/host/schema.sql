-- The host's own tables.
CREATE TABLE IF NOT EXISTS {schema}.orders (
    id        text PRIMARY KEY,
    wallet_id text NOT NULL,
    key       text NOT NULL,           -- the Idempotency-Key, which is also that of the debit
    item      text NOT NULL,
    amount    numeric NOT NULL,
    entry_seq bigint NOT NULL,         -- the debit in the wallet's history
    UNIQUE (wallet_id, key)
);
-- What customers spent, day by day, made from the change feed.
CREATE TABLE IF NOT EXISTS {schema}.days (
    day     date PRIMARY KEY,
    entries bigint NOT NULL,
    spent   numeric NOT NULL
);
-- How far the change feed was read.
CREATE TABLE IF NOT EXISTS {schema}.cursors (
    name   text PRIMARY KEY,
    cursor text NOT NULL
);
INSERT INTO {schema}.cursors VALUES ('days', '') ON CONFLICT DO NOTHING;
