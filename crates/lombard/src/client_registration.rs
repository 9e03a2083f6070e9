//! Dynamic client registration, from the TPP's side (OB DCR 3.2, 3.3, 3.4; RFC 7591, RFC 7592).

use crate::api_client::{Answer, ApiClient, CallError};
use crate::directory::DirectoryClient;
use crate::files::read_text;
use crate::target::Target;
use crate::tpp::{Tpp, TppError};
use crate::tpp_files::{AuthenticationMethod, TppFiles, TppRecord};
use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use jose::{SigningHeader, UnverifiedJws};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service_kit::Random;

/// A version of the standard, which is a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RegistrationVersion {
    /// 3.2.
    #[value(name = "3.2")]
    V3_2,
    /// 3.3.
    #[default]
    #[value(name = "3.3")]
    V3_3,
    /// 3.4.
    #[value(name = "3.4")]
    V3_4,
}

/// Where registrations are made and kept.
#[derive(Clone, Debug)]
pub struct RegistrationDoor {
    url: String,
}

/// What a TPP wants to be registered with.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistrationWish {
    /// How it is going to authenticate.
    pub method: AuthenticationMethod,
    /// Whether an SSA that is too old is sent all the same, instead of a fresh one.
    pub keep_ssa: bool,
}

/// What the server says of a client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RegisteredClient {
    /// The client id.
    pub client_id: String,
    /// What it is authorised for.
    #[serde(default, rename = "software_roles")]
    pub roles: Vec<String>,
    #[serde(default, rename = "scope")]
    scopes: String,
}

/// The claims of an SSA that matter to its own software.
#[derive(Debug, Deserialize)]
struct Statement {
    iat: i64,
    #[serde(default)]
    software_redirect_uris: Vec<String>,
}

impl RegistrationVersion {
    fn path(self) -> &'static str {
        match self {
            Self::V3_2 => "/open-banking/v3.2.0/register",
            Self::V3_3 => "/open-banking/v3.3.0/register",
            Self::V3_4 => "/open-banking/v3.4.0/register",
        }
    }
}

impl RegistrationDoor {
    /// The gateway's.
    pub fn of_gateway(target: &Target, version: RegistrationVersion) -> Self {
        Self { url: format!("{}{}", target.api, version.path()) }
    }

    /// The key manager's own.
    pub fn of_key_manager(target: &Target, version: RegistrationVersion) -> Self {
        Self { url: format!("{}{}", target.identity, version.path()) }
    }

    /// Where clients are registered.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl RegisteredClient {
    fn read(answer: &Answer) -> Result<Self, CallError> {
        serde_json::from_str(&answer.body).map_err(|error| CallError::NoAnswer {
            request: answer.request.clone(),
            reason: format!("not a registration: {error}"),
        })
    }

    /// The scopes it may ask for.
    pub fn scopes(&self) -> Vec<String> {
        self.scopes.split_ascii_whitespace().map(str::to_owned).collect()
    }
}

/// Registers the TPP in `files` with its software statement and keeps its client id: the client and
/// the whole answer.
pub async fn register(
    target: &Target,
    files: &TppFiles,
    (door, wish): (&RegistrationDoor, RegistrationWish),
    now: Timestamp,
    random: &dyn Random,
) -> Result<(RegisteredClient, Answer), TppError> {
    let mut record = files.record()?;
    let request = request(target, files, wish, now, random).await?;
    let client = ApiClient::of_tpp(&target.ca, files)?;
    let answer = client.call(Method::POST, &door.url, None, Some(&request)).await?;
    let answer = successful(answer, 201, &files.name())?;
    let registered = RegisteredClient::read(&answer)?;
    record.client_id = Some(registered.client_id.clone());
    record.token_endpoint_auth_method = wish.method;
    files.save(&record)?;
    Ok((registered, answer))
}

