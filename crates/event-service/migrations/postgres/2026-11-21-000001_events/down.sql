DROP TABLE signing_key;
DROP TABLE event_outcome;
DROP TABLE open_event;
DROP TABLE event_log;
DROP TABLE known_client;
DROP TABLE client;
