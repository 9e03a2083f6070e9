//! Profiles: which shape a SET has.

use crate::keys::SetKey;
use jose::SigningKey;
use serde::{Deserialize, Serialize};

/// The shape of a SET.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SetProfile {
    /// As the toolkit's samples: header `{"alg":"RS256"}`, `toe` in milliseconds.
    #[default]
    Wso2,
    /// OBIE read/write signing: PS256, `kid`, the three Open Banking header claims, `toe` in seconds.
    Obie,
    /// OpenID Shared Signals 1.0: `typ` `secevent+jwt`, `sub_id` for `sub`, one event for each SET.
    Ssf,
}

/// Who gave a SET its `txn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionSource {
    /// The bank: no delivery changes it.
    Bank,
    /// This service.
    Own,
}

impl SetProfile {
    /// The name in the event log of a SET whose `txn` is `transaction`'s.
    pub(super) fn logged_as(self, transaction: TransactionSource) -> &'static str {
        match (self, transaction) {
            (Self::Wso2, TransactionSource::Own) => "wso2",
            (Self::Wso2, TransactionSource::Bank) => WSO2_OF_BANK,
            (Self::Obie, _) => "obie",
            (Self::Ssf, _) => "ssf",
        }
    }

    /// The profile, and whose `txn` a SET has, by the name in the event log; `None` for a SET that is
    /// wrong on purpose.
    pub(super) fn from_log(name: &str) -> Option<(Self, TransactionSource)> {
        match name {
            "wso2" => Some((Self::Wso2, TransactionSource::Own)),
            WSO2_OF_BANK => Some((Self::Wso2, TransactionSource::Bank)),
            "obie" => Some((Self::Obie, TransactionSource::Own)),
            "ssf" => Some((Self::Ssf, TransactionSource::Own)),
            _ => None,
        }
    }

    /// The form of `key` that signs; CAEP interoperability asks for RS256 in `ssf`.
    pub(super) fn signing_key(self, key: &SetKey) -> &SigningKey {
        match self {
            Self::Wso2 | Self::Ssf => key.rs256(),
            Self::Obie => key.ps256(),
        }
    }

    /// The most event types of one event.
    pub(crate) fn most_types(self) -> usize {
        match self {
            Self::Wso2 | Self::Obie => 32,
            Self::Ssf => 1,
        }
    }

    /// Whether event types must be URIs (RFC 8417 §2.2).
    pub(crate) fn wants_uris(self) -> bool {
        match self {
            Self::Wso2 => false,
            Self::Obie | Self::Ssf => true,
        }
    }
}

/// The name in the event log of what is wrong on purpose, in whatever profile.
pub(super) const FAULTY: &str = "faulty";
/// Profile `wso2` with the bank's `txn`.
const WSO2_OF_BANK: &str = "wso2-txn";
