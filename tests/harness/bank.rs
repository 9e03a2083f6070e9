//! The bank's side: creates events as the Accelerator's users do.

use crate::harness::{Installation, tpp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// The documented bank user of the sandbox.
#[derive(Clone, Debug)]
pub struct Bank {
    client: Client,
    base: String,
}

impl Bank {
    pub(super) fn new(installation: &Installation) -> Self {
        Self {
            client: tpp::client(installation, None),
            base: format!("{}/api/openbanking/event-notifications", installation.url("identity")),
        }
    }

    /// `POST …/create-events`, not yet sent.
    pub fn create_request(&self, client_id: &str, events: &Value) -> RequestBuilder {
        self.post("create-events", &events.to_string())
            .header("x-wso2-client_id", client_id)
            .header("x-wso2-resource_id", "1d80478b-7b4a-4f4e-a7a4-3b1ec1b1e0de")
    }

    /// Creates an event that must be accepted: its jti.
    pub async fn create(&self, client_id: &str, events: &Value) -> String {
        let response = self.create_request(client_id, events).send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(status, 201, "{text}");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["notificationsID"].as_str().expect("notificationsID").to_owned()
    }

    fn post(&self, door: &str, request: &str) -> RequestBuilder {
        self.client
            .post(format!("{}/{door}", self.base))
            .basic_auth("admin@wso2.com", Some("wso2123"))
            .form(&[("request", STANDARD.encode(request))])
    }
}
