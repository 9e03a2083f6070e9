//! A small pool that signs, because a signature would hold up the polls of its worker.

use super::profile::FAULTY;
use super::renewal::Renewal;
use super::{SetContent, SetFault, SetTerms};
use crate::keys::PublishedKey;
use actix_web::web::Bytes;
use jiff::Timestamp;
use jose::KeyError;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Signs SETs.
#[derive(Debug)]
pub(crate) struct SetSigner {
    pool: ThreadPool,
    /// Signatures being made or waiting to be: no more than so many.
    places: Semaphore,
    most: usize,
    terms: Arc<SetTerms>,
}

/// Why something was not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SigningError {
    /// As many as may wait already.
    #[error("too many SETs wait to be signed")]
    Busy,
    /// OpenSSL failed, or the content is not JSON.
    #[error("{0}")]
    Failed(String),
    /// A kept SET is none of ours.
    #[error("a kept SET cannot be read")]
    Unreadable,
}

/// Room for some signatures: proof that they may wait.
#[derive(Debug)]
pub(crate) struct SigningPlaces<'s>(
    #[expect(dead_code, reason = "held, not read")] SemaphorePermit<'s>,
);

/// A signed SET.
#[derive(Clone, Debug)]
pub(crate) struct SignedSet {
    pub(crate) compact: String,
    pub(crate) key_id: String,
    /// The profile's name in the event log.
    pub(crate) logged_as: &'static str,
}

impl SetSigner {
    /// A signer with `threads` threads of its own.
    pub(crate) fn new(terms: SetTerms, threads: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|n| format!("set-signer-{n}"))
            .build()?;
        let most = threads.max(1).saturating_mul(PLACES_PER_THREAD).min(MOST_PLACES);
        Ok(Self { pool, places: Semaphore::new(most), most, terms: Arc::new(terms) })
    }

    /// Signs each of `contents` with `key`, in their order; they wait for a thread together.
    pub(crate) async fn sign_all(
        &self,
        key: PublishedKey,
        contents: Vec<SetContent>,
    ) -> Result<Vec<SignedSet>, SigningError> {
        let _places = self.reserve(contents.len())?;
        let terms = Arc::clone(&self.terms);
        self.run(move || match contents.as_slice() {
            [content] => sign(&terms, &key, content).map(|set| vec![set]),
            many => many.par_iter().map(|content| sign(&terms, &key, content)).collect(),
        })
        .await
    }

    /// Signs kept SETs anew, in their order, in the places that were `reserved` for them.
    pub(crate) async fn renew(
        &self,
        _reserved: SigningPlaces<'_>,
        key: PublishedKey,
        sets: Vec<Renewal>,
        now: Timestamp,
    ) -> Result<Vec<String>, SigningError> {
        let terms = Arc::clone(&self.terms);
        self.run(move || sets.into_iter().map(|set| set.sign(&terms, &key, now)).collect()).await
    }

    /// Signs a message by Open Banking's rules; a detached JWS.
    pub(crate) async fn sign_message(
        &self,
        _reserved: SigningPlaces<'_>,
        key: PublishedKey,
        message: Bytes,
        now: Timestamp,
    ) -> Result<String, SigningError> {
        let terms = Arc::clone(&self.terms);
        self.run(move || {
            let header = terms.open_banking_header(key.ps256().key_id(), now);
            Ok(key.ps256().sign_detached(&header, &message)?)
        })
        .await
    }

    /// Places for `signatures`, or for as many as there are places.
    pub(crate) fn reserve(&self, signatures: usize) -> Result<SigningPlaces<'_>, SigningError> {
        let places = u32::try_from(signatures.min(self.most)).unwrap_or(u32::MAX);
        self.places.try_acquire_many(places).map(SigningPlaces).map_err(|_| SigningError::Busy)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SigningError> + Send + 'static,
    ) -> Result<T, SigningError> {
        let (answer, done) = oneshot::channel();
        // A caller that left is no reason to fail.
        self.pool.spawn(move || drop(answer.send(work())));
        done.await.map_err(|_| SigningError::Failed("the signing thread is gone".to_owned()))?
    }
}

/// About a second's work of a thread.
const PLACES_PER_THREAD: usize = 1_000;
/// Whatever the number of threads.
const MOST_PLACES: usize = 100_000;

fn sign(
    terms: &SetTerms,
    key: &PublishedKey,
    content: &SetContent,
) -> Result<SignedSet, SigningError> {
    let profile = content.profile;
    let claims = content.claims(terms).map_err(|error| SigningError::Failed(error.to_string()))?;
    let signing_key = profile.signing_key(key);
    let mut header = profile.header(terms, signing_key.key_id(), content.issued_at);
    if let Some(SetFault::UnknownKid) = content.fault {
        header.key_id = Some(format!("unknown-{}", signing_key.key_id()));
    }
    let mut compact = signing_key.sign(&header, claims.as_bytes())?;
    if let Some(SetFault::BadSignature) = content.fault {
        compact = with_another_signature(&compact);
    }
    let logged_as = match content.fault {
        Some(_) => FAULTY,
        None => profile.logged_as(content.transaction_source),
    };
    Ok(SignedSet { compact, key_id: key.key_id().to_owned(), logged_as })
}

/// The first character of the signature becomes another one of base64url.
fn with_another_signature(compact: &str) -> String {
    let (signed, signature) = compact.rsplit_once('.').unwrap_or_default();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", signature.get(1..).unwrap_or_default())
}

impl From<KeyError> for SigningError {
    fn from(error: KeyError) -> Self {
        Self::Failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SetConfig;

    #[test]
    fn who_finds_no_place_in_the_queue_is_sent_away_at_once() {
        let terms = SetTerms::new(&SetConfig::default(), "https://bank", false).unwrap();
        let signer = SetSigner::new(terms, 1).unwrap();
        let mut taken: Vec<_> =
            (0..PLACES_PER_THREAD).map(|_| signer.reserve(1).unwrap()).collect();
        assert!(matches!(signer.reserve(1), Err(SigningError::Busy)));
        taken.pop();
        assert!(signer.reserve(1).is_ok());
        assert!(matches!(signer.reserve(2), Err(SigningError::Busy)));
        taken.clear();
        assert!(signer.reserve(usize::MAX).is_ok());
    }
}
