-- Format 3: what is sensitive is encrypted. The columns that it would otherwise be in are empty then.
PRAGMA user_version = 3;

-- The key that everything of this file is encrypted with, itself encrypted with the key of that fingerprint. At most one.
CREATE TABLE keys (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL,
    wrapped     BLOB NOT NULL
) STRICT;

-- The attributes and private data of an object, and the value of an output.
ALTER TABLE instances ADD COLUMN sealed BLOB;
ALTER TABLE outputs ADD COLUMN sealed BLOB;

-- Work that an upgrade leaves to the next writer, who knows what is sensitive and has a key.
CREATE TABLE unfinished (step TEXT PRIMARY KEY) STRICT;
INSERT INTO unfinished SELECT 'seal' WHERE EXISTS (SELECT 1 FROM instances) OR EXISTS (SELECT 1 FROM outputs);
