//! Clients that others wrote, unmodified: Authlib, requests-oauthlib, `PyJWT`, jwcrypto.

mod metadata_rules;
mod python;

use crate::harness::{Installation, Storage, Tpp};
use serde_json::{Value, json};

#[test]
fn authlib_finds_the_server_gets_a_token_and_polls_with_it() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");

    let answers = python::run("authlib_client.py", &settings(&installation, &tpp));

    check_token_and_poll(&answers);
}

#[test]
fn requests_oauthlib_gets_a_token_and_polls_with_it() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");

    let answers = python::run("requests_oauthlib_client.py", &settings(&installation, &tpp));

    check_token_and_poll(&answers);
}

#[test]
fn the_claims_of_the_toolkit_page_get_a_token_without_openid() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");

    let answers = python::run("toolkit_sample.py", &settings(&installation, &tpp));

    check_token_and_poll(&answers);
}

#[tokio::test]
async fn pyjwt_and_jwcrypto_verify_the_token_with_the_published_keys() {
    let installation = Installation::start(Storage::Sqlite);
    let mut tpp = installation.tpp("acme");
    tpp.authorize(&installation).await;
    let mut settings = settings(&installation, &tpp);
    settings["access_token"] = tpp.access_token().into();

    let claims = python::run("token_verifiers.py", &settings);

    assert_eq!(claims["pyjwt"]["azp"], tpp.client_id());
    assert!(claims["pyjwt"]["cnf"]["x5t#S256"].is_string(), "{claims}");
    assert_eq!(claims["pyjwt"], claims["jwcrypto"]);
}

#[tokio::test]
async fn discovery_keeps_the_member_rules_of_rfc_8414_on_both_paths() {
    let installation = Installation::start(Storage::Sqlite);
    let tpp = installation.tpp("acme");
    let identity = installation.url("identity");
    for path in [
        "/oauth2/token/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/oauth2/token",
    ] {
        let response = tpp.client().get(format!("{identity}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        let document: Value = response.json().await.unwrap();
        let violations = metadata_rules::violations(&document, &issuer(&installation));
        assert!(violations.is_empty(), "{path}: {violations:#?}");
    }
}

fn check_token_and_poll(answers: &Value) {
    assert_eq!(answers["token"]["token_type"], "Bearer", "{answers}");
    assert_eq!(answers["token"]["expires_in"], 3600);
    // requests-oauthlib makes a list of it.
    let scope = &answers["token"]["scope"];
    assert!(*scope == json!("eventpolling") || *scope == json!(["eventpolling"]), "{scope}");
    let empty = json!({"moreAvailable": false, "sets": {}});
    assert_eq!(answers["poll"], json!({"status": 200, "body": empty}));
}

fn settings(installation: &Installation, tpp: &Tpp) -> Value {
    json!({
        "issuer": issuer(installation),
        "api": installation.url("api"),
        "client_id": tpp.client_id(),
        "files": tpp.files(),
        "server_ca": installation.path("certs/ca.crt"),
    })
}

fn issuer(installation: &Installation) -> String {
    format!("{}/oauth2/token", installation.url("identity"))
}
