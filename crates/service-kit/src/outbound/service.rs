//! Calls to fixed, configured peers.

use serde::{Serialize, de::DeserializeOwned};

/// What a process shows its peers and trusts in them, PEM.
#[derive(Clone)]
pub struct ServiceIdentity {
    /// The role's certificate chain.
    pub chain_pem: String,
    /// Its key.
    pub key_pem: String,
    /// The internal CA.
    pub ca_pem: String,
}

/// Mutual TLS to fixed peers with the internal CA; never to an address that a TPP can influence.
#[derive(Clone, Debug)]
pub struct ServiceClient {}

/// Why a peer did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The identity is unusable.
    #[error("unusable service identity: {0}")]
    Identity(String),
    /// No connection, a time-out, or not the expected body.
    #[error("peer unavailable: {0}")]
    Unavailable(String),
    /// Another status than the call allows.
    #[error("peer answered {status}: {body}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
}

impl ServiceClient {
    /// A client with `identity`.
    pub fn new(identity: &ServiceIdentity) -> Result<Self, PeerError> {
        let _ = identity;
        todo!()
    }

    /// `GET url`: the JSON body of a 200, `None` of a 404.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<Option<T>, PeerError> {
        let _ = url;
        todo!()
    }

    /// `PUT url` with a JSON body; any 2xx is success.
    pub async fn put<B: Serialize + Sync>(&self, url: &str, body: &B) -> Result<(), PeerError> {
        let _ = (url, body);
        todo!()
    }

    /// `POST url` with a JSON body: the JSON body of a 2xx.
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        url: &str,
        body: &B,
    ) -> Result<T, PeerError> {
        let _ = (url, body);
        todo!()
    }

    /// `DELETE url`; 2xx and 404 are success.
    pub async fn delete(&self, url: &str) -> Result<(), PeerError> {
        let _ = url;
        todo!()
    }
}

impl std::fmt::Debug for ServiceIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceIdentity")
    }
}
