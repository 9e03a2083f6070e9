//! What a bank does: create events, and look after them.

use crate::api_client::{Answer, ApiClient, CallError};
use crate::target::Target;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::Random;

/// An event to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'e> {
    /// The client that gets it.
    pub client_id: &'e str,
    /// Event type → object.
    pub information: &'e Value,
    /// The resource that it is about.
    pub resource_id: &'e str,
    /// What is to be wrong with its SET, if anything.
    pub fault: Option<&'e str>,
    /// The key under which the request may be repeated.
    pub idempotency_key: Option<&'e str>,
}

/// Creates an event.
pub async fn create_event(
    client: &ApiClient,
    target: &Target,
    event: NewEvent<'_>,
) -> Result<Answer, CallError> {
    let request = STANDARD.encode(event.information.to_string());
    let mut headers =
        vec![("x-wso2-client_id", event.client_id), ("x-wso2-resource_id", event.resource_id)];
    headers.extend(event.fault.map(|fault| ("x-lombard-fault", fault)));
    headers.extend(event.idempotency_key.map(|key| ("x-idempotency-key", key)));
    let user = (target.bank_user.as_str(), target.bank_password.as_str());
    client
        .post_form_as(&target.create_events_url(), &[("request", request.as_str())], user, &headers)
        .await
}

/// A call of the bank's own API over events: `path` below its base, with its query.
pub async fn call_bank_api(
    client: &ApiClient,
    target: &Target,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, CallError> {
    let url = format!("{}{path}", target.bank_events_url());
    let user = (target.bank_user.as_str(), target.bank_password.as_str());
    client.call_as(method, &url, user, body).await?.expect(200)
}

/// An event as the toolkit's page shows it, about a random resource.
pub fn sample_event(random: &dyn Random) -> Value {
    let resource = json!({ "resourceID": random.uuid_v4().to_string() });
    json!({
        "urn:uk:org:openbanking:events:consent-authorization-revoked": resource,
        "urn:uk:org:openbanking:events:resource-update": resource,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::SystemRandom;

    #[test]
    fn a_sample_has_the_types_of_the_toolkit_in_its_order() {
        let sample = sample_event(&SystemRandom);
        let types: Vec<_> = sample.as_object().unwrap().keys().collect();
        assert_eq!(
            types,
            [
                "urn:uk:org:openbanking:events:consent-authorization-revoked",
                "urn:uk:org:openbanking:events:resource-update",
            ]
        );
    }
}
