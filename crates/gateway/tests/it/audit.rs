//! What a call leaves in the log.

use crate::harness::{POLL, TestGateway, request};
use test_kit::{TestConnection, TestLog};

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
    assert_certificate_reasons(&gateway, &log).await;
}

/// In the same process, because a process captures its log once.
async fn assert_certificate_reasons(gateway: &TestGateway, log: &TestLog) {
    let pki = &gateway.pki;
    for (id, identity, reason) in [
        ("93bac548-d2de-4546-b106-880a50184601", None, "certificate_missing"),
        ("93bac548-d2de-4546-b106-880a50184602", Some(pki.expired_tpp()), "certificate_expired"),
        (
            "93bac548-d2de-4546-b106-880a50184603",
            Some(pki.foreign_tpp()),
            "certificate_unknown_issuer",
        ),
        (
            "93bac548-d2de-4546-b106-880a50184604",
            Some(pki.tpp("other", "other")),
            "certificate_not_the_tokens",
        ),
    ] {
        let token = gateway.token().sign();
        let headers = format!("Authorization: Bearer {token}\r\nx-fapi-interaction-id: {id}\r\n");
        let mut connection = TestConnection::open(gateway.address, identity.as_ref()).await;
        connection.ask(&request(&format!("POST {POLL}"), &headers, "{}")).await;
        assert_eq!(log.audit_events("interaction_id", id)[0]["reason"], reason);
    }
}
