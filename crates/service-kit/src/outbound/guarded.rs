//! Calls to addresses that a TPP or a publisher can influence.

/// https only, the resolved address checked and pinned, no redirects, sizes and times capped.
#[derive(Clone, Debug)]
pub struct GuardedClient {}

/// Why a guarded call was not made or not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardedError {
    /// The address is one the guard refuses.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// No connection, a time-out, a redirect or an oversized answer.
    #[error("unavailable: {0}")]
    Unavailable(String),
}
