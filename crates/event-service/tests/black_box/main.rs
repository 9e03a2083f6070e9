//! The event service over its real internal listener: mutual TLS, a key manager's stand-in that
//! speaks TLS as well, a real database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accelerator_create;
mod accelerator_poll;
mod accelerator_subscription;
mod access;
mod bad_input;
mod bank_api;
mod bank_users;
mod callback_urls;
mod clients;
mod durability;
mod event_subscriptions;
mod faulty_events;
mod harness;
mod hostile_strings;
mod idempotent_creation;
mod keys;
mod long_poll;
mod message_signing;
mod model;
mod open_banking_poll;
mod replicas;
mod resource_check;
mod retention;
mod set_profiles;
mod set_shape;
mod sign_mode;
mod subscribed_events;
