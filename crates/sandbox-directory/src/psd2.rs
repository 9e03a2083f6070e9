//! The roles of PSD2 under the Open Banking Directory's names.

use crate::text::InvalidMember;
use certificates::Psd2Role;
use serde::{Deserialize, Serialize};

/// What a provider is authorised for, and what a software statement is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Role {
    /// Account information.
    Aisp,
    /// Account servicing.
    Aspsp,
    /// Card-based payment instruments.
    Cbpii,
    /// Payment initiation.
    Pisp,
}

impl Role {
    /// What a TPP has unless it says otherwise.
    pub(crate) const OF_TPPS: [Self; 3] = [Self::Aisp, Self::Pisp, Self::Cbpii];

    /// Reads a list of names without repeats, at least one.
    pub(crate) fn list(member: &'static str, names: &[String]) -> Result<Vec<Self>, InvalidMember> {
        let mut roles = Vec::with_capacity(names.len().min(4));
        for name in names {
            let role = Self::named(name).ok_or_else(|| {
                InvalidMember::new(member, "must hold AISP, ASPSP, CBPII or PISP")
            })?;
            if roles.contains(&role) {
                return Err(InvalidMember::new(member, "must not repeat a role"));
            }
            roles.push(role);
        }
        if roles.is_empty() {
            return Err(InvalidMember::new(member, "must name a role"));
        }
        Ok(roles)
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "AISP" => Self::Aisp,
            "ASPSP" => Self::Aspsp,
            "CBPII" => Self::Cbpii,
            "PISP" => Self::Pisp,
            _ => return None,
        })
    }
}

impl From<Role> for Psd2Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Aisp => Self::AccountInformation,
            Role::Aspsp => Self::AccountServicing,
            Role::Cbpii => Self::CardIssuing,
            Role::Pisp => Self::PaymentInitiation,
        }
    }
}
