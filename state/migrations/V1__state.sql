-- Format 1. Times are milliseconds since 1970 where they are compared, RFC 3339 text where they are only shown.
PRAGMA application_id = 1131168112; -- "ClAp"
PRAGMA user_version = 1;

-- A workspace of the stack: what all other rows belong to.
CREATE TABLE meta (
    id        INTEGER PRIMARY KEY,
    workspace TEXT    NOT NULL UNIQUE,
    lineage   TEXT    NOT NULL DEFAULT '',
    serial    INTEGER NOT NULL DEFAULT 0,
    epoch     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE instances (
    workspace             INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    address               TEXT    NOT NULL,
    deposed               TEXT    NOT NULL,
    provider              TEXT    NOT NULL,
    schema_version        INTEGER NOT NULL,
    attributes            TEXT    NOT NULL,
    sensitive             TEXT    NOT NULL,
    private               BLOB    NOT NULL,
    dependencies          TEXT    NOT NULL,
    tainted               INTEGER NOT NULL,
    create_before_destroy INTEGER NOT NULL,
    PRIMARY KEY (workspace, address, deposed)
) STRICT;

CREATE TABLE outputs (
    workspace   INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    sensitive   INTEGER NOT NULL,
    description TEXT    NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT;

CREATE TABLE runs (
    seq       INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    id        TEXT    NOT NULL,
    operation TEXT    NOT NULL,
    status    TEXT    NOT NULL,
    started   TEXT    NOT NULL,
    ended     TEXT,
    summary   TEXT    NOT NULL,
    UNIQUE (workspace, id)
) STRICT;

-- Intents and their outcomes. No reference to runs: an operation stays open even where its run was never recorded.
CREATE TABLE operations (
    seq          INTEGER PRIMARY KEY,
    workspace    INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    operation    TEXT    NOT NULL,
    run          TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    deposed      TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    desired      TEXT    NOT NULL,
    dependencies TEXT    NOT NULL,
    outcome      TEXT,
    error        TEXT,
    UNIQUE (workspace, operation)
) STRICT;

CREATE INDEX operations_open ON operations (workspace, seq) WHERE outcome IS NULL OR outcome = 'unknown';

CREATE TABLE events (
    seq       INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES meta (id) ON DELETE CASCADE,
    run       TEXT    NOT NULL,
    json      TEXT    NOT NULL
) STRICT;

CREATE INDEX events_of_run ON events (workspace, run, seq);

-- At most one lease a workspace.
CREATE TABLE locks (
    workspace INTEGER PRIMARY KEY REFERENCES meta (id) ON DELETE CASCADE,
    id        TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    operation TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    machine   TEXT    NOT NULL,
    pid       INTEGER NOT NULL,
    -- When the process started, in the kernel's ticks: a number may be given to another process.
    ticks     INTEGER,
    since     TEXT    NOT NULL,
    version   TEXT    NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
