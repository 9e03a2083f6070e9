//! The rules, without signatures.

use super::*;
use crate::clients::{AuthenticationMethod, CertificateOwner};
use crate::store::ClientStatus;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) const NOW: i64 = 1_767_225_600;
pub(super) const ISSUER: &str = "https://localhost:9446/oauth2/token";
const DAY: i64 = 24 * 60 * 60;

pub(super) fn rules() -> AssertionRules {
    AssertionRules {
        audiences: vec![ISSUER.to_owned(), "https://alias/oauth2/token".to_owned()],
        skew: 30,
        lifetime_cap: 3 * DAY,
        decoys: DecoyKeys::new().unwrap(),
    }
}

pub(super) fn client() -> Client {
    Client {
        id: "client-1".parse().unwrap(),
        status: ClientStatus::Active,
        scopes: Vec::new(),
        method: AuthenticationMethod::TlsClientAuth,
        certificate_owner: CertificateOwner::Anyone,
        assertion_algorithm: None,
        assertion_lifetime_cap_seconds: None,
        allow_audience_array: false,
        resource_server: false,
        registered_at: 0,
    }
}

fn good() -> Value {
    json!({
        "iss": "client-1", "sub": "client-1", "aud": ISSUER,
        "exp": NOW + 60, "iat": NOW, "nbf": NOW, "jti": "1"
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = good();
    claims[member] = value;
    claims
}

/// Checks claims that are JSON already, in the order of [`UncheckedAssertion::check`].
fn check(claims: Value, client: &Client) -> Result<i64, AuthenticationFailure> {
    let claims: Claims =
        serde_json::from_value(claims).map_err(|_| AuthenticationFailure::Claims)?;
    claims.check_identity(client)?;
    claims.check_audience(client, &rules())?;
    claims.check_times(client, &rules(), NOW)
}

#[test]
fn a_missing_or_mistyped_claim_is_refused() {
    for member in ["iss", "sub", "aud", "exp", "jti"] {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(member);
        assert_eq!(check(claims, &client()), Err(AuthenticationFailure::Claims), "no {member}");
        for value in [json!(null), json!({}), json!(true), json!([1]), json!(1.5)] {
            let outcome = check(with(member, value.clone()), &client());
            assert_eq!(outcome, Err(AuthenticationFailure::Claims), "{member} {value}");
        }
    }
    for member in ["iat", "nbf"] {
        for value in [json!(null), json!("1"), json!(1.5), json!(1e300), json!([])] {
            let outcome = check(with(member, value.clone()), &client());
            assert_eq!(outcome, Err(AuthenticationFailure::Claims), "{member} {value}");
        }
    }
}

#[test]
fn an_empty_or_overlong_id_is_refused() {
    for jti in [String::new(), "j".repeat(256)] {
        assert_eq!(check(with("jti", json!(jti)), &client()), Err(AuthenticationFailure::Claims));
    }
    assert!(check(with("jti", json!("j".repeat(255))), &client()).is_ok());
}

#[test]
fn an_expiry_that_is_no_sensible_number_is_refused() {
    for (exp, failure) in [
        (json!(1e300), AuthenticationFailure::Claims),
        (json!(u64::MAX), AuthenticationFailure::Claims),
        (json!("1767225660"), AuthenticationFailure::Claims),
        (json!(-1), AuthenticationFailure::Expired),
        (json!(i64::MIN), AuthenticationFailure::Expired),
        (json!(i64::MAX), AuthenticationFailure::Lifetime),
    ] {
        assert_eq!(check(with("exp", exp.clone()), &client()), Err(failure), "{exp}");
    }
}

#[test]
fn clocks_may_differ_by_thirty_seconds_and_no_more() {
    for (member, value, outcome) in [
        ("exp", NOW - 29, Ok(NOW + 1)),
        ("exp", NOW - 30, Err(AuthenticationFailure::Expired)),
        ("iat", NOW + 30, Ok(NOW + 90)),
        ("iat", NOW + 31, Err(AuthenticationFailure::NotYetValid)),
        ("nbf", NOW + 30, Ok(NOW + 90)),
        ("nbf", NOW + 31, Err(AuthenticationFailure::NotYetValid)),
        ("exp", NOW + 3 * DAY + 30, Ok(NOW + 3 * DAY + 60)),
        ("exp", NOW + 3 * DAY + 31, Err(AuthenticationFailure::Lifetime)),
    ] {
        assert_eq!(check(with(member, json!(value)), &client()), outcome, "{member} {value}");
    }
}

#[test]
fn a_client_may_have_a_cap_of_its_own() {
    let strict = Client { assertion_lifetime_cap_seconds: Some(60), ..client() };
    assert!(check(with("exp", json!(NOW + 90)), &strict).is_ok());
    assert_eq!(check(with("exp", json!(NOW + 91)), &strict), Err(AuthenticationFailure::Lifetime));
}

#[test]
fn an_audience_is_one_value_and_ours() {
    let refused = [
        json!([]),
        json!(["https://other"]),
        json!("https://other"),
        json!(""),
        json!(format!("{ISSUER}/")),
        json!(ISSUER.to_uppercase()),
        json!([ISSUER, "https://other"]),
        json!([ISSUER, ISSUER]),
    ];
    for audience in refused {
        let outcome = check(with("aud", audience.clone()), &client());
        assert_eq!(outcome, Err(AuthenticationFailure::Audience), "{audience}");
    }
    for audience in [json!(ISSUER), json!([ISSUER]), json!("https://alias/oauth2/token")] {
        assert!(check(with("aud", audience.clone()), &client()).is_ok(), "{audience}");
    }
}

#[test]
fn a_client_of_fapi_1_may_name_other_audiences_beside_ours() {
    let fapi = Client { allow_audience_array: true, ..client() };
    assert!(check(with("aud", json!(["https://other", ISSUER])), &fapi).is_ok());
    assert_eq!(
        check(with("aud", json!(["https://other", "https://more"])), &fapi),
        Err(AuthenticationFailure::Audience)
    );
}

#[test]
fn another_clients_name_is_refused() {
    for (member, failure) in
        [("iss", AuthenticationFailure::Issuer), ("sub", AuthenticationFailure::Subject)]
    {
        for name in ["", "client-2", "Client-1", "client-1 ", "client-1\0"] {
            assert_eq!(check(with(member, json!(name)), &client()), Err(failure), "{name:?}");
        }
    }
}

#[test]
fn an_algorithm_other_than_the_registered_one_is_refused() {
    let registered = Client { assertion_algorithm: Some(Algorithm::Es256), ..client() };
    assert!(check_algorithm(Algorithm::Es256, &registered).is_ok());
    assert!(check_algorithm(Algorithm::Ps256, &registered).is_err());
    assert!(check_algorithm(Algorithm::Rs256, &client()).is_err());
    assert!(check_algorithm(Algorithm::Ps256, &client()).is_ok());
}

#[test]
fn another_kind_of_jwt_is_refused() {
    for token_type in ["at+jwt", "secevent+jwt", "", "JWS", "oauth-authz-req+jwt"] {
        assert!(check_token_type(Some(token_type)).is_err(), "{token_type:?}");
    }
    for token_type in [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt")] {
        assert!(check_token_type(token_type).is_ok(), "{token_type:?}");
    }
}

proptest! {
    #[test]
    fn no_times_make_the_check_panic_or_accept_what_is_outside_the_window(
        exp in any::<i64>(),
        iat in proptest::option::of(any::<i64>()),
        nbf in proptest::option::of(any::<i64>()),
        cap in proptest::option::of(1..i64::MAX),
    ) {
        let mut claims = with("exp", json!(exp));
        for (member, value) in [("iat", iat), ("nbf", nbf)] {
            match value {
                Some(value) => claims[member] = json!(value),
                None => { claims.as_object_mut().unwrap().remove(member); }
            }
        }
        let client = Client { assertion_lifetime_cap_seconds: cap, ..client() };
        let accepted = check(claims, &client).is_ok();
        let (now, exp) = (i128::from(NOW), i128::from(exp));
        let latest = now + 30;
        let cap = i128::from(cap.unwrap_or(3 * DAY));
        // Beyond the largest number a claim can hold, the cap has no meaning.
        let within = exp <= (latest + cap).min(i64::MAX.into());
        let expected = exp + 30 > now
            && within
            && iat.is_none_or(|at| i128::from(at) <= latest)
            && nbf.is_none_or(|at| i128::from(at) <= latest);
        prop_assert_eq!(accepted, expected);
    }

    #[test]
    fn an_accepted_assertion_is_remembered_for_as_long_as_it_would_be_accepted(
        exp in NOW - 29..NOW + 3 * DAY,
        wait in 0..4 * DAY,
    ) {
        let claims: Claims = serde_json::from_value(with("exp", json!(exp))).unwrap();
        let refused_from = claims.check_times(&client(), &rules(), NOW).unwrap();
        let later = claims.check_times(&client(), &rules(), NOW + wait);
        prop_assert_eq!(later.is_ok(), NOW + wait < refused_from);
    }

    #[test]
    fn no_json_makes_the_claims_panic(text in "\\PC{0,80}") {
        let _ = serde_json::from_str::<Claims>(&text);
    }

    #[test]
    fn an_audience_passes_only_when_it_is_one_of_ours(
        audiences in proptest::collection::vec("https://[a-z]{1,3}|https://alias/oauth2/token", 0..3)
    ) {
        let accepted = check(with("aud", json!(audiences)), &client()).is_ok();
        prop_assert_eq!(accepted, audiences == ["https://alias/oauth2/token"]);
    }
}
