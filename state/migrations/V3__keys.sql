-- Format 3: what is sensitive is encrypted.
PRAGMA user_version = 3;

-- The data key of this file, encrypted with the user's key of that fingerprint. At most one. A new data key has another
-- name (`data_key`).
CREATE TABLE keys (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    data_key    TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    wrapped     BLOB    NOT NULL
) STRICT;

-- A JSON list of the attributes that are encrypted: each is a text, the Base64 of what it was. An empty name stands for the
-- whole object. Where the list is not null, private data is encrypted too.
ALTER TABLE instances ADD COLUMN sealed TEXT;

-- Whether the value is encrypted: it is a Base64 text then.
ALTER TABLE outputs ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;

-- Work that an upgrade leaves to whoever opens the file with a key and knows what is sensitive.
CREATE TABLE unfinished (step TEXT PRIMARY KEY) STRICT;
INSERT INTO unfinished SELECT 'seal' WHERE EXISTS (SELECT 1 FROM instances) OR EXISTS (SELECT 1 FROM outputs);
