//! A running Lombard and its users: the TPP with its certificates, the bank with its password.

mod bank;
mod binary;
mod installation;
mod tpp;

pub use bank::Bank;
pub use binary::lombard;
pub use installation::{Installation, Storage};
pub use tpp::{Poll, Tpp, client, identity};
