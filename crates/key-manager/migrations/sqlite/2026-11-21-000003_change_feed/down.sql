DROP TABLE revoked_token;
DROP TABLE trusted_certificate;
DROP TABLE change;
DROP TABLE change_counter;
