//! What polls that wait need of the database.

use super::{ClientNo, Store};
use database::{AnyConnection, DatabaseError, Notifications};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text};

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Integer)]
    client_no: i32,
}

impl Store {
    /// What other processes announce, and this one.
    pub(crate) fn announcements(&self) -> Option<Notifications> {
        self.database.notifications(CHANNEL)
    }

    /// Announces `text` to all processes on this database.
    pub(crate) async fn announce(&self, text: String) -> Result<(), DatabaseError> {
        self.database.notify(CHANNEL, text).await
    }

    /// Those of `clients` for which an event waits.
    pub(crate) async fn with_open_events(
        &self,
        clients: Vec<ClientNo>,
    ) -> Result<Vec<ClientNo>, DatabaseError> {
        let numbers: Vec<i32> = clients.into_iter().map(|client_no| client_no.0).collect();
        let found = self.database.read(move |conn| with_open_events(conn, numbers)).await?;
        Ok(found.into_iter().map(|found| ClientNo(found.client_no)).collect())
    }
}

/// One look into the index for each client. `OFFSET 0` keeps PostgreSQL from reading the whole table
/// of open events instead, for a join.
fn with_open_events(
    conn: &mut AnyConnection,
    numbers: Vec<i32>,
) -> Result<Vec<Found>, DatabaseError> {
    let found = match conn {
        AnyConnection::Postgres(conn) => diesel::sql_query(
            "SELECT c AS client_no FROM unnest($1) AS c
             WHERE EXISTS (SELECT 1 FROM open_event WHERE client_no = c OFFSET 0)",
        )
        .bind::<Array<Integer>, _>(numbers)
        .load(conn)?,
        AnyConnection::Sqlite(conn) => diesel::sql_query(
            "SELECT c.value AS client_no FROM json_each(?) AS c
             WHERE EXISTS (SELECT 1 FROM open_event WHERE client_no = c.value)",
        )
        .bind::<Text, _>(serde_json::to_string(&numbers).unwrap_or_default())
        .load(conn)?,
    };
    Ok(found)
}

/// PostgreSQL's channel for announcements.
const CHANNEL: &str = "lombard.open_events";
