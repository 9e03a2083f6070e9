//! Clients, which the key manager owns.

use crate::harness::{CLIENT, EVENT, Setup, TestService};
use jiff::SignedDuration;
use std::time::Duration;

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

#[actix_web::test]
async fn an_id_that_no_client_can_have_is_not_asked_for() {
    let service = TestService::start().await;
    for id in [".", "..", &"x".repeat(129), "a b", "a\tb"] {
        assert_eq!(service.create_for(id, EVENT).await.status, 400, "{id}");
        assert_eq!(service.poll_as(id, "{}").await.status, 403, "{id}");
    }
    assert!(service.key_manager.asked().is_empty());
}

#[actix_web::test]
async fn an_id_reaches_the_key_manager_as_one_path_segment() {
    let service = TestService::start().await;
    let id = "../clients/a%2f?b#c";
    assert_eq!(service.create_for(id, EVENT).await.status, 400);
    assert!(service.key_manager.asked().is_empty() || service.key_manager.asked() == [id]);
}

#[actix_web::test]
async fn without_a_row_and_without_an_answer_the_doors_say_unavailable() {
    let service = TestService::start().await;
    service.key_manager.set_away(true);
    let answer = service.create(EVENT).await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &"invalid_request".into()));
    let answer = service.accelerator_poll("{}").await;
    assert_eq!((answer.status, &answer.json()["error"]), (503, &"invalid_request".into()));
    service.poll("{}").await.assert_open_banking_error(503, "UK.OBIE.UnexpectedError");
    service.key_manager.set_away(false);
    assert_eq!(service.create(EVENT).await.status, 201);
}

test_kit::on_both_databases! {
    async fn a_stored_client_serves_while_the_key_manager_is_away_and_after_a_restart(database: TestDatabase) {
        let mut setup = Setup::new(database);
        let first = TestService::with(&setup).await;
        let id = first.created().await;
        setup.key_manager = Some(first.key_manager.clone());
        let second = TestService::with(&setup).await;
        second.key_manager.set_away(true);
        for _ in 0..3 {
            setup.clock.advance(MINUTE);
            assert_eq!(second.poll("{}").await.ids(), std::slice::from_ref(&id));
        }
    }

    async fn a_client_that_the_feed_tells_of_is_refused_or_served_at_once(database: TestDatabase) {
        let service = TestService::on(database).await;
        let id = service.created().await;
        service.key_manager.open_feed();
        for status in [Some("disabled"), None] {
            match status {
                Some(status) => service.key_manager.set_client(CLIENT, status),
                None => service.key_manager.remove_client(CLIENT),
            }
            service.key_manager.tell(CLIENT, status.unwrap_or("deleted"));
            while service.poll("{}").await.status != 403 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            service.key_manager.set_client(CLIENT, "active");
            service.key_manager.tell(CLIENT, "active");
            while service.poll("{}").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(service.poll("{}").await.ids(), std::slice::from_ref(&id));
    }

    async fn what_a_reader_of_the_feed_has_missed_it_takes_from_the_state(database: TestDatabase) {
        let service = TestService::on(database).await;
        service.created().await;
        service.key_manager.open_feed();
        service.key_manager.remove_client(CLIENT);
        service.key_manager.forget_changes();
        while service.poll("{}").await.status != 403 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[actix_web::test]
async fn a_known_client_is_asked_for_once_a_minute() {
    let service = TestService::start().await;
    for _ in 0..3 {
        service.created().await;
    }
    assert_eq!(service.key_manager.asked(), [CLIENT]);
    service.clock.advance(MINUTE);
    for _ in 0..3 {
        service.created().await;
    }
    assert_eq!(service.key_manager.asked(), [CLIENT, CLIENT]);
}

#[actix_web::test]
async fn a_removed_or_disabled_client_is_refused_within_a_minute_and_keeps_its_events() {
    let service = TestService::start().await;
    let id = service.created().await;
    for status in [None, Some("disabled")] {
        match status {
            None => service.key_manager.remove_client(CLIENT),
            Some(status) => service.key_manager.set_client(CLIENT, status),
        }
        service.clock.advance(MINUTE);
        assert_eq!(service.create(EVENT).await.status, 400);
        service.poll("{}").await.assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
        service.key_manager.set_client(CLIENT, "active");
        service.clock.advance(MINUTE);
        assert_eq!(service.poll("{}").await.ids(), std::slice::from_ref(&id));
    }
}

#[actix_web::test]
async fn an_answer_about_another_client_is_no_answer() {
    let service = TestService::start().await;
    service.key_manager.set_alias("alias", CLIENT);
    assert_eq!(service.create_for("alias", EVENT).await.status, 400);
    service
        .poll_as("alias", "{}")
        .await
        .assert_open_banking_error(403, "UK.OBIE.Resource.NotFound");
}
