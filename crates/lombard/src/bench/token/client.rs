//! A client with key and certificate, registered by the operator, and its requests.

use super::Algorithms;
use crate::bench::BenchError;
use crate::bench::connection::{Door, HOST, HttpConnection};
use crate::bench::server::ServerProcess;
use crate::certificate_tree::Authority;
use crate::context::Context;
use crate::files::read_text;
use crate::random_text::{organisation_id, software_id};
use certificates::{KeyKind, LeafProfile, ServiceRole, TppIdentity, Validity};
use jiff::{SignedDuration, Timestamp};
use jose::{SigningHeader, SigningKey};
use serde_json::{Value, json};
use service_kit::SharedRandom;
use service_kit::outbound::{Connector, ServiceClient, ServiceIdentity};

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// How it reaches the token endpoint.
    pub door: Door,
    id: String,
    key: SigningKey,
    token_endpoint: String,
    random: SharedRandom,
}

impl Client {
    /// Makes a client and registers it at `server`.
    pub async fn register(
        server: &ServerProcess,
        algorithms: Algorithms,
        context: &Context,
    ) -> Result<Self, BenchError> {
        Ok(Self::register_many(server, algorithms, 1, context).await?.swap_remove(0))
    }

    /// Makes clients of one software and registers them; they share its key and its certificate.
    pub async fn register_many(
        server: &ServerProcess,
        algorithms: Algorithms,
        count: u32,
        context: &Context,
    ) -> Result<Vec<Self>, BenchError> {
        let random = context.random.clone();
        let identity = TppIdentity {
            software_id: software_id(&*random),
            organisation_id: organisation_id(&*random),
        };
        let key = SigningKey::generate(algorithms.assertion)?;
        let urls = server.urls()?;
        let base = urls.key_manager_internal.unwrap_or_default();
        let door = format!("{base}/internal/v1/clients");
        let operator = ServiceClient::new(&server.identity(ServiceRole::Operator)?)?;
        let registration = registration(&identity, &key);
        let listener = urls.identity.unwrap_or_default();
        let connector = Connector::new(&transport(server, identity, context.now())?)?;
        let mut clients = Vec::new();
        for _ in 0..count {
            let registered: Value = operator.post(&door, &registration).await?;
            clients.push(Self {
                door: Door::new(connector.clone(), &listener),
                id: registered["client_id"].as_str().unwrap_or_default().to_owned(),
                key: key.clone(),
                token_endpoint: format!("{listener}/oauth2/token"),
                random: random.clone(),
            });
        }
        Ok(clients)
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// An access token, asked for over `connection`, which shows the client's certificate.
    pub async fn token(
        &self,
        connection: &mut HttpConnection,
        now: Timestamp,
    ) -> Result<String, BenchError> {
        let expires = now.saturating_add(SignedDuration::from_mins(10)).unwrap_or(now);
        let answer = connection.exchange(&self.request(now, expires)?).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        body["access_token"].as_str().map(str::to_owned).ok_or_else(|| BenchError::Unexpected {
            expected: 200,
            status: answer.status,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
        })
    }

    /// The client as it would be with another key.
    pub fn with_foreign_key(&self) -> Result<Self, BenchError> {
        let own = self.key.key_id().to_owned();
        let key = SigningKey::generate(self.key.algorithm())?.with_key_id(own);
        Ok(Self { key, ..self.clone() })
    }

    /// The client as it would be with an id that nobody registered.
    pub fn with_unknown_id(&self) -> Self {
        Self { id: self.random.uuid_v4().to_string(), ..self.clone() }
    }

    /// A token request, head and body, with an assertion that was never used before and expires at
    /// `expires`.
    pub fn request(&self, now: Timestamp, expires: Timestamp) -> Result<Vec<u8>, BenchError> {
        let body = format!(
            "grant_type=client_credentials&scope=eventpolling+openid\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
             &client_assertion={}&client_id={}",
            self.assertion(now, expires)?,
            self.id
        );
        let head = format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: {HOST}:{}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.door.address.port(),
            body.len()
        );
        Ok((head + &body).into_bytes())
    }

    fn assertion(&self, now: Timestamp, expires: Timestamp) -> Result<String, BenchError> {
        let claims = json!({
            "iss": self.id,
            "sub": self.id,
            "aud": self.token_endpoint,
            "jti": self.random.uuid_v4().to_string(),
            "iat": now.as_second(),
            "exp": expires.as_second(),
        });
        let header = SigningHeader {
            key_id: Some(self.key.key_id().to_owned()),
            token_type: Some("JWT".to_owned()),
            ..SigningHeader::default()
        };
        Ok(self.key.sign(&header, claims.to_string().as_bytes())?)
    }
}

fn registration(identity: &TppIdentity, key: &SigningKey) -> Value {
    let TppIdentity { software_id, organisation_id } = identity;
    json!({
        "software_id": software_id,
        "organisation_id": organisation_id,
        "roles": ["AISP", "PISP", "CBPII"],
        "token_endpoint_auth_signing_alg": key.algorithm(),
        "tls_client_auth_subject_dn":
            format!("CN={software_id},OU={organisation_id},O=OpenBanking,C=GB"),
        "jwks": { "keys": [key.public_jwk(None)] },
    })
}

/// A transport certificate as the directory issues them, RSA, from the server's own authority.
fn transport(
    server: &ServerProcess,
    identity: TppIdentity,
    now: Timestamp,
) -> Result<ServiceIdentity, BenchError> {
    let certificates = server.directory().certificates();
    let authority = Authority::tpp_issuing(&certificates.tpp_directory()).load()?;
    let at = |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(now);
    let validity = Validity { not_before: at(-1), not_after: at(24) };
    let issued =
        authority.issue(&LeafProfile::TppTransport(identity), KeyKind::Rsa2048, validity)?;
    Ok(ServiceIdentity {
        chain_pem: issued.chain_pem,
        key_pem: issued.key.to_pem()?.to_string(),
        ca_pem: read_text(&certificates.public_ca())?,
    })
}
