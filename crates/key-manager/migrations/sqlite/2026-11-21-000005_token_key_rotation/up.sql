-- From when a key signs; until then it is only published. Keys that are there already sign.
ALTER TABLE token_key ADD COLUMN activates_at INTEGER NOT NULL DEFAULT 0;
UPDATE token_key SET activates_at = created_at;

-- From when its successor signs; null while it has none. Set once, by whoever makes the successor.
ALTER TABLE token_key ADD COLUMN superseded_at INTEGER;
UPDATE token_key SET superseded_at = (
    SELECT MIN(newer.created_at) FROM token_key AS newer
    WHERE newer.alg = token_key.alg AND newer.created_at > token_key.created_at
);
