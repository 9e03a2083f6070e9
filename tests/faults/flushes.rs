//! F02 and F03: a crash exactly at a flush, and the flush before the answer.

use super::{Scene, Tracer, rounds};
use crate::harness::Storage;
use serde_json::json;

/// F02.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_exactly_at_a_flush_loses_nothing_that_was_answered() {
    let mut scene = Scene::start(Storage::Sqlite).await;
    for flush in 1..=rounds(6) {
        let process = scene.installation.process_id();
        let tracer = Tracer::kill_at_flush(process, flush * 5);
        let load = scene.load();
        scene.installation.await_end();
        load.finish().await;
        drop(tracer);
        scene.installation.serve();
        scene.tpp.authorize(&scene.installation).await;
    }
    scene.check_nothing_lost().await;
}

/// F03.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_a_creation_leaves_after_the_flush() {
    let scene = Scene::start(Storage::Sqlite).await;
    let bank = scene.installation.bank();
    let events = json!({"urn:uk:org:openbanking:events:resource-update": {"resourceID": "1"}});
    // Connections and their handshakes are there already.
    bank.create(scene.tpp.client_id(), &events).await;
    for _ in 0..5 {
        let tracer = Tracer::watch(scene.installation.process_id());
        bank.create(scene.tpp.client_id(), &events).await;
        answer_after_flush(&tracer.finish(), &scene.installation.url("identity"));
    }
}

/// In a trace of one creation: the last thing sent from the public listener was sent after the event
/// service's log had been flushed, and nothing was sent from there before.
fn answer_after_flush(trace: &str, identity: &str) {
    let port = identity.rsplit(':').next().expect("a port");
    let from_listener = format!("127.0.0.1:{port}->");
    let flushed = |line: &&str| line.contains("sync(") && line.contains("event-service.db-wal");
    let flush = trace.lines().position(|line| flushed(&line));
    let sent = trace.lines().position(|line| {
        !line.contains("sync(") && line.contains(&from_listener) && !line.contains("resumed")
    });
    let (Some(flush), Some(sent)) = (flush, sent) else {
        panic!("no flush or no answer in\n{trace}");
    };
    // A call that another thread's interrupted is written in two lines: the flush ended at its second.
    let thread = trace.lines().nth(flush).and_then(|line| line.split(' ').next());
    let unfinished = trace.lines().nth(flush).is_some_and(|line| line.contains("<unfinished"));
    let ended = if unfinished {
        let resumed =
            |line: &str| line.split(' ').next() == thread && line.contains("sync resumed");
        flush + trace.lines().skip(flush).position(resumed).expect("a flush ends")
    } else {
        flush
    };
    assert!(ended < sent, "answered before the flush:\n{trace}");
}
