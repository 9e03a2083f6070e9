//! What clients register with the bank: event subscriptions and callback URLs, which differ in their
//! fields alone.

use super::Version;
use super::call::{Call, ErrorAnswer};
use super::resource_error::ResourceError;
use crate::audit::{self, Refused, Subject, SubscriptionAction};
use crate::clients::KnownClient;
use crate::doors::body;
use crate::service::State;
use crate::store::{
    AddError, ChangeError, NewSubscription, OwnedSubscription, SubscriptionChange,
    SubscriptionLimit,
};
use crate::subscriptions::{
    Origin, ProposedContent, RefusedContent, Subscription, SubscriptionContent,
};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, web};
use open_banking_types::event_subscriptions::{Enveloped, Links, Meta};
use open_banking_types::fields::InvalidField;
use serde::Serialize;
use serde_json::Value;

/// A kind of resource.
pub(super) trait Resource: 'static {
    /// Below the base path of a version.
    const PATH: &'static str;
    /// The name in logs and metrics.
    const DOOR: &'static str;
    /// What this door makes.
    const ORIGIN: Origin;
    /// What it shows and changes; a client has at most one of these.
    const ORIGINS: &'static [Origin];
    /// The field with the id, in paths of errors.
    const ID_FIELD: &'static str;
    /// The field with the callback URL, in paths of errors.
    const URL_FIELD: &'static str;
    /// One of them in an answer.
    type Data: Serialize;
    /// All of them in an answer.
    type List: Serialize;

    /// Reads the body of a POST.
    fn read_new(document: &Value) -> Result<Proposal, InvalidField>;
    /// Reads the body of a PUT.
    fn read_change(document: &Value) -> Result<Proposal, InvalidField>;
    /// One of them, as `version` answers it.
    fn data(subscription: &Subscription, version: Version) -> Self::Data;
    /// All of them.
    fn list(all: Vec<Self::Data>) -> Self::List;
}

/// What a body asks for.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) id: Option<String>,
    pub(super) content: ProposedContent,
}

/// Why a subscription of this client's stays as it is.
#[derive(Debug, thiserror::Error)]
#[error("it was made by a newer release of the API")]
struct NewerRelease;

/// The routes of `R` below the base path of a version.
pub(super) fn routes<R: Resource>(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(R::PATH)
                .route(web::get().to(get::<R>))
                .route(web::post().to(post::<R>))
                .default_service(web::to(|call: Call| async move {
                    method_not_allowed(&call, "GET, POST")
                })),
        )
        .service(
            web::resource(format!("{}/{{id}}", R::PATH))
                .route(web::put().to(put::<R>))
                .route(web::delete().to(delete::<R>))
                .default_service(web::to(|call: Call| async move {
                    method_not_allowed(&call, "DELETE, PUT")
                })),
        );
}

/// `POST`: 201 with the new one, once it is durable.
async fn post<R: Resource>(
    state: web::Data<State>,
    call: Call,
    payload: web::Payload,
) -> HttpResponse {
    let added = state.add::<R>(&call, payload).await;
    let answer = added.map(|added| state.one::<R>(&call, StatusCode::CREATED, &added));
    answered::<R>(&state, &call, SubscriptionAction::Create, answer)
}

/// `GET`: 200 with the client's, which may be none.
async fn get<R: Resource>(state: web::Data<State>, call: Call) -> HttpResponse {
    let answer = state.all::<R>(&call).await;
    answered::<R>(&state, &call, SubscriptionAction::Read, answer)
}

/// `PUT`: 200 with what it is now; what the body leaves out it has no more.
async fn put<R: Resource>(
    state: web::Data<State>,
    call: Call,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let changed = state.replace::<R>(&call, &id, payload).await;
    let answer = changed.map(|changed| state.one::<R>(&call, StatusCode::OK, &changed));
    answered::<R>(&state, &call, SubscriptionAction::Change, answer)
}

/// `DELETE`: 204.
async fn delete<R: Resource>(
    state: web::Data<State>,
    call: Call,
    id: web::Path<String>,
) -> HttpResponse {
    let deleted = state.delete::<R>(&call, &id).await;
    let answer = deleted.map(|_| HttpResponse::NoContent().finish());
    answered::<R>(&state, &call, SubscriptionAction::Delete, answer)
}

