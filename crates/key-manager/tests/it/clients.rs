//! The internal API of clients.

use crate::support::{Answer, TestServer, Tpp};
use certificates::ServiceRole;
use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};

/// Who follows the changes.
const FOLLOWERS: &[ServiceRole] = &[
    ServiceRole::ControlPlane,
    ServiceRole::EventService,
    ServiceRole::Gateway,
    ServiceRole::Operator,
];

fn jwks() -> Value {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    json!({ "keys": [key.public_jwk(None)] })
}

async fn call(server: &TestServer, role: ServiceRole, method: &str, path: &str) -> Answer {
    let request = server.role(role).request(method.parse().unwrap(), server.internal(path));
    Answer::of(request).await
}

#[actix_web::test]
async fn a_registration_at_fault_is_refused_by_the_name_of_its_field() {
    let server = TestServer::start().await;
    let good = json!({ "client_id": "c", "roles": ["AISP"], "jwks": jwks() });
    let long = "x".repeat(129);
    for (field, value) in [
        ("client_id", json!("")),
        ("client_id", json!("..")),
        ("client_id", json!("a/b")),
        ("client_id", json!(1)),
        ("client_id", json!(long)),
        ("software_id", json!("")),
        ("software_id", json!("a\nb")),
        ("organisation_id", json!(long)),
        ("roles", json!("AISP")),
        ("roles", json!(["ASPSP"])),
        ("roles", json!(["AISP", "AISP"])),
        ("roles", json!(null)),
        ("scopes", json!(["accounts payments"])),
        ("scopes", json!([""])),
        ("scopes", json!(["a", "a"])),
        ("scopes", json!([1])),
        ("token_endpoint_auth_signing_alg", json!("none")),
        ("token_endpoint_auth_signing_alg", json!("HS256")),
        ("token_endpoint_auth_signing_alg", json!("PS256")),
        ("tls_client_auth_subject_dn", json!("nonsense")),
        ("jwks", json!(null)),
        ("jwks", json!([])),
        ("jwks", json!({})),
        ("jwks", json!({ "keys": [] })),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "AQAB" }] })),
        ("assertion_lifetime_cap_seconds", json!(0)),
        ("assertion_lifetime_cap_seconds", json!(-1)),
        ("assertion_lifetime_cap_seconds", json!(1e300)),
        ("allow_audience_array", json!("yes")),
        ("status", json!("active")),
        ("admin", json!(true)),
    ] {
        let mut registration = good.clone();
        registration[field] = value.clone();
        let answer = server.register(&registration).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        let named = match (field, value.as_str()) {
            // The algorithm is fine; it is the key that does not fit it.
            ("token_endpoint_auth_signing_alg", Some("PS256")) => "jwks",
            _ => field,
        };
        assert!(detail.starts_with(&format!("{named}: ")), "{field} {value}: {detail}");
    }
    assert_eq!(server.register(&good).await.status, 201);
}

#[actix_web::test]
async fn a_private_key_is_never_registered() {
    let server = TestServer::start().await;
    let mut keys = jwks();
    keys["keys"][0]["d"] = json!("AQAB");
    let registration = json!({ "client_id": "c", "roles": ["AISP"], "jwks": keys });
    server.register(&registration).await.assert_problem(400, "invalid_member");
}

#[actix_web::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let server = TestServer::start().await;
    let operator = server.role(ServiceRole::Operator);
    for body in [&b""[..], b"[]", b"{", b"{\"roles\":[],\"roles\":[]}", b"\xff", b"null"] {
        let request = operator.post(server.internal("/internal/v1/clients")).body(body);
        assert_eq!(Answer::of(request).await.status, 400);
    }
    let deep = "[".repeat(10_000);
    let request = operator.post(server.internal("/internal/v1/clients")).body(deep);
    assert_eq!(Answer::of(request).await.status, 400);
    let big = "x".repeat(64 * 1024 + 1);
    let request = operator.post(server.internal("/internal/v1/clients")).body(big);
    assert_eq!(Answer::of(request).await.status, 413);
}

#[actix_web::test]
async fn a_client_is_shown_as_it_was_registered_without_absent_members() {
    let server = TestServer::start().await;
    let keys = jwks();
    let registration = json!({ "client_id": "bare", "roles": [], "jwks": keys });
    let shown = json!({
        "client_id": "bare", "status": "active", "roles": [], "scopes": [], "jwks": keys,
        "tokens_not_before": 1_767_225_600, "token_endpoint_auth_method": "private_key_jwt"
    });
    let created = server.register(&registration).await;
    assert_eq!((created.status, created.json()), (201, shown.clone()));
    for role in [ServiceRole::EventService, ServiceRole::Gateway, ServiceRole::Operator] {
        let answer = call(&server, role, "GET", "/internal/v1/clients/bare").await;
        assert_eq!((answer.status, answer.json()), (200, shown.clone()));
    }
    let full = json!({
        "client_id": "full",
        "software_id": "software",
        "organisation_id": "organisation",
        "roles": ["AISP", "PISP"],
        "scopes": ["accounts"],
        "token_endpoint_auth_signing_alg": "ES256",
        "tls_client_auth_subject_dn": "CN=full,OU=organisation",
        "assertion_lifetime_cap_seconds": 60,
        "allow_audience_array": true,
        "jwks": keys,
    });
    let mut shown = full.clone();
    shown["status"] = json!("active");
    shown["tokens_not_before"] = json!(1_767_225_600);
    shown["token_endpoint_auth_method"] = json!("private_key_jwt");
    assert_eq!(server.register(&full).await.json(), shown);
}

