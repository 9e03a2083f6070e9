//! Random identifiers of the forms that the Open Banking Directory gives out.

use service_kit::{Random, base62};

/// A software statement id: 22 Base62 characters, as the directory gives them.
pub fn software_id(random: &dyn Random) -> String {
    base62(random, 22)
}

/// An organisation id in the directory's 18-character form.
pub fn organisation_id(random: &dyn Random) -> String {
    format!("0015800001{}", base62(random, 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::SystemRandom;

    #[test]
    fn a_software_id_has_22_base62_characters() {
        let id = software_id(&SystemRandom);
        assert_eq!(id.len(), 22);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn an_organisation_id_has_18_characters() {
        assert_eq!(organisation_id(&SystemRandom).len(), 18);
    }
}
