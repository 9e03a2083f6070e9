//! Reading, replacing and deleting a registration.

use super::{METADATA, Scene, with_broken_signature};
use crate::support::{Answer, JWT, Setup, Software, TestDirectory, Tpp, sign};
use certificates::ServiceRole;
use jiff::SignedDuration;
use key_manager::SsaIssuer;
use reqwest::Method;
use serde_json::json;

const CHALLENGE: &str = "Bearer realm=\"registration\", error=\"invalid_token\"";

#[track_caller]
fn assert_challenged(answer: &Answer, challenge: &str) {
    assert_eq!((answer.status, answer.text.as_str()), (401, ""));
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert!(!answer.header("x-fapi-interaction-id").is_empty());
}

#[actix_web::test]
async fn an_operator_changes_of_self_registered_clients_what_is_an_operators_alone() {
    let scene = Scene::start().await;
    let (server, software) = (&scene.server, &scene.software);
    let id = software.registered(server, &scene.directory).await.client_id;
    let url = server.internal(&format!("/internal/v1/clients/{id}"));
    let operator = server.role(ServiceRole::Operator);
    let shown = Answer::of(operator.get(&url)).await.json();
    for (field, value) in [
        ("token_endpoint_auth_method", json!("client_secret")),
        ("scopes", json!(["everything"])),
        ("roles", json!([])),
        ("jwks", json!({ "keys": [] })),
        ("jwks_uri", json!("https://localhost:1/jwks")),
        ("software_id", json!("other")),
        ("resource_server", json!(true)),
        ("admin", json!(true)),
    ] {
        let mut changed = shown.clone();
        changed[field] = value;
        let answer = Answer::of(operator.put(&url).json(&changed)).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert_eq!(detail, format!("{field}: is not an operator's to change"));
    }
    let mut changed = shown.clone();
    changed["assertion_lifetime_cap_seconds"] = json!(60);
    changed["allow_audience_array"] = json!(true);
    let answer = Answer::of(operator.put(&url).json(&changed)).await;
    assert_eq!((answer.status, answer.json()), (200, changed.clone()));
    // What the software replaces leaves that as it is, and the other way about.
    assert_eq!(Answer::of(operator.get(&url)).await.json(), changed);
    let token = software.call(Method::GET, server, &id, &software.token(server, &id).await);
    assert_eq!(Answer::of(token).await.status, 200);
}

