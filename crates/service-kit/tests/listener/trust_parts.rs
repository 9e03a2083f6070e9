//! Parts of a trust store that are replaced on their own: uploaded certificates, fetched revocation
//! lists.

use crate::{
    client::Client,
    server::{Setup, TestServer},
    sessions::Resuming,
};
use jiff::SignedDuration;
use openssl::{ssl::SslVersion, x509::X509Crl};
use service_kit::trust_store::TrustAnchors;
use test_kit::{TestIdentity, TestPki};

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];
const SOURCE: &str = "https://directory.example/crl";
const FAR: &str = "20400101000000Z";

fn upload(server: &TestServer, identities: &[&TestIdentity]) {
    let certificates: Vec<_> =
        identities.iter().map(|identity| identity.certificate_der()).collect();
    server.trust.replace_uploaded(&certificates).unwrap();
}

fn der(list: &str) -> Vec<u8> {
    X509Crl::from_pem(list.as_bytes()).unwrap().to_der().unwrap()
}

async fn seen(server: &TestServer, identity: &TestIdentity) -> String {
    Client::with(server, identity).await.get("/who").await.body
}

#[tokio::test]
async fn what_an_uploaded_certificate_has_issued_is_refused() {
    let server = TestServer::public();
    let uploaded = server.pki.self_signed_tpp();
    upload(&server, &[&uploaded]);
    assert!(seen(&server, &uploaded).await.starts_with("trusted CN=alone"));
    let issued = server.pki.issued_by_tpp(&uploaded);
    assert_eq!(seen(&server, &issued).await, "rejected certificate_unknown_issuer");
}

#[tokio::test]
async fn an_uploaded_certificate_must_be_valid_and_strong_but_may_be_for_any_usage() {
    let pki = TestPki::new();
    let server = TestServer::start(pki, Setup::default());
    for (identity, expected) in [
        (server.pki.expired_tpp(), "rejected certificate_expired"),
        (server.pki.not_yet_valid_tpp(), "rejected certificate_not_yet_valid"),
        (server.pki.weak_tpp(), "rejected certificate_weak"),
        (server.pki.wrong_usage_tpp(), "trusted CN=server,OU=organisation,O=OpenBanking,C=GB"),
        (server.pki.foreign_tpp(), "trusted CN=foreign,OU=organisation,O=OpenBanking,C=GB"),
    ] {
        upload(&server, &[&identity]);
        assert_eq!(seen(&server, &identity).await, expected);
    }
}

#[tokio::test]
async fn an_upload_that_is_no_certificate_leaves_those_before() {
    let server = TestServer::public();
    let uploaded = server.pki.self_signed_tpp();
    upload(&server, &[&uploaded]);
    let refused = server.trust.replace_uploaded(&[uploaded.certificate_der(), vec![1, 2, 3]]);
    assert_eq!(refused.unwrap_err().what, "uploaded certificate 2");
    assert!(seen(&server, &uploaded).await.starts_with("trusted"));
}

#[tokio::test]
async fn uploaded_certificates_and_fetched_lists_outlive_new_anchors() {
    let server = TestServer::public();
    let (uploaded, revoked) =
        (server.pki.self_signed_tpp(), server.pki.tpp("gone", "organisation"));
    upload(&server, &[&uploaded]);
    let list = server.pki.revocation_list(&[&revoked], FAR);
    server.trust.replace_fetched_list(SOURCE, &der(&list)).unwrap();
    server.trust.replace(&server.pki.tpp_trust()).unwrap();
    assert!(seen(&server, &uploaded).await.starts_with("trusted"));
    assert_eq!(seen(&server, &revoked).await, "rejected certificate_revoked");
    // A list of an authority that is trusted no longer goes with it.
    server.trust.replace(&TrustAnchors::default()).unwrap();
    assert_eq!(server.trust.fetched_list_due(SOURCE), None);
    assert!(seen(&server, &uploaded).await.starts_with("trusted"));
}

#[tokio::test]
async fn a_removed_upload_is_rejected_at_the_next_request_of_an_open_connection() {
    let server = TestServer::public();
    let (removed, kept) = (server.pki.self_signed_tpp(), server.pki.foreign_tpp());
    upload(&server, &[&removed, &kept]);
    let mut open = Client::with(&server, &removed).await;
    let mut other = Client::with(&server, &kept).await;
    assert!(open.get("/who").await.body.starts_with("trusted"));
    upload(&server, &[&kept]);
    assert_eq!(open.get("/who").await.body, "rejected certificate_unknown_issuer");
    assert!(other.get("/who").await.body.starts_with("trusted"));
}

