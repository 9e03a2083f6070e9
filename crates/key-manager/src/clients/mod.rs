//! Clients: what is registered of them, and the directory that finds them.

mod authentication_method;
mod certificate_owner;
mod directory;
mod registration;
mod remote_keys;
mod secret;

pub(crate) use authentication_method::{
    AuthenticationMethod, ClientKeys, MethodName, RegisteredCertificates,
};
pub(crate) use certificate_owner::CertificateOwner;
pub(crate) use directory::{Directory, LookupError};
pub(crate) use registration::{
    Registration, RegistrationError, RegistrationRules, with_key_of, with_operators_part,
};
pub(crate) use remote_keys::{RemoteKeys, RemoteKeysError};
pub(crate) use secret::{PlainSecret, SecretHash};

use crate::store::{ClientRecord, ClientStatus};
use jose::Algorithm;

/// The id of a client: 1 to 128 of the characters that need no escaping in URLs (RFC 3986 §2.3),
/// upper and lower case distinct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientId(String);

/// Not the id of any client.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 to 128 letters, digits, '-', '.', '_' or '~', and not dots alone")]
pub(crate) struct InvalidClientId;

/// A client as the token endpoint needs it: everything parsed once.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    pub(crate) status: ClientStatus,
    pub(crate) scopes: Vec<String>,
    pub(crate) method: AuthenticationMethod,
    pub(crate) certificate_owner: CertificateOwner,
    /// The algorithm registered for assertions; without one, any that is on offer.
    pub(crate) assertion_algorithm: Option<Algorithm>,
    pub(crate) assertion_lifetime_cap_seconds: Option<i64>,
    pub(crate) allow_audience_array: bool,
    /// Whether it may introspect the tokens of others.
    pub(crate) resource_server: bool,
    /// Unix seconds, by the clock of the replica that registered it; tokens issued earlier count no
    /// longer.
    pub(crate) registered_at: i64,
}

/// A record that this version cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the record of client {client_id} is unreadable: {what}")]
pub(crate) struct UnreadableClient {
    client_id: String,
    what: &'static str,
}

impl ClientId {
    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_url_safe_name(text) { Ok(Self(text.to_owned())) } else { Err(InvalidClientId) }
    }
}

/// Whether `text` is 1 to 128 of the characters that need no escaping in URLs (RFC 3986 §2.3), and
/// not dots alone.
pub(crate) fn is_url_safe_name(text: &str) -> bool {
    let unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (1..=128).contains(&text.len())
        && text.bytes().all(unreserved)
        && text.bytes().any(|byte| byte != b'.')
}

impl UnreadableClient {
    /// `record` has an unreadable `what`.
    pub(crate) fn of(record: &ClientRecord, what: &'static str) -> Self {
        Self { client_id: record.client_id.clone(), what }
    }
}

impl Client {
    /// `iat` of a token issued to it at `now`: not before its registration, as far as that is in the
    /// future only because the clock of another replica is up to `skew` seconds ahead of this one's.
    pub(crate) fn issue_time(&self, now: i64, skew: i64) -> i64 {
        now.max(self.registered_at.min(now.saturating_add(skew)))
    }
}

impl TryFrom<ClientRecord> for Client {
    type Error = UnreadableClient;

    fn try_from(record: ClientRecord) -> Result<Self, Self::Error> {
        let unreadable = |what| UnreadableClient::of(&record, what);
        let algorithm = record.token_endpoint_auth_signing_alg.as_deref();
        let certificate_owner =
            CertificateOwner::of(&record).map_err(|_| unreadable("tls_client_auth_subject_dn"))?;
        Ok(Self {
            id: record.client_id.parse().map_err(|_| unreadable("client_id"))?,
            status: record.status,
            method: AuthenticationMethod::of(&record, &certificate_owner)?,
            certificate_owner,
            assertion_algorithm: algorithm
                .map(str::parse)
                .transpose()
                .map_err(|_| unreadable("token_endpoint_auth_signing_alg"))?,
            scopes: record.scopes.clone(),
            assertion_lifetime_cap_seconds: record.assertion_lifetime_cap_seconds,
            allow_audience_array: record.allow_audience_array,
            resource_server: record.resource_server,
            registered_at: record.created_at.0.div_euclid(1_000_000),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ClientId;

    #[test]
    fn an_id_that_a_path_or_a_log_could_misread_is_refused() {
        let long = "a".repeat(129);
        for text in ["", ".", "..", "a/b", "a b", "a%2e", "a\n", "a\0", "\u{e9}", "a\"b", &long] {
            assert!(text.parse::<ClientId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn ids_of_directories_and_uuids_are_accepted() {
        let longest = "a".repeat(128);
        for text in ["0015800001HQQrZAAX", "a.b", "8f7c-4_~", &longest] {
            assert_eq!(text.parse::<ClientId>().unwrap().as_str(), text);
        }
    }
}
