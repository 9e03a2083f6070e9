-- A client id is written once; every other table knows its number.
CREATE TABLE client (
    client_no INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL UNIQUE
);

-- What the key manager last said of a client; without a row it is not known to exist.
CREATE TABLE known_client (
    client_no INTEGER PRIMARY KEY REFERENCES client,
    status TEXT NOT NULL,
    document TEXT NOT NULL,
    asked_at BIGINT NOT NULL
);

-- Every event with its signed SET, append-only: never updated, never read by a scan.
CREATE TABLE event_log (
    jti BYTEA PRIMARY KEY,
    client_no INTEGER NOT NULL REFERENCES client,
    profile TEXT NOT NULL,
    key_id TEXT NOT NULL,
    event_types TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    set_jws TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What waits to be taken, and nothing else. jti is a UUIDv7, so that one key is the order of pages,
-- the look-up of acknowledgements and the rule that an event waits once.
CREATE TABLE open_event (
    client_no INTEGER NOT NULL,
    jti BYTEA NOT NULL,
    PRIMARY KEY (client_no, jti)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- How each event ended, append-only. outcome: 1 acknowledged, 2 reported as erroneous. via: 1 poll.
CREATE TABLE event_outcome (
    outcome_no BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_no INTEGER NOT NULL,
    jti BYTEA NOT NULL,
    outcome SMALLINT NOT NULL,
    via SMALLINT NOT NULL,
    err TEXT,
    description TEXT,
    at BIGINT NOT NULL
);

-- Keys that sign SETs, sealed. The one with the highest number signs; all of them stay published.
CREATE TABLE signing_key (
    key_no INTEGER PRIMARY KEY,
    key_id TEXT COLLATE "C" NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    published_until BIGINT
);
