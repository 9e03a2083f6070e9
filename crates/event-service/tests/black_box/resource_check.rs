//! `[event_service.resource_check]`: whether the resource of an event exists.

use crate::harness::{Answer, BASIC, CLIENT, EVENT, RESOURCE, Setup, TestService, V3, V4};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event_service::{ResourceCheckConfig, ResourceCheckMode};
use serde_json::json;
use service_kit::shutdown::Shutdown;
use std::sync::{Arc, Mutex};
use test_kit::{TestDatabase, test_listener};

const MISSING: &str = "0d80478b-1d18-4e44-8e3b-92cf2a35e4b0";

async fn create(service: &TestService, base: &str, client: &str, resource: &str) -> Answer {
    let request = service
        .forwarded(&format!("{base}/create-events"))
        .header("authorization", BASIC)
        .header("x-wso2-client_id", client)
        .header("x-wso2-resource_id", resource)
        .form(&[("request", BASE64_STANDARD.encode(EVENT))]);
    Answer::read(request.send().await.unwrap()).await
}

fn not_found(resource: &str) -> String {
    format!("A resource was not found for the resource id : '{resource}' in the database. ")
}

fn setup(check: ResourceCheckConfig) -> Setup {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.resource_check = check;
    setup
}

fn listed() -> ResourceCheckConfig {
    ResourceCheckConfig {
        mode: ResourceCheckMode::Static,
        resources: vec![RESOURCE.to_owned()],
        ..ResourceCheckConfig::default()
    }
}

/// A bank's system that knows [`RESOURCE`], fails for `broken` and never answers for `slow`.
struct Bank {
    asked: Arc<Mutex<Vec<String>>>,
    check: ResourceCheckConfig,
    _shutdown: Shutdown,
}

impl Bank {
    fn start(setup: &mut Setup) -> Self {
        let listener = test_listener("bank", setup.pki.public_tls(), setup.clock.clone());
        let origin = format!("https://localhost:{}", listener.address().port());
        setup.outbound.allowed_origins = vec![origin.clone()];
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, shutdown) = (Arc::clone(&asked), Shutdown::new());
        let routes = move |config: &mut web::ServiceConfig| {
            config.app_data(web::Data::new(Arc::clone(&seen))).default_service(web::to(answer));
        };
        tokio::spawn(listener.serve(routes, shutdown.signal()));
        let check = ResourceCheckConfig {
            mode: ResourceCheckMode::Http,
            url: format!("{origin}/consents/{{resource_id}}?client={{client_id}}"),
            timeout_milliseconds: 300,
            ..ResourceCheckConfig::default()
        };
        Self { asked, check, _shutdown: shutdown }
    }
}

async fn answer(request: HttpRequest, asked: web::Data<Arc<Mutex<Vec<String>>>>) -> HttpResponse {
    asked.lock().unwrap().push(request.uri().to_string());
    match request.path().rsplit('/').next().unwrap() {
        "slow" => futures_util::future::pending().await,
        "broken" => HttpResponse::InternalServerError().finish(),
        "moved" => HttpResponse::Found().insert_header(("location", "/consents/x")).finish(),
        "gone" => HttpResponse::Gone().finish(),
        path if path == RESOURCE.replace('-', "%2D") => HttpResponse::NoContent().finish(),
        _ => HttpResponse::NotFound().finish(),
    }
}

#[actix_web::test]
async fn a_check_that_cannot_be_done_stops_the_start() {
    let http = |url: &str| ResourceCheckConfig {
        mode: ResourceCheckMode::Http,
        url: url.to_owned(),
        ..ResourceCheckConfig::default()
    };
    for (check, text) in [
        (ResourceCheckConfig { resources: vec![], ..listed() }, "resource_check.resources"),
        (http(""), "resource_check.url must contain {resource_id}"),
        (http("https://bank.example/consents"), "resource_check.url must contain {resource_id}"),
        (http("http://bank.example/{resource_id}"), "resource_check.url refused"),
        (
            ResourceCheckConfig {
                timeout_milliseconds: 0,
                ..http("https://b.example/{resource_id}")
            },
            "resource_check.timeout_milliseconds",
        ),
    ] {
        let refused = setup(check).assemble("https://localhost:1").await.unwrap_err().to_string();
        assert!(refused.contains(text), "{refused}");
    }
}

