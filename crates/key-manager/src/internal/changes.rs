//! `/internal/v1/changes` and `/internal/v1/state`: what the other roles follow.

use super::error::{InternalError, invalid};
use crate::changes::{Changes, FollowError};
use crate::clients::RegistrationError;
use crate::key_manager::Server;
use crate::store::{ClientFacts, FeedPosition, RecordedChange, State};
use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use database::{DatabaseError, UtcMicros};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest that a call may wait, in seconds.
const MAX_WAIT: u64 = 55;

/// From where on, and how long to wait.
#[derive(Deserialize)]
pub(super) struct ChangesQuery {
    after: Option<String>,
    history: Option<String>,
    wait: Option<String>,
}

#[derive(Serialize)]
struct ChangesView {
    changes: Vec<RecordedChange>,
    /// The position to ask after next.
    next: i64,
    /// The history to ask with then.
    history: String,
}

#[derive(Serialize)]
struct StateView<'s> {
    position: i64,
    history: &'s str,
    clients: &'s [ClientFacts],
    revoked_tokens: Vec<RevokedTokenView<'s>>,
    /// Base64 of the DER.
    trusted_certificates: Vec<String>,
}

#[derive(Serialize)]
struct RevokedTokenView<'s> {
    jti: &'s str,
    client_id: &'s str,
    /// Unix seconds.
    expires_at: i64,
}

/// `GET /internal/v1/changes?after=POSITION&history=HISTORY&wait=SECONDS`.
pub(super) async fn follow(
    server: web::Data<Server>,
    query: web::Query<ChangesQuery>,
) -> Result<HttpResponse, InternalError> {
    let after = position(query.after.as_deref())?;
    let wait = wait(query.wait.as_deref())?;
    let known = FeedPosition { position: after, history: query.into_inner().history };
    let Changes { changes, history } = server.changes.follow(known, wait).await?;
    let next = changes.last().map_or(after, |last| last.position);
    Ok(HttpResponse::Ok().json(ChangesView { changes, next, history }))
}

/// `GET /internal/v1/state`.
pub(super) async fn state(server: web::Data<Server>) -> Result<HttpResponse, InternalError> {
    let now = UtcMicros::from(server.clock.now());
    let state = server
        .database
        .read(move |connection| Ok::<_, DatabaseError>(State::read(connection, now)?))
        .await?;
    Ok(HttpResponse::Ok().json(StateView::of(&state)))
}

impl<'s> StateView<'s> {
    fn of(state: &'s State) -> Self {
        let revoked_tokens = state.revoked_tokens.iter().map(|token| RevokedTokenView {
            jti: &token.jti,
            client_id: &token.client_id,
            expires_at: token.expires_at.0.div_euclid(1_000_000),
        });
        Self {
            position: state.end.position,
            history: &state.end.history,
            clients: &state.clients,
            revoked_tokens: revoked_tokens.collect(),
            trusted_certificates: state
                .trusted_certificates
                .iter()
                .map(|certificate| STANDARD.encode(certificate))
                .collect(),
        }
    }
}

impl From<FollowError> for InternalError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Database(error) => error.into(),
            FollowError::Gone => Self::ChangesGone,
            FollowError::Stopping => Self::Stopping,
            FollowError::TooManyWaiters => Self::TooManyWaiters,
        }
    }
}

fn position(text: Option<&str>) -> Result<i64, RegistrationError> {
    text.and_then(whole_number)
        .and_then(|position| i64::try_from(position).ok())
        .ok_or_else(|| invalid("after", "must be a position, 0 or more"))
}

fn wait(text: Option<&str>) -> Result<Duration, RegistrationError> {
    text.map_or(Some(0), whole_number)
        .filter(|seconds| *seconds <= MAX_WAIT)
        .map(Duration::from_secs)
        .ok_or_else(|| invalid("wait", "must be 0 to 55 seconds"))
}

/// Digits alone; a sign or a space is none.
fn whole_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
