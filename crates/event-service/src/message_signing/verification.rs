//! From a body that was received to one that its client signed.

use super::header::{Expectation, FormedHeader};
use super::{SIGNATURE_HEADER, SignatureFault, SignedResource};
use crate::service::State;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use jose::{Algorithm, DetachedJws};
use service_kit::outbound::PeerError;

/// A body, byte for byte as it was received, that its client signed; or one of a resource where nobody
/// has to sign.
#[derive(Debug)]
pub(crate) struct VerifiedBody(Bytes);

/// Why a body was not verified.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerificationFailure {
    /// The signature is at fault.
    #[error(transparent)]
    Fault(#[from] SignatureFault),
    /// The client's keys cannot be had.
    #[error("the client's keys cannot be had: {0}")]
    Keys(#[from] PeerError),
}

impl VerifiedBody {
    /// The bytes.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl State {
    /// Verifies the signature of `client_id` over `body`, by the rules and in the order of the profile.
    /// A request that carries nothing must not be signed.
    pub(crate) async fn verify_message(
        &self,
        (resource, method): (SignedResource, &Method),
        client_id: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<VerifiedBody, VerificationFailure> {
        let config = &self.config.message_signing;
        if !config.covers(resource) {
            return Ok(VerifiedBody(body));
        }
        let has_signature = headers.contains_key(SIGNATURE_HEADER);
        match (*method == Method::POST || *method == Method::PUT, has_signature) {
            (false, false) => return Ok(VerifiedBody(body)),
            (false, true) => return Err(SignatureFault::Unexpected.into()),
            (true, false) => return Err(SignatureFault::Missing.into()),
            (true, true) => {}
        }
        let jws = signature(headers)?;
        let header = FormedHeader::read(jws.members())?;
        let signer = self.signers.find(client_id, header.key_id).await?;
        let unknown = || SignatureFault::InvalidClaim("kid".to_owned());
        let key = signer.key(header.key_id).ok_or_else(unknown)?;
        let skew = i64::from(config.clock_skew_seconds);
        header.check(&Expectation {
            latest: self.clock.now().as_second().saturating_add(skew),
            issuer: signer.issuer.as_deref(),
            trust_anchors: &config.trust_anchors,
        })?;
        jws.verify(Algorithm::Ps256, key, &body).map_err(|_| SignatureFault::Invalid)?;
        Ok(VerifiedBody(body))
    }
}

fn signature(headers: &HeaderMap) -> Result<DetachedJws, SignatureFault> {
    let mut values = headers.get_all(SIGNATURE_HEADER);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(SignatureFault::Malformed);
    };
    let text = value.to_str().map_err(|_| SignatureFault::Malformed)?;
    DetachedJws::parse(text, SIGNATURE_BYTES).map_err(|_| SignatureFault::Malformed)
}

const SIGNATURE_BYTES: usize = 8 * 1024;