#[actix_web::test]
async fn a_resource_that_is_not_listed_is_not_found_in_the_database() {
    let service = TestService::with(&setup(listed())).await;
    let refused = create(&service, V3, CLIENT, MISSING).await;
    refused.assert_accelerator_error(400, "invalid_request", &not_found(MISSING));
    assert!(service.poll("{}").await.ids().is_empty());
    assert_eq!(create(&service, V3, CLIENT, RESOURCE).await.status, 201);
    assert_eq!(create(&service, V4, CLIENT, RESOURCE).await.status, 201);
}

#[actix_web::test]
async fn version_3_looks_for_the_resource_first_and_version_4_for_the_client() {
    let service = TestService::with(&setup(listed())).await;
    let first = create(&service, V3, "nobody", MISSING).await;
    first.assert_accelerator_error(400, "invalid_request", &not_found(MISSING));
    let client = "A client was not found for the client id : 'nobody' in the database. ";
    let first = create(&service, V4, "nobody", MISSING).await;
    first.assert_accelerator_error(400, "invalid_request", client);
}

#[actix_web::test]
async fn the_bank_is_asked_whether_a_resource_exists() {
    let mut setup = setup(ResourceCheckConfig::default());
    let bank = Bank::start(&mut setup);
    setup.config.resource_check = bank.check.clone();
    let service = TestService::with(&setup).await;
    assert_eq!(create(&service, V3, CLIENT, RESOURCE).await.status, 201);
    let encoded = format!("/consents/{}?client={CLIENT}", RESOURCE.replace('-', "%2D"));
    assert_eq!(*bank.asked.lock().unwrap(), [encoded]);
    for missing in [MISSING, "gone"] {
        let refused = create(&service, V3, CLIENT, missing).await;
        refused.assert_accelerator_error(400, "invalid_request", &not_found(missing));
    }
}

#[actix_web::test]
async fn where_the_bank_does_not_say_it_the_configuration_decides() {
    let mut setup = setup(ResourceCheckConfig::default());
    let bank = Bank::start(&mut setup);
    for (accept_unanswered, status) in [(false, 503), (true, 201)] {
        setup.config.resource_check =
            ResourceCheckConfig { accept_unanswered, ..bank.check.clone() };
        let service = TestService::with(&setup).await;
        for resource in ["slow", "broken", "moved"] {
            let answer = create(&service, V3, CLIENT, resource).await;
            assert_eq!(answer.status, status, "{resource} {answer:?}");
        }
        let refused = create(&service, V3, CLIENT, MISSING).await;
        refused.assert_accelerator_error(400, "invalid_request", &not_found(MISSING));
        setup.database = Arc::new(TestDatabase::sqlite());
    }
}

#[actix_web::test]
async fn many_events_are_refused_with_the_one_whose_resource_is_missing() {
    let service = TestService::with(&setup(listed())).await;
    let order =
        |resource| json!({"client_id": CLIENT, "resource_id": resource, "events": {"t": {}}});
    let request = service
        .forwarded("/api/lombard/events/v1/events")
        .header("authorization", BASIC)
        .header("content-type", "application/json")
        .body(json!({"events": [order(RESOURCE), order(MISSING)]}).to_string());
    let refused = Answer::read(request.send().await.unwrap()).await;
    assert_eq!((refused.status, refused.json()["pointer"].as_str()), (400, Some("/events/1")));
    assert!(service.poll("{}").await.ids().is_empty());
}
