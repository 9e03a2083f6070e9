//! The event service: the bank reports events, their clients take them as signed SETs (RFC 8417)
//! by polling (RFC 8936).
//!
//! Two families of doors stand before the same events: WSO2's Accelerator API, with its own texts
//! and Basic authentication for the bank, and Open Banking's polling API, which the gateway calls
//! for authenticated clients. An event is signed once, when it is created, and answered for when it
//! is durable; it waits until its client acknowledges it or reports it as erroneous.

mod access;
mod audit;
mod bank;
mod bank_user;
mod client_feed;
mod client_settings;
mod clients;
mod config;
mod doors;
mod event;
mod internal;
mod keys;
mod last_poll;
mod long_poll;
mod message_signing;
mod metrics;
mod push;
mod resource_check;
mod retention;
mod service;
mod set;
mod store;
mod subscriptions;

pub use access::INTERNAL_ACCESS;
pub use bank_user::{BankUser, InvalidBankUser, PasswordError, hash_password};
pub use client_settings::{ClientSettings, RepeatedClient};
pub use config::{Config, RetentionConfig, SetConfig};
pub use event::SignMode;
pub use keys::{SigningKeyError, create_signing_key, ensure_signing_key};
pub use long_poll::{InvalidLongPoll, LongPollConfig, WhenAbsent};
pub use message_signing::{InvalidMessageSigning, MessageSigningConfig};
pub use push::{PushConfig, PushFormat};
pub use resource_check::{InvalidResourceCheck, ResourceCheckConfig, ResourceCheckMode};
pub use service::{Dependencies, EventService, StartError};
pub use set::{InvalidTerms, SetProfile};
pub use store::MIGRATIONS;
pub use subscriptions::{EventTypeNames, InvalidEventTypes};
