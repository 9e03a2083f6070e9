//! The published keys verify the access token and every SET.

use super::report::Done;
use super::story::{StepError, Story, done};
use crate::api_client::ApiClient;
use jose::{KeySet, UnverifiedJws};
use serde_json::Value;

const MAXIMUM_BYTES: usize = 64 * 1024;

/// Verifies token and SETs with `/oauth2/jwks`, and that each SET is for this client.
pub async fn verify(story: &mut Story) -> Result<Done, StepError> {
    let client = ApiClient::anonymous(&story.target.ca)?;
    let answer = client.get(&format!("{}/oauth2/jwks", story.target.identity)).await?;
    let keys = KeySet::parse(&answer.body)
        .map_err(|error| StepError::unexpected(&answer, format!("no JWK set: {error}")))?;
    let token = claims(&keys, "the access token", &story.token)?;
    for (id, set) in &story.sets {
        let claims = claims(&keys, id, set)?;
        if claims["jti"] != id.as_str() || claims["aud"] != story.tpp()?.client_id() {
            return Err(StepError::Verification(format!("{id} is not for this client: {claims}")));
        }
    }
    let binding = token["cnf"]["x5t#S256"].as_str().unwrap_or_default();
    let detail =
        format!("{} SETs and the token verified; token bound to {binding}", story.sets.len());
    Ok(done(&answer, detail))
}

fn claims(keys: &KeySet, what: &str, compact: &str) -> Result<Value, StepError> {
    let failed = |reason: String| StepError::Verification(format!("{what}: {reason}"));
    UnverifiedJws::parse(compact, MAXIMUM_BYTES)
        .map_err(|error| failed(error.to_string()))?
        .verify_with_set(keys)
        .map_err(|error| failed(error.to_string()))?
        .claims()
        .map_err(|error| failed(error.to_string()))
}
