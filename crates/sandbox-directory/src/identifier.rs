//! Ids of organisations and software statements, in the forms of the Open Banking Directory.

use service_kit::{Random, base62};

/// An organisation's id: 1 to 18 letters and digits; a generated one has 18.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrganisationId(String);

/// A software statement's id: 1 to 22 letters and digits; a generated one is 22 of Base62.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SoftwareId(String);

/// Not an id of the expected form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("has 1 to {0} letters and digits")]
pub(crate) struct InvalidId(usize);

impl OrganisationId {
    /// A new one.
    pub(crate) fn generate(random: &dyn Random) -> Self {
        Self(format!("0015800001{}", base62(random, 8)))
    }

    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl SoftwareId {
    /// A new one.
    pub(crate) fn generate(random: &dyn Random) -> Self {
        Self(base62(random, 22))
    }

    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for OrganisationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        alphanumeric(text, 18).map(Self)
    }
}

impl std::str::FromStr for SoftwareId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        alphanumeric(text, 22).map(Self)
    }
}

fn alphanumeric(text: &str, longest: usize) -> Result<String, InvalidId> {
    let valid = (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if valid { Ok(text.to_owned()) } else { Err(InvalidId(longest)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::SystemRandom;

    #[test]
    fn generated_ids_have_the_directorys_forms() {
        let organisation = OrganisationId::generate(&SystemRandom);
        assert_eq!(organisation.as_str().len(), 18);
        assert_eq!(organisation.as_str().parse(), Ok(organisation));
        let software = SoftwareId::generate(&SystemRandom);
        assert_eq!(software.as_str().len(), 22);
        assert_eq!(software.as_str().parse(), Ok(software));
    }

    #[test]
    fn an_id_that_a_path_or_a_name_could_misread_is_refused() {
        for id in ["", "a/b", "a.b", "a b", "..", "é", "a\n", &"x".repeat(23)] {
            assert!(id.parse::<SoftwareId>().is_err(), "{id:?}");
            assert!(id.parse::<OrganisationId>().is_err(), "{id:?}");
        }
        assert!("x".repeat(19).parse::<OrganisationId>().is_err());
    }
}
