//! A running Lombard and its users: the TPP with its certificates, the bank with its password.

mod bank;
mod binary;
mod history;
mod installation;
pub mod load;
mod tpp;

pub use bank::Bank;
pub use binary::lombard;
pub use history::{History, Progress};
pub use installation::{Installation, Storage};
pub use tpp::{Poll, Tpp, client, identity};
