//! One structured event and one count for each decision: who, what, outcome, why, in which
//! interaction. Never an event's information, a SET or a credential.

use crate::event::{Created, CreatedBatch, EventId, Polled};
use crate::metrics;
use crate::set::FaultName;
use crate::store::{AttemptRecord, ClaimedJob, PushResult, RecordedPush};
use service_kit::InteractionId;
use std::fmt::Display;

/// Who calls, about whom, in which interaction.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The bank user, or the role that called.
    pub(crate) caller: &'a str,
    /// The client that the call is about, as far as it says so.
    pub(crate) client_id: &'a str,
    /// The call.
    pub(crate) interaction_id: &'a InteractionId,
}

/// Why a call was refused.
#[derive(Clone, Copy)]
pub(crate) struct Refused<'a> {
    /// The reason code.
    pub(crate) reason: &'static str,
    /// What went wrong, for people.
    pub(crate) error: &'a dyn Display,
}

/// What was done to a subscription or callback URL, or was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionAction {
    Create,
    Read,
    Change,
    Delete,
}

impl SubscriptionAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Change => "change",
            Self::Delete => "delete",
        }
    }
}

/// Subscriptions were made, read, changed or deleted.
pub(crate) fn subscription(door: &'static str, action: SubscriptionAction, subject: Subject<'_>) {
    metrics::subscription(door, action.as_str(), "done", NO_REASON);
    tracing::info!(
        target: "audit",
        event = "event_subscription",
        outcome = "done",
        door,
        action = action.as_str(),
        client_id = subject.client_id,
        caller = subject.caller,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// A call about subscriptions was refused.
pub(crate) fn subscription_refused(
    door: &'static str,
    action: SubscriptionAction,
    subject: Subject<'_>,
    refused: Refused<'_>,
) {
    metrics::subscription(door, action.as_str(), "refused", refused.reason);
    tracing::info!(
        target: "audit",
        event = "event_subscription",
        outcome = "refused",
        door,
        action = action.as_str(),
        reason = refused.reason,
        detail = %refused.error,
        client_id = subject.client_id,
        caller = subject.caller,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// An event was created, or had been by the same request before.
pub(crate) fn created(subject: Subject<'_>, created: &Created) {
    let outcome = match created {
        Created::New(_) => "created",
        Created::Before(_) => "repeated",
    };
    metrics::event_creation(outcome, NO_REASON);
    tracing::info!(
        target: "audit",
        event = "event_creation",
        outcome,
        client_id = subject.client_id,
        caller = subject.caller,
        jti = %created.id(),
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// An event's SET is wrong on purpose.
pub(crate) fn made_faulty(subject: Subject<'_>, id: EventId, fault: FaultName) {
    tracing::info!(
        target: "audit",
        event = "faulty_event",
        outcome = "created",
        fault = fault.as_str(),
        client_id = subject.client_id,
        caller = subject.caller,
        jti = %id,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// Events were created together, or had been by the same request before.
pub(crate) fn created_batch(subject: Subject<'_>, created: &CreatedBatch) {
    let outcome = if created.repeated { "repeated" } else { "created" };
    for id in &created.ids {
        metrics::event_creation(outcome, NO_REASON);
        tracing::info!(
            target: "audit",
            event = "event_creation",
            outcome,
            caller = subject.caller,
            jti = %id,
            interaction_id = subject.interaction_id.as_str(),
        );
    }
}

/// The bank let an event wait again or ended it.
pub(crate) fn event_changed(subject: Subject<'_>, id: EventId, outcome: &'static str) {
    tracing::info!(
        target: "audit",
        event = "event_change",
        outcome,
        caller = subject.caller,
        jti = %id,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// The bank let events of a client wait again.
pub(crate) fn replayed(subject: Subject<'_>, events: usize) {
    tracing::info!(
        target: "audit",
        event = "event_replay",
        outcome = "reopened",
        client_id = subject.client_id,
        caller = subject.caller,
        events,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// A message was turned away for its signature.
pub(crate) fn signature_refused(subject: Subject<'_>, refused: Refused<'_>) {
    tracing::info!(
        target: "audit",
        event = "message_signature",
        outcome = "refused",
        reason = refused.reason,
        detail = %refused.error,
        client_id = subject.client_id,
        caller = subject.caller,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// An event was not created.
pub(crate) fn creation_refused(subject: Subject<'_>, refused: Refused<'_>) {
    metrics::event_creation("refused", refused.reason);
    tracing::info!(
        target: "audit",
        event = "event_creation",
        outcome = "refused",
        reason = refused.reason,
        detail = %refused.error,
        client_id = subject.client_id,
        caller = subject.caller,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// Events were handed out.
pub(crate) fn polled(door: &'static str, subject: Subject<'_>, polled: &Polled) {
    let Polled { response, wait, waited } = polled;
    metrics::event_poll(door, "answered", NO_REASON);
    metrics::poll_answer(wait.as_str(), response.sets.is_empty());
    tracing::info!(
        target: "audit",
        event = "event_poll",
        outcome = "answered",
        door,
        client_id = subject.client_id,
        caller = subject.caller,
        sets = response.sets.len(),
        more_available = response.more_available,
        wait = wait.as_str(),
        waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// A poll was refused.
pub(crate) fn poll_refused(door: &'static str, subject: Subject<'_>, refused: Refused<'_>) {
    metrics::event_poll(door, "refused", refused.reason);
    tracing::info!(
        target: "audit",
        event = "event_poll",
        outcome = "refused",
        door,
        reason = refused.reason,
        detail = %refused.error,
        client_id = subject.client_id,
        caller = subject.caller,
        interaction_id = subject.interaction_id.as_str(),
    );
}

/// Why events were given up without their client's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GaveUp {
    /// Delivered as often as events are.
    Exhausted,
    /// Too old.
    Expired,
}

/// Events of a client were given up.
pub(crate) fn gave_up(client_id: &str, reason: GaveUp, events: usize) {
    if events == 0 {
        return;
    }
    let outcome = match reason {
        GaveUp::Exhausted => "exhausted",
        GaveUp::Expired => "expired",
    };
    metrics::gave_up(outcome, events);
    tracing::info!(target: "audit", event = "event_end", outcome, client_id, events);
}

/// Rows were deleted because they were old enough.
pub(crate) fn swept(what: &'static str, rows: usize) {
    if rows > 0 {
        tracing::info!(target: "audit", event = "event_retention", outcome = "deleted", what, rows);
    }
}

/// Somebody without the credentials of a bank user was turned away.
pub(crate) fn bank_user_refused(interaction_id: &InteractionId, reason: &'static str) {
    metrics::bank_user_refused();
    tracing::info!(
        target: "audit",
        event = "bank_user_authentication",
        outcome = "refused",
        reason,
        interaction_id = interaction_id.as_str(),
    );
}

/// An event was pushed, or was not.
pub(crate) fn push_attempt(job: &ClaimedJob, attempt: &AttemptRecord, result: PushResult) {
    metrics::push_attempt(attempt.class);
    let outcome = match result {
        PushResult::Accepted => "accepted",
        PushResult::GivenUp => "given_up",
        PushResult::Retry(_) => "retry",
    };
    tracing::info!(
        target: "audit",
        event = "push_attempt",
        outcome,
        reason = attempt.class,
        client_id = job.client_id,
        jti = %job.key.id,
        subscription_no = job.key.subscription.0,
        attempt = job.attempts + 1,
        status = attempt.status,
        detail = attempt.detail,
        interaction_id = attempt.interaction_id,
    );
}

/// A delivery was too old to be made; its event waits to be polled.
pub(crate) fn push_expired(client_id: &str, id: EventId) {
    metrics::push_ended("expired");
    tracing::info!(
        target: "audit",
        event = "push_delivery",
        outcome = "expired",
        client_id,
        jti = %id,
    );
}

/// Outcomes are in the database.
pub(crate) fn pushes_recorded(recorded: &[RecordedPush]) {
    for push in recorded {
        if push.is_late {
            metrics::push_ended("late");
        } else if let Some(outcome) = push.result.ended() {
            metrics::push_ended(outcome);
        }
        let (before, after) = push.breaker;
        if before != after {
            metrics::push_breaker(after.as_str());
            tracing::info!(
                target: "audit",
                event = "push_endpoint",
                outcome = after.as_str(),
                subscription_no = push.job.subscription.0,
            );
        }
    }
}

const NO_REASON: &str = "none";
