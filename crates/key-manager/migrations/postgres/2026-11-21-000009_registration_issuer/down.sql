ALTER TABLE client_registration
    DROP CONSTRAINT client_registration_sole_software,
    DROP COLUMN software_issuer,
    ADD CONSTRAINT client_registration_sole_software_id_key UNIQUE (sole_software_id);
