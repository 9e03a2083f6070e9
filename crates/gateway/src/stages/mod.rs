//! The steps of a call. Each takes what the one before proved and returns what it proved itself;
//! there is no other way to make those values.

mod authenticate;
mod bind;
mod certify;
mod checked;
mod forward;
mod location;
mod recognise;
mod route;
mod scope;
mod subscribe;
mod trusted;
mod upstream_headers;

pub(crate) use authenticate::authenticate;
pub(crate) use bind::bind;
pub(crate) use certify::certify;
pub(crate) use checked::Checked;
pub(crate) use forward::{Upstreams, forward};
pub(crate) use recognise::recognise;
pub(crate) use route::{Routed, TokenCall, route};
pub(crate) use scope::{Allowed, scope};
pub(crate) use subscribe::subscribe;
