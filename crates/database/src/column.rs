//! Column types that both backends store, compare and order alike.
//!
//! | value | type | PostgreSQL | SQLite (`STRICT`) |
//! |---|---|---|---|
//! | time | [`UtcMicros`] | `BIGINT` | `INTEGER` |
//! | generated UUID | [`UuidBytes`] | `BYTEA` | `BLOB` |
//! | other ids, states | [`text_column!`](crate::text_column) | `TEXT COLLATE "C"` | `TEXT` |
//!
//! `COLLATE "C"` makes PostgreSQL compare text byte for byte as SQLite does, whatever the locale of
//! the cluster. UUIDs are bytes, not text: 16 instead of 36 in every key and index, compared by
//! `memcmp` on both, so that `UUIDv7` order is time order. (PostgreSQL's own `uuid` has no
//! counterpart in SQLite.)

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary};

/// Unix microseconds in a BIGINT column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct UtcMicros(pub i64);

/// Microseconds further from 1970 than a timestamp can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} microseconds are outside representable time")]
pub struct TimeOutOfRange(pub i64);

impl From<jiff::Timestamp> for UtcMicros {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl TryFrom<UtcMicros> for jiff::Timestamp {
    type Error = TimeOutOfRange;

    fn try_from(at: UtcMicros) -> Result<Self, TimeOutOfRange> {
        Self::from_microsecond(at.0).map_err(|_| TimeOutOfRange(at.0))
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for UtcMicros
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for UtcMicros
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

/// A UUID as its 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub struct UuidBytes(pub uuid::Uuid);

impl<DB: Backend> FromSql<Binary, DB> for UuidBytes
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = Vec::<u8>::from_sql(bytes)?;
        Ok(Self(uuid::Uuid::from_slice(&bytes)?))
    }
}

impl<DB: Backend> ToSql<Binary, DB> for UuidBytes
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_bytes().as_slice().to_sql(out)
    }
}

/// Lets a type live in a TEXT column of either backend.
///
/// The type has `fn as_str(&self) -> &str` and `TryFrom<String>` whose error is displayable, and
/// derives diesel's `AsExpression` and `FromSqlRow` with
/// `#[diesel(sql_type = diesel::sql_types::Text)]`. A stored value that does not convert fails the
/// query. The crate that uses it needs `diesel`.
#[macro_export]
macro_rules! text_column {
    ($type:ty) => {
        impl<DB: ::diesel::backend::Backend>
            ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB> for $type
        where
            ::std::string::String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <::std::string::String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(bytes)?;
                <$type>::try_from(text).map_err(|error| error.to_string().into())
            }
        }

        impl<DB: ::diesel::backend::Backend>
            ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB> for $type
        where
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                self.as_str().to_sql(out)
            }
        }
    };
}
