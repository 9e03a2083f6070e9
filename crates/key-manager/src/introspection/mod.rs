//! `POST /oauth2/introspect` (RFC 7662): whether a token counts, for resource servers and for the
//! token's own client.

mod audit;
mod error;

use crate::authentication::{AuthenticatedClient, Credentials, TransportCertificate};
use crate::form::{self, Form};
use crate::key_manager::Server;
use crate::presented_token::{LiveToken, TokenReadError};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use error::IntrospectError;
use serde::Serialize;
use serde_json::Value;
use service_kit::{InteractionId, PresentedCertificate};

/// What a request that was not refused has found.
#[derive(Debug)]
struct Introspection {
    client_id: String,
    token: Option<LiveToken>,
}

/// What is said of a token that counts.
#[derive(Serialize)]
struct ActiveToken<'t> {
    active: bool,
    scope: &'t str,
    client_id: &'t str,
    token_type: &'static str,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    sub: &'t str,
    aud: &'t Value,
    iss: &'t str,
    jti: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'t Value>,
}

/// All that is said of any other (RFC 7662 §2.2).
#[derive(Serialize)]
struct InactiveToken {
    active: bool,
}

/// Answers an introspection request of a client.
pub(crate) async fn post(
    server: web::Data<Server>,
    presented: PresentedCertificate,
    interaction: InteractionId,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let outcome = server.client_introspection(presented, &request, payload).await;
    audit::record(&outcome, &interaction);
    match outcome {
        Ok(introspection) => answer(introspection.token.as_ref()),
        Err(error) => error.into_answer(),
    }
}

/// The answer about a token; never to be stored, for it may be revoked a moment later.
pub(crate) fn answer(token: Option<&LiveToken>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    let Some(claims) = token.map(LiveToken::claims) else {
        return answer.json(InactiveToken { active: false });
    };
    answer.json(ActiveToken {
        active: true,
        scope: &claims.scope,
        client_id: claims.client_id(),
        token_type: "Bearer",
        exp: claims.exp,
        iat: claims.iat,
        nbf: claims.nbf,
        sub: &claims.sub,
        aud: &claims.aud,
        iss: &claims.iss,
        jti: &claims.jti,
        cnf: claims.cnf.as_ref(),
    })
}

impl Server {
    /// The token behind `compact` where it counts.
    pub(crate) async fn introspection(
        &self,
        compact: &str,
    ) -> Result<Option<LiveToken>, TokenReadError> {
        match self.verified_token(compact).await? {
            Ok(token) => Ok(self.live_token(token).await?.ok()),
            Err(_) => Ok(None),
        }
    }

    async fn client_introspection(
        &self,
        presented: PresentedCertificate,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Introspection, IntrospectError> {
        let body = form::read(payload).await;
        let certificate = TransportCertificate::require(presented)?;
        let body = body?;
        let form = Form::of(request, &body)?;
        let credentials = Credentials::read(request.headers(), &form)?;
        let client = self.authenticate_from(request.peer_addr(), &credentials, certificate).await?;
        let client_id = client.client().id.as_str().to_owned();
        let Some(token) = form.value("token") else {
            return Err(IntrospectError::NoToken(client_id));
        };
        let token = self.introspection(token).await?.filter(|token| may_see(&client, token));
        Ok(Introspection { client_id, token })
    }
}

/// A client that is no resource server learns nothing of other clients' tokens (RFC 7662 §4).
fn may_see(client: &AuthenticatedClient, token: &LiveToken) -> bool {
    let client = client.client();
    client.resource_server || token.claims().client_id() == client.id.as_str()
}
