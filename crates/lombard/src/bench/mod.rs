//! Benchmarks: a server process of their own, load from this one, and the server's CPU clock.
//!
//! CPU time per operation is the figure to compare: it does not count what shares the machine. What is
//! compared is measured in turns, round by round, so that both sides meet the same machine.

mod connection;
mod cpu_clock;
mod error;
mod figure;
mod load;
pub mod long_poll;
mod memory;
mod server;
pub mod token;
mod versions;

pub use error::BenchError;
pub use figure::Figure;
