//! The roles a process can serve.

use crate::configuration::Mode;
use certificates::ServiceRole;
use clap::ValueEnum;
use std::collections::BTreeSet;

/// A role of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Role {
    /// Stands in for the Open Banking Directory; sandbox only.
    Directory,
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
    pub const ALL: [Self; 4] =
        [Self::Directory, Self::EventService, Self::Gateway, Self::KeyManager];

    /// `chosen`, or all that there are in `mode` where none is chosen.
    pub fn or_all(chosen: &[Self], mode: Mode) -> Roles {
        let mut roles: Roles =
            if chosen.is_empty() { Self::ALL.into() } else { chosen.iter().copied().collect() };
        if chosen.is_empty() && mode == Mode::Production {
            roles.remove(&Self::Directory);
        }
        roles
    }

    /// The name on the role's service certificate.
    pub fn service(self) -> ServiceRole {
        match self {
            Self::Directory => ServiceRole::Directory,
            Self::EventService => ServiceRole::EventService,
            Self::Gateway => ServiceRole::Gateway,
            Self::KeyManager => ServiceRole::KeyManager,
        }
    }
}
