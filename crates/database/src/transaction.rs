//! Beginning and ending transactions on either backend.

use crate::AnyConnection;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::R2D2Connection;
use diesel::result::{DatabaseErrorKind, Error, QueryResult};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// One snapshot, nothing written.
    Read,
    /// Reads and writes.
    Write,
}

/// Why a COMMIT did not succeed.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// The server refused it and rolled back: a deferred constraint, a conflict.
    RolledBack(Error),
    /// The answer was lost, or the disk failed: whether it is committed is not known.
    Unknown(Error),
}

/// Begins the transaction of a unit or batch.
///
/// SQLite's writers take the lock at once (`BEGIN IMMEDIATE`): a transaction that reads first and
/// then writes fails without waiting when another one wrote in between. PostgreSQL's isolation is
/// named so that the server's default does not decide; a reader sees one snapshot on both.
pub(crate) fn begin(connection: &mut AnyConnection, purpose: Purpose) -> QueryResult<()> {
    type Ansi = AnsiTransactionManager;
    match (connection, purpose) {
        (AnyConnection::Postgres(c), Purpose::Read) => {
            Ansi::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
        (AnyConnection::Postgres(c), Purpose::Write) => {
            Ansi::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL READ COMMITTED")
        }
        (AnyConnection::Sqlite(c), Purpose::Read) => {
            Ansi::begin_transaction_sql(c, "BEGIN DEFERRED")
        }
        (AnyConnection::Sqlite(c), Purpose::Write) => {
            Ansi::begin_transaction_sql(c, "BEGIN IMMEDIATE")
        }
    }
}

/// Commits the outermost transaction.
pub(crate) fn commit(connection: &mut AnyConnection) -> Result<(), CommitError> {
    match connection {
        AnyConnection::Postgres(c) => {
            // PostgreSQL answers COMMIT of an already failed transaction with success, having
            // rolled it back; the statement before it fails instead. diesel reads the new state of
            // the transaction from libpq.
            c.batch_execute("SELECT 1; COMMIT").map_err(|error| {
                if c.is_broken() && AnsiTransactionManager::rollback_transaction(c).is_err() {
                    CommitError::Unknown(error)
                } else {
                    CommitError::RolledBack(error)
                }
            })
        }
        AnyConnection::Sqlite(c) => {
            AnsiTransactionManager::commit_transaction(c).map_err(|error| match error {
                Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                    CommitError::RolledBack(error)
                }
                error => CommitError::Unknown(error),
            })
        }
    }
}

/// Opens a savepoint in the current transaction.
pub(crate) fn savepoint(connection: &mut AnyConnection) -> QueryResult<()> {
    AnyConnection::begin_transaction(connection)
}

/// Keeps what was done since the savepoint. An error means that the whole transaction is gone, or,
/// on PostgreSQL, that the unit hid a failure and has to be rolled back.
pub(crate) fn release(connection: &mut AnyConnection) -> QueryResult<()> {
    AnyConnection::commit_transaction(connection)
}

/// Rolls back until `depth` transactions (savepoints included) are left open. An error means that
/// the connection, or SQLite's whole transaction, is lost.
pub(crate) fn roll_back_to(connection: &mut AnyConnection, depth: u32) -> QueryResult<()> {
    while open_transactions(connection)? > depth {
        AnyConnection::rollback_transaction(connection)?;
    }
    if open_transactions(connection)? == depth { Ok(()) } else { Err(Error::NotInTransaction) }
}

/// Whether nothing is open on a connection that works.
pub(crate) fn is_idle(connection: &mut AnyConnection) -> bool {
    !connection.is_broken()
}

/// How many transactions and savepoints are open.
pub(crate) fn open_transactions(connection: &mut AnyConnection) -> QueryResult<u32> {
    let status = AnyConnection::transaction_manager_status_mut(connection);
    Ok(status.transaction_depth()?.map_or(0, std::num::NonZeroU32::get))
}
