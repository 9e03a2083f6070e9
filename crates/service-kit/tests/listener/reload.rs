//! Certificates replaced while serving.

use crate::{client::Client, server::TestServer};
use openssl::{ssl::SslVersion, x509::X509};
use service_kit::listener::ServerIdentity;

fn shown(client: &Client) -> Vec<u8> {
    client.stream.ssl().peer_certificate().unwrap().to_der().unwrap()
}

#[tokio::test]
async fn new_connections_get_new_certificates_and_open_ones_go_on() {
    let server = TestServer::public();
    let mut before = Client::plain(&server).await;
    let next = server.pki.server_ecdsa();
    server.certificates.reload(&[next.server_identity()]).unwrap();

    let mut after = Client::plain(&server).await;
    assert_eq!(shown(&after), next.certificate_der());
    assert_ne!(shown(&before), shown(&after));
    assert_eq!(after.get("/who").await.status, 200);
    assert_eq!(before.get("/who").await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_and_the_old_certificates_stay() {
    let server = TestServer::public();
    let good = server.pki.server_ecdsa().server_identity();
    let other = server.pki.server_rsa().server_identity();
    for identities in [
        vec![],
        vec![ServerIdentity { chain_pem: "garbage".into(), ..good.clone() }],
        vec![ServerIdentity { key_pem: "garbage".into(), ..good.clone() }],
        vec![ServerIdentity { key_pem: other.key_pem.clone(), ..good.clone() }],
        vec![good, ServerIdentity { chain_pem: String::new(), ..other }],
    ] {
        assert!(server.certificates.reload(&identities).is_err());
    }
    assert_eq!(Client::plain(&server).await.get("/who").await.status, 200);
}

#[tokio::test]
async fn a_client_of_either_kind_is_shown_its_kind_of_certificate() {
    let server = TestServer::with_rsa();
    for (suites, is_rsa) in
        [("ECDHE-RSA-AES128-GCM-SHA256", true), ("ECDHE-ECDSA-AES128-GCM-SHA256", false)]
    {
        let mut context = crate::client::context(None, SslVersion::TLS1_2);
        context.set_cipher_list(suites).unwrap();
        let client = Client::handshake(&server, &context.build()).await.unwrap();
        let key = X509::from_der(&shown(&client)).unwrap().public_key().unwrap();
        assert_eq!(key.rsa().is_ok(), is_rsa);
    }
}
