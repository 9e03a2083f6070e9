//! Clients as the key manager described them.

use super::schema::{client, known_client};
use super::{ClientNo, Store};
use crate::clients::NOT_SINCE_CHANGED;
use database::{AnyConnection, DatabaseError, UtcMicros, each};
use diesel::prelude::*;
use jiff::Timestamp;

/// A client that the key manager knew when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredClient {
    /// Its number here.
    pub(crate) client_no: ClientNo,
    /// Its status, as the key manager spells it.
    pub(crate) status: String,
    /// When the key manager was last asked, Unix microseconds.
    pub(crate) asked_at: i64,
}

impl Store {
    /// The stored row of `client_id`.
    pub(crate) async fn client(
        &self,
        client_id: String,
    ) -> Result<Option<StoredClient>, DatabaseError> {
        self.database.read(move |conn| find(conn, &client_id)).await
    }

    /// Stores the key manager's answer, giving a new client its number.
    pub(crate) async fn remember_client(
        &self,
        client_id: String,
        status: String,
        document: String,
        now: Timestamp,
    ) -> Result<StoredClient, DatabaseError> {
        self.database
            .write(move |conn| {
                let client_no = intern(conn, &client_id)?;
                let asked_at = UtcMicros::from(now);
                let row = (
                    known_client::client_no.eq(client_no.0),
                    known_client::status.eq(&status),
                    known_client::document.eq(&document),
                    known_client::asked_at.eq(asked_at),
                );
                each!(conn => diesel::insert_into(known_client::table)
                    .values(row)
                    .on_conflict(known_client::client_no)
                    .do_update()
                    .set(row)
                    .execute(conn))?;
                Ok(StoredClient { client_no, status: status.clone(), asked_at: asked_at.0 })
            })
            .await
    }

    /// Sets the status of a stored client, which then has to be asked for again.
    pub(crate) async fn set_client_status(
        &self,
        client_id: String,
        status: String,
    ) -> Result<(), DatabaseError> {
        self.database
            .write(move |conn| {
                let numbers = client::table
                    .filter(client::client_id.eq(&client_id))
                    .select(client::client_no);
                diesel::update(known_client::table.filter(known_client::client_no.eq_any(numbers)))
                    .set((
                        known_client::status.eq(&status),
                        known_client::asked_at.eq(UtcMicros(NOT_SINCE_CHANGED)),
                    ))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    /// The ids and status of all stored clients.
    pub(crate) async fn known_clients(&self) -> Result<Vec<(String, String)>, DatabaseError> {
        self.database
            .read(|conn| {
                Ok(known_client::table
                    .inner_join(client::table)
                    .select((client::client_id, known_client::status))
                    .load(conn)?)
            })
            .await
    }

    /// Forgets a client that the key manager no longer knows; its number and its events stay.
    pub(crate) async fn forget_client(&self, client_id: String) -> Result<(), DatabaseError> {
        self.database
            .write(move |conn| {
                let numbers = client::table
                    .filter(client::client_id.eq(&client_id))
                    .select(client::client_no);
                diesel::delete(known_client::table)
                    .filter(known_client::client_no.eq_any(numbers))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }
}

fn find(conn: &mut AnyConnection, client_id: &str) -> Result<Option<StoredClient>, DatabaseError> {
    let row = known_client::table
        .inner_join(client::table)
        .filter(client::client_id.eq(client_id))
        .select((known_client::client_no, known_client::status, known_client::asked_at))
        .first::<(i32, String, UtcMicros)>(conn)
        .optional()?;
    Ok(row.map(|(client_no, status, asked_at)| StoredClient {
        client_no: ClientNo(client_no),
        status,
        asked_at: asked_at.0,
    }))
}

fn intern(conn: &mut AnyConnection, client_id: &str) -> Result<ClientNo, DatabaseError> {
    each!(conn => diesel::insert_into(client::table)
        .values(client::client_id.eq(client_id))
        .on_conflict_do_nothing()
        .execute(conn))?;
    let client_no = client::table
        .filter(client::client_id.eq(client_id))
        .select(client::client_no)
        .first(conn)?;
    Ok(ClientNo(client_no))
}
