//! Verifying access tokens, once each.

use super::claims::{Claims, Expected, VerifiedToken};
use super::key_ring::KeyRing;
use super::profile::TokenProfile;
use super::token_keys::TokenKeys;
use crate::config::Config;
use crate::refusal::TokenFault;
use jose::{UnverifiedJws, sha256_base64url};
use moka::Expiry;
use moka::sync::Cache;
use service_kit::SharedClock;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Verifies access tokens and remembers those it verified, by hash, until they expire.
#[derive(Debug)]
pub(crate) struct TokenVerifier {
    keys: Arc<TokenKeys>,
    /// The configured audience of tokens of RFC 9068.
    audience: Option<String>,
    verified: Cache<String, Arc<VerifiedToken>>,
    clock: SharedClock,
    skew: i64,
}

impl TokenVerifier {
    /// A verifier that remembers nothing yet.
    pub(crate) fn new(config: &Config, keys: Arc<TokenKeys>, clock: SharedClock) -> Self {
        let skew = i64::from(config.clock_skew_seconds);
        let verified = Cache::builder()
            .max_capacity(config.token_cache_entries)
            .expire_after(UntilExpiry { clock: Arc::clone(&clock), skew })
            .build();
        Self { keys, audience: config.audience.clone(), verified, clock, skew }
    }

    /// The token behind `bearer`, when it is one of ours and valid now.
    pub(crate) async fn verify(&self, bearer: &str) -> Result<Arc<VerifiedToken>, TokenFault> {
        if !looks_like_jws(bearer) {
            return Err(TokenFault::NotAToken);
        }
        let ring = self.keys.current().ok_or(TokenFault::NoKeysYet)?;
        let hash = sha256_base64url(bearer.as_bytes());
        let known = self.verified.get(&hash).filter(|token| token.key_ring() == ring.revision);
        if let Some(token) = known {
            token.check_times(self.clock.now(), self.skew)?;
            return Ok(token);
        }
        let token = Arc::new(self.verify_anew(bearer, ring).await?);
        token.check_times(self.clock.now(), self.skew)?;
        self.verified.insert(hash, Arc::clone(&token));
        Ok(token)
    }

    async fn verify_anew(
        &self,
        bearer: &str,
        ring: Arc<KeyRing>,
    ) -> Result<VerifiedToken, TokenFault> {
        let jws =
            UnverifiedJws::parse(bearer, MOST_TOKEN_BYTES).map_err(|_| TokenFault::NotAToken)?;
        let profile = TokenProfile::of(jws.header().token_type.as_deref())?;
        let ring = self.ring_for(&jws, profile, ring).await?;
        let verified = jws.verify_with_set(&ring.keys).map_err(|_| TokenFault::BadSignature)?;
        let claims: Claims = verified.claims().map_err(|_| TokenFault::WrongType)?;
        claims.check(self.expected(profile, &ring))
    }

    fn expected<'e>(&'e self, profile: TokenProfile, ring: &'e KeyRing) -> Expected<'e> {
        Expected {
            issuer: &ring.issuer,
            audience: self.audience.as_deref().unwrap_or(&ring.issuer),
            profile,
            key_ring: ring.revision,
        }
    }

    /// The ring that has a key for the token. An unknown key id is worth asking the key manager
    /// for only where the token claims to be its own.
    async fn ring_for(
        &self,
        jws: &UnverifiedJws,
        profile: TokenProfile,
        ring: Arc<KeyRing>,
    ) -> Result<Arc<KeyRing>, TokenFault> {
        let has_key = |ring: &KeyRing| ring.keys.candidates(jws.header()).next().is_some();
        if has_key(&ring) {
            return Ok(ring);
        }
        let claims: Result<Claims, _> = jws.unverified_claims();
        if !claims.is_ok_and(|claims| claims.check(self.expected(profile, &ring)).is_ok()) {
            return Err(TokenFault::UnknownKey);
        }
        let newer = self.keys.newer_than(&ring).await.ok_or(TokenFault::UnknownKey)?;
        if has_key(&newer) { Ok(newer) } else { Err(TokenFault::UnknownKey) }
    }
}

/// Far above what the key manager issues, far below what costs anything.
const MOST_TOKEN_BYTES: usize = 8 * 1024;

/// A token that lives longer is verified anew after this time.
const LONGEST_MEMORY: Duration = Duration::from_hours(24);

/// Forgets a token when it expires, by the clock that judges it.
#[derive(Debug)]
struct UntilExpiry {
    clock: SharedClock,
    skew: i64,
}

impl Expiry<String, Arc<VerifiedToken>> for UntilExpiry {
    fn expire_after_create(
        &self,
        _: &String,
        token: &Arc<VerifiedToken>,
        _: Instant,
    ) -> Option<Duration> {
        let end = token.expires_at().saturating_add(self.skew);
        let left = end.saturating_sub(self.clock.now().as_second());
        let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        Some(left.min(LONGEST_MEMORY))
    }
}

/// Three dots' worth of parts: what is not even that costs no hash and no look-up.
fn looks_like_jws(bearer: &str) -> bool {
    bearer.len() <= MOST_TOKEN_BYTES && bearer.bytes().filter(|byte| *byte == b'.').count() == 2
}
