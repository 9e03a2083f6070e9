//! A TPP's event subscription at the gateway; it has at most one.

use crate::tpp::{Tpp, TppError};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// Calls of one TPP to one release of the API.
#[derive(Debug)]
pub struct EventSubscriptions<'t> {
    tpp: &'t Tpp,
    token: &'t str,
    url: String,
}

impl<'t> EventSubscriptions<'t> {
    /// Calls with `token` to the release that `version` of the standard belongs to.
    pub fn new(tpp: &'t Tpp, token: &'t str, version: &str) -> Self {
        let release =
            if version.trim_start_matches('v').starts_with('4') { "v4.0" } else { "v3.1" };
        Self { tpp, token, url: tpp.target().event_subscriptions_url(release) }
    }

    /// Makes the subscription; its data.
    pub async fn create(&self, data: Map<String, Value>) -> Result<Value, TppError> {
        let answer =
            self.call(Method::POST, &self.url, Some(&json!({ "Data": data })), 201).await?;
        Ok(answer["Data"].clone())
    }

    /// The data of the subscription that there is.
    pub async fn current(&self) -> Result<Option<Value>, TppError> {
        let answer = self.call(Method::GET, &self.url, None, 200).await?;
        Ok(answer["Data"]["EventSubscription"].get(0).cloned())
    }

    /// Replaces the subscription that there is; its data.
    pub async fn update(&self, mut data: Map<String, Value>) -> Result<Value, TppError> {
        let (url, current) = self.existing().await?;
        data.insert("EventSubscriptionId".to_owned(), current["EventSubscriptionId"].clone());
        let answer = self.call(Method::PUT, &url, Some(&json!({ "Data": data })), 200).await?;
        Ok(answer["Data"].clone())
    }

    /// Deletes the subscription that there is; what its data were.
    pub async fn delete(&self) -> Result<Value, TppError> {
        let (url, current) = self.existing().await?;
        self.call(Method::DELETE, &url, None, 204).await?;
        Ok(current)
    }

    async fn existing(&self) -> Result<(String, Value), TppError> {
        let current = self.current().await?.ok_or(TppError::NotSubscribed)?;
        let id = current["EventSubscriptionId"].as_str().unwrap_or_default();
        Ok((format!("{}/{id}", self.url), current))
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
        status: u16,
    ) -> Result<Value, TppError> {
        let client = self.tpp.api_client();
        Ok(client.call_json(method, url, self.token, body).await?.expect(status)?)
    }
}
