//! Access tokens, good ones until told otherwise.

use super::key_manager::ISSUER;
use super::{CLIENT_ID, TestGateway};
use jose::{SigningHeader, SigningKey};
use serde_json::{Map, Value, json};
use service_kit::Clock;

/// An access token in the toolkit's shape, about to be signed.
pub struct TokenBuilder<'g> {
    gateway: &'g TestGateway,
    claims: Map<String, Value>,
    header: SigningHeader,
    key: SigningKey,
}

impl<'g> TokenBuilder<'g> {
    pub fn new(gateway: &'g TestGateway) -> Self {
        let now = gateway.clock.now().as_second();
        let key = gateway.key_manager.signing_key();
        let claims = json!({
            "sub": "admin@wso2.com@carbon.super",
            "aut": "APPLICATION",
            "aud": CLIENT_ID,
            "nbf": now,
            "azp": CLIENT_ID,
            "scope": "eventpolling",
            "iss": ISSUER,
            "cnf": { "x5t#S256": jose::x5t_s256(&gateway.transport.certificate_der()) },
            "exp": now + 3600,
            "iat": now,
            "jti": "6ab6ba1a-5b4c-4b57-9f1f-df4d4b6e1b7b",
        });
        let Value::Object(claims) = claims else { unreachable!("an object") };
        let header =
            SigningHeader { key_id: Some(key.key_id().to_owned()), ..SigningHeader::default() };
        Self { gateway, claims, header, key }
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Valid from and until so many seconds from now.
    pub fn valid(self, from: i64, until: i64) -> Self {
        let now = self.gateway.clock.now().as_second();
        self.claim("nbf", now + from).claim("exp", now + until)
    }

    pub fn client(self, client_id: &str) -> Self {
        self.claim("azp", client_id).claim("aud", client_id)
    }

    /// The same in the shape of RFC 9068, for the audience that is expected by default.
    pub fn rfc9068(self) -> Self {
        let claims = [("sub", CLIENT_ID), ("client_id", CLIENT_ID), ("aud", ISSUER)];
        let token = ["aut", "azp", "nbf"].into_iter().fold(self, Self::without);
        claims
            .into_iter()
            .fold(token.token_type("at+jwt"), |token, (name, value)| token.claim(name, value))
    }

    pub fn token_type(mut self, token_type: &str) -> Self {
        self.header.token_type = Some(token_type.to_owned());
        self
    }

    /// Signed with `key`, under its `kid`.
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        self.header.key_id = Some(key.key_id().to_owned());
        self.key = key.clone();
        self
    }

    pub fn sign(self) -> String {
        let payload = serde_json::to_vec(&self.claims).unwrap();
        self.key.sign(&self.header, &payload).unwrap()
    }
}
