//! The key that signs SSAs: made once, kept sealed, parsed once.

use super::SsaDefect;
use crate::store::SsaKeyRecord;
use certificates::{Validity, self_signed};
use database::{Database, DatabaseError};
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, MasterKey, SigningHeader, SigningKey};
use service_kit::{Random, base62};

/// How long the self-signed certificate of the key is valid.
const CERTIFICATE_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// Why a key for SSAs could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SsaKeyError {
    /// The self-signed certificate.
    #[error("the certificate of a key for SSAs: {0}")]
    Certificate(#[from] certificates::IssueError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The key.
    #[error("a key for SSAs: {0}")]
    Key(#[from] jose::KeyError),
    /// Sealed under another master key.
    #[error("the key {kid} for SSAs was sealed under another master key")]
    Sealed {
        /// Which one.
        kid: String,
    },
    /// A record that this version cannot read.
    #[error("the key {kid} for SSAs is unreadable")]
    Unreadable {
        /// Which one.
        kid: String,
    },
}

/// Why an SSA was not signed.
#[derive(Debug, thiserror::Error)]
#[error("the SSA cannot be signed: {0}")]
pub(crate) struct SignSsaError(#[from] jose::KeyError);

/// Signs SSAs, PS256; the `kid` is the thumbprint of the key's certificate.
#[derive(Debug)]
pub(crate) struct SsaSigner {
    key: SigningKey,
}

impl SsaSigner {
    /// Opens the newest key; `None` where there is none.
    pub(crate) async fn load(
        database: &Database,
        master_key: &MasterKey,
    ) -> Result<Option<Self>, SsaKeyError> {
        let records = database
            .read(|connection| Ok::<_, DatabaseError>(SsaKeyRecord::all(connection)?))
            .await?;
        records.into_iter().next().map(|record| Self::open(record, master_key)).transpose()
    }

    /// Makes the first key, unless another process was faster.
    pub(crate) async fn make_first(
        database: &Database,
        master_key: &MasterKey,
        now: Timestamp,
    ) -> Result<(), SsaKeyError> {
        let record = generate(master_key, now)?;
        let kid = record.kid.clone();
        let made = database
            .write(move |connection| Ok::<_, DatabaseError>(record.insert_if_first(connection)?))
            .await?;
        if made {
            tracing::info!(target: "audit", event = "ssa_key_creation", outcome = "created", kid);
        }
        Ok(())
    }

    /// A compact JWS over `claims`, but for `defect`.
    pub(crate) fn sign(
        &self,
        claims: &[u8],
        defect: Option<SsaDefect>,
        random: &dyn Random,
    ) -> Result<String, SignSsaError> {
        let key_id = match defect {
            Some(SsaDefect::UnknownKey) => base62(random, self.key.key_id().len()),
            _ => self.key.key_id().to_owned(),
        };
        let header = SigningHeader {
            key_id: Some(key_id),
            token_type: Some("JWT".to_owned()),
            ..SigningHeader::default()
        };
        let signed = self.key.sign(&header, claims)?;
        Ok(if defect == Some(SsaDefect::WrongSignature) { spoilt(&signed) } else { signed })
    }

    fn open(record: SsaKeyRecord, master_key: &MasterKey) -> Result<Self, SsaKeyError> {
        let kid = record.kid;
        let plain = master_key
            .open(&sealing_context(&kid), &record.sealed_private_key)
            .map_err(|_| SsaKeyError::Sealed { kid: kid.clone() })?;
        let pem = std::str::from_utf8(&plain)
            .map_err(|_| SsaKeyError::Unreadable { kid: kid.clone() })?;
        Ok(Self { key: SigningKey::from_pem(pem, Algorithm::Ps256)?.with_key_id(kid) })
    }
}

fn generate(master_key: &MasterKey, now: Timestamp) -> Result<SsaKeyRecord, SsaKeyError> {
    let key = SigningKey::generate(Algorithm::Ps256)?;
    let pem = key.to_pem()?;
    let not_after = now.saturating_add(CERTIFICATE_LIFETIME).unwrap_or(Timestamp::MAX);
    let certificate =
        self_signed("OpenBanking Ltd", &pem, Validity { not_before: now, not_after })?;
    let kid = jose::x5t(&certificate);
    let jwk = key.with_key_id(&kid).public_jwk(Some(&certificate));
    Ok(SsaKeyRecord {
        public_jwk: serde_json::to_string(&jwk)
            .map_err(|_| SsaKeyError::Unreadable { kid: kid.clone() })?,
        sealed_private_key: master_key.seal(&sealing_context(&kid), pem.as_bytes()),
        certificate,
        created_at: now.into(),
        kid,
    })
}

/// Binds a sealed key to its name, so that records cannot be exchanged.
fn sealing_context(kid: &str) -> String {
    format!("directory/ssa-key/{kid}")
}

/// `compact` with another first character of its signature.
fn spoilt(compact: &str) -> String {
    let (signed, signature) = compact.rsplit_once('.').unwrap_or((compact, ""));
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest: String = signature.chars().skip(1).collect();
    format!("{signed}.{first}{rest}")
}
