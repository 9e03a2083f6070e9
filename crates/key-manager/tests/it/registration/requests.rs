//! What a registration request must say.

use super::{METADATA, REDIRECT, Scene};
use crate::support::{Answer, JWT, Request, Setup, Software, sign};
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use service_kit::Clock;
use test_kit::{ForgedSignature, forged_jws};

async fn refuse_all(scene: &Scene, cases: Vec<(Request, &str)>) {
    for (request, description) in cases {
        let answer = scene.register(&request).await;
        Scene::assert_refused(&answer, METADATA, description);
    }
    scene.assert_still_free().await;
}

/// DC-02.
#[actix_web::test]
async fn dc_02_a_request_that_expired_or_lacks_a_time_or_an_id_is_refused() {
    let scene = Scene::start().await;
    let now = scene.server.setup.clock.now().as_second();
    let request = || scene.request();
    refuse_all(
        &scene,
        vec![
            (request().claim("exp", now - 30), "Invalid exp provided"),
            (request().claim("exp", now + 3 * 86_400 + 31), "Invalid exp provided"),
            (request().claim("exp", 1e300), "Invalid exp provided"),
            (request().claim("exp", "tomorrow"), "Invalid exp provided"),
            (request().claim("exp", u64::MAX), "Invalid exp provided"),
            (request().claim("exp", -1), "Invalid exp provided"),
            (request().without("exp"), "Required parameter exp cannot be null"),
            (request().claim("iat", now + 31), "Invalid iat provided"),
            (request().without("iat"), "Required parameter iat cannot be null"),
            (request().without("jti"), "Required parameter jti cannot be null"),
            (request().claim("jti", ""), "Required parameter jti cannot be empty"),
            (request().claim("jti", 1), "Invalid jti provided"),
            (request().claim("jti", "x".repeat(256)), "Invalid jti provided"),
            (request().without("aud"), "Required parameter aud cannot be null"),
        ],
    )
    .await;
}

/// DC-03.
#[actix_web::test]
async fn dc_03_an_issuer_that_is_not_the_software_is_refused() {
    let scene = Scene::start().await;
    let request = || scene.request();
    refuse_all(
        &scene,
        vec![
            (request().claim("iss", "AnotherSoftware"), "Invalid issuer"),
            (request().claim("iss", "5Kq1ZzSoftwareOne "), "Invalid issuer"),
            (request().claim("iss", "5kq1zzsoftwareone"), "Invalid issuer"),
            (request().claim("iss", "012345678901234567890123456789"), "Invalid issuer"),
            (request().claim("iss", ""), "Required parameter iss cannot be empty"),
            (request().without("iss"), "Required parameter iss cannot be null"),
            (request().claim("software_id", "AnotherSoftware"), "Invalid software_id provided"),
        ],
    )
    .await;
}

/// DC-05.
#[actix_web::test]
async fn dc_05_a_request_that_the_software_did_not_sign_is_refused() {
    let scene = Scene::start().await;
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    let statement = scene.directory.sign(&scene.request().statement);
    let mut claims = scene.request().claims;
    claims.insert("software_statement".to_owned(), statement.into());
    let own_id = stranger.with_key_id(scene.software.key.key_id());
    let unnamed = SigningKey::generate(Algorithm::Es256).unwrap();
    for key in [&own_id, &unnamed, &scene.directory.key] {
        let answer = scene.software.post(&scene.server, sign(key, &claims)).await;
        Scene::assert_refused(&answer, METADATA, "Invalid request signature");
    }
    scene.assert_still_free().await;
}

#[actix_web::test]
async fn a_request_signed_with_a_revoked_key_is_refused() {
    let scene = Scene::start().await;
    let (software, directory) = (&scene.software, &scene.directory);
    directory.put_keys(&software.revoked_path(), &[&software.key]);
    let answer = scene.register(&scene.request()).await;
    Scene::assert_refused(&answer, METADATA, "Invalid request signature");
    // The same key under another name is the same key.
    let pem = software.key.to_pem().unwrap();
    let renamed = SigningKey::from_pem(&pem, Algorithm::Es256).unwrap().with_key_id("renamed");
    directory.put_keys(&software.revoked_path(), &[&renamed]);
    let answer = scene.register(&scene.request()).await;
    Scene::assert_refused(&answer, METADATA, "Invalid request signature");
    directory.put_keys(&software.revoked_path(), &[]);
    scene.assert_still_free().await;
}

