DROP TABLE assertion_use;