/// A request for one registration: a JWT that holds the software statement.
pub async fn request(
    target: &Target,
    files: &TppFiles,
    wish: RegistrationWish,
    now: Timestamp,
    random: &dyn Random,
) -> Result<String, TppError> {
    let record = files.record()?;
    let statement = current_statement(target, files, &record, (wish, now)).await?;
    let claims = request_claims(target, &record, wish.method, &statement)?;
    signed(files, claims, now, random)
}

impl Tpp {
    /// What is registered, with an access token of its own.
    pub async fn registration(
        &self,
        door: &RegistrationDoor,
        token: &str,
    ) -> Result<Answer, TppError> {
        let url = self.registered_at(door);
        let answer = self.api_client().call(Method::GET, &url, Some(token), None).await?;
        successful(answer, 200, &self.files().name())
    }

    /// Replaces what is registered: keys that the directory publishes now, roles that a fresh SSA
    /// names, another way to authenticate.
    pub async fn update_registration(
        &mut self,
        (door, wish): (&RegistrationDoor, RegistrationWish),
        token: &str,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(RegisteredClient, Answer), TppError> {
        let mut record = self.files().record()?;
        let target = self.target();
        let statement = current_statement(target, self.files(), &record, (wish, now)).await?;
        let mut claims = request_claims(target, &record, wish.method, &statement)?;
        claims.insert("client_id".to_owned(), self.client_id().into());
        let request = signed(self.files(), claims, now, random)?;
        let url = self.registered_at(door);
        let answer = self.api_client().call(Method::PUT, &url, Some(token), Some(&request)).await?;
        let answer = successful(answer, 200, &self.files().name())?;
        record.token_endpoint_auth_method = wish.method;
        self.files().save(&record)?;
        self.authenticate_with(wish.method);
        Ok((RegisteredClient::read(&answer)?, answer))
    }

    /// Deletes the registration and forgets the client id.
    pub async fn deregister(&self, door: &RegistrationDoor, token: &str) -> Result<(), TppError> {
        let url = self.registered_at(door);
        let answer = self.api_client().call(Method::DELETE, &url, Some(token), None).await?;
        successful(answer, 204, &self.files().name())?;
        let mut record = self.files().record()?;
        record.client_id = None;
        Ok(self.files().save(&record)?)
    }

    fn registered_at(&self, door: &RegistrationDoor) -> String {
        format!("{}/{}", door.url, self.client_id())
    }
}

/// The SSA of `ssa.jwt`, or a fresh one where that is too old and there is a directory.
async fn current_statement(
    target: &Target,
    files: &TppFiles,
    record: &TppRecord,
    (wish, now): (RegistrationWish, Timestamp),
) -> Result<String, TppError> {
    let kept = read_text(&files.path("ssa.jwt"))?.trim().to_owned();
    let is_fresh = now.as_second() - read_statement(&kept)?.iat < OLDEST_STATEMENT.as_secs();
    if is_fresh || wish.keep_ssa || target.directory.is_none() {
        return Ok(kept);
    }
    let fresh = DirectoryClient::of(target)?.ssa(record, None).await?;
    files.write_ssa(&fresh)?;
    Ok(fresh)
}

fn read_statement(compact: &str) -> Result<Statement, TppError> {
    UnverifiedJws::parse(compact, LONGEST_STATEMENT)
        .ok()
        .and_then(|jws| jws.unverified_claims().ok())
        .ok_or(TppError::Statement)
}

/// What the request says beside who signs it when. Every scope is asked for: those of other roles
/// are not granted.
fn request_claims(
    target: &Target,
    record: &TppRecord,
    method: AuthenticationMethod,
    statement: &str,
) -> Result<Map<String, Value>, TppError> {
    let mut claims = json!({
        "iss": record.software_id,
        "aud": target.token_endpoint(),
        "redirect_uris": read_statement(statement)?.software_redirect_uris,
        "token_endpoint_auth_method": method.as_str(),
        "grant_types": ["client_credentials"],
        "software_id": record.software_id,
        "scope": SCOPES,
        "software_statement": statement,
        "application_type": "web",
        "id_token_signed_response_alg": "PS256",
        "request_object_signing_alg": "PS256",
    });
    match method {
        AuthenticationMethod::PrivateKeyJwt => {
            claims["token_endpoint_auth_signing_alg"] = "PS256".into();
        }
        AuthenticationMethod::TlsClientAuth => {
            claims["tls_client_auth_subject_dn"] = record.subject_dn().into();
        }
    }
    match claims {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

/// `claims` as a JWT for one call, good for five minutes.
fn signed(
    files: &TppFiles,
    mut claims: Map<String, Value>,
    now: Timestamp,
    random: &dyn Random,
) -> Result<String, TppError> {
    claims.insert("jti".to_owned(), random.uuid_v4().to_string().into());
    claims.insert("iat".to_owned(), now.as_second().into());
    let lifetime = SignedDuration::from_mins(5).as_secs();
    claims.insert("exp".to_owned(), (now.as_second() + lifetime).into());
    let key = files.signing_key()?;
    let header = SigningHeader {
        key_id: Some(key.key_id().to_owned()),
        token_type: Some("JWT".to_owned()),
        ..SigningHeader::default()
    };
    Ok(key.sign(&header, Value::Object(claims).to_string().as_bytes())?)
}

fn successful(answer: Answer, status: u16, tpp: &str) -> Result<Answer, TppError> {
    if answer.status == status {
        return Ok(answer);
    }
    let hint = hint(&answer, tpp);
    Err(TppError::Registration { refusal: CallError::Refused(answer), hint })
}

/// What to do about a refusal, where that is known; starts with a separator.
fn hint(answer: &Answer, tpp: &str) -> String {
    let body = answer.json();
    let description = body["error_description"].as_str().unwrap_or_default();
    match (answer.status, description) {
        (400, "A client is already registered for this software") => format!(
            "; `lombard tpp register {tpp} --update` replaces the registration, \
             `lombard tpp deregister {tpp}` deletes it"
        ),
        (400, "The software statement has expired") => {
            format!("; get a fresh one with `lombard tpp ssa {tpp}`")
        }
        (404, _) => "; does the gateway publish the registration API?".to_owned(),
        (502..=504, _) => "; is the key manager running?".to_owned(),
        _ => String::new(),
    }
}

/// Servers refuse older SSAs from 30 days on.
const OLDEST_STATEMENT: SignedDuration = SignedDuration::from_hours(29 * 24);
const LONGEST_STATEMENT: usize = 64 * 1024;
const SCOPES: &str = "openid accounts payments fundsconfirmations eventpolling";

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> String {
        let request = "POST https://localhost:8243/open-banking/v3.3.0/register".to_owned();
        let answer = Answer { request, status, body: body.to_owned() };
        successful(answer, 201, "acme").unwrap_err().to_string()
    }

    #[test]
    fn a_refusal_shows_the_servers_code_and_words() {
        let text = refusal(
            400,
            r#"{"error": "invalid_redirect_uri", "error_description": "Invalid redirect_uris provided"}"#,
        );
        assert!(
            text.contains("answered 400: invalid_redirect_uri: Invalid redirect_uris"),
            "{text}"
        );
        let text = refusal(
            401,
            r#"{"code": "900901", "message": "Invalid Credentials", "description": "Client certificate expired"}"#,
        );
        assert!(text.contains("answered 401: 900901: Client certificate expired"), "{text}");
    }

    #[test]
    fn a_refusal_that_one_can_do_something_about_says_what() {
        let text = refusal(
            400,
            r#"{"error": "invalid_client_metadata", "error_description": "A client is already registered for this software"}"#,
        );
        assert!(text.contains("`lombard tpp register acme --update`"), "{text}");
        assert!(refusal(503, "{}").contains("is the key manager running?"));
    }
}
