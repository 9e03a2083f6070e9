//! Bodies that are too large, too deep, of the wrong type or not JSON at all.

use super::{METADATA, REDIRECT, Scene, with_broken_signature};
use crate::support::{Answer, JWT, Setup, Software};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::base64url;

/// DC-18.
#[actix_web::test]
async fn dc_18_bodies_beyond_every_limit_are_refused_by_size_depth_and_number() {
    let scene = Scene::start().await;
    let software = &scene.software;
    for size in [64 * 1024 + 1, 2 * 1024 * 1024] {
        let answer = software.post(&scene.server, "a".repeat(size)).await;
        let text = "The request body is too large";
        answer.assert_oauth_error(413, "invalid_request", text);
    }
    let uris = |number: usize| (0..number).map(|n| format!("https://a/{n}")).collect::<Vec<_>>();
    let many = scene.request().claim("redirect_uris", json!(uris(10_000)));
    let answer = scene.register(&many).await;
    answer.assert_oauth_error(413, "invalid_request", "The request body is too large");
    let many = scene
        .request()
        .claim("redirect_uris", json!(uris(257)))
        .statement("software_redirect_uris", json!(uris(257)));
    let answer = scene.register(&many).await;
    Scene::assert_refused(&answer, REDIRECT, "Invalid redirect_uris provided");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{{\"x\":{}1{}}}", open.repeat(6_000), close.repeat(6_000));
        let header = base64url(br#"{"alg":"PS256"}"#);
        let body = format!("{header}.{}.{}", base64url(deep.as_bytes()), base64url(b"x"));
        assert!(body.len() <= 64 * 1024);
        let answer = software.post(&scene.server, body).await;
        Scene::assert_refused(&answer, METADATA, "Malformed request JWT");
    }
    scene.assert_still_free().await;
}

/// DC-18: 48 own texts that are not one JSON object, or not one that may be read, each as header and
/// as claims.
#[actix_web::test]
async fn dc_18_texts_that_are_not_one_json_object_are_refused() {
    let scene = Scene::start().await;
    let deep = |open: &str, number: usize| open.repeat(number);
    let mut texts: Vec<Vec<u8>> = [
        "",
        " ",
        "null",
        "true",
        "1",
        "\"x\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{}}",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":1e999}",
        "{\"a\":nul}",
        "{\"a\":True}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{/**/}",
        "{}//",
        "\u{feff}{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{\"a\":1,\"\\u0061\":2}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    texts.push(b"{\"a\":\"\xff\"}".to_vec());
    texts.push(b"{\"a\":\"\xc0\x80\"}".to_vec());
    texts.push(b"{\0}".to_vec());
    texts.push(deep("[", 10_000).into_bytes());
    texts.push(format!("{}1{}", deep("{\"a\":", 33), deep("}", 33)).into_bytes());
    assert_eq!(texts.len(), 48);
    let good = base64url(br#"{"alg":"ES256"}"#);
    for text in &texts {
        let text = base64url(text);
        for body in [format!("{good}.{text}.AAAA"), format!("{text}.{text}.AAAA")] {
            let answer = scene.software.post(&scene.server, body).await;
            Scene::assert_refused(&answer, METADATA, "Malformed request JWT");
        }
    }
    let requests = scene.directory.take_requests();
    assert!(requests.is_empty(), "{requests:?}");
}

#[actix_web::test]
async fn members_of_every_wrong_type_are_named() {
    let scene = Scene::start().await;
    for name in [
        "iss",
        "iat",
        "exp",
        "jti",
        "scope",
        "redirect_uris",
        "grant_types",
        "response_types",
        "token_endpoint_auth_method",
        "application_type",
        "software_statement",
        "software_id",
        "id_token_signed_response_alg",
        "request_object_signing_alg",
    ] {
        for value in [json!(true), json!({}), json!([[]]), json!([1]), json!(1.5)] {
            let answer = scene.register(&scene.request().claim(name, value)).await;
            Scene::assert_refused(&answer, METADATA, &format!("Invalid {name} provided"));
        }
    }
    let statement = scene.request().statement("software_roles", "AISP");
    let answer = scene.register(&statement).await;
    let text = "Invalid SSA parameter 'software_roles' provided";
    Scene::assert_refused(&answer, super::STATEMENT, text);
}

/// DC-19: the documented set is `application/jwt` and `application/jose` with any charset that has
/// ASCII as its lower half. `application/json` is refused: a compact JWS is no JSON text.
#[actix_web::test]
async fn dc_19_other_content_types_than_those_of_a_jws_are_refused() {
    let scene = Scene::start().await;
    let url = scene.server.identity("/open-banking/v3.3.0/register");
    let post = |content_type: Option<&str>| {
        let body = scene.software.sign(&scene.directory, &scene.request());
        let post = scene.software.http.post(&url).body(body);
        Answer::of(match content_type {
            Some(content_type) => post.header("content-type", content_type),
            None => post,
        })
    };
    for content_type in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("application/x-www-form-urlencoded"),
        Some("text/plain"),
        Some("application/jwt; charset=utf-16"),
        Some("application/jose+json"),
    ] {
        let answer = post(content_type).await;
        let text = "The request body must be application/jwt or application/jose";
        answer.assert_oauth_error(415, "invalid_request", text);
    }
    for content_type in
        [JWT, "application/jwt", "application/jose", "Application/JOSE; charset=UTF-8"]
    {
        let answer = post(Some(content_type)).await;
        let error = answer.json().get("error").cloned().unwrap_or(Value::Null);
        assert!(answer.status == 201 || error == METADATA, "{content_type}: {}", answer.text);
    }
}

#[actix_web::test]
async fn other_methods_are_named_as_such() {
    let scene = Scene::start().await;
    let register = scene.server.identity("/open-banking/v3.3.0/register");
    let answer = Answer::of(scene.software.http.get(&register)).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    let answer = Answer::of(scene.software.http.post(format!("{register}/x"))).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, PUT, DELETE"));
    for path in ["/open-banking/v3.1.0/register", "/open-banking/v3.3/register"] {
        let answer = Answer::of(scene.software.http.post(scene.server.identity(path))).await;
        assert_eq!(answer.status, 404, "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_software_that_is_refused_again_and_again_must_wait_and_others_need_not() {
    let mut setup = Setup::sqlite();
    setup.config.failure_limit.per_minute = 5;
    let scene = Scene::of(setup).await;
    let other = Software::new(&scene.server, &scene.directory, "5Kq1ZzSoftwareTwo");
    let broken = with_broken_signature(&scene.software.sign(&scene.directory, &scene.request()));
    for _ in 0..5 {
        assert_eq!(scene.software.post(&scene.server, broken.clone()).await.status, 400);
    }
    scene.directory.take_requests();
    let slowed = scene.register(&scene.request()).await;
    slowed.assert_oauth_error(429, "slow_down", "Too many failed attempts, try again later");
    assert_eq!(slowed.header("retry-after"), "12");
    let by_gateway = scene
        .software
        .call_by_gateway(Method::POST, &scene.server, "/open-banking/v3.3.0/register")
        .header("content-type", "application/jwt")
        .body(broken)
        .send()
        .await
        .unwrap();
    assert_eq!(by_gateway.status(), 429, "the same certificate from the same address");
    assert_eq!(scene.directory.take_requests(), Vec::<String>::new());

    let request = other.request(&scene.server, &scene.directory);
    assert_eq!(other.register(&scene.server, &scene.directory, &request).await.status, 201);
    scene.server.setup.clock.advance(SignedDuration::from_mins(1));
    scene.assert_still_free().await;
}
