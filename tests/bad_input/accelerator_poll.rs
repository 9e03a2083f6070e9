//! The members of a poll under the Accelerator's base paths.

use crate::bad_input::accelerator::{BASES, FAULTY, assert_still_creating, send};
use crate::bad_input::{Target, assert_accelerator_error, form};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

#[tokio::test]
async fn a_member_of_an_accelerator_poll_of_the_wrong_kind_is_refused() {
    let target = Target::start().await;
    let nested = json!([[["x"]]]);
    for poll in [
        json!({"maxEvents": -1}),
        json!({"maxEvents": 1.5}),
        json!({"maxEvents": "three"}),
        json!({"maxEvents": "-1"}),
        json!({"maxEvents": ""}),
        json!({"maxEvents": null}),
        json!({"maxEvents": [1]}),
        json!({"ack": "x"}),
        json!({"ack": null}),
        json!({"ack": [1]}),
        json!({"ack": nested}),
        json!({"ack": [""]}),
        json!({"ack": ["x".repeat(129)]}),
        json!({"setErrs": []}),
        json!({"setErrs": null}),
        json!({"setErrs": {"j": "x"}}),
        json!({"setErrs": {"j": {}}}),
        json!({"setErrs": {"j": {"err": "e"}}}),
        json!({"setErrs": {"j": {"description": "d"}}}),
        json!({"setErrs": {"j": {"err": 1, "description": 2}}}),
        json!({"setErrs": {"j": {"err": "e".repeat(41), "description": "d"}}}),
        json!({"setErrs": {"j": {"err": "e", "description": "d".repeat(257)}}}),
    ] {
        let body = form(&[("request", STANDARD.encode(poll.to_string()))]);
        for base in BASES {
            let answer = send(&target, &format!("{base}/events"), &body).await;
            assert_accelerator_error(&answer, 400, FAULTY, &poll.to_string());
        }
    }
    for odd in [r#"{"maxEvents":"3"}"#, r#"{"returnImmediately":"x","\u0000":{}}"#] {
        let body = form(&[("request", STANDARD.encode(odd))]);
        let answer = send(&target, &format!("{}/events", BASES[0]), &body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, r#"{"moreAvailable":false,"sets":{}}"#)
        );
    }
    assert_still_creating(&target).await;
}
