//! What a call leaves in the log.

use crate::harness::{POLL, TestGateway, request};
use test_kit::TestLog;

#[tokio::test]
async fn every_call_leaves_one_event_with_its_reason_and_no_token() {
    let log = TestLog::capture();
    let gateway = TestGateway::start().await;
    let good = gateway.token().sign();
    let expired = gateway.token().valid(-3600, -60).sign();
    let (forwarded, refused) =
        ("93bac548-d2de-4546-b106-880a5018460d", "7b0e6f0e-3c4b-4e0c-8a58-0d8f3d2b1a11");
    for (id, token) in [(forwarded, &good), (refused, &expired)] {
        let headers = format!("Authorization: Bearer {token}\r\nx-fapi-interaction-id: {id}\r\n");
        gateway.connect().await.ask(&request(&format!("POST {POLL}?a=1"), &headers, "{}")).await;
    }
    let event = |id| {
        let events = log.audit_events("interaction_id", id);
        let [event] = &events[..] else { panic!("one event: {events:?}") };
        let of = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        [of("event"), of("outcome"), of("reason"), of("api"), of("client_id"), of("path")]
    };
    let client_id = crate::harness::CLIENT_ID;
    let api = "AggregatedPollingAPI";
    assert_eq!(event(forwarded), ["api_call", "forwarded", "", api, client_id, POLL]);
    assert_eq!(event(refused), ["api_call", "refused", "token_expired", api, "", POLL]);
    for token in [good, expired] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.text().contains(signature), "a token in the log");
    }
}
