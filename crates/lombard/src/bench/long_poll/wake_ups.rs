//! Events created while polls wait, and how soon those have them.

use crate::bench::BenchError;
use crate::bench::connection::{Door, HOST, HttpConnection};
use crate::bench::server::ServerProcess;
use crate::sandbox::{BANK_PASSWORD, BANK_USER};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use certificates::ServiceRole;
use serde_json::Value;
use service_kit::outbound::Connector;
use std::time::{Duration, Instant};

/// Creates events, one after the other.
#[derive(Debug)]
pub struct Bank {
    connection: HttpConnection,
    port: u16,
    authorization: String,
}

/// An event that was created.
#[derive(Debug)]
pub struct Created {
    /// Its id.
    pub jti: String,
    asked: Instant,
    answered: Instant,
}

/// How long events took until a poll had them.
#[derive(Debug, Default)]
pub struct Latencies {
    /// From the order to create them: the signature and the commit included.
    pub since_order: Vec<Duration>,
    /// From the answer to that order, which follows the commit; zero where the poll was faster.
    pub since_answer: Vec<Duration>,
}

impl Bank {
    /// A connection to the event service, as the key manager forwards the bank's calls.
    pub async fn open(events: &ServerProcess) -> Result<Self, BenchError> {
        let connector = Connector::new(&events.identity(ServiceRole::KeyManager)?)?;
        let door = Door::new(connector, &events.urls()?.events.unwrap_or_default());
        let user = BASE64_STANDARD.encode(format!("{BANK_USER}:{BANK_PASSWORD}"));
        Ok(Self {
            connection: door.open().await?,
            port: door.address.port(),
            authorization: format!("Basic {user}"),
        })
    }

    /// Creates an event for the client.
    pub async fn create(&mut self, client_id: &str) -> Result<Created, BenchError> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("request", &BASE64_STANDARD.encode(EVENT))
            .finish();
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {HOST}:{}\r\nAuthorization: {}\r\n\
             x-wso2-client_id: {client_id}\r\nx-wso2-resource_id: {RESOURCE}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            self.authorization,
            body.len()
        );
        let asked = Instant::now();
        let answer = self.connection.exchange(request.as_bytes()).await?;
        let answered = Instant::now();
        let created: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match (answer.status, created["notificationsID"].as_str()) {
            (CREATED, Some(jti)) => Ok(Created { jti: jti.to_owned(), asked, answered }),
            (status, _) => Err(BenchError::Unexpected {
                expected: CREATED,
                status,
                body: String::from_utf8_lossy(&answer.body).into_owned(),
            }),
        }
    }
}

impl Latencies {
    /// The event arrived at a poll.
    pub fn add(&mut self, created: &Created, arrived: Instant) {
        self.since_order.push(arrived.saturating_duration_since(created.asked));
        self.since_answer.push(arrived.saturating_duration_since(created.answered));
    }
}

const CREATED: u16 = 201;
const PATH: &str = "/api/openbanking/event-notifications/create-events";
const RESOURCE: &str = "1d80478b-1d18-4e44-8e3b-92cf2a35e4b0";
const EVENT: &str =
    r#"{"urn:uk:org:openbanking:events:resource-update":{"resourceID":"1d80478b"}}"#;
