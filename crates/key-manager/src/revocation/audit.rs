//! One structured event and one count for every revocation request. Never the token.

use super::Revocation;
use super::error::RevokeError;
use service_kit::InteractionId;

/// Counts and logs `outcome`.
pub(super) fn record(outcome: &Result<Revocation, RevokeError>, interaction: &InteractionId) {
    let (said, reason, client_id, jti) = match outcome {
        Ok(Revocation::Revoked { client_id, jti }) => {
            ("revoked", "none", Some(client_id.as_str()), Some(jti))
        }
        Ok(Revocation::Unknown { client_id }) => {
            ("ignored", "unknown_token", Some(client_id.as_str()), None)
        }
        Err(error) => ("refused", error.reason(), error.client_id(), None),
    };
    let interaction_id = interaction.as_str();
    if let Err(error) = outcome
        && error.is_ours()
    {
        tracing::error!(%error, interaction_id, "a token cannot be revoked");
    }
    metrics::counter!("lombard_revocations_total", "outcome" => said, "reason" => reason)
        .increment(1);
    tracing::info!(
        target: "audit",
        event = "token_revocation",
        outcome = said,
        reason,
        client_id,
        jti,
        interaction_id,
    );
}
