-- Format 5: the role policy of the installation as it was last applied, as JSON; empty where it has none. Values that are
-- sensitive are never put into it.
PRAGMA user_version = 5;

ALTER TABLE meta ADD COLUMN policy TEXT NOT NULL DEFAULT '';
