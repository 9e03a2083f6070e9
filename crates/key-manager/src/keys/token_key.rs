//! One key that signs access tokens: made once, kept sealed, parsed once.

use crate::config::AccessTokenProfile;
use crate::store::TokenKeyRecord;
use certificates::{Validity, self_signed};
use database::{DatabaseError, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, MasterKey, Signer, SigningHeader, SigningKey};
use std::sync::Arc;

/// How long the self-signed certificate of a token key is valid. Nobody relies on it but as the
/// source of the key's two thumbprints.
const CERTIFICATE_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// Why a token key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateKeyError {
    /// The self-signed certificate.
    #[error("the certificate of a token key: {0}")]
    Certificate(#[from] certificates::IssueError),
    /// Others made keys at the same moment, again and again.
    #[error("other processes are making token keys at this moment")]
    Contention,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The key.
    #[error("a token key: {0}")]
    Key(#[from] jose::KeyError),
    /// Sealed under another master key.
    #[error("token key {kid} was sealed under another master key")]
    Sealed {
        /// Which one.
        kid: String,
    },
    /// The thread that makes a key.
    #[error("the thread that makes a token key: {0}")]
    Thread(String),
    /// A record that this version cannot read.
    #[error("token key {kid} is unreadable")]
    Unreadable {
        /// Which one.
        kid: String,
    },
}

/// A key that signs access tokens, with the headers that name it.
#[derive(Debug)]
pub(crate) struct TokenSigner {
    rfc9068: Signer,
    wso2: Signer,
}

impl TokenSigner {
    /// A compact JWS over `claims`, which are of `profile`.
    pub(crate) fn sign(
        &self,
        profile: AccessTokenProfile,
        claims: &[u8],
    ) -> Result<String, jose::KeyError> {
        match profile {
            AccessTokenProfile::Rfc9068 => self.rfc9068.sign(claims),
            AccessTokenProfile::Wso2 => self.wso2.sign(claims),
        }
    }

    /// Opens a kept key.
    pub(super) fn open(
        record: &TokenKeyRecord,
        master_key: &MasterKey,
        algorithm: Algorithm,
    ) -> Result<Self, CreateKeyError> {
        let plain = master_key
            .open(&sealing_context(&record.kid), &record.sealed_private_key)
            .map_err(|_| CreateKeyError::Sealed { kid: record.kid.clone() })?;
        let pem = std::str::from_utf8(&plain)
            .map_err(|_| CreateKeyError::Unreadable { kid: record.kid.clone() })?;
        let key = SigningKey::from_pem(pem, algorithm)?.with_key_id(&record.kid);
        let signer = |profile: AccessTokenProfile| {
            key.clone().signer(&SigningHeader {
                x5t: Some(jose::toolkit_x5t(&record.certificate)),
                key_id: Some(record.kid.clone()),
                token_type: profile.token_type().map(str::to_owned),
                ..SigningHeader::default()
            })
        };
        Ok(Self {
            rfc9068: signer(AccessTokenProfile::Rfc9068)?,
            wso2: signer(AccessTokenProfile::Wso2)?,
        })
    }
}

/// Makes a key off the async threads, as RSA takes its time. It signs from the moment it was made,
/// unless whoever keeps it gives it a later one.
pub(super) async fn generate(
    master_key: &Arc<MasterKey>,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<TokenKeyRecord, CreateKeyError> {
    let master_key = Arc::clone(master_key);
    let made = tokio::task::spawn_blocking(move || make(&master_key, algorithm, now));
    made.await.map_err(|error| CreateKeyError::Thread(error.to_string()))?
}

fn make(
    master_key: &MasterKey,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<TokenKeyRecord, CreateKeyError> {
    let key = SigningKey::generate(algorithm)?;
    let pem = key.to_pem()?;
    let not_after = now.checked_add(CERTIFICATE_LIFETIME).unwrap_or(Timestamp::MAX);
    let validity = Validity { not_before: now, not_after };
    let certificate = self_signed("Lombard access tokens", &pem, validity)?;
    let kid = jose::toolkit_key_id(&certificate, algorithm);
    let jwk = key.with_key_id(&kid).public_jwk(Some(&certificate));
    Ok(TokenKeyRecord {
        alg: algorithm.as_str().to_owned(),
        public_jwk: serde_json::to_string(&jwk)
            .map_err(|_| CreateKeyError::Unreadable { kid: kid.clone() })?,
        sealed_private_key: master_key.seal(&sealing_context(&kid), pem.as_bytes()),
        certificate,
        created_at: UtcMicros::from(now),
        activates_at: UtcMicros::from(now),
        superseded_at: None,
        kid,
    })
}

/// Binds a sealed key to its name, so that records cannot be exchanged.
fn sealing_context(kid: &str) -> String {
    format!("key-manager/token-key/{kid}")
}
