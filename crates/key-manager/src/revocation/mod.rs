//! `POST /oauth2/revoke` (RFC 7009): a client takes back a token of its own.

mod audit;
mod error;

use crate::authentication::{AuthenticatedClient, Credentials, TransportCertificate};
use crate::form::{self, Form};
use crate::key_manager::Server;
use crate::presented_token::VerifiedToken;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use error::RevokeError;
use service_kit::{InteractionId, PresentedCertificate};

/// What became of a request that was not refused; the client is told the same of both.
#[derive(Debug)]
enum Revocation {
    /// The token counts no longer, as of now or earlier.
    Revoked { client_id: String, jti: String },
    /// There is no such token that anybody would accept (RFC 7009 §2.2).
    Unknown { client_id: String },
}

/// Proof that a token was issued to the client that asks.
struct OwnToken(VerifiedToken);

/// Answers a revocation request once the revocation is durable.
pub(crate) async fn post(
    server: web::Data<Server>,
    presented: PresentedCertificate,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = server.revocation(presented, &request, payload).await;
    audit::record(&outcome, &interaction);
    match outcome {
        Ok(_) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish(),
        Err(error) => error.into_answer(),
    }
}

impl Server {
    async fn revocation(
        &self,
        presented: PresentedCertificate,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Revocation, RevokeError> {
        let body = form::read(payload).await;
        let certificate = TransportCertificate::require(presented)?;
        let body = body?;
        let form = Form::of(request, &body)?;
        let credentials = Credentials::read(request.headers(), &form)?;
        let client = self.authenticate_from(request.peer_addr(), &credentials, certificate).await?;
        // `token_type_hint` is of no use where all tokens are of one type.
        let token = form.value("token").ok_or_else(|| RevokeError::NoToken(id(&client)))?;
        match self.verified_token(token).await? {
            Ok(token) => self.revoke(OwnToken::of(token, &client)?).await,
            Err(_) => Ok(Revocation::Unknown { client_id: id(&client) }),
        }
    }

    async fn revoke(&self, token: OwnToken) -> Result<Revocation, RevokeError> {
        let claims = token.0.claims();
        self.revoke_token(claims).await?;
        let (client_id, jti) = (claims.client_id().to_owned(), claims.jti.clone());
        Ok(Revocation::Revoked { client_id, jti })
    }
}

impl OwnToken {
    /// Refuses the token of another client (RFC 7009 §2.1).
    fn of(token: VerifiedToken, client: &AuthenticatedClient) -> Result<Self, RevokeError> {
        if token.claims().client_id() == client.client().id.as_str() {
            Ok(Self(token))
        } else {
            Err(RevokeError::ForeignToken(id(client)))
        }
    }
}

fn id(client: &AuthenticatedClient) -> String {
    client.client().id.as_str().to_owned()
}
