//! How the bank calls the Accelerator's doors, and what they answer.

use crate::bad_input::{Request, Target, form};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use test_kit::TestAnswer;

/// Version 3 and version 4.
pub(super) const BASES: [&str; 2] =
    ["/api/openbanking/event-notifications", "/api/fs/event-notifications"];
/// `admin@wso2.com:wso2123`, as every sample of the page has it.
pub(super) const BASIC: &str = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==";
pub(super) const RESOURCE: &str = "1d80478b-7b4a-4f4e-a7a4-3b1ec1b1e0de";
pub(super) const EVENT: &str = r#"{"urn:uk:org:openbanking:events:resource-update":{"n":1}}"#;
pub(super) const POLL: &str = r#"{"maxEvents":0}"#;

/// Code and description, as everywhere below.
pub(super) const NO_PAYLOAD: (&str, &str) = ("missing_request_payload", "No request payload found");
pub(super) const FAULTY: (&str, &str) = ("invalid_request_payload", "Error in the request payload");
pub(super) const EMPTY: (&str, &str) =
    ("invalid_request_payload", "Request payload cannot be empty");
pub(super) const NOT_CREATED: (&str, &str) =
    ("invalid_request", "Error in event creation request payload");
pub(super) const BAD_HEADER: (&str, &str) =
    ("invalid_request_header", "Invalid characters found in the request headers");

/// Creates an event in the base path's `create-events`.
pub(super) async fn create(target: &Target, base: &str, event: &str) -> TestAnswer {
    let body = form(&[("request", STANDARD.encode(event))]);
    send(target, &format!("{base}/create-events"), &body).await
}

/// Posts a form with credentials and both headers.
pub(super) async fn send(target: &Target, path: &str, body: &str) -> TestAnswer {
    target.ask("identity", &identified(target, Request::form(path, body))).await
}

/// Posts a payload without credentials or headers.
pub(super) fn bare(path: &str, payload: &str) -> Request {
    Request::form(path, form(&[("request", STANDARD.encode(payload))]))
}

/// Adds credentials and both headers.
pub(super) fn identified(target: &Target, request: Request) -> Request {
    request
        .header("Authorization", BASIC)
        .header("x-wso2-client_id", target.tpp.client_id())
        .header("x-wso2-resource_id", RESOURCE)
}

/// An event can still be created, and nothing broke.
pub(super) async fn assert_still_creating(target: &Target) {
    let answer = create(target, BASES[0], EVENT).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    target.assert_unharmed().await;
}
