//! Calls that must be refused, each with its documented answer.

use super::report::Done;
use super::story::{StepError, Story, done};
use crate::api_client::{Answer, ApiClient};
use crate::tpp::{TOOLKIT_SCOPE, Tpp, request_token};
use serde_json::json;

/// The token with another TPP's certificate: 401 900901 (RFC 8705 §3).
pub async fn other_certificate(story: &mut Story) -> Result<Done, StepError> {
    let answer = other(story)?.poll(&story.token, &json!({ "maxEvents": 0 })).await?;
    refused(&answer, 401, &answer.json()["code"], "900901")
}

/// A client that did not subscribe to the API: 403 900908.
pub async fn not_subscribed(story: &mut Story) -> Result<Done, StepError> {
    let other = other(story)?;
    let answer = other.token(TOOLKIT_SCOPE, story.clock.now(), &*story.random).await?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    let answer = other.poll(token, &json!({ "maxEvents": 0 })).await?;
    refused(&answer, 403, &answer.json()["code"], "900908")
}

/// The assertion that brought the token, again: 401 `invalid_client` (RFC 7523 §3).
pub async fn replayed_assertion(story: &mut Story) -> Result<Done, StepError> {
    let answer = story.tpp()?.request_token(&story.assertion, TOOLKIT_SCOPE).await?;
    refused(&answer, 401, &answer.json()["error"], "invalid_client")
}

/// A token request without client certificate: 400 `invalid_request`.
pub async fn no_certificate(story: &mut Story) -> Result<Done, StepError> {
    let tpp = story.tpp()?;
    let assertion = tpp.assertion(story.clock.now(), &*story.random)?;
    let client = ApiClient::anonymous(&story.target.ca)?;
    let credentials = (assertion.as_str(), TOOLKIT_SCOPE);
    let answer = request_token(&client, &story.target, tpp.client_id(), credentials).await?;
    refused(&answer, 400, &answer.json()["error"], "invalid_request")
}

fn other(story: &Story) -> Result<&Tpp, StepError> {
    story.other.as_ref().ok_or(StepError::Untold("second TPP"))
}

fn refused(
    answer: &Answer,
    status: u16,
    code: &serde_json::Value,
    expected: &str,
) -> Result<Done, StepError> {
    if answer.status == status && code == expected {
        Ok(done(answer, format!("refused as it should be: {}", answer.body)))
    } else {
        let what = format!("expected {status} {expected}");
        Err(StepError::unexpected(answer, what))
    }
}
