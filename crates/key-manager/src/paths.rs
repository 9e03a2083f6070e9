//! Every path of the key manager, once.

/// Token endpoint, and the end of the issuer identifier.
pub(crate) const TOKEN: &str = "/oauth2/token";
/// Introspection endpoint.
pub(crate) const INTROSPECT: &str = "/oauth2/introspect";
/// Revocation endpoint.
pub(crate) const REVOKE: &str = "/oauth2/revoke";
/// Keys that verify tokens and SETs.
pub(crate) const JWKS: &str = "/oauth2/jwks";
/// Discovery as OpenID Connect Discovery §4 and WSO2 place it: after the issuer.
pub(crate) const OPENID_CONFIGURATION: &str = "/oauth2/token/.well-known/openid-configuration";
/// Discovery as RFC 8414 §3.1 places it: between host and the issuer's path.
pub(crate) const AUTHORIZATION_SERVER_METADATA: &str =
    "/.well-known/oauth-authorization-server/oauth2/token";
/// Base paths of the event service's bank-side doors: toolkit (v3), Accelerator 4, and Lombard's own.
pub(crate) const EVENT_DOORS: [&str; 3] =
    ["/api/openbanking/event-notifications/", "/api/fs/event-notifications/", OWN_EVENT_DOORS];
/// Base path of Lombard's own API over events, where many come in one request.
pub(crate) const OWN_EVENT_DOORS: &str = "/api/lombard/events/";

/// Internal: the keys that verify access tokens.
pub(crate) const TOKEN_KEYS: &str = "/internal/v1/token-keys";
/// Internal: the ordered feed of changes.
pub(crate) const CHANGES: &str = "/internal/v1/changes";
/// Internal: what readers of the feed start from.
pub(crate) const STATE: &str = "/internal/v1/state";
/// Internal: the next key that signs access tokens.
pub(crate) const TOKEN_KEY_ROTATION: &str = "/internal/v1/token-keys/rotate";
/// Internal: whether a token counts.
pub(crate) const INTERNAL_INTROSPECT: &str = "/internal/v1/introspect";
/// Internal: clients.
pub(crate) const CLIENTS: &str = "/internal/v1/clients";
/// Internal: one client.
pub(crate) const CLIENT: &str = "/internal/v1/clients/{client_id}";
/// Internal: beginning of the path of one client.
pub(crate) const CLIENT_PREFIX: &str = "/internal/v1/clients/";
/// Internal: certificates of a client.
pub(crate) const CLIENT_CERTIFICATES: &str = "/internal/v1/clients/{client_id}/certificates";
/// Internal: the keys with which a client signs.
pub(crate) const CLIENT_KEYS: &str = "/internal/v1/clients/{client_id}/keys";
/// Internal: stops a client.
pub(crate) const CLIENT_DISABLE: &str = "/internal/v1/clients/{client_id}/disable";
/// Internal: lets a client go on.
pub(crate) const CLIENT_ENABLE: &str = "/internal/v1/clients/{client_id}/enable";
/// Internal: certificates trusted one by one.
pub(crate) const TRUSTED_CERTIFICATES: &str = "/internal/v1/trusted-certificates";
/// Internal: one of them.
pub(crate) const TRUSTED_CERTIFICATE: &str = "/internal/v1/trusted-certificates/{alias}";
/// Internal: beginning of the path of one of them.
pub(crate) const TRUSTED_CERTIFICATE_PREFIX: &str = "/internal/v1/trusted-certificates/";
/// Internal: a key that another role wants published.
pub(crate) const PUBLISHED_KEY: &str = "/internal/v1/published-keys/{kid}";
/// Internal: beginning of the path of one published key.
pub(crate) const PUBLISHED_KEY_PREFIX: &str = "/internal/v1/published-keys/";

/// Beginning of the paths of registration, on both doors.
pub(crate) const REGISTRATION_PREFIX: &str = "/open-banking/";
/// The version of registration that discovery names, below the public URL of the APIs.
pub const REGISTRATION: &str = "/open-banking/v3.3.0/register";
