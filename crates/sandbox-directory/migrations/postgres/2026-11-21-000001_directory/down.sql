DROP TABLE ssa_key;
DROP TABLE certificate;
DROP TABLE software_statement;
DROP TABLE organisation;
