//! The HTTP doors: WSO2's Accelerator, with its own texts, and Open Banking's polling API.

pub(crate) mod accelerator;
pub(crate) mod body;
pub(crate) mod content_type;
pub(crate) mod idempotency_key;
pub(crate) mod open_banking;