test_kit::on_both_databases! {
    /// DC-15.
    async fn dc_15_a_token_reaches_its_own_registration_alone(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, directory) = (&scene.server, &scene.directory);
        let own = scene.software.registered(server, directory).await.client_id;
        let other = Software::new(server, directory, "OtherSoftware");
        let others = other.registered(server, directory).await.client_id;
        let token = scene.software.token(server, &own).await;
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let call = scene.software.call(method.clone(), server, &others, &token);
            assert_challenged(&Answer::of(call).await, CHALLENGE);
            // Nor over another certificate than its own.
            let call = other.call(method, server, &own, &token);
            assert_challenged(&Answer::of(call).await, CHALLENGE);
        }
        // Nothing was changed, and the token is as good as before.
        for (software, id) in [(&scene.software, &own), (&other, &others)] {
            let token = software.token(server, id).await;
            let answer = Answer::of(software.call(Method::GET, server, id, &token)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        let answer = Answer::of(scene.software.call(Method::GET, server, &own, &token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// DC-15, the part about unknown clients.
    async fn dc_15_a_token_that_looks_for_clients_that_do_not_exist_is_revoked(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, software) = (&scene.server, &scene.software);
        let id = software.registered(server, &scene.directory).await.client_id;
        for (method, path) in
            [(Method::GET, "unknown"), (Method::PUT, "0"), (Method::DELETE, "a%20b")]
        {
            let token = software.token(server, &id).await;
            let call = software.call(method, server, path, &token);
            assert_challenged(&Answer::of(call).await, CHALLENGE);
            // Its own registration is out of its reach from now on.
            let call = software.call(Method::GET, server, &id, &token);
            assert_challenged(&Answer::of(call).await, CHALLENGE);
        }
        let token = software.token(server, &id).await;
        let read = Answer::of(software.call(Method::GET, server, &id, &token)).await;
        assert_eq!(read.status, 200, "{}", read.text);
        let operator = server.role(certificates::ServiceRole::Operator);
        let state = Answer::of(operator.get(server.internal("/internal/v1/state"))).await.json();
        assert_eq!(state["revoked_tokens"].as_array().unwrap().len(), 3);
    }

    async fn what_happens_to_a_registration_is_told_in_the_feed(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, software) = (&scene.server, &scene.software);
        let id = software.registered(server, &scene.directory).await.client_id;
        let token = software.token(server, &id).await;
        let body = software.sign(&scene.directory, &scene.request());
        let put = software.call(Method::PUT, server, &id, &token).header("content-type", JWT);
        assert_eq!(Answer::of(put.body(body)).await.status, 200);
        let delete = software.call(Method::DELETE, server, &id, &token);
        assert_eq!(Answer::of(delete).await.status, 204);
        let operator = server.role(certificates::ServiceRole::Operator);
        let url = server.internal("/internal/v1/changes?after=0");
        let feed = Answer::of(operator.get(url)).await.json();
        let changes = feed["changes"].as_array().unwrap();
        let own: Vec<_> = changes
            .iter()
            .filter(|change| change["client_id"] == json!(id))
            .map(|change| (change["type"].as_str().unwrap(), change["status"].as_str().unwrap()))
            .collect();
        assert_eq!(
            own,
            [
                ("client_created", "active"),
                ("client_changed", "active"),
                ("client_deleted", "deleted"),
            ]
        );
        let created = changes.iter().find(|change| change["type"] == "client_created").unwrap();
        assert_eq!(created["roles"], json!(["AISP", "CBPII", "PISP"]));
    }

    /// DC-16.
    async fn dc_16_a_deleted_client_gets_no_token_and_its_tokens_are_refused(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, software) = (&scene.server, &scene.software);
        let id = software.registered(server, &scene.directory).await.client_id;
        let token = software.token(server, &id).await;
        let deleted = Answer::of(software.call(Method::DELETE, server, &id, &token)).await;
        assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
        software.try_token(server, &id).await.assert_invalid_client();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = Answer::of(software.call(method, server, &id, &token)).await;
            assert_challenged(&answer, CHALLENGE);
        }
        // The software is free to register again, as another client.
        let again = software.registered(server, &scene.directory).await.client_id;
        assert_ne!(again, id);
        let answer = Answer::of(software.call(Method::GET, server, &again, &token)).await;
        assert_challenged(&answer, CHALLENGE);
    }

    async fn what_another_issuer_calls_by_the_same_id_is_other_software(database: TestDatabase) {
        let mut setup = Setup::on(&database);
        let directory = TestDirectory::start(&mut setup);
        let issuers = &mut setup.config.registration.ssa_issuers;
        issuers.push(SsaIssuer { iss: "Another Directory".to_owned(), ..issuers[0].clone() });
        let server = setup.start().await;
        let software = Software::new(&server, &directory, "5Kq1ZzSoftwareOne");
        let request = |issuer: &str| software.request(&server, &directory).statement("iss", issuer);
        let mut ids = Vec::new();
        for issuer in ["OpenBanking Ltd", "Another Directory"] {
            let answer = software.register(&server, &directory, &request(issuer)).await;
            assert_eq!(answer.status, 201, "{issuer}: {}", answer.text);
            ids.push(answer.json()["client_id"].as_str().unwrap().to_owned());
            let again = software.register(&server, &directory, &request(issuer)).await;
            let text = "A client is already registered for this software";
            again.assert_oauth_error(400, "invalid_client_metadata", text);
        }
        assert_ne!(ids[0], ids[1]);
        // Nor can one become the other by an update.
        let token = software.token(&server, &ids[0]).await;
        for (issuer, status) in [("Another Directory", 400), ("OpenBanking Ltd", 200)] {
            let body = software.sign(&directory, &request(issuer));
            let put = software.call(Method::PUT, &server, &ids[0], &token);
            let answer = Answer::of(put.header("content-type", JWT).body(body)).await;
            assert_eq!(answer.status, status, "{issuer}: {}", answer.text);
        }
    }

    /// DC-17.
    async fn dc_17_an_update_with_new_keys_leaves_live_tokens_valid(database: TestDatabase) {
        let scene = Scene::of(Setup::on(&database)).await;
        let (server, directory) = (&scene.server, &scene.directory);
        let id = scene.software.registered(server, directory).await.client_id;
        let token = scene.software.token(server, &id).await;
        // The same software, transport certificate and all, with a key in place of the first.
        let fresh = Software::new(server, directory, &scene.software.id);
        let renewed = Software { transport: scene.software.transport.clone(), http: server.setup.pki.client(Some(&scene.software.transport)), ..fresh };
        let request = renewed.request(server, directory).claim("scope", "accounts");
        let request = request.claim("client_id", id.as_str());
        let body = renewed.sign(directory, &request);
        let put = renewed.call(Method::PUT, server, &id, &token).header("content-type", JWT);
        let answer = Answer::of(put.body(body)).await;
        assert_eq!((answer.status, &answer.json()["scope"]), (200, &json!("accounts")));
        assert_eq!(answer.json()["client_id"], json!(id));
        scene.software.try_token(server, &id).await.assert_invalid_client();
        renewed.try_token(server, &id).await.assert_token();
        let read = Answer::of(renewed.call(Method::GET, server, &id, &token)).await;
        assert_eq!((read.status, read.text), (200, answer.text));
    }
}

