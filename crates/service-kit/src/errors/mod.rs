//! Error envelopes, one file per API family.

pub mod obie;
pub mod problem;
pub mod wso2;
