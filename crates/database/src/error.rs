//! Errors of storage.

/// Why a unit of work was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The database is away, full, locked, or the pool is exhausted. Answer 503; nothing was done,
    /// or (a lost commit) it is not known whether it was.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A query failed: a defect of ours or of the data.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {url}: {reason}")]
pub struct OpenError {
    /// The URL without its password.
    pub url: String,
    /// What went wrong and what to do.
    pub reason: String,
}
