//! `…/software-statements/{software_id}/certificates`: issued over a caller's key, revoked.

mod order;

use crate::body;
use crate::directory::State;
use crate::error::ApiError;
use crate::metrics;
use crate::operator::Operator;
use crate::page::PageQuery;
use crate::software::Software;
use crate::store::{CertificateRecord, Named};
use actix_web::{HttpRequest, HttpResponse, web};
use certificates::{CertificateAuthority, KeyKind, SigningRequest};
use database::{DatabaseError, UtcMicros};
use jiff::Timestamp;
use jose::PublicJwk;
use order::{Defect, Order};
use serde::Serialize;
use service_kit::InteractionId;

/// A certificate as the REST API shows it.
#[derive(Serialize)]
struct CertificateView {
    serial: String,
    kind: String,
    /// The `kid` that its key has in JWK sets.
    kid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    defect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    /// The chain, leaf first, PEM.
    certificate: String,
}

/// `POST …/certificates`.
pub(crate) async fn create(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    ids: web::Path<(String, String)>,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse, ApiError> {
    let order: Order = body::read(&request, payload).await?;
    let key = SigningRequest::from_pem(&order.csr)?;
    let software = state.software(&ids.0, &ids.1).await?;
    let record = state.issue(&order, &key, &software)?;
    let row = record.clone();
    state.database.write(move |connection| Ok::<_, DatabaseError>(row.insert(connection)?)).await?;
    let defect = order.defect.map_or("none", Defect::as_str);
    metrics::certificate_issued(order.kind.as_str(), defect);
    tracing::info!(
        target: "audit",
        event = "certificate_issue",
        outcome = "issued",
        organisation_id = software.organisation_id,
        software_id = record.software_id,
        serial = record.serial,
        kind = record.kind,
        defect,
        interaction_id = interaction_id.as_str(),
    );
    Ok(HttpResponse::Created().json(CertificateView::from(record)))
}

/// `GET …/certificates?limit=&after=`.
pub(crate) async fn list(
    state: web::Data<State>,
    _: Operator,
    ids: web::Path<(String, String)>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.into_inner().page()?;
    let software = state.software(&ids.0, &ids.1).await?.software_id;
    let (after, rows) = (page.after.clone(), page.rows());
    let records = state
        .database
        .read(move |connection| {
            let found = CertificateRecord::page(connection, &software, &after, rows)?;
            Ok::<_, DatabaseError>(found)
        })
        .await?;
    let views: Vec<_> = records.into_iter().map(CertificateView::from).collect();
    Ok(HttpResponse::Ok().json(page.of(views, |view| view.serial.clone())))
}

/// `POST …/certificates/{serial}/revoke`.
pub(crate) async fn revoke(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (organisation_id, software_id, serial) = path.into_inner();
    let software = state.software(&organisation_id, &software_id).await?;
    state.revoke(&software, Named::Serial(serial), &interaction_id).await
}

/// `POST …/keys/{kid}/revoke`: the key goes with its certificate.
pub(crate) async fn revoke_key(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    path: web::Path<(String, String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (organisation_id, software_id, kid) = path.into_inner();
    let software = state.software(&organisation_id, &software_id).await?;
    state.revoke(&software, Named::Key(kid), &interaction_id).await
}

impl State {
    fn issue(
        &self,
        order: &Order,
        key: &SigningRequest,
        software: &Software,
    ) -> Result<CertificateRecord, ApiError> {
        let now = self.clock.now();
        let validity = order.validity(now, self.config.certificate_days);
        let extras = order.extras(&self.revocation_list_url());
        let profile = order.kind.profile(software);
        let issued = if order.defect == Some(Defect::WrongIssuer) {
            let stranger = CertificateAuthority::new_root(STRANGER, KeyKind::P256, validity)?;
            stranger.issue_for(key, &profile, &extras, validity)?
        } else {
            self.authority.issue_for(key, &profile, &extras, validity)?
        };
        let jwk = PublicJwk::of_certificate(&issued.certificate_der);
        let published = order.kind.signs() && order.defect != Some(Defect::WrongIssuer);
        Ok(CertificateRecord {
            serial: issued.serial,
            software_id: software.software_id.clone(),
            kind: order.kind.as_str().to_owned(),
            defect: order.defect.map(|defect| defect.as_str().to_owned()),
            kid: jose::x5t(&issued.certificate_der),
            chain_pem: issued.chain_pem,
            jwk: if published { Some(serde_json::to_string(&jwk?)?) } else { None },
            not_before: validity.not_before.into(),
            not_after: validity.not_after.into(),
            revoked_at: (order.defect == Some(Defect::Revoked)).then(|| UtcMicros::from(now)),
            created_at: now.into(),
        })
    }

    async fn revoke(
        &self,
        software: &Software,
        named: Named,
        interaction_id: &InteractionId,
    ) -> Result<HttpResponse, ApiError> {
        let (Named::Key(name) | Named::Serial(name)) = &named;
        if !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::NoSuchCertificate);
        }
        let (id, now) = (software.software_id.clone(), UtcMicros::from(self.clock.now()));
        let record = self
            .database
            .write(move |connection| {
                Ok::<_, DatabaseError>(CertificateRecord::revoke(connection, &id, &named, now)?)
            })
            .await?
            .ok_or(ApiError::NoSuchCertificate)?;
        tracing::info!(
            target: "audit",
            event = "certificate_revocation",
            outcome = "revoked",
            organisation_id = software.organisation_id,
            software_id = record.software_id,
            serial = record.serial,
            interaction_id = interaction_id.as_str(),
        );
        Ok(HttpResponse::Ok().json(CertificateView::from(record)))
    }
}

impl From<CertificateRecord> for CertificateView {
    fn from(record: CertificateRecord) -> Self {
        let time = |at| Timestamp::try_from(at).ok();
        Self {
            serial: record.serial,
            kind: record.kind,
            kid: record.kid,
            defect: record.defect,
            not_before: time(record.not_before),
            not_after: time(record.not_after),
            revoked_at: record.revoked_at.and_then(time),
            certificate: record.chain_pem,
        }
    }
}

/// Nobody trusts it, and its key is forgotten at once.
const STRANGER: &str = "Lombard Sandbox Untrusted CA";
