//! The protected header of a SET, and of a signed message (OBIE read/write profile).

use super::{SetProfile, SetTerms};
use jiff::Timestamp;
use jose::SigningHeader;
use serde_json::{Map, Value, json};

impl SetProfile {
    /// The protected header beside `alg`.
    pub(super) fn header(
        self,
        terms: &SetTerms,
        key_id: &str,
        issued_at: Timestamp,
    ) -> SigningHeader {
        match self {
            // The toolkit's SETs carry neither `kid` nor `typ`.
            Self::Wso2 => SigningHeader::default(),
            Self::Obie => terms.open_banking_header(key_id, issued_at),
            Self::Ssf => SigningHeader {
                key_id: Some(key_id.to_owned()),
                token_type: Some("secevent+jwt".to_owned()),
                ..SigningHeader::default()
            },
        }
    }
}

impl SetTerms {
    /// The header of what a bank signs by Open Banking's rules.
    pub(crate) fn open_banking_header(&self, key_id: &str, issued_at: Timestamp) -> SigningHeader {
        let extra: Map<String, Value> = [
            (OB_IAT, Value::from(issued_at.as_second())),
            (OB_ISS, Value::from(self.organisation_id.as_str())),
            (OB_TAN, Value::from(self.trust_anchor.as_str())),
            ("crit", json!(OB_CRITICAL)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        SigningHeader {
            key_id: Some(key_id.to_owned()),
            token_type: Some("JOSE".to_owned()),
            extra,
            ..SigningHeader::default()
        }
    }
}

/// When it was signed, Unix seconds.
pub(crate) const OB_IAT: &str = "http://openbanking.org.uk/iat";
/// Who signed it: an organisation, or an organisation's software.
pub(crate) const OB_ISS: &str = "http://openbanking.org.uk/iss";
/// The trust anchor that knows the signer's key.
pub(crate) const OB_TAN: &str = "http://openbanking.org.uk/tan";
/// What `crit` names, all of it.
pub(crate) const OB_CRITICAL: [&str; 3] = [OB_IAT, OB_ISS, OB_TAN];
