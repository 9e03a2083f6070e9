//! One structured event and one count for every registration call. Never a statement, never a token.

use super::error::RegisterError;
use service_kit::InteractionId;

/// What was asked for, and what a success of it is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    Create,
    Read,
    Update,
    Delete,
}

impl Operation {
    fn event(self) -> &'static str {
        match self {
            Self::Create => "client_registration",
            Self::Read => "client_reading",
            Self::Update => "client_update",
            Self::Delete => "client_deletion",
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Create => "registered",
            Self::Read => "read",
            Self::Update => "updated",
            Self::Delete => "deleted",
        }
    }
}

/// Counts and logs `outcome`: the client's id, or why there is none.
pub(super) fn record(
    operation: Operation,
    outcome: Result<&str, &RegisterError>,
    interaction: &InteractionId,
) {
    let (event, interaction_id) = (operation.event(), interaction.as_str());
    match outcome {
        Ok(client_id) => {
            count(event, operation.outcome(), "none");
            let outcome = operation.outcome();
            tracing::info!(target: "audit", event, outcome, client_id, interaction_id);
        }
        Err(error) => {
            let reason = error.reason();
            count(event, "refused", reason);
            if let RegisterError::Internal(_) | RegisterError::Unavailable(_) = error {
                tracing::error!(%error, interaction_id, "a registration call cannot be answered");
            }
            tracing::info!(target: "audit", event, outcome = "refused", reason, interaction_id);
        }
    }
}

fn count(event: &'static str, outcome: &'static str, reason: &'static str) {
    metrics::counter!(
        "lombard_registration_calls_total",
        "event" => event, "outcome" => outcome, "reason" => reason
    )
    .increment(1);
}
