//! Metrics of a listener.

use super::accept::AcceptError;
use actix_web::http::StatusCode;
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use std::time::Duration;

/// Connections: how their handshakes ended, and how many are open.
pub(super) struct ConnectionMeters {
    listener: &'static str,
    open: Gauge,
}

/// One open connection; counted until dropped.
pub(super) struct OpenConnection(Gauge);

/// Answers by class of status, and their times. Resolved once a worker: the hot path only adds.
pub(super) struct AnswerMeters {
    classes: [Counter; 5],
    seconds: Histogram,
}

impl ConnectionMeters {
    pub(super) fn new(listener: &'static str) -> Self {
        describe_counter!(CONNECTIONS, "connections by how their handshake ended");
        describe_gauge!(OPEN, "open connections");
        Self { listener, open: gauge!(OPEN, "listener" => listener) }
    }

    /// Counts a handshake's end.
    pub(super) fn count(&self, error: Option<&AcceptError>) {
        let outcome = match error {
            None => "accepted",
            Some(AcceptError::Full) => "full",
            Some(AcceptError::Handshake(_) | AcceptError::Tls(_)) => "handshake_failed",
            Some(AcceptError::HandshakeTimeout) => "handshake_timeout",
            Some(AcceptError::Http(_) | AcceptError::Io(_)) => "lost",
        };
        counter!(CONNECTIONS, "listener" => self.listener, "outcome" => outcome).increment(1);
    }

    /// Counts a connection while it is open.
    pub(super) fn open(&self) -> OpenConnection {
        self.open.increment(1);
        OpenConnection(self.open.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl AnswerMeters {
    pub(super) fn new(listener: &'static str) -> Self {
        describe_counter!(ANSWERS, "answers by class of status");
        describe_histogram!(ANSWER_SECONDS, "time from a request's head to its answer's head");
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| counter!(ANSWERS, "listener" => listener, "class" => class));
        Self { classes, seconds: histogram!(ANSWER_SECONDS, "listener" => listener) }
    }

    /// Counts an answer.
    pub(super) fn count(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.classes.get(class) {
            counter.increment(1);
        }
        self.seconds.record(took);
    }
}

const CONNECTIONS: &str = "lombard_listener_connections_total";
const OPEN: &str = "lombard_listener_open_connections";
const ANSWERS: &str = "lombard_listener_answers_total";
const ANSWER_SECONDS: &str = "lombard_listener_answer_seconds";
