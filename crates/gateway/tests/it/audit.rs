//! What a call leaves in the log.

use crate::harness::{POLL, TestGateway, request};
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Log lines of the whole process; tests tell theirs by the interaction id.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The audit events of one call.
    fn of(&self, interaction_id: &str) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let is_ours = |event: &Value| {
            event["target"] == "audit" && event["fields"]["interaction_id"] == interaction_id
        };
        events.filter(is_ours).map(|event| event["fields"].clone()).collect()
    }

    fn contains(&self, text: &str) -> bool {
        let bytes = self.0.lock().unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn every_call_leaves_one_event_with_its_reason_and_no_token() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
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
        let [event] = &log.of(id)[..] else { panic!("one event: {:?}", log.of(id)) };
        let of = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        [of("event"), of("outcome"), of("reason"), of("api"), of("client_id"), of("path")]
    };
    let client_id = crate::harness::CLIENT_ID;
    let api = "AggregatedPollingAPI";
    assert_eq!(event(forwarded), ["api_call", "forwarded", "", api, client_id, POLL]);
    assert_eq!(event(refused), ["api_call", "refused", "token_expired", api, "", POLL]);
    for token in [good, expired] {
        let signature = token.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a token in the log");
    }
}
