//! Giving up and forgetting, on SQLite and PostgreSQL alike.

use super::schema::{event_log, event_outcome, open_event};
use super::tests::{Fixture, ack, error};
use super::{ClientNo, DeliveryRules, Page};
use crate::event::EventId;
use database::DatabaseError;
use diesel::prelude::*;
use jiff::SignedDuration;

const COUNTED: DeliveryRules = DeliveryRules { max_deliveries: Some(2), redeliver_errored: false };
const REDELIVERED: DeliveryRules = DeliveryRules { redeliver_errored: true, ..COUNTED };

impl Fixture {
    /// Lets time go by.
    fn later(&mut self, days: i64) {
        self.now = self.now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    }

    async fn events(&self, client_no: ClientNo, count: usize) -> Vec<EventId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.append(client_no, "set").await);
        }
        ids
    }

    /// Outcome and way of every recorded end, in order.
    async fn ends(&self) -> Vec<(i16, i16)> {
        let read = self.store.database.read(|conn| {
            Ok::<_, DatabaseError>(
                event_outcome::table
                    .order(event_outcome::outcome_no)
                    .select((event_outcome::outcome, event_outcome::via))
                    .load(conn)?,
            )
        });
        read.await.unwrap()
    }

    /// Rows of the log, of what waits and of outcomes.
    async fn rows(&self) -> [i64; 3] {
        let read = self.store.database.read(|conn| {
            Ok::<_, DatabaseError>([
                event_log::table.count().get_result(conn)?,
                open_event::table.count().get_result(conn)?,
                event_outcome::table.count().get_result(conn)?,
            ])
        });
        read.await.unwrap()
    }

    /// A whole sweep of the log in steps of `limit`; the rows of each.
    async fn sweep_events(&self, limit: usize) -> Vec<usize> {
        let (mut steps, mut after) = (Vec::new(), None);
        loop {
            let swept = self.store.sweep_events(self.now, after, limit).await.unwrap();
            steps.push(swept.rows);
            after = swept.next;
            if after.is_none() {
                return steps;
            }
        }
    }
}

fn ids(page: &Page) -> Vec<EventId> {
    page.sets.iter().map(|(id, _)| *id).collect()
}

