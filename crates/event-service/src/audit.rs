//! One structured event per decision: who, what, outcome, why, in which interaction. Never an
//! event's information, a SET or a credential.

use crate::bank_user::BankUserName;
use crate::event::EventId;
use open_banking_types::events::PollResponse;
use service_kit::InteractionId;
use std::fmt::Display;

/// A call that was refused, and why.
pub(crate) struct Refused<'a> {
    /// The bank user, or the client that the gateway named.
    pub(crate) who: &'a str,
    /// The reason code.
    pub(crate) reason: &'static str,
    /// What went wrong, for people.
    pub(crate) error: &'a dyn Display,
}

/// An event was created.
pub(crate) fn created(
    user: &BankUserName,
    client_id: &str,
    id: EventId,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "event_creation",
        outcome = "created",
        user = user.as_str(),
        client_id,
        jti = %id,
        interaction_id = interaction_id.as_str(),
    );
}

/// An event was not created.
pub(crate) fn creation_refused(
    refused: &Refused<'_>,
    client_id: &str,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "event_creation",
        outcome = "refused",
        reason = refused.reason,
        detail = %Bounded(refused.error),
        user = refused.who,
        client_id,
        interaction_id = interaction_id.as_str(),
    );
}

/// Events were handed out.
pub(crate) fn polled(
    door: &'static str,
    client_id: &str,
    response: &PollResponse,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "event_poll",
        outcome = "answered",
        door,
        client_id,
        sets = response.sets.len(),
        more_available = response.more_available,
        interaction_id = interaction_id.as_str(),
    );
}

/// A poll was refused.
pub(crate) fn poll_refused(
    door: &'static str,
    refused: &Refused<'_>,
    client_id: &str,
    interaction_id: &InteractionId,
) {
    tracing::info!(
        target: "audit",
        event = "event_poll",
        outcome = "refused",
        door,
        reason = refused.reason,
        detail = %Bounded(refused.error),
        who = refused.who,
        client_id,
        interaction_id = interaction_id.as_str(),
    );
}

/// Somebody without the credentials of a bank user was turned away.
pub(crate) fn bank_user_refused(interaction_id: &InteractionId) {
    tracing::info!(
        target: "audit",
        event = "bank_user_authentication",
        outcome = "refused",
        reason = "invalid_credentials",
        interaction_id = interaction_id.as_str(),
    );
}

/// A detail that a client can influence: one line of bounded length, whatever was sent.
struct Bounded<'a>(&'a dyn Display);

impl Display for Bounded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.0.to_string();
        text.chars().take(DETAIL).try_for_each(|c| write!(f, "{}", c.escape_debug()))
    }
}

/// Characters of a detail.
const DETAIL: usize = 300;
