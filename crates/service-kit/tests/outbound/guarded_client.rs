use crate::peer::Peer;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use service_kit::outbound::{
    GuardedClient, GuardedError, HeaderMap, HeaderValue, NameLookup, OutboundConfig,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use test_kit::TestPki;

/// A server on loopback and a client that may call it.
fn start(pki: &TestPki) -> (Peer, GuardedClient) {
    let peer = Peer::public(pki, &pki.server_rsa(), |config| {
        config
            .route(
                "/jwks",
                web::get().to(|request: HttpRequest| async move {
                    let accept = request.headers().get("accept").cloned();
                    HttpResponse::Ok()
                        .body(accept.map(|value| value.as_bytes().to_vec()).unwrap_or_default())
                }),
            )
            .route(
                "/callback",
                web::post().to(|request: HttpRequest, body: web::Bytes| async move {
                    let header = |name| {
                        request.headers().get(name).is_some_and(|value| value == "application/jwt")
                    };
                    assert!(header("content-type") && header("x-test"));
                    HttpResponse::Accepted().body(body)
                }),
            )
            .route("/large", web::route().to(|| async { HttpResponse::Ok().body(vec![0; 65_537]) }))
            .route("/silent", web::post().to(std::future::pending::<HttpResponse>))
            .route(
                "/endless",
                web::route().to(|| async {
                    let never = stream::pending::<Result<web::Bytes, actix_web::Error>>();
                    let first = stream::once(async { Ok(web::Bytes::from_static(b"x")) });
                    HttpResponse::Ok().streaming(first.chain(never))
                }),
            )
            .route(
                "/moved",
                web::route().to(|| async {
                    HttpResponse::Found().insert_header(("Location", "/jwks")).finish()
                }),
            );
    });
    let client = allowing(&peer, &pki.server_ca_pem());
    (peer, client)
}

fn allowing(peer: &Peer, roots_pem: &str) -> GuardedClient {
    let config = OutboundConfig {
        allowed_origins: vec![peer.url()],
        timeout_seconds: 3,
        ..OutboundConfig::default()
    };
    GuardedClient::new(&config, roots_pem).expect("a valid configuration")
}

#[tokio::test]
async fn loopback_is_refused_unless_its_origin_is_allowed() {
    let pki = TestPki::new();
    let (peer, _client) = start(&pki);
    let strict = GuardedClient::new(&OutboundConfig::default(), &pki.server_ca_pem())
        .expect("a valid configuration");
    let error = strict.get(&(peer.url() + "/jwks"), "*/*").await.expect_err("loopback");
    assert!(matches!(error, GuardedError::Refused(_)), "{error}");
}

#[tokio::test]
async fn a_certificate_that_no_trusted_root_has_issued_is_refused() {
    let pki = TestPki::new();
    let (peer, _client) = start(&pki);
    let strict = allowing(&peer, "");
    let error = strict.get(&(peer.url() + "/jwks"), "*/*").await.expect_err("unknown issuer");
    assert!(matches!(error, GuardedError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn redirects_and_large_answers_are_refused() {
    let (peer, client) = start(&TestPki::new());
    let origin = peer.url();
    for (path, reason) in [("/moved", "redirects"), ("/large", "above 65536 bytes")] {
        let error = client.get(&format!("{origin}{path}"), "*/*").await.expect_err(path);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up_at_the_deadline() {
    let (peer, client) = start(&TestPki::new());
    let error = client.get(&(peer.url() + "/endless"), "*/*").await.expect_err("a deadline");
    assert!(matches!(error, GuardedError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn a_delivery_is_told_its_status_and_no_more_than_the_beginning_of_the_body() {
    let (peer, client) = start(&TestPki::new());
    let client = client.limited_to(1000, Duration::from_millis(500));
    for (path, status, length) in [("/moved", 302, 0), ("/large", 200, 1000), ("/endless", 200, 1)]
    {
        let url = peer.url() + path;
        let answer = client.deliver(&url, "application/jwt", "a.b.c".into(), HeaderMap::new());
        let answer = answer.await.expect(path);
        assert_eq!((answer.status, answer.body.len()), (status, length), "{path}");
    }
}

#[tokio::test]
async fn a_delivery_without_an_answer_has_timed_out() {
    let (peer, client) = start(&TestPki::new());
    let client = client.limited_to(1000, Duration::from_millis(200));
    let url = peer.url() + "/silent";
    let answer = client.deliver(&url, "application/jwt", "a.b.c".into(), HeaderMap::new());
    let error = answer.await.expect_err("a deadline");
    assert!(matches!(error, GuardedError::TimedOut(_)), "{error}");
}

#[tokio::test]
async fn a_name_is_looked_up_for_each_call_and_refused_whatever_it_meant_before() {
    let (peer, _) = start(&TestPki::new());
    let (port, asked) = (peer.port(), Arc::new(AtomicUsize::new(0)));
    let answers = ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1"];
    let lookup = NameLookup::new({
        let asked = Arc::clone(&asked);
        move |_| {
            let answer = answers[asked.fetch_add(1, Ordering::Relaxed) % answers.len()];
            Box::pin(async move { Ok(vec![answer.parse().expect("an address")]) })
        }
    });
    let config = OutboundConfig { allowed_ports: vec![port], ..OutboundConfig::default() };
    let client = GuardedClient::with_lookup(&config, "", lookup).expect("a configuration");
    let url = format!("https://rebinding.example:{port}/callback");
    client.check(&url).expect("nothing is known of the name yet");
    for _ in answers {
        let error = client.deliver(&url, "application/jwt", "a.b.c".into(), HeaderMap::new()).await;
        assert!(matches!(error, Err(GuardedError::Refused(_))), "{error:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), answers.len());
}

#[tokio::test]
async fn an_allowed_origin_is_called_over_verified_tls() {
    let (peer, client) = start(&TestPki::new());
    let origin = peer.url();
    client.check(&format!("{origin}/jwks")).expect("an allowed origin");
    let answer = client.get(&format!("{origin}/jwks"), "application/jwk-set+json").await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (200, &b"application/jwk-set+json"[..]));

    let headers = HeaderMap::from_iter([(
        "x-test".parse().expect("a name"),
        HeaderValue::from_static("application/jwt"),
    )]);
    let url = format!("{origin}/callback");
    let answer = client.post(&url, "application/jwt", "a.b.c".into(), headers).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.body[..]), (202, &b"a.b.c"[..]));
}
