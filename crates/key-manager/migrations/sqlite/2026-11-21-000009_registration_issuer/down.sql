CREATE TABLE new_client_registration (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    software_id TEXT NOT NULL,
    sole_software_id TEXT UNIQUE,
    issued_at INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

INSERT INTO new_client_registration (client_id, software_id, sole_software_id, issued_at, document)
SELECT client_id, software_id, sole_software_id, issued_at, document FROM client_registration;

DROP TABLE client_registration;

ALTER TABLE new_client_registration RENAME TO client_registration;

CREATE INDEX client_registration_by_software ON client_registration (software_id);
