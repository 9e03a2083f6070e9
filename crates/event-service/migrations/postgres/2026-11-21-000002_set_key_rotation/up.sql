-- From when a key signs; null until the key manager publishes it. Keys that it publishes sign already.
ALTER TABLE signing_key ADD COLUMN signs_from BIGINT;
UPDATE signing_key SET signs_from = created_at WHERE published_until IS NOT NULL;

-- How long the key is published before it signs, in seconds, where that is not the configured time.
ALTER TABLE signing_key ADD COLUMN publication_seconds BIGINT;
