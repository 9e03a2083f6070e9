//! `POST /internal/v1/clients/{client_id}/certificates`: a certificate of one client.

use super::error::{InternalError, invalid};
use super::trusted_certificates::{CertificateView, upload_reason};
use crate::clients::{CertificateOwner, ClientId, UnreadableClient, with_key_of};
use crate::form;
use crate::key_manager::Server;
use crate::store::{Change, ClientRecord, TrustedCertificate};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use serde::{Deserialize, Serialize};
use service_kit::InteractionId;
use service_kit::trust_store::UploadedCertificate;

/// A certificate of the client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    pem: String,
}

#[derive(Serialize)]
struct ClientCertificateView {
    #[serde(flatten)]
    certificate: CertificateView,
    /// Whether the certificate's key is among those that the client authenticates with.
    key_registered: bool,
}

/// How a unit of work ended.
enum Outcome {
    AliasTaken,
    ClientChanged,
    /// What was not so before.
    Done {
        trusted: bool,
        key_added: bool,
    },
}

/// Trusts the certificate as exactly itself, and puts its key among those that the client
/// authenticates with, where it authenticates with keys kept here. 201 once it is durable and good
/// for a token here; the same certificate again changes nothing.
pub(super) async fn upload(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let id = id.parse::<ClientId>().map_err(|_| InternalError::NoSuchClient)?;
    let body = form::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|_| form::FormError::Encoding)?;
    let Upload { pem } =
        jose::from_str_strict(text).map_err(|error| invalid("body", error.to_string()))?;
    let seen = server.clients.record(id.clone()).await?.ok_or(InternalError::NoSuchClient)?;
    let refused = |reason, thumbprint| audit(&id, "refused", reason, thumbprint, &interaction_id);
    let certificate = UploadedCertificate::from_pem(&pem, server.clock.now())
        .inspect_err(|error| refused(upload_reason(*error), None))
        .map_err(|error| invalid("pem", error.to_string()))?;
    let thumbprint = Some(certificate.x5t_s256());
    if !owner(&seen)?.owns(certificate.subject()) {
        refused("foreign_subject", thumbprint);
        return Err(invalid("pem", "is a certificate of another subject than the client's").into());
    }
    let with_key = with_key_of(&seen, certificate.der())
        .inspect_err(|_| refused("unusable_key", thumbprint))?;
    let key_registered = with_key.is_some();
    let alias = alias(&id, certificate.x5t_s256());
    let client = with_key.unwrap_or_else(|| seen.clone());
    let row = TrustedCertificate {
        alias: alias.clone(),
        certificate: certificate.der().to_vec(),
        created_at: UtcMicros::from(server.clock.now()),
    };
    let changed = server.trust_for(&id, row, client, seen).await?;
    let status = if changed { StatusCode::CREATED } else { StatusCode::OK };
    if changed {
        audit(&id, "trusted", "", thumbprint, &interaction_id);
    }
    let certificate = CertificateView::of(alias, &certificate);
    Ok(HttpResponse::build(status).json(ClientCertificateView { certificate, key_registered }))
}

impl Server {
    /// Keeps certificate and key in one unit of work; whether either is new.
    async fn trust_for(
        &self,
        id: &ClientId,
        row: TrustedCertificate,
        client: ClientRecord,
        seen: ClientRecord,
    ) -> Result<bool, InternalError> {
        let outcome =
            self.database.write(move |connection| keep(connection, &row, &client, &seen)).await?;
        self.clients.forget(id);
        match outcome {
            Outcome::AliasTaken => Err(InternalError::AliasTaken),
            Outcome::ClientChanged => Err(InternalError::ClientChanged),
            Outcome::Done { trusted, key_added } => {
                self.changes.announce();
                Ok(self.take_in_trust(trusted).await? || key_added)
            }
        }
    }
}

fn keep(
    connection: &mut database::AnyConnection,
    row: &TrustedCertificate,
    client: &ClientRecord,
    seen: &ClientRecord,
) -> Result<Outcome, DatabaseError> {
    let kept = TrustedCertificate::find(connection, &row.alias)?;
    if kept.is_some_and(|kept| kept.certificate != row.certificate) {
        return Ok(Outcome::AliasTaken);
    }
    if !client.change(connection, seen)? {
        return Ok(Outcome::ClientChanged);
    }
    let trusted = row.insert(connection)?;
    if trusted {
        Change::TrustChanged.record(connection, row.created_at)?;
    }
    let key_added = client != seen;
    if key_added {
        Change::ClientChanged(client.client_id.clone()).record(connection, row.created_at)?;
    }
    Ok(Outcome::Done { trusted, key_added })
}

fn owner(client: &ClientRecord) -> Result<CertificateOwner, UnreadableClient> {
    CertificateOwner::of(client)
        .map_err(|_| UnreadableClient::of(client, "tls_client_auth_subject_dn"))
}

/// The client's id, shortened where the whole would be too long for an alias, and the thumbprint.
fn alias(id: &ClientId, x5t_s256: &str) -> String {
    let id = id.as_str();
    let beginning = id.get(..ALIAS_ROOM).unwrap_or(id);
    format!("{beginning}.{x5t_s256}")
}

fn audit(
    id: &ClientId,
    outcome: &str,
    reason: &str,
    x5t_s256: Option<&str>,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "client_certificate",
        outcome,
        reason = (!reason.is_empty()).then_some(reason),
        client_id = id.as_str(),
        x5t_s256,
        interaction_id = interaction_id.as_str(),
    );
}

/// 128, the most characters of an alias, without the dot and the 43 of a thumbprint.
const ALIAS_ROOM: usize = 84;
