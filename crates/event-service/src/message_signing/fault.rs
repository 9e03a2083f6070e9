//! What may be wrong with a signature.

/// The first thing that is wrong, in the order of the profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureFault {
    /// The header is right; the signature is not the key's over the body.
    #[error("the signature does not verify")]
    Invalid,
    /// A member of the header that has a wrong value or does not belong there.
    #[error("{0} of the signature's header is wrong")]
    InvalidClaim(String),
    /// No detached JWS, or several.
    #[error("not one detached JWS")]
    Malformed,
    /// None where there must be one.
    #[error("no signature")]
    Missing,
    /// Members of the header that are not there.
    #[error("missing in the signature's header: {0}")]
    MissingClaim(String),
    /// One where there is no body to sign.
    #[error("a signature where none belongs")]
    Unexpected,
}
