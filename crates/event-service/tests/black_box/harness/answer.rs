//! An answer, read whole.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Status, headers and body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header's text.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// The ids of `sets`, in order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.json()["sets"].as_object().unwrap().keys().cloned().collect()
    }

    /// Asserts one of the Accelerator's errors.
    #[track_caller]
    pub fn assert_accelerator_error(&self, status: u16, error: &str, description: &str) {
        let expected = serde_json::json!({"error": error, "error_description": description});
        assert_eq!((self.status, self.json()), (status, expected));
        assert_eq!(self.header("content-type"), "application/json; charset=utf-8");
    }

    /// Asserts an `OBErrorResponse1` of the model of version 3 and returns its `Path`.
    #[track_caller]
    pub fn assert_open_banking_error(&self, status: u16, code: &str) -> Option<String> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json; charset=utf-8");
        let body = self.json();
        assert_eq!(body["Errors"].as_array().unwrap().len(), 1);
        assert_eq!(body["Errors"][0]["ErrorCode"], code, "{body}");
        assert_eq!(body["Id"], self.header("x-fapi-interaction-id"));
        body["Errors"][0]["Path"].as_str().map(str::to_owned)
    }
}
