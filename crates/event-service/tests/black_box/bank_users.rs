//! Basic authentication before routing.

use crate::harness::{Answer, BASIC, Setup, TestService, V3, V4};
use event_service::{BankUser, StartError, hash_password};
use test_kit::TestDatabase;

async fn call(service: &TestService, path: &str, authorization: &[&str]) -> Answer {
    let mut request = service.forwarded(path).body("x".repeat(1000));
    for value in authorization {
        request = request.header("authorization", *value);
    }
    Answer::read(request.send().await.unwrap()).await
}

#[actix_web::test]
async fn whoever_is_no_bank_user_is_refused_before_any_routing() {
    let service = TestService::start().await;
    let wrong_password = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyNA==";
    let unknown_user = "Basic bm9ib2R5OndzbzIxMjM=";
    for path in ["/create-events", "/events", "/events/x", "/nothing", "", "/"] {
        for base in [V3, V4] {
            for authorization in [
                &[][..],
                &[wrong_password],
                &[unknown_user],
                &["Bearer abc"],
                &["Basic !"],
                &["Basic"],
            ] {
                let answer = call(&service, &format!("{base}{path}"), authorization).await;
                assert_eq!(answer.status, 401, "{path} {authorization:?}");
            }
        }
    }
}

#[actix_web::test]
async fn the_refusal_is_the_one_of_carbon() {
    let service = TestService::start().await;
    let answer = call(&service, &format!("{V3}/events"), &[]).await;
    assert_eq!(answer.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=localhost");
    let trace = answer.header("x-fapi-interaction-id");
    assert_eq!(
        answer.body,
        format!(
            "{{\n  \"code\": 401,\n  \"message\": \"Unauthorized\",\n  \"description\": \
             \"Authorization failure. Authorization information was invalid or missing from your \
             request.\",\n  \"traceId\": \"{trace}\"\n}}"
        )
    );
}

#[actix_web::test]
async fn a_verified_user_is_let_in_again_and_after_a_minute_verified_anew() {
    let service = TestService::start().await;
    for seconds in [0, 1, 58, 2, 3600] {
        service.clock.advance(jiff::SignedDuration::from_secs(seconds));
        assert_eq!(call(&service, &format!("{V3}/nothing"), &[BASIC]).await.status, 404);
        let wrong = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyNA==";
        assert_eq!(call(&service, &format!("{V3}/nothing"), &[wrong]).await.status, 401);
    }
    assert_eq!(
        call(&service, &format!("{V3}/x"), &[&BASIC.replace("Basic", "bASIC")]).await.status,
        404
    );
}

#[actix_web::test]
async fn without_users_the_doors_refuse_everybody() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.bank_user.clear();
    let service = TestService::with(&setup).await;
    assert_eq!(call(&service, &format!("{V3}/events"), &[BASIC]).await.status, 401);
}

#[actix_web::test]
async fn production_refuses_the_password_of_the_documentation() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.allow_documented_password = false;
    let refused = setup.assemble("https://localhost:1").await.unwrap_err();
    assert!(matches!(refused, StartError::DocumentedPassword(name) if name == "admin@wso2.com"));
    setup.config.bank_user[0].password_hash = hash_password("another one").unwrap();
    setup.assemble("https://localhost:1").await.unwrap();
}

#[actix_web::test]
async fn an_unusable_hash_stops_the_start_by_name() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.bank_user =
        vec![BankUser { name: "ops".to_owned(), password_hash: "wso2123".to_owned() }];
    let refused = setup.assemble("https://localhost:1").await.unwrap_err().to_string();
    assert!(refused.contains("ops") && !refused.contains("wso2123"), "{refused}");
}

#[actix_web::test]
async fn a_number_without_sense_stops_the_start() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.max_sets_per_poll = 0;
    let refused = setup.assemble("https://localhost:1").await.unwrap_err().to_string();
    assert_eq!(refused, "event_service.max_sets_per_poll must be at least 1");
}
