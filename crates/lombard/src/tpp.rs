//! What a TPP does: register, ask for tokens, poll.

use crate::api_client::{Answer, ApiClient, CallError};
use crate::target::{Target, TargetError};
use crate::tpp_files::{Jwks, TppFiles, TppFilesError};
use jiff::{SignedDuration, Timestamp};
use jose::SigningHeader;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service_kit::Random;
use service_kit::outbound::{PeerError, ServiceClient};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The scope that the toolkit's page asks for.
pub const TOOLKIT_SCOPE: &str = "eventpolling openid";

/// A registered TPP that calls a deployment.
#[derive(Debug)]
pub struct Tpp {
    target: Target,
    files: TppFiles,
    client_id: String,
    client: ApiClient,
}

/// Why something a TPP does failed.
#[derive(Debug, thiserror::Error)]
pub enum TppError {
    /// The claims cannot be signed.
    #[error("cannot sign the assertion: {0}")]
    Assertion(#[from] jose::KeyError),
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The TPP's files are of no use.
    #[error(transparent)]
    Files(#[from] TppFilesError),
    /// The key manager did not take the registration.
    #[error("registering: {0}")]
    Registration(#[from] PeerError),
    /// There is nothing to call.
    #[error(transparent)]
    Target(#[from] TargetError),
}

#[derive(Serialize)]
struct Registration<'r> {
    software_id: &'r str,
    organisation_id: &'r str,
    roles: &'r [String],
    token_endpoint_auth_signing_alg: &'static str,
    tls_client_auth_subject_dn: String,
    jwks: Jwks,
}

/// What the key manager says of a client it registered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RegisteredClient {
    /// The client id.
    pub client_id: String,
    /// What it is authorised for.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The scopes it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// Registers the TPP in `files` at the key manager, as the operator, and keeps its client id.
pub async fn register(target: &Target, files: &TppFiles) -> Result<RegisteredClient, TppError> {
    let mut record = files.record()?;
    let registration = Registration {
        software_id: &record.software_id,
        organisation_id: &record.organisation_id,
        roles: &record.roles,
        token_endpoint_auth_signing_alg: "PS256",
        tls_client_auth_subject_dn: record.subject_dn(),
        jwks: files.jwks()?,
    };
    let url = format!("{}/internal/v1/clients", target.key_manager_internal);
    let operator = ServiceClient::new(&target.operator()?)?;
    let registered: RegisteredClient = operator.post(&url, &registration).await?;
    record.client_id = Some(registered.client_id.clone());
    files.save(&record)?;
    Ok(registered)
}

impl Tpp {
    /// The TPP in `files`, which must be registered.
    pub fn open(target: &Target, files: TppFiles) -> Result<Self, TppError> {
        let client_id = files.client_id()?;
        let client = ApiClient::of_tpp(&target.ca, &files)?;
        Ok(Self { target: target.clone(), files, client_id, client })
    }

    /// The files.
    pub fn files(&self) -> &TppFiles {
        &self.files
    }

    /// The client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// A fresh client assertion (RFC 7523 §3), good for five minutes.
    pub fn assertion(&self, now: Timestamp, random: &dyn Random) -> Result<String, TppError> {
        let key = self.files.signing_key()?;
        let claims = json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.target.token_endpoint(),
            "jti": random.uuid_v4().to_string(),
            "iat": now.as_second(),
            "exp": now.as_second() + SignedDuration::from_mins(5).as_secs(),
        });
        let header = SigningHeader {
            key_id: Some(key.key_id().to_owned()),
            token_type: Some("JWT".to_owned()),
            ..SigningHeader::default()
        };
        Ok(key.sign(&header, claims.to_string().as_bytes())?)
    }

    /// Asks for a token with `assertion`.
    pub async fn request_token(&self, assertion: &str, scope: &str) -> Result<Answer, TppError> {
        Ok(request_token(&self.client, &self.target, &self.client_id, (assertion, scope)).await?)
    }

    /// The answer to a token request with a fresh assertion.
    pub async fn token(
        &self,
        scope: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Value, TppError> {
        let assertion = self.assertion(now, random)?;
        Ok(self.request_token(&assertion, scope).await?.expect(200)?)
    }

    /// Polls through the gateway.
    pub async fn poll(&self, token: &str, body: &Value) -> Result<Answer, TppError> {
        Ok(self.client.post_json(&self.target.events_url(), token, body).await?)
    }
}

/// Asks for a token over `client`, whatever certificate that shows.
pub async fn request_token(
    client: &ApiClient,
    target: &Target,
    client_id: &str,
    (assertion, scope): (&str, &str),
) -> Result<Answer, CallError> {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
        ("client_id", client_id),
    ];
    client.post_form(&target.token_endpoint(), &form).await
}
