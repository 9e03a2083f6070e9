//! What becomes of one delivery.

use super::fixture::{Fixture, until};
use super::receiver::Behaviour;
use crate::push::PushFormat;
use crate::store::NewPushJob;
use jiff::SignedDuration;
use service_kit::outbound::NameLookup;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// Accepts connections and speaks no TLS: closes them, or sends text first.
async fn no_tls_at(text: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut socket, text).await;
        }
    });
    origin
}

test_kit::on_both_databases! {
    /// EV-40.
    async fn ev_40_a_receiver_that_answers_202_gets_the_event_once_and_has_acknowledged_it(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let subscription = fixture.subscription(client, "good").await;
        let running = fixture.run();
        let id = fixture.event(client, &[&subscription]).await;
        running.nudge(&[&subscription]);
        until(async || fixture.open(client).await.is_empty()).await;

        let received = fixture.receivers.received("good");
        let [sent] = &received[..] else { panic!("{received:?}") };
        assert_eq!((&*sent.body, &*sent.content_type), (&*format!("SET of {id}"), "application/jwt"));
        let attempts = fixture.attempts(subscription.number).await;
        let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
        assert_eq!((attempt.id, &*attempt.class, attempt.status), (id, "accepted", Some(202)));
        assert_eq!(attempt.interaction_id, sent.interaction_id);
        assert_eq!(fixture.outcomes().await, [(1, 2)]);

        fixture.minutes_until(&running, 100, || false).await;
        assert_eq!(fixture.receivers.count("good"), 1);
    }

    async fn a_set_is_sent_in_the_form_of_its_profile_or_the_configured_one(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        for (name, format, profile, content_type) in [
            ("obie", PushFormat::Profile, "obie", "application/jwt"),
            ("ssf", PushFormat::Profile, "ssf", "application/secevent+jwt"),
            ("wso2", PushFormat::Profile, "wso2", "application/json; charset=UTF-8"),
            ("set", PushFormat::Wso2, "obie", "application/json; charset=UTF-8"),
        ] {
            (fixture.config.format, fixture.profile) = (format, profile);
            let subscription = fixture.subscription(client, name).await;
            let id = fixture.event(client, &[&subscription]).await;
            let running = fixture.run();
            until(async || fixture.open(client).await.is_empty()).await;
            let sent = fixture.receivers.received(name).remove(0);
            assert_eq!((&*sent.content_type, &*sent.accept), (content_type, "application/json"));
            let json = format!(r#"{{"notificationId":"{id}","SET":"SET of {id}"}}"#);
            let body = if content_type.contains("json;") { json } else { format!("SET of {id}") };
            assert_eq!(sent.body, body);
            running.stop().await;
        }
    }

    /// EV-41 and EV-43.
    async fn ev_41_and_43_every_failure_is_one_attempt_is_tried_again_later_and_leaves_the_event_open(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let refused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused_at = format!("https://localhost:{}", refused.local_addr().unwrap().port());
        drop(refused);
        let (reset, garbage) = (no_tls_at(b"").await, no_tls_at(b"HTTP/1.1 202 Accepted\r\n\r\n").await);
        fixture.outbound.allowed_origins.extend([&refused_at, &reset, &garbage].map(Clone::clone));
        fixture.lookup = NameLookup::new(|_| Box::pin(async { Err(io::Error::other("no such name")) }));
        let mut endpoints = vec![
            (fixture.subscription_at(client, &refused_at).await, "unreachable"),
            (fixture.subscription_at(client, &reset).await, "unreachable"),
            (fixture.subscription_at(client, &garbage).await, "unreachable"),
            (fixture.subscription_at(client, "https://no-such.example/").await, "unreachable"),
        ];
        for (name, behaviour, class) in [
            ("200", Behaviour::Status(200), "unexpected_success"),
            ("204", Behaviour::Status(204), "unexpected_success"),
            ("302", Behaviour::Header(302, "location", "/r/elsewhere"), "redirect"),
            ("307", Behaviour::Header(307, "location", "/r/elsewhere"), "redirect"),
            ("400", Behaviour::Status(400), "bad_request"),
            ("401", Behaviour::Status(401), "unauthorized"),
            ("404", Behaviour::Status(404), "gone"),
            ("500", Behaviour::Status(500), "server_error"),
            ("silent", Behaviour::Silent, "timeout"),
        ] {
            fixture.receivers.set(name, behaviour);
            endpoints.push((fixture.subscription(client, name).await, class));
        }
        let mut events = Vec::new();
        for (subscription, _) in &endpoints {
            events.push(fixture.event(client, &[subscription]).await);
        }
        let running = fixture.run();
        for (subscription, class) in &endpoints {
            until(async || !fixture.attempts(subscription.number).await.is_empty()).await;
            assert_eq!(fixture.attempts(subscription.number).await[0].class, *class);
        }
        // Each is one attempt, however long nothing but the clock is waited for.
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
        for (subscription, class) in &endpoints {
            assert_eq!(fixture.attempts(subscription.number).await.len(), 1, "{class}");
        }
        for _ in 0..3 {
            fixture.advance(&running, SignedDuration::from_hours(2));
            tokio::time::sleep(std::time::Duration::from_millis(1300)).await;
        }
        for (subscription, class) in &endpoints {
            assert!(fixture.attempts(subscription.number).await.len() >= 2, "{class}");
        }
        assert_eq!(fixture.open(client).await, events);
        assert_eq!(fixture.receivers.count("elsewhere"), 0);
    }

    async fn a_delivery_is_given_up_where_another_attempt_cannot_succeed_and_its_event_stays_open(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("no", Behaviour::Body(400, r#"{"err":"invalid_audience","description":"not me"}"#));
        let subscription = fixture.subscription(client, "no").await;
        let id = fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(subscription.number).await.is_empty()).await;
        assert_eq!(fixture.minutes_until(&running, 60, || false).await, 60);
        let attempts = fixture.attempts(subscription.number).await;
        let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
        assert_eq!((&*attempt.class, attempt.detail.as_deref()), ("rejected", Some("invalid_audience: not me")));
        assert_eq!(fixture.open(client).await, [id]);
    }

    async fn retries_end_after_their_number_and_the_event_stays_open(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        fixture.config.max_retries = 3;
        let client = fixture.client("a").await;
        fixture.receivers.set("bad", Behaviour::Status(400));
        let subscription = fixture.subscription(client, "bad").await;
        let id = fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        fixture.minutes_until(&running, 5000, || fixture.receivers.count("bad") == 4).await;
        until(async || fixture.jobs().await == 0).await;
        fixture.minutes_until(&running, 60, || false).await;
        assert_eq!(fixture.classes(id).await, ["bad_request"; 4]);
        assert_eq!(fixture.open(client).await, [id]);
    }

    async fn an_event_that_was_polled_and_acknowledged_is_not_pushed_any_more(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("late", Behaviour::Status(500));
        let subscription = fixture.subscription(client, "late").await;
        let id = fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(subscription.number).await.is_empty()).await;
        fixture.acknowledge(client, id).await;
        fixture.receivers.set("late", Behaviour::Status(202));
        fixture.minutes_until(&running, 60, || false).await;
        assert_eq!(fixture.receivers.count("late"), 1);
        assert_eq!(fixture.jobs().await, 0);
    }

    async fn an_event_of_several_receivers_is_acknowledged_by_the_last_of_them(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("second", Behaviour::Status(500));
        let first = fixture.subscription(client, "first").await;
        let second = fixture.subscription(client, "second").await;
        let id = fixture.event(client, &[&first, &second]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(second.number).await.is_empty()).await;
        until(async || !fixture.attempts(first.number).await.is_empty()).await;
        assert_eq!(fixture.open(client).await, [id]);
        fixture.receivers.set("second", Behaviour::Status(202));
        fixture.minutes_until(&running, 5000, || fixture.receivers.count("second") > 1).await;
        until(async || fixture.open(client).await.is_empty()).await;
        assert_eq!(fixture.receivers.count("first"), 1);
    }

    async fn an_event_that_one_of_its_receivers_never_takes_stays_open_whatever_the_others_do(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("never", Behaviour::Body(400, r#"{"err":"invalid_issuer"}"#));
        fixture.receivers.set("late", Behaviour::Status(500));
        let never = fixture.subscription(client, "never").await;
        let late = fixture.subscription(client, "late").await;
        let id = fixture.event(client, &[&never, &late]).await;
        let running = fixture.run();
        until(async || !fixture.attempts(never.number).await.is_empty()).await;
        until(async || !fixture.attempts(late.number).await.is_empty()).await;
        fixture.receivers.set("late", Behaviour::Status(202));
        fixture.minutes_until(&running, 5000, || fixture.receivers.count("late") > 1).await;
        until(async || fixture.jobs().await == 0).await;
        assert_eq!(fixture.open(client).await, [id]);
    }

    async fn a_set_with_fewer_types_is_pushed_as_its_own_and_acknowledges_nothing_alone(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let subscription = fixture.subscription(client, "fewer").await;
        let push = NewPushJob { subscription: subscription.number, set_jws: Some("fewer.a.b".to_owned()) };
        let id = fixture.event_with(client, vec![push], false).await;
        let _running = fixture.run();
        until(async || fixture.jobs().await == 0).await;
        assert_eq!(fixture.receivers.received("fewer")[0].body, "fewer.a.b");
        assert_eq!(fixture.open(client).await, [id]);
    }

    /// EV-45.
    async fn ev_45_an_answer_without_an_end_costs_its_beginning_and_no_more_than_the_deadline(database: TestDatabase) {
        let fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        fixture.receivers.set("accepts", Behaviour::Endless(202));
        fixture.receivers.set("fails", Behaviour::Endless(500));
        let accepts = fixture.subscription(client, "accepts").await;
        let fails = fixture.subscription(client, "fails").await;
        let (_, open) = (fixture.event(client, &[&accepts]).await, fixture.event(client, &[&fails]).await);
        let _running = fixture.run();
        until(async || fixture.open(client).await == [open]).await;
        until(async || !fixture.attempts(fails.number).await.is_empty()).await;
        let attempt = fixture.attempts(fails.number).await.remove(0);
        assert_eq!((&*attempt.class, attempt.status), ("server_error", Some(500)));
    }

    /// EV-46.
    async fn ev_46_a_name_that_comes_to_mean_an_inner_address_is_blocked_at_every_attempt(database: TestDatabase) {
        let mut fixture = Fixture::new(database).await;
        let client = fixture.client("a").await;
        let (_, port) = fixture.receivers.origin.rsplit_once(':').unwrap();
        let url = format!("https://rebinding.example:{port}/r/inner");
        let answers: &[&[&str]] =
            &[&["127.0.0.1"], &["10.0.0.1", "169.254.169.254"], &["::ffff:127.0.0.1"], &["fd00::1", "127.0.0.1"]];
        let asked = Arc::new(AtomicUsize::new(0));
        fixture.outbound.allowed_origins.clear();
        fixture.outbound.allowed_ports = vec![port.parse().unwrap()];
        fixture.lookup = NameLookup::new({
            let asked = Arc::clone(&asked);
            move |_| {
                let answer = answers[asked.fetch_add(1, Ordering::SeqCst) % answers.len()];
                Box::pin(async move { Ok(answer.iter().map(|ip| ip.parse().unwrap()).collect()) })
            }
        });
        let subscription = fixture.subscription_at(client, &url).await;
        let id = fixture.event(client, &[&subscription]).await;
        let running = fixture.run();
        fixture.minutes_until(&running, 5000, || asked.load(Ordering::SeqCst) >= answers.len()).await;
        until(async || fixture.attempts(subscription.number).await.len() >= answers.len()).await;
        let attempts = fixture.attempts(subscription.number).await;
        assert!(attempts.iter().all(|attempt| attempt.class == "refused_address"), "{attempts:?}");
        assert_eq!(asked.load(Ordering::SeqCst), attempts.len());
        assert_eq!(fixture.receivers.count("inner"), 0);
        assert_eq!(fixture.open(client).await, [id]);
    }
}
