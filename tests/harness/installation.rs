//! An installation: a data directory, its databases and the process that serves it.

use crate::harness::{Bank, Tpp, lombard};
use serde_json::Value;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use test_kit::{PostgresServer, TestDatabase};

/// Which databases an installation keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Three databases of a PostgreSQL server.
    Postgres,
    /// Three files of the data directory.
    Sqlite,
}

/// An installation, all roles in one process unless it is a replica; killed and removed when dropped.
pub struct Installation {
    directory: TempDir,
    roles: &'static [&'static str],
    environment: Vec<(String, String)>,
    // Dropped with the installation, which removes them from the server.
    _databases: Vec<TestDatabase>,
    /// Keeps other tests off its ports.
    _claims: Vec<UnixListener>,
    process: Option<Child>,
}

impl Installation {
    /// A new installation, serving.
    pub fn start(storage: Storage) -> Self {
        Self::start_with(storage, &[])
    }

    /// A new installation with further environment variables, serving.
    pub fn start_with(storage: Storage, settings: &[(&str, &str)]) -> Self {
        let databases = match storage {
            Storage::Sqlite => Vec::new(),
            Storage::Postgres => three(|| {
                TestDatabase::postgres().expect("the caller knows that PostgreSQL is there")
            }),
        };
        Self::start_on(databases, settings)
    }

    /// A new installation on databases of a server of its own, serving.
    pub fn start_on_server(server: &PostgresServer) -> Self {
        Self::start_on(three(|| server.database()), &[])
    }

    fn start_on(databases: Vec<TestDatabase>, settings: &[(&str, &str)]) -> Self {
        let Listeners { settings: mut environment, claims } = Listeners::claim();
        let urls = DATABASE_KEYS.iter().zip(&databases);
        environment.extend(urls.map(|(key, made)| ((*key).to_owned(), made.url().to_owned())));
        environment
            .extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let directory = TempDir::new().expect("a temporary directory");
        let migrate = !databases.is_empty();
        let mut installation = Self {
            directory,
            roles: &[],
            environment,
            _databases: databases,
            _claims: claims,
            process: None,
        };
        if migrate {
            installation.run(&["migrate"]);
        }
        installation.serve();
        installation
    }

