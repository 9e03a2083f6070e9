//! What is logged of a token request, and what never is.

use crate::support::TestServer;
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// Collects the lines of a JSON log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The audit events about `client_id`, oldest first.
    fn events(&self, client_id: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter(|line| line["target"] == "audit" && line["fields"]["event"] == "token")
            .map(|mut line| line["fields"].take())
            .filter(|fields| fields["client_id"] == client_id)
            .collect()
    }
}

#[actix_web::test]
async fn the_log_tells_why_and_never_holds_an_assertion_or_a_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let server = TestServer::start().await;
    let tpp = server.tpp("audited-client").await;
    let assertion = tpp.assertion(&server).sign();
    let issued = tpp.token(&server, &assertion).await;
    let replayed = tpp.token(&server, &assertion).await;

    let events = log.events("audited-client");
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
