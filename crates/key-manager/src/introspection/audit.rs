//! One structured event and one count for every introspection request. Never the token.

use super::Introspection;
use super::error::IntrospectError;
use service_kit::InteractionId;

/// Counts and logs `outcome`.
pub(super) fn record(
    outcome: &Result<Introspection, IntrospectError>,
    interaction: &InteractionId,
) {
    let (said, reason, client_id, jti) = match outcome {
        Ok(Introspection { client_id, token: Some(token) }) => {
            ("active", "none", Some(client_id.as_str()), Some(token.claims().jti.as_str()))
        }
        Ok(Introspection { client_id, token: None }) => {
            ("inactive", "none", Some(client_id.as_str()), None)
        }
        Err(error) => ("refused", error.reason(), error.client_id(), None),
    };
    let interaction_id = interaction.as_str();
    if let Err(error) = outcome
        && error.is_ours()
    {
        tracing::error!(%error, interaction_id, "a token cannot be introspected");
    }
    metrics::counter!("lombard_introspections_total", "outcome" => said, "reason" => reason)
        .increment(1);
    tracing::info!(
        target: "audit",
        event = "token_introspection",
        outcome = said,
        reason,
        client_id,
        jti,
        interaction_id,
    );
}
