//! Client certificates, good and bad.

use crate::{
    client::Client,
    server::{Setup, TestServer},
};
use jiff::SignedDuration;
use openssl::ssl::SslVersion;
use service_kit::trust_store::TrustAnchors;
use test_kit::{TestIdentity, TestPki};

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

const FAR: &str = "20400101000000Z";

/// What a handler sees of `identity`, on both versions of TLS.
async fn assert_seen(server: &TestServer, identity: &TestIdentity, expected: &str) {
    for version in VERSIONS {
        let mut client = Client::connect(server, Some(identity), version).await;
        // Twice: an answer must not spoil the connection.
        for _ in 0..2 {
            assert_eq!(client.get("/who").await.body, expected, "{version:?}");
        }
    }
}

#[tokio::test]
async fn every_reason_for_a_rejection_is_told_apart_on_both_versions_of_tls() {
    let server = TestServer::public();
    let pki = &server.pki;
    for (identity, reason) in [
        (pki.expired_tpp(), "certificate_expired"),
        (pki.not_yet_valid_tpp(), "certificate_not_yet_valid"),
        (pki.wrong_usage_tpp(), "certificate_wrong_key_usage"),
        (pki.self_signed_tpp(), "certificate_unknown_issuer"),
        (pki.foreign_tpp(), "certificate_unknown_issuer"),
        (pki.forged_tpp("software", "organisation"), "certificate_bad_signature"),
        (pki.weak_tpp(), "certificate_weak"),
        (pki.service(certificates::ServiceRole::Gateway), "certificate_unknown_issuer"),
    ] {
        assert_seen(&server, &identity, &format!("rejected {reason}")).await;
    }
}

#[tokio::test]
async fn a_certificate_that_a_tpp_has_issued_is_not_trusted() {
    let server = TestServer::public();
    let tpp = server.pki.tpp("parent", "organisation");
    assert_seen(&server, &server.pki.issued_by_tpp(&tpp), "rejected certificate_other").await;
}

#[tokio::test]
async fn a_connection_without_a_certificate_is_told_so() {
    let server = TestServer::public();
    for version in VERSIONS {
        let mut client = Client::connect(&server, None, version).await;
        assert_eq!(client.get("/who").await.body, "missing");
    }
}

#[tokio::test]
async fn a_good_certificate_is_trusted_with_and_without_its_intermediates() {
    let server = TestServer::public();
    for tpp in
        [server.pki.tpp("software", "organisation"), server.pki.tpp_rsa("software", "organisation")]
    {
        let alone = TestIdentity { chain_pem: tpp.certificate_pem.clone(), ..tpp.clone() };
        for identity in [tpp, alone] {
            let expected = "trusted CN=software,OU=organisation,O=OpenBanking,C=GB";
            assert_seen(&server, &identity, expected).await;
        }
    }
}

#[tokio::test]
async fn a_forged_certificate_breaks_neither_its_own_nor_its_neighbours_connections() {
    let server = TestServer::public();
    let good = server.pki.tpp("software", "organisation");
    let forged = server.pki.forged_tpp("software", "organisation");
    let mut neighbour = Client::with(&server, &good).await;
    for version in VERSIONS {
        let mut liar = Client::connect(&server, Some(&forged), version).await;
        for _ in 0..3 {
            assert_eq!(liar.get("/who").await.body, "rejected certificate_bad_signature");
            assert!(neighbour.get("/who").await.body.starts_with("trusted"));
        }
    }
}

