//! Revocation (RFC 7009).

use crate::support::{Answer, Setup, TestServer, Tpp};
use certificates::ServiceRole;
use jiff::SignedDuration;
use serde_json::{Value, json};

const PATH: &str = "/oauth2/revoke";

/// A new access token of `tpp`.
pub async fn access_token(server: &TestServer, tpp: &Tpp) -> String {
    let answer = tpp.token(server, &tpp.assertion(server).sign()).await;
    answer.assert_token();
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Posts `fields` to `path` with good credentials of `tpp`.
pub async fn post(server: &TestServer, tpp: &Tpp, path: &str, fields: &[(&str, &str)]) -> Answer {
    let assertion = tpp.assertion(server).sign();
    let mut form = fields.to_vec();
    // Assertion type, assertion and client id.
    form.extend(tpp.form(&assertion).into_iter().filter(|(name, _)| name.starts_with("client")));
    Answer::of(tpp.http.post(server.identity(path)).form(&form)).await
}

/// Whether the token is active in the eyes of a gateway.
pub async fn is_active(server: &TestServer, token: &str) -> bool {
    let gateway = server.role(ServiceRole::Gateway);
    let url = server.internal("/internal/v1/introspect");
    let answer = Answer::of(gateway.post(url).form(&[("token", token)])).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["active"].as_bool().unwrap()
}

async fn changes(server: &TestServer) -> Vec<Value> {
    let gateway = server.role(ServiceRole::Gateway);
    let url = server.internal("/internal/v1/changes?after=0");
    let changes = Answer::of(gateway.get(url)).await.json();
    let changes = changes["changes"].as_array().unwrap().iter();
    changes.filter(|change| change["type"] == "token_revoked").cloned().collect()
}

#[actix_web::test]
async fn a_request_without_good_credentials_is_refused() {
    let server = TestServer::start().await;
    let (tpp, other) = (server.tpp("client-1").await, server.tpp("client-2").await);
    let token = access_token(&server, &tpp).await;
    let url = server.identity(PATH);
    let bare = [("token", token.as_str())];
    Answer::of(tpp.http.post(&url).form(&bare)).await.assert_invalid_client();
    let forged = other.assertion(&server).claim("iss", "client-1").claim("sub", "client-1").sign();
    let mut form = tpp.form(&forged);
    form.push(("token", &token));
    Answer::of(tpp.http.post(&url).form(&form)).await.assert_invalid_client();
    let http = server.setup.pki.client(None);
    Answer::of(http.post(&url).form(&bare)).await.assert_oauth_error(
        400,
        "invalid_request",
        "Transport certificate not found in the request",
    );
    let several = [("token", &*token), ("client_secret", "x"), ("client_assertion", "y")];
    Answer::of(tpp.http.post(&url).form(&several)).await.assert_invalid_request();
    assert!(is_active(&server, &token).await);
    assert!(changes(&server).await.is_empty());
}

#[actix_web::test]
async fn a_malformed_request_is_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let token = access_token(&server, &tpp).await;
    post(&server, &tpp, PATH, &[]).await.assert_invalid_request();
    post(&server, &tpp, PATH, &[("token", "")]).await.assert_invalid_request();
    post(&server, &tpp, PATH, &[("token", &token), ("token", "x")]).await.assert_invalid_request();
    post(&server, &tpp, &format!("{PATH}?token={token}"), &[("token", &token)])
        .await
        .assert_invalid_request();
    let json = tpp.http.post(server.identity(PATH)).json(&json!({ "token": token }));
    Answer::of(json).await.assert_invalid_request();
    let got = Answer::of(tpp.http.get(server.identity(PATH))).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"));
    assert!(is_active(&server, &token).await);
}

