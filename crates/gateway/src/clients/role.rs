//! The roles a client is authorised for.

use serde::{Deserialize, Deserializer};

/// A role of PSD2 (RTS on SCA, article 34), by the Open Banking Directory's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Account information.
    Aisp,
    /// Card-based payment instruments.
    Cbpii,
    /// Payment initiation.
    Pisp,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roles(u8);

/// A name that is none of the roles'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("roles are AISP, CBPII and PISP")]
pub(crate) struct UnknownRole;

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "AISP" => Ok(Self::Aisp),
            "CBPII" => Ok(Self::Cbpii),
            "PISP" => Ok(Self::Pisp),
            _ => Err(UnknownRole),
        }
    }
}

impl Roles {
    /// Whether `role` is one of them.
    pub(crate) fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }
}

impl Role {
    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

/// Roles that the gateway has no name for are left out: nothing is granted to them.
impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_without_a_name_here_is_left_out() {
        let roles: Roles = serde_json::from_str(r#"["AISP", "ASPSP", "PISP"]"#).unwrap();
        let named = [Role::Aisp, Role::Cbpii, Role::Pisp].map(|role| roles.contains(role));
        assert_eq!(named, [true, false, true]);
    }
}
