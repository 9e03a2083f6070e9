//! Where everything is.

/// The keys that sign SSAs.
pub(crate) const KEYSTORE: &str = "/keystore/openbanking.jwks";
/// The issuing authority's revocation list.
pub(crate) const REVOCATION_LIST: &str = "/crl/issuing.crl";
/// An authority's certificate.
pub(crate) const AUTHORITY: &str = "/certificates/{name}.crt";
/// The signing keys of a software statement, or of all of the organisation where the ids are equal.
pub(crate) const KEYS: &str = "/{organisation_id}/{software_id}.jwks";
/// Those that were revoked.
pub(crate) const REVOKED_KEYS: &str = "/{organisation_id}/revoked/{software_id}.jwks";

/// Organisations.
pub(crate) const ORGANISATIONS: &str = "/api/v1/organisations";
/// One organisation.
pub(crate) const ORGANISATION: &str = "/api/v1/organisations/{organisation_id}";
/// An organisation's software statements.
pub(crate) const SOFTWARE_STATEMENTS: &str =
    "/api/v1/organisations/{organisation_id}/software-statements";
/// One software statement.
pub(crate) const SOFTWARE_STATEMENT: &str =
    "/api/v1/organisations/{organisation_id}/software-statements/{software_id}";
/// Its certificates.
pub(crate) const CERTIFICATES: &str =
    "/api/v1/organisations/{organisation_id}/software-statements/{software_id}/certificates";
/// One of them is revoked.
pub(crate) const CERTIFICATE_REVOCATION: &str = "/api/v1/organisations/{organisation_id}/software-statements/{software_id}/certificates/{serial}/revoke";
/// A signing certificate, by its key's id, is revoked.
pub(crate) const KEY_REVOCATION: &str =
    "/api/v1/organisations/{organisation_id}/software-statements/{software_id}/keys/{kid}/revoke";
/// A fresh SSA.
pub(crate) const SSA: &str =
    "/api/v1/organisations/{organisation_id}/software-statements/{software_id}/ssa";
