//! Notifications between the processes that share a database.

use crate::postgres::{TERMINATE_OTHERS, operator, sql, with_postgres};
use crate::support::{open, options};
use database::{Database, Notification, Notifications};
use std::time::Duration;
use test_kit::TestDatabase;

const CHANNEL: &str = "events \"and\" more";

async fn next(notifications: &mut Notifications) -> Notification {
    tokio::time::timeout(Duration::from_secs(20), notifications.next()).await.unwrap()
}

fn sent(payload: &str) -> Notification {
    Notification::Sent(payload.to_owned())
}

#[test]
fn a_database_of_one_process_has_nobody_to_notify() {
    let kind = TestDatabase::sqlite();
    test_kit::run_test(async {
        let database = open(&kind).await;
        assert!(database.notifications(CHANNEL).is_none());
        database.notify(CHANNEL, "1".to_owned()).await.unwrap();
    });
}

#[test]
fn what_is_sent_is_heard_by_every_listener_of_the_channel_and_in_order() {
    with_postgres(async |kind| {
        let (here, there) = (open(&kind).await, operator(&kind));
        let mut listeners =
            [&here, &there].map(|database| database.notifications(CHANNEL).unwrap());
        for listener in &mut listeners {
            assert_eq!(next(listener).await, Notification::Resumed);
        }
        here.notify("another", "unheard".to_owned()).await.unwrap();
        here.notify(CHANNEL, "1,2".to_owned()).await.unwrap();
        here.notify(CHANNEL, "ü*".to_owned()).await.unwrap();
        for listener in &mut listeners {
            assert_eq!(next(listener).await, sent("1,2"));
            assert_eq!(next(listener).await, sent("ü*"));
        }
    });
}

/// More than libpq reads from its socket at once.
#[test]
fn nothing_of_a_burst_stays_behind() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let mut listener = database.notifications("burst").unwrap();
        assert_eq!(next(&mut listener).await, Notification::Resumed);
        let burst =
            "SELECT pg_notify('burst', rpad(n::text, 7000, 'x')) FROM generate_series(1, 400) n";
        database.write(move |c| sql(c, burst)).await.unwrap();
        for n in 1..=400 {
            let Notification::Sent(payload) = next(&mut listener).await else { panic!("{n}") };
            assert!(payload.starts_with(&format!("{n}x")), "{n}: {payload:.10}");
        }
        database.notify("burst", "last".to_owned()).await.unwrap();
        assert_eq!(next(&mut listener).await, sent("last"));
    });
}

#[test]
fn a_listener_whose_connection_is_killed_says_that_something_may_be_missed_and_goes_on() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let mut listener = database.notifications(CHANNEL).unwrap();
        assert_eq!(next(&mut listener).await, Notification::Resumed);
        for round in ["1", "2"] {
            operator(&kind).write(|c| sql(c, TERMINATE_OTHERS)).await.unwrap();
            assert_eq!(next(&mut listener).await, Notification::Resumed);
            operator(&kind).notify(CHANNEL, round.to_owned()).await.unwrap();
            assert_eq!(next(&mut listener).await, sent(round));
        }
    });
}

#[test]
fn a_listener_waits_for_a_server_that_does_not_let_it_in() {
    with_postgres(async |kind| {
        let database = open(&kind).await;
        let name = url::Url::parse(kind.url()).unwrap().path().trim_start_matches('/').to_owned();
        let elsewhere = kind.url().replace(&name, "postgres").parse().unwrap();
        let server = Database::open(&elsewhere, options()).unwrap();
        let allow = |allowed: bool| format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}");
        let (no, yes) = (allow(false), allow(true));
        server.write(move |c| sql(c, &no)).await.unwrap();
        let mut listener = database.notifications(CHANNEL).unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(300), listener.next()).await;
        assert!(waited.is_err(), "{waited:?}");
        server.write(move |c| sql(c, &yes)).await.unwrap();
        assert_eq!(next(&mut listener).await, Notification::Resumed);
    });
}
