-- Times are Unix microseconds. TEXT compares byte by byte (collation BINARY).

CREATE TABLE client (
    client_id TEXT NOT NULL PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    software_id TEXT,
    organisation_id TEXT,
    token_endpoint_auth_signing_alg TEXT,
    tls_client_auth_subject_dn TEXT,
    jwks TEXT NOT NULL,
    assertion_lifetime_cap_seconds INTEGER CHECK (assertion_lifetime_cap_seconds > 0),
    allow_audience_array INTEGER NOT NULL CHECK (allow_audience_array IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE client_scope (
    client_id TEXT NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    PRIMARY KEY (client_id, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE client_role (
    client_id TEXT NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (client_id, role)
) STRICT, WITHOUT ROWID;

-- Assertions that were used, until they have expired. Not tied to `client`: a client that is deleted
-- and registered again under the same id must not be able to use an old assertion twice. The jti is
-- kept as bytes, so that no collation and no Unicode form makes two of them equal.
CREATE TABLE used_assertion (
    client_id TEXT NOT NULL,
    jti BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX used_assertion_by_expiry ON used_assertion (expires_at);

-- Keys that sign access tokens; the private half is sealed under the master key.
CREATE TABLE token_key (
    kid TEXT NOT NULL PRIMARY KEY,
    alg TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    certificate BLOB NOT NULL,
    sealed_private_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Public keys of other roles (those that sign SETs), published beside the token keys.
CREATE TABLE published_key (
    kid TEXT NOT NULL PRIMARY KEY,
    jwk TEXT NOT NULL,
    retain_until INTEGER NOT NULL
) STRICT;
