//! The bank's users at the Accelerator doors: Basic authentication before routing.

mod authentication;
mod credentials;
mod password;

pub(crate) use authentication::{BankUserName, BankUsers, require_bank, require_bank_user};
pub use password::{InvalidBankUser, PasswordError, hash_password};

/// A user of the bank that may create and poll events at the Accelerator doors.
#[derive(
    Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct BankUser {
    /// The user name of Basic authentication; no colon.
    pub name: String,
    /// The argon2id hash of the password, `$argon2id$…`.
    pub password_hash: String,
}

impl std::fmt::Debug for BankUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BankUser").field("name", &self.name).finish_non_exhaustive()
    }
}
