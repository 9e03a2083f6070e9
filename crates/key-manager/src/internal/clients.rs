//! `/internal/v1/clients`: what the operator registers and the other roles look up.

use super::error::{InternalError, invalid};
use super::page::{self, Page};
use crate::clients::{
    ClientId, PlainSecret, Registration, RegistrationError, RegistrationRules, UnreadableClient,
    is_url_safe_name,
};
use crate::form;
use crate::key_manager::Server;
use crate::roles::TppRole;
use crate::store::{Change, ClientFilter, ClientRecord, ClientStatus};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_kit::InteractionId;

/// A client as the roles see it.
#[derive(Serialize)]
pub(super) struct ClientView<'c> {
    client_id: &'c str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    software_id: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation_id: Option<&'c str>,
    roles: &'c [String],
    scopes: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_client_auth_subject_dn: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assertion_lifetime_cap_seconds: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    allow_audience_array: bool,
    /// Unix seconds; tokens issued earlier count no longer.
    tokens_not_before: i64,
    token_endpoint_auth_method: &'c str,
    jwks: &'c RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<&'c str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resource_server: bool,
    /// In the answer to the registration alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'c str>,
}

/// A page of clients, in the order of their ids.
#[derive(Serialize)]
struct ClientPage<'c> {
    clients: Vec<ClientView<'c>>,
    /// `after` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page, of which clients.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    limit: Option<String>,
    after: Option<String>,
    status: Option<String>,
    role: Option<String>,
}

/// `POST /internal/v1/clients`.
pub(super) async fn create(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let body = form::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|_| form::FormError::Encoding)?;
    let now = UtcMicros::from(server.clock.now());
    let Registration { record, secret } = server.parse_registration(text, None, now)?;
    let record = server.register(record).await?;
    tracing::info!(
        target: "audit",
        event = "client_registration",
        outcome = "registered",
        client_id = record.client_id,
        interaction_id = interaction_id.as_str(),
    );
    ClientView::answer(StatusCode::CREATED, &record, secret.as_ref())
}

/// `GET /internal/v1/clients/{client_id}`.
pub(super) async fn show(
    server: web::Data<Server>,
    id: web::Path<String>,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    let record = server.clients.record(id).await?.ok_or(InternalError::NoSuchClient)?;
    Ok(HttpResponse::Ok().json(ClientView::of(&record)?))
}

/// `GET /internal/v1/clients?limit=&after=&status=&role=`.
pub(super) async fn list(
    server: web::Data<Server>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, InternalError> {
    let limit = page::limit(query.limit.as_deref())?;
    let after = page::after(query.after.as_deref(), is_url_safe_name)?.to_owned();
    let mut records = server.page(query.filter()?, after, limit + 1).await?;
    let next = Page::next(&mut records, limit).map(|last| last.client_id.clone());
    let clients = records.iter().map(ClientView::of).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(ClientPage { clients, next }))
}

/// `DELETE /internal/v1/clients/{client_id}`.
pub(super) async fn delete(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    id: web::Path<String>,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    if server.remove(&id).await? {
        tracing::info!(
            target: "audit",
            event = "client_deletion",
            outcome = "deleted",
            client_id = id.as_str(),
            interaction_id = interaction_id.as_str(),
        );
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(InternalError::NoSuchClient)
    }
}

impl Server {
    /// Reads the JSON text of a registration, of a new client or of one that it replaces.
    pub(super) fn parse_registration(
        &self,
        json: &str,
        replaced: Option<&ClientRecord>,
        now: UtcMicros,
    ) -> Result<Registration, RegistrationError> {
        let rules = RegistrationRules {
            common_scopes: &self.config.common_scopes,
            allow_client_secrets: self.allow_client_secrets,
            remote_keys: &self.remote_keys,
            replaced,
        };
        Registration::parse(json, &rules, self.random.as_ref(), now)
    }

    async fn register(&self, record: ClientRecord) -> Result<ClientRecord, InternalError> {
        let row = record.clone();
        let added = self
            .database
            .write(move |connection| {
                let added = row.insert(connection)?;
                if added {
                    Change::ClientCreated(row.client_id.clone())
                        .record(connection, row.created_at)?;
                }
                Ok::<_, DatabaseError>(added)
            })
            .await?;
        if !added {
            return Err(InternalError::ClientExists);
        }
        if let Ok(id) = record.client_id.parse() {
            self.clients.forget(&id);
        }
        self.changes.announce();
        Ok(record)
    }

    async fn remove(&self, id: &ClientId) -> Result<bool, InternalError> {
        let row = id.as_str().to_owned();
        let now = UtcMicros::from(self.clock.now());
        let removed = self
            .database
            .write(move |connection| {
                let removed = ClientRecord::delete(connection, &row)?;
                if removed {
                    Change::ClientDeleted(row.clone()).record(connection, now)?;
                }
                Ok::<_, DatabaseError>(removed)
            })
            .await?;
        self.clients.forget(id);
        self.changes.announce();
        Ok(removed)
    }

    async fn page(
        &self,
        filter: ClientFilter,
        after: String,
        limit: i64,
    ) -> Result<Vec<ClientRecord>, InternalError> {
        let page = self
            .database
            .read(move |connection| {
                Ok::<_, DatabaseError>(ClientRecord::page(connection, &filter, &after, limit)?)
            })
            .await?;
        Ok(page)
    }
}

impl<'c> ClientView<'c> {
    /// The client, with a secret that is shown this once.
    pub(super) fn answer(
        status: StatusCode,
        record: &'c ClientRecord,
        secret: Option<&'c PlainSecret>,
    ) -> Result<HttpResponse, InternalError> {
        let view = Self { client_secret: secret.map(PlainSecret::expose), ..Self::of(record)? };
        let mut answer = HttpResponse::build(status);
        Ok(answer.insert_header((header::CACHE_CONTROL, "no-store")).json(view))
    }

    pub(super) fn of(record: &'c ClientRecord) -> Result<Self, InternalError> {
        let jwks =
            serde_json::from_str(&record.jwks).map_err(|_| UnreadableClient::of(record, "jwks"))?;
        Ok(Self {
            client_id: &record.client_id,
            status: record.status.as_str(),
            software_id: record.software_id.as_deref(),
            organisation_id: record.organisation_id.as_deref(),
            roles: &record.roles,
            scopes: &record.scopes,
            token_endpoint_auth_signing_alg: record.token_endpoint_auth_signing_alg.as_deref(),
            tls_client_auth_subject_dn: record.tls_client_auth_subject_dn.as_deref(),
            assertion_lifetime_cap_seconds: record.assertion_lifetime_cap_seconds,
            allow_audience_array: record.allow_audience_array,
            tokens_not_before: record.created_at.0.div_euclid(1_000_000),
            token_endpoint_auth_method: &record.token_endpoint_auth_method,
            jwks,
            jwks_uri: record.jwks_uri.as_deref(),
            resource_server: record.resource_server,
            client_secret: None,
        })
    }
}

impl ListQuery {
    fn filter(&self) -> Result<ClientFilter, RegistrationError> {
        let status = match self.status.as_deref() {
            None => None,
            Some("active") => Some(ClientStatus::Active),
            Some("disabled") => Some(ClientStatus::Disabled),
            Some(_) => return Err(invalid("status", "may be active or disabled")),
        };
        let role = self.role.as_deref().map(str::parse::<TppRole>).transpose();
        let role = role.map_err(|_| invalid("role", "may be AISP, CBPII or PISP"))?;
        Ok(ClientFilter { status, role: role.map(|role| role.as_str().to_owned()) })
    }
}
