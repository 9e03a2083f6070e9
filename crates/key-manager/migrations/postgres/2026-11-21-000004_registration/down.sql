DROP TABLE client_registration;
