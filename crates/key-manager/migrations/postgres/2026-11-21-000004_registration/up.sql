-- What clients that registered themselves were answered. `sole_software_id` holds the software's id
-- where the software may have no other client.
CREATE TABLE client_registration (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES client (client_id) ON DELETE CASCADE,
    software_id TEXT COLLATE "C" NOT NULL,
    sole_software_id TEXT COLLATE "C" UNIQUE,
    issued_at BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX client_registration_by_software ON client_registration (software_id);
