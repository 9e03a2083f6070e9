//! Events: what the bank submits, how it is created, how its client takes it.

mod creation;
mod delivery;
mod id;
mod idempotency;
mod polling;
mod submission;
mod transaction_id;

pub(crate) use creation::{Created, CreatedBatch, CreationError, EventOrder};
pub(crate) use delivery::DeliveryError;
pub use delivery::SignMode;
pub(crate) use id::{EventId, EventIds};
pub(crate) use idempotency::{IdempotencyKey, IdempotentRequest, InvalidIdempotencyKey};
pub(crate) use polling::{PageSize, PollError, Polled};
pub(crate) use submission::{AcceptedEvents, InvalidSubmission, SubmittedEvents};
pub(crate) use transaction_id::{InvalidTransactionId, TransactionId};
