//! Software of a TPP that registers itself.

use super::directory::sign;
use super::{Answer, TestDirectory, TestServer, Tpp};
use certificates::{IssuedCertificate, ServiceRole};
use jose::{Algorithm, SigningKey};
use reqwest::{Client, RequestBuilder};
use serde_json::{Map, Value, json};
use service_kit::client_certificate::header;
use service_kit::{Clock, Random, SystemRandom};

/// A software statement's subject: keys, transport certificate, and nothing registered yet.
pub struct Software {
    pub id: String,
    pub organisation_id: String,
    pub key: SigningKey,
    pub transport: IssuedCertificate,
    pub http: Client,
}

/// A registration request that is being written.
#[derive(Clone)]
pub struct Request {
    pub statement: Map<String, Value>,
    pub claims: Map<String, Value>,
}

impl Software {
    /// Publishes keys for a new software at `directory`.
    pub fn new(server: &TestServer, directory: &TestDirectory, software_id: &str) -> Self {
        Self::of_organisation(server, directory, software_id, "0015800001HQQrZAAX")
    }

    pub fn of_organisation(
        server: &TestServer,
        directory: &TestDirectory,
        software_id: &str,
        organisation_id: &str,
    ) -> Self {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let transport = server.setup.pki.transport(software_id, organisation_id);
        let http = server.setup.pki.client(Some(&transport));
        let software = Self {
            id: software_id.to_owned(),
            organisation_id: organisation_id.to_owned(),
            key,
            transport,
            http,
        };
        directory.put_keys(&software.keys_path(), &[&software.key]);
        directory.put_keys(&software.revoked_path(), &[]);
        software
    }

    pub fn keys_path(&self) -> String {
        format!("/{}/{}.jwks", self.organisation_id, self.id)
    }

    pub fn revoked_path(&self) -> String {
        format!("/{}/revoked/{}.jwks", self.organisation_id, self.id)
    }

    /// A good request with an id of its own.
    pub fn request(&self, server: &TestServer, directory: &TestDirectory) -> Request {
        let now = server.setup.clock.now().as_second();
        let statement = json!({
            "iss": "OpenBanking Ltd", "iat": now, "jti": "id12345685439487678",
            "software_environment": "sandbox", "software_mode": "Test",
            "software_id": self.id, "software_client_id": self.id,
            "software_client_name": "Example TPP",
            "software_redirect_uris": ["https://tpp.example/one", "https://tpp.example/two"],
            "software_roles": ["PISP", "AISP", "CBPII"],
            "organisation_competent_authority_claims": { "authority_id": "OBGBR" },
            "org_status": "Active", "org_id": self.organisation_id, "org_name": "Example",
            "org_jwks_endpoint": format!("{}/org.jwks", directory.url),
            "software_jwks_endpoint": format!("{}{}", directory.url, self.keys_path()),
            "software_jwks_revoked_endpoint": format!("{}{}", directory.url, self.revoked_path()),
        });
        let claims = json!({
            "iss": self.id, "iat": now, "exp": now + 300,
            "jti": SystemRandom.uuid_v4().to_string(), "aud": "0015800001HQQrZAAX",
            "scope": "openid accounts payments",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
            "response_types": ["code id_token"],
            "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
            "application_type": "web", "software_id": self.id,
            "redirect_uris": ["https://tpp.example/one"],
        });
        let (Value::Object(statement), Value::Object(claims)) = (statement, claims) else {
            unreachable!("both are objects")
        };
        Request { statement, claims }
    }

    /// Posts a request.
    pub async fn register(
        &self,
        server: &TestServer,
        directory: &TestDirectory,
        request: &Request,
    ) -> Answer {
        self.post(server, self.sign(directory, request)).await
    }

    /// Registers with a good request; the TPP that this makes.
    pub async fn registered(&self, server: &TestServer, directory: &TestDirectory) -> Tpp {
        let answer = self.register(server, directory, &self.request(server, directory)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        self.tpp(server, answer.json()["client_id"].as_str().unwrap())
    }

    /// The TPP with this client id.
    pub fn tpp(&self, server: &TestServer, client_id: &str) -> Tpp {
        let pem = self.key.to_pem().unwrap();
        Tpp {
            client_id: client_id.to_owned(),
            key: SigningKey::from_pem(&pem, Algorithm::Es256)
                .unwrap()
                .with_key_id(self.key.key_id()),
            transport: self.transport.clone(),
            http: server.setup.pki.client(Some(&self.transport)),
        }
    }

    /// An access token of the client.
    pub async fn token(&self, server: &TestServer, client_id: &str) -> String {
        let answer = self.try_token(server, client_id).await;
        answer.assert_token();
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// What the token endpoint answers the client.
    pub async fn try_token(&self, server: &TestServer, client_id: &str) -> Answer {
        let tpp = self.tpp(server, client_id);
        let assertion = tpp.assertion(server).header("alg", "ES256");
        let assertion = sign(&self.key, &assertion.claims);
        tpp.token(server, &assertion).await
    }

    /// The signed request with its signed statement.
    pub fn sign(&self, directory: &TestDirectory, request: &Request) -> String {
        let statement = directory.sign(&request.statement);
        self.sign_with_statement(&statement, request)
    }

    /// The signed request with another text for a statement.
    pub fn sign_with_statement(&self, statement: &str, request: &Request) -> String {
        let mut claims = request.claims.clone();
        claims.entry("software_statement").or_insert(statement.into());
        sign(&self.key, &claims)
    }

    /// Posts a body.
    pub async fn post(&self, server: &TestServer, body: impl Into<reqwest::Body>) -> Answer {
        let url = server.identity("/open-banking/v3.3.0/register");
        Answer::of(self.http.post(url).header("content-type", JWT).body(body)).await
    }

    /// A call about the client, with a token.
    pub fn call(
        &self,
        method: reqwest::Method,
        server: &TestServer,
        client_id: &str,
        token: &str,
    ) -> RequestBuilder {
        let url = server.identity(&format!("/open-banking/v3.3.0/register/{client_id}"));
        self.http.request(method, url).bearer_auth(token)
    }

    /// The same call as the gateway makes it.
    pub fn call_by_gateway(
        &self,
        method: reqwest::Method,
        server: &TestServer,
        path: &str,
    ) -> RequestBuilder {
        let certificate = header::format(&self.transport.certificate_der);
        server
            .role(ServiceRole::Gateway)
            .request(method, server.internal(path))
            .header(header::NAME, certificate)
    }
}

impl Request {
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    pub fn statement(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.statement.insert(name.to_owned(), value.into());
        self
    }

    pub fn statement_without(mut self, name: &str) -> Self {
        self.statement.shift_remove(name);
        self
    }
}

/// The toolkit's content type.
pub const JWT: &str = "application/jwt; charset=ISO-8859-1";
