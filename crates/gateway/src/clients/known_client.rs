//! A client as the gateway knows it.

use super::role::Roles;
use crate::refusal::ClientFault;
use serde::Deserialize;

/// What the key manager says of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct KnownClient {
    pub(super) status: Status,
    pub(super) roles: Roles,
    /// Seconds since the epoch; tokens issued earlier are a former registration's.
    pub(super) tokens_not_before: i64,
}

/// Whether the client may use its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Active,
    Disabled,
    Deleted,
}

impl KnownClient {
    /// What the client is authorised for.
    pub(crate) fn roles(&self) -> Roles {
        self.roles
    }

    /// Refuses a client that is not active.
    pub(super) fn check(&self) -> Result<(), ClientFault> {
        match self.status {
            Status::Active => Ok(()),
            Status::Disabled => Err(ClientFault::Disabled),
            Status::Deleted => Err(ClientFault::Deleted),
        }
    }
}
