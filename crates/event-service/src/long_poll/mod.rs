//! Polls that wait for events (RFC 8936 §2.4): who waits, and how they hear of what is new.
//!
//! A poll registers, looks, waits and looks again, so that no event can come between looking and
//! waiting. It is woken by this process right after an event's commit, by other processes on the same
//! database through PostgreSQL's notifications, and, should one of those be lost, by one query every
//! few seconds for all that wait. A poll that waits asks the database nothing.

mod announcements;
mod config;
mod recheck;
mod waiters;

pub use config::{InvalidLongPoll, LongPollConfig, WhenAbsent};

pub(crate) use announcements::WakeUps;
pub(crate) use config::Patience;
pub(crate) use waiters::{Refused, WaitEnd, Waiter, Waiters};
