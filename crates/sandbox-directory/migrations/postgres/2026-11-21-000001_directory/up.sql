-- Times are Unix microseconds. Ids compare byte by byte whatever the database's collation.

CREATE TABLE organisation (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- What SSAs and certificates say of it, JSON.
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE software_statement (
    software_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (organisation_id),
    -- What SSAs say of it, JSON.
    details TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX software_statement_by_organisation ON software_statement (organisation_id, software_id);

CREATE TABLE certificate (
    -- Lower-case hexadecimal.
    serial TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    software_id TEXT COLLATE "C" NOT NULL REFERENCES software_statement (software_id),
    kind TEXT NOT NULL CHECK (kind IN ('obseal', 'obwac', 'ob-signing', 'ob-transport')),
    -- What is wrong with it on purpose.
    defect TEXT,
    -- Base64url of the SHA-1 of the DER.
    kid TEXT COLLATE "C" NOT NULL UNIQUE,
    chain_pem TEXT NOT NULL,
    -- Its key where it is to be published: that of a signing certificate, unless another authority issued it.
    jwk TEXT,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL
);

CREATE INDEX certificate_by_software ON certificate (software_id, serial);
CREATE INDEX certificate_revoked ON certificate (serial) WHERE revoked_at IS NOT NULL;

-- Keys that sign SSAs; the private half is sealed under the master key.
CREATE TABLE ssa_key (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    public_jwk TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