/// DC-08.
#[actix_web::test]
async fn dc_08_a_redirect_uri_that_is_not_the_softwares_or_not_safe_is_refused() {
    let scene = Scene::start().await;
    let long = format!("https://tpp.example/{}", "a".repeat(237));
    for uri in [
        "http://tpp.example/one",
        "https://localhost/one",
        "https://127.0.0.1/one",
        "https://tpp.example/one#fragment",
        "https://*.tpp.example/one",
        "https://user@tpp.example/one",
        "javascript:alert(1)",
        &long,
    ] {
        // Even where the statement has it.
        let request = scene
            .request()
            .statement("software_redirect_uris", json!([uri]))
            .claim("redirect_uris", json!([uri]));
        let answer = scene.register(&request).await;
        Scene::assert_refused(&answer, REDIRECT, "Invalid redirect_uris provided");
    }
    for uris in [
        json!(["https://tpp.example/three"]),
        json!(["https://tpp.example/one/"]),
        json!(["https://TPP.example/one"]),
        json!(["https://tpp.example/one", "https://evil.example/"]),
    ] {
        let answer = scene.register(&scene.request().claim("redirect_uris", uris)).await;
        Scene::assert_refused(&answer, REDIRECT, "Invalid redirect_uris provided");
    }
    let answer = scene.register(&scene.request().without("redirect_uris")).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let all = json!(["https://tpp.example/one", "https://tpp.example/two"]);
    assert_eq!(answer.json()["redirect_uris"], all);
}

/// DC-09.
#[actix_web::test]
async fn dc_09_methods_and_algorithms_below_fapi_are_refused() {
    let scene = Scene::start().await;
    let mut cases = Vec::new();
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "none", "x"] {
        let request = scene.request().claim("token_endpoint_auth_method", method);
        cases.push((request, "Invalid token_endpoint_auth_method provided".to_owned()));
    }
    for name in [
        "token_endpoint_auth_signing_alg",
        "id_token_signed_response_alg",
        "request_object_signing_alg",
    ] {
        for algorithm in ["RS256", "none", "HS256", "ps256", "PS384"] {
            let request = scene.request().claim(name, algorithm);
            cases.push((request, format!("Invalid {name} provided")));
        }
    }
    let without = scene.request().without("token_endpoint_auth_signing_alg");
    let absent = "Required parameter token_endpoint_auth_signing_alg cannot be null";
    cases.push((without, absent.to_owned()));
    let cases = cases.iter().map(|(request, text)| (request.clone(), text.as_str())).collect();
    refuse_all(&scene, cases).await;
}

