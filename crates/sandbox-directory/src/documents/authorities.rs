//! `GET /certificates/{root,issuing}.crt`, PEM.

use super::Document;
use crate::directory::State;
use crate::error::ApiError;
use actix_web::{HttpRequest, HttpResponse, web};

/// An authority's certificate.
pub(crate) async fn authority(
    state: web::Data<State>,
    name: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let pem = match name.as_str() {
        "issuing" => state.authority.certificate_pem(),
        "root" => &state.root_pem,
        _ => return Err(ApiError::NotFound),
    };
    let document = Document::new("application/pem-certificate-chain", pem.to_owned());
    Ok(document.answer(&request, state.config.document_max_age_seconds))
}