test_kit::on_both_databases! {
    async fn an_event_is_returned_as_often_as_allowed_and_then_given_up(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 3).await;
        for _ in 0..2 {
            let page = fixture.page_by(COUNTED, client, 2, vec![]).await;
            assert_eq!((ids(&page), page.more_available), (made[..2].to_vec(), true));
        }
        assert_eq!(fixture.rows().await, [3, 3, 0]);
        let page = fixture.page_by(COUNTED, client, 2, vec![]).await;
        assert_eq!((ids(&page), page.more_available, page.exhausted), (made[2..].to_vec(), false, 2));
        assert_eq!(fixture.rows().await, [3, 1, 2]);
        assert_eq!(fixture.ends().await, [(4, 4), (4, 4)]);
    }

    async fn the_last_delivery_can_still_be_acknowledged(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 1).await;
        for _ in 0..2 {
            fixture.page_by(COUNTED, client, 5, vec![]).await;
        }
        let page = fixture.page_by(COUNTED, client, 5, vec![ack(made[0])]).await;
        assert_eq!((page.released, page.exhausted), (1, 0));
        assert_eq!(fixture.ends().await, [(1, 1)]);
    }

    async fn more_exhausted_events_than_are_looked_at_once_do_not_hide_the_next(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 450).await;
        for _ in 0..2 {
            assert_eq!(fixture.page_by(COUNTED, client, 449, vec![]).await.sets.len(), 449);
        }
        let page = fixture.page_by(COUNTED, client, 1, vec![]).await;
        assert_eq!((ids(&page), page.exhausted, page.more_available), (made[449..].to_vec(), 449, false));
    }

    async fn a_page_of_nothing_is_no_delivery(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        fixture.events(client, 1).await;
        for _ in 0..5 {
            assert!(fixture.page_by(COUNTED, client, 0, vec![]).await.more_available);
        }
        assert_eq!(fixture.page_by(COUNTED, client, 5, vec![]).await.sets.len(), 1);
    }

    /// EV-12: without the setting an event that was reported is not returned again.
    async fn ev_12_a_reported_event_is_not_returned_again_by_default(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 1).await;
        let page = fixture.page_by(COUNTED, client, 5, vec![error(made[0])]).await;
        assert_eq!((page.released, page.sets.len()), (1, 0));
        assert_eq!(fixture.rows().await, [1, 0, 1]);
    }

    /// EV-12: with it, it is returned again, within the limit on deliveries.
    async fn ev_12_a_reported_event_goes_on_waiting_until_it_was_delivered_often_enough(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 1).await;
        assert_eq!(ids(&fixture.page_by(REDELIVERED, client, 5, vec![]).await), made);
        let page = fixture.page_by(REDELIVERED, client, 5, vec![error(made[0])]).await;
        assert_eq!((ids(&page), page.released), (made.clone(), 1));
        let page = fixture.page_by(REDELIVERED, client, 5, vec![error(made[0])]).await;
        assert_eq!((page.sets.len(), page.released, page.exhausted), (0, 1, 1));
        assert_eq!(fixture.ends().await, [(2, 1), (2, 1), (4, 4)]);
    }

    /// EV-12: no rows for ever.
    async fn ev_12_one_delivery_can_be_reported_once(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 1).await;
        let mut released = Vec::new();
        for _ in 0..3 {
            released.push(fixture.page_by(REDELIVERED, client, 0, vec![error(made[0])]).await.released);
        }
        assert_eq!(released, [1, 0, 0]);
        fixture.page_by(REDELIVERED, client, 5, vec![]).await;
        assert_eq!(fixture.page_by(REDELIVERED, client, 0, vec![error(made[0])]).await.released, 1);
        assert_eq!(fixture.page_by(REDELIVERED, client, 0, vec![error(made[0])]).await.released, 0);
        let other = fixture.client("b").await;
        assert_eq!(fixture.page_by(REDELIVERED, other, 0, vec![error(made[0])]).await.released, 0);
    }

    async fn what_is_too_old_is_given_up_client_by_client_in_batches(database: TestDatabase) {
        let mut fixture = Fixture::new(&database).await;
        let (a, b) = (fixture.client("a").await, fixture.client("b").await);
        fixture.events(a, 5).await;
        fixture.events(b, 1).await;
        fixture.later(1);
        let young = fixture.events(a, 1).await;
        let mut expired = Vec::new();
        while let Some(batch) = fixture.store.expire(fixture.now, fixture.now, 3).await.unwrap() {
            expired.push((batch.client_id, batch.events));
        }
        expired.sort();
        assert_eq!(expired, [("a".to_owned(), 2), ("a".to_owned(), 3), ("b".to_owned(), 1)]);
        assert_eq!(ids(&fixture.page(a, 10, vec![]).await), young);
        assert_eq!(fixture.ends().await, [(3, 4); 6]);
    }

    async fn the_log_forgets_old_events_that_do_not_wait(database: TestDatabase) {
        let mut fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 7).await;
        let taken = made.iter().enumerate().filter(|(n, _)| n % 2 == 0).map(|(_, id)| ack(*id));
        fixture.page(client, 0, taken.collect()).await;
        fixture.later(1);
        let young = fixture.events(client, 1).await;
        fixture.page(client, 0, vec![ack(young[0])]).await;
        assert_eq!(fixture.sweep_events(3).await, [2, 1, 1]);
        // Three wait, one is young.
        assert_eq!(fixture.rows().await, [4, 3, 5]);
        assert_eq!(fixture.sweep_events(100).await, [0]);
        assert_eq!(ids(&fixture.page(client, 10, vec![]).await), [made[1], made[3], made[5]]);
    }

    async fn outcomes_are_forgotten_but_never_those_of_what_waits(database: TestDatabase) {
        let mut fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let made = fixture.events(client, 4).await;
        fixture.page(client, 0, vec![ack(made[0]), ack(made[1])]).await;
        fixture.page_by(REDELIVERED, client, 0, vec![error(made[2])]).await;
        fixture.later(1);
        fixture.page(client, 0, vec![ack(made[3])]).await;
        let (mut rows, mut after) = (Vec::new(), Some(0));
        while let Some(number) = after {
            let swept = fixture.store.sweep_outcomes(fixture.now, number, 2).await.unwrap();
            rows.push(swept.rows);
            after = swept.next;
        }
        assert_eq!(rows, [2, 0]);
        assert_eq!(fixture.ends().await, [(2, 1), (1, 1)]);
    }

    async fn idempotency_keys_are_forgotten_in_batches(database: TestDatabase) {
        let mut fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        for n in 0..5 {
            fixture.append_once(client, n).await;
        }
        fixture.later(1);
        fixture.append_once(client, 5).await;
        let sweep = async |limit| fixture.store.sweep_idempotency_keys(fixture.now, limit).await.unwrap();
        assert_eq!([sweep(3).await, sweep(3).await, sweep(3).await], [3, 2, 0]);
    }
}

impl Fixture {
    /// Keeps an event under an idempotency key.
    async fn append_once(&self, client_no: ClientNo, key: u8) {
        let request = crate::event::IdempotentRequest {
            caller: "bank".to_owned(),
            key_hash: [key; 32],
            request_hash: [0; 32],
            at: self.now,
            forgotten_before: jiff::Timestamp::MIN,
        };
        let event = self.record(client_no, Some("set"));
        self.store.append(vec![event], Some(request)).await.unwrap();
    }
}
