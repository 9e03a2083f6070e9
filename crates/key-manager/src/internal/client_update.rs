//! `PUT /internal/v1/clients/{client_id}`: an operator changes a client.

use super::clients::ClientView;
use super::error::InternalError;
use crate::clients::{ClientId, Registration, UnreadableClient, with_operators_part};
use crate::form;
use crate::key_manager::Server;
use crate::store::{Change, ClientRecord, RegistrationRecord};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use serde_json::Value;
use service_kit::InteractionId;

/// Takes the members of a new client; what is absent is as in a new client. Status, time of
/// registration and the secret of a client that keeps one stay. Of a client that registered itself
/// by a software statement, cap on assertions and audience arrays alone can be changed.
pub(super) async fn put(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    let body = form::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|_| form::FormError::Encoding)?;
    let (seen, registered_itself) =
        server.client_to_change(&id).await?.ok_or(InternalError::NoSuchClient)?;
    let Registration { record, secret } = if registered_itself {
        let record = with_operators_part(text, &seen, &shown(&seen)?)?;
        Registration { record, secret: None }
    } else {
        server.parse_registration(text, Some(&seen), seen.created_at)?
    };
    let record = server.change(&id, record, seen).await?;
    tracing::info!(
        target: "audit",
        event = "client_update",
        outcome = "updated",
        client_id = id.as_str(),
        interaction_id = interaction_id.as_str(),
    );
    ClientView::answer(StatusCode::OK, &record, secret.as_ref())
}

impl Server {
    /// The client, and whether it registered itself.
    async fn client_to_change(
        &self,
        id: &ClientId,
    ) -> Result<Option<(ClientRecord, bool)>, DatabaseError> {
        let id = id.as_str().to_owned();
        self.database
            .read(move |connection| {
                let registration = RegistrationRecord::find(connection, &id)?;
                let record = ClientRecord::find(connection, &id)?;
                Ok(record.map(|record| (record, registration.is_some())))
            })
            .await
    }

    async fn change(
        &self,
        id: &ClientId,
        record: ClientRecord,
        seen: ClientRecord,
    ) -> Result<ClientRecord, InternalError> {
        let (row, now) = (record.clone(), UtcMicros::from(self.clock.now()));
        let done = self
            .database
            .write(move |connection| {
                let done = row.change(connection, &seen)?;
                if done && row != seen {
                    Change::ClientChanged(row.client_id.clone()).record(connection, now)?;
                }
                Ok::<_, DatabaseError>(done)
            })
            .await?;
        self.clients.forget(id);
        self.changes.announce();
        if done { Ok(record) } else { Err(InternalError::ClientChanged) }
    }
}

/// What an operator reads of the client.
fn shown(record: &ClientRecord) -> Result<serde_json::Map<String, Value>, InternalError> {
    match serde_json::to_value(ClientView::of(record)?) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(UnreadableClient::of(record, "jwks").into()),
    }
}
