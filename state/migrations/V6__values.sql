-- Format 6: the values of variables that the stack was last applied with, as JSON; empty where nothing was applied. What is
-- secret is named in it, not kept.
PRAGMA user_version = 6;

ALTER TABLE meta ADD COLUMN variables TEXT NOT NULL DEFAULT '';
