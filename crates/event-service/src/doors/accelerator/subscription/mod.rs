//! `/subscription`: what the bank subscribes its clients to.
//!
//! Deliberately not as WSO2: nobody reads, lists, changes or deletes another client's subscription;
//! an unknown id is 400 at PUT too; repeated event types are 400, not 500; JSON is strict; callback
//! URLs that lead inwards are refused; a subscription without event types wants all of them.

mod body;
mod error;
mod handlers;

pub(super) use handlers::routes;
