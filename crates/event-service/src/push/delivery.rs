//! One attempt: the SET to the callback URL, through the guard, outside any transaction.

use super::PushRules;
use super::backoff::Failure;
use super::config::PushFormat;
use super::verdict::{AttemptClass, Verdict};
use crate::audit;
use crate::store::{AttemptRecord, ClaimedJob, PushOutcome, PushResult};
use bytes::Bytes;
use serde::Serialize;
use service_kit::interaction_id::INTERACTION_ID_HEADER;
use service_kit::outbound::{GuardedClient, HeaderMap, HeaderName, HeaderValue};
use service_kit::{SharedClock, SharedRandom};
use std::time::Instant;

/// Makes attempts.
#[derive(Debug)]
pub(super) struct Deliverer {
    pub(super) client: GuardedClient,
    pub(super) format: PushFormat,
    pub(super) rules: PushRules,
    pub(super) clock: SharedClock,
    pub(super) random: SharedRandom,
}

/// The body of WSO2's push.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    notification_id: &'a str,
    #[serde(rename = "SET")]
    set: &'a str,
}

impl Deliverer {
    /// Sends `job` and says what became of it. Only the outcome, once recorded, has an effect.
    pub(super) async fn attempt(&self, job: ClaimedJob) -> PushOutcome {
        let interaction_id = self.random.uuid_v4().to_string();
        let (at, started) = (self.clock.now(), Instant::now());
        let (content_type, body) = body(self.format.of(&job.profile), &job);
        let headers = headers(&interaction_id);
        let answer = self.client.deliver(&job.url, content_type, body, headers).await;
        let now = self.clock.now();
        let verdict = Verdict::of(answer, now);
        let result = self.result(&job, &verdict);
        let attempt = AttemptRecord {
            at,
            class: verdict.class.as_str(),
            status: verdict.status,
            duration: started.elapsed(),
            detail: verdict.detail.clone(),
            interaction_id,
        };
        audit::push_attempt(&job, &attempt, result);
        PushOutcome { job: job.key, result, sign: verdict.class.sign(), attempt }
    }

    fn result(&self, job: &ClaimedJob, verdict: &Verdict) -> PushResult {
        if verdict.class == AttemptClass::Accepted {
            return PushResult::Accepted;
        }
        let failure = Failure {
            attempts: job.attempts + 1,
            rule: verdict.class.retry_rule(),
            retry_after: verdict.retry_after,
            created_at: job.created_at,
        };
        match self.rules.backoff.next(failure, self.clock.now(), self.jitter()) {
            Some(at) => PushResult::Retry(at),
            None => PushResult::GivenUp,
        }
    }

    /// From 0 to 1.
    fn jitter(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}

impl PushFormat {
    /// The format for a SET of `profile`.
    fn of(self, profile: &str) -> Self {
        match self {
            Self::Profile if profile == "obie" => Self::Obie,
            Self::Profile if profile == "ssf" => Self::Ssf,
            Self::Profile => Self::Wso2,
            chosen @ (Self::Obie | Self::Ssf | Self::Wso2) => chosen,
        }
    }
}

fn body(format: PushFormat, job: &ClaimedJob) -> (&'static str, Bytes) {
    let set = Bytes::from(job.set.clone());
    match format {
        PushFormat::Obie => ("application/jwt", set),
        PushFormat::Ssf => ("application/secevent+jwt", set),
        PushFormat::Profile | PushFormat::Wso2 => {
            let id = job.key.id.to_string();
            let notification = Notification { notification_id: &id, set: &job.set };
            let json = serde_json::to_vec(&notification).unwrap_or_default();
            ("application/json; charset=UTF-8", json.into())
        }
    }
}

fn headers(interaction_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if let Ok(value) = HeaderValue::from_str(interaction_id) {
        headers.insert(HeaderName::from_static(INTERACTION_ID_HEADER), value);
    }
    headers
}
