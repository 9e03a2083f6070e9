//! Dynamic client registration through the gateway, with the command line and with curl alone.

mod defects;
mod refusals;

use crate::harness::{Installation, Storage, Tpp};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

fn poll() -> Value {
    json!({"maxEvents": 5, "returnImmediately": true})
}

/// DC-16, DC-17.
#[tokio::test]
async fn a_client_registers_polls_reads_changes_its_keys_and_deletes_itself() {
    let installation = Installation::start(Storage::Sqlite);
    installation.run(&["tpp", "new", "acme"]);
    let registered = installation.run_json(&["tpp", "register", "acme"]);
    let mut before = Tpp::of(&installation, "acme");
    before.authorize(&installation).await;
    before.poll(&poll()).await;
    let read = installation.run_json(&["tpp", "registration", "acme"]);
    assert_eq!(read, registered["registration"]);

    installation.run(&["tpp", "renew", "acme", "--signing"]);
    let token = before.access_token();
    let update = ["tpp", "register", "acme", "--update", "--access-token", token];
    let updated = installation.run_json(&update);
    assert_eq!(updated["registration"]["client_id"], before.client_id());
    let mut after = Tpp::of(&installation, "acme");
    after.authorize(&installation).await;
    after.poll(&poll()).await;
    before.poll(&poll()).await;

    let assertion = after.assertion(&installation);
    installation.run(&["tpp", "deregister", "acme"]);
    let refused = after.request_token(&assertion).await;
    assert_eq!(refused.status(), 401);
    let body: Value = refused.json().await.unwrap();
    let uniform =
        json!({"error": "invalid_client", "error_description": "Client authentication failed"});
    assert_eq!(body, uniform);
    for tpp in [before, after] {
        assert_eq!(tpp.until_refused().await["code"], "900901");
    }
    // The software may have a client again.
    installation.run(&["tpp", "register", "acme"]);
}

#[test]
fn what_named_a_deregistered_client_in_the_gateways_files_goes_with_it() {
    let installation = Installation::start(Storage::Sqlite);
    let subscriptions = installation.path("gateway/subscriptions.toml");
    let before = std::fs::read_to_string(&subscriptions).unwrap();
    installation.run(&["tpp", "new", "acme"]);
    installation.run(&["tpp", "register", "acme", "--no-subscribe"]);
    let client_id = Tpp::of(&installation, "acme").client_id().to_owned();
    assert!(std::fs::read_to_string(&subscriptions).unwrap().contains(&client_id));
    installation.run(&["tpp", "deregister", "acme"]);
    assert_eq!(std::fs::read_to_string(&subscriptions).unwrap(), before);
}

#[tokio::test]
async fn every_version_registers_at_both_doors_with_either_method() {
    let installation = Installation::start(Storage::Sqlite);
    for (version, method, door) in [
        ("3.2", "private_key_jwt", None),
        ("3.3", "tls_client_auth", None),
        ("3.4", "tls_client_auth", None),
        ("3.4", "private_key_jwt", Some("--direct")),
    ] {
        let name = format!("acme-{version}-{method}");
        installation.run(&["tpp", "new", &name]);
        let register = ["tpp", "register", &name, "--version", version, "--auth-method", method];
        let registered = installation.run_json(&[&register, door.as_slice()].concat());
        assert_eq!(registered["registration"]["token_endpoint_auth_method"], method);
        let polled = installation.run_json(&["tpp", "poll", &name]);
        assert_eq!(polled["moreAvailable"], false, "{version} {method}");
    }
}

#[test]
fn curl_and_openssl_alone_suffice() {
    let installation = Installation::start(Storage::Sqlite);
    installation.run(&["tpp", "new", "acme"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/curl-registration");
    let output = Command::new(script)
        .arg(installation.path("tpp/acme"))
        .env("CURL_CA_BUNDLE", installation.path("certs/ca.crt"))
        .env("API", installation.url("api"))
        .env("IDENTITY", installation.url("identity"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let steps: Vec<&str> = told.lines().filter_map(|line| line.split(' ').next()).collect();
    let expected =
        ["register", "token", "poll", "read", "update", "poll", "delete", "token", "poll"];
    assert_eq!(steps, expected, "{told}");
}
