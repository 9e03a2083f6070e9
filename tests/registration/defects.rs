//! Bad material from the sandbox directory, at every door that looks at a certificate.

use crate::harness::{Installation, Storage, Tpp, client, identity};
use reqwest::{Client, Response};
use serde_json::Value;
use std::time::Duration;

const DEFECTS: [&str; 5] = ["expired", "not-yet-valid", "revoked", "wrong-eku", "wrong-issuer"];
const INVALID: &str =
    "Invalid transport certificate. Certificate passed through the request not valid";

/// A server that reads the directory's revocation list every second, and a registered TPP.
async fn start() -> (Installation, Tpp) {
    let refresh = ("LOMBARD__CERTIFICATES__TPP_REVOCATION_REFRESH_SECONDS", "1");
    let installation = Installation::start_with(Storage::Sqlite, &[refresh]);
    let mut acme = installation.tpp("acme");
    acme.authorize(&installation).await;
    (installation, acme)
}

fn client_of(installation: &Installation, name: &str) -> Client {
    client(installation, Some(identity(&installation.path(&format!("tpp/{name}")))))
}

/// Calls until the revocation list has been read: the first 401.
async fn until_refused(call: impl AsyncFn() -> Response) -> Value {
    for _ in 0..3000 {
        let answer = call().await;
        if answer.status() == 401 {
            return answer.json().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still accepted")
}

#[tokio::test]
async fn a_bad_transport_certificate_registers_nobody() {
    let (installation, _acme) = start().await;
    let path = "open-banking/v3.3.0/register";
    for defect in DEFECTS {
        installation.run(&["tpp", "new", defect, "--defect", defect]);
        let client = client_of(&installation, defect);
        let post = async |listener: &str| {
            let request = client.post(format!("{}/{path}", installation.url(listener)));
            request.header("content-type", "application/jwt").body("e30.e30.").send().await.unwrap()
        };
        let direct = until_refused(async || post("identity").await).await;
        assert_eq!(direct["error_description"], INVALID, "{defect}");
        let behind = until_refused(async || post("api").await).await;
        assert_eq!(behind["code"], "900901", "{defect}: {behind}");
        let message = installation.command(&["tpp", "register", defect]).output().unwrap().stderr;
        let message = String::from_utf8(message).unwrap();
        assert!(message.contains("answered 401: 900901: "), "{defect}: {message}");
    }
}

#[tokio::test]
async fn a_bad_transport_certificate_gets_no_token_and_no_events() {
    let (installation, acme) = start().await;
    for defect in DEFECTS {
        installation.run(&["tpp", "renew", "acme", "--defect", defect]);
        let bad = Tpp::of(&installation, "acme");
        let token = until_refused(async || bad.request_token(&bad.assertion(&installation)).await);
        assert_eq!(token.await["error_description"], INVALID, "{defect}");
        let url = format!("{}/open-banking/v3.1/events", installation.url("api"));
        let poll = bad.client().post(url).bearer_auth(acme.access_token()).json(&super::poll());
        let answer = poll.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{defect}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "900901", "{defect}: {body}");
    }
}
