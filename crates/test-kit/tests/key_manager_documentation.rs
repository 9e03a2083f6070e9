//! docs/key-manager.md has every path, setting, code and text of the key manager.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

#[test]
fn every_path_is_documented() {
    let missing = undocumented(&["paths", "registration/version"], is_path);
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_code_and_text_of_an_error_is_documented() {
    let missing = undocumented(WIRE, |text| is_code(text) || is_sentence(text));
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn everything_that_is_said_of_a_member_at_fault_is_documented() {
    let missing = undocumented(MEMBERS, |text| text.contains(' ') && !text.contains('{'));
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let document = document();
    let reference = read("docs/configuration.toml");
    let mut section = "";
    for line in reference.lines() {
        if let Some(name) = line.trim_start_matches('#').strip_prefix('[') {
            section = name;
        }
        if !(section.starts_with("key_manager") || section.starts_with("outbound")) {
            continue;
        }
        // Help is `# Words`, a key without a default `#key = …`.
        let Some((key, default)) = line.split_once(" = ") else { continue };
        let row = match key.strip_prefix('#') {
            Some(key) if key.starts_with(' ') => continue,
            Some(key) => format!("`{key}`"),
            None => format!("\n| `{key}` | `{default}` |"),
        };
        assert!(document.contains(&row), "[{section}: {row}");
    }
}

/// Where answers are made.
const WIRE: &[&str] = &[
    "authentication/error",
    "event_doors",
    "form/error",
    "internal/error",
    "introspection/error",
    "keys/document",
    "not_found",
    "presented_token",
    "registration/error",
    "revocation/error",
    "token/error",
];

/// Where members of internal calls are judged.
const MEMBERS: &[&str] = &["clients/registration", "internal"];

fn is_path(text: &str) -> bool {
    text.starts_with('/')
}

/// A code of OAuth or of problem details, or a reason.
fn is_code(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))
}

fn is_sentence(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase()) && text.contains(' ')
}

/// The literals in `modules`, and in those below them, that are `wanted` and not in the document.
fn undocumented(modules: &[&str], wanted: fn(&str) -> bool) -> Vec<String> {
    let document = document().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut missing = Vec::new();
    for module in modules {
        let literals = files(module).iter().flat_map(|file| literals(file)).collect::<Vec<_>>();
        let wanted: Vec<_> = literals.into_iter().filter(|text| wanted(text)).collect();
        assert!(!wanted.is_empty(), "nothing is read of {module} any more");
        missing.extend(wanted.into_iter().filter(|text| !document.contains(text.as_str())));
    }
    missing
}

/// The sources of a module and of those below it.
fn files(module: &str) -> Vec<String> {
    let path = root().join("crates/key-manager/src").join(module);
    let mut files: Vec<PathBuf> = vec![path.with_extension("rs")];
    let mut open = vec![path];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten() {
            let entry = entry.unwrap().path();
            if entry.is_dir() { open.push(entry) } else { files.push(entry) }
        }
    }
    // A module has a file beside its directory, or `mod.rs` in it.
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

/// The string literals of a source before its tests; neither those of comments and logs, nor those
/// of `Display` that stay in the log.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| {
        let line = line.trim_start();
        let shown = line.strip_prefix("#[error(\"").is_none_or(|text| text.contains(' '));
        let logged = line.contains("tracing::") || line.starts_with("event = ");
        !line.starts_with("//") && !logged && shown
    });
    let code: Vec<&str> = lines.collect();
    let code = code.join("\n").replace("\\\"", "\u{0}");
    code.split('"').skip(1).step_by(2).map(|text| text.replace('\u{0}', "\"")).collect()
}

fn document() -> String {
    read("docs/key-manager.md")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
