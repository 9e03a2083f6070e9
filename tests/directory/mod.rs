//! The sandbox directory of a started server, and the command line's part on top of it.

use crate::harness::{Installation, Storage, Tpp, client, lombard};
use josekit::jwk::JwkSet;
use josekit::jws::PS256;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn refusal(installation: &Installation, arguments: &[&str]) -> String {
    let output = installation.command(arguments).output().unwrap();
    assert!(!output.status.success(), "lombard {arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

fn json_file(installation: &Installation, path: &str) -> Value {
    serde_json::from_slice(&fs::read(installation.path(path)).unwrap()).unwrap()
}

async fn get(installation: &Installation, url: &str) -> String {
    let answer = client(installation, None).get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    answer.text().await.unwrap()
}

/// The claims of `ssa`, verified with the directory's keystore by another implementation.
async fn verified(installation: &Installation, ssa: &str) -> Value {
    let url = format!("{}/keystore/openbanking.jwks", installation.url("directory"));
    let keys = JwkSet::from_bytes(get(installation, &url).await).unwrap();
    let verifier = PS256.verifier_from_jwk(keys.keys()[0]).unwrap();
    let (claims, header) = josekit::jwt::decode_with_verifier(ssa, &verifier).unwrap();
    assert_eq!(header.claim("kid").unwrap().as_str(), keys.keys()[0].key_id());
    serde_json::to_value(claims.claims_set()).unwrap()
}

#[test]
fn a_tpp_is_not_made_without_a_server_and_the_message_says_how_to_start_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(lombard());
    command.arg("--data-dir").arg(directory.path()).args(["tpp", "new", "acme"]);
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("nothing is running"), "{message}");
    assert!(message.contains("lombard serve --data-dir"), "{message}");
}

#[test]
fn a_production_refuses_the_directory_role_and_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(lombard());
    command.arg("--data-dir").arg(directory.path()).args(["serve", "directory"]);
    let output = command.env("LOMBARD__MODE", "production").output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("the directory role stands in"), "{message}");
}

#[test]
fn what_the_directory_refuses_leaves_no_files() {
    let installation = Installation::start(Storage::Sqlite);
    for arguments in [
        ["--role", "ADMIN"],
        ["--organisation", "unknown"],
        ["--defect", "ugly"],
        ["--redirect-uri", "none"],
    ] {
        let message = refusal(&installation, &[&["tpp", "new", "acme"], &arguments[..]].concat());
        assert!(message.contains("the sandbox directory: "), "{message}");
        assert!(!installation.path("tpp/acme").exists(), "{arguments:?}");
    }
    installation.run(&["tpp", "new", "acme"]);
    assert!(refusal(&installation, &["tpp", "new", "acme"]).contains("exists already"));
}

#[tokio::test]
async fn a_new_tpp_has_its_files_and_the_directory_publishes_its_key() {
    let installation = Installation::start(Storage::Sqlite);
    installation.run(&["tpp", "new", "acme", "--role", "AISP"]);
    for name in ["transport.key", "signing.key"] {
        let path = installation.path(&format!("tpp/acme/{name}"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert!(fs::read_to_string(path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    }
    let tpp = json_file(&installation, "tpp/acme/tpp.json");
    assert_eq!(tpp["roles"], json!(["AISP"]));
    let published = get(&installation, tpp["software_jwks_endpoint"].as_str().unwrap()).await;
    let published: Value = serde_json::from_str(&published).unwrap();
    assert_eq!(published, json_file(&installation, "tpp/acme/jwks.json"));
    let ssa = fs::read_to_string(installation.path("tpp/acme/ssa.jwt")).unwrap();
    let claims = verified(&installation, &ssa).await;
    assert_eq!(claims["software_id"], tpp["software_id"]);
    assert_eq!(claims["software_roles"], json!(["AISP"]));
    assert_eq!(claims["software_jwks_endpoint"], tpp["software_jwks_endpoint"]);
    let fresh = installation.run(&["tpp", "ssa", "acme"]);
    assert_ne!(verified(&installation, fresh.trim()).await["jti"], claims["jti"]);
}

#[tokio::test]
async fn both_forms_of_certificates_get_tokens_before_and_after_a_renewal() {
    let installation = Installation::start(Storage::Sqlite);
    for kind in ["legacy", "eidas"] {
        let name = format!("acme-{kind}");
        installation.run(&["tpp", "new", &name, "--kind", kind]);
        installation.run(&["tpp", "register", &name]);
        Tpp::of(&installation, &name).authorize(&installation).await;
        let before = fs::read(installation.path(&format!("tpp/{name}/transport.crt"))).unwrap();
        installation.run(&["tpp", "renew", &name]);
        let after = fs::read(installation.path(&format!("tpp/{name}/transport.crt"))).unwrap();
        assert_ne!(before, after);
        Tpp::of(&installation, &name).authorize(&installation).await;
    }
}

#[tokio::test]
async fn certificates_with_a_defect_get_no_token() {
    let installation = Installation::start(Storage::Sqlite);
    installation.tpp("acme");
    for defect in ["expired", "not-yet-valid", "wrong-eku", "wrong-issuer"] {
        installation.run(&["tpp", "renew", "acme", "--defect", defect]);
        let tpp = Tpp::of(&installation, "acme");
        let answer = tpp.request_token(&tpp.assertion(&installation)).await;
        assert_eq!(answer.status(), 401, "{defect}");
    }
}

#[test]
fn several_tpps_of_one_organisation_share_its_id() {
    let installation = Installation::start(Storage::Postgres);
    let first = installation.run_json(&["tpp", "new", "one"]);
    let organisation = first["organisation_id"].as_str().unwrap();
    let second = installation.run_json(&["tpp", "new", "two", "--organisation", organisation]);
    assert_eq!(second["organisation_id"], first["organisation_id"]);
    assert_ne!(second["software_id"], first["software_id"]);
}
