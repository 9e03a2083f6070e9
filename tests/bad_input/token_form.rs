//! The form of a token request, and what an assertion may hold (RFC 6749 §3.2, RFC 7523 §3).

use crate::bad_input::{Request, Target, assert_invalid_client, assert_oauth_error, form};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use test_kit::{ForgedSignature, TestAnswer, forged_jws};

const PATH: &str = "/oauth2/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Fields = Vec<(&'static str, String)>;

#[tokio::test]
async fn a_field_that_is_missing_empty_or_wrong_is_refused_and_leaves_the_assertion_unused() {
    let target = Target::start().await;
    let good = good_form(&target);
    for name in ["grant_type", "client_assertion_type", "client_assertion"] {
        let refusal: fn(&TestAnswer, &str) =
            if name == "grant_type" { assert_invalid_request } else { assert_invalid_client };
        refusal(&post(&target, form(&without(&good, name))).await, &format!("no {name}"));
        refusal(&post(&target, form(&with(&good, name, ""))).await, &format!("empty {name}"));
    }
    for wrong in ["password", "client_credentials ", "CLIENT_CREDENTIALS", "client_credentials\0"] {
        let answer = post(&target, form(&with(&good, "grant_type", wrong))).await;
        assert_oauth_error(&answer, 400, "unsupported_grant_type", wrong);
    }
    for wrong in ["nobody", "' OR '1'='1", "\0", "\u{202e}", &"c".repeat(10_000)] {
        let answer = post(&target, form(&with(&good, "client_id", wrong))).await;
        assert_invalid_client(&answer, wrong);
        let answer = post(&target, form(&with(&good, "client_assertion", wrong))).await;
        assert_invalid_client(&answer, wrong);
        let answer = post(&target, form(&with(&good, "client_assertion_type", wrong))).await;
        assert_invalid_client(&answer, wrong);
    }
    assert_token(&post(&target, form(&good)).await);
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_scope_that_is_unknown_or_no_scope_is_an_invalid_scope() {
    let target = Target::start().await;
    for wrong in [
        "nothing",
        "openid",
        "a\"b",
        "a\\b",
        "\u{1}",
        "a\tb",
        "a\nb",
        "\0",
        "é",
        &"s".repeat(20_000),
    ] {
        let fields = with(&good_form(&target), "scope", wrong);
        assert_oauth_error(&post(&target, form(&fields)).await, 400, "invalid_scope", wrong);
    }
    assert_token(&post(&target, form(&with(&good_form(&target), "scope", ""))).await);
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_repeated_field_is_an_invalid_request_whatever_its_name() {
    let target = Target::start().await;
    let good = good_form(&target);
    for (name, value) in good.clone() {
        for again in [value.as_str(), "", "other"] {
            let mut fields = good.clone();
            fields.push((name, again.to_owned()));
            assert_invalid_request(&post(&target, form(&fields)).await, &format!("{name}={again}"));
            fields.rotate_right(1);
            assert_invalid_request(&post(&target, form(&fields)).await, &format!("{name}={again}"));
        }
    }
    let escaped = format!("{}&%67rant_type=client_credentials", form(&good));
    assert_invalid_request(&post(&target, escaped).await, "the same name in other letters");
    for name in ["code", "code_verifier", "assertion", "resource"] {
        let body = format!("{}&{name}=a&{name}=b", form(&good));
        assert_invalid_request(&post(&target, body).await, name);
    }
    assert_token(&post(&target, form(&good)).await);
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_body_that_is_no_form_is_an_invalid_request() {
    let target = Target::start().await;
    let good = good_form(&target);
    for (name, _) in &good {
        for broken in
            [&b"%"[..], b"%z", b"%zz", b"%f", b"%ff", b"%c0%ae", b"%ed%a0%80", b"\xff\xfe"]
        {
            let rest = form(&without(&good, name));
            let body = [rest.as_bytes(), b"&", name.as_bytes(), b"=", broken].concat();
            let case = format!("{name}={}", String::from_utf8_lossy(broken));
            assert_invalid_request(&post(&target, body).await, &case);
        }
    }
    let body = form(&good);
    for content_type in [
        "",
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded, application/json",
        "\u{e9}",
    ] {
        let request =
            Request::new("POST /oauth2/token").header("Content-Type", content_type).body(&body);
        assert_invalid_request(&target.ask("identity", &request).await, content_type);
    }
    let untyped = Request::new("POST /oauth2/token").body(&body);
    assert_invalid_request(&target.ask("identity", &untyped).await, "no content type");
    let object: Value =
        good.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let answer = target.ask("identity", &Request::json(PATH, object.to_string())).await;
    assert_invalid_request(&answer, "JSON");
    for body in ["", "&", "=", "&&&===", "grant_type", "\0", "{}"] {
        assert_invalid_request(&post(&target, body).await, body);
    }
    assert_token(&post(&target, body).await);
    target.assert_unharmed().await;
}

#[tokio::test]
async fn credentials_in_the_query_or_by_a_second_method_are_an_invalid_request() {
    let target = Target::start().await;
    let good = good_form(&target);
    let encoded = form(&good);
    let in_query = Request::form(&format!("{PATH}?{encoded}"), "grant_type=client_credentials");
    assert_invalid_request(&target.ask("identity", &in_query).await, "in the query");
    for (name, value) in &good {
        let query = form(&[(name, value)]);
        let split = Request::form(&format!("{PATH}?{query}"), form(&without(&good, name)));
        assert_invalid_request(&target.ask("identity", &split).await, &query);
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "post"] {
        let request = Request::new(&format!("{method} {PATH}?{encoded}"));
        let answer = target.ask("identity", &request).await;
        assert_oauth_error(&answer, 405, "invalid_request", method);
        assert_eq!(answer.header("allow"), "POST", "{method}");
    }
    let basic = Request::form(PATH, &encoded).header("Authorization", "Basic YTpi");
    assert_invalid_request(&target.ask("identity", &basic).await, "Basic beside the assertion");
    let secret = format!("{encoded}&client_secret=x");
    assert_invalid_request(&post(&target, secret).await, "a secret beside the assertion");
    assert_token(&post(&target, encoded).await);
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_too_large() {
    let target = Target::start().await;
    let start = format!("{}&state=", form(&good_form(&target)));
    let padded = |length: usize| format!("{start}{}", "x".repeat(length - start.len()));

    let over = post(&target, padded(64 * 1024 + 1)).await;
    assert_oauth_error(&over, 413, "invalid_request", "64 KiB and one byte");
    assert_token(&post(&target, padded(64 * 1024)).await);

    target.assert_unharmed().await;
}

#[tokio::test]
async fn an_assertion_of_16_kib_is_read_and_one_byte_more_is_refused() {
    let target = Target::start().await;
    for (length, is_read) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let assertion = padded_assertion(&target, length);
        assert_eq!(assertion.len(), length);
        let answer = post(&target, form(&form_with(&target, &assertion))).await;
        if is_read {
            assert_token(&answer);
        } else {
            assert_invalid_client(&answer, "16 KiB and one byte");
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_well_signed_assertion_with_hostile_claims_is_refused() {
    let target = Target::start().await;
    let claims = claims(&target, "hostile");
    let with_more = |more: &str| format!("{},{more}}}", claims.trim_end_matches('}'));
    let deep_list = format!("\"x\":{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep_object = format!("\"x\":{}1{}", "{\"a\":".repeat(1_500), "}".repeat(1_500));
    for payload in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{claims}]"),
        format!("\u{feff}{claims}"),
        format!("{claims}{claims}"),
        claims.trim_end_matches('}').to_owned(),
        with_more(&deep_list),
        with_more(&deep_object),
        with_more(r#""x":{"y":1,"y":2}"#),
        with_more(r#""jti":"again""#),
        with_more(r#""\u006ati":"again""#),
        with_more(r#""x":"\ud800""#),
        with_more(r#""x":1e999"#),
        with_more(r#""x":NaN"#),
        with_more("\"x\":\"\u{1}\""),
        with_more(r#""nbf":"now""#),
        with_more(r#""nbf":1e300"#),
        with_more(r#""iat":{}"#),
    ] {
        let assertion = signed(&target, &header(), &payload);
        let answer = post(&target, form(&form_with(&target, &assertion))).await;
        assert_invalid_client(&answer, &payload[..payload.len().min(400)]);
    }
    let not_text = [claims.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    let assertion = signed(&target, &header(), not_text);
    let answer = post(&target, form(&form_with(&target, &assertion))).await;
    assert_invalid_client(&answer, "claims that are not UTF-8");

    let assertion = signed(&target, &header(), &claims);
    assert_token(&post(&target, form(&form_with(&target, &assertion))).await);
    target.assert_unharmed().await;
}

async fn post(target: &Target, body: impl AsRef<[u8]>) -> TestAnswer {
    target.ask("identity", &Request::form(PATH, body)).await
}

fn good_form(target: &Target) -> Fields {
    form_with(target, &target.tpp.assertion(&target.installation))
}

fn form_with(target: &Target, assertion: &str) -> Fields {
    vec![
        ("grant_type", "client_credentials".to_owned()),
        ("scope", "eventpolling openid".to_owned()),
        ("client_assertion_type", JWT_BEARER.to_owned()),
        ("client_assertion", assertion.to_owned()),
        ("redirect_uri", "https://www.google.com/redirects/redirect1".to_owned()),
        ("client_id", target.tpp.client_id().to_owned()),
    ]
}

fn without(fields: &Fields, left_out: &str) -> Fields {
    fields.iter().filter(|(name, _)| *name != left_out).cloned().collect()
}

fn with(fields: &Fields, replaced: &'static str, value: &str) -> Fields {
    let mut fields = without(fields, replaced);
    fields.push((replaced, value.to_owned()));
    fields
}

fn header() -> String {
    json!({"alg": "PS256", "typ": "JWT"}).to_string()
}

/// The claims of an assertion that `lombard` itself makes, under another id.
fn claims(target: &Target, jti: &str) -> String {
    let assertion = target.tpp.assertion(&target.installation);
    let payload = assertion.split('.').nth(1).unwrap();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["jti"] = json!(jti);
    claims.to_string()
}

/// A good assertion of exactly `length` characters.
fn padded_assertion(target: &Target, length: usize) -> String {
    let claims = claims(target, &length.to_string());
    let claims = claims.trim_end_matches('}');
    let encoded = |bytes: usize| (bytes * 4).div_ceil(3);
    let signature = encoded(256) + 2;
    // Base64 skips one length in four, so that one part alone cannot have every length.
    for padding in ["", "x", "xx"] {
        let header = json!({"alg": "PS256", "typ": "JWT", "x": padding}).to_string();
        let payload = length - signature - encoded(header.len());
        let bytes = payload * 3 / 4;
        if encoded(bytes) == payload {
            let filler = "x".repeat(bytes - claims.len() - r#","x":""}"#.len());
            let payload = format!("{claims},\"x\":\"{filler}\"}}");
            return signed(target, &header, &payload);
        }
    }
    unreachable!("one of three neighbouring lengths is a length of Base64")
}

fn signed(target: &Target, header: &str, payload: impl AsRef<[u8]>) -> String {
    forged_jws(header, payload, ForgedSignature::Ps256(&signing_key(target)))
}

fn signing_key(target: &Target) -> String {
    std::fs::read_to_string(target.tpp.files().join("signing.key")).unwrap()
}

#[track_caller]
fn assert_invalid_request(answer: &TestAnswer, case: &str) {
    assert_oauth_error(answer, 400, "invalid_request", case);
}

#[track_caller]
fn assert_token(answer: &TestAnswer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains("\"access_token\""), "{answer:?}");
}
