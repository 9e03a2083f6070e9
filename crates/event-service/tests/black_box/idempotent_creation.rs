//! `x-idempotency-key` at `create-events`.

use crate::harness::{
    Answer, BASIC, CLIENT, EVENT, LossyWay, OTHER_CLIENT, RESOURCE, Setup, TestService, V4,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use event_service::BankUser;
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::collections::HashSet;

const OTHER_EVENT: &str = r#"{"urn:uk:org:openbanking:events:resource-update":{}}"#;
const REUSED: (&str, &str) =
    ("invalid_request_header", "The x-idempotency-key was used with another request");

#[track_caller]
fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["notificationsID"].as_str().unwrap().to_owned()
}

async fn waiting(service: &TestService) -> Vec<String> {
    service.poll(r#"{"maxEvents":100}"#).await.ids()
}

#[actix_web::test]
async fn a_key_that_is_none_is_refused_in_this_apis_format() {
    let service = TestService::start().await;
    let text = "the header x-idempotency-key must be one value of 1 to 40 visible ASCII characters";
    for key in ["", "a b", &"k".repeat(41)] {
        let answer = service.create_once(key, EVENT).await;
        answer.assert_accelerator_error(400, "invalid_request_header", text);
    }
    let twice = service.creation(CLIENT, EVENT).header("x-idempotency-key", "a");
    let twice = twice.header("x-idempotency-key", "a").send().await.unwrap();
    let twice = Answer::read(twice).await;
    twice.assert_accelerator_error(400, "invalid_request_header", text);
    assert!(waiting(&service).await.is_empty());
    id(&service.create_once(&"k".repeat(40), EVENT).await);
}

test_kit::on_both_databases! {
    /// EV-02.
    async fn ev_02_the_same_request_under_the_same_key_makes_one_event(database: TestDatabase) {
        let service = TestService::on(database).await;
        let first = service.create_once("a-key", EVENT).await;
        let again = service.create_once("a-key", EVENT).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        // Version 4 is the same API, whatever the spelling of its headers.
        let request = service
            .forwarded(&format!("{V4}/create-events"))
            .header("authorization", BASIC)
            .header("x-wso2-client-id", CLIENT)
            .header("x-wso2-resource-id", RESOURCE)
            .header("x-idempotency-key", "a-key")
            .form(&[("request", BASE64_STANDARD.encode(EVENT))]);
        assert_eq!(Answer::read(request.send().await.unwrap()).await.body, first.body);
        assert_eq!(waiting(&service).await, [id(&first)]);
    }

    /// EV-02.
    async fn ev_02_without_a_key_and_under_other_keys_events_are_made_anew(database: TestDatabase) {
        let service = TestService::on(database).await;
        let mut made = HashSet::new();
        for answer in [
            service.create(EVENT).await,
            service.create(EVENT).await,
            service.create_once("k", EVENT).await,
            service.create_once("K", EVENT).await,
        ] {
            assert!(made.insert(id(&answer)));
        }
    }

    /// EV-02.
    async fn ev_02_another_request_under_a_used_key_is_refused(database: TestDatabase) {
        let service = TestService::on(database).await;
        let first = service.create_once("k", EVENT).await;
        let other = service.create_once("k", OTHER_EVENT).await;
        other.assert_accelerator_error(400, REUSED.0, REUSED.1);
        let other = service.creation(OTHER_CLIENT, EVENT).header("x-idempotency-key", "k");
        let other = Answer::read(other.send().await.unwrap()).await;
        other.assert_accelerator_error(400, REUSED.0, REUSED.1);
        assert_eq!(service.create_once("k", EVENT).await.body, first.body);
        assert!(service.poll_as(OTHER_CLIENT, "{}").await.ids().is_empty());
        assert_eq!(waiting(&service).await, [id(&first)]);
    }

    /// EV-02.
    async fn ev_02_a_key_belongs_to_its_bank_user(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let password_hash = setup.config.bank_user[0].password_hash.clone();
        setup.config.bank_user.push(BankUser { name: "batch".to_owned(), password_hash });
        let service = TestService::with(&setup).await;
        let first = service.create_once("k", EVENT).await;
        let request = service.creation_by("batch:wso2123", CLIENT, OTHER_EVENT);
        let other = request.header("x-idempotency-key", "k").send().await.unwrap();
        assert_ne!(id(&Answer::read(other).await), id(&first));
    }

    /// EV-02: some of them find the key in their look-up, some in their unit of work.
    async fn ev_02_copies_that_arrive_at_once_at_two_replicas_make_one_event(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let first = TestService::with(&setup).await;
        setup.key_manager = Some(first.key_manager.clone());
        let second = TestService::with(&setup).await;
        for round in 0..5 {
            let key = format!("round-{round}");
            let copies = (0..12).map(|n| {
                let service = if n % 2 == 0 { &first } else { &second };
                service.create_once(&key, EVENT)
            });
            let ids: HashSet<String> = join_all(copies).await.iter().map(id).collect();
            assert_eq!(ids.len(), 1, "{ids:?}");
        }
        assert_eq!(waiting(&second).await.len(), 5);
    }

    /// EV-02: whichever of two requests comes first is the one that counts.
    async fn ev_02_of_two_requests_at_once_under_one_key_one_is_refused(database: TestDatabase) {
        let service = TestService::on(database).await;
        for round in 0..5 {
            let key = format!("round-{round}");
            let both = [EVENT, OTHER_EVENT].map(|event| service.create_once(&key, event));
            let mut statuses: Vec<u16> =
                join_all(both).await.iter().map(|answer| answer.status).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 400]);
        }
        assert_eq!(waiting(&service).await.len(), 5);
    }

    /// EV-02.
    async fn ev_02_a_key_is_known_after_a_restart_and_when_the_event_was_taken(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let first = TestService::with(&setup).await;
        let made = first.create_once("k", EVENT).await;
        first.poll(&serde_json::json!({"ack": [id(&made)]}).to_string()).await;
        first.stop();
        setup.key_manager = None;
        let second = TestService::with(&setup).await;
        assert_eq!(second.create_once("k", EVENT).await.body, made.body);
        assert!(waiting(&second).await.is_empty());
    }

    /// EV-02: the answer does not depend on what has become of the client.
    async fn ev_02_the_answer_stays_when_the_client_goes(database: TestDatabase) {
        let service = TestService::on(database).await;
        let made = service.create_once("k", EVENT).await;
        service.key_manager.remove_client(CLIENT);
        service.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(service.create_once("k", EVENT).await.body, made.body);
        assert_eq!(service.create(EVENT).await.status, 400);
    }

    /// EV-02.
    async fn ev_02_a_key_may_be_used_for_something_else_after_its_lifetime(database: TestDatabase) {
        let service = TestService::on(database).await;
        let made = service.create_once("k", EVENT).await;
        service.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
        assert_eq!(service.create_once("k", EVENT).await.body, made.body);
        service.clock.advance(SignedDuration::from_secs(1));
        assert_ne!(id(&service.create_once("k", OTHER_EVENT).await), id(&made));
        assert_eq!(service.create_once("k", EVENT).await.status, 400);
    }

    /// EV-02: what failed took no key.
    async fn ev_02_a_refused_request_leaves_its_key_free(database: TestDatabase) {
        let service = TestService::on(database).await;
        assert_eq!(service.create_once("k", r#"{"t":1}"#).await.status, 400);
        assert_eq!(service.create_once("k", "{}").await.status, 400);
        id(&service.create_once("k", EVENT).await);
    }

    /// EV-02, F06: the event is durable and the service does not know it.
    async fn ev_02_a_repetition_after_a_commit_of_unknown_outcome_finds_the_event(database: TestDatabase) {
        if !database.is_postgres() {
            return;
        }
        let mut setup = Setup::new(database);
        let way = LossyWay::to(setup.database.url());
        setup.database_url = Some(way.url.clone());
        let service = TestService::with(&setup).await;
        // Others commit as well: sweeps, now and then.
        let mut rounds = 0;
        let key = loop {
            let key = format!("round-{rounds}");
            way.lose_the_next_commit();
            let answer = service.create_once(&key, EVENT).await;
            rounds += 1;
            if answer.status == 503 && way.has_lost() {
                break key;
            }
        };
        let again = service.create_once(&key, EVENT).await;
        assert_eq!(service.create_once(&key, EVENT).await.body, again.body);
        let waiting = waiting(&service).await;
        assert_eq!((waiting.len(), waiting.last()), (rounds, Some(&id(&again))));
    }
}
