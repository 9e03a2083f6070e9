//! The store on SQLite and PostgreSQL alike.

use super::{
    ClientNo, DeliveryRules, EventRecord, MIGRATIONS, NewKey, NewPushes, Page, PageRequest,
    Release, ReleaseOutcome, SealedKey, Store,
};
use crate::event::{EventId, EventIds};
use crate::set::SignedSet;
use database::{Database, DatabaseOptions, UtcMicros};
use diesel::prelude::*;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use test_kit::{SeededRandom, TestDatabase};

pub(super) struct Fixture {
    pub(super) store: Store,
    pub(super) ids: EventIds,
    pub(super) now: Timestamp,
}

impl Fixture {
    pub(super) async fn new(database: &TestDatabase) -> Self {
        let url = database.url().parse().unwrap();
        let database = Database::open(&url, DatabaseOptions::default()).unwrap();
        database.migrate(&MIGRATIONS).await.unwrap();
        Self {
            store: Store::new(database),
            ids: EventIds::new(Arc::new(SeededRandom::new(1))),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    pub(super) async fn client(&self, client_id: &str) -> ClientNo {
        let remembered = self.store.remember_client(
            client_id.to_owned(),
            "active".to_owned(),
            "{}".to_owned(),
            self.now,
        );
        remembered.await.unwrap().client_no
    }

    pub(super) async fn append(&self, client_no: ClientNo, set: &str) -> EventId {
        let event = self.record(client_no, Some(set));
        let id = event.id;
        self.store.append(vec![event], None).await.unwrap();
        id
    }

    pub(super) fn record(&self, client_no: ClientNo, set: Option<&str>) -> EventRecord {
        let signed = |set: &str| SignedSet {
            compact: set.to_owned(),
            key_id: "k".to_owned(),
            logged_as: "wso2",
        };
        EventRecord {
            id: self.ids.next(self.now),
            client_no,
            event_types: "[]".to_owned(),
            resource_id: "r".to_owned(),
            set: set.map(signed),
            created_at: self.now,
            pushes: NewPushes::default(),
        }
    }

    pub(super) async fn page(
        &self,
        client_no: ClientNo,
        limit: usize,
        releases: Vec<Release>,
    ) -> Page {
        self.page_by(DeliveryRules::default(), client_no, limit, releases).await
    }

    pub(super) async fn page_by(
        &self,
        rules: DeliveryRules,
        client_no: ClientNo,
        limit: usize,
        releases: Vec<Release>,
    ) -> Page {
        let request = PageRequest { client_no, releases, limit, rules };
        self.store.page(request, self.now).await.unwrap()
    }

    pub(super) async fn outcomes(&self) -> Vec<(i16, Option<String>, Option<String>)> {
        use super::schema::event_outcome::dsl::{description, err, event_outcome, outcome};
        let read = self.store.database.read(|conn| {
            Ok::<_, database::DatabaseError>(
                event_outcome.select((outcome, err, description)).order(outcome).load(conn)?,
            )
        });
        read.await.unwrap()
    }
}

pub(super) fn ack(id: EventId) -> Release {
    Release { id, outcome: ReleaseOutcome::Acknowledged }
}

pub(super) fn error(id: EventId) -> Release {
    let outcome =
        ReleaseOutcome::Errored { err: "jwtIss".to_owned(), description: "Ünknown".to_owned() };
    Release { id, outcome }
}

test_kit::on_both_databases! {
    async fn events_wait_oldest_first_until_they_are_released(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let mut ids = Vec::new();
        for n in 0..7 {
            ids.push(fixture.append(client, &format!("set-{n}")).await);
        }
        let first = fixture.page(client, 5, vec![]).await;
        let expected: Vec<(EventId, String)> =
            (0..5).map(|n| (ids[n], format!("set-{n}"))).collect();
        assert_eq!(first, Page { sets: expected, more_available: true, ..Page::default() });
        assert_eq!(fixture.page(client, 5, vec![]).await, first);

        let rest = fixture.page(client, 5, ids[..5].iter().copied().map(ack).collect()).await;
        assert_eq!(rest.released, 5);
        assert_eq!(rest.sets.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids[5..]);
        assert!(!rest.more_available);
    }

    async fn a_page_of_nothing_tells_whether_something_waits(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        assert_eq!(fixture.page(client, 0, vec![]).await, Page::default());
        let id = fixture.append(client, "set").await;
        let waiting = Page { more_available: true, ..Page::default() };
        assert_eq!(fixture.page(client, 0, vec![]).await, waiting);
        assert_eq!(fixture.page(client, 0, vec![ack(id)]).await, Page { released: 1, ..Page::default() });
    }

    async fn more_is_available_exactly_when_another_event_waits(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        for n in 1..=6 {
            fixture.append(client, "set").await;
            for limit in 1..=7 {
                let page = fixture.page(client, limit, vec![]).await;
                assert_eq!((page.sets.len(), page.more_available), (n.min(limit), n > limit));
            }
        }
    }

    async fn another_clients_event_cannot_be_released_or_seen(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let (a, b) = (fixture.client("a").await, fixture.client("b").await);
        let id = fixture.append(a, "set").await;
        for release in [ack(id), error(id)] {
            assert_eq!(fixture.page(b, 5, vec![release]).await, Page::default());
        }
        assert_eq!(fixture.page(a, 5, vec![]).await.sets, [(id, "set".to_owned())]);
        assert!(fixture.outcomes().await.is_empty());
    }

    async fn a_release_is_recorded_once_with_its_reason(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let taken = fixture.append(client, "one").await;
        let broken = fixture.append(client, "two").await;
        let unknown = fixture.ids.next(fixture.now);
        let releases = vec![ack(taken), error(broken), ack(unknown)];
        assert_eq!(fixture.page(client, 5, releases.clone()).await.released, 2);
        assert_eq!(fixture.page(client, 5, releases).await.released, 0);
        let reason = (Some("jwtIss".to_owned()), Some("Ünknown".to_owned()));
        assert_eq!(fixture.outcomes().await, [(1, None, None), (2, reason.0, reason.1)]);
    }

    async fn thousands_of_ids_are_released_at_once(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        let mut releases = Vec::new();
        for n in 0..1_200 {
            if n % 100 == 0 {
                releases.push(ack(fixture.append(client, "set").await));
            } else {
                releases.push(ack(fixture.ids.next(fixture.now)));
            }
        }
        assert_eq!(fixture.page(client, 5, releases).await, Page { released: 12, ..Page::default() });
    }

    async fn a_client_keeps_its_number_and_is_forgotten_without_its_events(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let client = fixture.client("a").await;
        assert_ne!(fixture.client("A").await, client);
        assert_eq!(fixture.client("a").await, client);
        fixture.append(client, "set").await;

        fixture.store.forget_client("a".to_owned()).await.unwrap();
        assert_eq!(fixture.store.client("a".to_owned()).await.unwrap(), None);
        assert_eq!(fixture.client("a").await, client);
        assert_eq!(fixture.page(client, 5, vec![]).await.sets.len(), 1);
    }

    async fn what_the_key_manager_says_last_counts(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        fixture.client("a").await;
        let later = fixture.now.checked_add(SignedDuration::from_secs(60)).unwrap();
        let (status, document) = ("disabled".to_owned(), "{}".to_owned());
        fixture.store.remember_client("a".to_owned(), status, document, later).await.unwrap();
        let stored = fixture.store.client("a".to_owned()).await.unwrap().unwrap();
        assert_eq!((&*stored.status, stored.asked_at), ("disabled", later.as_microsecond()));
    }

    async fn two_processes_do_not_both_add_the_first_key(database: TestDatabase) {
        let fixture = Fixture::new(&database).await;
        let new = |id: &str, after| {
            let (key_id, algorithm) = (id.to_owned(), "RS256".to_owned());
            let key = SealedKey { key_id, algorithm, sealed: vec![0, 255, 7] };
            NewKey { key, after, publication_seconds: None }
        };
        assert!(fixture.store.add_signing_key(new("a", 0), fixture.now).await.unwrap());
        assert!(!fixture.store.add_signing_key(new("b", 0), fixture.now).await.unwrap());
        assert!(fixture.store.add_signing_key(new("b", 1), fixture.now).await.unwrap());
        for from in [fixture.now, Timestamp::MAX] {
            fixture.store.mark_published("b".to_owned(), fixture.now, from).await.unwrap();
        }
        let keys = fixture.store.signing_keys().await.unwrap();
        let read: Vec<_> = keys.iter().map(|k| (&*k.key.key_id, k.published_until)).collect();
        let now = UtcMicros::from(fixture.now);
        assert_eq!(read, [("a", None), ("b", Some(now))]);
        assert_eq!((keys[0].signs_from, keys[1].signs_from), (None, Some(now)));
        assert_eq!(keys[0].key.sealed, [0, 255, 7]);
    }
}
