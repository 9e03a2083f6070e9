//! The process itself: the story, starting, stopping, its lock, its errors.

use crate::harness::{Installation, Storage, lombard};
use serde_json::{Value, json};
use std::process::Command;

#[test]
fn the_demo_tells_its_steps_as_objects_and_runs_again_on_the_kept_directory() {
    let directory = tempfile::TempDir::new().unwrap();
    for run in ["new", "kept"] {
        let output = Command::new(lombard())
            .arg("--data-dir")
            .arg(directory.path())
            .args(["demo", "--json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{run} directory: {text}\n{error}");
        let steps: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(steps.len() > 8, "{text}");
        for step in steps {
            assert_eq!(step["ok"], true, "{step}");
            for member in ["step", "request", "status", "detail"] {
                assert!(step.get(member).is_some(), "no {member} in {step}");
            }
        }
    }
}

#[test]
fn a_stopped_process_exits_0_and_takes_its_ready_file_along() {
    let mut installation = Installation::start(Storage::Sqlite);
    assert_eq!(installation.stop(), Some(0), "{}", installation.log());
    assert!(!installation.path("run/ready.json").exists());
}

#[test]
fn a_second_process_on_the_same_directory_is_refused() {
    let installation = Installation::start(Storage::Sqlite);
    let output = installation.command(&["serve"]).output().unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("another lombard process"), "{error}");
}

#[tokio::test]
async fn a_renewed_server_certificate_and_changed_trust_are_taken_in_at_sighup() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    let assertion = tpp.assertion(&installation);
    let before = served_certificate(&installation);

    // Renewed server certificates; and the TPP's issuer is trusted no longer.
    for name in ["server.crt", "server.key", "server-ecdsa.crt", "server-ecdsa.key"] {
        std::fs::remove_file(installation.path(&format!("certs/{name}"))).unwrap();
    }
    installation.run(&["certs", "new"]);
    std::fs::copy(installation.path("certs/ca.crt"), installation.path("certs/tpp/root.crt"))
        .unwrap();
    std::fs::copy(installation.path("certs/ca.crt"), installation.path("certs/tpp/issuing.crt"))
        .unwrap();
    installation.signal("HUP");
    installation.await_log("certificates and trust taken in again");

    assert_ne!(served_certificate(&installation), before);
    let refused = tpp.request_token(&assertion).await;
    assert_eq!(refused.status(), 401);
    assert_eq!(
        refused.json::<Value>().await.unwrap()["error_description"],
        "Invalid transport certificate. Certificate passed through the request not valid"
    );
}

#[tokio::test]
async fn the_roles_find_one_another_after_sighup_with_certificates_of_another_authority() {
    let installation = Installation::start(Storage::Sqlite);
    let mut before = installation.tpp("before");
    before.authorize(&installation).await;
    before.poll(&json!({"maxEvents": 0})).await;

    std::fs::remove_dir_all(installation.path("certs/internal")).unwrap();
    installation.run(&["certs", "new"]);
    installation.signal("HUP");
    installation.await_log("certificates and trust taken in again");

    // The command line, the gateway, the key manager and the event service call one another.
    let mut after = installation.tpp("after");
    after.authorize(&installation).await;
    after.poll(&json!({"maxEvents": 0})).await;
    before.poll(&json!({"maxEvents": 0})).await;
}

#[test]
fn a_file_that_cannot_be_used_at_sighup_leaves_what_was_there() {
    let installation = Installation::start(Storage::Sqlite);
    let before = served_certificate(&installation);
    std::fs::write(installation.path("certs/server.crt"), "no certificate").unwrap();

    installation.signal("HUP");
    installation.await_log("certificates and trust not taken in");

    assert_eq!(served_certificate(&installation), before);
}

/// What the identity server shows, as curl prints it.
fn served_certificate(installation: &Installation) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--write-out", "%{certs}", "--output", "/dev/null"])
        .arg(installation.url("identity"))
        .env("CURL_CA_BUNDLE", installation.path("certs/ca.crt"))
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_roles_that_wait_for_the_key_managers_changes_are_counted() {
    let installation = Installation::start(Storage::Sqlite);
    let metrics = format!("{}/metrics", installation.url("operations"));
    // The gateway and the event service.
    let counted = "\nlombard_change_feed_waiting_calls 2\n";
    while !reqwest::get(&metrics).await.unwrap().text().await.unwrap().contains(counted) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[test]
fn an_unknown_configuration_key_is_refused_with_the_nearest_known_one() {
    let directory = tempfile::TempDir::new().unwrap();
    std::fs::write(
        directory.path().join("lombard.toml"),
        "[listeners.identity]\nbimd = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    let output = Command::new(lombard())
        .arg("--data-dir")
        .arg(directory.path())
        .arg("serve")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("bimd") && error.contains("bind") && error.contains('2'), "{error}");
}

#[test]
fn the_documented_configuration_is_the_programs() {
    let output = Command::new(lombard()).args(["config", "reference"]).output().unwrap();
    let documented = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.toml");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        std::fs::read_to_string(documented).unwrap(),
        "run: scripts/lombard config reference > docs/configuration.toml"
    );
}

#[test]
fn nothing_secret_is_logged() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    let assertion = tpp.assertion(&installation);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime
        .block_on(async { tpp.request_token(&assertion).await.json::<Value>().await.unwrap() });
    let token = answer["access_token"].as_str().unwrap();
    let jti =
        installation.run_json(&["bank", "event", "--client", tpp.client_id(), "--sample", "1"]);
    installation.run(&["tpp", "poll", "acme"]);

    let log = installation.log();

    assert!(log.contains(tpp.client_id()), "the decisions are logged: {log}");
    assert!(!jti.is_null());
    for secret in [assertion.as_str(), token, "wso2123", "YWRtaW5Ad3NvMi5jb206d3NvMjEyMw"] {
        assert!(!log.contains(secret), "a secret is in the log");
        let signature = secret.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a signature is in the log");
    }
}
