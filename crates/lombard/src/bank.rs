//! What a bank does: create events.

use crate::api_client::{Answer, ApiClient, CallError};
use crate::target::Target;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use service_kit::Random;

/// Creates one event of `information` (event type → object) for a client.
pub async fn create_event(
    client: &ApiClient,
    target: &Target,
    client_id: &str,
    information: &Value,
    resource_id: &str,
) -> Result<Answer, CallError> {
    let request = STANDARD.encode(information.to_string());
    let headers = [("x-wso2-client_id", client_id), ("x-wso2-resource_id", resource_id)];
    let user = (target.bank_user.as_str(), target.bank_password.as_str());
    client
        .post_form_as(&target.create_events_url(), &[("request", request.as_str())], user, &headers)
        .await
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
