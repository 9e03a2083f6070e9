//! Versions, suites and protocols that are spoken, and those that are not.

use crate::{
    client::{Client, context},
    server::TestServer,
};
use openssl::ssl::{SslContext, SslContextBuilder, SslMethod, SslVersion};

async fn suite(server: &TestServer, context: SslContextBuilder) -> Option<String> {
    let client = Client::handshake(server, &context.build()).await.ok()?;
    Some(client.stream.ssl().current_cipher()?.name().to_owned())
}

#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let server = TestServer::public();
    for version in [SslVersion::TLS1, SslVersion::TLS1_1] {
        let mut old = SslContext::builder(SslMethod::tls_client()).unwrap();
        old.set_security_level(0);
        old.set_min_proto_version(Some(version)).unwrap();
        old.set_max_proto_version(Some(version)).unwrap();
        old.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        assert_eq!(suite(&server, old).await, None, "{version:?}");
    }
}

#[tokio::test]
async fn tls_1_2_speaks_exactly_four_suites() {
    let server = TestServer::with_rsa();
    let mut spoken = Vec::new();
    for name in TLS_1_2_SUITES {
        let mut one = context(None, SslVersion::TLS1_2);
        one.set_cipher_list(&format!("{name}:@SECLEVEL=0")).unwrap();
        spoken.extend(suite(&server, one).await);
    }
    assert_eq!(spoken, TLS_1_2_SUITES[..4]);
}

#[tokio::test]
async fn http_2_is_not_offered() {
    let server = TestServer::public();
    let mut only_http_2 = context(None, SslVersion::TLS1_3);
    only_http_2.set_alpn_protos(b"\x02h2").unwrap();
    assert_eq!(suite(&server, only_http_2).await, None);

    let mut both = context(None, SslVersion::TLS1_3);
    both.set_alpn_protos(b"\x02h2\x08http/1.1").unwrap();
    let client = Client::handshake(&server, &both.build()).await.unwrap();
    assert_eq!(client.stream.ssl().selected_alpn_protocol(), Some(&b"http/1.1"[..]));
}

/// The four that are spoken, then others that this OpenSSL knows.
const TLS_1_2_SUITES: [&str; 21] = [
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-GCM-SHA384",
    "DHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-CCM",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "AECDH-AES128-SHA",
];
