//! The gateway: routes, checks and forwards calls to published APIs.
//!
//! A call walks through the `stages` in order; each stage hands the next a value that proves its
//! check was done, so that a call which skips one does not compile. What is published and who
//! subscribed to it is an immutable `snapshot`, compiled from files off the request path by
//! [`declarative`] and swapped by pointer.

mod audit;
mod clients;
mod config;
pub mod declarative;
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod path;
mod refusal;
mod snapshot;
mod stages;
mod token;
mod walk;

pub use config::Config;
pub use gateway::{Dependencies, Gateway};
