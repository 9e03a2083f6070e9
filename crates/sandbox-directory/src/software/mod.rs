//! `/api/v1/organisations/{organisation_id}/software-statements`.

mod details;

pub(crate) use details::{Mode, SoftwareDetails};

use crate::body;
use crate::directory::State;
use crate::error::ApiError;
use crate::identifier::{OrganisationId, SoftwareId};
use crate::operator::Operator;
use crate::organisations::OrganisationDetails;
use crate::page::PageQuery;
use crate::store::{OrganisationRecord, SoftwareStatementRecord};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use details::NewSoftware;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::InteractionId;

/// A software statement with the organisation that it is of.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "`id` alone would not say whose")]
pub(crate) struct Software {
    pub(crate) software_id: String,
    pub(crate) organisation_id: String,
    pub(crate) details: SoftwareDetails,
    pub(crate) organisation: OrganisationDetails,
}

/// A software statement as the REST API shows it.
#[derive(Serialize)]
struct SoftwareView {
    software_id: String,
    organisation_id: String,
    #[serde(flatten)]
    details: SoftwareDetails,
    software_jwks_endpoint: String,
    software_jwks_revoked_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
}

/// `POST …/software-statements`.
pub(crate) async fn create(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    organisation_id: web::Path<String>,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse, ApiError> {
    let new: NewSoftware = body::read(&request, payload).await?;
    let organisation = state.organisation(&organisation_id).await?;
    let (id, details) = new.judge(&serde_json::from_str(&organisation.details)?, &*state.random)?;
    let record = SoftwareStatementRecord {
        software_id: id.as_str().to_owned(),
        organisation_id: organisation.organisation_id,
        details: serde_json::to_string(&details)?,
        created_at: UtcMicros::from(state.clock.now()),
    };
    let row = record.clone();
    let added = state
        .database
        .write(move |connection| Ok::<_, DatabaseError>(row.insert(connection)?))
        .await?;
    if !added {
        return Err(ApiError::SoftwareStatementExists);
    }
    tracing::info!(
        target: "audit",
        event = "software_statement_creation",
        outcome = "created",
        organisation_id = record.organisation_id,
        software_id = record.software_id,
        interaction_id = interaction_id.as_str(),
    );
    let location = format!(
        "{}/api/v1/organisations/{}/software-statements/{}",
        state.public_url, record.organisation_id, record.software_id
    );
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(state.software_view(record)?))
}

/// `GET …/software-statements/{software_id}`.
pub(crate) async fn show(
    state: web::Data<State>,
    _: Operator,
    ids: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (_, record) = state.records(&ids.0, &ids.1).await?;
    Ok(HttpResponse::Ok().json(state.software_view(record)?))
}

/// `GET …/software-statements?limit=&after=`.
pub(crate) async fn list(
    state: web::Data<State>,
    _: Operator,
    organisation_id: web::Path<String>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.into_inner().page()?;
    let organisation = state.organisation(&organisation_id).await?.organisation_id;
    let (after, rows) = (page.after.clone(), page.rows());
    let records = state
        .database
        .read(move |connection| {
            let found = SoftwareStatementRecord::page(connection, &organisation, &after, rows)?;
            Ok::<_, DatabaseError>(found)
        })
        .await?;
    let views = records.into_iter().map(|record| state.software_view(record));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(page.of(views, |view| view.software_id.clone())))
}

impl State {
    /// The software statement of these ids, with its organisation.
    pub(crate) async fn software(
        &self,
        organisation_id: &str,
        software_id: &str,
    ) -> Result<Software, ApiError> {
        let (organisation, software) = self.records(organisation_id, software_id).await?;
        Ok(Software {
            software_id: software.software_id,
            organisation_id: software.organisation_id,
            details: serde_json::from_str(&software.details)?,
            organisation: serde_json::from_str(&organisation.details)?,
        })
    }

    async fn records(
        &self,
        organisation_id: &str,
        software_id: &str,
    ) -> Result<(OrganisationRecord, SoftwareStatementRecord), ApiError> {
        let organisation: OrganisationId =
            organisation_id.parse().map_err(|_| ApiError::NoSuchOrganisation)?;
        let software: SoftwareId =
            software_id.parse().map_err(|_| ApiError::NoSuchSoftwareStatement)?;
        let (organisation, software) = self
            .database
            .read(move |connection| {
                let id = organisation.as_str();
                Ok::<_, DatabaseError>((
                    OrganisationRecord::find(connection, id)?,
                    SoftwareStatementRecord::find(connection, id, software.as_str())?,
                ))
            })
            .await?;
        let organisation = organisation.ok_or(ApiError::NoSuchOrganisation)?;
        Ok((organisation, software.ok_or(ApiError::NoSuchSoftwareStatement)?))
    }

    fn software_view(&self, record: SoftwareStatementRecord) -> Result<SoftwareView, ApiError> {
        let (organisation, software) = (record.organisation_id, record.software_id);
        Ok(SoftwareView {
            details: serde_json::from_str(&record.details)?,
            software_jwks_endpoint: self.keys_url(&organisation, &software),
            software_jwks_revoked_endpoint: self.revoked_keys_url(&organisation, &software),
            created_at: Timestamp::try_from(record.created_at).ok(),
            software_id: software,
            organisation_id: organisation,
        })
    }
}
