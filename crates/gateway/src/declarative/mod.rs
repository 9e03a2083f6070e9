//! Declarative mode: what is published and who subscribed to it, as files.
//!
//! The directory holds `apis/NAME/{api.toml,openapi.yaml}` and `subscriptions.toml`. It is read
//! again by content, because file watches do not work on every mount; what changed is compiled off
//! the request path and swapped in whole. A file that cannot be used leaves its last good content
//! in force, and is logged with its line.

mod api_toml;
mod defaults;
mod definition;
mod directory;
mod openapi;
mod problem;
mod reloader;
mod subscriptions;

pub use defaults::write_default_definitions;
pub use problem::DefinitionProblem;
pub use reloader::DefinitionsStatus;
pub use subscriptions::{SubscribeError, except, forget, subscribe};

pub(crate) use definition::{ApiDefinition, ErrorFormat, Operation, Security};
pub(crate) use reloader::Reloader;
pub(crate) use subscriptions::Subscriptions;
