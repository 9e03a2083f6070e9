//! A call from its request to its answer.

use crate::audit::{Meters, Record, Stage};
use crate::clients::Clients;
use crate::refusal::Refusal;
use crate::snapshot::Snapshot;
use crate::stages::{
    Allowed, Checked, Routed, TokenCall, Upstreams, authenticate, bind, certify, forward,
    recognise, route, scope, subscribe,
};
use crate::token::TokenVerifier;
use actix_web::{HttpRequest, HttpResponse, web};
use arc_swap::ArcSwap;
use service_kit::{InteractionId, PresentedCertificate};
use std::sync::Arc;

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) verifier: TokenVerifier,
    pub(crate) clients: Arc<Clients>,
    pub(crate) meters: Meters,
}

/// What one worker has.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) upstreams: Upstreams,
}

/// Any request to the gateway.
pub(crate) async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    interaction_id: InteractionId,
    certificate: PresentedCertificate,
    worker: web::Data<Worker>,
) -> HttpResponse {
    let meters = &worker.shared.meters;
    let snapshot = worker.shared.snapshot.load_full();
    let call =
        Call { request: &request, interaction_id: &interaction_id, certificate, worker: &worker };
    let mut record = Record::new();
    match call.walk(&snapshot, payload, &mut record).await {
        Ok(answer) => {
            record.forwarded(meters, &request, &interaction_id, answer.status());
            answer
        }
        Err(refusal) => {
            record.refused(meters, &request, &interaction_id, &refusal);
            record.envelope.answer(&refusal, &interaction_id)
        }
    }
}

/// A request with what the listener says of it.
struct Call<'c> {
    request: &'c HttpRequest,
    interaction_id: &'c InteractionId,
    certificate: PresentedCertificate,
    worker: &'c Worker,
}

impl<'c> Call<'c> {
    /// The stages, one after the other.
    async fn walk(
        &self,
        snapshot: &'c Snapshot,
        payload: web::Payload,
        record: &mut Record<'c>,
    ) -> Result<HttpResponse, Refusal> {
        let routed = route(&snapshot.routes, self.request, &mut record.envelope)?;
        record.api = Some(&routed.api().definition.name);
        record.passed(Stage::Route);
        let checked = match routed {
            Routed::Certificate(routed) => {
                let certified = certify(routed, &self.certificate)?;
                record.passed(Stage::Certify);
                Checked::Certified(certified)
            }
            Routed::Token(routed) => Checked::Allowed(self.allow(routed, snapshot, record).await?),
        };
        let upstreams = &self.worker.upstreams;
        let answer =
            forward(checked, self.request, payload, upstreams, self.interaction_id).await?;
        record.passed(Stage::Forward);
        Ok(answer)
    }

    /// The checks of a token.
    async fn allow(
        &self,
        routed: TokenCall<'c>,
        snapshot: &'c Snapshot,
        record: &mut Record<'c>,
    ) -> Result<Allowed<'c>, Refusal> {
        let shared = &self.worker.shared;
        let authenticated = authenticate(routed, self.request.headers(), &shared.verifier).await?;
        record.client_id = Some(authenticated.token().client_id().to_owned());
        record.passed(Stage::Authenticate);
        let recognised = recognise(authenticated, &shared.clients).await?;
        record.passed(Stage::Recognise);
        let bound = bind(recognised, &self.certificate)?;
        record.passed(Stage::Bind);
        let subscribed = subscribe(bound, &snapshot.subscriptions)?;
        record.passed(Stage::Subscribe);
        let allowed = scope(subscribed)?;
        record.passed(Stage::Scope);
        Ok(allowed)
    }
}
