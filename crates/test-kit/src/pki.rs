//! Certificates of tests, good and bad.
