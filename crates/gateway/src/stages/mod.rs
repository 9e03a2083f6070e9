//! The steps of a call. Each takes what the one before proved and returns what it proved itself;
//! there is no other way to make those values.

mod authenticate;
mod bind;
mod forward;
mod location;
mod route;
mod scope;
mod subscribe;

pub(crate) use authenticate::authenticate;
pub(crate) use bind::bind;
pub(crate) use forward::{Upstreams, forward};
pub(crate) use route::route;
pub(crate) use scope::scope;
pub(crate) use subscribe::subscribe;
