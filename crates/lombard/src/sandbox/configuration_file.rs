//! The `lombard.toml` of a new sandbox.

use super::{BANK_PASSWORD, BANK_USER};
use event_service::{PasswordError, hash_password};

/// Its content: the documented bank user.
pub(super) fn content() -> Result<String, PasswordError> {
    let hash = hash_password(BANK_PASSWORD)?;
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
