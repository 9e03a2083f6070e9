//! The whole way of a client, directly and through the gateway's door.

use super::Scene;
use crate::support::{Answer, JWT, Setup};
use reqwest::Method;
use serde_json::json;
use service_kit::Clock;

test_kit::on_both_databases! {
    /// DC-01.
    async fn dc_01_a_good_request_registers_and_echoes_what_took_effect(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let request = scene.request();
        let answer = scene.register(&request).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let document = answer.json();
        let now = scene.server.setup.clock.now().as_second();
        assert_eq!(document["client_id_issued_at"], now);
        for name in [
            "grant_types", "response_types", "redirect_uris", "application_type",
            "token_endpoint_auth_method", "token_endpoint_auth_signing_alg",
            "id_token_signed_response_alg", "request_object_signing_alg", "software_id",
        ] {
            assert_eq!(document[name], request.claims[name], "{name}");
        }
        // `openid` has no meaning without a user, and every other scope needs its role.
        assert_eq!(document["scope"], "accounts payments");
        for (name, value) in &request.statement {
            if !["iss", "iat", "jti"].contains(&name.as_str()) {
                assert_eq!(&document[name], value, "{name}");
            }
        }
        for name in ["iss", "iat", "exp", "jti", "aud"] {
            assert_eq!(document.get(name), None, "{name}");
        }
        assert_eq!(document["software_statement"].as_str().unwrap().split('.').count(), 3);
        let client_id = document["client_id"].as_str().unwrap();
        scene.software.try_token(&scene.server, client_id).await.assert_token();
    }

    async fn a_client_lives_the_same_life_at_the_gateways_door(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, software) = (&scene.server, &scene.software);
        let body = software.sign(&scene.directory, &scene.request());
        let path = "/open-banking/v3.4.0/register";
        let post = software.call_by_gateway(Method::POST, server, path);
        let made = Answer::of(post.header("content-type", "application/jose").body(body)).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["client_id"].as_str().unwrap().to_owned();
        let token = software.token(server, &id).await;
        let path = format!("{path}/{id}");
        let call = |method| software.call_by_gateway(method, server, &path).bearer_auth(&token);
        let read = Answer::of(call(Method::GET)).await;
        assert_eq!((read.status, &read.text), (200, &made.text));
        let body = software.sign(&scene.directory, &scene.request());
        let put = Answer::of(call(Method::PUT).header("content-type", JWT).body(body)).await;
        assert_eq!(put.status, 200, "{}", put.text);
        assert_eq!(Answer::of(call(Method::DELETE)).await.status, 204);
        assert_eq!(Answer::of(call(Method::GET)).await.status, 401);
    }

    async fn a_registration_survives_a_restart(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let id = scene.software.registered(&scene.server, &scene.directory).await.client_id;
        let setup = scene.server.setup.clone();
        scene.server.stop().await;
        let server = setup.start().await;
        let token = scene.software.token(&server, &id).await;
        let read = Answer::of(scene.software.call(Method::GET, &server, &id, &token)).await;
        assert_eq!(read.status, 200, "{}", read.text);
    }
}

#[actix_web::test]
async fn a_client_may_register_the_subject_of_its_certificate() {
    let scene = Scene::start().await;
    let (id, organisation) = (&scene.software.id, &scene.software.organisation_id);
    let own = format!("CN={id},OU={organisation},O=OpenBanking,C=GB");
    let certified = || {
        let request = scene.request().without("token_endpoint_auth_signing_alg");
        request.claim("token_endpoint_auth_method", "tls_client_auth")
    };
    let name = "tls_client_auth_subject_dn";
    let invalid = "Invalid tls_client_auth_subject_dn provided";
    let absent = "Required parameter tls_client_auth_subject_dn cannot be null";
    for (request, text) in [
        (certified(), absent),
        (certified().claim(name, format!("CN={id},OU=Other,O=OpenBanking,C=GB")), invalid),
        (certified().claim(name, "not a name"), invalid),
        (certified().claim(name, format!("{own},L={}", "x".repeat(128))), invalid),
        (scene.request().claim(name, own.as_str()), invalid),
    ] {
        Scene::assert_refused(&scene.register(&request).await, super::METADATA, text);
    }
    let answer = scene.register(&certified().claim(name, own.as_str())).await;
    assert_eq!((answer.status, &answer.json()[name]), (201, &json!(own)));
    assert_eq!(answer.json().get("token_endpoint_auth_signing_alg"), None);
}

#[actix_web::test]
async fn discovery_names_the_endpoint_where_it_is_known() {
    let endpoint = "https://localhost:8243/open-banking/v3.3.0/register";
    let path = "/oauth2/token/.well-known/openid-configuration";
    let mut setup = Setup::sqlite();
    let without = setup.start().await.get(path).await;
    assert_eq!(without.json().get("registration_endpoint"), None);
    setup.registration_endpoint = Some(endpoint.to_owned());
    let with = setup.start().await.get(path).await;
    assert_eq!(with.json()["registration_endpoint"], endpoint);
}
