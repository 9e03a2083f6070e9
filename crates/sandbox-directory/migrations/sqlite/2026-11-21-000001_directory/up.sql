-- Times are Unix microseconds. TEXT compares byte by byte (collation BINARY).

CREATE TABLE organisation (
    organisation_id TEXT NOT NULL PRIMARY KEY,
    -- What SSAs and certificates say of it, JSON.
    details TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE software_statement (
    software_id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (organisation_id),
    -- What SSAs say of it, JSON.
    details TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX software_statement_by_organisation ON software_statement (organisation_id, software_id);

CREATE TABLE certificate (
    -- Lower-case hexadecimal.
    serial TEXT NOT NULL PRIMARY KEY,
    software_id TEXT NOT NULL REFERENCES software_statement (software_id),
    kind TEXT NOT NULL CHECK (kind IN ('obseal', 'obwac', 'ob-signing', 'ob-transport')),
    -- What is wrong with it on purpose.
    defect TEXT,
    -- Base64url of the SHA-1 of the DER.
    kid TEXT NOT NULL UNIQUE,
    chain_pem TEXT NOT NULL,
    -- Its key where it is to be published: that of a signing certificate, unless another authority issued it.
    jwk TEXT,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX certificate_by_software ON certificate (software_id, serial);
CREATE INDEX certificate_revoked ON certificate (serial) WHERE revoked_at IS NOT NULL;

-- Keys that sign SSAs; the private half is sealed under the master key.
CREATE TABLE ssa_key (
    kid TEXT NOT NULL PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    certificate BLOB NOT NULL,
    sealed_private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
