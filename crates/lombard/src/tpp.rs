//! What a registered TPP does: ask for tokens, give them back, poll.

use crate::api_client::{Answer, ApiClient, CallError};
use crate::directory::DirectoryError;
use crate::files::FileError;
use crate::target::{Target, TargetError};
use crate::tpp_files::{AuthenticationMethod, TppFiles, TppFilesError};
use jiff::{SignedDuration, Timestamp};
use jose::SigningHeader;
use serde_json::{Value, json};
use service_kit::Random;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The scope that the toolkit's page asks for.
pub const TOOLKIT_SCOPE: &str = "eventpolling openid";

/// A registered TPP that calls a deployment.
#[derive(Debug)]
pub struct Tpp {
    target: Target,
    files: TppFiles,
    client_id: String,
    method: AuthenticationMethod,
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
    /// The directory did not give a software statement.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no subscription to change.
    #[error("there is no subscription: make one with `lombard tpp subscribe`")]
    NotSubscribed,
    /// The server refused a registration, or what was asked about one.
    #[error("{refusal}{hint}")]
    Registration {
        /// What it answered.
        refusal: CallError,
        /// What to do about it, where that is known.
        hint: String,
    },
    /// `ssa.jwt` is none.
    #[error("ssa.jwt is no software statement assertion: get one with `lombard tpp ssa`")]
    Statement,
    /// There is nothing to call.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl Tpp {
    /// The TPP in `files`, which must be registered.
    pub fn open(target: &Target, files: TppFiles) -> Result<Self, TppError> {
        let client_id = files.client_id()?;
        let method = files.record()?.token_endpoint_auth_method;
        let client = ApiClient::of_tpp(&target.ca, &files)?;
        Ok(Self { target: target.clone(), files, client_id, method, client })
    }

    /// The deployment.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The client that shows its transport certificate.
    pub fn api_client(&self) -> &ApiClient {
        &self.client
    }

    /// It is registered with this method now.
    pub fn authenticate_with(&mut self, method: AuthenticationMethod) {
        self.method = method;
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

    /// The answer to a token request, authenticated as registered.
    pub async fn token(
        &self,
        scope: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Value, TppError> {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let answer = self.authenticated(&self.target.token_endpoint(), &form, now, random).await?;
        Ok(answer.expect(200)?)
    }

    /// Gives `token` back (RFC 7009).
    pub async fn revoke(
        &self,
        token: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), TppError> {
        let url = self.target.revocation_endpoint();
        let answer = self.authenticated(&url, &[("token", token)], now, random).await?;
        answer.expect(200)?;
        Ok(())
    }

    /// Polls through the gateway.
    pub async fn poll(&self, token: &str, body: &Value) -> Result<Answer, TppError> {
        Ok(self.client.post_json(&self.target.events_url(), token, body).await?)
    }

    /// `POST url` with `form` and what authenticates the client (RFC 7523 §2.2, RFC 8705 §2.1).
    async fn authenticated(
        &self,
        url: &str,
        form: &[(&str, &str)],
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Answer, TppError> {
        let assertion = match self.method {
            AuthenticationMethod::PrivateKeyJwt => Some(self.assertion(now, random)?),
            AuthenticationMethod::TlsClientAuth => None,
        };
        let mut form = form.to_vec();
        form.push(("client_id", &self.client_id));
        if let Some(assertion) = &assertion {
            form.push(("client_assertion_type", ASSERTION_TYPE));
            form.push(("client_assertion", assertion));
        }
        Ok(self.client.post_form(url, &form).await?)
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
