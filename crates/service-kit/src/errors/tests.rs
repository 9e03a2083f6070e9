use super::{
    payload::PayloadFault,
    problem::problem,
    wso2::{accelerator_error, gateway_fault, oauth_error, status_report},
};
use actix_web::{
    HttpResponse,
    body::MessageBody,
    error::PayloadError,
    http::{StatusCode, header::CONTENT_TYPE},
};

fn header<'a>(answer: &'a HttpResponse, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

fn body(answer: HttpResponse) -> String {
    let bytes = answer.into_body().try_into_bytes().expect("an envelope is in memory");
    String::from_utf8(bytes.to_vec()).expect("an envelope is UTF-8")
}

#[test]
fn an_oauth_error_is_never_cached() {
    let answer =
        oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&answer, CONTENT_TYPE.as_str()), Some("application/json"));
    assert_eq!(header(&answer, "cache-control"), Some("no-store"));
    assert_eq!(header(&answer, "pragma"), Some("no-cache"));
    assert_eq!(
        body(answer),
        r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#
    );
}

#[test]
fn an_accelerator_error_names_its_charset() {
    let answer = accelerator_error(StatusCode::BAD_REQUEST, "invalid_request_payload", "Bad");
    assert_eq!(header(&answer, "content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(body(answer), r#"{"error":"invalid_request_payload","error_description":"Bad"}"#);
}

#[test]
fn a_gateway_fault_carries_its_code_as_a_string() {
    let answer = gateway_fault(StatusCode::UNAUTHORIZED, "900901", "Invalid Credentials", "Why");
    assert_eq!(
        body(answer),
        r#"{"code":"900901","message":"Invalid Credentials","description":"Why"}"#
    );
}

#[test]
fn a_routing_fault_is_a_status_report() {
    let answer = status_report(StatusCode::NOT_FOUND, "404", "Not Found", "Gone");
    assert_eq!(
        body(answer),
        r#"{"code":"404","type":"Status report","message":"Not Found","description":"Gone"}"#
    );
}

#[test]
fn a_problem_has_type_title_status_and_detail() {
    let answer = problem(StatusCode::CONFLICT, "client_exists", "\"x\" exists");
    assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
    assert_eq!(
        body(answer),
        r#"{"type":"urn:lombard:problem:client_exists","title":"Conflict","status":409,"detail":"\"x\" exists"}"#
    );
}

#[test]
fn body_faults_are_told_apart() {
    let stalled = std::io::Error::from(std::io::ErrorKind::TimedOut);
    let cases = [
        (PayloadError::Overflow, 413),
        (PayloadError::Io(stalled), 408),
        (PayloadError::Incomplete(None), 400),
        (PayloadError::EncodingCorrupted, 400),
    ];
    for (error, status) in cases {
        assert_eq!(PayloadFault::from(&error).status().as_u16(), status, "{error}");
    }
}
