//! Every target with every seed of its corpus and with mutations of them, the same at every run.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod mutation;

use mutation::mutations;
use std::fs;
use std::path::{Path, PathBuf};

/// The fewest seeds of a corpus.
const FEWEST: usize = 40;

/// One test for each target, and the list of all.
macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), fuzz_targets::$name);
        })+

        const TARGETS: &[&str] = &[$(stringify!($name)),+];
    };
}

targets!(
    client_certificate_header,
    compact_jws,
    detached_jws,
    distinguished_name,
    form,
    jwk_set,
    poll_request,
    registration_request,
    request_path,
    software_statement,
    strict_json,
);

#[test]
fn every_target_is_fuzzed_and_tested() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("fuzz/ has a manifest");
    for (folder, suffix) in [("fuzz_targets", ".rs"), ("corpus", "")] {
        let mut names: Vec<String> = files(&fuzz().join(folder))
            .iter()
            .map(|path| path.file_name().expect("a name").to_string_lossy().replace(suffix, ""))
            .collect();
        names.sort();
        assert_eq!(names, TARGETS, "{folder}");
    }
    for name in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

fn check(name: &str, target: fn(&[u8])) {
    let seeds: Vec<Vec<u8>> = files(&fuzz().join("corpus").join(name))
        .iter()
        .map(|path| fs::read(path).expect("a seed can be read"))
        .collect();
    assert!(seeds.len() >= FEWEST, "{} seeds", seeds.len());
    for (at, seed) in seeds.iter().enumerate() {
        target(seed);
        let other = &seeds[(at + 1) % seeds.len()];
        for mutation in mutations(seed, other) {
            target(&mutation);
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}
