//! Who signs: a client under the name of its organisation and software, with keys that the key manager
//! knows or fetches.

use crate::clients::KeyManager;
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, Header, KeySet, VerificationKey};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::SharedClock;
use service_kit::outbound::PeerError;
use std::sync::Arc;

/// The signers seen so far.
#[derive(Debug)]
pub(crate) struct Signers {
    key_manager: KeyManager,
    clock: SharedClock,
    lifetime: SignedDuration,
    seen: Cache<String, Arc<Signer>>,
}

/// A client as a signer.
#[derive(Debug)]
pub(super) struct Signer {
    /// `organisation/software`; without both, no signature can name the client.
    pub(super) issuer: Option<String>,
    keys: KeySet,
    asked_at: Timestamp,
}

/// The key manager's answer.
#[derive(Deserialize)]
struct Document {
    organisation_id: Option<String>,
    software_id: Option<String>,
    jwks: Box<RawValue>,
}

impl Signers {
    /// Signers that `key_manager` knows, asked for again after `lifetime`.
    pub(crate) fn new(
        key_manager: KeyManager,
        clock: SharedClock,
        lifetime: SignedDuration,
    ) -> Self {
        Self { key_manager, clock, lifetime, seen: Cache::new(REMEMBERED) }
    }

    /// The client `client_id` with its keys as they are now, a key `key_id` among them if it has one.
    pub(super) async fn find(
        &self,
        client_id: &str,
        key_id: &str,
    ) -> Result<Arc<Signer>, PeerError> {
        let now = self.clock.now();
        if let Some(signer) = self.seen.get(client_id)
            && signer.is_enough(key_id, now, self.lifetime)
        {
            return Ok(signer);
        }
        let signer = Arc::new(self.ask(client_id, key_id, now).await?);
        self.seen.insert(client_id.to_owned(), Arc::clone(&signer));
        Ok(signer)
    }

    async fn ask(
        &self,
        client_id: &str,
        key_id: &str,
        now: Timestamp,
    ) -> Result<Signer, PeerError> {
        let unexpected = |error: &dyn std::fmt::Display| {
            PeerError::Unavailable(format!("unexpected body: {error}"))
        };
        let mut url = self.key_manager.url.clone();
        url.path_segments_mut()
            .map_err(|()| PeerError::Unavailable("its address cannot carry a path".to_owned()))?
            .pop_if_empty()
            .extend(["internal", "v1", "clients", client_id, "keys"]);
        url.query_pairs_mut().append_pair("kid", key_id);
        let Some(document) = self.key_manager.client.get::<Document>(url.as_str()).await? else {
            return Ok(Signer { issuer: None, keys: KeySet::default(), asked_at: now });
        };
        let issuer = document
            .organisation_id
            .zip(document.software_id)
            .map(|(organisation, software)| format!("{organisation}/{software}"));
        let keys = KeySet::parse(document.jwks.get()).map_err(|error| unexpected(&error))?;
        Ok(Signer { issuer, keys, asked_at: now })
    }
}

impl Signer {
    /// The key of that name, if it is one for PS256.
    pub(super) fn key(&self, key_id: &str) -> Option<&VerificationKey> {
        let wanted = Header {
            algorithm: Algorithm::Ps256,
            key_id: Some(key_id.to_owned()),
            token_type: None,
        };
        // Only names that are compared are borrowed from `wanted`.
        let position = {
            let found = self.keys.candidates(&wanted).find(|key| key.fits(Algorithm::Ps256))?;
            self.keys.keys().iter().position(|key| std::ptr::eq(key, found))?
        };
        self.keys.keys().get(position)
    }

    /// Whether nobody needs to be asked again. A name that is not there may be new, but not twice in
    /// a second.
    fn is_enough(&self, key_id: &str, now: Timestamp, lifetime: SignedDuration) -> bool {
        let age = now.duration_since(self.asked_at).abs();
        age < RETRY || (age < lifetime && self.key(key_id).is_some())
    }
}

/// The least time between two questions about one client.
const RETRY: SignedDuration = SignedDuration::from_secs(1);
const REMEMBERED: u64 = 10_000;
