//! Counters, with bounded labels only: no client, no id.

use metrics::{counter, gauge, histogram};
use std::time::Duration;

/// An order to create an event ended.
pub(crate) fn event_creation(outcome: &'static str, reason: &'static str) {
    counter!("lombard_event_creations_total", "outcome" => outcome, "reason" => reason)
        .increment(1);
}

/// An event was created that nobody is to be told of.
pub(crate) fn not_subscribed() {
    counter!("lombard_event_not_subscribed_total").increment(1);
}

/// A call about subscriptions or callback URLs ended.
pub(crate) fn subscription(
    door: &'static str,
    action: &'static str,
    outcome: &'static str,
    reason: &'static str,
) {
    counter!(
        "lombard_event_subscription_calls_total",
        "door" => door, "action" => action, "outcome" => outcome, "reason" => reason
    )
    .increment(1);
}

/// A poll ended.
pub(crate) fn event_poll(door: &'static str, outcome: &'static str, reason: &'static str) {
    counter!("lombard_event_polls_total", "door" => door, "outcome" => outcome, "reason" => reason)
        .increment(1);
}

/// How a poll that was answered came by its answer, and whether it has any event.
pub(crate) fn poll_answer(wait: &'static str, empty: bool) {
    let events = if empty { "none" } else { "some" };
    counter!("lombard_event_poll_answers_total", "wait" => wait, "events" => events).increment(1);
}

/// So many polls more, or fewer, wait.
pub(crate) fn poll_waits(difference: f64) {
    gauge!("lombard_event_poll_waiters").increment(difference);
}

/// From the word that there is something new until a waiting poll had it.
pub(crate) fn poll_woken(latency: Duration) {
    histogram!("lombard_event_poll_wake_seconds").record(latency);
}

/// What a poll did: SETs handed out, events released, ids that named nothing of this client's.
pub(crate) fn polled(returned: usize, released: usize, unknown: usize) {
    counter!("lombard_event_sets_returned_total").increment(count(returned));
    counter!("lombard_event_releases_total").increment(count(released));
    counter!("lombard_event_unknown_ids_total").increment(count(unknown));
}

/// Basic credentials were refused.
pub(crate) fn bank_user_refused() {
    counter!("lombard_bank_user_refusals_total").increment(1);
}

/// A publication of the SET keys ended.
pub(crate) fn keys_published(outcome: &'static str) {
    counter!("lombard_set_key_publications_total", "outcome" => outcome).increment(1);
}

/// Events were given up without their client's doing.
pub(crate) fn gave_up(reason: &'static str, events: usize) {
    counter!("lombard_events_given_up_total", "reason" => reason).increment(count(events));
}

/// Rows were forgotten.
pub(crate) fn swept(what: &'static str, rows: usize) {
    counter!("lombard_event_retention_rows_total", "what" => what).increment(count(rows));
}

/// An attempt to push an event ended.
pub(crate) fn push_attempt(class: &'static str) {
    counter!("lombard_push_attempts_total", "class" => class).increment(1);
}

/// A delivery ended: accepted, given up, expired or late.
pub(crate) fn push_ended(outcome: &'static str) {
    counter!("lombard_push_deliveries_total", "outcome" => outcome).increment(1);
}

/// Pushes that have been claimed by this process and are not recorded yet.
pub(crate) fn pushes_under_way(count: usize) {
    gauge!("lombard_push_connections").set(u32::try_from(count).unwrap_or(u32::MAX));
}

/// The breaker of an endpoint changed.
pub(crate) fn push_breaker(state: &'static str) {
    counter!("lombard_push_breaker_changes_total", "state" => state).increment(1);
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