#[actix_web::test]
async fn without_a_live_token_of_ours_there_is_a_challenge_and_no_body() {
    let scene = Scene::start().await;
    let (server, software) = (&scene.server, &scene.software);
    let id = software.registered(server, &scene.directory).await.client_id;
    let url = server.identity(&format!("/open-banking/v3.3.0/register/{id}"));
    let missing = Answer::of(software.http.get(&url)).await;
    assert_challenged(&missing, "Bearer realm=\"registration\"");
    let basic = Answer::of(software.http.get(&url).basic_auth(&id, Some("x"))).await;
    assert_challenged(&basic, "Bearer realm=\"registration\"");
    let token = software.token(server, &id).await;
    let broken = with_broken_signature(&token);
    let assertion = sign(&software.key, &software.tpp(server, &id).assertion(server).claims);
    for text in ["", "x", "a.b.c", "undefined", &broken, &assertion, &"a".repeat(9000)] {
        let answer = Answer::of(software.http.get(&url).bearer_auth(text)).await;
        assert_challenged(&answer, CHALLENGE);
    }
    server.setup.clock.advance(SignedDuration::from_secs(3600));
    let expired = Answer::of(software.call(Method::GET, server, &id, &token)).await;
    assert_challenged(&expired, CHALLENGE);
}

#[actix_web::test]
async fn a_client_that_an_operator_made_has_no_registration_to_manage() {
    let scene = Scene::start().await;
    let server = &scene.server;
    let made = Tpp::register(server, "made-by-hand", &json!({})).await;
    let token = made.token(server, &made.assertion(server).sign()).await.json();
    let token = token["access_token"].as_str().unwrap();
    let url = server.identity("/open-banking/v3.3.0/register/made-by-hand");
    for method in [Method::GET, Method::DELETE] {
        let call = made.http.request(method, &url).bearer_auth(token);
        let text = "The client was not made by registration";
        Answer::of(call).await.assert_oauth_error(403, "invalid_request", text);
    }
}

#[actix_web::test]
async fn an_update_is_about_the_client_and_the_software_that_it_was() {
    let scene = Scene::start().await;
    let (server, directory) = (&scene.server, &scene.directory);
    let id = scene.software.registered(server, directory).await.client_id;
    let token = scene.software.token(server, &id).await;
    let before = Answer::of(scene.software.call(Method::GET, server, &id, &token)).await;
    let put = |body: String| {
        let put = scene.software.call(Method::PUT, server, &id, &token);
        Answer::of(put.header("content-type", JWT).body(body))
    };
    let other_client = scene.request().claim("client_id", "another-client");
    let answer = put(scene.software.sign(directory, &other_client)).await;
    Scene::assert_refused(&answer, METADATA, "Invalid client_id provided");
    let answer = put(scene.software.sign(directory, &scene.request().claim("scope", "x"))).await;
    Scene::assert_refused(&answer, METADATA, "Invalid scope provided");
    let other = Software::new(server, directory, "OtherSoftware");
    let answer = put(other.sign(directory, &other.request(server, directory))).await;
    assert_eq!(answer.status, 400, "{}", answer.text);
    let after = Answer::of(scene.software.call(Method::GET, server, &id, &token)).await;
    assert_eq!(before.text, after.text);
}
