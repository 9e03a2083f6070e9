//! A small pool that signs, because a signature would hold up the polls of its worker.

use super::{SetContent, SignableProfile};
use crate::event::CreationError;
use crate::keys::PublishedKey;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Signs SETs in one profile.
#[derive(Debug)]
pub(crate) struct SetSigner {
    pool: ThreadPool,
    /// SETs being signed or waiting to be: no more than so many.
    places: Semaphore,
    profile: SignableProfile,
    issuer: String,
}

/// A signed SET.
#[derive(Debug)]
pub(crate) struct SignedSet {
    pub(crate) compact: String,
    pub(crate) key_id: String,
    pub(crate) profile: &'static str,
}

impl SetSigner {
    /// A signer with `threads` threads of its own.
    pub(crate) fn new(
        profile: SignableProfile,
        issuer: String,
        threads: usize,
    ) -> Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|n| format!("set-signer-{n}"))
            .build()?;
        let places =
            Semaphore::new(threads.max(1).saturating_mul(PLACES_PER_THREAD).min(MOST_PLACES));
        Ok(Self { pool, places, profile, issuer })
    }

    /// Signs `content` with `key`.
    pub(crate) async fn sign(
        &self,
        key: PublishedKey,
        content: SetContent,
    ) -> Result<SignedSet, CreationError> {
        let _place = self.place()?;
        let (answer, signed) = oneshot::channel();
        let (profile, issuer) = (self.profile, self.issuer.clone());
        // A caller that left is no reason to fail.
        self.pool.spawn(move || drop(answer.send(sign(profile, &issuer, &key, &content))));
        signed.await.map_err(|_| CreationError::Signing("the signing thread is gone".to_owned()))?
    }

    /// Taken until it is dropped.
    fn place(&self) -> Result<SemaphorePermit<'_>, CreationError> {
        self.places.try_acquire().map_err(|_| CreationError::Busy)
    }
}

/// About a second's work of a thread.
const PLACES_PER_THREAD: usize = 1_000;
/// Whatever the number of threads.
const MOST_PLACES: usize = 100_000;

fn sign(
    profile: SignableProfile,
    issuer: &str,
    key: &PublishedKey,
    content: &SetContent,
) -> Result<SignedSet, CreationError> {
    let failed = |error: &dyn std::error::Error| CreationError::Signing(error.to_string());
    let claims = profile.claims(content, issuer).map_err(|error| failed(&error))?;
    let compact = key
        .signing_key()
        .sign(&profile.header(), claims.as_bytes())
        .map_err(|error| failed(&error))?;
    let key_id = key.signing_key().key_id().to_owned();
    Ok(SignedSet { compact, key_id, profile: profile.as_str() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_place_in_the_queue_is_sent_away_at_once() {
        let signer = SetSigner::new(SignableProfile::Wso2, "https://bank".to_owned(), 1).unwrap();
        let mut taken: Vec<_> = (0..PLACES_PER_THREAD).map(|_| signer.place().unwrap()).collect();
        assert!(matches!(signer.place(), Err(CreationError::Busy)));
        taken.pop();
        assert!(signer.place().is_ok());
    }
}