#[tokio::test]
async fn a_removed_or_expired_upload_is_rejected_on_a_resumed_session() {
    for version in VERSIONS {
        let server = TestServer::public();
        let (removed, short) = (
            server.pki.self_signed_tpp(),
            server.pki.tpp_valid("20250101000000Z", "20260101000100Z"),
        );
        server.trust.replace(&TrustAnchors::default()).unwrap();
        upload(&server, &[&removed, &short]);
        let mut first = Resuming::new(&removed, version);
        let mut second = Resuming::new(&short, version);
        assert!(first.who(&server).await.1.starts_with("trusted"));
        assert!(second.who(&server).await.1.starts_with("trusted"));
        upload(&server, &[&short]);
        assert_eq!(
            first.who(&server).await,
            (true, "rejected certificate_unknown_issuer".to_owned())
        );
        assert!(second.who(&server).await.1.starts_with("trusted"));
        server.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(second.who(&server).await, (true, "rejected certificate_expired".to_owned()));
    }
}

#[tokio::test]
async fn an_uploaded_certificate_that_its_own_authority_revokes_is_rejected() {
    let server = TestServer::public();
    let tpp = server.pki.tpp("software", "organisation");
    upload(&server, &[&tpp]);
    assert!(seen(&server, &tpp).await.starts_with("trusted"));
    let list = server.pki.revocation_list(&[&tpp], FAR);
    server.trust.replace_fetched_list(SOURCE, &der(&list)).unwrap();
    assert_eq!(seen(&server, &tpp).await, "rejected certificate_revoked");
}

#[tokio::test]
async fn a_fetched_list_of_nobody_we_trust_is_refused_and_the_one_in_use_stays() {
    let server = TestServer::public();
    let (revoked, good) =
        (server.pki.tpp("revoked", "organisation"), server.pki.tpp("good", "organisation"));
    let list = server.pki.revocation_list(&[&revoked], FAR);
    server.trust.replace_fetched_list(SOURCE, list.as_bytes()).unwrap();
    let forged = server.pki.forged_revocation_list();
    for bad in [der(&forged), forged.into_bytes(), b"garbage".to_vec(), Vec::new()] {
        let refused = server.trust.replace_fetched_list(SOURCE, &bad).unwrap_err();
        assert_eq!(refused.what, SOURCE);
    }
    assert_eq!(seen(&server, &revoked).await, "rejected certificate_revoked");
    assert!(seen(&server, &good).await.starts_with("trusted"));
}

#[tokio::test]
async fn a_fetched_list_older_than_the_one_in_use_is_refused_and_a_newer_one_replaces_it() {
    let server = TestServer::public();
    let (first, second) =
        (server.pki.tpp("first", "organisation"), server.pki.tpp("second", "organisation"));
    let old = server.pki.revocation_list_of(&[], "20251201000000Z", FAR);
    let used = server.pki.revocation_list_of(&[&first], "20251202000000Z", FAR);
    let newer = server.pki.revocation_list_of(&[&first, &second], "20251203000000Z", FAR);
    server.trust.replace_fetched_list(SOURCE, &der(&used)).unwrap();
    let refused = server.trust.replace_fetched_list(SOURCE, &der(&old)).unwrap_err();
    assert_eq!(refused.reason, "it is older than the list in use");
    assert_eq!(seen(&server, &first).await, "rejected certificate_revoked");
    assert!(seen(&server, &second).await.starts_with("trusted"));
    server.trust.replace_fetched_list(SOURCE, &der(&used)).unwrap();
    server.trust.replace_fetched_list(SOURCE, &der(&newer)).unwrap();
    assert_eq!(seen(&server, &second).await, "rejected certificate_revoked");
}

#[tokio::test]
async fn a_fetched_list_past_its_next_update_leaves_nothing_trusted_until_the_next_one() {
    let server = TestServer::public();
    let good = server.pki.tpp("good", "organisation");
    let list = server.pki.revocation_list(&[], "20260102000000Z");
    server.trust.replace_fetched_list(SOURCE, &der(&list)).unwrap();
    let mut open = Client::with(&server, &good).await;
    assert!(open.get("/who").await.body.starts_with("trusted"));
    server.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(open.get("/who").await.body, "rejected certificate_revocation_unknown");
    let list = server.pki.revocation_list(&[], FAR);
    server.trust.replace_fetched_list(SOURCE, &der(&list)).unwrap();
    assert!(open.get("/who").await.body.starts_with("trusted"));
}
