//! `POST /register` and `GET`, `PUT`, `DELETE /register/{ClientId}`, on either door.

use super::audit::{self, Operation};
use super::bearer::OwnClient;
use super::body::{self, RequestBody};
use super::door::{Door, TransportCertificate};
use super::error::RegisterError;
use super::keeping::Kept;
use super::version::Version;
use crate::key_manager::Server;
use crate::not_found;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use service_kit::InteractionId;

/// The routes of all versions.
pub(crate) fn routes(routes: &mut web::ServiceConfig, door: Door) {
    for version in Version::ALL {
        let register = web::resource(version.path())
            .app_data(door)
            .app_data(version)
            .route(web::post().to(create))
            .default_service(not_found::only("POST"));
        let client = web::resource(format!("{}/{{client_id}}", version.path()))
            .app_data(door)
            .app_data(version)
            .route(web::get().to(read))
            .route(web::put().to(update))
            .route(web::delete().to(delete))
            .default_service(not_found::only("GET, PUT, DELETE"));
        routes.service(register).service(client);
    }
}

async fn create(
    server: web::Data<Server>,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = server.create_registration(&request, payload).await;
    answer(Operation::Create, outcome, StatusCode::CREATED, &interaction)
}

async fn read(
    server: web::Data<Server>,
    interaction: InteractionId,
    request: HttpRequest,
) -> HttpResponse {
    let outcome = server.read_registration(&request).await;
    answer(Operation::Read, outcome, StatusCode::OK, &interaction)
}

async fn update(
    server: web::Data<Server>,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = server.update_registration(&request, payload).await;
    answer(Operation::Update, outcome, StatusCode::OK, &interaction)
}

async fn delete(
    server: web::Data<Server>,
    interaction: InteractionId,
    request: HttpRequest,
) -> HttpResponse {
    let outcome = server.delete_registration(&request).await;
    answer(Operation::Delete, outcome, StatusCode::NO_CONTENT, &interaction)
}

impl Server {
    async fn create_registration(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Kept, RegisterError> {
        let received = body::read(payload).await;
        let certificate = self.transport_certificate(request).await?;
        let created = async {
            let body = RequestBody::accept(request, received)?;
            let checked =
                self.check_registration(version(request), &body, &certificate, None).await?;
            self.keep_new(checked).await
        };
        self.unless_suspect(request, &certificate, created).await
    }

    async fn read_registration(&self, request: &HttpRequest) -> Result<Kept, RegisterError> {
        let certificate = self.transport_certificate(request).await?;
        let read = async { self.kept(&self.caller(request, &certificate).await?).await };
        self.unless_suspect(request, &certificate, read).await
    }

    async fn update_registration(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Kept, RegisterError> {
        let received = body::read(payload).await;
        let certificate = self.transport_certificate(request).await?;
        let updated = async {
            let own = self.caller(request, &certificate).await?;
            let body = RequestBody::accept(request, received)?;
            let id = Some(own.id().as_str());
            let checked =
                self.check_registration(version(request), &body, &certificate, id).await?;
            self.keep_update(&own, checked).await
        };
        self.unless_suspect(request, &certificate, updated).await
    }

    async fn delete_registration(&self, request: &HttpRequest) -> Result<Kept, RegisterError> {
        let certificate = self.transport_certificate(request).await?;
        let deleted =
            async { self.forget_registration(&self.caller(request, &certificate).await?).await };
        self.unless_suspect(request, &certificate, deleted).await
    }

    /// The client of the path, which is the caller's own.
    async fn caller(
        &self,
        request: &HttpRequest,
        certificate: &TransportCertificate,
    ) -> Result<OwnClient, RegisterError> {
        let holder = self.token_holder(request, certificate).await?;
        self.own_client(holder, path_id(request)).await
    }
}

fn answer(
    operation: Operation,
    outcome: Result<Kept, RegisterError>,
    success: StatusCode,
    interaction: &InteractionId,
) -> HttpResponse {
    audit::record(operation, outcome.as_ref().map(|kept| kept.client_id.as_str()), interaction);
    match outcome {
        Err(error) => error.into_answer(),
        Ok(_) if success == StatusCode::NO_CONTENT => HttpResponse::NoContent().finish(),
        Ok(kept) => HttpResponse::build(success)
            .content_type("application/json")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .body(kept.document),
    }
}

/// The routes are registered with their version.
fn version(request: &HttpRequest) -> Version {
    request.app_data::<Version>().copied().unwrap_or(Version::V3_3)
}

fn path_id(request: &HttpRequest) -> &str {
    request.match_info().get("client_id").unwrap_or_default()
}
