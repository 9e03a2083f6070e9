//! The access token of GET, PUT and DELETE: the client's own, verified here whichever door it came
//! through.

use super::door::TransportCertificate;
use super::error::{BearerFailure, RegisterError};
use crate::clients::ClientId;
use crate::key_manager::Server;
use crate::store::{ClientRecord, ClientStatus, RevokedToken};
use actix_web::HttpRequest;
use actix_web::http::header;
use database::{DatabaseError, UtcMicros};
use jose::{KeySet, UnverifiedJws};
use serde::Deserialize;

/// Proof that an active client presented a live token of its own over the certificate that the token
/// is bound to.
#[derive(Debug)]
pub(super) struct TokenHolder {
    client_id: ClientId,
    token: Claims,
}

/// Proof that the holder asks about itself.
#[derive(Debug)]
pub(super) struct OwnClient(ClientId);

/// What is read of an access token, of either shape.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    exp: i64,
    iat: i64,
    jti: String,
    cnf: Confirmation,
}

/// RFC 8705 §3.1.
#[derive(Debug, Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    x5t_s256: String,
}

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
        let token = self.own_token(bearer(request)?).await?;
        if token.iss != self.issuer || self.clock.now().as_second() >= token.exp {
            return Err(BearerFailure::Expired.into());
        }
        if token.cnf.x5t_s256 != certificate.get().x5t_s256() {
            return Err(BearerFailure::Certificate.into());
        }
        let id = token.azp.as_deref().or(token.client_id.as_deref());
        let client_id =
            id.and_then(|id| id.parse::<ClientId>().ok()).ok_or(BearerFailure::Malformed)?;
        self.check_standing(&client_id, &token).await?;
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
        self.revoke_token_of(holder).await?;
        Err(BearerFailure::UnknownClient.into())
    }

    async fn check_standing(&self, id: &ClientId, token: &Claims) -> Result<(), RegisterError> {
        let (id, jti) = (id.as_str().to_owned(), token.jti.clone());
        let (client, is_revoked) = self
            .database
            .read(move |connection| {
                let client = ClientRecord::find(connection, &id)?;
                Ok::<_, DatabaseError>((client, RevokedToken::is_revoked(connection, &jti)?))
            })
            .await?;
        let client = client.filter(|client| client.status == ClientStatus::Active);
        let created_at = client.ok_or(BearerFailure::Client)?.created_at;
        // Issued to a client that had this id before.
        if token.iat < created_at.0.div_euclid(1_000_000) {
            return Err(BearerFailure::Client.into());
        }
        if is_revoked { Err(BearerFailure::Revoked.into()) } else { Ok(()) }
    }

    async fn revoke_token_of(&self, holder: TokenHolder) -> Result<(), RegisterError> {
        let revoked = RevokedToken {
            jti: holder.token.jti,
            client_id: holder.client_id.as_str().to_owned(),
            expires_at: UtcMicros(holder.token.exp.saturating_mul(1_000_000)),
        };
        let now = UtcMicros::from(self.clock.now());
        self.database
            .write(move |connection| Ok::<_, DatabaseError>(revoked.record(connection, now)?))
            .await?;
        self.changes.announce();
        Ok(())
    }

    async fn own_token(&self, compact: &str) -> Result<Claims, RegisterError> {
        let jws = UnverifiedJws::parse(compact, MAX_TOKEN).map_err(|_| BearerFailure::Malformed)?;
        let keys = self.published_keys.token_keys().await?;
        let keys = KeySet::parse(&format!("{{\"keys\":{keys}}}"))
            .map_err(|error| RegisterError::Internal(error.to_string()))?;
        let verified = jws.verify_with_set(&keys).map_err(|_| BearerFailure::Signature)?;
        Ok(verified.claims().map_err(|_| BearerFailure::Malformed)?)
    }
}

/// The one token of the one `Authorization` header (RFC 6750 §2.1).
fn bearer(request: &HttpRequest) -> Result<&str, BearerFailure> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next().ok_or(BearerFailure::Missing)?;
    if values.next().is_some() {
        return Err(BearerFailure::Malformed);
    }
    let value = value.to_str().map_err(|_| BearerFailure::Malformed)?;
    let (scheme, token) = value.split_once(' ').ok_or(BearerFailure::Malformed)?;
    if scheme.eq_ignore_ascii_case("Bearer") {
        Ok(token.trim())
    } else {
        Err(BearerFailure::Missing)
    }
}

const MAX_TOKEN: usize = 8 * 1024;
