//! The workspace's dependencies point one way, and a few third-party crates have few friends.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::path::{Path, PathBuf};

/// Which of our crates each of our crates may name in `[dependencies]`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("certificates", &[]),
    ("database", &[]),
    ("jose", &[]),
    ("open-banking-types", &[]),
    ("service-kit", &[]),
    ("test-kit", &["certificates", "service-kit"]),
    ("fuzz-targets", &["gateway", "jose", "key-manager", "open-banking-types", "service-kit"]),
    ("event-service", ROLE),
    ("gateway", ROLE),
    ("key-manager", ROLE),
    ("sandbox-directory", ROLE),
    (
        "lombard",
        &[
            "certificates",
            "database",
            "event-service",
            "gateway",
            "jose",
            "key-manager",
            "open-banking-types",
            "sandbox-directory",
            "service-kit",
        ],
    ),
    ("end-to-end", &["test-kit"]),
];

/// What a role may name: the crates below it, never another role.
const ROLE: &[&str] = &["certificates", "database", "jose", "open-banking-types", "service-kit"];

/// Third-party crates that only these of our crates may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("diesel", &["database", "event-service", "key-manager", "sandbox-directory"]),
    ("hyper-util", &["service-kit"]),
    ("openssl", &["certificates", "jose", "service-kit", "test-kit"]),
    ("reqwest", &["end-to-end", "lombard", "service-kit"]),
];

#[test]
fn our_crates_depend_only_on_those_below_them() {
    let metadata = metadata();
    let ours: Vec<&str> =
        metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    for package in metadata.workspace_packages() {
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(name, _)| *name == package.name.as_str())
            .unwrap_or_else(|| panic!("{} has no line in ALLOWED", package.name));
        for dependency in named(package).filter(|name| ours.contains(name)) {
            assert!(
                allowed.contains(&dependency),
                "{} must not depend on {dependency}",
                package.name
            );
        }
    }
}

#[test]
fn reserved_libraries_are_named_only_by_their_owners() {
    for package in metadata().workspace_packages() {
        for dependency in named(package) {
            if let Some((_, owners)) = RESERVED.iter().find(|(name, _)| *name == dependency) {
                assert!(
                    owners.contains(&package.name.as_str()),
                    "{} must not name {dependency}",
                    package.name
                );
            }
        }
    }
}

#[test]
fn a_role_names_diesel_only_in_its_store() {
    let root = metadata().workspace_root.into_std_path_buf();
    for role in ["event-service", "key-manager", "sandbox-directory"] {
        let source = root.join("crates").join(role).join("src");
        let files = rust_files(&source);
        assert!(!files.is_empty(), "no source below {}", source.display());
        for file in files {
            let in_store = file.strip_prefix(&source).is_ok_and(|path| path.starts_with("store"));
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                in_store || !text.contains("diesel"),
                "{} names diesel outside store/",
                file.display()
            );
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().expect("cargo metadata runs in the workspace")
}

fn named(package: &Package) -> impl Iterator<Item = &str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
}

#[test]
fn unsafe_code_stands_in_the_module_that_calls_libpq_alone() {
    let root = metadata().workspace_root.into_std_path_buf();
    let libpq = root.join("crates/database/src/libpq.rs");
    // In two halves, so that this file is not one of those it looks for.
    let allowed = ["(unsafe", "_code"].concat();
    let exempt = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.split_whitespace().collect::<String>().contains(&allowed)
    };
    let folders = ["crates", "tests"].map(|folder| rust_files(&root.join(folder)));
    let exempt: Vec<_> = folders.concat().into_iter().filter(exempt).collect();
    assert_eq!(exempt, [libpq]);
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
