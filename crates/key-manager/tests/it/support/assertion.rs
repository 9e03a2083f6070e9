//! Client assertions, good until told otherwise.

use super::{ISSUER, Tpp};
use serde_json::{Map, Value, json};
use test_kit::{ForgedSignature, forged_jws};

/// An assertion that is being written.
#[derive(Clone, Debug)]
pub struct Assertion {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    key_pem: String,
}

impl Assertion {
    pub fn of(tpp: &Tpp, now: i64, jti: &str) -> Self {
        let header = json!({ "alg": "PS256", "kid": tpp.key.key_id() });
        let claims = json!({
            "iss": tpp.client_id, "sub": tpp.client_id, "aud": ISSUER,
            "iat": now, "exp": now + 60, "jti": jti
        });
        let (Value::Object(header), Value::Object(claims)) = (header, claims) else {
            unreachable!("both are objects")
        };
        Self { header, claims, key_pem: tpp.key.to_pem().unwrap().to_string() }
    }

    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    pub fn header_text(&self) -> String {
        Value::Object(self.header.clone()).to_string()
    }

    pub fn claims_text(&self) -> String {
        Value::Object(self.claims.clone()).to_string()
    }

    /// Signed with PS256 by the TPP's key, whatever the header says.
    pub fn sign(&self) -> String {
        self.sign_text(&self.header_text(), &self.claims_text())
    }

    /// Other texts, signed the same way.
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        forged_jws(header, claims, ForgedSignature::Ps256(&self.key_pem))
    }

    /// Signed with RS256 by the TPP's key.
    pub fn sign_rs256(&self) -> String {
        let signature = ForgedSignature::Rs256(&self.key_pem);
        forged_jws(&self.header_text(), self.claims_text(), signature)
    }

    /// With a third part of the caller's choice.
    pub fn sign_with(&self, signature: ForgedSignature<'_>) -> String {
        forged_jws(&self.header_text(), self.claims_text(), signature)
    }
}
