-- What a wallet counts for its limits, as JSON: announced recharges, and what was credited in the
-- present day and month. It is null where nothing is counted, so the command writes no row. A process of
-- an earlier version leaves the column as it is.
ALTER TABLE jigap.wallets ADD COLUMN counters text COLLATE "C";

INSERT INTO jigap.migrations (version) VALUES (2);
