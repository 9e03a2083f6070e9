//! The two shapes of access tokens, told apart by the header.

use crate::refusal::TokenFault;

/// Which claims a token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenProfile {
    /// RFC 9068: `typ` is `at+jwt`.
    Rfc9068,
    /// The toolkit's: no `typ`, or `JWT`.
    Wso2,
}

impl TokenProfile {
    /// The profile that `typ` names. Security event tokens and client assertions may say what they
    /// are: theirs is none.
    pub(super) fn of(token_type: Option<&str>) -> Result<Self, TokenFault> {
        let Some(text) = token_type else { return Ok(Self::Wso2) };
        let is = |known: &str| text.eq_ignore_ascii_case(known);
        if is("at+jwt") || is("application/at+jwt") {
            Ok(Self::Rfc9068)
        } else if is("JWT") {
            Ok(Self::Wso2)
        } else {
            Err(TokenFault::WrongType)
        }
    }
}
