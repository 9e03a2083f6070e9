//! TPP certificates that the operator trusts one by one.

use crate::support::{Answer, Pki, Setup, TestServer, Tpp};
use certificates::{IssuedCertificate, ServiceRole, Validity};
use serde_json::{Value, json};
use test_kit::TestLog;

const PATH: &str = "/internal/v1/trusted-certificates";

/// Certificates of an authority that nobody here trusts.
struct Strangers(Pki);

impl Strangers {
    fn new() -> Self {
        Self(Pki::new())
    }

    fn certificate(&self, name: &str) -> IssuedCertificate {
        self.0.transport(name, "organisation")
    }
}

/// The leaf alone.
fn pem(issued: &IssuedCertificate) -> String {
    let end = "-----END CERTIFICATE-----\n";
    let (leaf, _) = issued.chain_pem.split_once(end).unwrap();
    format!("{leaf}{end}")
}

async fn upload(server: &TestServer, alias: &str, pem: &str) -> Answer {
    let body = json!({ "alias": alias, "pem": pem });
    post(server, &body).await
}

async fn post(server: &TestServer, body: &Value) -> Answer {
    let operator = server.role(ServiceRole::Operator);
    Answer::of(operator.post(server.internal(PATH)).json(body)).await
}

async fn remove(server: &TestServer, alias: &str) -> Answer {
    let url = server.internal(&format!("{PATH}/{alias}"));
    Answer::of(server.role(ServiceRole::Operator).delete(url)).await
}

async fn list(server: &TestServer, query: &str) -> Answer {
    let url = server.internal(&format!("{PATH}{query}"));
    Answer::of(server.role(ServiceRole::Operator).get(url)).await
}

/// A registered TPP that shows a certificate of strangers, which are kept by the caller.
async fn stranger(server: &TestServer, strangers: &Strangers, id: &str) -> Tpp {
    let tpp = Tpp::register(server, id, &json!({})).await;
    let transport = strangers.certificate(id);
    Tpp { http: server.setup.pki.client(Some(&transport)), transport, ..tpp }
}

async fn token(server: &TestServer, tpp: &Tpp) -> Answer {
    tpp.token(server, &tpp.assertion(server).sign()).await
}

#[actix_web::test]
async fn what_is_not_one_valid_certificate_with_a_name_is_refused() {
    let server = TestServer::start().await;
    let strangers = Strangers::new();
    let good = strangers.certificate("tpp");
    let key = good.key.to_pem().unwrap().to_string();
    let past = Validity {
        not_before: "2025-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2025-12-31T23:59:59Z".parse().unwrap(),
    };
    let expired = strangers.0.transport_during("tpp", "organisation", past);
    let good = pem(&good);
    for (alias, pem, field) in [
        ("", good.as_str(), "alias"),
        ("..", &good, "alias"),
        ("a/b", &good, "alias"),
        ("a b", &good, "alias"),
        (&"a".repeat(129), &good, "alias"),
        ("a", "", "pem"),
        ("a", "garbage", "pem"),
        ("a", &key, "pem"),
        ("a", &format!("{good}{key}"), "pem"),
        ("a", &format!("{good}{good}"), "pem"),
        ("a", &format!("{good}trailing"), "pem"),
        ("a", &good.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "pem"),
        ("a", &good[..good.len() / 2], "pem"),
        ("a", &pem(&expired), "pem"),
    ] {
        let answer = upload(&server, alias, pem).await;
        answer.assert_problem(400, "invalid_member");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(&format!("{field}: ")), "{detail}");
        assert!(!detail.contains("BEGIN"), "{detail}");
    }
    for body in [
        json!({}),
        json!({ "alias": "a" }),
        json!({ "alias": 1, "pem": good }),
        json!({ "alias": "a", "pem": good, "issuer": true }),
        json!([]),
    ] {
        post(&server, &body).await.assert_problem(400, "invalid_member");
    }
    let operator = server.role(ServiceRole::Operator);
    let repeated = format!(r#"{{"alias":"a","alias":"b","pem":{}}}"#, json!(good));
    let request = operator.post(server.internal(PATH)).body(repeated);
    Answer::of(request).await.assert_problem(400, "invalid_member");
    assert_eq!(list(&server, "").await.json(), json!({ "certificates": [] }));
}

