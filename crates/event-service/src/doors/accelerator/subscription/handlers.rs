//! The handlers of `/subscription`.

use super::body::Order;
use super::error::SubscriptionError;
use crate::audit::{self, Refused, SubscriptionAction};
use crate::clients::KnownClient;
use crate::doors::accelerator::answer;
use crate::doors::accelerator::call::Call;
use crate::doors::accelerator::headers::DoorHeader;
use crate::doors::accelerator::method_not_allowed;
use crate::doors::body;
use crate::service::State;
use crate::store::{
    AddError, ChangeError, NewSubscription, OwnedSubscription, SubscriptionChange,
    SubscriptionLimit,
};
use crate::subscriptions::{CallbackUrl, Origin, Subscription};
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::convert::Infallible;

/// The routes below a base path.
pub(in crate::doors::accelerator) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(["/subscription", "/subscription/"])
                .route(web::get().to(list))
                .route(web::post().to(create))
                .default_service(web::to(|| method_not_allowed("GET, POST"))),
        )
        .service(
            web::resource("/subscription/type/{event_type:.+}")
                .route(web::get().to(list_by_type))
                .default_service(web::to(|| method_not_allowed("GET"))),
        )
        .service(
            web::resource(["/subscription/{id}", "/subscription/{id}/"])
                .route(web::get().to(show))
                .route(web::put().to(change))
                .route(web::delete().to(delete))
                .default_service(web::to(|| method_not_allowed("DELETE, GET, PUT"))),
        );
}

/// `POST …/subscription`: 201 with the new one, once it is durable.
async fn create(state: web::Data<State>, call: Call, payload: web::Payload) -> HttpResponse {
    let created = state.create_subscription(&call, payload).await;
    let answer = created.map(|created| json(StatusCode::CREATED, &Document::of(&created)));
    answered(&call, SubscriptionAction::Create, answer)
}

/// `GET …/subscription`: 200 with the client's, which may be none.
async fn list(state: web::Data<State>, call: Call) -> HttpResponse {
    let all = state.subscriptions_where(&call, |_| true).await;
    answered(&call, SubscriptionAction::Read, all)
}

/// `GET …/subscription/type/{eventType}`: 200 with those of the client's that want the type.
async fn list_by_type(
    state: web::Data<State>,
    call: Call,
    event_type: web::Path<String>,
) -> HttpResponse {
    let wants = |one: &Subscription| state.fan_out.wants(one, &event_type);
    let some = state.subscriptions_where(&call, wants).await;
    answered(&call, SubscriptionAction::Read, some)
}

/// `GET …/subscription/{subscriptionId}`: 200.
async fn show(state: web::Data<State>, call: Call, id: web::Path<String>) -> HttpResponse {
    let found = state.subscription(&call, &id).await;
    let answer = found.map(|found| json(StatusCode::OK, &Document::of(&found)));
    answered(&call, SubscriptionAction::Read, answer)
}

/// `PUT …/subscription/{subscriptionId}`: 200 with what it is now.
async fn change(
    state: web::Data<State>,
    call: Call,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let changed = state.update_subscription(&call, &id, payload).await;
    let answer = changed.map(|changed| json(StatusCode::OK, &Document::of(&changed)));
    answered(&call, SubscriptionAction::Change, answer)
}

/// `DELETE …/subscription/{subscriptionId}`: 204.
async fn delete(state: web::Data<State>, call: Call, id: web::Path<String>) -> HttpResponse {
    let deleted = state.delete_subscription(&call, &id).await;
    let answer = deleted.map(|_| HttpResponse::NoContent().finish());
    answered(&call, SubscriptionAction::Delete, answer)
}

fn answered(
    call: &Call,
    action: SubscriptionAction,
    answer: Result<HttpResponse, SubscriptionError>,
) -> HttpResponse {
    let client_id = call.claimed_client();
    match answer {
        Ok(answer) => {
            audit::subscription(DOOR, action, call.subject(&client_id));
            answer
        }
        Err(error) => {
            let refused = Refused { reason: error.reason(), error: &error };
            audit::subscription_refused(DOOR, action, call.subject(&client_id), refused);
            answer::refusal(error.wire(action))
        }
    }
}

