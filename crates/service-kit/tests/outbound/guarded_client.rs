use crate::peer::Peer;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use service_kit::outbound::{GuardedClient, GuardedError, HeaderMap, HeaderValue, OutboundConfig};
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
            .route("/large", web::get().to(|| async { HttpResponse::Ok().body(vec![0; 65_537]) }))
            .route(
                "/endless",
                web::get().to(|| async {
                    let never = stream::pending::<Result<web::Bytes, actix_web::Error>>();
                    let first = stream::once(async { Ok(web::Bytes::from_static(b"x")) });
                    HttpResponse::Ok().streaming(first.chain(never))
                }),
            )
            .route(
                "/moved",
                web::get().to(|| async {
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
