//! What is logged of a token request, and what never is.

use crate::support::TestServer;
use test_kit::TestLog;

#[actix_web::test]
async fn the_log_tells_why_and_never_holds_an_assertion_or_a_token() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let tpp = server.tpp("audited-client").await;
    let assertion = tpp.assertion(&server).sign();
    let issued = tpp.token(&server, &assertion).await;
    let replayed = tpp.token(&server, &assertion).await;

    let mut events = log.audit_events("client_id", "audited-client");
    events.retain(|event| event["event"] == "token");
    assert_eq!(events.len(), 2);
    assert_eq!(
        (&events[0]["outcome"], &events[0]["scope"]),
        (&"issued".into(), &"eventpolling".into())
    );
    assert_eq!(events[0]["jti"], crate::tokens::claims(&issued)["jti"]);
    assert_eq!(events[0]["interaction_id"], issued.header("x-fapi-interaction-id"));
    assert_eq!(
        (&events[1]["outcome"], &events[1]["reason"]),
        (&"refused".into(), &"assertion_replay".into())
    );
    assert_eq!(events[1]["interaction_id"], replayed.header("x-fapi-interaction-id"));

    let (text, body) = (log.text(), issued.json());
    let token = body["access_token"].as_str().unwrap();
    for secret in [assertion.as_str(), token] {
        for part in secret.split('.').skip(1) {
            assert!(!text.contains(part), "part of a credential is in the log");
        }
    }
}