/// The checks in WSO2's order: media type, header, client, body.
impl State {
    async fn create_subscription(
        &self,
        call: &Call,
        payload: web::Payload,
    ) -> Result<Subscription, SubscriptionError> {
        let (client, order) = self.ordered(call, payload).await?;
        let new = NewSubscription {
            id: self.random.uuid_v4(),
            client_no: client.client_no,
            origin: Origin::Accelerator,
            api_version: call.version.release(),
            content: order.content(),
        };
        let limit = SubscriptionLimit {
            origins: Origin::SUBSCRIPTIONS,
            most: self.config.max_subscriptions,
        };
        self.subscriptions.add(new, limit, self.clock.now()).await.map_err(|error| match error {
            AddError::Database(error) => SubscriptionError::Database(error),
            AddError::LimitReached => SubscriptionError::LimitReached,
        })
    }

    async fn subscriptions_where(
        &self,
        call: &Call,
        is_listed: impl Fn(&Subscription) -> bool,
    ) -> Result<HttpResponse, SubscriptionError> {
        let client = self.named_client(call).await?;
        let all = self.subscriptions.of(client.client_no).await?;
        let listed: Vec<_> = all
            .iter()
            .filter(|one| Origin::SUBSCRIPTIONS.contains(&one.origin) && is_listed(one))
            .map(Document::of)
            .collect();
        Ok(json(StatusCode::OK, &listed))
    }

    async fn subscription(&self, call: &Call, id: &str) -> Result<Subscription, SubscriptionError> {
        let client = self.named_client(call).await?;
        self.store.subscription(owned(&client, id)?).await.map_err(refused)
    }

    async fn update_subscription(
        &self,
        call: &Call,
        id: &str,
        payload: web::Payload,
    ) -> Result<Subscription, SubscriptionError> {
        let (client, order) = self.ordered(call, payload).await?;
        let update = move |found: &Subscription| {
            Ok(SubscriptionChange::Replace(order.changed(&found.content)))
        };
        self.change_subscription(&client, id, update).await
    }

    async fn delete_subscription(
        &self,
        call: &Call,
        id: &str,
    ) -> Result<Subscription, SubscriptionError> {
        let client = self.named_client(call).await?;
        self.change_subscription(&client, id, |_| Ok(SubscriptionChange::Delete)).await
    }

    async fn change_subscription(
        &self,
        client: &KnownClient,
        id: &str,
        change: impl FnMut(&Subscription) -> Result<SubscriptionChange, Infallible> + Send + 'static,
    ) -> Result<Subscription, SubscriptionError> {
        let owned = owned(client, id)?;
        let changed = self.subscriptions.change(owned, self.clock.now(), change).await;
        changed.map_err(refused)
    }

    async fn ordered(
        &self,
        call: &Call,
        payload: web::Payload,
    ) -> Result<(KnownClient, Order), SubscriptionError> {
        if !call.is_json() {
            return Err(SubscriptionError::MediaType);
        }
        let client = self.named_client(call).await?;
        let order = Order::read(&body::read(payload).await?, &self.outbound)?;
        Ok((client, order))
    }

    async fn named_client(&self, call: &Call) -> Result<KnownClient, SubscriptionError> {
        let client_id = call.header(DoorHeader::ClientId)?;
        Ok(self.clients.find(&client_id).await?)
    }
}

fn owned(client: &KnownClient, id: &str) -> Result<OwnedSubscription, SubscriptionError> {
    let id = Subscription::id_of(id).ok_or(SubscriptionError::Unknown)?;
    Ok(OwnedSubscription { client_no: client.client_no, id, origins: Origin::SUBSCRIPTIONS })
}

fn refused(error: ChangeError<Infallible>) -> SubscriptionError {
    match error {
        ChangeError::Database(error) => SubscriptionError::Database(error),
        ChangeError::Foreign => SubscriptionError::Foreign,
        ChangeError::Refused(never) => match never {},
        ChangeError::Unknown => SubscriptionError::Unknown,
    }
}

fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(serde_json::to_string(body).unwrap_or_default())
}

/// A subscription as WSO2 answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'s> {
    subscription_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'s str>,
    event_types: &'s [String],
}

impl<'s> Document<'s> {
    fn of(subscription: &'s Subscription) -> Self {
        let content = &subscription.content;
        Self {
            subscription_id: subscription.id.to_string(),
            callback_url: content.callback_url.as_ref().map(CallbackUrl::as_str),
            version: content.version.as_deref(),
            event_types: content.event_types.as_deref().unwrap_or_default(),
        }
    }
}

/// This door's name in logs and metrics.
const DOOR: &str = "accelerator";
