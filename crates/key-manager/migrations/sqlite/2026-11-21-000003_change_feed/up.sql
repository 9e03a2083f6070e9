-- Times are Unix microseconds. TEXT compares byte by byte (collation BINARY).

-- The last position given out. Whoever records a change updates this row in its unit of work, so that
-- positions have no gaps and become visible in their order.
CREATE TABLE change_counter (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    last_position INTEGER NOT NULL
) STRICT;

INSERT INTO change_counter (id, last_position) VALUES (1, 0);

-- What the other roles follow; `entry` is the JSON object that they read.
CREATE TABLE change (
    position INTEGER NOT NULL PRIMARY KEY,
    entry TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- Certificates trusted one by one, as exactly themselves.
CREATE TABLE trusted_certificate (
    alias TEXT NOT NULL PRIMARY KEY,
    certificate BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Access tokens revoked before they expire.
CREATE TABLE revoked_token (
    jti TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX revoked_token_by_expiry ON revoked_token (expires_at);
