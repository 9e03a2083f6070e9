//! What belongs to one connection: where it stands, and its client's certificate.

use super::Limits;
use crate::{
    access::{AccessError, AccessRule, Caller},
    client_certificate::ConnectionCertificate,
};
use actix_web::http::Method;
use std::cell::Cell;
use tokio::time::Instant;

/// One connection, shared by its stream, the guard and the extractors.
pub(crate) struct Connection {
    certificate: ConnectionCertificate,
    access: Option<&'static [AccessRule]>,
    opened: Instant,
    phase: Cell<Phase>,
    /// Bytes read since the last head began.
    read: Cell<usize>,
    /// Whether the whole body of the request in hand has been read.
    body_ended: Cell<bool>,
    /// Whether bytes of a further request were read while one was in hand.
    ahead: Cell<bool>,
    /// Whether the last answer says that it is the last.
    closing: Cell<bool>,
    /// Whether nothing more is to be read once what has been written is on its way.
    hung_up: Cell<bool>,
}

/// Where a connection stands. Deadlines are set when the stream first has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between two requests.
    Idle(Option<Instant>),
    /// A head is expected (the first one) or has begun.
    Head(Option<Instant>),
    /// A request is being answered; its body has deadlines of its own.
    Answering,
    /// The answer is out, but the rest of the request's body is not in.
    Rest(Option<Instant>),
}

impl Connection {
    pub(super) fn new(
        certificate: ConnectionCertificate,
        access: Option<&'static [AccessRule]>,
    ) -> Self {
        Self {
            certificate,
            access,
            opened: Instant::now(),
            phase: Cell::new(Phase::Head(None)),
            read: Cell::new(0),
            body_ended: Cell::new(true),
            ahead: Cell::new(false),
            closing: Cell::new(false),
            hung_up: Cell::new(false),
        }
    }

    pub(crate) fn certificate(&self) -> &ConnectionCertificate {
        &self.certificate
    }

    /// Looks a call up in the listener's table.
    pub(crate) fn admit(&self, method: &Method, path: &str) -> Result<Caller, AccessError> {
        let rules = self.access.ok_or(AccessError::Forbidden)?;
        Caller::admit(rules, &self.certificate.judge(), method, path)
    }

    /// Whether the listener has a table.
    pub(super) fn has_access_rules(&self) -> bool {
        self.access.is_some()
    }

    /// Bytes came in.
    pub(super) fn received(&self, bytes: usize) {
        match self.phase.get() {
            Phase::Idle(_) => {
                self.phase.set(Phase::Head(None));
                self.read.set(bytes);
            }
            Phase::Head(_) => self.read.set(self.read.get() + bytes),
            Phase::Answering if self.body_ended.get() => {
                self.ahead.set(true);
                self.read.set(self.read.get() + bytes);
            }
            Phase::Answering | Phase::Rest(_) => {}
        }
    }

    /// The time until which bytes must come in, when the stream waits for them.
    pub(super) fn read_deadline(&self, limits: &Limits) -> Option<Instant> {
        let (deadline, phase): (_, fn(Option<Instant>) -> Phase) = match self.phase.get() {
            Phase::Idle(deadline) => {
                (deadline.unwrap_or_else(|| Instant::now() + limits.keep_alive), Phase::Idle)
            }
            Phase::Head(deadline) => {
                (deadline.unwrap_or_else(|| Instant::now() + limits.head), Phase::Head)
            }
            Phase::Rest(deadline) => {
                (deadline.unwrap_or_else(|| Instant::now() + limits.head), Phase::Rest)
            }
            Phase::Answering => return None,
        };
        self.phase.set(phase(Some(deadline)));
        Some(deadline)
    }

    /// Whether a part of a head is all that was read.
    pub(super) fn has_partial_head(&self) -> bool {
        matches!(self.phase.get(), Phase::Head(_)) && self.read.get() > 0
    }

    /// A head is complete; gives how many bytes it had at most.
    pub(super) fn begin_request(&self, has_body: bool) -> usize {
        self.phase.set(Phase::Answering);
        self.body_ended.set(!has_body);
        self.ahead.set(false);
        self.read.replace(0)
    }

    pub(super) fn end_body(&self) {
        self.body_ended.set(true);
    }

    /// The answer has been handed over in full.
    pub(super) fn end_answer(&self) {
        self.phase.set(match (self.body_ended.get(), self.ahead.get()) {
            (false, _) => Phase::Rest(None),
            (true, true) => Phase::Head(None),
            (true, false) => Phase::Idle(None),
        });
    }

    /// The answer to come is the last one.
    pub(super) fn close(&self) {
        self.closing.set(true);
    }

    /// Whether the last answer was announced: no later request may be looked at (RFC 9112 §9.6).
    pub(super) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Ends the connection once what has been written is on its way.
    pub(super) fn hang_up(&self) {
        self.hung_up.set(true);
    }

    pub(super) fn is_hung_up(&self) -> bool {
        self.hung_up.get()
    }

    /// Whether the connection is older than `limits` allow.
    pub(super) fn is_old(&self, limits: &Limits) -> bool {
        self.opened.elapsed() >= limits.connection_age
    }
}
