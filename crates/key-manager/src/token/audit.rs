//! One structured event and one count for every token request. Never the assertion, never the token.

use super::access_token::IssuedToken;
use super::error::TokenError;
use service_kit::InteractionId;

/// Counts and logs `outcome`.
pub(super) fn record(outcome: &Result<IssuedToken, TokenError>, interaction: &InteractionId) {
    let interaction_id = interaction.as_str();
    match outcome {
        Ok(issued) => {
            count("issued", "none");
            tracing::info!(
                target: "audit",
                event = "token",
                outcome = "issued",
                client_id = issued.client_id,
                scope = issued.scope(),
                jti = issued.jti,
                interaction_id,
            );
        }
        Err(error) => {
            count("refused", error.reason());
            if error.is_ours() {
                tracing::error!(%error, interaction_id, "no token can be issued");
            }
            tracing::info!(
                target: "audit",
                event = "token",
                outcome = "refused",
                reason = error.reason(),
                client_id = error.client_id(),
                interaction_id,
            );
        }
    }
}

fn count(outcome: &'static str, reason: &'static str) {
    metrics::counter!("lombard_token_requests_total", "outcome" => outcome, "reason" => reason)
        .increment(1);
}
