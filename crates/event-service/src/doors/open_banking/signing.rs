//! Signed messages at these doors: a body reaches its handler only once its signature is verified, and
//! no answer leaves without one.

use super::call::{Call, ErrorAnswer};
use crate::audit::{self, Refused, Subject};
use crate::clients::UnknownClient;
use crate::doors::body;
use crate::keys::PublishedKey;
use crate::message_signing::{
    SIGNATURE_HEADER, SignatureFault, SignedResource, VerificationFailure,
};
use crate::service::State;
use crate::set::SigningPlaces;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorInternalServerError, PayloadError};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use futures_util::stream::{self, Stream};
use service_kit::errors::obie::ObErrorCode;
use std::pin::Pin;

/// Around the doors: verifies requests and signs answers of the resources where that is asked for.
pub(super) async fn sign_messages(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let resource = SignedResource::of(request.path());
    let (Some(state), Some(resource)) = (state, resource) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    if !state.config.message_signing.covers(resource) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let call = request.extract::<Call>().await?;
    // Before the handler: what it has done must not be answered with an error.
    let Ok(pen) = Pen::take(&state) else {
        let answer = ErrorAnswer::unavailable().into_http(call.version, &call.interaction_id);
        return Ok(request.into_response(answer));
    };
    let answer = match verified(&state, resource, &call, &mut request).await {
        Ok(()) => {
            // It holds the request, of which the router wants to be the only holder.
            drop(call);
            next.call(request).await?.map_into_boxed_body()
        }
        Err(refusal) => {
            request.into_response(refusal.into_http(call.version, &call.interaction_id))
        }
    };
    match pen {
        Some(pen) => signed(&state, pen, answer).await,
        None => Ok(answer),
    }
}

/// What it takes to sign an answer: proof that it can be.
struct Pen<'s> {
    key: PublishedKey,
    place: SigningPlaces<'s>,
}

/// No key, or too many signatures wait.
struct NoPen;

impl<'s> Pen<'s> {
    /// `None` where answers are not signed.
    fn take(state: &'s State) -> Result<Option<Self>, NoPen> {
        if !state.config.message_signing.signs_answers() {
            return Ok(None);
        }
        let key = state.keys.published(state.clock.now()).ok_or(NoPen)?;
        let place = state.signer.reserve(1).map_err(|_| NoPen)?;
        Ok(Some(Self { key, place }))
    }
}

/// Gives the request its body back once it is verified.
async fn verified(
    state: &State,
    resource: SignedResource,
    call: &Call,
    request: &mut ServiceRequest,
) -> Result<(), ErrorAnswer> {
    let Some(client_id) = call.client_id() else { return Ok(()) };
    match state.clients.find(client_id).await {
        Ok(_) => {}
        // The handler says so.
        Err(UnknownClient::NotFound) => return Ok(()),
        Err(UnknownClient::Database(_) | UnknownClient::Unavailable(_)) => {
            return Err(ErrorAnswer::unavailable());
        }
    }
    let Ok(payload) = request.extract::<web::Payload>().await else {
        return Err(ErrorAnswer::unavailable());
    };
    let received = body::read(payload).await.map_err(|fault| {
        let code = ObErrorCode::ResourceInvalidFormat;
        ErrorAnswer::of(fault.0.status(), code, fault.0.description())
    })?;
    let message = (resource, request.method());
    let outcome = state.verify_message(message, client_id, call.headers(), received).await;
    let body = outcome.map_err(|failure| {
        let subject =
            Subject { caller: "gateway", client_id, interaction_id: &call.interaction_id };
        audit::signature_refused(subject, Refused { reason: reason(&failure), error: &failure });
        refusal(failure)
    })?;
    request.set_payload(payload_of(body.into_bytes()));
    Ok(())
}

fn payload_of(bytes: Bytes) -> Payload {
    let whole: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> =
        Box::pin(stream::iter([Ok(bytes)]));
    Payload::from(whole)
}

async fn signed(
    state: &State,
    pen: Pen<'_>,
    answer: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (request, answer) = answer.into_parts();
    let (head, body) = answer.into_parts();
    let body = to_bytes(body).await.map_err(ErrorInternalServerError)?;
    if body.is_empty() {
        return Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))));
    }
    let now = state.clock.now();
    let signature = state.signer.sign_message(pen.place, pen.key, body.clone(), now).await;
    let signature = signature.map_err(ErrorInternalServerError)?;
    let value = HeaderValue::from_str(&signature).map_err(ErrorInternalServerError)?;
    let mut answer = head.set_body(BoxBody::new(body));
    answer.headers_mut().insert(HeaderName::from_static(SIGNATURE_HEADER), value);
    Ok(ServiceResponse::new(request, answer))
}

fn refusal(failure: VerificationFailure) -> ErrorAnswer {
    use ObErrorCode as Code;
    let (code, message, path) = match failure {
        VerificationFailure::Keys(_) => return ErrorAnswer::unavailable(),
        VerificationFailure::Fault(fault) => match fault {
            SignatureFault::Invalid => {
                (Code::SignatureInvalid, "The signature does not verify", None)
            }
            SignatureFault::InvalidClaim(name) => (
                Code::SignatureInvalidClaim,
                "A member of the signature's header is wrong",
                Some(name),
            ),
            SignatureFault::Malformed => {
                (Code::SignatureMalformed, "The signature is not one detached JWS", None)
            }
            SignatureFault::Missing => (Code::SignatureMissing, "The request must be signed", None),
            SignatureFault::MissingClaim(names) => {
                (Code::SignatureMissingClaim, "The signature's header lacks members", Some(names))
            }
            SignatureFault::Unexpected => {
                (Code::SignatureUnexpected, "The request must not be signed", None)
            }
        },
    };
    ErrorAnswer::bad(code, message, Some(path.unwrap_or_else(|| SIGNATURE_HEADER.to_owned())))
}

/// The reason code in the log.
fn reason(failure: &VerificationFailure) -> &'static str {
    match failure {
        VerificationFailure::Keys(_) => "keys_unavailable",
        VerificationFailure::Fault(SignatureFault::Invalid) => "signature",
        VerificationFailure::Fault(SignatureFault::InvalidClaim(_)) => "claim",
        VerificationFailure::Fault(SignatureFault::Malformed) => "malformed",
        VerificationFailure::Fault(SignatureFault::Missing) => "missing",
        VerificationFailure::Fault(SignatureFault::MissingClaim(_)) => "missing_claim",
        VerificationFailure::Fault(SignatureFault::Unexpected) => "unexpected",
    }
}
