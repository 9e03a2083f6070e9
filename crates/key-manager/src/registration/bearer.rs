//! The access token of GET, PUT and DELETE: the client's own, verified here whichever door it came
//! through.

use super::door::TransportCertificate;
use super::error::{BearerFailure, RegisterError};
use crate::clients::ClientId;
use crate::key_manager::Server;
use crate::presented_token::{LiveToken, TokenRefusal};
use actix_web::HttpRequest;
use actix_web::http::header;

/// Proof that an active client presented a live token of its own over the certificate that the token
/// is bound to.
#[derive(Debug)]
pub(super) struct TokenHolder {
    client_id: ClientId,
    token: LiveToken,
}

/// Proof that the holder asks about itself.
#[derive(Debug)]
pub(super) struct OwnClient(ClientId);

impl OwnClient {
    /// Its id.
    pub(super) fn id(&self) -> &ClientId {
        &self.0
    }
}

impl Server {
    /// Verifies the bearer token of `request`, asking the database whether it still counts.
    pub(super) async fn token_holder(
        &self,
        request: &HttpRequest,
        certificate: &TransportCertificate,
    ) -> Result<TokenHolder, RegisterError> {
        let token = self.verified_token(bearer(request)?).await??;
        let bound_to = token.claims().certificate_thumbprint().ok_or(TokenRefusal::Malformed)?;
        if bound_to != certificate.get().x5t_s256() {
            return Err(BearerFailure::Certificate.into());
        }
        let client_id = token.claims().client_id().parse::<ClientId>();
        let client_id = client_id.map_err(|_| TokenRefusal::Malformed)?;
        let token = self.live_token(token).await??;
        Ok(TokenHolder { client_id, token })
    }

    /// Whether `holder` is the client of the path. A token that is used to look for clients that do
    /// not exist is revoked (OB DCR 3.3).
    pub(super) async fn own_client(
        &self,
        holder: TokenHolder,
        path: &str,
    ) -> Result<OwnClient, RegisterError> {
        if holder.client_id.as_str() == path {
            return Ok(OwnClient(holder.client_id));
        }
        let exists = match path.parse::<ClientId>() {
            Ok(id) => self.clients.record(id).await?.is_some(),
            Err(_) => false,
        };
        if exists {
            return Err(BearerFailure::OtherClient.into());
        }
        self.revoke_token(holder.token.claims()).await?;
        Err(BearerFailure::UnknownClient.into())
    }
}

/// The one token of the one `Authorization` header (RFC 6750 §2.1).
fn bearer(request: &HttpRequest) -> Result<&str, BearerFailure> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next().ok_or(BearerFailure::Missing)?;
    if values.next().is_some() {
        return Err(TokenRefusal::Malformed.into());
    }
    let value = value.to_str().map_err(|_| TokenRefusal::Malformed)?;
    let (scheme, token) = value.split_once(' ').ok_or(TokenRefusal::Malformed)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(token.trim())
    } else {
        Err(BearerFailure::Missing)
    }
}
