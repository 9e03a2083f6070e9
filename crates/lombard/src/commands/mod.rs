//! One file per subcommand.

mod bank;
mod certs;
mod config;
mod health;
mod keys;
mod tpp;

pub use bank::BankCommand;
pub use certs::CertsCommand;
pub use config::ConfigCommand;
pub use health::Health;
pub use keys::KeysCommand;
pub use tpp::TppCommand;
