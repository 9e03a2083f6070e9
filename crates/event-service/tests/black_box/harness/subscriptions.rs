//! Calls about subscriptions and callback URLs.

use super::{Answer, BASIC, CLIENT, TestService};
use serde_json::Value;

/// A callback URL as the standard has it.
pub const CALLBACK: &str = "https://tpp.example.com/open-banking/v3.1/event-notifications";
/// Event subscriptions of release 3.1.
pub const SUBSCRIPTIONS: &str = "/open-banking/v3.1/event-subscriptions";
/// Callback URLs of release 3.1.
pub const CALLBACK_URLS: &str = "/open-banking/v3.1/callback-urls";

impl TestService {
    /// The gateway's call for [`CLIENT`].
    pub async fn resource(&self, method: &str, path: &str, body: &str) -> Answer {
        self.resource_of(CLIENT, method, path, body).await
    }

    pub async fn resource_of(
        &self,
        client_id: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Answer {
        let mut request = self.gateway_call(method, path).header("x-wso2-client-id", client_id);
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// Makes an event subscription and returns its id.
    pub async fn subscribed(&self, client_id: &str, data: &Value) -> String {
        let body = serde_json::json!({ "Data": data }).to_string();
        let answer = self.resource_of(client_id, "POST", SUBSCRIPTIONS, &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["Data"]["EventSubscriptionId"].as_str().unwrap().to_owned()
    }

    /// The bank's call below `/subscription`, for [`CLIENT`].
    pub async fn bank(&self, method: &str, path: &str, body: &str) -> Answer {
        self.bank_for(CLIENT, method, path, body).await
    }

    pub async fn bank_for(&self, client_id: &str, method: &str, path: &str, body: &str) -> Answer {
        let mut request = self
            .forwarded_method(method, path)
            .header("authorization", BASIC)
            .header("x-wso2-client-id", client_id);
        if !body.is_empty() {
            let media_type = "application/json; charset=utf-8";
            request = request.header("content-type", media_type).body(body.to_owned());
        }
        Answer::read(request.send().await.unwrap()).await
    }
}
