-- Format 2: how the conditions of a stack turned out when it was last applied, as JSON; empty where it has none.
PRAGMA user_version = 2;

ALTER TABLE meta ADD COLUMN checks TEXT NOT NULL DEFAULT '';