#[tokio::test]
async fn what_a_handler_leaves_in_openssls_error_queue_breaks_no_connection() {
    let server = TestServer::public();
    let mut neighbour = Client::plain(&server).await;
    let mut client = Client::plain(&server).await;
    for _ in 0..3 {
        assert_eq!(client.get("/verify").await.body, "false");
        assert_eq!(neighbour.get("/who").await.body, "missing");
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_rejected_and_others_of_its_issuer_are_not() {
    let pki = TestPki::new();
    let (revoked, good) = (pki.tpp("revoked", "organisation"), pki.tpp("good", "organisation"));
    let anchors = TrustAnchors {
        revocation_lists_pem: vec![pki.revocation_list(&[&revoked], FAR)],
        ..pki.tpp_trust()
    };
    let server = TestServer::start(pki, Setup { anchors, ..Setup::default() });
    assert_seen(&server, &revoked, "rejected certificate_revoked").await;
    assert_seen(&server, &good, "trusted CN=good,OU=organisation,O=OpenBanking,C=GB").await;
}

#[tokio::test]
async fn a_revocation_list_past_its_next_update_leaves_nothing_trusted() {
    let pki = TestPki::new();
    let (revoked, good) = (pki.tpp("revoked", "organisation"), pki.tpp("good", "organisation"));
    let anchors = TrustAnchors {
        revocation_lists_pem: vec![pki.revocation_list(&[&revoked], "20260102000000Z")],
        ..pki.tpp_trust()
    };
    let server = TestServer::start(pki, Setup { anchors, ..Setup::default() });
    let mut client = Client::with(&server, &good).await;
    assert!(client.get("/who").await.body.starts_with("trusted"));
    server.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(client.get("/who").await.body, "rejected certificate_revocation_unknown");
    assert_seen(&server, &revoked, "rejected certificate_revoked").await;
}

#[tokio::test]
async fn a_certificate_that_expires_on_an_open_connection_is_rejected_from_then_on() {
    let server = TestServer::public();
    let short = server.pki.tpp_valid("20250101000000Z", "20260101000100Z");
    let mut client = Client::with(&server, &short).await;
    assert!(client.get("/who").await.body.starts_with("trusted"));
    server.clock.advance(SignedDuration::from_secs(60));
    assert!(client.get("/who").await.body.starts_with("trusted"), "notAfter itself is valid");
    server.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(client.get("/who").await.body, "rejected certificate_expired");
}

#[tokio::test]
async fn a_replaced_trust_store_judges_open_connections_anew() {
    let server = TestServer::public();
    let tpp = server.pki.tpp("software", "organisation");
    let stranger = server.pki.self_signed_tpp();
    let mut client = Client::with(&server, &tpp).await;
    let mut alone = Client::with(&server, &stranger).await;
    assert!(client.get("/who").await.body.starts_with("trusted"));
    assert_eq!(alone.get("/who").await.body, "rejected certificate_unknown_issuer");

    let uploaded = vec![("alone".to_owned(), stranger.certificate_pem.clone())];
    let anchors = TrustAnchors {
        certificates_pem: uploaded,
        revocation_lists_pem: vec![server.pki.revocation_list(&[&tpp], FAR)],
        ..server.pki.tpp_trust()
    };
    server.trust.replace(&anchors).unwrap();
    assert_eq!(client.get("/who").await.body, "rejected certificate_revoked");
    assert!(alone.get("/who").await.body.starts_with("trusted CN=alone"));
}

#[tokio::test]
async fn an_uploaded_certificate_is_trusted_as_itself_and_never_as_an_issuer() {
    let pki = TestPki::new();
    let uploads = [
        pki.self_signed_tpp(),
        pki.wrong_usage_tpp(),
        pki.foreign_tpp(),
        pki.expired_tpp(),
        pki.weak_tpp(),
    ];
    let issued = pki.issued_by_tpp(&uploads[0]);
    let anchors = TrustAnchors {
        certificates_pem: uploads
            .iter()
            .map(|upload| ("upload".to_owned(), upload.certificate_pem.clone()))
            .collect(),
        ..TrustAnchors::default()
    };
    let server = TestServer::start(pki, Setup { anchors, ..Setup::default() });
    for upload in &uploads[..3] {
        let mut client = Client::with(&server, upload).await;
        assert!(client.get("/who").await.body.starts_with("trusted"));
    }
    assert_seen(&server, &uploads[3], "rejected certificate_expired").await;
    assert_seen(&server, &uploads[4], "rejected certificate_weak").await;
    assert_seen(&server, &issued, "rejected certificate_unknown_issuer").await;
    let unknown = server.pki.tpp("software", "organisation");
    assert_seen(&server, &unknown, "rejected certificate_unknown_issuer").await;
}

#[tokio::test]
async fn what_a_trust_store_cannot_use_is_refused_and_the_last_good_state_stays() {
    let server = TestServer::public();
    let good = server.pki.tpp_trust();
    let bad_issuer = TrustAnchors { issuers_pem: vec!["garbage".into()], ..good.clone() };
    let bad_certificate =
        TrustAnchors { certificates_pem: vec![("alias".into(), "garbage".into())], ..good.clone() };
    let bad_list = TrustAnchors { revocation_lists_pem: vec!["garbage".into()], ..good.clone() };
    let forged_list =
        TrustAnchors { revocation_lists_pem: vec![server.pki.forged_revocation_list()], ..good };
    for (anchors, what) in [
        (bad_issuer, "issuer bundle 1"),
        (bad_certificate, "alias"),
        (bad_list, "revocation list 1"),
        (forged_list, "revocation list 1"),
    ] {
        assert_eq!(server.trust.replace(&anchors).unwrap_err().what, what);
    }
    let tpp = server.pki.tpp("software", "organisation");
    assert_seen(&server, &tpp, "trusted CN=software,OU=organisation,O=OpenBanking,C=GB").await;
}
