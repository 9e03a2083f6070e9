ALTER TABLE client DROP COLUMN resource_server;
ALTER TABLE client DROP COLUMN client_secret_hash;
ALTER TABLE client DROP COLUMN jwks_uri;
ALTER TABLE client DROP COLUMN token_endpoint_auth_method;
