-- Times are Unix microseconds. Ids compare byte by byte whatever the database's collation.

CREATE TABLE client (
    client_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    software_id TEXT,
    organisation_id TEXT,
    token_endpoint_auth_signing_alg TEXT,
    tls_client_auth_subject_dn TEXT,
    jwks TEXT NOT NULL,
    assertion_lifetime_cap_seconds BIGINT CHECK (assertion_lifetime_cap_seconds > 0),
    allow_audience_array BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE client_scope (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    scope TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (client_id, scope)
);

CREATE TABLE client_role (
    client_id TEXT COLLATE "C" NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (client_id, role)
);

-- Assertions that were used, until they have expired. Not tied to `client`: a client that is deleted
-- and registered again under the same id must not be able to use an old assertion twice. The jti is
-- kept as bytes, so that no collation and no Unicode form makes two of them equal.
CREATE TABLE used_assertion (
    client_id TEXT COLLATE "C" NOT NULL,
    jti BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti)
);

CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_at);

-- Keys that sign access tokens; the private half is sealed under the master key.
CREATE TABLE token_key (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    alg TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- Public keys of other roles (those that sign SETs), published beside the token keys.
CREATE TABLE published_key (
    kid TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    jwk TEXT NOT NULL,
    retain_until BIGINT NOT NULL
);
