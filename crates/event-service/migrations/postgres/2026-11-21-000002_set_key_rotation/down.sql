ALTER TABLE signing_key DROP COLUMN publication_seconds;
ALTER TABLE signing_key DROP COLUMN signs_from;
