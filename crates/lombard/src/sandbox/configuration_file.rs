//! The `lombard.toml` of a new sandbox.

use super::{BANK_PASSWORD, BANK_USER, SandboxError};
use argon2::{Argon2, PasswordHash, PasswordHasher};
use service_kit::Random;

/// Its content: the documented bank user, the password hashed with a salt of its own.
pub(super) fn content(random: &dyn Random) -> Result<String, SandboxError> {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(BANK_PASSWORD.as_bytes(), &salt)
        .map_err(SandboxError::Password)?;
    Ok(format!(
        "# Written by the first start of this sandbox and yours from then on.\n\
         # `lombard config reference` prints every key with its default.\n\
         mode = \"sandbox\"\n\
         \n\
         # The bank user of the toolkit's documentation: {BANK_USER} / {BANK_PASSWORD}\n\
         [[event_service.bank_user]]\n\
         name = \"{BANK_USER}\"\n\
         password_hash = \"{hash}\"\n"
    ))
}
