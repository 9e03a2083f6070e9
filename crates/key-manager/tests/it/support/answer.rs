//! Answers, read whole.

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// Status, headers and body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn assert_oauth_error(&self, status: u16, error: &str, description: &str) {
        assert_eq!(
            (self.status, self.json()),
            (status, json!({ "error": error, "error_description": description }))
        );
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(self.header("content-type").starts_with("application/json"));
        assert!(!self.header("x-fapi-interaction-id").is_empty());
    }

    /// The one answer to every failed authentication.
    #[track_caller]
    pub fn assert_invalid_client(&self) {
        self.assert_oauth_error(401, "invalid_client", "Client authentication failed");
    }

    #[track_caller]
    pub fn assert_invalid_request(&self) {
        assert_eq!(self.status, 400, "{}", self.text);
        assert_eq!(self.json()["error"], "invalid_request");
    }

    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json()["type"], format!("urn:lombard:problem:{code}"));
    }

    #[track_caller]
    pub fn assert_token(&self) {
        assert_eq!(self.status, 200, "{}", self.text);
        assert!(self.json()["access_token"].is_string());
    }
}
