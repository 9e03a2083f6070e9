//! The roles a process can serve.

use certificates::ServiceRole;
use clap::ValueEnum;
use std::collections::BTreeSet;

/// A role of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Role {
    /// Events: SETs, polling.
    EventService,
    /// The published APIs.
    Gateway,
    /// Clients, tokens, keys.
    KeyManager,
}

/// The roles that one process serves.
pub type Roles = BTreeSet<Role>;

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::EventService, Self::Gateway, Self::KeyManager];

    /// `chosen`, or all where none is chosen.
    pub fn or_all(chosen: &[Self]) -> Roles {
        if chosen.is_empty() { Self::ALL.into() } else { chosen.iter().copied().collect() }
    }

    /// The name on the role's service certificate.
    pub fn service(self) -> ServiceRole {
        match self {
            Self::EventService => ServiceRole::EventService,
            Self::Gateway => ServiceRole::Gateway,
            Self::KeyManager => ServiceRole::KeyManager,
        }
    }
}
