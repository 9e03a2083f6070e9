//! Metrics of a listener.

use super::accept::AcceptError;
use actix_web::http::StatusCode;
use metrics::{Counter, counter};

/// Connections by how their handshake ended.
pub(super) struct HandshakeCounters {
    listener: &'static str,
}

/// Answers by class of status. Resolved once a worker: the hot path only adds.
pub(super) struct AnswerCounters {
    classes: [Counter; 5],
}

impl HandshakeCounters {
    pub(super) fn new(listener: &'static str) -> Self {
        Self { listener }
    }

    pub(super) fn count(&self, error: Option<&AcceptError>) {
        let outcome = match error {
            None => "accepted",
            Some(AcceptError::Full) => "full",
            Some(AcceptError::Handshake(_) | AcceptError::Tls(_)) => "handshake_failed",
            Some(AcceptError::HandshakeTimeout) => "handshake_timeout",
            Some(AcceptError::Http(_) | AcceptError::Io(_)) => "lost",
        };
        counter!("lombard_connections_total", "listener" => self.listener, "outcome" => outcome)
            .increment(1);
    }
}

impl AnswerCounters {
    pub(super) fn new(listener: &'static str) -> Self {
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| {
            counter!("lombard_http_answers_total", "listener" => listener, "class" => class)
        });
        Self { classes }
    }

    pub(super) fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.classes.get(class) {
            counter.increment(1);
        }
    }
}
