//! The TPP's side.

use crate::harness::{Installation, installation::public_ca};
use reqwest::{Client, Identity, RequestBuilder, Response};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// A TPP with its files, an HTTP client that shows its transport certificate, and a token.
#[derive(Clone, Debug)]
pub struct Tpp {
    name: String,
    files: PathBuf,
    client: Client,
    client_id: String,
    api: String,
    identity: String,
    access_token: Option<String>,
}

/// A poll's answer.
#[derive(Clone, Debug)]
pub struct Poll {
    /// `moreAvailable`.
    pub more_available: bool,
    /// jti and SET, in the order of the answer.
    pub sets: Vec<(String, String)>,
}

impl Tpp {
    /// The registered TPP called `name`.
    pub fn of(installation: &Installation, name: &str) -> Self {
        let files = installation.path(&format!("tpp/{name}"));
        let description =
            std::fs::read_to_string(files.join("tpp.json")).expect("tpp.json is there");
        let description: Value = serde_json::from_str(&description).expect("tpp.json is JSON");
        let client = client(installation, Some(identity(&files)));
        Self {
            name: name.to_owned(),
            client,
            client_id: description["client_id"].as_str().expect("a client id").to_owned(),
            api: installation.url("api"),
            identity: installation.url("identity"),
            files,
            access_token: None,
        }
    }

    /// The client id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The directory of its files.
    pub fn files(&self) -> &PathBuf {
        &self.files
    }

    /// Its HTTP client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A fresh client assertion.
    pub fn assertion(&self, installation: &Installation) -> String {
        installation.run(&["tpp", "assertion", &self.name]).trim().to_owned()
    }

    /// `POST /oauth2/token` with `assertion`.
    pub async fn request_token(&self, assertion: &str) -> Response {
        self.request_token_at(&self.identity, assertion).await
    }

    /// The same, at the identity server at `identity`.
    pub async fn request_token_at(&self, identity: &str, assertion: &str) -> Response {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "eventpolling openid"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("client_id", &self.client_id),
        ];
        let request = self.client.post(format!("{identity}/oauth2/token")).form(&form);
        request.send().await.expect("the token endpoint answers")
    }

    /// Gets a token and keeps it for the polls; the answer of the token endpoint.
    pub async fn authorize(&mut self, installation: &Installation) -> Value {
        let response = self.request_token(&self.assertion(installation)).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
        let answer: Value = response.json().await.expect("a JSON answer");
        self.access_token =
            Some(answer["access_token"].as_str().expect("an access token").to_owned());
        answer
    }

    /// The token of [`Self::authorize`].
    pub fn access_token(&self) -> &str {
        self.access_token.as_deref().expect("authorized")
    }

    /// `POST /open-banking/v3.1/events` with the token, not yet sent.
    pub fn poll_request(&self, body: &Value) -> RequestBuilder {
        self.poll_request_with(self.access_token(), body)
    }

    /// The same with another token.
    pub fn poll_request_with(&self, access_token: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}/open-banking/v3.1/events", self.api))
            .bearer_auth(access_token)
            .json(body)
    }

    /// A poll that must succeed.
    pub async fn poll(&self, body: &Value) -> Poll {
        let response = self.poll_request(body).send().await.expect("the gateway answers");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, 200, "{text}");
        Poll::read(&text)
    }

    /// Polls until the gateway has been told that the token is no longer good: its answer.
    pub async fn until_refused(&self) -> Value {
        for _ in 0..3000 {
            let response = self.poll_request(&poll()).send().await.expect("the gateway answers");
            if response.status() == 401 {
                return response.json().await.expect("a JSON answer");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the token is still accepted")
    }

    /// Polls and acknowledges until nothing is left: the jti of every event returned.
    pub async fn drain(&self) -> Vec<String> {
        let mut drained = Vec::new();
        let mut acknowledged = Vec::new();
        loop {
            let body = json!({"maxEvents": 100, "returnImmediately": true, "ack": acknowledged});
            let page = self.poll(&body).await;
            if page.sets.is_empty() {
                assert!(!page.more_available, "an empty page says that there is more");
                return drained;
            }
            acknowledged = page.sets.into_iter().map(|(jti, _)| jti).collect();
            drained.extend(acknowledged.iter().cloned());
        }
    }
}

fn poll() -> Value {
    json!({"maxEvents": 5, "returnImmediately": true})
}

impl Poll {
    /// Reads an answer.
    pub fn read(text: &str) -> Self {
        let answer: Value =
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let sets = answer["sets"].as_object().unwrap_or_else(|| panic!("no sets in {text}"));
        Self {
            more_available: answer["moreAvailable"].as_bool().expect("moreAvailable"),
            sets: sets
                .iter()
                .map(|(jti, set)| (jti.clone(), set.as_str().expect("a compact JWS").to_owned()))
                .collect(),
        }
    }
}

/// The transport certificate in `files` with its key.
pub fn identity(files: &std::path::Path) -> Identity {
    let certificate = std::fs::read(files.join("transport.crt")).expect("a transport certificate");
    let key = std::fs::read(files.join("transport.key")).expect("a transport key");
    Identity::from_pkcs8_pem(&certificate, &key).expect("a usable identity")
}

/// An HTTP client that trusts the installation and shows `identity`, where there is one.
#[expect(clippy::disallowed_methods, reason = "a black-box test is a client of its own")]
pub fn client(installation: &Installation, identity: Option<Identity>) -> Client {
    let builder = Client::builder().tls_certs_only([public_ca(installation)]).no_proxy();
    match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
    .build()
    .expect("a client")
}
