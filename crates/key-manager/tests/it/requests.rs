//! The form and the methods of a token request.

use crate::support::{Answer, TestServer};
use reqwest::Url;

/// AS-03.
#[actix_web::test]
async fn as_03_a_request_without_an_assertion_is_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    for form in [
        &[("grant_type", "client_credentials"), ("client_id", "client-1")][..],
        &[("grant_type", "client_credentials")],
        &[("grant_type", "client_credentials"), ("client_assertion", "")],
    ] {
        tpp.post(&server, form).await.assert_invalid_client();
    }
}

#[actix_web::test]
async fn an_assertion_of_another_type_is_refused() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    for name in ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"] {
        let assertion = tpp.assertion(&server).sign();
        let mut form = tpp.form(&assertion);
        form[2].1 = name;
        tpp.post(&server, &form).await.assert_invalid_client();
    }
}

/// AS-27.
#[actix_web::test]
async fn as_27_repeated_fields_are_an_invalid_request() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    for repeated in ["client_assertion", "scope", "grant_type", "client_id", "redirect_uri"] {
        let mut form = tpp.form(&assertion);
        form.push((repeated, "again"));
        tpp.post(&server, &form).await.assert_invalid_request();
    }
    tpp.token(&server, &assertion).await.assert_token();
}

/// AS-27.
#[actix_web::test]
async fn as_27_several_methods_of_authentication_are_an_invalid_request() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    let url = server.identity("/oauth2/token");
    let basic = tpp.http.post(&url).basic_auth("client-1", Some("secret"));
    Answer::of(basic.form(&tpp.form(&assertion))).await.assert_invalid_request();
    let mut form = tpp.form(&assertion);
    form.push(("client_secret", "secret"));
    tpp.post(&server, &form).await.assert_invalid_request();
    tpp.token(&server, &assertion).await.assert_token();
}

#[actix_web::test]
async fn a_secret_is_no_authentication_and_basic_gets_its_challenge() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let grant = [("grant_type", "client_credentials")];
    let basic = tpp.http.post(server.identity("/oauth2/token")).basic_auth("client-1", Some("x"));
    let answer = Answer::of(basic.form(&grant)).await;
    answer.assert_invalid_client();
    assert!(answer.header("www-authenticate").starts_with("Basic "));
    let form = [grant[0], ("client_id", "client-1"), ("client_secret", "x")];
    tpp.post(&server, &form).await.assert_invalid_client();
}

/// AS-28.
#[actix_web::test]
async fn as_28_credentials_outside_a_form_body_are_never_read() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    let form = tpp.form(&assertion);
    let url = server.identity("/oauth2/token");
    let with_query = Url::parse_with_params(&url, &form).unwrap();
    let in_query = tpp.http.post(with_query.clone()).form(&[("grant_type", "client_credentials")]);
    Answer::of(in_query).await.assert_invalid_request();
    let both = tpp.http.post(format!("{url}?x=y")).form(&form);
    Answer::of(both).await.assert_invalid_request();
    let got = Answer::of(tpp.http.get(with_query)).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"));
    let json: serde_json::Map<_, _> =
        form.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    Answer::of(tpp.http.post(&url).json(&json)).await.assert_invalid_request();
    tpp.token(&server, &assertion).await.assert_token();
}

/// AS-30.
#[actix_web::test]
async fn as_30_other_grants_are_unsupported() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    for grant in
        ["password", "implicit", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS", "x"]
    {
        let assertion = tpp.assertion(&server).sign();
        let mut form = tpp.form(&assertion);
        form[0].1 = grant;
        let answer = tpp.post(&server, &form).await;
        answer.assert_oauth_error(400, "unsupported_grant_type", "The grant type is not supported");
    }
}

#[actix_web::test]
async fn a_missing_or_empty_grant_type_is_an_invalid_request() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let assertion = tpp.assertion(&server).sign();
    let form = tpp.form(&assertion);
    tpp.post(&server, &form[1..]).await.assert_invalid_request();
    let mut empty = form.clone();
    empty[0].1 = "";
    tpp.post(&server, &empty).await.assert_invalid_request();
    tpp.post(&server, &[]).await.assert_invalid_request();
}

#[actix_web::test]
async fn a_body_that_is_no_form_is_an_invalid_request() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let url = server.identity("/oauth2/token");
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", &b"grant_type=%zz"[..]),
        ("application/x-www-form-urlencoded", b"grant_type=\xff\xfe"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"grant_type=client_credentials"),
        ("text/plain", b"grant_type=client_credentials"),
        ("", b"grant_type=client_credentials"),
    ] {
        let request = tpp.http.post(&url).header("content-type", content_type).body(body);
        Answer::of(request).await.assert_invalid_request();
    }
}

#[actix_web::test]
async fn a_body_over_64_kib_is_too_large() {
    let server = TestServer::start().await;
    let tpp = server.tpp("client-1").await;
    let long = "a".repeat(64 * 1024);
    let answer = tpp.post(&server, &[("grant_type", "client_credentials"), ("x", &long)]).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert_eq!(answer.json()["error"], "invalid_request");
}

#[actix_web::test]
async fn unknown_methods_and_paths_are_answered_in_the_oauth_family() {
    let server = TestServer::start().await;
    let http = server.setup.pki.client(None);
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let method = method.parse().unwrap();
        let answer = Answer::of(http.request(method, server.identity("/oauth2/token"))).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
    for path in ["/", "/oauth2/token/", "/oauth2/TOKEN", "/internal/v1/clients", "/oauth2/revok"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["error"], "invalid_request");
    }
}
