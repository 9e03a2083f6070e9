//! Every refusal is told once, with its reason, and nothing secret with it.

use crate::revocation::access_token;
use crate::support::{Answer, JWT, Setup, Software, TestDirectory, TestServer, Tpp, sign};
use reqwest::RequestBuilder;
use serde_json::json;
use service_kit::Clock;
use test_kit::TestLog;

type Form = Vec<(String, String)>;

/// Requests that are refused, and why.
struct Refusals {
    cases: Vec<(&'static str, RequestBuilder)>,
    /// What must not be logged.
    secrets: Vec<String>,
}

impl Refusals {
    fn add(&mut self, reason: &'static str, request: RequestBuilder) {
        self.cases.push((reason, request));
    }

    /// Makes the requests; each is audited as `event`.
    async fn check(self, log: &TestLog, event: &str) {
        for (reason, request) in self.cases {
            let answer = Answer::of(request).await;
            assert!((400..500).contains(&answer.status), "{reason}: {answer:?}");
            let interaction = answer.header("x-fapi-interaction-id").to_owned();
            let events = log.audit_events("interaction_id", &interaction);
            assert_eq!(events.len(), 1, "{reason}: {events:?}");
            let told = [&events[0]["event"], &events[0]["outcome"], &events[0]["reason"]];
            assert_eq!(told, [event, "refused", reason]);
        }
        assert_absent(log, &self.secrets);
    }
}

/// Neither the secrets themselves nor, of a compact JWS, its claims or its signature are logged.
fn assert_absent(log: &TestLog, secrets: &[String]) {
    let text = log.text();
    for secret in secrets {
        let parts: Vec<_> = secret.split('.').collect();
        let parts = if parts.len() == 3 { &parts[1..] } else { &parts[..] };
        for part in parts.iter().filter(|part| part.len() > 8) {
            assert!(!text.contains(part), "a credential is in the log: {part}");
        }
    }
}

fn form(tpp: &Tpp, assertion: &str, token: &str) -> Form {
    let fields = tpp.form(assertion).into_iter().chain([("token", token)]);
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn with(form: Form, name: &str, value: &str) -> Form {
    let mut form = without(form, name);
    form.push((name.to_owned(), value.to_owned()));
    form
}

fn without(mut form: Form, name: &str) -> Form {
    form.retain(|(other, _)| other != name);
    form
}

/// What every endpoint that clients authenticate at refuses.
fn refusals(server: &TestServer, path: &str, tpp: &Tpp, other: &Tpp, token: &str) -> Refusals {
    const SECRET: &str = "a-secret-that-nobody-logs";
    let now = server.setup.clock.now().as_second();
    let url = server.identity(path);
    let post = |form: &Form| tpp.http.post(&url).form(form);
    let assertion = || tpp.assertion(server);
    let assertions = [
        ("assertion_algorithm", assertion().header("alg", "RS256").sign_rs256()),
        ("assertion_audience", assertion().claim("aud", "https://elsewhere.example").sign()),
        ("assertion_claims", assertion().claim("exp", "never").sign()),
        ("assertion_expired", assertion().claim("iat", now - 300).claim("exp", now - 200).sign()),
        ("assertion_issuer", assertion().claim("iss", "somebody").sign()),
        ("assertion_jws", "a.b.c".to_owned()),
        ("assertion_key", assertion().header("kid", "another-key").sign()),
        ("assertion_lifetime", assertion().claim("exp", now + 400_000).sign()),
        ("assertion_not_yet_valid", assertion().claim("nbf", now + 50).sign()),
        (
            "assertion_signature",
            other
                .assertion(server)
                .header("kid", tpp.key.key_id())
                .claim("iss", "client-1")
                .claim("sub", "client-1")
                .sign(),
        ),
        ("assertion_subject", assertion().claim("sub", "client-2").sign()),
        ("assertion_typ", assertion().header("typ", "secevent+jwt").sign()),
    ];
    let good = assertion().sign();
    let mut refusals = Refusals { cases: Vec::new(), secrets: Vec::new() };
    for (reason, assertion) in assertions {
        refusals.add(reason, post(&form(tpp, &assertion, token)));
        refusals.secrets.push(assertion);
    }
    let good_form = || form(tpp, &good, token);
    let bare = || with(Form::new(), "grant_type", "client_credentials");
    let credentials = || with(with(bare(), "client_secret", SECRET), "client_id", "client-1");
    let stranger = assertion().claim("iss", "nobody").claim("sub", "nobody").sign();
    refusals.add("client_unknown", post(&with(form(tpp, &stranger, token), "client_id", "nobody")));
    refusals.add("assertion_type", post(&with(good_form(), "client_assertion_type", "x")));
    refusals.add("no_credentials", post(&bare()));
    refusals.add("other_method", post(&credentials()));
    refusals.add("several_methods", post(&with(good_form(), "client_secret", SECRET)));
    refusals.add("authorization_header", post(&bare()).header("authorization", "Basic !"));
    refusals.add("other_method", post(&bare()).basic_auth("client-1", Some(SECRET)));
    let foreign = form(tpp, &assertion().sign(), token);
    refusals.add("foreign_certificate", other.http.post(&url).form(&foreign));
    let anonymous = server.setup.pki.client(None);
    refusals.add("certificate_missing", anonymous.post(&url).form(&good_form()));
    let mut repeated = good_form();
    repeated.push(("client_id".to_owned(), "client-1".to_owned()));
    refusals.add("repeated_parameter", post(&repeated));
    refusals.add("content_type", tpp.http.post(&url).json(&json!({ "client_assertion": good })));
    let in_query = tpp.http.post(format!("{url}?token={token}")).form(&good_form());
    refusals.add("parameters_in_uri", in_query);
    let urlencoded = "application/x-www-form-urlencoded";
    let broken = tpp.http.post(&url).header("content-type", urlencoded).body("token=%zz");
    refusals.add("encoding", broken);
    refusals.secrets.extend([good, stranger, token.to_owned(), SECRET.to_owned()]);
    refusals
}

/// XC-01, XC-03.
#[actix_web::test]
async fn every_refusal_of_a_client_is_audited_once_with_its_reason_and_no_credential_is_logged() {
    let log = TestLog::capture();
    let server = TestServer::start().await;
    let (tpp, other) = (server.tpp("client-1").await, server.tpp("client-2").await);
    let token = access_token(&server, &tpp).await;
    for (path, event) in [
        ("/oauth2/token", "token"),
        ("/oauth2/revoke", "token_revocation"),
        ("/oauth2/introspect", "token_introspection"),
    ] {
        let mut refusals = refusals(&server, path, &tpp, &other, &token);
        let url = server.identity(path);
        let assertion = tpp.assertion(&server).sign();
        let used = form(&tpp, &assertion, &token);
        assert_eq!(Answer::of(other.http.get(&url)).await.status, 405);
        if path == "/oauth2/revoke" {
            let foreign = form(&other, &other.assertion(&server).sign(), &token);
            refusals.add("foreign_token", other.http.post(&url).form(&foreign));
        }
        let fresh = form(&tpp, &tpp.assertion(&server).sign(), &token);
        if path == "/oauth2/token" {
            let wrong = [
                ("no_grant_type", without(fresh.clone(), "grant_type")),
                ("grant_type", with(fresh.clone(), "grant_type", "password")),
                ("scope", with(fresh, "scope", "payments-nobody-registered")),
            ];
            for (reason, form) in wrong {
                refusals.add(reason, tpp.http.post(&url).form(&form));
            }
        } else {
            refusals.add("no_token", tpp.http.post(&url).form(&without(fresh, "token")));
        }
        let first =
            if path == "/oauth2/revoke" { without(used.clone(), "token") } else { used.clone() };
        Answer::of(tpp.http.post(&url).form(&first)).await;
        refusals.add("assertion_replay", tpp.http.post(&url).form(&used));
        refusals.secrets.push(assertion);
        refusals.check(&log, event).await;
    }
}

/// XC-01, XC-03.
#[actix_web::test]
async fn every_refused_registration_is_audited_once_with_its_reason_and_no_statement_is_logged() {
    let log = TestLog::capture();
    let (directory, server) = TestDirectory::with_server(Setup::sqlite()).await;
    let software = Software::new(&server, &directory, "5Kq1ZzSoftwareOne");
    let stranger = Software::new(&server, &directory, "5Kq1ZzSoftwareTwo");
    let url = server.identity("/open-banking/v3.3.0/register");
    let request = || software.request(&server, &directory);
    let statement = directory.sign(&request().statement);
    let forged = sign(&stranger.key, &request().statement);
    let good = software.sign_with_statement(&statement, &request());
    let bodies = [
        ("malformed_request", "not.a.request".to_owned()),
        ("statement_signature", software.sign_with_statement(&forged, &request())),
        ("request_signature", stranger.sign_with_statement(&statement, &request())),
        (
            "redirect_uris",
            software.sign(
                &directory,
                &request().claim("redirect_uris", json!(["https://evil.example"])),
            ),
        ),
    ];
    let mut refusals =
        Refusals { cases: Vec::new(), secrets: vec![statement, forged, good.clone()] };
    let post = |http: &reqwest::Client, body: &str| {
        http.post(&url).header("content-type", JWT).body(body.to_owned())
    };
    for (reason, body) in bodies {
        refusals.add(reason, post(&software.http, &body));
        refusals.secrets.push(body);
    }
    refusals.add("certificate_missing", post(&server.setup.pki.client(None), &good));
    refusals.add("foreign_certificate", post(&stranger.http, &good));
    let untyped = software.http.post(&url).header("content-type", "text/plain").body(good.clone());
    refusals.add("content_type", untyped);
    refusals.check(&log, "client_registration").await;
}
