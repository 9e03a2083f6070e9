//! The commands of the documents do what the documents say.

use crate::harness::{Installation, Storage, lombard};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn a_client_lives_its_life_through_the_gateway_with_curl_and_openssl_alone() {
    let installation = Installation::start(Storage::Sqlite);
    let block =
        block("docs/key-manager.md", "## Walkthrough with curl and openssl alone", "export");

    let printed = run(&installation, &format!("set -eu\n{block}"));

    let lines: Vec<&str> = printed.lines().collect();
    let (registered, replaced) = (lines[2], lines[3]);
    assert!(registered.contains(r#""scope":"accounts payments""#), "{printed}");
    assert!(replaced.contains(r#""scope":"accounts""#), "{printed}");
    assert!(lines[4].starts_with(r#"{"active":true"#), "{printed}");
    let statuses: Vec<&str> = lines.iter().filter(|line| line.len() == 3).copied().collect();
    assert_eq!(statuses, ["200", "401", "204", "401"], "{printed}");
}

#[test]
fn a_tpp_gives_a_token_back_with_the_commands_of_the_key_managers_page() {
    let installation = Installation::start(Storage::Sqlite);
    let block = block("docs/key-manager.md", "## Walkthrough with `lombard`", "lombard tpp new");
    assert_a_token_is_given_back(&run(&installation, &block), "0 events");
}

#[test]
fn a_tpp_gives_a_token_back_with_the_commands_of_the_readme() {
    let installation = Installation::start(Storage::Sqlite);
    let block = block("README.md", "## A TPP and a bank, by hand", "scripts/lombard tpp new");
    let printed = run(&installation, &block.replace("scripts/lombard", "lombard"));
    assert_a_token_is_given_back(&printed, "5 events");
}

/// A poll with the token, its revocation, and a poll that is refused for it.
fn assert_a_token_is_given_back(printed: &str, events: &str) {
    let (before, after) = printed.split_once("\nrevoked\n").expect(printed);
    assert!(before.contains(events), "{printed}");
    assert!(after.contains("answered 401") && after.contains("900901"), "{printed}");
}

/// The first block of commands below `heading` that begins with `start`.
fn block(document: &str, heading: &str, start: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join(document)).expect("the document is there");
    let (_, below) = text.split_once(heading).expect("the heading is there");
    let blocks = below.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let block = blocks.into_iter().find(|block| block.starts_with(start));
    block.expect("the block is there").to_owned()
}

/// What `script` prints where `lombard-data` is the installation's directory and `lombard` its
/// command; the documented ports are those of the installation.
fn run(installation: &Installation, script: &str) -> String {
    let directory = TempDir::new().expect("a temporary directory");
    let data = directory.path().join("lombard-data");
    std::os::unix::fs::symlink(installation.path(""), data).expect("a link");
    let mut script =
        format!("lombard() {{ '{}' \"$@\"; }}\nexec 2>&1\n{script}", lombard().display());
    for (listener, port) in
        [("identity", 9446), ("api", 8243), ("directory", 9448), ("key_manager_internal", 9449)]
    {
        let documented = format!("https://localhost:{port}");
        script = script.replace(&documented, &installation.url(listener));
    }
    let mut shell = Command::new("sh");
    let output = shell.args(["-c", &script]).current_dir(&directory).output().expect("sh runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}
