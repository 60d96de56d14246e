-- Wallets, their entries and operation records. Ids, keys and other short texts are bytes, so that they are compared
-- bytewise whatever the character set. Times are microseconds since 1970, amounts are decimal text, flags are 0 or 1.
-- Each command ends with a semicolon at the end of a line, and no other line does. Each may run again: DDL is no part
-- of a transaction here, and a program may end between two commands.

CREATE TABLE IF NOT EXISTS jigap_migrations (
    version INT PRIMARY KEY,
    ran_at  TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS jigap_wallets (
    id              VARBINARY(512) NOT NULL PRIMARY KEY,
    version         BIGINT NOT NULL,
    currency        VARBINARY(512) NOT NULL,
    scale           INT NOT NULL,
    status          VARBINARY(512) NOT NULL,
    balance         VARCHAR(255) NOT NULL,
    balance_held    VARCHAR(255) NOT NULL,
    point           VARCHAR(255) NOT NULL,
    point_held      VARCHAR(255) NOT NULL,
    lots            LONGTEXT,
    open_operations INT NOT NULL,
    watch_below     VARCHAR(255),
    watch_above     VARCHAR(255),
    seq             BIGINT NOT NULL,
    hash            BINARY(32) NOT NULL,
    opened_at       BIGINT NOT NULL,
    booked_at       BIGINT NOT NULL,
    hold_expiry     BIGINT,
    counters        LONGTEXT,
    due             TINYINT NOT NULL,
    next_expiry     BIGINT,
    clock           BIGINT NOT NULL,
    KEY jigap_wallets_due (due, id),
    KEY jigap_wallets_next_expiry (next_expiry)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS jigap_entries (
    wallet_id           VARBINARY(512) NOT NULL,
    seq                 BIGINT NOT NULL,
    type                VARBINARY(512) NOT NULL,
    currency            VARBINARY(512) NOT NULL,
    balance_amount      VARCHAR(255),
    point_amount        VARCHAR(255),
    old_balance         VARCHAR(255),
    new_balance         VARCHAR(255),
    old_point           VARCHAR(255),
    new_point           VARCHAR(255),
    balance_held_amount VARCHAR(255),
    point_held_amount   VARCHAR(255),
    lots                LONGTEXT,
    counterparty        VARBINARY(512),
    moves               LONGTEXT,
    peer_wallet_id      VARBINARY(512),
    peer_seq            BIGINT,
    operation_id        VARBINARY(512),
    refers_to           BIGINT,
    refunded            VARCHAR(255),
    new_scale           INT,
    key_text            VARBINARY(512),
    digest              BINARY(32),
    reference           VARBINARY(512),
    memo                LONGTEXT,
    metadata            LONGTEXT,
    who                 LONGTEXT,
    occurred_at         BIGINT NOT NULL,
    booked_at           BIGINT NOT NULL,
    prev_hash           BINARY(32) NOT NULL,
    hash                BINARY(32) NOT NULL,
    PRIMARY KEY (wallet_id, seq),
    UNIQUE KEY jigap_entries_key (wallet_id, key_text),
    KEY jigap_entries_reference (wallet_id, reference, seq),
    KEY jigap_entries_operation (wallet_id, operation_id, seq),
    KEY jigap_entries_refers_to (wallet_id, refers_to, type, seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The change feed: see docs/mysql.md.
CREATE TABLE IF NOT EXISTS jigap_feed_pending (
    clock BIGINT NOT NULL,
    id    VARBINARY(36) NOT NULL PRIMARY KEY,
    runs  LONGTEXT NOT NULL,
    KEY jigap_feed_pending_clock (clock, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS jigap_feed (
    last  BIGINT NOT NULL PRIMARY KEY,
    first BIGINT NOT NULL,
    id    VARBINARY(36) NOT NULL,
    runs  LONGTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS jigap_feed_head (
    one  TINYINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO jigap_feed_head (one, last) VALUES (1, 0);

CREATE TABLE IF NOT EXISTS jigap_operations (
    id           VARBINARY(512) NOT NULL PRIMARY KEY,
    version      BIGINT NOT NULL,
    kind         VARBINARY(512) NOT NULL,
    wallet_id    VARBINARY(512) NOT NULL,
    status       VARBINARY(512) NOT NULL,
    is_open      TINYINT NOT NULL,
    lane         VARBINARY(512),
    open_lane    VARBINARY(512),
    provider     VARBINARY(512),
    reference    VARBINARY(512),
    provider_ref VARBINARY(512),
    due_at       BIGINT,
    created_at   BIGINT NOT NULL,
    body         LONGTEXT NOT NULL,
    UNIQUE KEY jigap_operations_lane (open_lane),
    KEY jigap_operations_due (due_at, id),
    KEY jigap_operations_provider (provider, due_at, id),
    KEY jigap_operations_open (is_open, kind, id),
    KEY jigap_operations_status (kind, status, id),
    KEY jigap_operations_wallet (wallet_id, id),
    KEY jigap_operations_reference (reference, id),
    KEY jigap_operations_provider_ref (provider_ref, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO jigap_migrations (version) VALUES (1);