#[actix_web::test]
async fn a_request_or_statement_signed_with_another_algorithm_is_refused() {
    let scene = Scene::start().await;
    let request = scene.request();
    let pem = scene.directory.key.to_pem().unwrap().to_string();
    let mut claims = request.claims.clone();
    claims.insert("software_statement".to_owned(), scene.directory.sign(&request.statement).into());
    let claims = Value::Object(claims).to_string();
    for (header, signature) in [
        (r#"{"alg":"RS256"}"#, ForgedSignature::Rs256(&pem)),
        (r#"{"alg":"none"}"#, ForgedSignature::Bytes(b"")),
    ] {
        let body = forged_jws(header, &claims, signature);
        let answer = scene.software.post(&scene.server, body).await;
        Scene::assert_refused(&answer, METADATA, "Invalid signing algorithm sent");
    }
    let requests = scene.directory.take_requests();
    assert!(requests.is_empty(), "{requests:?}");
}

/// DC-11.
#[actix_web::test]
async fn dc_11_response_and_grant_types_outside_the_standard_are_refused() {
    let scene = Scene::start().await;
    let grants = "Invalid grant_types provided";
    let request = || scene.request();
    refuse_all(
        &scene,
        vec![
            (
                request().claim("response_types", json!(["id_token", "token"])),
                "Invalid response_types provided",
            ),
            (
                request().claim("response_types", json!(["token"])),
                "Invalid response_types provided",
            ),
            (request().claim("response_types", "code"), "Invalid response_types provided"),
            (request().claim("grant_types", json!(["client_credentials", "password"])), grants),
            (request().claim("grant_types", json!(["client_credentials", "implicit"])), grants),
            (request().claim("grant_types", json!(["authorization_code"])), grants),
            (
                request().claim("grant_types", json!([])),
                "Required parameter grant_types cannot be empty",
            ),
        ],
    )
    .await;
}

/// DC-12.
#[actix_web::test]
async fn dc_12_members_that_are_not_the_clients_to_set_are_never_stored() {
    let scene = Scene::start().await;
    let request = scene
        .request()
        .claim("client_id", "chosen-by-the-caller")
        .claim("client_secret", "secret")
        .claim("client_id_issued_at", 1)
        .claim("created_at", 1)
        .claim("roles", json!(["ASPSP", "admin"]))
        .claim("admin", true)
        .claim("status", "disabled")
        .claim("allow_audience_array", true)
        .claim("assertion_lifetime_cap_seconds", 999_999_999)
        .claim("resource_server", true)
        .statement("client_id", "chosen-by-the-directory")
        .statement("registration_access_token", "token");
    let answer = scene.register(&request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let document = answer.json();
    let client_id = document["client_id"].as_str().unwrap();
    assert!(client_id.len() == 32 && client_id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let now = scene.server.setup.clock.now().as_second();
    assert_eq!(document["client_id_issued_at"], now);
    for name in ["client_secret", "created_at", "roles", "admin", "registration_access_token"] {
        assert_eq!(document.get(name), None, "{name}");
    }
    let operator = scene.server.role(certificates::ServiceRole::Operator);
    let url = scene.server.internal(&format!("/internal/v1/clients/{client_id}"));
    let record = Answer::of(operator.get(url)).await.json();
    assert_eq!(record["roles"], json!(["AISP", "CBPII", "PISP"]));
    assert_eq!(record["status"], "active");
    assert_eq!(record.get("allow_audience_array"), None);
    assert_eq!(record.get("assertion_lifetime_cap_seconds"), None);
}

test_kit::on_both_databases! {
    /// DC-14.
    async fn dc_14_a_request_is_good_for_one_use(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let body = scene.software.sign(&scene.directory, &scene.request());
        let first = scene.software.post(&scene.server, body.clone()).await;
        assert_eq!(first.status, 201, "{}", first.text);
        let client_id = first.json()["client_id"].as_str().unwrap().to_owned();
        let again = scene.software.post(&scene.server, body.clone()).await;
        Scene::assert_refused(&again, METADATA, "The request was used before");
        // Not even when the client is gone, nor at another version, nor as an update.
        let token = scene.software.token(&scene.server, &client_id).await;
        let put = scene.software.call(reqwest::Method::PUT, &scene.server, &client_id, &token);
        let put = Answer::of(put.header("content-type", JWT).body(body.clone())).await;
        Scene::assert_refused(&put, METADATA, "The request was used before");
        let delete = scene.software.call(reqwest::Method::DELETE, &scene.server, &client_id, &token);
        assert_eq!(Answer::of(delete).await.status, 204);
        let again = scene.software.post(&scene.server, body).await;
        Scene::assert_refused(&again, METADATA, "The request was used before");
    }

    async fn fifty_copies_of_a_request_make_one_client(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let body = scene.software.sign(&scene.directory, &scene.request());
        let copies = (0..50).map(|_| scene.software.post(&scene.server, body.clone()));
        let answers = futures_util::future::join_all(copies).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 1);
        assert!(answers.iter().all(|answer| [201, 400].contains(&answer.status)));
    }

    async fn a_second_client_of_a_software_is_refused_unless_allowed(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        scene.assert_still_free().await;
        let copies = (0..8).map(|_| async { scene.register(&scene.request()).await });
        for answer in futures_util::future::join_all(copies).await {
            let text = "A client is already registered for this software";
            Scene::assert_refused(&answer, METADATA, text);
        }
    }
}

#[actix_web::test]
async fn a_software_may_have_several_clients_where_that_is_configured() {
    let mut setup = Setup::sqlite();
    setup.config.registration.allow_several_clients = true;
    let scene = Scene::of(setup).await;
    scene.assert_still_free().await;
    scene.assert_still_free().await;
}

#[actix_web::test]
async fn one_softwares_request_ids_are_not_anothers() {
    let scene = Scene::start().await;
    let other = Software::new(&scene.server, &scene.directory, "AnotherSoftware");
    for software in [&scene.software, &other] {
        let request = software.request(&scene.server, &scene.directory).claim("jti", "1");
        let answer = software.register(&scene.server, &scene.directory, &request).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_refused_request_does_not_use_up_its_id() {
    let scene = Scene::start().await;
    let request = scene.request();
    let refused = scene.register(&request.clone().claim("scope", "nothing")).await;
    Scene::assert_refused(&refused, METADATA, "Invalid scope provided");
    assert_eq!(scene.register(&request).await.status, 201);
}

#[actix_web::test]
async fn the_audience_is_checked_where_that_is_configured() {
    let mut setup = Setup::sqlite();
    setup.config.registration.check_audience = true;
    setup.config.registration.audiences = vec!["0015800001BANK".to_owned()];
    setup.config.registration.allow_several_clients = true;
    setup.registration_endpoint =
        Some("https://localhost:8243/open-banking/v3.3.0/register".to_owned());
    let scene = Scene::of(setup).await;
    for audience in ["0015800001HQQrZAAX", "https://localhost:9446", "bank"] {
        let answer = scene.register(&scene.request().claim("aud", audience)).await;
        Scene::assert_refused(&answer, METADATA, "Invalid aud provided");
    }
    for audience in [
        json!("0015800001BANK"),
        json!(crate::support::ISSUER),
        json!(["https://localhost:8243/open-banking/v3.3.0/register"]),
    ] {
        let answer = scene.register(&scene.request().claim("aud", audience)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

#[actix_web::test]
async fn keys_come_from_the_statements_endpoint_alone() {
    let scene = Scene::start().await;
    let jwks = json!({ "keys": [scene.software.key.public_jwk(None)] });
    let own = format!("{}{}", scene.directory.url, scene.software.keys_path());
    let request = || scene.request();
    refuse_all(
        &scene,
        vec![
            (request().claim("jwks", jwks), "Invalid jwks provided"),
            (request().claim("jwks_uri", "https://evil.example/"), "Invalid jwks_uri provided"),
            (request().claim("jwks_uri", format!("{own}?")), "Invalid jwks_uri provided"),
        ],
    )
    .await;
}

#[actix_web::test]
async fn the_versions_differ_in_types_grants_and_subjects() {
    let mut setup = Setup::sqlite();
    setup.config.registration.allow_several_clients = true;
    let scene = Scene::of(setup).await;
    let ciba = json!(["client_credentials", "urn:openid:params:grant-type:ciba"]);
    let bearer = json!(["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"]);
    let decoupled = scene
        .request()
        .claim("grant_types", ciba)
        .claim("backchannel_token_delivery_mode", "ping")
        .claim("backchannel_client_notification_endpoint", "https://tpp.example/notify")
        .claim("backchannel_authentication_request_signing_alg", "PS256");
    let cases = [
        ("mobile", scene.request().claim("application_type", "mobile"), [201, 201, 400]),
        ("native", scene.request().claim("application_type", "native"), [400, 400, 201]),
        ("jwt-bearer", scene.request().claim("grant_types", bearer), [400, 400, 201]),
        ("ciba", decoupled, [400, 201, 201]),
    ];
    for (name, request, expected) in cases {
        for (version, status) in ["v3.2.0", "v3.3.0", "v3.4.0"].into_iter().zip(expected) {
            let jti = format!("{name}-{version}");
            let body = scene.software.sign(&scene.directory, &request.clone().claim("jti", jti));
            let url = scene.server.identity(&format!("/open-banking/{version}/register"));
            let post = scene.software.http.post(url).header("content-type", JWT).body(body);
            let answer = Answer::of(post).await;
            assert_eq!(answer.status, status, "{name} {version}: {}", answer.text);
        }
    }
}

#[actix_web::test]
async fn members_of_the_decoupled_flow_are_there_exactly_with_its_grant() {
    let scene = Scene::start().await;
    let ciba = json!(["client_credentials", "urn:openid:params:grant-type:ciba"]);
    let mode = "backchannel_token_delivery_mode";
    let endpoint = "backchannel_client_notification_endpoint";
    let algorithm = "backchannel_authentication_request_signing_alg";
    let with_grant = || {
        let request = scene.request().claim("grant_types", ciba.clone());
        request.claim(mode, "poll").claim(algorithm, "PS256")
    };
    let invalid_endpoint = "Invalid backchannel_client_notification_endpoint provided";
    refuse_all(
        &scene,
        vec![
            (
                scene.request().claim(mode, "poll"),
                "Invalid backchannel_token_delivery_mode provided",
            ),
            (
                with_grant().without(mode),
                "Required parameter backchannel_token_delivery_mode cannot be null",
            ),
            (
                with_grant().claim(mode, "ping"),
                "Required parameter backchannel_client_notification_endpoint cannot be null",
            ),
            (with_grant().claim(endpoint, "https://tpp.example/"), invalid_endpoint),
            (
                with_grant().claim(mode, "push").claim(endpoint, "http://tpp.example/"),
                invalid_endpoint,
            ),
            (
                with_grant().claim(algorithm, "RS256"),
                "Invalid backchannel_authentication_request_signing_alg provided",
            ),
            (
                with_grant().claim("backchannel_user_code_parameter_supported", true),
                "Invalid backchannel_user_code_parameter_supported provided",
            ),
        ],
    )
    .await;
}
