//! Errors of storage.

use diesel::result::{DatabaseErrorKind, Error};

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
    Query(diesel::result::Error),
    /// A conditional change met another number of rows than the caller needs.
    #[error("{actual} rows were changed, {expected} were expected")]
    Affected {
        /// How many rows were changed.
        actual: usize,
        /// How many should have been.
        expected: usize,
    },
    /// The unit of work panicked and was rolled back: a defect of ours.
    #[error("a unit of work panicked")]
    Panicked,
}

/// Sorts a query's failure: what time or an operator heals is `Unavailable`, the rest `Query`.
impl From<Error> for DatabaseError {
    fn from(error: Error) -> Self {
        if is_unavailability(&error) {
            Self::Unavailable(error.to_string())
        } else {
            Self::Query(error)
        }
    }
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

/// Makes a single-use change a decision: `rows` of a conditional UPDATE or DELETE must be
/// `expected`, otherwise the unit of work fails and is rolled back.
pub fn ensure_affected(rows: usize, expected: usize) -> Result<(), DatabaseError> {
    if rows == expected { Ok(()) } else { Err(DatabaseError::Affected { actual: rows, expected }) }
}

fn is_unavailability(error: &Error) -> bool {
    match error {
        Error::BrokenTransactionManager
        | Error::RollbackErrorOnCommit { .. }
        | Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::SerializationFailure,
            _,
        ) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            UNAVAILABLE_MESSAGES.iter().any(|known| info.message().contains(known))
        }
        _ => false,
    }
}

/// diesel keeps neither SQLSTATE nor SQLite's code of these. SQLite's messages are never
/// translated; PostgreSQL's may be, and then only the wording of our 5xx suffers.
const UNAVAILABLE_MESSAGES: &[&str] = &[
    "database or disk is full",
    "database is locked",
    "database table is locked",
    "disk I/O error",
    "unable to open database file",
    "canceling statement due to",
    "deadlock detected",
    "server closed the connection",
    "no connection to the server",
    "terminating connection due to",
    "No space left on device",
    "the database system is",
    "too many clients",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(message: &str) -> Error {
        Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn a_full_disk_is_unavailability_and_a_missing_table_a_defect() {
        let full = DatabaseError::from(unknown("database or disk is full"));
        assert!(matches!(full, DatabaseError::Unavailable(_)), "{full:?}");
        let missing = DatabaseError::from(unknown("no such table: grants"));
        assert!(matches!(missing, DatabaseError::Query(_)), "{missing:?}");
    }

    #[test]
    fn another_number_of_rows_than_expected_is_refused() {
        assert!(ensure_affected(1, 1).is_ok());
        assert!(matches!(
            ensure_affected(0, 1),
            Err(DatabaseError::Affected { actual: 0, expected: 1 })
        ));
    }
}
