//! A TPP: a key for assertions, a transport certificate, a client id.

use super::{Answer, Assertion, TestServer};
use certificates::IssuedCertificate;
use jose::{Algorithm, SigningKey, UnverifiedJws};
use reqwest::Client;
use serde_json::{Value, json};
use service_kit::{Clock, Random, SystemRandom};

/// `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A registered TPP.
pub struct Tpp {
    pub client_id: String,
    pub key: SigningKey,
    pub transport: IssuedCertificate,
    pub http: Client,
}

impl Tpp {
    /// Makes keys and certificate and registers them; `overrides` replaces members of the
    /// registration, `null` removes them.
    pub async fn register(server: &TestServer, client_id: &str, overrides: &Value) -> Self {
        let key = SigningKey::generate(Algorithm::Ps256).unwrap();
        let transport = server.setup.pki.transport(client_id, "organisation");
        let http = server.setup.pki.client(Some(&transport));
        let tpp = Self { client_id: client_id.to_owned(), key, transport, http };
        let mut registration = tpp.registration();
        for (name, value) in overrides.as_object().unwrap() {
            registration[name] = value.clone();
        }
        let answer = server.register(&registration).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        tpp
    }

    pub fn registration(&self) -> Value {
        json!({
            "client_id": self.client_id,
            "software_id": self.client_id,
            "organisation_id": "organisation",
            "roles": ["AISP", "PISP", "CBPII"],
            "token_endpoint_auth_signing_alg": "PS256",
            "jwks": { "keys": [self.key.public_jwk(None)] },
        })
    }

    /// The same TPP, connecting from another address of this machine.
    pub fn connecting_from(&self, address: &str, server: &TestServer) -> Self {
        let http = server.setup.pki.client_from(address.parse().unwrap(), &self.transport);
        let key = SigningKey::from_pem(&self.key.to_pem().unwrap(), Algorithm::Ps256).unwrap();
        let (client_id, transport) = (self.client_id.clone(), self.transport.clone());
        Self { client_id, key, transport, http }
    }

    /// A good assertion with an id of its own.
    pub fn assertion(&self, server: &TestServer) -> Assertion {
        let jti = SystemRandom.uuid_v4().to_string();
        Assertion::of(self, server.setup.clock.now().as_second(), &jti)
    }

    /// The form of a good request with `assertion`.
    pub fn form<'f>(&'f self, assertion: &'f str) -> Vec<(&'f str, &'f str)> {
        vec![
            ("grant_type", "client_credentials"),
            ("scope", "eventpolling openid"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
            ("redirect_uri", "https://tpp.example/redirect"),
            ("client_id", &self.client_id),
        ]
    }

    /// Asks for a token with `assertion`.
    pub async fn token(&self, server: &TestServer, assertion: &str) -> Answer {
        self.post(server, &self.form(assertion)).await
    }

    /// The `kid` of a token asked for now, which must be good.
    pub async fn key_id_of_token(&self, server: &TestServer) -> String {
        let answer = self.token(server, &self.assertion(server).sign()).await;
        answer.assert_token();
        let body = answer.json();
        let jws = UnverifiedJws::parse(body["access_token"].as_str().unwrap(), 8192).unwrap();
        jws.header().key_id.clone().unwrap()
    }

    /// Posts `form` to the token endpoint.
    pub async fn post(&self, server: &TestServer, form: &[(&str, &str)]) -> Answer {
        Answer::of(self.http.post(server.identity("/oauth2/token")).form(form)).await
    }
}
