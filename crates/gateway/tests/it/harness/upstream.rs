//! An upstream over mutual TLS that records what it is sent.

use super::serve;
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use certificates::ServiceRole;
use service_kit::shutdown::Shutdown;
use service_kit::{PresentedCertificate, SharedClock};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use test_kit::TestPki;

/// Records requests and answers what it is told to.
pub struct Upstream {
    address: OnceLock<SocketAddr>,
    requests: Mutex<Vec<Recorded>>,
    answer: Mutex<ToldAnswer>,
}

/// What an upstream was told to answer.
#[derive(Clone)]
struct ToldAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The URIs of the caller's certificate, where it is a service certificate.
    pub caller: Vec<String>,
}

impl Recorded {
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(each, _)| each == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

impl Upstream {
    pub fn start(pki: &TestPki, shutdown: &Shutdown, clock: SharedClock) -> Arc<Self> {
        let upstream = Arc::new(Self {
            address: OnceLock::new(),
            requests: Mutex::default(),
            answer: Mutex::new(ToldAnswer {
                status: 200,
                headers: Vec::new(),
                body: r#"{"moreAvailable":false,"sets":{}}"#.to_owned(),
            }),
        });
        let data = web::Data::from(Arc::clone(&upstream));
        let routes = move |config: &mut web::ServiceConfig| {
            config.app_data(data.clone()).default_service(web::to(record));
        };
        let tls = pki.internal_tls(ServiceRole::EventService, None);
        upstream.address.set(serve(tls, clock, shutdown, routes)).unwrap();
        upstream
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.get().unwrap().port())
    }

    /// Everything that arrived so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    /// The one request that arrived.
    pub fn only_request(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.into_iter().next().unwrap()
    }

    /// What it answers from now on.
    pub fn answers(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(own).collect();
        *self.answer.lock().unwrap() = ToldAnswer { status, headers, body: body.to_owned() };
    }
}

async fn record(
    request: HttpRequest,
    body: web::Bytes,
    certificate: PresentedCertificate,
    upstream: web::Data<Upstream>,
) -> HttpResponse {
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    upstream.requests.lock().unwrap().push(Recorded {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        caller: match certificate {
            PresentedCertificate::Trusted(certificate) => certificate.uris().to_owned(),
            PresentedCertificate::Missing | PresentedCertificate::Rejected(_) => Vec::new(),
        },
    });
    let ToldAnswer { status, headers, body } = upstream.answer.lock().unwrap().clone();
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        answer.append_header((name, value));
    }
    answer.body(body)
}
