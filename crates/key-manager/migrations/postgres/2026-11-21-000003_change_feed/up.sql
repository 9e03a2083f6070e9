-- Times are Unix microseconds. Ids compare byte by byte whatever the database's collation.

-- The last position given out. Whoever records a change updates this row in its unit of work: writers
-- wait for one another here, so that positions have no gaps and become visible in their order.
CREATE TABLE change_counter (
    id SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    last_position BIGINT NOT NULL
);

INSERT INTO change_counter (id, last_position) VALUES (1, 0);

-- What the other roles follow; `entry` is the JSON object that they read.
CREATE TABLE change (
    position BIGINT NOT NULL PRIMARY KEY,
    entry TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- Certificates trusted one by one, as exactly themselves.
CREATE TABLE trusted_certificate (
    alias TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    certificate BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- Access tokens revoked before they expire.
CREATE TABLE revoked_token (
    jti TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX revoked_token_by_expiry ON revoked_token (expires_at);