#[actix_web::test]
async fn the_token_of_another_client_stays_as_it_is() {
    let server = TestServer::start().await;
    let (tpp, other) = (server.tpp("client-1").await, server.tpp("client-2").await);
    let token = access_token(&server, &tpp).await;
    post(&server, &other, PATH, &[("token", &token)]).await.assert_oauth_error(
        400,
        "unauthorized_client",
        "The token was not issued to this client",
    );
    assert!(is_active(&server, &token).await);
    assert!(changes(&server).await.is_empty());
}

#[actix_web::test]
async fn an_unknown_token_is_as_good_as_revoked() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let foreign = TestServer::start().await;
    let foreign_token = access_token(&foreign, &foreign.tpp("client-1").await).await;
    let own = access_token(&server, &tpp).await;
    let assertion = tpp.assertion(&server).sign();
    let last = if own.ends_with('A') { 'Q' } else { 'A' };
    let altered = format!("{}{last}", &own[..own.len() - 1]);
    for token in ["x", "a.b.c", "\0", &foreign_token, &assertion, &altered, &"x".repeat(9000)] {
        let answer = post(&server, &tpp, PATH, &[("token", token)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{token}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert!(is_active(&server, &own).await);
    assert!(changes(&server).await.is_empty());
}

#[actix_web::test]
async fn a_token_can_be_revoked_for_as_long_as_gateways_accept_it() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let config = &server.setup.config;
    let lifetime = i64::from(config.token_lifetime_seconds);
    let skew = i64::from(config.clock_skew_seconds);
    let (token, late) = (access_token(&server, &tpp).await, access_token(&server, &tpp).await);
    server.setup.clock.advance(SignedDuration::from_secs(lifetime + 1));
    assert!(!is_active(&server, &token).await, "it has ended");
    assert_eq!(post(&server, &tpp, PATH, &[("token", &token)]).await.status, 200);
    assert_eq!(changes(&server).await.len(), 1);
    server.setup.clock.advance(SignedDuration::from_secs(skew - 1));
    assert_eq!(post(&server, &tpp, PATH, &[("token", &late)]).await.status, 200);
    assert_eq!(changes(&server).await.len(), 1, "nobody accepts it any more");
}

test_kit::on_both_databases! {
    /// AS-35.
    async fn as_35_a_revoked_token_is_inactive_and_those_who_follow_are_told(
        database: TestDatabase
    ) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("client-1").await;
        let (token, kept) = (access_token(&server, &tpp).await, access_token(&server, &tpp).await);
        for hint in ["access_token", "refresh_token", "nonsense", ""] {
            let fields = [("token", token.as_str()), ("token_type_hint", hint)];
            let answer = post(&server, &tpp, PATH, &fields).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{hint}");
        }
        assert!(!is_active(&server, &token).await);
        assert!(is_active(&server, &kept).await);
        let changes = changes(&server).await;
        assert_eq!(changes.len(), 1, "said once");
        assert_eq!(changes[0]["client_id"], "client-1");
        let gateway = server.role(ServiceRole::Gateway);
        let state = Answer::of(gateway.get(server.internal("/internal/v1/state"))).await.json();
        assert_eq!(state["revoked_tokens"][0]["jti"], changes[0]["jti"]);
        let setup = server.setup.clone();
        server.stop().await;
        let again = setup.start().await;
        assert!(!is_active(&again, &token).await, "it is durable");
    }

    /// AS-23.
    async fn as_23_an_assertion_is_good_for_one_use_at_all_endpoints_together(
        database: TestDatabase
    ) {
        let server = Setup::on(&database).start().await;
        let tpp = server.tpp("client-1").await;
        let paths = ["/oauth2/token", PATH, "/oauth2/introspect"];
        for first in paths {
            let assertion = tpp.assertion(&server).sign();
            let mut form = tpp.form(&assertion);
            form.push(("token", "x"));
            let answer = Answer::of(tpp.http.post(server.identity(first)).form(&form)).await;
            assert_eq!(answer.status, 200, "{first}: {}", answer.text);
            for second in paths {
                let again = tpp.http.post(server.identity(second)).form(&form);
                Answer::of(again).await.assert_invalid_client();
            }
        }
    }
}
