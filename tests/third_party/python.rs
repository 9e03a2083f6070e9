//! Python scripts, run in a virtual environment that has exactly what `requirements.txt` pins.

use serde_json::Value;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// What `script` prints when it is given `settings`. Panics unless it succeeds.
pub fn run(script: &str, settings: &Value) -> Value {
    let directory = TempDir::new().expect("a temporary directory");
    let arguments = directory.path().join("settings.json");
    fs::write(&arguments, settings.to_string()).expect("the settings can be written");
    let mut command = Command::new(environment().join("bin/python"));
    command
        .args(["-B", "-W", "ignore::DeprecationWarning"])
        .arg(scripts().join(script))
        .arg(&arguments)
        .env_remove("REQUESTS_CA_BUNDLE")
        .env("NO_PROXY", "*");
    let output = succeeded(command);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{script}: {error}: {}", text(&output.stdout)))
}

/// The virtual environment, below cargo's target directory; made once for all tests and kept for as
/// long as neither the requirements nor the Python change.
fn environment() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut version = Command::new("python3");
    version.arg("--version");
    let mut key = DefaultHasher::new();
    (REQUIREMENTS, succeeded(version).stdout).hash(&mut key);
    let environment = root.join(format!("third-party-{:016x}", key.finish()));

    // Each test is a process of its own: the first one makes the environment, the others wait for it.
    let lock = File::create(root.join("third-party.lock")).expect("the lock file opens");
    lock.lock().expect("the lock is given");
    let complete = environment.join("complete");
    if !complete.exists() {
        create(&environment);
        File::create(complete).expect("the mark can be made");
    }
    environment
}

fn create(environment: &Path) {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(environment);
    succeeded(venv);
    let mut install = Command::new(environment.join("bin/python"));
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
        .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
        .arg(scripts().join("requirements.txt"));
    succeeded(install);
}

fn succeeded(mut command: Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; scripts/setup installs Python and its venv module")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("third_party")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
