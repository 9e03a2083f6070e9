-- A client id is written once; every other table knows its number.
CREATE TABLE client (
    client_no INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE
) STRICT;

-- What the key manager last said of a client; without a row it is not known to exist.
CREATE TABLE known_client (
    client_no INTEGER PRIMARY KEY REFERENCES client,
    status TEXT NOT NULL,
    document TEXT NOT NULL,
    asked_at INTEGER NOT NULL
) STRICT;

-- Every event with its signed SET, append-only: never updated, never read by a scan.
CREATE TABLE event_log (
    jti BLOB NOT NULL PRIMARY KEY,
    client_no INTEGER NOT NULL REFERENCES client,
    profile TEXT NOT NULL,
    key_id TEXT NOT NULL,
    event_types TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    set_jws TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- What waits to be taken, and nothing else. jti is a UUIDv7, so that one key is the order of pages,
-- the look-up of acknowledgements and the rule that an event waits once.
CREATE TABLE open_event (
    client_no INTEGER NOT NULL,
    jti BLOB NOT NULL,
    PRIMARY KEY (client_no, jti)
) STRICT, WITHOUT ROWID;

-- How each event ended, append-only. outcome: 1 acknowledged, 2 reported as erroneous. via: 1 poll.
CREATE TABLE event_outcome (
    outcome_no INTEGER PRIMARY KEY,
    client_no INTEGER NOT NULL,
    jti BLOB NOT NULL,
    outcome INTEGER NOT NULL,
    via INTEGER NOT NULL,
    err TEXT,
    description TEXT,
    at INTEGER NOT NULL
) STRICT;

-- Keys that sign SETs, sealed. The one with the highest number signs; all of them stay published.
CREATE TABLE signing_key (
    key_no INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    published_until INTEGER
) STRICT;
