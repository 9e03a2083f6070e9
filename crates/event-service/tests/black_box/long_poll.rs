//! Polls that wait (RFC 8936 §2.4): who waits, what ends the wait, and what it must never cost.
//!
//! Unless a test is about the safety net, the next look of that lies an hour away: what arrives, arrives
//! because its poll was woken.

use crate::harness::{Answer, CLIENT, OTHER_CLIENT, Setup, TestService};
use certificates::ServiceRole;
use database::DatabaseError;
use diesel::connection::SimpleConnection as _;
use event_service::{ClientSettings, WhenAbsent};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use std::time::{Duration, Instant};
use test_kit::{TestConnection, TestDatabase};
use tokio::time::{sleep, timeout};

const WAIT: &str = "{}";
const NOTHING: &str = r#"{"moreAvailable":false,"sets":{}}"#;
/// For a poll to arrive and begin to wait. One that is late finds what it is to be woken for.
const ARRIVAL: Duration = Duration::from_millis(300);
/// No wait of these tests ends by itself within it.
const SOON: Duration = Duration::from_secs(10);

/// Polls wait for long.
fn patient(database: TestDatabase) -> Setup {
    let mut setup = Setup::new(database);
    setup.config.long_poll.when_absent = WhenAbsent::Wait;
    setup.config.long_poll.max_wait_seconds = 55;
    setup.config.long_poll.recheck_seconds = 3600;
    setup
}

async fn execute(setup: &Setup, sql: &'static str) {
    let database = setup.open_database().await;
    database.write(move |conn| conn.batch_execute(sql).map_err(DatabaseError::from)).await.unwrap();
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(SOON, what).await.unwrap()
}

fn assert_nothing(answer: &Answer) {
    assert_eq!((answer.status, &*answer.body), (200, NOTHING));
}

