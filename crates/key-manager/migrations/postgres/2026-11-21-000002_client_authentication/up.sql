-- How a client authenticates. The secret is kept as the base64url of its SHA-256.
ALTER TABLE client ADD COLUMN token_endpoint_auth_method TEXT NOT NULL DEFAULT 'private_key_jwt'
    CHECK (token_endpoint_auth_method IN
        ('client_secret', 'private_key_jwt', 'self_signed_tls_client_auth', 'tls_client_auth'));
ALTER TABLE client ADD COLUMN jwks_uri TEXT;
ALTER TABLE client ADD COLUMN client_secret_hash TEXT;
-- Whether it may introspect the tokens of others.
ALTER TABLE client ADD COLUMN resource_server BOOLEAN NOT NULL DEFAULT FALSE;
