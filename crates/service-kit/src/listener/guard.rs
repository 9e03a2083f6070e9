//! The first thing that sees a request and the last that sees its answer.

use super::{
    Limits,
    accept::Door,
    answer::Answer,
    body::BodyWatch,
    connection::Connection,
    head::{self, HeadError},
    measure::AnswerMeters,
};
use crate::{SharedRandom, access::AccessError, errors::problem::problem, interaction_id};
use actix_http::{ConnectionType, Payload, Request, Response};
use actix_service::{Service, ServiceFactory};
use actix_web::{
    body::BoxBody,
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use futures_util::future::LocalBoxFuture;
use std::{
    convert::Infallible,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

/// Makes a [`Guard`] for each worker.
pub(super) struct GuardFactory<F> {
    application: F,
    limits: Arc<Limits>,
    random: SharedRandom,
    name: &'static str,
}

/// Refuses what no handler may see, gives every request and answer its interaction id, watches
/// bodies, and closes connections that are old, refused or out of step.
pub(super) struct Guard<S> {
    application: S,
    limits: Arc<Limits>,
    random: SharedRandom,
    meters: Rc<AnswerMeters>,
}

/// What the guard keeps of a request while it is being answered.
struct Exchange {
    connection: Rc<Connection>,
    limits: Arc<Limits>,
    meters: Rc<AnswerMeters>,
    began: Instant,
    interaction_id: HeaderValue,
    body: Option<Rc<BodyWatch>>,
    content_length: Option<usize>,
}

/// Why no handler sees a request.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// The listener's table does not hold the call.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The head is ambiguous or too much.
    #[error(transparent)]
    Head(#[from] HeadError),
}

impl<F> GuardFactory<F> {
    pub(super) fn new(application: F, door: &Door) -> Self {
        Self {
            application,
            limits: Arc::clone(door.limits()),
            random: Arc::clone(door.random()),
            name: door.name(),
        }
    }
}

impl<F> ServiceFactory<Request> for GuardFactory<F>
where
    F: ServiceFactory<Request, Config = (), InitError = ()>,
    F::Service: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error>,
    F::Future: 'static,
    Guard<F::Service>: Service<Request, Response = Response<Answer>, Error = Infallible>,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Config = ();
    type Service = Guard<F::Service>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let application = self.application.new_service(());
        let (limits, random) = (Arc::clone(&self.limits), Arc::clone(&self.random));
        let meters = Rc::new(AnswerMeters::new(self.name));
        Box::pin(
            async move { Ok(Guard { application: application.await?, limits, random, meters }) },
        )
    }
}

impl<S> Service<Request> for Guard<S>
where
    S: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error>,
    S::Future: 'static,
{
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An application is always ready; one that fails here would take the listener down.
        self.application.poll_ready(cx).map(|_| Ok(()))
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let Some(connection) = request.conn_data::<Rc<Connection>>().map(Rc::clone) else {
            unreachable!("the listener gives every connection its data");
        };
        if connection.is_closing() {
            connection.hang_up();
            return Box::pin(std::future::pending());
        }
        let (exchange, head_bytes) = self.begin(&mut request, connection);
        if let Err(refusal) = exchange.check(&request, head_bytes) {
            drop(request);
            return Box::pin(async move { Ok(exchange.refuse(refusal).await) });
        }
        let answer = self.application.call(request);
        Box::pin(async move { Ok(exchange.finish(answer.await).await) })
    }
}

impl<S> Guard<S> {
    fn begin(&self, request: &mut Request, connection: Rc<Connection>) -> (Exchange, usize) {
        let has_body = !matches!(request.payload(), Payload::None);
        let head_bytes = connection.begin_request(has_body);
        if request.head().connection_type() == ConnectionType::Close {
            connection.close();
        }
        let body =
            has_body.then(|| BodyWatch::install(request.payload(), &connection, &self.limits));
        let headers = request.headers_mut();
        let exchange = Exchange {
            connection,
            limits: Arc::clone(&self.limits),
            meters: Rc::clone(&self.meters),
            began: Instant::now(),
            interaction_id: interaction_id::ensure(headers, &*self.random),
            body,
            content_length: headers
                .get(header::CONTENT_LENGTH)
                .and_then(|length| length.to_str().ok()?.trim().parse().ok()),
        };
        (exchange, head_bytes)
    }
}

impl Exchange {
    /// Whether a handler may see the request.
    fn check(&self, request: &Request, head_bytes: usize) -> Result<(), Refusal> {
        head::check(request.head(), head_bytes, &self.limits)?;
        if self.connection.has_access_rules() {
            self.connection.admit(request.method(), request.path())?;
        }
        Ok(())
    }

    async fn refuse(self, refusal: Refusal) -> Response<Answer> {
        let (answer, close) = match refusal {
            Refusal::Access(error) => (error.answer(), false),
            Refusal::Head(error) => error.answer(),
        };
        if !close {
            self.drain().await;
        }
        self.seal(answer.into(), close)
    }

    async fn finish(
        self,
        answer: Result<ServiceResponse<BoxBody>, actix_web::Error>,
    ) -> Response<Answer> {
        if self.body.as_ref().is_some_and(|body| body.timed_out()) {
            let detail = "the request body did not come in time";
            let answer = problem(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail);
            self.connection.hang_up();
            return self.seal(answer.into(), true);
        }
        let answer: Response<BoxBody> = match answer {
            Ok(answer) => answer.into(),
            Err(error) => error.error_response().into(),
        };
        self.drain().await;
        self.seal(answer, false)
    }

    async fn drain(&self) {
        if let Some(body) = &self.body {
            body.drain(self.content_length).await;
        }
    }

    fn seal(self, mut answer: Response<BoxBody>, close: bool) -> Response<Answer> {
        answer.headers_mut().insert(interaction_id::HEADER_NAME.clone(), self.interaction_id);
        if close || self.connection.is_old(&self.limits) {
            answer.head_mut().set_connection_type(ConnectionType::Close);
            self.connection.close();
        }
        self.meters.count(answer.status(), self.began.elapsed());
        answer.map_body(|_, body| Answer::new(body, self.connection))
    }
}
