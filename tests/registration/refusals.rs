//! What the gateway or the key manager behind it refuses.

use crate::harness::{Installation, Storage, Tpp, client, identity};
use reqwest::{Client, Response};
use serde_json::Value;

struct Scene {
    installation: Installation,
    url: String,
}

impl Scene {
    /// A TPP that is not registered.
    fn start() -> Self {
        let installation = Installation::start(Storage::Sqlite);
        installation.run(&["tpp", "new", "acme"]);
        let url = format!("{}/open-banking/v3.3.0/register", installation.url("api"));
        Self { installation, url }
    }

    fn client(&self, name: &str) -> Client {
        let files = self.installation.path(&format!("tpp/{name}"));
        client(&self.installation, Some(identity(&files)))
    }

    fn request(&self) -> String {
        self.installation.run(&["tpp", "request", "acme"]).trim().to_owned()
    }

    async fn post(&self, client: &Client, content_type: &str, body: String) -> Response {
        let request = client.post(&self.url).header("content-type", content_type).body(body);
        request.send().await.unwrap()
    }

    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.installation.command(arguments).output().unwrap();
        assert!(!output.status.success(), "lombard {arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }
}

async fn assert_refused(answer: Response, status: u16, error: &str, description: &str) {
    assert_eq!(answer.status(), status);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], error, "{body}");
    assert_eq!(body["error_description"], description, "{body}");
}

#[tokio::test]
async fn without_a_certificate_nobody_registers() {
    let scene = Scene::start();
    let anonymous = client(&scene.installation, None);
    let answer = scene.post(&anonymous, "application/jwt", scene.request()).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "900901");
}

#[tokio::test]
async fn with_another_tpps_certificate_nobody_registers() {
    let scene = Scene::start();
    scene.installation.run(&["tpp", "new", "other"]);
    let answer = scene.post(&scene.client("other"), "application/jwt", scene.request()).await;
    let text = "The transport certificate does not belong to the software statement";
    assert_refused(answer, 400, "invalid_software_statement", text).await;
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let scene = Scene::start();
    let answer = scene.post(&scene.client("acme"), "application/json", scene.request()).await;
    let text = "The request body must be application/jwt or application/jose";
    assert_refused(answer, 415, "invalid_request", text).await;
}

#[tokio::test]
async fn a_request_registers_once() {
    let scene = Scene::start();
    let (acme, request) = (scene.client("acme"), scene.request());
    let content_type = "application/jose; charset=utf-8";
    let registered = scene.post(&acme, content_type, request.clone()).await;
    assert_eq!(registered.status(), 201, "{}", registered.text().await.unwrap());
    let again = scene.post(&acme, content_type, request).await;
    let text = "The request was used before";
    assert_refused(again, 400, "invalid_client_metadata", text).await;
}

#[tokio::test]
async fn a_second_registration_is_refused_and_the_message_says_what_to_do() {
    let scene = Scene::start();
    scene.installation.run(&["tpp", "register", "acme"]);
    let message = scene.refusal(&["tpp", "register", "acme"]);
    assert!(message.contains("answered 400: invalid_client_metadata: A client is"), "{message}");
    assert!(message.contains("`lombard tpp register acme --update`"), "{message}");
}

#[tokio::test]
async fn another_clients_token_reads_nothing() {
    let scene = Scene::start();
    scene.installation.run(&["tpp", "register", "acme"]);
    let acme = Tpp::of(&scene.installation, "acme");
    let mut other = scene.installation.tpp("other");
    other.authorize(&scene.installation).await;
    let url = format!("{}/{}", scene.url, acme.client_id());
    // With the certificate that the token is bound to, and with that of the client itself.
    for client in [other.client(), acme.client()] {
        let request = client.get(&url).bearer_auth(other.access_token());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
}

#[tokio::test]
async fn a_statement_that_is_too_old_is_replaced_unless_it_is_to_be_kept() {
    let scene = Scene::start();
    scene.installation.run(&["tpp", "ssa", "acme", "--defect", "old"]);
    let message = scene.refusal(&["tpp", "register", "acme", "--keep-ssa"]);
    assert!(message.contains("The software statement has expired"), "{message}");
    assert!(message.contains("`lombard tpp ssa acme`"), "{message}");
    scene.installation.run(&["tpp", "register", "acme"]);
}