fn method_not_allowed(call: &Call, allowed: &'static str) -> HttpResponse {
    let mut answer =
        ErrorAnswer::method_not_allowed().into_http(call.version, &call.interaction_id);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

fn answered<R: Resource>(
    state: &State,
    call: &Call,
    action: SubscriptionAction,
    answer: Result<HttpResponse, ResourceError>,
) -> HttpResponse {
    let client_id = call.client_id().unwrap_or_default();
    let subject = Subject { caller: "gateway", client_id, interaction_id: &call.interaction_id };
    match answer {
        Ok(answer) => {
            audit::subscription(R::DOOR, action, subject);
            answer
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::subscription_refused(R::DOOR, action, subject, refused);
            error
                .answer::<R>(&state.config.event_types_url)
                .into_http(call.version, &call.interaction_id)
        }
    }
}

impl State {
    async fn add<R: Resource>(
        &self,
        call: &Call,
        payload: web::Payload,
    ) -> Result<Subscription, ResourceError> {
        let document = document(call, payload).await?;
        let proposal = R::read_new(&document)?;
        let client = self.client(call).await?;
        let new = NewSubscription {
            id: self.random.uuid_v4(),
            client_no: client.client_no,
            origin: R::ORIGIN,
            api_version: call.version.release(),
            content: self.accept(call, proposal.content)?,
        };
        let limit = SubscriptionLimit { origins: R::ORIGINS, most: 1 };
        self.subscriptions.add(new, limit, self.clock.now()).await.map_err(|error| match error {
            AddError::Database(error) => ResourceError::Database(error),
            AddError::LimitReached => ResourceError::Exists,
        })
    }

    async fn all<R: Resource>(&self, call: &Call) -> Result<HttpResponse, ResourceError> {
        call.require_json_accepted()?;
        call.require_fapi_headers()?;
        let client = self.client(call).await?;
        let all = self.subscriptions.of(client.client_no).await?;
        let shown = all
            .iter()
            .filter(|one| R::ORIGINS.contains(&one.origin) && call.version.may_see(one))
            .map(|one| R::data(one, call.version))
            .collect();
        Ok(self.enveloped::<R, _>(call, StatusCode::OK, None, R::list(shown)))
    }

    async fn replace<R: Resource>(
        &self,
        call: &Call,
        id: &str,
        payload: web::Payload,
    ) -> Result<Subscription, ResourceError> {
        let document = document(call, payload).await?;
        let proposal = R::read_change(&document)?;
        if proposal.id.is_some_and(|in_body| in_body != id) {
            return Err(ResourceError::OtherId);
        }
        let client = self.client(call).await?;
        let content = self.accept(call, proposal.content)?;
        let version = call.version;
        self.change::<R>(&client, id, move |found| {
            let request = found.content.request.clone();
            let content = SubscriptionContent { request, ..content.clone() };
            version.may_change(found).map(|()| SubscriptionChange::Replace(content))
        })
        .await
    }

    async fn delete<R: Resource>(
        &self,
        call: &Call,
        id: &str,
    ) -> Result<Subscription, ResourceError> {
        call.require_fapi_headers()?;
        let client = self.client(call).await?;
        let version = call.version;
        let delete = move |found: &Subscription| {
            version.may_change(found).map(|()| SubscriptionChange::Delete)
        };
        self.change::<R>(&client, id, delete).await
    }

    async fn change<R: Resource>(
        &self,
        client: &KnownClient,
        id: &str,
        change: impl FnMut(&Subscription) -> Result<SubscriptionChange, NewerRelease> + Send + 'static,
    ) -> Result<Subscription, ResourceError> {
        let id = Subscription::id_of(id).ok_or(ResourceError::Unknown)?;
        let owned = OwnedSubscription { client_no: client.client_no, id, origins: R::ORIGINS };
        let changed = self.subscriptions.change(owned, self.clock.now(), change).await;
        changed.map_err(|error| match error {
            ChangeError::Database(error) => ResourceError::Database(error),
            ChangeError::Foreign => ResourceError::Foreign,
            ChangeError::Refused(NewerRelease) => ResourceError::NewerRelease,
            ChangeError::Unknown => ResourceError::Unknown,
        })
    }

    fn accept(
        &self,
        call: &Call,
        content: ProposedContent,
    ) -> Result<SubscriptionContent, RefusedContent> {
        content.accept(call.version.number(), &self.fan_out.types, &self.outbound)
    }

    async fn client(&self, call: &Call) -> Result<KnownClient, ResourceError> {
        let client_id = call.client_id().ok_or(ResourceError::ClientHeader)?;
        Ok(self.clients.find(client_id).await?)
    }

    fn one<R: Resource>(
        &self,
        call: &Call,
        status: StatusCode,
        subscription: &Subscription,
    ) -> HttpResponse {
        let data = R::data(subscription, call.version);
        self.enveloped::<R, _>(call, status, Some(subscription), data)
    }

    fn enveloped<R: Resource, D: Serialize>(
        &self,
        call: &Call,
        status: StatusCode,
        of: Option<&Subscription>,
        data: D,
    ) -> HttpResponse {
        let mut this = format!("{}{}{}", self.open_banking_url, call.version.base_path(), R::PATH);
        if let Some(subscription) = of {
            this.push('/');
            this.push_str(&subscription.id.to_string());
        }
        let answer = Enveloped { data, links: Links { this }, meta: Meta {} };
        HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .body(serde_json::to_string(&answer).unwrap_or_default())
    }
}

impl Version {
    /// Whether `subscription` may be used here: not if a newer release made it. What the bank made
    /// belongs to no release.
    fn may_see(self, subscription: &Subscription) -> bool {
        let maker = Self::ALL.into_iter().find(|known| known.release() == subscription.api_version);
        maker.is_none_or(|maker| maker.number() <= self.number())
    }

    fn may_change(self, subscription: &Subscription) -> Result<(), NewerRelease> {
        if self.may_see(subscription) { Ok(()) } else { Err(NewerRelease) }
    }
}

/// The body of a call that changes something, as JSON without repeated members.
async fn document(call: &Call, payload: web::Payload) -> Result<Value, ResourceError> {
    call.require_json_body()?;
    call.require_json_accepted()?;
    call.require_fapi_headers()?;
    let body = body::read(payload).await?;
    let json = std::str::from_utf8(&body).map_err(|_| ResourceError::Json)?;
    jose::from_str_strict(json).map_err(|_| ResourceError::Json)
}
