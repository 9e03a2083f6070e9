//! The `lombard.toml` of a new sandbox.

use super::BANK_PASSWORD;
use event_service::BankUser;

/// Its content: the documented bank user.
pub(super) fn content(user: &BankUser) -> String {
    let BankUser { name, password_hash } = user;
    format!(
        "# Written by the first start of this sandbox and yours from then on.\n\
         # `lombard config reference` prints every key with its default.\n\
         mode = \"sandbox\"\n\
         \n\
         # The bank user of the toolkit's documentation: {name} / {BANK_PASSWORD}\n\
         [[event_service.bank_user]]\n\
         name = \"{name}\"\n\
         password_hash = \"{password_hash}\"\n"
    )
}
