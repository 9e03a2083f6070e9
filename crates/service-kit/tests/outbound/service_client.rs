use crate::peer::Peer;
use actix_web::{HttpResponse, web};
use certificates::ServiceRole;
use serde_json::{Value, json};
use service_kit::outbound::{PeerError, ServiceClient, ServiceIdentity};
use test_kit::TestPki;

fn client(pki: &TestPki) -> ServiceClient {
    ServiceClient::new(&pki.service_identity(ServiceRole::Gateway)).expect("a good identity")
}

/// A peer that the gateway alone may call.
fn start_peer(pki: &TestPki) -> Peer {
    let identity = pki.service(ServiceRole::KeyManager);
    Peer::internal(pki, &identity, |config| {
        config
            .route(
                "/things/1",
                web::get().to(|| async { HttpResponse::Ok().json(json!({"id": 1})) }),
            )
            .route("/text", web::get().to(|| async { HttpResponse::Ok().body("not JSON") }))
            .route(
                "/large",
                web::get().to(|| async { HttpResponse::Ok().body(vec![b'1'; 5_000_000]) }),
            )
            .route(
                "/created",
                web::post().to(|body: web::Json<Value>| async {
                    HttpResponse::Created().json(body.into_inner())
                }),
            )
            .route("/kept", web::put().to(|| async { HttpResponse::NoContent().finish() }))
            .route("/gone", web::delete().to(|| async { HttpResponse::NoContent().finish() }))
            .route(
                "/broken",
                web::to(|| async { HttpResponse::InternalServerError().body("é".repeat(1000)) }),
            )
            .route(
                "/moved",
                web::to(|| async {
                    HttpResponse::Found()
                        .insert_header(("Location", "/things/1"))
                        .body("over there")
                }),
            );
    })
}

#[tokio::test]
async fn a_peer_of_another_authority_is_not_called() {
    let pki = TestPki::new();
    let peer = Peer::public(&pki, &pki.server_ecdsa(), |_| {});
    let url = peer.url() + "/things/1";
    let error = client(&pki).get::<Value>(&url).await.expect_err("a foreign certificate");
    assert!(
        matches!(&error, PeerError::Unavailable(reason) if reason.contains("certificate")),
        "{error}"
    );
}

#[tokio::test]
async fn a_peer_of_another_name_is_not_called() {
    let pki = TestPki::new();
    let peer = start_peer(&pki);
    let url = peer.url().replace("localhost", "127.0.0.1");
    let error = client(&pki).get::<Value>(&url).await.expect_err("a name not in the certificate");
    assert!(matches!(error, PeerError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn plain_http_is_not_spoken() {
    let error =
        client(&TestPki::new()).get::<Value>("http://localhost:1/").await.expect_err("http");
    assert!(matches!(error, PeerError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let pki = TestPki::new();
    let peer = start_peer(&pki);
    let url = peer.url() + "/moved";
    let error = client(&pki).get::<Value>(&url).await.expect_err("a redirect");
    assert!(
        matches!(&error, PeerError::Status { status: 302, body } if body == "over there"),
        "{error}"
    );
}

#[tokio::test]
async fn another_status_comes_with_the_beginning_of_the_body() {
    let pki = TestPki::new();
    let (client, peer) = (client(&pki), start_peer(&pki));
    let url = peer.url() + "/broken";
    let errors = [
        client.get::<Value>(&url).await.map(|_| ()),
        client.put(&url, &json!({})).await,
        client.post::<_, Value>(&url, &json!({})).await.map(|_| ()),
        client.delete(&url).await,
    ];
    for error in errors {
        match error {
            Err(PeerError::Status { status: 500, body }) => assert_eq!(body, "é".repeat(250)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn of_a_problem_document_its_detail_is_told() {
    let told = |body: &str| PeerError::Status { status: 400, body: body.to_owned() }.to_string();
    assert_eq!(
        told(r#"{"title":"Bad Request","detail":"pem: absent"}"#),
        "peer answered 400: pem: absent"
    );
    assert_eq!(told(r#"{"title":"Bad Request"}"#), r#"peer answered 400: {"title":"Bad Request"}"#);
    assert_eq!(told("no JSON"), "peer answered 400: no JSON");
}

#[tokio::test]
async fn an_answer_that_is_not_json_or_too_large_is_refused() {
    let pki = TestPki::new();
    let (client, peer) = (client(&pki), start_peer(&pki));
    let url = peer.url();
    for (path, reason) in [("/text", "unexpected body"), ("/large", "above")] {
        let error = client.get::<Value>(&format!("{url}{path}")).await.expect_err(path);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn an_identity_that_is_not_pem_is_refused() {
    let identity = ServiceIdentity {
        chain_pem: "chain".to_owned(),
        key_pem: "key".to_owned(),
        ca_pem: "ca".to_owned(),
    };
    let error = ServiceClient::new(&identity).expect_err("no PEM");
    assert!(matches!(error, PeerError::Identity(_)), "{error}");
}

#[tokio::test]
async fn a_peer_answers_each_method_over_mutual_tls() {
    let pki = TestPki::new();
    let (client, peer) = (client(&pki), start_peer(&pki));
    let url = peer.url();
    let found: Option<Value> = client.get(&format!("{url}/things/1")).await.expect("found");
    assert_eq!(found, Some(json!({"id": 1})));
    let missing: Option<Value> = client.get(&format!("{url}/things/2")).await.expect("missing");
    assert_eq!(missing, None);
    let created: Value =
        client.post(&format!("{url}/created"), &json!({"a": "b"})).await.expect("created");
    assert_eq!(created, json!({"a": "b"}));
    client.put(&format!("{url}/kept"), &json!({})).await.expect("kept");
    client.delete(&format!("{url}/gone")).await.expect("deleted");
    client.delete(&format!("{url}/never")).await.expect("not there either");
}

#[tokio::test]
async fn a_client_given_another_identity_shows_it_and_so_do_its_clones() {
    let pki = TestPki::new();
    let peer = start_peer(&pki);
    let url = peer.url() + "/things/1";
    let client = ServiceClient::new(&pki.service_identity(ServiceRole::EventService))
        .expect("a good identity");
    let clone = client.clone();
    let refused = clone.get::<Value>(&url).await.expect_err("the gateway alone may call");
    assert!(matches!(refused, PeerError::Status { status: 403, .. }), "{refused}");

    client.replace_identity(&pki.service_identity(ServiceRole::Gateway)).expect("a good identity");
    assert!(clone.get::<Value>(&url).await.expect("the gateway may call").is_some());

    let bad = ServiceIdentity {
        key_pem: "no key".to_owned(),
        ..pki.service_identity(ServiceRole::EventService)
    };
    client.replace_identity(&bad).expect_err("an unusable identity");
    assert!(clone.get::<Value>(&url).await.expect("the old one stays").is_some());
}
