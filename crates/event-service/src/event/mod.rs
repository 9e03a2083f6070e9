//! Events: what the bank submits, how it is created, how its client takes it.

mod creation;
mod id;
mod polling;
mod submission;

pub(crate) use creation::{CreationError, EventOrder};
pub(crate) use id::{EventId, EventIds};
pub(crate) use polling::{PageSize, PollError, Polled};
pub(crate) use submission::{AcceptedEvents, InvalidSubmission, SubmittedEvents};
