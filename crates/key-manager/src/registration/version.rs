//! The three versions of OB DCR, and in what they differ.

/// A version of the standard, by the path of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// 3.2.
    V3_2,
    /// 3.3: adds the decoupled flow.
    V3_3,
    /// 3.4: adds the JWT bearer grant, `native` applications and eIDAS subjects.
    V3_4,
}

impl Version {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::V3_2, Self::V3_3, Self::V3_4];

    /// Where clients are registered.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::V3_2 => "/open-banking/v3.2.0/register",
            Self::V3_3 => "/open-banking/v3.3.0/register",
            Self::V3_4 => "/open-banking/v3.4.0/register",
        }
    }

    /// The values of `application_type`.
    pub(super) fn application_types(self) -> [&'static str; 2] {
        match self {
            Self::V3_2 | Self::V3_3 => ["web", "mobile"],
            Self::V3_4 => ["web", "native"],
        }
    }

    /// The values of `grant_types`.
    pub(super) fn grant_types(self) -> &'static [&'static str] {
        const ALL: &[&str] =
            &[CLIENT_CREDENTIALS, "authorization_code", "refresh_token", CIBA, JWT_BEARER];
        match self {
            Self::V3_2 => &ALL[..3],
            Self::V3_3 => &ALL[..4],
            Self::V3_4 => ALL,
        }
    }

    /// The most characters of `tls_client_auth_subject_dn`.
    pub(super) fn longest_subject(self) -> usize {
        match self {
            Self::V3_2 | Self::V3_3 => 128,
            Self::V3_4 => 512,
        }
    }
}

/// The grant that the token endpoint serves.
pub(super) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The grant of the decoupled flow.
pub(super) const CIBA: &str = "urn:openid:params:grant-type:ciba";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
