-- What a client wants to be told, and where to. origin: 1 Accelerator, 2 event subscription, 3 callback URL,
-- 4 SSF stream. status: 1 created, 2 deleted. event_types: a JSON array; null means all.
CREATE TABLE subscription (
    subscription_no INTEGER PRIMARY KEY,
    subscription_id TEXT NOT NULL UNIQUE,
    client_no INTEGER NOT NULL REFERENCES client,
    origin INTEGER NOT NULL,
    api_version TEXT NOT NULL,
    callback_url TEXT,
    version TEXT,
    event_types TEXT,
    request TEXT,
    status INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- Read at every creation of an event.
CREATE INDEX subscription_active ON subscription (client_no) WHERE status = 1;
