//! The software statement: who vouches for the software, and whether it is the sender's.

use super::config::RegistrationConfig;
use super::door::TransportCertificate;
use super::error::{RegisterError, StatementDefect};
use super::issuer::StatementIssuer;
use super::{Registrar, STATEMENT_ALGORITHMS, Times};
use crate::clients::CertificateOwner;
use crate::roles::TppRole;
use jose::UnverifiedJws;
use open_banking_types::software_statement::SoftwareStatement;
use serde_json::{Map, Value};

/// A software statement that a configured issuer signed and that still holds.
#[derive(Debug)]
pub(super) struct VerifiedStatement<'r> {
    claims: SoftwareStatement,
    compact: String,
    issuer: &'r StatementIssuer,
}

/// A verified statement about the software, or at least the organisation, that the transport
/// certificate names.
#[derive(Debug)]
pub(super) struct OwnStatement<'r> {
    /// What it says.
    pub(super) claims: SoftwareStatement,
    /// The roles of ours that it authorises.
    pub(super) roles: Vec<TppRole>,
    /// As it was received.
    pub(super) compact: String,
    /// Who signed it.
    pub(super) issuer: &'r StatementIssuer,
}

impl Registrar {
    /// Verifies `compact`: algorithm, issuer, signature, then what it says.
    pub(super) async fn verify_statement(
        &self,
        compact: &str,
        times: &Times,
    ) -> Result<VerifiedStatement<'_>, RegisterError> {
        let (jws, claims) = parse(compact)?;
        let issuer = self
            .issuers
            .iter()
            .find(|issuer| issuer.name() == claims.iss)
            .ok_or(StatementDefect::Issuer)?;
        let keys = self
            .issuer_keys
            .at(issuer.jwks_url(), jws.header())
            .await
            .map_err(|_| RegisterError::IssuerKeys)?;
        jws.verify_with_set(&keys).map_err(|_| StatementDefect::Signature)?;
        check_age(&claims, &self.config, times)?;
        check_standing(&claims, &self.config)?;
        Ok(VerifiedStatement { claims, compact: compact.to_owned(), issuer })
    }
}

impl<'r> OwnStatement<'r> {
    /// Matches statement and certificate.
    pub(super) fn of(
        statement: VerifiedStatement<'r>,
        certificate: &TransportCertificate,
    ) -> Result<Self, RegisterError> {
        let VerifiedStatement { claims, compact, issuer } = statement;
        if !registrant(&claims).owns(certificate.get().subject()) {
            return Err(RegisterError::ForeignCertificate);
        }
        let mut roles: Vec<TppRole> =
            claims.software_roles.iter().filter_map(|role| known_role(role)).collect();
        roles.sort_unstable_by_key(|role| role.as_str());
        roles.dedup();
        if roles.is_empty() {
            return Err(StatementDefect::Roles.into());
        }
        Ok(Self { claims, roles, compact, issuer })
    }
}

/// Whose certificates the software may use.
pub(super) fn registrant(claims: &SoftwareStatement) -> CertificateOwner {
    CertificateOwner::Registrant {
        software_id: Some(claims.software_id.clone()),
        organisation_id: Some(claims.org_id.clone()),
    }
}

/// Reads a statement that nobody has verified.
pub(super) fn parse(compact: &str) -> Result<(UnverifiedJws, SoftwareStatement), StatementDefect> {
    let jws = UnverifiedJws::parse(compact, compact.len()).map_err(|error| match error {
        jose::ParseError::Algorithm => StatementDefect::Algorithm,
        _ => StatementDefect::Malformed,
    })?;
    if !STATEMENT_ALGORITHMS.contains(&jws.header().algorithm) {
        return Err(StatementDefect::Algorithm);
    }
    if !super::is_jwt(jws.header()) {
        return Err(StatementDefect::Malformed);
    }
    let claims: Map<String, Value> =
        jws.unverified_claims().map_err(|_| StatementDefect::Malformed)?;
    let claims = SoftwareStatement::read(claims).map_err(StatementDefect::Member)?;
    for id in [&claims.software_id, &claims.org_id] {
        if id.len() > MAX_ID || id.contains(char::is_control) {
            return Err(StatementDefect::Malformed);
        }
    }
    Ok((jws, claims))
}

fn check_age(
    claims: &SoftwareStatement,
    config: &RegistrationConfig,
    times: &Times,
) -> Result<(), StatementDefect> {
    let latest = times.now.saturating_add(times.skew);
    if claims.exp.is_some_and(|exp| times.now >= exp.saturating_add(times.skew)) {
        return Err(StatementDefect::Expired);
    }
    if claims.iat > latest {
        return Err(StatementDefect::NotYetValid);
    }
    let limit = i64::from(config.software_statement_age_seconds);
    if limit > 0 && times.now.saturating_sub(claims.iat) > limit.saturating_add(times.skew) {
        return Err(StatementDefect::Expired);
    }
    Ok(())
}

/// The Open Banking Directory is inconsistent about case.
fn check_standing(
    claims: &SoftwareStatement,
    config: &RegistrationConfig,
) -> Result<(), StatementDefect> {
    let status = claims.org_status.as_deref().unwrap_or("Active");
    if !status.eq_ignore_ascii_case("Active") {
        return Err(StatementDefect::Organisation);
    }
    let mode = claims.software_mode.as_deref().unwrap_or("Live");
    if !config.software_modes.iter().any(|accepted| accepted.eq_ignore_ascii_case(mode)) {
        return Err(StatementDefect::Mode);
    }
    Ok(())
}

fn known_role(name: &str) -> Option<TppRole> {
    name.to_ascii_uppercase().parse().ok()
}

const MAX_ID: usize = 128;
