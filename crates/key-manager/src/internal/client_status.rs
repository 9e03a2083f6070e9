//! `/internal/v1/clients/{client_id}/{disable|enable}`: whether a client may authenticate.

use super::clients::ClientView;
use super::error::InternalError;
use crate::clients::ClientId;
use crate::key_manager::Server;
use crate::store::{Change, ClientRecord, ClientStatus};
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use service_kit::InteractionId;

/// `POST /internal/v1/clients/{client_id}/disable`: from the answer on, the client gets no token here
/// and readers of the feed refuse those it has.
pub(super) async fn disable(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    id: web::Path<String>,
) -> Result<HttpResponse, InternalError> {
    set(&server, &interaction_id, &id, ClientStatus::Disabled).await
}

/// `POST /internal/v1/clients/{client_id}/enable`.
pub(super) async fn enable(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    id: web::Path<String>,
) -> Result<HttpResponse, InternalError> {
    set(&server, &interaction_id, &id, ClientStatus::Active).await
}

/// Answers with the client as it is then; a status that it has already is no change.
async fn set(
    server: &Server,
    interaction_id: &InteractionId,
    id: &str,
    status: ClientStatus,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    let (record, changed) =
        server.set_status(&id, status).await?.ok_or(InternalError::NoSuchClient)?;
    if changed {
        tracing::info!(
            target: "audit",
            event = "client_status",
            outcome = match status {
                ClientStatus::Active => "enabled",
                ClientStatus::Disabled => "disabled",
            },
            client_id = id.as_str(),
            interaction_id = interaction_id.as_str(),
        );
    }
    Ok(HttpResponse::Ok().json(ClientView::of(&record)?))
}

impl Server {
    /// The client and whether its status was another before; `None` where there is none.
    async fn set_status(
        &self,
        id: &ClientId,
        status: ClientStatus,
    ) -> Result<Option<(ClientRecord, bool)>, DatabaseError> {
        let (row, now) = (id.as_str().to_owned(), UtcMicros::from(self.clock.now()));
        let set = self
            .database
            .write(move |connection| {
                let changed = ClientRecord::set_status(connection, &row, status)?;
                let record = ClientRecord::find(connection, &row)?;
                if changed {
                    let change = match status {
                        ClientStatus::Active => Change::ClientChanged(row.clone()),
                        ClientStatus::Disabled => Change::ClientDisabled(row.clone()),
                    };
                    change.record(connection, now)?;
                }
                Ok::<_, DatabaseError>(record.map(|record| (record, changed)))
            })
            .await?;
        self.clients.forget(id);
        self.changes.announce();
        Ok(set)
    }
}
