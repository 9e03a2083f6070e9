-- Uses of assertions, each by the first 16 bytes of a SHA-256 over client id and jti: short rows, so
-- that a commit writes few pages. Without an index by expiry, which would be written as often: a sweep
-- walks the ids. Uses in used_assertion count until they have expired; no new ones are added there.
CREATE TABLE assertion_use (
    id BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