/// A waiting poll over a connection that the test can cut.
async fn raw_poll(service: &TestService) -> TestConnection {
    let port = service.base.rsplit(':').next().unwrap().parse().unwrap();
    let identity = service.pki.service(ServiceRole::Gateway);
    let mut connection = TestConnection::open(([127, 0, 0, 1], port).into(), Some(&identity)).await;
    let request = format!(
        "POST /open-banking/v3.1/events HTTP/1.1\r\nhost: localhost\r\nx-wso2-client-id: {CLIENT}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    connection.send(request.as_bytes()).await;
    connection
}

test_kit::on_both_databases! {
    async fn ev_16_an_event_reaches_the_poll_that_waits_for_it(database: TestDatabase) {
        let service = TestService::with(&patient(database)).await;
        for body in [WAIT, r#"{"returnImmediately":false,"maxEvents":1}"#] {
            let waiting = service.polling(CLIENT, body);
            sleep(ARRIVAL).await;
            let id = service.created().await;
            assert_eq!(soon(waiting).await.unwrap().ids(), [id.as_str()]);
            service.poll(&json!({"ack": [id], "maxEvents": 0}).to_string()).await;
        }
    }

    async fn ev_17_a_poll_without_events_is_an_empty_200_at_its_limit(database: TestDatabase) {
        let mut setup = patient(database);
        setup.config.long_poll.max_wait_seconds = 2;
        let service = TestService::with(&setup).await;
        let began = Instant::now();
        assert_nothing(&service.poll(WAIT).await);
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(1800) && waited < SOON, "{waited:?}");
    }

    async fn ev_18_two_polls_of_one_client_both_get_the_event(database: TestDatabase) {
        let service = TestService::with(&patient(database)).await;
        let waiting = [service.polling(CLIENT, WAIT), service.polling(CLIENT, WAIT)];
        sleep(ARRIVAL).await;
        let id = service.created().await;
        for answer in soon(join_all(waiting)).await {
            assert_eq!(answer.unwrap().ids(), [id.as_str()]);
        }
    }

    async fn ev_20_another_clients_event_ends_no_wait(database: TestDatabase) {
        let mut setup = patient(database);
        setup.config.long_poll.max_wait_seconds = 2;
        let service = TestService::with(&setup).await;
        let waiting = service.polling(OTHER_CLIENT, WAIT);
        sleep(ARRIVAL).await;
        let id = service.created_for(CLIENT).await;
        assert_nothing(&soon(waiting).await.unwrap());
        assert_eq!(service.poll(WAIT).await.ids(), [id]);
    }

    /// EV-19, EV-18: a client's waiting polls are bounded, and one too many costs nobody else anything.
    async fn ev_19_a_poll_beyond_the_limit_of_its_client_is_answered_at_once(database: TestDatabase) {
        let service = TestService::with(&patient(database)).await;
        let mut waiting: FuturesUnordered<_> =
            (0..5).map(|_| service.polling(CLIENT, WAIT)).collect();
        assert_nothing(&soon(waiting.next()).await.unwrap().unwrap());
        let another = service.polling(OTHER_CLIENT, WAIT);
        assert!(timeout(ARRIVAL, waiting.next()).await.is_err(), "four wait");
        let id = service.created().await;
        while let Some(answer) = soon(waiting.next()).await {
            assert_eq!(answer.unwrap().ids(), [id.as_str()]);
        }
        assert!(!another.is_finished());
    }

    async fn an_acknowledgement_counts_before_its_poll_waits(database: TestDatabase) {
        let service = TestService::with(&patient(database)).await;
        let first = service.created().await;
        let body = json!({"ack": [&first]}).to_string();
        let waiting = service.polling(CLIENT, &body);
        let look = r#"{"returnImmediately":true}"#;
        soon(async { while service.poll(look).await.body != NOTHING {} }).await;
        assert!(!waiting.is_finished());
        let second = service.created().await;
        assert_eq!(soon(waiting).await.unwrap().ids(), [second]);
    }

    async fn an_event_that_went_to_a_connection_that_broke_is_returned_again(database: TestDatabase) {
        let service = TestService::with(&patient(database)).await;
        let lost = raw_poll(&service).await;
        sleep(ARRIVAL).await;
        let (id, ()) = tokio::join!(service.created(), async { drop(lost) });
        assert_eq!(soon(service.poll(WAIT)).await.ids(), [id]);
    }

    async fn f22_stopping_answers_every_waiting_poll_with_an_empty_200(database: TestDatabase) {
        let mut setup = patient(database);
        setup.config.long_poll.max_waiting_per_client = 1000;
        let service = TestService::with(&setup).await;
        let waiting: Vec<_> = (0..100).map(|_| service.polling(CLIENT, WAIT)).collect();
        sleep(ARRIVAL).await;
        // Others are served meanwhile.
        let id = soon(service.created_for(OTHER_CLIENT)).await;
        assert_eq!(soon(service.poll_as(OTHER_CLIENT, WAIT)).await.ids(), [id]);
        assert_eq!(soon(service.accelerator_poll(WAIT)).await.status, 404);
        assert_eq!(waiting.iter().filter(|poll| poll.is_finished()).count(), 0);
        service.stop();
        for answer in soon(join_all(waiting)).await {
            assert_nothing(&answer.unwrap());
        }
    }

    /// The event appears without a word, as if a notification was lost.
    async fn an_event_of_which_no_word_came_is_found_by_the_next_look(database: TestDatabase) {
        let mut setup = patient(database);
        setup.config.long_poll.recheck_seconds = 1;
        let service = TestService::with(&setup).await;
        let id = service.created().await;
        service.poll(&json!({"ack": [&id], "maxEvents": 0}).to_string()).await;
        let (waiting, other) = (service.polling(CLIENT, WAIT), service.polling(OTHER_CLIENT, WAIT));
        sleep(ARRIVAL).await;
        execute(&setup, "INSERT INTO open_event (client_no, jti) SELECT client_no, jti FROM event_log").await;
        assert_eq!(soon(waiting).await.unwrap().ids(), [id]);
        assert!(!other.is_finished());
    }
}

#[actix_web::test]
async fn a_poll_whose_client_has_gone_gives_its_place_back() {
    let mut setup = patient(TestDatabase::sqlite());
    setup.config.long_poll.max_waiting_per_client = 1;
    let service = TestService::with(&setup).await;
    let gone = soon(async {
        loop {
            let first = raw_poll(&service).await;
            // Whoever comes while it waits does not; one that does has come first.
            if timeout(ARRIVAL, service.poll(WAIT)).await.is_ok() {
                return first;
            }
        }
    })
    .await;
    drop(gone);
    soon(async { while timeout(ARRIVAL, service.poll(WAIT)).await.is_ok() {} }).await;
}

