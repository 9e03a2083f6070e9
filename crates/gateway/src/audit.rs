//! One structured event for each call, and the metrics of the stages.

use crate::refusal::{Envelope, Refusal};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};
use service_kit::InteractionId;
use std::time::Instant;

/// The stages whose time is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Route,
    Certify,
    Authenticate,
    Recognise,
    Bind,
    Subscribe,
    Scope,
    Forward,
}

/// The gateway's metrics, looked up once.
#[derive(Clone)]
pub(crate) struct Meters {
    stages: [Histogram; Stage::ALL.len()],
    forwarded: Counter,
}

/// What is known of a call so far.
#[derive(Debug)]
pub(crate) struct Record<'c> {
    started: Instant,
    last: Instant,
    /// Seconds in the stages that are over.
    times: [Option<f64>; Stage::ALL.len()],
    pub(crate) envelope: Envelope,
    pub(crate) api: Option<&'c str>,
    pub(crate) client_id: Option<String>,
}

impl Stage {
    const ALL: [Self; 8] = [
        Self::Route,
        Self::Certify,
        Self::Authenticate,
        Self::Recognise,
        Self::Bind,
        Self::Subscribe,
        Self::Scope,
        Self::Forward,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Certify => "certify",
            Self::Authenticate => "authenticate",
            Self::Recognise => "recognise",
            Self::Bind => "bind",
            Self::Subscribe => "subscribe",
            Self::Scope => "scope",
            Self::Forward => "forward",
        }
    }
}

impl Meters {
    /// The metrics of the installed recorder.
    pub(crate) fn new() -> Self {
        describe_histogram!(STAGE_SECONDS, "time of a call in each stage of the gateway");
        describe_counter!(CALLS, "calls by outcome and reason");
        Self {
            stages: Stage::ALL.map(|stage| histogram!(STAGE_SECONDS, "stage" => stage.name())),
            forwarded: counter!(CALLS, "outcome" => "forwarded", "reason" => "none"),
        }
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meters")
    }
}

impl Record<'_> {
    /// A call that begins now.
    pub(crate) fn new() -> Self {
        let started = Instant::now();
        Self {
            started,
            last: started,
            times: [None; Stage::ALL.len()],
            envelope: Envelope::default(),
            api: None,
            client_id: None,
        }
    }

    /// `stage` is over; the one before ended with the last call of this.
    pub(crate) fn passed(&mut self, stage: Stage) {
        let now = Instant::now();
        self.times[stage as usize] = Some((now - self.last).as_secs_f64());
        self.last = now;
    }

    /// The upstream's answer begins.
    pub(crate) fn forwarded(
        &self,
        meters: &Meters,
        request: &HttpRequest,
        interaction_id: &InteractionId,
        status: StatusCode,
    ) {
        self.measure(meters);
        meters.forwarded.increment(1);
        tracing::info!(
            target: "audit",
            event = "api_call",
            outcome = "forwarded",
            status = status.as_u16(),
            api = self.api,
            client_id = self.client_id.as_deref(),
            method = %request.method(),
            path = request.uri().path(),
            interaction_id = interaction_id.as_str(),
            microseconds = self.microseconds(),
        );
    }

    /// The call is refused.
    pub(crate) fn refused(
        &self,
        meters: &Meters,
        request: &HttpRequest,
        interaction_id: &InteractionId,
        refusal: &Refusal,
    ) {
        self.measure(meters);
        counter!(CALLS, "outcome" => "refused", "reason" => refusal.reason()).increment(1);
        tracing::info!(
            target: "audit",
            event = "api_call",
            outcome = "refused",
            reason = refusal.reason(),
            detail = %refusal,
            api = self.api,
            client_id = self.client_id.as_deref(),
            method = %request.method(),
            path = request.uri().path(),
            interaction_id = interaction_id.as_str(),
            microseconds = self.microseconds(),
        );
    }

    fn measure(&self, meters: &Meters) {
        for (histogram, seconds) in meters.stages.iter().zip(self.times) {
            if let Some(seconds) = seconds {
                histogram.record(seconds);
            }
        }
    }

    fn microseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

const CALLS: &str = "lombard_gateway_calls_total";
const STAGE_SECONDS: &str = "lombard_gateway_stage_seconds";
