//! `/api/v1/organisations`.

mod details;

pub(crate) use details::{OrganisationDetails, Status};

use crate::body;
use crate::directory::State;
use crate::error::ApiError;
use crate::operator::Operator;
use crate::page::PageQuery;
use crate::store::OrganisationRecord;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use database::{DatabaseError, UtcMicros};
use details::NewOrganisation;
use jiff::Timestamp;
use serde::Serialize;
use service_kit::InteractionId;

/// An organisation as the REST API shows it.
#[derive(Serialize)]
struct OrganisationView {
    organisation_id: String,
    #[serde(flatten)]
    details: OrganisationDetails,
    org_jwks_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
}

/// `POST /api/v1/organisations`.
pub(crate) async fn create(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let new: NewOrganisation = body::read(&request, payload).await?;
    let (id, details) = new.judge(&*state.random)?;
    let record = OrganisationRecord {
        organisation_id: id.as_str().to_owned(),
        details: serde_json::to_string(&details)?,
        created_at: UtcMicros::from(state.clock.now()),
    };
    let row = record.clone();
    let added = state
        .database
        .write(move |connection| Ok::<_, DatabaseError>(row.insert(connection)?))
        .await?;
    if !added {
        return Err(ApiError::OrganisationExists);
    }
    tracing::info!(
        target: "audit",
        event = "organisation_creation",
        outcome = "created",
        organisation_id = record.organisation_id,
        interaction_id = interaction_id.as_str(),
    );
    let location = format!("{}/api/v1/organisations/{}", state.public_url, record.organisation_id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(state.organisation_view(record)?))
}

/// `GET /api/v1/organisations/{organisation_id}`.
pub(crate) async fn show(
    state: web::Data<State>,
    _: Operator,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let record = state.organisation(&id).await?;
    Ok(HttpResponse::Ok().json(state.organisation_view(record)?))
}

/// `GET /api/v1/organisations?limit=&after=`.
pub(crate) async fn list(
    state: web::Data<State>,
    _: Operator,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.into_inner().page()?;
    let (after, rows) = (page.after.clone(), page.rows());
    let records = state
        .database
        .read(move |connection| {
            Ok::<_, DatabaseError>(OrganisationRecord::page(connection, &after, rows)?)
        })
        .await?;
    let views = records.into_iter().map(|record| state.organisation_view(record));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(page.of(views, |view| view.organisation_id.clone())))
}

impl State {
    /// The organisation of that id.
    pub(crate) async fn organisation(&self, id: &str) -> Result<OrganisationRecord, ApiError> {
        let id: crate::identifier::OrganisationId =
            id.parse().map_err(|_| ApiError::NoSuchOrganisation)?;
        self.database
            .read(move |connection| {
                Ok::<_, DatabaseError>(OrganisationRecord::find(connection, id.as_str())?)
            })
            .await?
            .ok_or(ApiError::NoSuchOrganisation)
    }

    fn organisation_view(&self, record: OrganisationRecord) -> Result<OrganisationView, ApiError> {
        let id = record.organisation_id;
        Ok(OrganisationView {
            details: serde_json::from_str(&record.details)?,
            org_jwks_endpoint: self.keys_url(&id, &id),
            created_at: Timestamp::try_from(record.created_at).ok(),
            organisation_id: id,
        })
    }
}
