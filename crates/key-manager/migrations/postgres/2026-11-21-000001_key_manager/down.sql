DROP TABLE published_key;
DROP TABLE token_key;
DROP TABLE used_assertion;
DROP TABLE client_role;
DROP TABLE client_scope;
DROP TABLE client;
