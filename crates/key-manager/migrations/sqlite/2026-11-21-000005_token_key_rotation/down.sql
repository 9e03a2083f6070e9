ALTER TABLE token_key DROP COLUMN superseded_at;
ALTER TABLE token_key DROP COLUMN activates_at;
