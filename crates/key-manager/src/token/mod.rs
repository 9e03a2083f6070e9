//! `POST /oauth2/token` (RFC 6749 §3.2, §4.4): client credentials with `private_key_jwt` over mutual
//! TLS (RFC 7523 §2.2, RFC 8705 §3).
//!
//! A request walks through `authentication` and the files of this module; each step returns the
//! proof that the next one takes: a [`TransportCertificate`], a [`TokenRequest`], [`Credentials`], an
//! [`AuthenticatedClient`](crate::authentication::AuthenticatedClient), the [`GrantedScopes`], an
//! [`IssuedToken`].

mod access_token;
mod audit;
mod claims;
mod error;
mod request;
mod scope;

pub(crate) use request::GRANT_TYPE;
pub(crate) use scope::is_scope_token;

use crate::authentication::{Credentials, TransportCertificate};
use crate::form::{self, Form};
use crate::key_manager::Server;
use access_token::IssuedToken;
use actix_web::{HttpRequest, HttpResponse, web};
use error::TokenError;
use request::TokenRequest;
use scope::GrantedScopes;
use service_kit::{InteractionId, PresentedCertificate};

/// Answers a token request. The reason of a refusal goes to the audit log, not into the answer.
pub(crate) async fn post(
    server: web::Data<Server>,
    presented: PresentedCertificate,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = server.token(presented, &request, payload).await;
    audit::record(&outcome, &interaction);
    match outcome {
        Ok(issued) => issued.into_answer(),
        Err(error) => error.into_answer(),
    }
}

impl Server {
    async fn token(
        &self,
        presented: PresentedCertificate,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<IssuedToken, TokenError> {
        // Read before anything is refused: an answer to an unread body closes the connection.
        let body = form::read(payload).await;
        let certificate = TransportCertificate::require(presented)?;
        let body = body?;
        let form = Form::of(request, &body)?;
        let asked = TokenRequest::parse(&form)?;
        let credentials = Credentials::read(request.headers(), &form)?;
        let client = self.authenticate_from(request.peer_addr(), &credentials, certificate).await?;
        let scopes = GrantedScopes::narrow(asked.scope(), &client)?;
        self.issue(&client, &scopes)
    }
}
