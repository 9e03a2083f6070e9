//! Certificates trusted one by one, by the command line.

use crate::harness::{Installation, Storage};
use serde_json::Value;

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
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
