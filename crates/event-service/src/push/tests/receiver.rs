//! Receivers behind one TLS listener, each at a path of its own, good or bad as told.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use service_kit::SystemClock;
use service_kit::shutdown::Shutdown;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use test_kit::{TestPki, test_listener};

/// What a receiver does.
#[derive(Clone, Debug)]
pub(super) enum Behaviour {
    Status(u16),
    /// A status with a JSON body.
    Body(u16, &'static str),
    /// A status with a header.
    Header(u16, &'static str, &'static str),
    /// A status, then a body without an end.
    Endless(u16),
    /// No answer, ever.
    Silent,
    /// 202 after a moment.
    Slow,
}

/// What a receiver was sent.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) body: String,
    pub(super) content_type: String,
    pub(super) accept: String,
    pub(super) interaction_id: String,
}

/// Receivers `/r/NAME`; each accepts until told otherwise.
#[derive(Clone)]
pub(super) struct Receivers {
    pub(super) origin: String,
    memory: Arc<Memory>,
    _shutdown: Arc<Shutdown>,
}

#[derive(Default)]
struct Memory {
    behaviour: Mutex<HashMap<String, Behaviour>>,
    received: Mutex<HashMap<String, Vec<Received>>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Receivers {
    pub(super) fn start(pki: &TestPki) -> Self {
        let listener = test_listener("receiver", pki.public_tls(), Arc::new(SystemClock));
        let origin = format!("https://localhost:{}", listener.address().port());
        let (memory, shutdown) = (Arc::<Memory>::default(), Shutdown::new());
        let data = web::Data::from(Arc::clone(&memory));
        let routes = move |config: &mut web::ServiceConfig| {
            config.app_data(data.clone()).route("/r/{name}", web::post().to(receive));
        };
        tokio::spawn(listener.serve(routes, shutdown.signal()));
        Self { origin, memory, _shutdown: Arc::new(shutdown) }
    }

    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/r/{name}", self.origin)
    }

    pub(super) fn set(&self, name: &str, behaviour: Behaviour) {
        self.memory.behaviour.lock().unwrap().insert(name.to_owned(), behaviour);
    }

    pub(super) fn received(&self, name: &str) -> Vec<Received> {
        self.memory.received.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.memory.received.lock().unwrap().get(name).map_or(0, Vec::len)
    }

    /// The most deliveries at one moment, to all of them, since it was last asked.
    pub(super) fn most_at_once(&self) -> usize {
        self.memory.most_at_once.swap(0, Ordering::SeqCst)
    }
}

async fn receive(
    request: HttpRequest,
    name: web::Path<String>,
    memory: web::Data<Memory>,
    body: String,
) -> HttpResponse {
    let now = memory.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    memory.most_at_once.fetch_max(now, Ordering::SeqCst);
    let header = |name: &str| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
    };
    let received = Received {
        body,
        content_type: header("content-type"),
        accept: header("accept"),
        interaction_id: header("x-fapi-interaction-id"),
    };
    memory.received.lock().unwrap().entry(name.clone()).or_default().push(received);
    let behaviour = memory.behaviour.lock().unwrap().get(&*name).cloned();
    let answer = answer(behaviour.unwrap_or(Behaviour::Status(202))).await;
    memory.at_once.fetch_sub(1, Ordering::SeqCst);
    answer
}

async fn answer(behaviour: Behaviour) -> HttpResponse {
    let status = |status: u16| HttpResponse::build(status.try_into().unwrap());
    match behaviour {
        Behaviour::Status(code) => status(code).finish(),
        Behaviour::Body(code, body) => status(code).content_type("application/json").body(body),
        Behaviour::Header(code, name, value) => status(code).insert_header((name, value)).finish(),
        Behaviour::Endless(code) => {
            let part = Bytes::from(vec![b'x'; 65_536]);
            let parts = stream::repeat_with(move || Ok::<_, actix_web::Error>(part.clone()));
            status(code).streaming(parts.boxed())
        }
        Behaviour::Silent => std::future::pending().await,
        Behaviour::Slow => {
            tokio::time::sleep(Duration::from_millis(30)).await;
            status(202).finish()
        }
    }
}
