-- A software's id is its issuer's: another issuer may give the same to other software. Registrations
-- from before do not say their issuer ('') and stand for every one, until they are replaced.
ALTER TABLE client_registration
    ADD COLUMN software_issuer TEXT COLLATE "C" NOT NULL DEFAULT '',
    DROP CONSTRAINT client_registration_sole_software_id_key,
    ADD CONSTRAINT client_registration_sole_software UNIQUE (sole_software_id, software_issuer);
