//! `/internal/v1/trusted-certificates`: TPP certificates that the operator trusts one by one.

use super::error::{InternalError, invalid};
use super::page::Page;
use crate::clients::is_url_safe_name;
use crate::form;
use crate::key_manager::Server;
use crate::store::{Change, TrustedCertificate};
use actix_web::{HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use serde::{Deserialize, Serialize};
use service_kit::InteractionId;
use service_kit::trust_store::{UploadError, UploadedCertificate};

/// A certificate to trust, and its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    alias: String,
    pem: String,
}

/// A trusted certificate.
#[derive(Serialize)]
pub(super) struct CertificateView {
    alias: String,
    subject: String,
    #[serde(rename = "x5t#S256")]
    x5t_s256: String,
    not_before: String,
    not_after: String,
}

/// A page of them, in the order of their aliases.
#[derive(Serialize)]
struct CertificatePage {
    certificates: Vec<CertificateView>,
    /// `after` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `POST /internal/v1/trusted-certificates`: 201 once it is durable and trusted here.
pub(super) async fn upload(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let body = form::read(payload).await?;
    let text = std::str::from_utf8(&body).map_err(|_| form::FormError::Encoding)?;
    let Upload { alias, pem } =
        jose::from_str_strict(text).map_err(|error| invalid("body", error.to_string()))?;
    if !is_url_safe_name(&alias) {
        return Err(invalid("alias", "must be 1 to 128 letters, digits, '-', '.', '_', '~'").into());
    }
    let certificate = UploadedCertificate::from_pem(&pem, server.clock.now())
        .inspect_err(|error| audit("refused", upload_reason(*error), &alias, None, &interaction_id))
        .map_err(|error| invalid("pem", error.to_string()))?;
    let thumbprint = Some(certificate.x5t_s256());
    if !server.trust_certificate(&alias, &certificate).await? {
        audit("refused", "alias_taken", &alias, thumbprint, &interaction_id);
        return Err(InternalError::AliasTaken);
    }
    audit("trusted", "", &alias, thumbprint, &interaction_id);
    Ok(HttpResponse::Created().json(CertificateView::of(alias, &certificate)))
}

/// `GET /internal/v1/trusted-certificates?limit=&after=`.
pub(super) async fn list(
    server: web::Data<Server>,
    query: web::Query<Page>,
) -> Result<HttpResponse, InternalError> {
    let limit = query.limit()?;
    let after = query.after(is_url_safe_name)?.to_owned();
    let mut kept = server
        .database
        .read(move |connection| {
            Ok::<_, DatabaseError>(TrustedCertificate::page(connection, &after, limit + 1)?)
        })
        .await?;
    let next = Page::next(&mut kept, limit).map(|last| last.alias.clone());
    let view = |kept: TrustedCertificate| {
        let certificate = UploadedCertificate::from_der(&kept.certificate)?;
        Ok(CertificateView::of(kept.alias, &certificate))
    };
    let certificates = kept.into_iter().map(view).collect::<Result<_, InternalError>>()?;
    Ok(HttpResponse::Ok().json(CertificatePage { certificates, next }))
}

/// `DELETE /internal/v1/trusted-certificates/{alias}`: 204 once it is durable; from then on the
/// certificate is worth nothing here, on open connections too.
pub(super) async fn remove(
    server: web::Data<Server>,
    interaction_id: InteractionId,
    alias: web::Path<String>,
) -> Result<HttpResponse, InternalError> {
    let alias = alias.into_inner();
    if !is_url_safe_name(&alias) || !server.distrust_certificate(&alias).await? {
        return Err(InternalError::NoSuchCertificate);
    }
    audit("removed", "", &alias, None, &interaction_id);
    Ok(HttpResponse::NoContent().finish())
}

impl Server {
    /// False where the alias is taken.
    async fn trust_certificate(
        &self,
        alias: &str,
        certificate: &UploadedCertificate,
    ) -> Result<bool, InternalError> {
        let row = TrustedCertificate {
            alias: alias.to_owned(),
            certificate: certificate.der().to_vec(),
            created_at: UtcMicros::from(self.clock.now()),
        };
        let added = self
            .database
            .write(move |connection| {
                let added = row.insert(connection)?;
                if added {
                    Change::TrustChanged.record(connection, row.created_at)?;
                }
                Ok::<_, DatabaseError>(added)
            })
            .await?;
        self.take_in_trust(added).await
    }

    /// False where there is no certificate of that alias.
    async fn distrust_certificate(&self, alias: &str) -> Result<bool, InternalError> {
        let (alias, now) = (alias.to_owned(), UtcMicros::from(self.clock.now()));
        let removed = self
            .database
            .write(move |connection| {
                let removed = TrustedCertificate::delete(connection, &alias)?;
                if removed {
                    Change::TrustChanged.record(connection, now)?;
                }
                Ok::<_, DatabaseError>(removed)
            })
            .await?;
        self.take_in_trust(removed).await
    }

    /// Has this process trust what is kept, where that has `changed`; the same.
    pub(super) async fn take_in_trust(&self, changed: bool) -> Result<bool, InternalError> {
        if changed {
            self.changes.announce();
            self.load_trust().await?;
        }
        Ok(changed)
    }
}

impl CertificateView {
    pub(super) fn of(alias: String, certificate: &UploadedCertificate) -> Self {
        Self {
            alias,
            subject: certificate.subject().to_string(),
            x5t_s256: certificate.x5t_s256().to_owned(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
        }
    }
}

/// The reason in the log.
pub(super) fn upload_reason(error: UploadError) -> &'static str {
    match error {
        UploadError::Expired => "expired",
        UploadError::NotOneCertificate => "not_one_certificate",
        UploadError::Weak => "weak",
    }
}

fn audit(
    outcome: &str,
    reason: &str,
    alias: &str,
    x5t_s256: Option<&str>,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "trusted_certificate",
        outcome,
        reason = (!reason.is_empty()).then_some(reason),
        alias,
        x5t_s256,
        interaction_id = interaction_id.as_str(),
    );
}
