-- A software's id is its issuer's: another issuer may give the same to other software. Registrations
-- from before do not say their issuer ('') and stand for every one, until they are replaced.
CREATE TABLE new_client_registration (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    software_id TEXT NOT NULL,
    sole_software_id TEXT,
    software_issuer TEXT NOT NULL DEFAULT '',
    issued_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (sole_software_id, software_issuer)
) STRICT;

INSERT INTO new_client_registration (client_id, software_id, sole_software_id, issued_at, document)
SELECT client_id, software_id, sole_software_id, issued_at, document FROM client_registration;

DROP TABLE client_registration;

ALTER TABLE new_client_registration RENAME TO client_registration;

CREATE INDEX client_registration_by_software ON client_registration (software_id);
