//! Column types store, compare and order alike on both databases.

use crate::support::{LATER, open};
use database::{AnyConnection, Database, DatabaseError, UtcMicros, UuidBytes};
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

diesel::table! {
    sample (id) {
        id -> Binary,
        name -> Text,
        at -> BigInt,
    }
}

/// A TEXT column that holds one of two words.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = Text)]
enum Status {
    Active,
    Disabled,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

impl TryFrom<String> for Status {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "active" => Ok(Self::Active),
            "disabled" => Ok(Self::Disabled),
            _ => Err(format!("{text} is not a status")),
        }
    }
}

database::text_column!(Status);

#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = sample)]
struct Sample {
    id: UuidBytes,
    name: Status,
    at: UtcMicros,
}

async fn migrated(database: &test_kit::TestDatabase) -> Database {
    let database = open(database).await;
    database.migrate(&LATER).await.unwrap();
    database
}

fn insert(connection: &mut AnyConnection, row: Sample) -> Result<(), DatabaseError> {
    diesel::insert_into(sample::table).values(row).execute(connection)?;
    Ok(())
}

/// UUIDs whose byte order is that of these numbers, beyond where signed bytes would turn over.
fn id(number: u8) -> UuidBytes {
    UuidBytes(Uuid::from_bytes([number; 16]))
}

test_kit::on_both_databases! {
    async fn rows_come_back_as_they_were_in_the_order_of_their_uuids(kind: TestDatabase) {
        let database = migrated(&kind).await;
        let rows: Vec<_> = [0, 0x7f, 0x80, 0xff]
            .into_iter()
            .zip([i64::MIN, -1, 1_767_225_600_123_456, i64::MAX])
            .map(|(number, at)| Sample { id: id(number), name: Status::Active, at: UtcMicros(at) })
            .collect();
        for row in rows.iter().rev() {
            let row = row.clone();
            database.write(move |c| insert(c, row.clone())).await.unwrap();
        }
        let load = |c: &mut AnyConnection| {
            Ok::<_, DatabaseError>(
                sample::table.order(sample::id).select(Sample::as_select()).load(c)?,
            )
        };
        assert_eq!(database.read(load).await.unwrap(), rows);
        let by_key = |c: &mut AnyConnection| {
            let query = sample::table
                .filter(sample::id.ge(id(0x80)))
                .filter(sample::at.lt(UtcMicros(i64::MAX)))
                .filter(sample::name.eq(Status::Active));
            Ok::<_, DatabaseError>(query.select(sample::id).load::<UuidBytes>(c)?)
        };
        assert_eq!(database.read(by_key).await.unwrap(), [id(0x80)]);
    }

    async fn a_stored_word_that_is_none_of_the_enum_fails_the_query(kind: TestDatabase) {
        let database = migrated(&kind).await;
        let stray = |c: &mut AnyConnection| {
            let values = (sample::id.eq(id(1)), sample::name.eq("deleted"), sample::at.eq(0));
            Ok::<_, DatabaseError>(diesel::insert_into(sample::table).values(values).execute(c)?)
        };
        database.write(stray).await.unwrap();
        let load = |c: &mut AnyConnection| {
            Ok::<_, DatabaseError>(sample::table.select(sample::name).load::<Status>(c)?)
        };
        let error = database.read(load).await.unwrap_err();
        assert!(format!("{error:?}").contains("deleted is not a status"), "{error:?}");
    }

    async fn the_changed_rows_of_a_conditional_update_decide_a_single_use(kind: TestDatabase) {
        let database = migrated(&kind).await;
        let row = Sample { id: id(1), name: Status::Active, at: UtcMicros(0) };
        database.write(move |c| insert(c, row.clone())).await.unwrap();
        let redeem = |c: &mut AnyConnection| {
            let active = sample::table.filter(sample::name.eq(Status::Active));
            let rows =
                diesel::update(active).set(sample::name.eq(Status::Disabled)).execute(c)?;
            database::ensure_affected(rows, 1)
        };
        database.write(redeem).await.unwrap();
        let again = database.write(redeem).await;
        assert!(matches!(again, Err(DatabaseError::Affected { actual: 0, expected: 1 })));
    }
}

#[test]
fn times_convert_to_the_microsecond_and_back() {
    for text in ["2026-01-01T00:00:00.123456Z", "1969-12-31T23:59:59.999999Z"] {
        let at: jiff::Timestamp = text.parse().unwrap();
        assert_eq!(jiff::Timestamp::try_from(UtcMicros::from(at)).unwrap(), at);
    }
    let out_of_range = UtcMicros(i64::MAX);
    assert!(jiff::Timestamp::try_from(out_of_range).is_err());
}
