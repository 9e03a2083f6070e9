//! F07: the database server stops under load and comes back.

use super::{Scene, disk};
use crate::harness::Progress;
use test_kit::{PostgresServer, PostgresStop};

/// F07.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_stopped_and_started_again_loses_nothing() {
    survives(PostgresStop::Fast).await;
}

/// F07.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_and_recovers_loses_nothing() {
    survives(PostgresStop::Immediate).await;
}

async fn survives(stop: PostgresStop) {
    // Says so where it is absent on purpose.
    let Some(server) = PostgresServer::start() else { return };
    let mut scene = Scene::on_server(&server).await;
    for _ in 0..super::rounds(2) {
        let load = scene.load();
        scene.history.await_progress(Progress { creates: 40, acknowledgements: 5 }).await;
        server.stop(stop);
        load.finish().await;
        disk::create(&scene, 503).await;
        let used = scene.tpp.assertion(&scene.installation);
        assert_eq!(scene.tpp.request_token(&used).await.status().as_u16() / 100, 5);
        server.start_again();
        disk::until_creation_succeeds(&scene).await;
        scene.history.next_round();
    }
    scene.check_nothing_lost().await;
}
