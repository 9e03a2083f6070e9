DROP TABLE push_attempt;
DROP TABLE push_endpoint;
DROP TABLE push_job;
