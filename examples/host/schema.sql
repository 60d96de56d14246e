-- The host's own tables. It is sent as one transaction, in which processes that start
-- together take turns.
SELECT pg_advisory_xact_lock(hashtext('jigap example host'));
CREATE TABLE IF NOT EXISTS orders (
    id        text PRIMARY KEY,
    wallet_id text NOT NULL,
    key       text NOT NULL,           -- the Idempotency-Key, which is also that of the debit
    item      text NOT NULL,
    amount    numeric NOT NULL,
    entry_seq bigint NOT NULL,         -- the debit in the wallet's history
    UNIQUE (wallet_id, key)
);
-- By what the provider knows the owner of a wallet. It must not be guessable.
CREATE TABLE IF NOT EXISTS customers (
    wallet_id    text PRIMARY KEY,
    customer_key text NOT NULL UNIQUE
);
-- Cards that customers registered. The id is the payment method; what charges the card is sealed.
CREATE TABLE IF NOT EXISTS cards (
    id           text PRIMARY KEY,
    wallet_id    text NOT NULL,
    customer_key text NOT NULL,
    sealed       bytea NOT NULL
);
-- What customers spent, day by day, made from the change feed.
CREATE TABLE IF NOT EXISTS days (
    day     date PRIMARY KEY,
    entries bigint NOT NULL,
    spent   numeric NOT NULL
);
-- How far the change feed was read.
CREATE TABLE IF NOT EXISTS cursors (
    name   text PRIMARY KEY,
    cursor text NOT NULL
);
INSERT INTO cursors VALUES ('days', '') ON CONFLICT DO NOTHING;
