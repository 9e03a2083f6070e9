//! New signing keys every few seconds while tokens are asked for and used.

mod key_cache;
mod load;

use crate::harness::{Installation, Storage};
use load::Load;
use std::collections::BTreeSet;
use std::time::Duration;
use test_kit::TestDatabase;
use tokio::task::block_in_place;
use tokio::time::{interval, timeout};

/// The shortest publication, and as long between two rotations.
const SECONDS: u64 = 5;
const ROTATIONS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_every_five_seconds_refuses_no_good_token_and_signs_with_published_keys_only() {
    let installation = start(Storage::Sqlite);
    let identity = installation.url("identity");
    rotate_under_load(&installation, &[identity]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_every_five_seconds_does_so_with_two_key_managers_as_well() {
    // Says so where PostgreSQL is absent on purpose.
    if TestDatabase::postgres().is_none() {
        return;
    }
    let installation = start(Storage::Postgres);
    let replica = installation.key_manager_replica();
    let addresses = [installation.url("identity"), replica.listener("IDENTITY")];
    rotate_under_load(&installation, &addresses).await;
}

#[test]
fn keys_of_both_kinds_are_rotated_from_the_command_line() {
    let installation = Installation::start(Storage::Sqlite);
    let of = |arguments: &[&str]| installation.run_json(&[&["keys", "rotate"], arguments].concat());
    let both = of(&[]);
    for kind in ["set", "token"] {
        assert!(both[kind]["kid"].is_string(), "{both}");
        let one = of(&[&format!("--{kind}"), "--publication-seconds", "5"]);
        assert_eq!(one.as_object().unwrap().len(), 1, "{one}");
        assert_ne!(one[kind]["kid"], both[kind]["kid"]);
    }
    assert!(both["token"]["signs_from"].is_string(), "{both}");
    let refused =
        installation.command(&["keys", "rotate", "--publication-seconds", "4"]).output().unwrap();
    assert!(!refused.status.success());
}

/// The gateway of this installation fetches keys when it is told of new ones: neither by the clock
/// nor for an unknown key id during the test.
fn start(storage: Storage) -> Installation {
    let seconds = SECONDS.to_string();
    let settings = [
        ("LOMBARD__KEY_MANAGER__KEY_PUBLICATION_SECONDS", seconds.as_str()),
        ("LOMBARD__GATEWAY__TOKEN_KEYS_MINIMUM_INTERVAL_SECONDS", "3600"),
        ("LOMBARD__GATEWAY__TOKEN_KEYS_REFRESH_SECONDS", "3600"),
    ];
    Installation::start_with(storage, &settings)
}

async fn rotate_under_load(installation: &Installation, identities: &[String]) {
    let tpp = installation.tpp("acme");
    let load = Load::start(installation, &tpp, identities);
    let mut made = Vec::new();
    let mut turns = interval(Duration::from_secs(SECONDS));
    for _ in 0..ROTATIONS {
        turns.tick().await;
        let rotated = block_in_place(|| installation.run_json(&["keys", "rotate", "--token"]));
        made.push(rotated["token"]["kid"].as_str().unwrap().to_owned());
    }
    let last_signs = load.until_signed_with(&made[ROTATIONS - 1]);
    timeout(Duration::from_secs(4 * SECONDS), last_signs).await.expect("the last key signs");

    let signed_with = load.finish().await;

    // The first key and all that were made, and no other.
    assert_eq!(signed_with.len(), ROTATIONS + 1, "{signed_with:?}");
    assert!(made.into_iter().collect::<BTreeSet<_>>().is_subset(&signed_with), "{signed_with:?}");
}
