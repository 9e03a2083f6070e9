//! What is wrong with a software statement.

use open_banking_types::members::{MemberDefect, MemberError};
use std::borrow::Cow;

/// What is wrong with a software statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::registration) enum StatementDefect {
    /// Signed with another algorithm than PS256 or ES256.
    Algorithm,
    /// An address that is not the issuer's, or may not be called.
    Endpoint(&'static str),
    /// Past its end, or too old.
    Expired,
    /// Not a configured issuer.
    Issuer,
    /// Its key set is none, or holds an unacceptable key.
    Keys,
    /// Its key set cannot be fetched.
    KeysUnavailable,
    /// Not a JWT.
    Malformed,
    /// A claim at fault.
    Member(MemberError),
    /// Software of a mode that may not register.
    Mode,
    /// Issued in the future.
    NotYetValid,
    /// The organisation is not active.
    Organisation,
    /// No role that this server serves.
    Roles,
    /// Not signed by its issuer.
    Signature,
}

impl StatementDefect {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Issuer | Self::Mode | Self::Organisation | Self::Roles => UNAPPROVED,
            Self::Algorithm
            | Self::Endpoint(_)
            | Self::Expired
            | Self::Keys
            | Self::KeysUnavailable
            | Self::Malformed
            | Self::Member(_)
            | Self::NotYetValid
            | Self::Signature => INVALID,
        }
    }

    pub(super) fn text(self) -> Cow<'static, str> {
        match self {
            Self::Algorithm => "Invalid signing algorithm sent".into(),
            Self::Endpoint(name) => format!("Invalid SSA parameter '{name}' provided").into(),
            Self::Expired => "The software statement has expired".into(),
            Self::Issuer => "The issuer of the software statement is not accepted".into(),
            Self::Keys => "The keys of the software statement cannot be used".into(),
            Self::KeysUnavailable => "The keys of the software statement cannot be fetched".into(),
            Self::Malformed => "Provided jwt is malformed and cannot be decoded".into(),
            Self::Member(MemberError { name, defect }) => match defect {
                MemberDefect::Absent => format!("Required SSA parameter '{name}' not found"),
                MemberDefect::Empty => format!("Required SSA parameter '{name}' is empty"),
                MemberDefect::Invalid => format!("Invalid SSA parameter '{name}' provided"),
            }
            .into(),
            Self::Mode => "The mode of the software is not accepted".into(),
            Self::NotYetValid => "The software statement is not valid yet".into(),
            Self::Organisation => "The organisation is not active".into(),
            Self::Roles => "The software has no role that is served here".into(),
            Self::Signature => "Invalid signature for SSA".into(),
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Algorithm => "statement_algorithm",
            Self::Endpoint(_) => "statement_endpoint",
            Self::Expired => "statement_expired",
            Self::Issuer => "statement_issuer",
            Self::Keys => "statement_keys",
            Self::KeysUnavailable => "statement_keys_unavailable",
            Self::Malformed => "statement_malformed",
            Self::Member(_) => "statement_claims",
            Self::Mode => "statement_mode",
            Self::NotYetValid => "statement_not_yet_valid",
            Self::Organisation => "statement_organisation",
            Self::Roles => "statement_roles",
            Self::Signature => "statement_signature",
        }
    }
}

/// RFC 7591 §3.2.2.
pub(super) const INVALID: &str = "invalid_software_statement";
const UNAPPROVED: &str = "unapproved_software_statement";
