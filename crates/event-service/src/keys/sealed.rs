//! One signing key: made, sealed, opened.

use super::set_key::SetKey;
use crate::store::SealedKey;
use database::DatabaseError;
use jose::{Algorithm, KeyError, MasterKey, SealingError, SigningKey};

/// Why the signing keys could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Others made keys at the same moment, again and again.
    #[error("other processes are making signing keys at this moment")]
    Contention,
    /// The database is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A kept key is not one of ours.
    #[error("signing key {0} cannot be read: {1}")]
    Key(String, String),
    /// OpenSSL could not make a key.
    #[error(transparent)]
    Generation(#[from] KeyError),
    /// There is none and this start may not create one.
    #[error("the event service has no signing key; create one with `lombard keys new`")]
    Missing,
    /// The master key is another one than the keys were sealed with.
    #[error("signing key {0} cannot be opened: {1}")]
    Sealed(String, SealingError),
}

/// Makes a key and seals it; RSA is slow to make: off the async threads.
pub(super) async fn generate(master_key: &MasterKey) -> Result<SealedKey, SigningKeyError> {
    let made = tokio::task::spawn_blocking(|| SigningKey::generate(Algorithm::Rs256)).await;
    let key = made.map_err(|error| SigningKeyError::Key("new".to_owned(), error.to_string()))??;
    let pem = key.to_pem()?;
    Ok(SealedKey {
        key_id: key.key_id().to_owned(),
        algorithm: key.algorithm().as_str().to_owned(),
        sealed: master_key.seal(&seal_context(key.key_id()), pem.as_bytes()),
    })
}

/// Opens a kept key.
pub(super) fn open(row: &SealedKey, master_key: &MasterKey) -> Result<SetKey, SigningKeyError> {
    let unreadable = |reason: &dyn std::fmt::Display| {
        SigningKeyError::Key(row.key_id.clone(), reason.to_string())
    };
    let pem = master_key
        .open(&seal_context(&row.key_id), &row.sealed)
        .map_err(|error| SigningKeyError::Sealed(row.key_id.clone(), error))?;
    let pem = std::str::from_utf8(&pem).map_err(|error| unreadable(&error))?;
    let algorithm = row.algorithm.parse().map_err(|error| unreadable(&error))?;
    let key = SigningKey::from_pem(pem, algorithm).map_err(|error| unreadable(&error))?;
    SetKey::new(key.with_key_id(&*row.key_id)).map_err(|error| unreadable(&error))
}

/// Binds a sealed key to its purpose and id, so that rows cannot be swapped.
fn seal_context(key_id: &str) -> String {
    format!("event-service/set-key/{key_id}")
}
