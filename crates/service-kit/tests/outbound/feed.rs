use crate::peer::Peer;
use actix_web::{HttpResponse, web};
use certificates::ServiceRole;
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::{
    SystemClock,
    outbound::{FeedFollower, FeedNews, FeedSource, PeerError, ServiceClient},
    shutdown::{Shutdown, StopSignal},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use test_kit::{SeededRandom, TestPki};
use tokio::sync::watch;

type Follower = FeedFollower<State, Change>;
type News = FeedNews<State, Change>;

#[derive(Debug, Deserialize)]
struct State {
    things: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Change {
    Added {
        name: String,
    },
    #[serde(other)]
    Unknown,
}

/// A peer that gives each of its answers once, in order, and keeps every call waiting after those.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<(u16, Value)>>,
    asked: watch::Sender<Vec<String>>,
}

impl Script {
    fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

async fn answer(request: actix_web::HttpRequest, script: web::Data<Script>) -> HttpResponse {
    script.asked.send_modify(|asked| asked.push(request.uri().to_string()));
    let answer = script.answers.lock().expect("no panic").pop_front();
    let Some((status, body)) = answer else { return std::future::pending().await };
    let status = status.try_into().expect("a status");
    HttpResponse::build(status).json(body)
}

/// A follower of a peer with this script; the shutdown stops it.
struct Fixture {
    follower: Follower,
    script: Arc<Script>,
    shutdown: Shutdown,
    stop: StopSignal,
    _peer: Peer,
}

impl Fixture {
    fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let pki = TestPki::new();
        let script = Arc::new(Script::default());
        script.answers.lock().expect("no panic").extend(answers);
        let data = web::Data::from(Arc::clone(&script));
        let identity = pki.service(ServiceRole::KeyManager);
        let peer = Peer::internal(&pki, &identity, move |config| {
            config.app_data(data.clone()).default_service(web::to(answer));
        });
        let follower = FeedFollower::new(source(&pki, peer.url()));
        let shutdown = Shutdown::new();
        let stop = shutdown.signal();
        Self { follower, script, shutdown, stop, _peer: peer }
    }

    async fn news(&mut self) -> News {
        self.follower.next(&mut self.stop).await.expect("not stopped")
    }

    async fn state(&mut self) -> Vec<String> {
        match self.news().await {
            FeedNews::State(state) => state.things,
            other => panic!("the state: {other:?}"),
        }
    }

    async fn changes(&mut self) -> Vec<Change> {
        match self.news().await {
            FeedNews::Changes(changes) => changes,
            other => panic!("changes: {other:?}"),
        }
    }

    async fn lost(&mut self) -> PeerError {
        match self.news().await {
            FeedNews::Lost(error) => error,
            other => panic!("a failure: {other:?}"),
        }
    }
}

fn state(position: i64, things: &[&str]) -> (u16, Value) {
    (200, json!({ "position": position, "things": things, "more": [1] }))
}

fn added(position: i64, name: &str) -> Value {
    json!({ "position": position, "type": "added", "name": name })
}

fn changes(changes: &[Value], next: i64) -> (u16, Value) {
    (200, json!({ "changes": changes, "next": next }))
}

fn named(name: &str) -> Change {
    Change::Added { name: name.to_owned() }
}

#[tokio::test]
async fn a_feed_is_followed_from_its_state_on() {
    let mut feed = Fixture::new([
        state(7, &["a"]),
        changes(&[added(8, "b"), added(9, "c")], 9),
        changes(&[], 9),
        changes(&[added(10, "d")], 10),
    ]);
    assert_eq!(feed.state().await, ["a"]);
    assert_eq!(feed.changes().await, [named("b"), named("c")]);
    assert_eq!(feed.changes().await, []);
    assert_eq!(feed.changes().await, [named("d")]);
    let asked = feed.script.asked();
    assert_eq!(
        asked,
        [
            "/state",
            "/changes?after=7&wait=10",
            "/changes?after=9&wait=10",
            "/changes?after=9&wait=10"
        ]
    );
}

#[tokio::test]
async fn a_position_that_is_gone_makes_the_state_be_read_again() {
    let mut feed = Fixture::new([
        state(7, &["a"]),
        (410, json!({})),
        state(90, &["a", "z"]),
        changes(&[added(91, "b")], 91),
    ]);
    assert_eq!(feed.state().await, ["a"]);
    assert_eq!(feed.state().await, ["a", "z"]);
    assert_eq!(feed.changes().await, [named("b")]);
    assert_eq!(feed.script.asked()[3], "/changes?after=90&wait=10");
}

#[tokio::test]
async fn a_reader_may_have_the_state_be_read_again() {
    let mut feed =
        Fixture::new([state(7, &["a"]), changes(&[added(8, "b")], 8), state(8, &["a", "b"])]);
    feed.state().await;
    feed.changes().await;
    feed.follower.read_state_again();
    assert_eq!(feed.state().await, ["a", "b"]);
}

#[tokio::test]
async fn a_change_of_an_unknown_type_is_the_readers_to_ignore() {
    let unknown = json!({ "position": 2, "type": "renamed", "to": {} });
    let mut feed = Fixture::new([state(1, &[]), changes(&[unknown, added(3, "b")], 3)]);
    feed.state().await;
    assert_eq!(feed.changes().await, [Change::Unknown, named("b")]);
}

#[tokio::test]
async fn a_change_that_cannot_be_read_makes_the_state_be_read_instead() {
    let broken = json!({ "position": 2, "type": "added", "name": 2 });
    let mut feed =
        Fixture::new([state(1, &[]), changes(&[added(1, "a"), broken], 2), state(2, &["a", "2"])]);
    feed.state().await;
    assert_eq!(feed.state().await, ["a", "2"]);
}

#[tokio::test]
async fn a_feed_that_goes_back_is_read_anew() {
    let mut feed = Fixture::new([state(7, &["a"]), changes(&[], 3), state(3, &[])]);
    feed.state().await;
    assert_eq!(feed.state().await, [""; 0]);
}

#[tokio::test]
async fn a_lost_peer_is_asked_again_from_the_same_position() {
    let mut feed = Fixture::new([
        (503, json!({})),
        (404, json!({})),
        (200, json!({ "things": [] })),
        state(7, &["a"]),
        (503, json!({})),
        (429, json!({})),
        (200, json!({ "changes": 1 })),
        (404, json!({})),
        changes(&[added(8, "b")], 8),
    ]);
    let freshness = feed.follower.freshness();
    for status in [503, 404] {
        let error = feed.lost().await;
        assert!(matches!(error, PeerError::Status { status: got, .. } if got == status), "{error}");
    }
    assert!(matches!(feed.lost().await, PeerError::Unavailable(_)));
    assert_eq!(freshness.last_success(), None);
    assert_eq!(feed.state().await, ["a"]);
    let first = freshness.last_success().expect("an answer");
    for _ in 0..4 {
        feed.lost().await;
    }
    assert_eq!(freshness.last_success(), Some(first));
    assert_eq!(feed.changes().await, [named("b")]);
    assert!(freshness.last_success() >= Some(first));
    assert_eq!(feed.script.asked().last().expect("a call"), "/changes?after=7&wait=10");
}

#[tokio::test]
async fn a_state_larger_than_other_answers_is_read() {
    let names: Vec<String> = (0..100_000).map(|index| format!("{index:060}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut feed = Fixture::new([state(1, &names)]);
    assert_eq!(feed.state().await.len(), 100_000);
}

#[tokio::test]
async fn a_stop_ends_the_wait() {
    let mut feed = Fixture::new([state(1, &[])]);
    feed.state().await;
    let mut asked = feed.script.asked.subscribe();
    let Fixture { mut follower, shutdown, mut stop, _peer, .. } = feed;
    let waiting = tokio::spawn(async move { follower.next(&mut stop).await.is_none() });
    asked.wait_for(|asked| asked.len() == 2).await.expect("a call");
    shutdown.trigger();
    assert!(waiting.await.expect("no panic"));
}

#[tokio::test]
async fn a_peer_that_is_not_there_is_a_loss_and_no_end() {
    let mut feed = Fixture::new([]);
    let nobody = source(&TestPki::new(), "https://localhost:1".to_owned());
    feed.follower = FeedFollower::new(nobody);
    for _ in 0..3 {
        assert!(matches!(feed.lost().await, PeerError::Unavailable(_)));
    }
    assert_eq!(feed.follower.freshness().last_success(), None);
}

fn source(pki: &TestPki, base_url: String) -> FeedSource {
    let client = ServiceClient::new(&pki.service_identity(ServiceRole::Gateway));
    FeedSource {
        client: client.expect("a good identity"),
        base_url,
        state_path: "/state",
        changes_path: "/changes",
        clock: Arc::new(SystemClock),
        random: Arc::new(SeededRandom::new(1)),
    }
}

#[tokio::test]
async fn what_a_peer_says_of_its_history_is_given_back_and_another_one_makes_the_state_be_read_again()
 {
    let told = |mut answer: (u16, Value), history: &str| {
        answer.1["history"] = json!(history);
        answer
    };
    let mut feed = Fixture::new([
        told(state(7, &["a"]), "one"),
        told(changes(&[added(8, "b")], 8), "two"),
        (410, json!({})),
        told(state(8, &["c"]), "other"),
        told(changes(&[], 8), "other"),
    ]);
    assert_eq!(feed.state().await, ["a"]);
    assert_eq!(feed.changes().await, [named("b")]);
    assert_eq!(feed.state().await, ["c"]);
    assert_eq!(feed.changes().await, []);
    assert_eq!(
        feed.script.asked(),
        [
            "/state",
            "/changes?after=7&wait=10&history=one",
            "/changes?after=8&wait=10&history=two",
            "/state",
            "/changes?after=8&wait=10&history=other"
        ]
    );
}
