//! Resumed sessions: what a certificate is worth is asked again.

use crate::{client::Client, server::TestServer};
use hyper_openssl::{
    SslStream,
    client::legacy::{HttpsConnector, MaybeHttpsStream},
};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use jiff::SignedDuration;
use openssl::{
    pkey::PKey,
    ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion},
    x509::X509,
};
use service_kit::trust_store::TrustAnchors;
use test_kit::TestIdentity;
use tokio::net::TcpStream;
use tower_service::Service as _;

/// A client that keeps its sessions from one connection to the next, and its connections open: the
/// server forgets the session of a connection that ends without a word.
pub struct Resuming {
    connector: HttpsConnector<HttpConnector>,
    open: Vec<Client<TokioIo<SslStream<TokioIo<TcpStream>>>>>,
}

impl Resuming {
    pub fn new(identity: &TestIdentity, version: SslVersion) -> Self {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        let mut chain = X509::stack_from_pem(identity.chain_pem.as_bytes()).unwrap().into_iter();
        builder.set_certificate(&chain.next().unwrap()).unwrap();
        builder
            .set_private_key(&PKey::private_key_from_pem(identity.key_pem.as_bytes()).unwrap())
            .unwrap();
        chain.for_each(|above| builder.add_extra_chain_cert(above).unwrap());
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = HttpsConnector::with_connector(http, builder).unwrap();
        Self { connector, open: Vec::new() }
    }

    /// Opens a connection, asks who it is, and tells whether the session was resumed.
    pub async fn who(&mut self, server: &TestServer) -> (bool, String) {
        let url = format!("https://localhost:{}", server.address.port());
        let connected = self.connector.call(url.parse().unwrap()).await.unwrap();
        let MaybeHttpsStream::Https(stream) = connected else { panic!("TLS was asked for") };
        let resumed = stream.ssl().session_reused();
        let mut client = Client::over(TokioIo::new(stream));
        let body = client.get("/who").await.body;
        self.open.push(client);
        (resumed, body)
    }
}

const TRUSTED: &str = "trusted CN=software,OU=organisation,O=OpenBanking,C=GB";

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

#[tokio::test]
async fn a_resumed_session_keeps_the_certificate_and_the_chain_that_came_with_it() {
    let server = TestServer::public();
    // The root alone is configured, so that the client's intermediate is needed each time.
    let root =
        TrustAnchors { issuers_pem: vec![server.pki.tpp_root_pem()], ..TrustAnchors::default() };
    server.trust.replace(&root).unwrap();
    for version in VERSIONS {
        let mut client = Resuming::new(&server.pki.tpp("software", "organisation"), version);
        assert_eq!(client.who(&server).await, (false, TRUSTED.to_owned()), "{version:?}");
        assert_eq!(client.who(&server).await, (true, TRUSTED.to_owned()), "{version:?}");
    }
}

#[tokio::test]
async fn a_certificate_revoked_since_is_rejected_on_a_resumed_session() {
    for version in VERSIONS {
        let server = TestServer::public();
        let tpp = server.pki.tpp("software", "organisation");
        let mut client = Resuming::new(&tpp, version);
        assert_eq!(client.who(&server).await, (false, TRUSTED.to_owned()));
        let list = server.pki.revocation_list(&[&tpp], "20400101000000Z");
        let anchors = TrustAnchors { revocation_lists_pem: vec![list], ..server.pki.tpp_trust() };
        server.trust.replace(&anchors).unwrap();
        assert_eq!(client.who(&server).await, (true, "rejected certificate_revoked".to_owned()));
    }
}

#[tokio::test]
async fn a_certificate_expired_since_is_rejected_on_a_resumed_session() {
    for version in VERSIONS {
        let server = TestServer::public();
        let tpp = server.pki.tpp_valid("20250101000000Z", "20260101000100Z");
        let mut client = Resuming::new(&tpp, version);
        assert!(client.who(&server).await.1.starts_with("trusted"));
        server.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(client.who(&server).await, (true, "rejected certificate_expired".to_owned()));
    }
}

#[tokio::test]
async fn a_forged_certificate_stays_rejected_on_a_resumed_session() {
    let server = TestServer::public();
    for version in VERSIONS {
        let forged = server.pki.forged_tpp("software", "organisation");
        let mut client = Resuming::new(&forged, version);
        assert_eq!(
            client.who(&server).await,
            (false, "rejected certificate_bad_signature".to_owned())
        );
        assert_eq!(
            client.who(&server).await,
            (true, "rejected certificate_bad_signature".to_owned())
        );
    }
}

#[tokio::test]
async fn a_session_of_one_listener_is_worth_nothing_at_another() {
    let (first, second) = (TestServer::public(), TestServer::public());
    for version in VERSIONS {
        let mut client = Resuming::new(&first.pki.tpp("software", "organisation"), version);
        client.who(&first).await;
        let (resumed, body) = client.who(&second).await;
        assert_eq!((resumed, body.as_str()), (false, "rejected certificate_unknown_issuer"));
    }
}
