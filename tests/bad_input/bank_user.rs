//! Basic authentication of the Accelerator's doors (RFC 7617).

use crate::bad_input::accelerator::{BASES, BASIC, EVENT, assert_still_creating, bare};
use crate::bad_input::{Request, Target};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_kit::TestAnswer;

#[tokio::test]
async fn whoever_is_not_a_bank_user_is_refused_before_anything_is_read() {
    let target = Target::start().await;
    let encoded = |text: &[u8]| format!("Basic {}", STANDARD.encode(text));
    let wrong = [
        String::new(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !".to_owned(),
        "Basic \u{e9}".to_owned(),
        "Bearer abc".to_owned(),
        format!("{BASIC} {BASIC}"),
        format!("Digest {}", &BASIC[6..]),
        encoded(b"admin@wso2.com"),
        encoded(b"admin@wso2.com:"),
        encoded(b":wso2123"),
        encoded(b":"),
        encoded(b"admin@wso2.com:wso2124"),
        encoded(b"admin@wso2.com:wso2123\0"),
        encoded(b"ADMIN@WSO2.COM:wso2123"),
        encoded(b"admin@wso2.com:\xff\xfe"),
        encoded(b"\xff:\xff"),
        encoded(&b"x".repeat(10_000)),
        format!("Basic {}", "A".repeat(20_000)),
    ];
    for base in BASES {
        for path in ["/create-events", "/events", "/nothing"] {
            let request = Request::form(&format!("{base}{path}"), "%zz");
            assert_unauthorized(&target.ask("identity", &request).await, "no credentials");
        }
    }
    for credentials in &wrong {
        let request = bare(&format!("{}/create-events", BASES[0]), EVENT);
        let answer = target.ask("identity", &request.header("Authorization", credentials)).await;
        assert_unauthorized(&answer, &credentials[..credentials.len().min(60)]);
    }
    assert_still_creating(&target).await;
}

#[track_caller]
fn assert_unauthorized(answer: &TestAnswer, case: &str) {
    assert_eq!(answer.status, 401, "{case}: {answer:?}");
    assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{case}: {answer:?}");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&body["code"], &body["message"]), (&json!(401), &json!("Unauthorized")), "{case}");
    assert_eq!(body["traceId"], answer.header("x-fapi-interaction-id"), "{case}");
}