    /// A second key manager on the same databases, certificates and keys, known under the same URL.
    pub fn key_manager_replica(&self) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        for entry in ["certs", "keys", "lombard.toml"] {
            let mut copy = Command::new("cp");
            copy.arg("-r").arg(self.path(entry)).arg(directory.path());
            assert!(copy.status().expect("cp runs").success());
        }
        let mut environment = self.environment.clone();
        let listeners = Listeners::claim();
        environment.extend(listeners.settings);
        for listener in ["identity", "directory"] {
            let name = listener.to_uppercase();
            let public_url = format!("LOMBARD__LISTENERS__{name}__PUBLIC_URL");
            environment.push((public_url, self.url(listener)));
        }
        let roles = &["key-manager"];
        let mut replica = Self {
            directory,
            roles,
            environment,
            _databases: Vec::new(),
            _claims: listeners.claims,
            process: None,
        };
        replica.serve();
        replica
    }

    /// A key manager of its own on a copy of everything, started with further environment variables
    /// and perhaps not ready.
    pub fn key_manager_copy(&self, settings: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(self.path(".")).arg(directory.path());
        assert!(copy.status().expect("cp runs").success());
        let mut environment = self.environment.clone();
        let listeners = Listeners::claim();
        environment.extend(listeners.settings);
        environment
            .extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let roles = &["key-manager"];
        let mut copy = Self {
            directory,
            roles,
            environment,
            _databases: Vec::new(),
            _claims: listeners.claims,
            process: None,
        };
        std::fs::remove_file(copy.log_file()).expect("the copied log can be removed");
        copy.spawn();
        copy
    }

    /// Serves again after [`Self::kill`] or [`Self::stop`], on the same addresses.
    pub fn serve(&mut self) {
        self.spawn();
        self.await_ready();
    }

    fn spawn(&mut self) {
        assert!(self.process.is_none(), "already serving");
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.log_file())
            .expect("the log file opens");
        let process = self
            .command(&["serve"])
            .args(self.roles)
            .stdout(log.try_clone().expect("the log file's handle can be copied"))
            .stderr(log)
            .spawn()
            .expect("lombard starts");
        self.process = Some(process);
    }

    /// Kills the process, as a crash would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("serving");
        process.kill().expect("the process can be killed");
        process.wait().expect("a killed process ends");
        // What a crash leaves behind must not be taken for the next start's.
        std::fs::remove_file(self.ready_file()).ok();
    }

    /// The process that serves.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("serving").id()
    }

    /// Waits for the end of a process that somebody else kills.
    pub fn await_end(&mut self) {
        let mut process = self.process.take().expect("serving");
        process.wait().expect("the process ends");
        std::fs::remove_file(self.ready_file()).ok();
    }

    /// Asks the process to stop (SIGTERM) and returns its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("serving");
        let status =
            Command::new("kill").arg(process.id().to_string()).status().expect("kill runs");
        assert!(status.success());
        process.wait().expect("the process ends").code()
    }

    /// Whether the process has not ended by itself.
    pub fn is_running(&mut self) -> bool {
        let process = self.process.as_mut().expect("serving");
        process.try_wait().expect("the process can be asked").is_none()
    }

    /// Sends the process a signal by its name, `HUP`.
    pub fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("serving").id().to_string();
        let status = Command::new("kill").args(["-s", name, &process]).status().expect("kill runs");
        assert!(status.success());
    }

    /// Waits until the log has `text`.
    pub fn await_log(&self, text: &str) {
        for _ in 0..3000 {
            if self.log().contains(text) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the log never says {text:?}:\n{}", self.log());
    }

    /// Runs `lombard ARGUMENTS` on the data directory; its standard output. Panics unless it succeeds.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("lombard runs");
        assert!(
            output.status.success(),
            "lombard {arguments:?}: {}\n{}\nlog:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        String::from_utf8(output.stdout).expect("UTF-8 output")
    }

    /// The same with `--json`, read.
    pub fn run_json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let output = self.run(&arguments);
        serde_json::from_str(&output)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output}"))
    }

    /// `lombard ARGUMENTS` on the data directory, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(lombard());
        command
            .arg("--data-dir")
            .arg(self.directory.path())
            .args(arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null());
        command
    }

    /// A new TPP with certificates, registered and subscribed.
    pub fn tpp(&self, name: &str) -> Tpp {
        self.run(&["tpp", "new", name]);
        self.run(&["tpp", "register", name]);
        Tpp::of(self, name)
    }

    /// The bank's side.
    pub fn bank(&self) -> Bank {
        Bank::new(self)
    }

    /// The base URL of a listener, by its name in `ready.json`.
    pub fn url(&self, listener: &str) -> String {
        let text = std::fs::read_to_string(self.ready_file()).expect("ready.json is there");
        let ready: Value = serde_json::from_str(&text).expect("ready.json is JSON");
        ready[listener].as_str().unwrap_or_else(|| panic!("no {listener} in {ready}")).to_owned()
    }

    /// The bound address of a listener as a URL, whatever it is known under outside.
    pub fn listener(&self, name: &str) -> String {
        let bind = self.bind(&format!("LISTENERS__{name}"));
        format!("https://{}", bind.replace("127.0.0.1", "localhost"))
    }

    /// What the operations listener answers about readiness; none while it does not listen.
    pub async fn readiness(&self) -> Option<Value> {
        let answer = reqwest::get(format!("http://{}/health/ready", self.bind("OPERATIONS"))).await;
        Some(answer.ok()?.json().await.expect("readiness is JSON"))
    }

    fn bind(&self, listener: &str) -> &str {
        let key = format!("LOMBARD__{listener}__BIND");
        let (_, bind) = self
            .environment
            .iter()
            .rfind(|(other, _)| *other == key)
            .expect("a configured listener");
        bind
    }

    /// A file of the data directory.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// What the processes logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Waits until the process is ready.
    pub fn await_ready(&mut self) {
        for _ in 0..3000 {
            if self.ready_file().exists() {
                return;
            }
            let process = self.process.as_mut().expect("serving");
            if let Some(status) = process.try_wait().expect("the process can be asked") {
                panic!("lombard serve ended with {status}:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("not ready:\n{}", self.log());
    }

    fn ready_file(&self) -> PathBuf {
        self.path("run/ready.json")
    }

    fn log_file(&self) -> PathBuf {
        self.path("test.log")
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // The process may have ended by itself; either way nothing of it must stay.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// The listeners of one process on ports of their own, the same at every start: the issuer is a URL
/// with a port in it.
struct Listeners {
    settings: Vec<(String, String)>,
    claims: Vec<UnixListener>,
}

impl Listeners {
    fn claim() -> Self {
        let (mut settings, mut claims) = (Vec::new(), Vec::new());
        for key in LISTENER_KEYS {
            let (port, claim) = claim_port();
            settings.push((key.to_owned(), format!("127.0.0.1:{port}")));
            claims.push(claim);
        }
        Self { settings, claims }
    }
}

const LISTENER_KEYS: [&str; 6] = [
    "LOMBARD__LISTENERS__IDENTITY__BIND",
    "LOMBARD__LISTENERS__KEY_MANAGER_INTERNAL__BIND",
    "LOMBARD__LISTENERS__API__BIND",
    "LOMBARD__LISTENERS__EVENTS__BIND",
    "LOMBARD__LISTENERS__DIRECTORY__BIND",
    "LOMBARD__OPERATIONS__BIND",
];

/// A port that is free, below those that the system hands out to outgoing connections, of which the
/// other tests make thousands. No other test takes it while the claim lasts: a name that only one
/// socket on this machine can have, and that goes with its process.
fn claim_port() -> (u16, UnixListener) {
    loop {
        let draw = RandomState::new().build_hasher().finish();
        let port = 10_000 + u16::try_from(draw % 20_000).expect("below 20,000");
        let name = format!("lombard-test-port-{port}");
        let name = SocketAddr::from_abstract_name(name).expect("a short name");
        if let Ok(claim) = UnixListener::bind_addr(&name)
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
        {
            return (port, claim);
        }
    }
}

fn three(mut database: impl FnMut() -> TestDatabase) -> Vec<TestDatabase> {
    DATABASE_KEYS.iter().map(|_| database()).collect()
}

const DATABASE_KEYS: [&str; 3] = [
    "LOMBARD__KEY_MANAGER__DATABASE_URL",
    "LOMBARD__EVENT_SERVICE__DATABASE_URL",
    "LOMBARD__DIRECTORY__DATABASE_URL",
];

/// The PEM certificate authority of an installation's public listeners.
pub fn public_ca(installation: &Installation) -> reqwest::Certificate {
    certificate(&installation.path("certs/ca.crt"))
}

fn certificate(path: &Path) -> reqwest::Certificate {
    let pem = std::fs::read(path).expect("the CA file is there");
    reqwest::Certificate::from_pem(&pem).expect("the CA file is PEM")
}