#[actix_web::test]
async fn scopes_follow_from_roles_and_an_id_is_drawn_where_they_are_left_out() {
    let server = TestServer::start().await;
    let created = server.register(&json!({ "roles": ["PISP", "CBPII"], "jwks": jwks() })).await;
    let client = created.json();
    assert_eq!(client["scopes"], json!(["eventpolling", "fundsconfirmations", "payments"]));
    let id = client["client_id"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    let path = format!("/internal/v1/clients/{id}");
    assert_eq!(call(&server, ServiceRole::Operator, "GET", &path).await.json(), client);
}

#[actix_web::test]
async fn a_taken_id_is_a_conflict_and_ids_differ_by_case() {
    let server = TestServer::start().await;
    let registration = json!({ "client_id": "c", "roles": ["AISP"], "jwks": jwks() });
    assert_eq!(server.register(&registration).await.status, 201);
    server.register(&registration).await.assert_problem(409, "client_exists");
    let mut upper = registration;
    upper["client_id"] = json!("C");
    assert_eq!(server.register(&upper).await.status, 201);
}

#[actix_web::test]
async fn unknown_clients_are_not_found() {
    let server = TestServer::start().await;
    for id in ["nobody", "a%20b", "%C3%A9", "..."] {
        let path = format!("/internal/v1/clients/{id}");
        for method in ["GET", "DELETE"] {
            let answer = call(&server, ServiceRole::Operator, method, &path).await;
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn clients_are_listed_page_by_page() {
    let server = TestServer::start().await;
    for id in ["a", "b", "c"] {
        Tpp::register(&server, id, &json!({})).await;
    }
    let list = |query: &'static str| {
        let server = &server;
        async move {
            let path = format!("/internal/v1/clients{query}");
            call(server, ServiceRole::Operator, "GET", &path).await
        }
    };
    let ids = |answer: &Answer| -> Vec<String> {
        let page = answer.json();
        let clients = page["clients"].as_array().unwrap();
        clients.iter().map(|client| client["client_id"].as_str().unwrap().to_owned()).collect()
    };
    let first = list("?limit=2").await;
    assert_eq!((ids(&first), &first.json()["next"]), (vec!["a".into(), "b".into()], &json!("b")));
    let second = list("?limit=2&after=b").await;
    assert_eq!((ids(&second), second.json().get("next")), (vec!["c".into()], None));
    assert_eq!(ids(&list("").await).len(), 3);
    for query in ["?limit=0", "?limit=101", "?limit=x", "?limit=-1", "?after=%C3%A9"] {
        list(query).await.assert_problem(400, "invalid_member");
    }
    for (query, id) in [("?role=AISP&limit=1", "a"), ("?status=active&role=PISP&after=b", "c")] {
        assert_eq!(ids(&list(query).await)[0], id);
    }
    for query in ["?role=CBPII&after=c", "?status=disabled"] {
        assert_eq!(list(query).await.json(), json!({ "clients": [] }), "{query}");
    }
    for query in ["?role=ASPSP", "?role=", "?status=deleted", "?status=Active"] {
        list(query).await.assert_problem(400, "invalid_member");
    }
    list("?limit=1&limit=2").await.assert_problem(400, "invalid_query");
}

#[actix_web::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let server = TestServer::start().await;
    Tpp::register(&server, "c", &json!({})).await;
    let calls = [
        ("GET", "/internal/v1/token-keys", &[ServiceRole::Gateway][..]),
        ("GET", "/internal/v1/changes?after=0", FOLLOWERS),
        ("GET", "/internal/v1/state", FOLLOWERS),
        ("POST", "/internal/v1/changes", &[]),
        ("GET", "/internal/v1/clients", &[ServiceRole::Operator]),
        ("POST", "/internal/v1/clients", &[ServiceRole::Operator]),
        (
            "GET",
            "/internal/v1/clients/c",
            &[ServiceRole::EventService, ServiceRole::Gateway, ServiceRole::Operator],
        ),
        ("POST", "/internal/v1/clients/c/disable", &[ServiceRole::Operator]),
        ("POST", "/internal/v1/clients/c/enable", &[ServiceRole::Operator]),
        ("GET", "/internal/v1/trusted-certificates", &[ServiceRole::Operator]),
        ("POST", "/internal/v1/trusted-certificates", &[ServiceRole::Operator]),
        ("DELETE", "/internal/v1/trusted-certificates/a", &[ServiceRole::Operator]),
        ("GET", "/internal/v1/trusted-certificates/a", &[]),
        ("DELETE", "/internal/v1/clients/none", &[ServiceRole::Operator]),
        ("PUT", "/internal/v1/published-keys/k", &[ServiceRole::EventService]),
        ("POST", "/internal/v1/introspect", &[ServiceRole::Gateway, ServiceRole::Operator]),
        ("GET", "/internal/v1/introspect", &[]),
        ("GET", "/internal/v1/published-keys/k", &[]),
        ("PUT", "/internal/v1/clients/c", &[ServiceRole::Operator]),
        ("POST", "/internal/v1/clients/c/certificates", &[ServiceRole::Operator]),
        ("PATCH", "/internal/v1/clients/c", &[]),
        ("GET", "/oauth2/jwks", &[]),
    ];
    for role in ServiceRole::ALL {
        for (method, path, callers) in calls {
            let answer = call(&server, role, method, path).await;
            assert_eq!(answer.status != 403, callers.contains(&role), "{role:?} {method} {path}");
        }
    }
}
