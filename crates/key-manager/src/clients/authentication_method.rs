//! How a client proves who it is.

use super::{CertificateOwner, SecretHash, UnreadableClient};
use crate::store::ClientRecord;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose::{KeyError, KeySet, VerificationKey};
use serde_json::Value;

/// A method of `token_endpoint_auth_method`, without what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodName {
    /// A secret, by Basic or in the form (RFC 6749 §2.3.1); for sandboxes.
    ClientSecret,
    /// A signed assertion (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// A registered certificate (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
    /// A certificate of a registered subject (RFC 8705 §2.1).
    TlsClientAuth,
}

/// The registered method of a client, with what it needs.
#[derive(Debug)]
pub(crate) enum AuthenticationMethod {
    ClientSecret(SecretHash),
    PrivateKeyJwt(ClientKeys),
    SelfSignedTlsClientAuth(RegisteredCertificates),
    TlsClientAuth,
}

/// Where the keys of a client are.
#[derive(Debug)]
pub(crate) enum ClientKeys {
    /// At this address.
    At(String),
    /// In its registration.
    Registered(KeySet),
}

/// The certificates of a registered JWK set, by their thumbprints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RegisteredCertificates(Vec<String>);

/// Not one of the methods.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown method")]
pub(crate) struct UnknownMethod;

impl MethodName {
    /// The name in registrations.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::TlsClientAuth => "tls_client_auth",
        }
    }
}

impl std::str::FromStr for MethodName {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [
            Self::ClientSecret,
            Self::PrivateKeyJwt,
            Self::SelfSignedTlsClientAuth,
            Self::TlsClientAuth,
        ];
        known.into_iter().find(|method| method.as_str() == text).ok_or(UnknownMethod)
    }
}

impl AuthenticationMethod {
    /// The method of `record`, whose certificates are `owner`'s.
    pub(super) fn of(
        record: &ClientRecord,
        owner: &CertificateOwner,
    ) -> Result<Self, UnreadableClient> {
        let unreadable = |what| UnreadableClient::of(record, what);
        let method = record.token_endpoint_auth_method.parse();
        match method.map_err(|_| unreadable("token_endpoint_auth_method"))? {
            MethodName::ClientSecret => {
                let hash = record.client_secret_hash.as_deref().map(SecretHash::from_column);
                Ok(Self::ClientSecret(hash.ok_or_else(|| unreadable("client_secret_hash"))?))
            }
            MethodName::PrivateKeyJwt => Ok(Self::PrivateKeyJwt(match &record.jwks_uri {
                Some(uri) => ClientKeys::At(uri.clone()),
                None => ClientKeys::Registered(
                    KeySet::parse(&record.jwks).map_err(|_| unreadable("jwks"))?,
                ),
            })),
            MethodName::SelfSignedTlsClientAuth => RegisteredCertificates::parse(&record.jwks)
                .map(Self::SelfSignedTlsClientAuth)
                .map_err(|_| unreadable("jwks")),
            // Anything but a subject would let more certificates in than were registered.
            MethodName::TlsClientAuth => match owner {
                CertificateOwner::Subject(_) => Ok(Self::TlsClientAuth),
                _ => Err(unreadable("tls_client_auth_subject_dn")),
            },
        }
    }
}

impl RegisteredCertificates {
    /// The first `x5c` of each key of a JWK set, which must be a certificate of that key
    /// (RFC 7517 §4.7).
    pub(crate) fn parse(jwks: &str) -> Result<Self, KeyError> {
        let document: Value =
            jose::from_str_strict(jwks).map_err(|_| KeyError::Malformed("not a JSON object"))?;
        let keys = document["keys"].as_array().ok_or(KeyError::Malformed("keys"))?;
        let mut thumbprints = Vec::new();
        for key in keys.iter().filter(|key| key.get("x5c").is_some()) {
            let leaf = key["x5c"][0].as_str().and_then(|leaf| STANDARD.decode(leaf).ok());
            let certified = VerificationKey::from_certificate(&leaf.ok_or(MALFORMED)?)?;
            let registered = VerificationKey::from_jwk(&key.to_string())?;
            if registered.thumbprint() != certified.thumbprint() {
                return Err(MALFORMED);
            }
            thumbprints.extend(certified.x5t_s256().map(str::to_owned));
        }
        if thumbprints.is_empty() { Err(MALFORMED) } else { Ok(Self(thumbprints)) }
    }

    /// Whether the certificate with this thumbprint is one of them.
    pub(crate) fn contain(&self, x5t_s256: &str) -> bool {
        self.0.iter().any(|registered| registered == x5t_s256)
    }
}

const MALFORMED: KeyError = KeyError::Malformed("x5c");
