-- What was answered to a caller's request that may come again: SHA-256 of the key and of the request,
-- and the ids of the events as a JSON array. Written with the events, swept when they may be forgotten.
CREATE TABLE idempotency_key (
    caller TEXT NOT NULL,
    key_hash BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (caller, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_at ON idempotency_key (at);

-- Counted only where events are given up after so many deliveries; and how many reports of an error
-- have answered a delivery.
ALTER TABLE open_event ADD COLUMN deliveries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE open_event ADD COLUMN reports INTEGER NOT NULL DEFAULT 0;

-- How an event ended. outcome, beside 1 and 2: 3 too old, 4 delivered too often, 5 wanted by no
-- subscription, 6 opened again. via, beside 1: 2 push, 3 the bank, 4 retention.
CREATE INDEX event_outcome_event ON event_outcome (client_no, jti);

-- When a client last polled and what it got; written once in a while, not at each poll.
CREATE TABLE last_poll (
    client_no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    sets INTEGER NOT NULL,
    released INTEGER NOT NULL,
    more_available INTEGER NOT NULL
) STRICT;
