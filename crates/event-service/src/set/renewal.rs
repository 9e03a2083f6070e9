//! A kept SET signed anew for a delivery, as the toolkit does: the same event, `jti` and claims, with
//! another `iat`, signature and, where it is the toolkit's profile, `txn`.

use super::profile::TransactionSource;
use super::signer::SigningError;
use super::{SetProfile, SetTerms};
use crate::keys::PublishedKey;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use open_banking_types::security_event_token::{RawEvents, SetClaims, SharedSignalsClaims};
use serde::Deserialize;

/// What a delivery needs of a kept SET.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// The profile as the event log names it.
    pub(crate) logged_as: String,
    pub(crate) compact: String,
    /// The `txn` of this delivery, where the SET's own need not stay.
    pub(crate) transaction: String,
}

impl Renewal {
    /// The SET as it is delivered at `now`; one that is wrong on purpose stays as it is.
    pub(super) fn sign(
        self,
        terms: &SetTerms,
        key: &PublishedKey,
        now: Timestamp,
    ) -> Result<String, SigningError> {
        let Some((profile, source)) = SetProfile::from_log(&self.logged_as) else {
            return Ok(self.compact);
        };
        let claims = self.claims(profile, source, now)?;
        let signing_key = profile.signing_key(key);
        let header = profile.header(terms, signing_key.key_id(), now);
        Ok(signing_key.sign(&header, claims.as_bytes())?)
    }

    fn claims(
        self,
        profile: SetProfile,
        source: TransactionSource,
        now: Timestamp,
    ) -> Result<String, SigningError> {
        let payload = payload(&self.compact).ok_or(SigningError::Unreadable)?;
        let text = match (profile, source) {
            (SetProfile::Ssf, _) => {
                let mut claims: SharedSignalsClaims<RawEvents> = read(&payload)?;
                claims.iat = now.as_second();
                serde_json::to_string(&claims)
            }
            (SetProfile::Obie, _) | (SetProfile::Wso2, TransactionSource::Bank) => {
                let mut claims: SetClaims<RawEvents> = read(&payload)?;
                claims.iat = now.as_second();
                serde_json::to_string(&claims)
            }
            (SetProfile::Wso2, TransactionSource::Own) => {
                let mut claims: SetClaims<RawEvents> = read(&payload)?;
                claims.iat = now.as_second();
                claims.txn = self.transaction;
                serde_json::to_string(&claims)
            }
        };
        text.map_err(|error| SigningError::Failed(error.to_string()))
    }
}

fn payload(compact: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(compact.split('.').nth(1)?).ok()
}

fn read<'p, T: Deserialize<'p>>(payload: &'p [u8]) -> Result<T, SigningError> {
    serde_json::from_slice(payload).map_err(|_| SigningError::Unreadable)
}
