//! One file per subcommand.

mod bank;
mod bank_events;
mod bench;
mod certs;
mod config;
mod demo;
mod health;
mod keys;
mod migrate;
mod serve;
mod tpp;
mod trust;

pub use bank::BankCommand;
pub use bench::BenchCommand;
pub use certs::CertsCommand;
pub use config::ConfigCommand;
pub use demo::Demo;
pub use health::Health;
pub use keys::KeysCommand;
pub use migrate::Migrate;
pub use serve::Serve;
pub use tpp::TppCommand;
