//! One connection type over both backends.

/// A connection to either backend; queries of the common subset run on it directly, the rest go
/// through [`each!`](crate::each) or an explicit `match`.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL.
    Postgres(diesel::PgConnection),
    /// SQLite.
    Sqlite(diesel::SqliteConnection),
}

/// The backend of [`AnyConnection`], for `into_boxed::<AnyBackend>()`.
pub type AnyBackend = <AnyConnection as diesel::Connection>::Backend;

/// Expands `$query` once per backend, for SQL that the common subset cannot express
/// (`on_conflict`, batch inserts, `as_returning`).
///
/// ```ignore
/// each!(conn => diesel::insert_into(jti::table).values(&row).on_conflict_do_nothing().execute(conn))
/// ```
#[macro_export]
macro_rules! each {
    ($conn:ident => $query:expr) => {
        match $conn {
            $crate::AnyConnection::Postgres($conn) => $query,
            $crate::AnyConnection::Sqlite($conn) => $query,
        }
    };
}
