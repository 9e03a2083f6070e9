//! F04 and F05: a disk that is full or broken.

use super::{Scene, Tracer};
use crate::harness::{History, Storage};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// F05.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_acknowledged_and_afterwards_all_goes_on() {
    survives_fault(Tracer::full_disk).await;
}

/// F04.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_flush_nothing_was_acknowledged_that_is_not_there() {
    survives_fault(Tracer::failing_flushes).await;
}

async fn survives_fault(fault: fn(u32) -> Tracer) {
    let mut scene = Scene::start(Storage::Sqlite).await;
    for _ in 0..20 {
        create(&scene, 201).await;
    }
    take_some(&scene).await;
    let used = scene.tpp.assertion(&scene.installation);
    let tracer = fault(scene.installation.process_id());
    for _ in 0..5 {
        create(&scene, 503).await;
    }
    assert_eq!(scene.tpp.request_token(&used).await.status().as_u16() / 100, 5);
    drop(tracer);
    until_creation_succeeds(&scene).await;
    take_some(&scene).await;
    scene.check_nothing_lost().await;
    // And what was written is what a new process finds.
    scene.installation.kill();
    scene.installation.serve();
    scene.tpp.authorize(&scene.installation).await;
    assert!(scene.tpp.drain().await.is_empty());
}

pub(super) async fn create(scene: &Scene, expected: u16) {
    let (status, body) = try_create(scene).await;
    assert_eq!(status, expected, "{body}");
}

async fn try_create(scene: &Scene) -> (u16, String) {
    let events = json!({"urn:uk:org:openbanking:events:resource-update": {"resourceID": "1"}});
    let request = scene.installation.bank().create_request(scene.tpp.client_id(), &events);
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.text().await.expect("a body");
    if status == 201 {
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let jti = answer["notificationsID"].as_str().expect("an id").to_owned();
        scene.history.create_answered(jti);
    }
    (status, body)
}

/// Acknowledges three of what waits.
async fn take_some(scene: &Scene) {
    let history: &Arc<History> = &scene.history;
    let page = scene.tpp.poll(&json!({"maxEvents": 3, "returnImmediately": true})).await;
    let ids: Vec<String> = page.sets.into_iter().map(|(jti, _)| jti).collect();
    scene.tpp.poll(&json!({"maxEvents": 0, "ack": ids})).await;
    history.acknowledge_answered(ids);
}

/// Without a restart and without help.
pub(super) async fn until_creation_succeeds(scene: &Scene) {
    let started = Instant::now();
    loop {
        let (status, body) = try_create(scene).await;
        if status == 201 {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "no recovery: {status} {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
