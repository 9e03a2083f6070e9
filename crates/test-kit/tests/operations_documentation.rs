//! What operators may rely on is documented.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_metric_is_documented_and_every_documented_one_exists() {
    let written = literals("\"lombard_", |name| {
        [
            "_total",
            "_seconds",
            "_units",
            "_connections",
            "_clients",
            "_tokens",
            "_calls",
            "_waiters",
        ]
        .iter()
        .any(|unit| name.ends_with(unit))
    });
    let document = documentation();
    let documented = document
        .split('`')
        .filter(|word| word.starts_with("lombard_"))
        .map(|word| word.trim_start_matches("lombard_").to_owned());
    assert_eq!(written, documented.collect());
}

#[test]
fn every_audit_event_is_documented() {
    let document = documentation();
    for event in literals("event = \"", |_| true) {
        assert!(document.contains(&format!("\n| `{event}` |")), "{event}");
    }
}

/// What follows `start` in the sources of all crates, up to the next quote.
fn literals(start: &str, wanted: fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in sources(&root().join("crates")) {
        let text = std::fs::read_to_string(file).unwrap();
        let ends = text.split(start).skip(1).filter_map(|rest| rest.split('"').next());
        found.extend(ends.filter(|name| wanted(name)).map(str::to_owned));
    }
    found
}

fn documentation() -> String {
    std::fs::read_to_string(root().join("docs/operations.md")).unwrap()
}

/// The Rust files below the `src` directories of `crates`.
fn sources(crates: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = entries(crates).map(|member| member.join("src")).collect();
    while let Some(directory) = open.pop() {
        for entry in entries(&directory) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                files.push(entry);
            }
        }
    }
    files
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
