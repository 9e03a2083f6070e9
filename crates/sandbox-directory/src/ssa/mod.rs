//! `POST …/software-statements/{software_id}/ssa`: software statement assertions (RFC 7591 §2.3).

mod claims;
mod signer;

pub use signer::SsaKeyError;
pub(crate) use signer::{SignSsaError, SsaSigner};

use crate::body;
use crate::directory::State;
use crate::error::ApiError;
use crate::metrics;
use crate::operator::Operator;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use claims::Claims;
use serde::Deserialize;
use service_kit::InteractionId;

/// The body of an order, which may be empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SsaOrder {
    defect: Option<SsaDefect>,
}

/// What is wrong with an SSA on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SsaDefect {
    /// Its keys are somewhere else than the directory's.
    ForeignJwks,
    /// It was issued more than a year ago.
    Old,
    /// It names another organisation.
    OtherOrganisation,
    /// Its `kid` is none of the keystore's.
    UnknownKey,
    /// Another directory claims to have issued it.
    WrongIssuer,
    /// Its signature is not of its key.
    WrongSignature,
}

impl SsaDefect {
    fn as_str(self) -> &'static str {
        match self {
            Self::ForeignJwks => "foreign-jwks",
            Self::Old => "old",
            Self::OtherOrganisation => "other-organisation",
            Self::UnknownKey => "unknown-key",
            Self::WrongIssuer => "wrong-issuer",
            Self::WrongSignature => "wrong-signature",
        }
    }
}

/// A fresh SSA, `application/jwt`.
pub(crate) async fn create(
    state: web::Data<State>,
    _: Operator,
    interaction_id: InteractionId,
    ids: web::Path<(String, String)>,
    (request, payload): (HttpRequest, web::Payload),
) -> Result<HttpResponse, ApiError> {
    let SsaOrder { defect } = body::read_optional(&request, payload).await?;
    let software = state.software(&ids.0, &ids.1).await?;
    let claims = Claims::of(&software, &state, defect);
    let ssa = state.ssa_signer.sign(&claims.to_json()?, defect, &*state.random)?;
    let defect = defect.map_or("none", SsaDefect::as_str);
    metrics::ssa_issued(defect);
    tracing::info!(
        target: "audit",
        event = "ssa_issue",
        outcome = "issued",
        organisation_id = software.organisation_id,
        software_id = software.software_id,
        jti = claims.jti(),
        defect,
        interaction_id = interaction_id.as_str(),
    );
    Ok(HttpResponse::Ok()
        .content_type("application/jwt")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(ssa))
}
