//! Databases of tests.
