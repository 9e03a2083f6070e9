//! Password hashes (argon2id, OWASP ASVS 5.0 appendix C).

use super::BankUser;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// A configured bank user that must not be used.
#[derive(Debug, thiserror::Error)]
#[error("event_service.bank_user {name:?}: {reason}")]
pub struct InvalidBankUser {
    /// The user's name.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A password that cannot be hashed: longer than four gigabytes, or no randomness for the salt.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed")]
pub struct PasswordError;

/// A hash of `password` for a bank user's configuration, with a salt of its own.
pub fn hash_password(password: &str) -> Result<String, PasswordError> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS);
    let hash = argon2.hash_password(password.as_bytes()).map_err(|_| PasswordError)?;
    Ok(hash.to_string())
}

/// A parsed hash.
#[derive(Clone, Debug)]
pub(super) struct StoredHash(PasswordHash);

impl StoredHash {
    /// Reads the hash of a configured user.
    pub(super) fn parse(user: &BankUser) -> Result<Self, InvalidBankUser> {
        let invalid = |reason| InvalidBankUser { name: user.name.clone(), reason };
        if user.name.is_empty() || user.name.contains(':') {
            return Err(invalid("the name must not be empty and must not contain a colon"));
        }
        let hash = PasswordHash::new(&user.password_hash)
            .map_err(|_| invalid("password_hash is not an argon2id hash"))?;
        if hash.algorithm.as_str() != "argon2id" {
            return Err(invalid("password_hash is not an argon2id hash"));
        }
        Ok(Self(hash))
    }

    /// Whether `password` is the one; takes tens of milliseconds by intent.
    pub(super) fn matches(&self, password: &str) -> bool {
        Argon2::default().verify_password(password.as_bytes(), &self.0).is_ok()
    }
}

/// 46 MiB and one pass: the least that ASVS recommends, checked at compile time.
const PARAMS: Params = match Params::new(47_104, 1, 1, None) {
    Ok(params) => params,
    Err(_) => panic!("within argon2's bounds"),
};

#[cfg(test)]
mod tests {
    use super::{BankUser, StoredHash, hash_password};

    #[test]
    fn a_hash_verifies_its_password_only_and_has_a_salt_of_its_own() {
        let hash = hash_password("wso2123").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{hash}");
        assert_ne!(hash, hash_password("wso2123").unwrap());
        let user = BankUser { name: "admin@wso2.com".to_owned(), password_hash: hash };
        let stored = StoredHash::parse(&user).unwrap();
        assert!(stored.matches("wso2123"));
        assert!(!stored.matches("wso2124"));
        assert!(!stored.matches(""));
    }

    #[test]
    fn a_user_without_a_usable_name_and_hash_is_refused() {
        let good = hash_password("x").unwrap();
        let argon2i = good.replace("argon2id", "argon2i");
        for (name, hash) in
            [("", good.as_str()), ("a:b", &good), ("a", ""), ("a", "plain"), ("a", &argon2i)]
        {
            let user = BankUser { name: name.to_owned(), password_hash: hash.to_owned() };
            assert!(StoredHash::parse(&user).is_err(), "{name} {hash}");
        }
    }
}
