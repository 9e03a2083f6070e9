//! Certificates trusted one by one, by the command line.

use crate::harness::{Installation, Storage};
use serde_json::{Value, json};
use std::time::Duration;

fn refused(installation: &Installation, arguments: &[&str]) -> String {
    let output = installation.command(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn token_status(installation: &Installation, tpp: &crate::harness::Tpp) -> u16 {
    let assertion = tpp.assertion(installation);
    tpp.request_token(&assertion).await.status().as_u16()
}

#[tokio::test]
async fn a_certificate_whose_issuer_nobody_trusts_is_good_once_it_is_added_and_until_it_is_removed()
{
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    // The TPP's issuer is trusted no longer.
    for issuer in ["root.crt", "issuing.crt"] {
        let path = installation.path(&format!("certs/tpp/{issuer}"));
        std::fs::copy(installation.path("certs/ca.crt"), path).unwrap();
    }
    installation.signal("HUP");
    installation.await_log("certificates and trust taken in again");
    assert_eq!(token_status(&installation, &tpp).await, 401);

    // The file holds the chain; what is trusted is its leaf.
    let chain = tpp.files().join("transport.crt").display().to_string();
    let add = ["certs", "trust", "add", &chain, "--alias", "acme"];
    let added = installation.run_json(&add);
    assert_eq!(added["alias"], "acme");
    assert_eq!(token_status(&installation, &tpp).await, 200);
    // What was uploaded stays when the files are read again.
    installation.signal("HUP");
    assert_eq!(token_status(&installation, &tpp).await, 200);
    assert!(refused(&installation, &add).contains("there is a trusted certificate of this alias"));
    let listed = installation.run_json(&["certs", "trust", "list"]);
    assert_eq!(listed["certificates"], Value::Array(vec![added]));

    let missing = refused(&installation, &["certs", "trust", "remove", "other"]);
    assert!(missing.contains("other"), "{missing}");
    let key = tpp.files().join("transport.key").display().to_string();
    let no_certificate = refused(&installation, &["certs", "trust", "add", &key, "--alias", "k"]);
    assert!(no_certificate.contains("one certificate in PEM"), "{no_certificate}");
    installation.run(&["certs", "trust", "remove", "acme"]);
    assert_eq!(token_status(&installation, &tpp).await, 401);
}

#[tokio::test]
async fn a_sandbox_takes_in_the_revocation_list_of_its_directory() {
    let installation = Installation::start(Storage::Sqlite);
    let metrics = format!("{}/metrics", installation.url("operations"));
    let fetched = "lombard_revocation_list_fetches_total{outcome=\"fetched\"}";
    while !reqwest::get(&metrics).await.unwrap().text().await.unwrap().contains(fetched) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_production_is_not_ready_before_it_has_the_revocation_lists_that_it_is_told_to_fetch() {
    let mut directory = Installation::start(Storage::Sqlite);
    let origin = directory.listener("DIRECTORY");
    let list = format!("{origin}/crl/issuing.crl");
    directory.stop();
    let mut production = directory.key_manager_copy(&[
        ("LOMBARD__MODE", "production"),
        ("LOMBARD__CERTIFICATES__TPP_REVOCATION_URLS", &list),
        ("LOMBARD__OUTBOUND__ALLOWED_ORIGINS", &origin),
        ("LOMBARD__OUTBOUND__CA_FILES", "certs/ca.crt"),
    ]);

    let reason = format!("no revocation list from {list} yet");
    let closed = json!([{"gate": "revocation-lists", "reason": reason}]);
    while production.readiness().await.is_none_or(|told| told["closed"] != closed) {
        assert!(production.is_running(), "{}", production.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    production.await_log("a revocation list was not taken in");
    assert!(!production.path("run/ready.json").exists());

    directory.serve();
    production.await_ready();
    assert_eq!(production.readiness().await.unwrap()["ready"], true);
}

#[tokio::test]
async fn a_sandbox_serves_without_its_directorys_revocation_list_and_warns() {
    let mut directory = Installation::start(Storage::Sqlite);
    directory.stop();
    let mut sandbox = directory.key_manager_copy(&[(
        "LOMBARD__LISTENERS__DIRECTORY__PUBLIC_URL",
        &directory.listener("DIRECTORY"),
    )]);
    sandbox.await_ready();
    sandbox.await_log("a revocation list was not taken in");
    assert_eq!(sandbox.readiness().await.unwrap()["ready"], true);
}
