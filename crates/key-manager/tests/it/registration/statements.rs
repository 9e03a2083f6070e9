//! What a software statement must be.

use super::{METADATA, STATEMENT, Scene, UNAPPROVED, with_broken_signature};
use crate::support::{Answer, ISSUER_KEYS, Request, Setup, Software, sign};
use jiff::SignedDuration;
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use service_kit::Clock;
use test_kit::{ForgedSignature, forged_jws};

async fn refuse_all(scene: &Scene, cases: Vec<(Request, &str, &str)>) {
    for (request, error, description) in cases {
        let answer = scene.register(&request).await;
        Scene::assert_refused(&answer, error, description);
    }
    scene.assert_still_free().await;
}

async fn post_with(scene: &Scene, statement: &str) -> Answer {
    let body = scene.software.sign_with_statement(statement, &scene.request());
    scene.software.post(&scene.server, body).await
}

/// DC-04.
#[actix_web::test]
async fn dc_04_a_statement_that_its_issuer_did_not_sign_is_refused() {
    let scene = Scene::start().await;
    let claims = Value::Object(scene.request().statement).to_string();
    let good = scene.directory.sign(&scene.request().statement);
    let broken = with_broken_signature(&good);
    let flipped = good.replacen('.', ".e", 1);
    let own = sign(&scene.software.key, &scene.request().statement);
    let signature = "Invalid signature for SSA";
    let algorithm = "Invalid signing algorithm sent";
    let malformed = "Provided jwt is malformed and cannot be decoded";
    let pem = scene.directory.key.to_pem().unwrap().to_string();
    let none = forged_jws(r#"{"alg":"none"}"#, &claims, ForgedSignature::Bytes(b""));
    let hmac = forged_jws(r#"{"alg":"HS256"}"#, &claims, ForgedSignature::Hs256(pem.as_bytes()));
    let rs256 = forged_jws(r#"{"alg":"RS256"}"#, &claims, ForgedSignature::Rs256(&pem));
    let crit = forged_jws(r#"{"alg":"PS256","crit":["x"]}"#, &claims, ForgedSignature::Ps256(&pem));
    for (statement, description) in [
        (broken.as_str(), signature),
        (own.as_str(), signature),
        (none.as_str(), algorithm),
        (hmac.as_str(), algorithm),
        (rs256.as_str(), algorithm),
        (crit.as_str(), malformed),
        (flipped.as_str(), malformed),
        ("a.b.c", malformed),
        ("x", malformed),
    ] {
        let answer = post_with(&scene, statement).await;
        Scene::assert_refused(&answer, STATEMENT, description);
    }
    scene.assert_still_free().await;
}

/// DC-04, the part about time.
#[actix_web::test]
async fn dc_04_an_expired_or_old_statement_is_refused() {
    let scene = Scene::start().await;
    let now = scene.server.setup.clock.now().as_second();
    let request = || scene.request();
    let old = "The software statement has expired";
    refuse_all(
        &scene,
        vec![
            (request().statement("exp", now - 30), STATEMENT, old),
            (request().statement("iat", now - 30 * 86_400 - 31), STATEMENT, old),
            (
                request().statement("iat", now + 31),
                STATEMENT,
                "The software statement is not valid yet",
            ),
            (request().statement("iat", "now"), STATEMENT, "Invalid SSA parameter 'iat' provided"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn a_statement_without_what_registration_needs_is_refused() {
    let scene = Scene::start().await;
    for name in [
        "iss",
        "iat",
        "software_id",
        "org_id",
        "software_roles",
        "software_redirect_uris",
        "software_jwks_endpoint",
    ] {
        let answer = scene.register(&scene.request().statement_without(name)).await;
        let description = format!("Required SSA parameter '{name}' not found");
        Scene::assert_refused(&answer, STATEMENT, &description);
    }
    let without = scene.request().claim("software_statement", Value::Null);
    let answer = scene.register(&without).await;
    let description = "Required parameter software_statement cannot be null";
    Scene::assert_refused(&answer, METADATA, description);
}

#[actix_web::test]
async fn software_that_the_directory_does_not_vouch_for_any_more_is_refused() {
    let mut setup = Setup::sqlite();
    setup.config.registration.software_modes = vec!["Live".to_owned()];
    let scene = Scene::of(setup).await;
    let request = || scene.request().statement("software_mode", "live");
    let issuer = "The issuer of the software statement is not accepted";
    let organisation = "The organisation is not active";
    let mode = "The mode of the software is not accepted";
    let roles = "The software has no role that is served here";
    for (request, description) in [
        (request().statement("iss", "Somebody Else"), issuer),
        (request().statement("iss", "openbanking ltd"), issuer),
        (request().statement("org_status", "Revoked"), organisation),
        (request().statement("org_status", "withdrawn"), organisation),
        (request().statement("software_mode", "Test"), mode),
        (request().statement("software_roles", json!(["ASPSP"])), roles),
    ] {
        let answer = scene.register(&request).await;
        Scene::assert_refused(&answer, UNAPPROVED, description);
    }
    let answer = scene.register(&request().statement("org_status", "ACTIVE")).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

/// DC-07.
#[actix_web::test]
async fn dc_07_a_statement_of_another_organisation_or_software_is_refused() {
    let scene = Scene::start().await;
    let (server, directory) = (&scene.server, &scene.directory);
    let others = [
        Software::of_organisation(server, directory, &scene.software.id, "OtherOrg"),
        Software::new(server, directory, "OtherSoftware"),
    ];
    directory.take_requests();
    let body = scene.software.sign(directory, &scene.request());
    for other in &others {
        let answer = other.post(server, body.clone()).await;
        let text = "The transport certificate does not belong to the software statement";
        Scene::assert_refused(&answer, STATEMENT, text);
    }
    let requests = directory.take_requests();
    assert!(requests.iter().all(|path| path == ISSUER_KEYS), "{requests:?}");
    scene.assert_still_free().await;
}

/// DC-10.
#[actix_web::test]
async fn dc_10_scopes_beyond_the_statements_roles_are_not_granted() {
    let scene = Scene::start().await;
    let aisp = || scene.request().statement("software_roles", json!(["AISP", "ASPSP"]));
    for scope in ["payments", "openid", "admin", "openid payments fundsconfirmations", "a\tb"] {
        let answer = scene.register(&aisp().claim("scope", scope)).await;
        Scene::assert_refused(&answer, METADATA, "Invalid scope provided");
    }
    let request = aisp().claim("scope", "openid accounts payments fundsconfirmations admin");
    let answer = scene.register(&request).await;
    assert_eq!((answer.status, &answer.json()["scope"]), (201, &json!("accounts")));
    let client_id = answer.json()["client_id"].as_str().unwrap().to_owned();
    let token = scene.software.try_token(&scene.server, &client_id).await;
    // Events are for every TPP; the request named no scope that is not of its role.
    assert_eq!(token.json()["scope"], "eventpolling");
}

/// DC-13: 45 own cases, each of which must lead to no request at all.
#[actix_web::test]
async fn dc_13_a_key_endpoint_that_is_not_the_directorys_is_refused_and_never_called() {
    let scene = Scene::start().await;
    let url = &scene.directory.url;
    let port = url.rsplit_once(':').unwrap().1;
    let path = scene.software.keys_path();
    let mut cases: Vec<String> = [
        "http://127.0.0.1/jwks",
        "https://127.0.0.1/jwks",
        "https://127.1/jwks",
        "https://2130706433/jwks",
        "https://0x7f000001/jwks",
        "https://0177.0.0.1/jwks",
        "https://0/jwks",
        "https://0.0.0.0/jwks",
        "https://[::1]/jwks",
        "https://[::]/jwks",
        "https://[::ffff:127.0.0.1]/jwks",
        "https://[64:ff9b::7f00:1]/jwks",
        "https://[fe80::1]/jwks",
        "https://[fc00::1]/jwks",
        "https://10.0.0.1/jwks",
        "https://172.16.0.1/jwks",
        "https://192.168.0.1/jwks",
        "https://100.64.0.1/jwks",
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "https://metadata.google.internal/",
        "https://localhost/jwks",
        "https://intranet/jwks",
        "https://printer.local/jwks",
        "https://example.com/jwks",
        "https://keystore.openbanking.org.uk.evil.example/jwks",
        "file:///etc/passwd",
        "ftp://example.com/jwks",
        "gopher://127.0.0.1:6379/_",
        "data:application/json,{\"keys\":[]}",
        "javascript:alert(1)",
        "jwks",
        "//127.0.0.1/jwks",
        "https://",
        "not a URL",
    ]
    .map(str::to_owned)
    .to_vec();
    cases.extend([
        format!("http://localhost:{port}{path}"),
        format!("https://127.0.0.1:{port}{path}"),
        format!("https://[::1]:{port}{path}"),
        format!("https://user@localhost:{port}{path}"),
        format!("https://:password@localhost:{port}{path}"),
        format!("https://a.localhost:{port}{path}"),
        format!("https://localhost.:{port}{path}"),
        format!("https://localhost:1{path}"),
        format!("https://localhost:{port}@evil.example{path}"),
        format!("https://evil.example#@localhost:{port}{path}"),
    ]);
    assert_eq!(cases.len(), 45);
    // The issuer's own keys are known by now.
    post_with(
        &scene,
        &scene.directory.sign(&scene.request().statement_without("org_id").statement),
    )
    .await;
    let warm = scene.request().statement("software_jwks_endpoint", "x");
    scene.register(&warm).await;
    scene.directory.take_requests();
    for case in &cases {
        for name in ["software_jwks_endpoint", "software_jwks_revoked_endpoint"] {
            let answer = scene.register(&scene.request().statement(name, case.as_str())).await;
            let description = format!("Invalid SSA parameter '{name}' provided");
            Scene::assert_refused(&answer, STATEMENT, &description);
        }
        // The request's own member chooses nothing either.
        let answer = scene.register(&scene.request().claim("jwks_uri", case.as_str())).await;
        assert_eq!(answer.status, 400, "{case}: {}", answer.text);
    }
    let foreign: Vec<_> = scene
        .directory
        .take_requests()
        .into_iter()
        .filter(|asked| *asked != path && *asked != scene.software.revoked_path())
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    scene.assert_still_free().await;
}

#[actix_web::test]
async fn an_endpoint_that_does_not_give_a_key_set_is_said_and_registers_nothing() {
    let scene = Scene::start().await;
    let path = scene.software.keys_path();
    let fetched = "The keys of the software statement cannot be fetched";
    let used = "The keys of the software statement cannot be used";
    let private = SigningKey::generate(Algorithm::Es256).unwrap().public_jwk(None);
    let mut private = serde_json::to_value(private).unwrap();
    private["d"] = json!("AAAA");
    let jwk = serde_json::to_value(scene.software.key.public_jwk(None)).unwrap();
    let nested = format!("{{\"keys\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (status, text, description) in [
        (500, String::new(), fetched),
        (404, String::new(), fetched),
        (302, String::new(), fetched),
        (200, "x".repeat(64 * 1024 + 1), fetched),
        (200, "<html></html>".to_owned(), used),
        (200, "[]".to_owned(), used),
        (200, "{}".to_owned(), used),
        (200, json!({ "keys": {} }).to_string(), used),
        (200, json!({ "keys": [1] }).to_string(), used),
        (200, json!({ "keys": [private] }).to_string(), used),
        (200, json!({ "keys": [jwk, jwk] }).to_string(), used),
        (200, json!({ "keys": vec![jwk; 101] }).to_string(), used),
        (200, r#"{"keys":[],"keys":[]}"#.to_owned(), used),
        (200, nested, used),
    ] {
        scene.directory.put(&path, status, text);
        let answer = scene.register(&scene.request()).await;
        Scene::assert_refused(&answer, STATEMENT, description);
    }
    scene.directory.put_keys(&path, &[&scene.software.key]);
    scene.directory.put(&scene.software.revoked_path(), 503, "");
    let answer = scene.register(&scene.request()).await;
    Scene::assert_refused(&answer, STATEMENT, fetched);
    let request = scene.request().statement_without("software_jwks_revoked_endpoint");
    assert_eq!(scene.register(&request).await.status, 201);
}

#[actix_web::test]
async fn the_issuers_keys_are_read_once_again_after_a_while_and_kept_while_nothing_answers() {
    let mut setup = Setup::sqlite();
    setup.config.registration.allow_several_clients = true;
    let scene = Scene::of(setup).await;
    let clock = scene.server.setup.clock.clone();
    let issuer_reads = || {
        let asked = scene.directory.take_requests();
        asked.into_iter().filter(|path| path == ISSUER_KEYS).count()
    };
    for _ in 0..3 {
        scene.assert_still_free().await;
    }
    assert_eq!(issuer_reads(), 1);
    // A key id that is not known makes them be read again, but not at once.
    let next = SigningKey::generate(Algorithm::Es256).unwrap();
    let statement = sign(&next, &scene.request().statement);
    for _ in 0..3 {
        let answer = post_with(&scene, &statement).await;
        Scene::assert_refused(&answer, STATEMENT, "Invalid signature for SSA");
    }
    assert_eq!(issuer_reads(), 0);
    clock.advance(SignedDuration::from_secs(30));
    scene.directory.put_keys(ISSUER_KEYS, &[&scene.directory.key, &next]);
    assert_eq!(post_with(&scene, &statement).await.status, 201);
    assert_eq!(issuer_reads(), 1);
    // An issuer that is away is no reason to refuse what is known.
    scene.directory.put(ISSUER_KEYS, 500, "");
    clock.advance(SignedDuration::from_hours(2));
    scene.assert_still_free().await;
}

#[actix_web::test]
async fn an_issuer_away_for_too_long_vouches_for_nobody_until_it_is_back() {
    let mut setup = Setup::sqlite();
    setup.config.registration.allow_several_clients = true;
    setup.config.registration.issuer_keys_seconds = 60;
    setup.config.registration.issuer_keys_stale_seconds = 100;
    let scene = Scene::of(setup).await;
    let advance = |seconds| scene.server.setup.clock.advance(SignedDuration::from_secs(seconds));
    scene.assert_still_free().await;
    for outage in [(500, ""), (200, "<html></html>")] {
        scene.directory.put(ISSUER_KEYS, outage.0, outage.1);
        advance(159);
        scene.assert_still_free().await;
        advance(1);
        let answer = scene.register(&scene.request()).await;
        let text = "The server cannot register clients at the moment";
        answer.assert_oauth_error(503, "temporarily_unavailable", text);
        assert_eq!(answer.header("retry-after"), "1");
        scene.directory.put_keys(ISSUER_KEYS, &[&scene.directory.key]);
        advance(5);
        scene.assert_still_free().await;
    }
}

#[actix_web::test]
async fn without_any_keys_of_the_issuer_the_caller_may_try_again() {
    let scene = Scene::start().await;
    scene.directory.put(ISSUER_KEYS, 500, "");
    for _ in 0..2 {
        let answer = scene.register(&scene.request()).await;
        let text = "The server cannot register clients at the moment";
        answer.assert_oauth_error(503, "temporarily_unavailable", text);
        assert_eq!(answer.header("retry-after"), "1");
    }
    scene.directory.put_keys(ISSUER_KEYS, &[&scene.directory.key]);
    scene.server.setup.clock.advance(SignedDuration::from_secs(5));
    scene.assert_still_free().await;
}
