//! Profiles: which claims a SET has and how it is signed.

use crate::event::{AcceptedEvents, EventId};
use jiff::Timestamp;
use jose::SigningHeader;
use open_banking_types::security_event_token::SetClaims;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The shape of a SET.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SetProfile {
    /// As the toolkit's samples: header `{"alg":"RS256"}`, `toe` in milliseconds.
    #[default]
    Wso2,
    /// OBIE read/write signing: PS256, `kid`, the three Open Banking header claims. Not built yet.
    Obie,
    /// OpenID Shared Signals: `typ` `secevent+jwt`, `sub_id`. Not built yet.
    Ssf,
}

/// A configured profile that this release cannot sign.
#[derive(Debug, thiserror::Error)]
#[error("set.profile = \"{0}\" is not supported by this release; use \"wso2\"")]
pub struct UnsupportedProfile(&'static str);

/// What a SET says, before a profile gives it its shape.
#[derive(Debug)]
pub(crate) struct SetContent {
    pub(crate) id: EventId,
    pub(crate) client_id: String,
    pub(crate) events: AcceptedEvents,
    /// Fixed at creation, so that every delivery carries the same.
    pub(crate) transaction: Uuid,
    pub(crate) happened_at: Timestamp,
    pub(crate) issued_at: Timestamp,
}

/// A profile that this release can sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignableProfile {
    /// [`SetProfile::Wso2`].
    Wso2,
}

impl SetProfile {
    /// The profile, if this release can sign it.
    pub(crate) fn signable(self) -> Result<SignableProfile, UnsupportedProfile> {
        match self {
            Self::Wso2 => Ok(SignableProfile::Wso2),
            Self::Obie => Err(UnsupportedProfile("obie")),
            Self::Ssf => Err(UnsupportedProfile("ssf")),
        }
    }
}

impl SignableProfile {
    /// The name in the event log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wso2 => "wso2",
        }
    }

    /// The protected header beside `alg`.
    pub(crate) fn header(self) -> SigningHeader {
        match self {
            // The toolkit's SETs carry neither `kid` nor `typ`.
            Self::Wso2 => SigningHeader::default(),
        }
    }

    /// The claims as JSON text.
    pub(crate) fn claims(self, content: &SetContent, issuer: &str) -> serde_json::Result<String> {
        match self {
            Self::Wso2 => wso2_claims(content, issuer),
        }
    }
}

fn wso2_claims(content: &SetContent, issuer: &str) -> serde_json::Result<String> {
    serde_json::to_string(&SetClaims {
        sub: content.client_id.clone(),
        aud: content.client_id.clone(),
        iss: issuer.to_owned(),
        txn: content.transaction.to_string(),
        // Milliseconds of a whole second: the toolkit's database keeps no fractions.
        toe: content.happened_at.as_second() * 1000,
        iat: content.issued_at.as_second(),
        jti: content.id.to_string(),
        events: content.events.as_claim(),
    })
}
