//! The protected header of a message's signature, checked in the order of the profile.

use super::SignatureFault;
use crate::set::{OB_CRITICAL, OB_IAT, OB_ISS, OB_TAN};
use jose::Algorithm;
use serde_json::{Map, Value};

/// A header with the members that it must and may have, and an algorithm and a `kid` that can be.
#[derive(Debug)]
pub(super) struct FormedHeader<'m> {
    members: &'m Map<String, Value>,
    pub(super) key_id: &'m str,
}

/// Against what the claims of a header are judged.
#[derive(Debug)]
pub(super) struct Expectation<'e> {
    /// Unix seconds, the allowed skew included.
    pub(super) latest: i64,
    /// The client, as `organisation/software`.
    pub(super) issuer: Option<&'e str>,
    pub(super) trust_anchors: &'e [String],
}

impl<'m> FormedHeader<'m> {
    /// Checks which members there are, `typ`, `cty`, `alg` and the type of `kid`.
    pub(super) fn read(members: &'m Map<String, Value>) -> Result<Self, SignatureFault> {
        let missing: Vec<&str> =
            REQUIRED.into_iter().filter(|name| !members.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(SignatureFault::MissingClaim(missing.join(", ")));
        }
        let known = |name: &str| REQUIRED.contains(&name) || OPTIONAL.contains(&name);
        if let Some(foreign) = members.keys().find(|name| !known(name)) {
            return Err(invalid(foreign));
        }
        one_of(members, "typ", &["JOSE"])?;
        one_of(members, "cty", &["json", "application/json"])?;
        one_of(members, "alg", &[Algorithm::Ps256.as_str()])?;
        match members.get("kid").and_then(Value::as_str) {
            Some(key_id) if (1..=KEY_ID_BYTES).contains(&key_id.len()) => {
                Ok(Self { members, key_id })
            }
            _ => Err(invalid("kid")),
        }
    }

    /// Checks the three claims of Open Banking and `crit`.
    pub(super) fn check(&self, expected: &Expectation<'_>) -> Result<(), SignatureFault> {
        let is_past = self.members.get(OB_IAT).and_then(Value::as_i64);
        if !is_past.is_some_and(|iat| (0..=expected.latest).contains(&iat)) {
            return Err(invalid(OB_IAT));
        }
        let issuer = self.members.get(OB_ISS).and_then(Value::as_str);
        if issuer.is_none() || issuer != expected.issuer {
            return Err(invalid(OB_ISS));
        }
        let anchor = self.members.get(OB_TAN).and_then(Value::as_str);
        if !anchor.is_some_and(|anchor| expected.trust_anchors.iter().any(|one| one == anchor)) {
            return Err(invalid(OB_TAN));
        }
        let Some(Value::Array(critical)) = self.members.get("crit") else {
            return Err(invalid("crit"));
        };
        let all = OB_CRITICAL.iter().all(|name| critical.iter().any(|one| one == name));
        if !all || critical.len() != OB_CRITICAL.len() {
            return Err(invalid("crit"));
        }
        Ok(())
    }
}

fn one_of(
    members: &Map<String, Value>,
    name: &str,
    allowed: &[&str],
) -> Result<(), SignatureFault> {
    match members.get(name) {
        None => Ok(()),
        Some(Value::String(text)) if allowed.contains(&text.as_str()) => Ok(()),
        Some(_) => Err(invalid(name)),
    }
}

fn invalid(name: &str) -> SignatureFault {
    SignatureFault::InvalidClaim(name.to_owned())
}

/// What every header has.
const REQUIRED: [&str; 6] = ["alg", "kid", OB_IAT, OB_ISS, OB_TAN, "crit"];
/// What a header may have; `b64` is not among them since release 3.1.4.
const OPTIONAL: [&str; 2] = ["typ", "cty"];
const KEY_ID_BYTES: usize = 255;
