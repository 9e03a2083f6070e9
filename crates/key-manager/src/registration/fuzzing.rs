//! As [`crate::fuzzing`].

use super::request::UnverifiedRequest;
use super::software_statement;
use open_banking_types::registration::RegistrationRequest;
use open_banking_types::software_statement::SoftwareStatement;

/// The unverified claims of a software statement; `None` where it is refused.
#[must_use]
pub fn software_statement(compact: &str) -> Option<SoftwareStatement> {
    software_statement::parse(compact).ok().map(|(_, claims)| claims)
}

/// The unverified claims of a registration request; `None` where it is refused.
#[must_use]
pub fn registration_request(compact: &str) -> Option<RegistrationRequest> {
    UnverifiedRequest::read(compact).ok().map(UnverifiedRequest::unverified_claims)
}
