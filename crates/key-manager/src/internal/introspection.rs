//! `POST /internal/v1/introspect`: whether a token counts, for roles that show a service
//! certificate.

use super::error::InternalError;
use crate::clients::RegistrationError;
use crate::form::{self, Form};
use crate::introspection;
use crate::key_manager::Server;
use actix_web::{HttpRequest, HttpResponse, web};

/// Answers as `/oauth2/introspect` does, of any token.
pub(super) async fn post(
    server: web::Data<Server>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, InternalError> {
    let body = form::read(payload).await?;
    let form = Form::of(&request, &body)?;
    let token = form.value("token").ok_or_else(|| RegistrationError {
        field: "token".to_owned(),
        reason: "is required".to_owned(),
    })?;
    let token = server.introspection(token).await?;
    Ok(introspection::answer(token.as_ref()))
}
