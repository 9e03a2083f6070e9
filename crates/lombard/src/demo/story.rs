//! The story: a table of named steps, each building on what the ones before it found out.

use super::report::{Done, Report};
use super::{events, refusals, setting_up, signatures};
use crate::api_client::{Answer, CallError};
use crate::target::Target;
use crate::tpp::{Tpp, TppError};
use crate::tpp_files::TppFilesError;
use service_kit::{SharedClock, SharedRandom};
use std::pin::Pin;

/// What the steps know.
#[derive(Debug)]
pub struct Story {
    /// The deployment that the story is about.
    pub target: Target,
    /// The time.
    pub clock: SharedClock,
    /// Chance.
    pub random: SharedRandom,
    /// The TPP's name, once made; the second one's ends in `-other`.
    pub name: Option<String>,
    /// The TPP, once registered.
    pub tpp: Option<Tpp>,
    /// A second TPP, registered and not subscribed.
    pub other: Option<Tpp>,
    /// The assertion that brought the token.
    pub assertion: String,
    /// The access token.
    pub token: String,
    /// What the bank created, oldest first.
    pub created: Vec<String>,
    /// SETs seen: jti and compact JWS.
    pub sets: Vec<(String, String)>,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Directory(#[from] crate::directory::DirectoryError),
    #[error(transparent)]
    Files(#[from] TppFilesError),
    #[error(transparent)]
    Subscribing(#[from] crate::subscribing::SubscribingError),
    #[error(transparent)]
    Tpp(#[from] TppError),
    /// An answer other than the documented one.
    #[error("{what}: {body}")]
    Unexpected { request: String, status: u16, what: String, body: String },
    /// The step needs one that comes before it.
    #[error("the story has no {0} yet")]
    Untold(&'static str),
    #[error("{0}")]
    Verification(String),
}

type StepFuture<'s> = Pin<Box<dyn Future<Output = Result<Done, StepError>> + 's>>;

struct Step {
    name: &'static str,
    run: for<'s> fn(&'s mut Story) -> StepFuture<'s>,
}

const STEPS: &[Step] = &[
    Step { name: "start", run: |story| Box::pin(setting_up::start(story)) },
    Step { name: "tpp", run: |story| Box::pin(setting_up::new_tpp(story)) },
    Step { name: "register", run: |story| Box::pin(setting_up::register_tpp(story)) },
    Step { name: "token", run: |story| Box::pin(setting_up::token(story)) },
    Step { name: "create-events", run: |story| Box::pin(events::create(story)) },
    Step { name: "poll", run: |story| Box::pin(events::poll_five(story)) },
    Step { name: "report-errors", run: |story| Box::pin(events::report_errors(story)) },
    Step { name: "acknowledge-and-poll", run: |story| Box::pin(events::acknowledge_two(story)) },
    Step { name: "acknowledge-and-report", run: |story| Box::pin(events::acknowledge_rest(story)) },
    Step { name: "verify-signatures", run: |story| Box::pin(signatures::verify(story)) },
    Step { name: "refuse-certificate", run: |story| Box::pin(refusals::other_certificate(story)) },
    Step { name: "refuse-unsubscribed", run: |story| Box::pin(refusals::not_subscribed(story)) },
    Step { name: "refuse-replay", run: |story| Box::pin(refusals::replayed_assertion(story)) },
    Step { name: "refuse-no-certificate", run: |story| Box::pin(refusals::no_certificate(story)) },
];

impl Story {
    /// A story about `target`.
    pub fn about(target: Target, clock: SharedClock, random: SharedRandom) -> Self {
        Self {
            target,
            clock,
            random,
            name: None,
            tpp: None,
            other: None,
            assertion: String::new(),
            token: String::new(),
            created: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Tells the story to its end or to the first step that fails; whether all went well.
    pub async fn tell(&mut self, report: Report) -> std::io::Result<bool> {
        let started = self.clock.now();
        for step in STEPS {
            match (step.run)(self).await {
                Ok(done) => report.step(step.name, true, &done)?,
                Err(error) => {
                    report.step(step.name, false, &error.done())?;
                    return Ok(false);
                }
            }
        }
        let seconds = self.clock.now().duration_since(started).as_secs_f64();
        report.remark(&format!("\nAll {} steps went well, in {seconds:.1} s.", STEPS.len()))?;
        Ok(true)
    }

    /// The TPP.
    pub fn tpp(&self) -> Result<&Tpp, StepError> {
        self.tpp.as_ref().ok_or(StepError::Untold("TPP"))
    }
}

impl StepError {
    /// `answer` is not what `what` says it should be.
    pub fn unexpected(answer: &Answer, what: impl Into<String>) -> Self {
        Self::Unexpected {
            request: answer.request.clone(),
            status: answer.status,
            what: what.into(),
            body: answer.body.clone(),
        }
    }

    fn done(&self) -> Done {
        match self {
            Self::Unexpected { request, status, .. } => {
                Done { request: request.clone(), status: Some(*status), detail: self.to_string() }
            }
            Self::Call(CallError::Refused(answer)) => Done {
                request: answer.request.clone(),
                status: Some(answer.status),
                detail: answer.body.clone(),
            },
            Self::Tpp(TppError::Registration { refusal: CallError::Refused(answer), .. }) => Done {
                request: answer.request.clone(),
                status: Some(answer.status),
                detail: self.to_string(),
            },
            _ => Done { request: String::new(), status: None, detail: self.to_string() },
        }
    }
}

/// What `answer` and `detail` say of a step that went well.
pub fn done(answer: &Answer, detail: impl Into<String>) -> Done {
    Done { request: answer.request.clone(), status: Some(answer.status), detail: detail.into() }
}
