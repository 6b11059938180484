-- Format 4: how long operations of a type took, so that the longest way goes first.
PRAGMA user_version = 4;

CREATE TABLE durations (
    workspace INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    type      TEXT    NOT NULL,
    call      TEXT    NOT NULL,
    mean_us   INTEGER NOT NULL,
    samples   INTEGER NOT NULL,
    PRIMARY KEY (workspace, type, call)
) STRICT, WITHOUT ROWID;
