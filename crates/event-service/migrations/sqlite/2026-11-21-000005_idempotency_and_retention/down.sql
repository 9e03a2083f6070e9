DROP TABLE last_poll;
DROP INDEX event_outcome_event;
ALTER TABLE open_event DROP COLUMN reports;
ALTER TABLE open_event DROP COLUMN deliveries;
DROP TABLE idempotency_key;
