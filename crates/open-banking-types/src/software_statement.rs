//! Software statement assertions of the Open Banking Directory.

use crate::members::{MemberError, Members};
use serde_json::{Map, Value};

/// The claims of a software statement that a registration depends on, and all the others.
#[derive(Clone, Debug)]
pub struct SoftwareStatement {
    /// Who issued it.
    pub iss: String,
    /// When, in seconds.
    pub iat: i64,
    /// From when on it is void, in seconds; the Open Banking Directory sets none.
    pub exp: Option<i64>,
    /// The software.
    pub software_id: String,
    /// Whose software.
    pub org_id: String,
    /// `Active`, `Revoked` or `Withdrawn`, in whatever case.
    pub org_status: Option<String>,
    /// `Live` or `Test`, in whatever case.
    pub software_mode: Option<String>,
    /// `AISP`, `PISP`, `CBPII`, `ASPSP`.
    pub software_roles: Vec<String>,
    /// Where users may be sent back to.
    pub software_redirect_uris: Vec<String>,
    /// Where the software's keys are.
    pub software_jwks_endpoint: String,
    /// Where the keys are that the software must not use any more.
    pub software_jwks_revoked_endpoint: Option<String>,
    /// Every member in its order, those above included.
    pub all: Map<String, Value>,
}

impl SoftwareStatement {
    /// Reads a claims set; the member at fault is named.
    pub fn read(claims: Map<String, Value>) -> Result<Self, MemberError> {
        let mut members = Members::new(claims.clone());
        Ok(Self {
            iss: members.required("iss")?,
            iat: members.required("iat")?,
            exp: members.optional("exp")?,
            software_id: members.required("software_id")?,
            org_id: members.required("org_id")?,
            org_status: members.optional("org_status")?,
            software_mode: members.optional("software_mode")?,
            software_roles: members.required("software_roles")?,
            software_redirect_uris: members.required("software_redirect_uris")?,
            software_jwks_endpoint: members.required("software_jwks_endpoint")?,
            software_jwks_revoked_endpoint: members.optional("software_jwks_revoked_endpoint")?,
            all: claims,
        })
    }
}
