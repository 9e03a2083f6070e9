//! Dynamic client registration: OB DCR 3.2, 3.3 and 3.4 (RFC 7591, RFC 7592).
//!
//! A request walks through the files of this module; each step returns the proof that the next one
//! takes: a [`TransportCertificate`] and a [`RequestBody`], an
//! [`UnverifiedRequest`], a [`VerifiedStatement`](software_statement::VerifiedStatement), the
//! [`OwnStatement`] of the certificate's holder, its [`SoftwareKeys`](software_keys::SoftwareKeys), a
//! [`VerifiedRequest`](request::VerifiedRequest), its [`EffectiveMetadata`]. Nothing is called
//! outside before the statement and the certificate have been verified, but for the keys of its
//! configured issuer.

mod audit;
mod bearer;
mod body;
mod config;
mod document;
mod door;
mod error;
pub(crate) mod fuzzing;
mod handlers;
mod issuer;
mod keeping;
mod limit;
mod metadata;
mod redirect_uris;
mod request;
mod software_keys;
mod software_statement;
mod version;

pub use config::{RegistrationConfig, SsaIssuer};
pub(crate) use door::Door;
pub(crate) use handlers::routes;
pub(crate) use version::Version;

use self::body::RequestBody;
use self::door::TransportCertificate;
use self::error::RegisterError;
use self::issuer::StatementIssuer;
use self::metadata::EffectiveMetadata;
use self::request::UnverifiedRequest;
use self::software_statement::OwnStatement;
use crate::clients::RemoteKeys;
use crate::config::Config;
use crate::key_manager::{Server, StartError};
use jose::{Algorithm, Header};
use service_kit::SharedClock;
use service_kit::outbound::GuardedClient;

/// What statements, requests and everything else a client signs may be signed with (FAPI 1 Advanced
/// §8.6).
const STATEMENT_ALGORITHMS: [Algorithm; 2] = [Algorithm::Ps256, Algorithm::Es256];

/// What registrations are judged by.
#[derive(Debug)]
pub(crate) struct Registrar {
    config: RegistrationConfig,
    common_scopes: Vec<String>,
    audiences: Vec<String>,
    issuers: Vec<StatementIssuer>,
    issuer_keys: RemoteKeys,
    outbound: GuardedClient,
}

/// The time, and what it is measured by; seconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    now: i64,
    skew: i64,
    lifetime_cap: i64,
}

/// A request whose every part was verified, to be kept.
#[derive(Debug)]
struct CheckedRegistration<'r> {
    metadata: EffectiveMetadata,
    statement: OwnStatement<'r>,
    /// The software's keys in use, a JWK set.
    keys: String,
    jti: String,
    refused_from: i64,
}

impl Registrar {
    /// The registrar of a server with this `issuer` identifier.
    pub(crate) fn new(
        config: &Config,
        issuer: &str,
        endpoint: Option<&str>,
        outbound: GuardedClient,
        clock: SharedClock,
    ) -> Result<Self, StartError> {
        let registration = config.registration.clone();
        let issuers = registration
            .ssa_issuers
            .iter()
            .map(StatementIssuer::new)
            .collect::<Option<_>>()
            .ok_or(StartError::Setting {
                key: "registration.ssa_issuers",
                reason: "must have https URLs and origins",
            })?;
        let own = [Some(issuer), endpoint].into_iter().flatten().map(str::to_owned);
        Ok(Self {
            audiences: own.chain(registration.audiences.iter().cloned()).collect(),
            common_scopes: config.common_scopes.clone(),
            config: registration,
            issuers,
            issuer_keys: RemoteKeys::of_issuers(outbound.clone(), clock, config),
            outbound,
        })
    }
}

impl Server {
    /// Verifies everything a registration request says; an update names its client.
    async fn check_registration(
        &self,
        version: Version,
        body: &RequestBody,
        certificate: &TransportCertificate,
        updated: Option<&str>,
    ) -> Result<CheckedRegistration<'_>, RegisterError> {
        let times = self.times();
        let request = UnverifiedRequest::parse(body)?;
        let statement =
            self.registrar.verify_statement(request.software_statement(), &times).await?;
        let statement = OwnStatement::of(statement, certificate)?;
        let keys = self.registrar.software_keys(&statement).await?;
        let request = request.verify(&keys, &times)?;
        if let Some(client_id) = updated {
            request.check_client(client_id)?;
        }
        let (jti, refused_from) = (request.claims.jti.clone(), request.refused_from);
        let metadata = self.registrar.effective_metadata(version, request.claims, &statement)?;
        Ok(CheckedRegistration { metadata, statement, keys: keys.document, jti, refused_from })
    }

    fn times(&self) -> Times {
        Times {
            now: self.clock.now().as_second(),
            skew: self.config.clock_skew_seconds.into(),
            lifetime_cap: self.config.registration.request_lifetime_cap_seconds.into(),
        }
    }
}

/// A token of another kind must not pass for a request or a statement (RFC 8725 §3.11).
fn is_jwt(header: &Header) -> bool {
    header
        .token_type
        .as_deref()
        .is_none_or(|name| ["JWT", "JOSE"].iter().any(|known| name.eq_ignore_ascii_case(known)))
}