#[actix_web::test]
async fn an_alias_names_one_certificate_for_as_long_as_it_is_there() {
    let server = TestServer::start().await;
    let strangers = Strangers::new();
    let (one, two) = (strangers.certificate("one"), strangers.certificate("two"));
    assert_eq!(upload(&server, "a", &pem(&one)).await.status, 201);
    upload(&server, "a", &pem(&two)).await.assert_problem(409, "alias_taken");
    assert_eq!(upload(&server, "A", &pem(&two)).await.status, 201);
    remove(&server, "b").await.assert_problem(404, "no_such_certificate");
    remove(&server, "a%2Fb").await.assert_problem(404, "no_such_certificate");
    assert_eq!(remove(&server, "a").await.status, 204);
    remove(&server, "a").await.assert_problem(404, "no_such_certificate");
    assert_eq!(upload(&server, "a", &pem(&two)).await.status, 201);
}

#[actix_web::test]
async fn uploaded_certificates_are_listed_page_by_page() {
    let server = TestServer::start().await;
    let strangers = Strangers::new();
    for alias in ["b", "a", "c"] {
        upload(&server, alias, &pem(&strangers.certificate(alias))).await;
    }
    let first = list(&server, "?limit=2").await.json();
    assert_eq!(first["next"], "b");
    let entry = &first["certificates"][0];
    assert_eq!(entry["alias"], "a");
    assert!(entry["subject"].as_str().unwrap().contains("CN=a"), "{entry}");
    assert_eq!(entry["x5t#S256"].as_str().unwrap().len(), 43);
    assert_eq!(
        (&entry["not_before"], &entry["not_after"]),
        (&json!("2025-12-01T00:00:00Z"), &json!("2035-12-01T00:00:00Z"))
    );
    let rest = list(&server, "?after=b").await.json();
    assert_eq!(rest["certificates"].as_array().unwrap().len(), 1);
    assert!(rest.get("next").is_none());
    for query in ["?limit=0", "?limit=101", "?limit=x", "?after=%C3%A9"] {
        list(&server, query).await.assert_problem(400, "invalid_member");
    }
}

#[actix_web::test]
async fn an_uploaded_certificate_gets_a_token_at_once_and_none_after_its_removal() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let strangers = Strangers::new();
    let tpp = stranger(&server, &strangers, "tpp").await;
    let other = stranger(&server, &strangers, "other").await;
    assert_eq!(token(&server, &tpp).await.status, 401);
    assert_eq!(upload(&server, "alone", &pem(&tpp.transport)).await.status, 201);
    token(&server, &tpp).await.assert_token();
    // Of the same authority, but not itself uploaded.
    assert_eq!(token(&server, &other).await.status, 401);
    assert_eq!(remove(&server, "alone").await.status, 204);
    assert_eq!(token(&server, &tpp).await.status, 401);
    let events = log.audit_events("event", "trusted_certificate");
    let events: Vec<_> =
        events.iter().map(|event| (event["alias"].clone(), event["outcome"].clone())).collect();
    let alone = |outcome: &str| (json!("alone"), json!(outcome));
    assert!(events.contains(&alone("trusted")) && events.contains(&alone("removed")));
}

#[actix_web::test]
async fn an_uploaded_authority_does_not_vouch_for_what_it_issues() {
    let server = TestServer::start().await;
    let strangers = Strangers::new();
    let tpp = stranger(&server, &strangers, "tpp").await;
    let authority = strangers.0.tpps.certificate_pem().to_owned();
    assert_eq!(upload(&server, "authority", &authority).await.status, 201);
    assert_eq!(token(&server, &tpp).await.status, 401);
}

test_kit::on_both_databases! {
    async fn an_upload_outlives_a_restart_and_reaches_every_replica_and_the_state(
        database: TestDatabase
    ) {
        let setup = Setup::on(&database);
        let (here, there) = (setup.start().await, setup.start().await);
        let _running = there.run();
        let strangers = Strangers::new();
        let tpp = stranger(&here, &strangers, "tpp").await;
        upload(&here, "alone", &pem(&tpp.transport)).await;
        while token(&there, &tpp).await.status != 200 {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let restarted = setup.start().await;
        token(&restarted, &tpp).await.assert_token();
        let url = here.internal("/internal/v1/state");
        let state = Answer::of(here.role(ServiceRole::Gateway).get(url)).await.json();
        let certificates = state["trusted_certificates"].as_array().unwrap();
        let text: String =
            pem(&tpp.transport).lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(*certificates, [json!(text)]);
        assert_eq!(state["position"], 2);
    }
}