#[actix_web::test]
async fn a_poll_that_asks_for_no_wait_or_no_event_is_answered_at_once() {
    let service = TestService::with(&patient(TestDatabase::sqlite())).await;
    for body in [
        r#"{"returnImmediately":true}"#,
        r#"{"maxEvents":0}"#,
        r#"{"maxEvents":0,"returnImmediately":false}"#,
    ] {
        assert_nothing(&soon(service.poll(body)).await);
    }
    let id = service.created().await;
    assert_eq!(soon(service.poll(r#"{"returnImmediately":false}"#)).await.ids(), [id]);
    let more = soon(service.poll(r#"{"maxEvents":0}"#)).await;
    assert_eq!(more.json(), json!({"moreAvailable": true, "sets": {}}));
}

#[actix_web::test]
async fn the_accelerators_polls_never_wait() {
    let service = TestService::with(&patient(TestDatabase::sqlite())).await;
    for body in [WAIT, r#"{"returnImmediately":false}"#] {
        let answer = soon(service.accelerator_poll(body)).await;
        assert_eq!((answer.status, &*answer.body), (404, NOTHING));
    }
}

#[actix_web::test]
async fn polls_of_clients_that_came_from_wso2_wait_when_they_say_so_or_never() {
    for (when_absent, absent_waits, false_waits) in
        [(WhenAbsent::Immediate, false, true), (WhenAbsent::Never, false, false)]
    {
        let mut setup = patient(TestDatabase::sqlite());
        setup.config.long_poll.when_absent = when_absent;
        let service = TestService::with(&setup).await;
        for (body, waits) in [(WAIT, absent_waits), (r#"{"returnImmediately":false}"#, false_waits)]
        {
            let answered = timeout(2 * ARRIVAL, service.poll(body)).await;
            assert_eq!(answered.is_err(), waits, "{when_absent:?} {body}");
        }
    }
}

#[actix_web::test]
async fn a_client_may_have_a_meaning_of_its_own() {
    let mut setup = patient(TestDatabase::sqlite());
    setup.config.client = vec![ClientSettings {
        client_id: CLIENT.to_owned(),
        long_poll_when_absent: Some(WhenAbsent::Immediate),
        ..ClientSettings::default()
    }];
    let service = TestService::with(&setup).await;
    assert_nothing(&soon(service.poll(WAIT)).await);
    assert!(timeout(2 * ARRIVAL, service.poll_as(OTHER_CLIENT, WAIT)).await.is_err());
}

#[actix_web::test]
async fn a_wait_that_outlasts_proxies_is_refused_at_the_start() {
    let mut setup = Setup::new(TestDatabase::sqlite());
    setup.config.long_poll.max_wait_seconds = 56;
    let refused = setup.assemble("https://localhost:9").await.unwrap_err();
    assert!(refused.to_string().contains("event_service.long_poll.max_wait_seconds"), "{refused}");
}

/// Two processes on one PostgreSQL database.
async fn two_replicas() -> Option<(Setup, TestService, TestService)> {
    let setup = patient(TestDatabase::postgres()?);
    let (here, there) = (TestService::with(&setup).await, TestService::with(&setup).await);
    Some((setup, here, there))
}

/// EV-16 on the other replica, F24.
#[actix_web::test]
async fn ev_16_an_event_reaches_the_poll_that_waits_at_another_replica() {
    let Some((_setup, here, there)) = two_replicas().await else { return };
    for _ in 0..2 {
        let waiting = [there.polling(CLIENT, WAIT), here.polling(CLIENT, WAIT)];
        sleep(ARRIVAL).await;
        let id = here.created().await;
        for answer in soon(join_all(waiting)).await {
            assert_eq!(answer.unwrap().ids(), [id.as_str()]);
        }
        there.poll(&json!({"ack": [id], "maxEvents": 0}).to_string()).await;
        // Acknowledged at one, gone at the other.
        assert_nothing(&here.poll(r#"{"returnImmediately":true}"#).await);
    }
}

#[actix_web::test]
async fn a_replica_whose_listening_connection_is_killed_misses_nothing_and_listens_again() {
    let Some((setup, here, there)) = two_replicas().await else { return };
    for _ in 0..2 {
        let waiting = there.polling(CLIENT, WAIT);
        sleep(ARRIVAL).await;
        execute(
            &setup,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
             WHERE application_name = 'lombard-listen' AND datname = current_database()",
        )
        .await;
        let id = here.created().await;
        assert_eq!(soon(waiting).await.unwrap().ids(), [id.as_str()]);
        there.poll(&json!({"ack": [id], "maxEvents": 0}).to_string()).await;
    }
    let waiting = there.polling(CLIENT, WAIT);
    sleep(ARRIVAL).await;
    let id = here.created().await;
    assert_eq!(soon(waiting).await.unwrap().ids(), [id]);
}
