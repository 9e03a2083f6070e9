//! A PostgreSQL server for tests: the one that is given, or a private one.

use super::{setting, uuid_text};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server in which tests make databases.
pub(super) struct Server {
    url: url::Url,
    psql: PathBuf,
    private: Option<Private>,
}

/// The tests of a process share its server, which stops with the last of them: a static is the only
/// thing that they have in common.
static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

impl Server {
    /// The given server, or this process's private one.
    pub(super) fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(match setting("TEST_DATABASE_URL") {
            Some(url) => Self {
                url: url.parse().expect("TEST_DATABASE_URL is a URL"),
                psql: psql(),
                private: None,
            },
            None => Self::start(),
        });
        *shared = Arc::downgrade(&server);
        server
    }

    /// A private server that no other test uses.
    pub(super) fn own() -> Arc<Self> {
        Arc::new(Self::start())
    }

    /// Ends a private server by a signal.
    pub(super) fn halt(&self, signal: &'static str) {
        let private = self.private.as_ref().expect("a server of this process's own");
        private.order(Order::Halt(signal)).expect("the server ends");
    }

    /// Starts a private server again.
    pub(super) fn go_on(&self) {
        let private = self.private.as_ref().expect("a server of this process's own");
        private.order(Order::Start).expect("the server starts again");
    }

    /// The URL of one of its databases.
    pub(super) fn url_of(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }

    /// Makes an empty database.
    pub(super) fn create_database(&self, name: &str) {
        let output = self.psql(&format!("CREATE DATABASE {name}")).output();
        succeeded("psql", output).expect("a database can be made in the test server");
    }

    /// Removes a database, also one that is in use. Nobody waits for it, because it costs the server
    /// a checkpoint; and a private server's files are removed as a whole.
    pub(super) fn drop_database(&self, name: &str) {
        if self.private.is_none() {
            let _ = self.drop_command(name).spawn();
        }
    }

    /// Drops the database and waits until it is gone.
    pub(super) fn drop_database_now(&self, name: &str) {
        let status = self.drop_command(name).status().expect("psql runs");
        assert!(status.success(), "the database cannot be dropped: {status}");
    }

    fn drop_command(&self, name: &str) -> Command {
        let mut command = self.psql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn psql(&self, sql: &str) -> Command {
        let mut command = Command::new(&self.psql);
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname"])
            .arg(self.url.as_str())
            .args(["--command", sql])
            .stdin(Stdio::null());
        command
    }

    fn start() -> Self {
        let binaries = binaries();
        let mut last = String::new();
        // Another process may take the free port before the server does.
        for _ in 0..5 {
            match Private::start(&binaries) {
                Ok((private, url)) => {
                    return Self { url, psql: psql(), private: Some(private) };
                }
                Err(error) => last = error,
            }
        }
        panic!("PostgreSQL does not start: {last}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(private) = self.private.take() {
            private.stop();
        }
    }
}

/// A server of this process's own. A thread starts it and stays while it runs, because the signal
/// that a parent's death sends (`setpriv --pdeathsig`) follows the thread that started the child.
struct Private {
    orders: Sender<Order>,
    done: Mutex<Receiver<Result<(), String>>>,
    thread: JoinHandle<()>,
}

/// What the thread is told; it ends when nobody can tell it anything any more.
enum Order {
    /// Ends the server by this signal and waits for its end.
    Halt(&'static str),
    /// Starts it on the same data and port and waits until it takes connections.
    Start,
}

impl Private {
    fn start(binaries: &Path) -> Result<(Self, url::Url), String> {
        let cluster = Cluster::create(binaries)?;
        let url = cluster.url();
        let (orders, ordered) = mpsc::channel();
        let (tell, done) = mpsc::channel();
        let thread = std::thread::spawn(move || cluster.run(&ordered, &tell));
        let private = Self { orders, done: Mutex::new(done), thread };
        match private.order(Order::Start) {
            Ok(()) => Ok((private, url)),
            Err(error) => {
                private.stop();
                Err(error)
            }
        }
    }

    fn order(&self, order: Order) -> Result<(), String> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || "the server's thread ended".to_owned();
        self.orders.send(order).map_err(|_| gone())?;
        done.recv().unwrap_or_else(|_| Err(gone()))
    }

    fn stop(self) {
        drop(self.orders);
        let _ = self.thread.join();
    }
}

/// A data directory and how to run a server on it.
struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    port: u16,
    password: String,
    user: Option<User>,
}

impl Cluster {
    fn create(binaries: &Path) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("lombard-pg-").tempdir();
        let cluster = Self {
            directory: directory.map_err(|error| error.to_string())?,
            binaries: binaries.to_owned(),
            port: free_port()?,
            password: uuid_text(),
            user: User::unprivileged(),
        };
        cluster.initialise()?;
        Ok(cluster)
    }

    fn initialise(&self) -> Result<(), String> {
        let password_file = self.directory.path().join("password");
        fs::write(&password_file, &self.password).map_err(|error| error.to_string())?;
        if let Some(user) = &self.user {
            user.own(self.directory.path())?;
            user.own(&password_file)?;
        }
        let output = self
            .command("initdb")
            .args(["--no-sync", "--username=lombard", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C", "--no-instructions", "--pgdata"])
            .arg(self.data())
            .arg(format!("--pwfile={}", password_file.display()))
            .output();
        succeeded("initdb", output)
    }

    /// Follows orders, then ends the server without a checkpoint: nothing is kept.
    fn run(&self, orders: &Receiver<Order>, tell: &Sender<Result<(), String>>) {
        let mut running: Option<Child> = None;
        for order in orders {
            let done = match order {
                Order::Start => self.start_and_wait().map(|child| running = Some(child)),
                Order::Halt(signal) => {
                    if let Some(mut child) = running.take() {
                        end(&mut child, signal);
                    }
                    Ok(())
                }
            };
            let _ = tell.send(done);
        }
        if let Some(child) = &mut running {
            end(child, "QUIT");
        }
    }

    fn start_and_wait(&self) -> Result<Child, String> {
        let mut child = self.start()?;
        match self.wait_ready(&mut child) {
            Ok(()) => Ok(child),
            Err(error) => {
                end(&mut child, "QUIT");
                Err(error)
            }
        }
    }

    /// Durable as in production: what tests say about commits must be true.
    fn start(&self) -> Result<Child, String> {
        let log = fs::File::create(self.log()).map_err(|error| error.to_string())?;
        self.command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", &format!("port={}", self.port), "-c", "max_connections=200"])
            .args(["-c", "deadlock_timeout=100ms"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| error.to_string())
    }

    /// The last line of `postmaster.pid` says when connections are taken.
    fn wait_ready(&self, child: &mut Child) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let status = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            if status.lines().last().is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            let ended = child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || started.elapsed() > Duration::from_mins(1) {
                return Err(fs::read_to_string(self.log()).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn url(&self) -> url::Url {
        let (password, port) = (&self.password, self.port);
        format!("postgres://lombard:{password}@127.0.0.1:{port}/postgres")
            .parse()
            .expect("a valid URL")
    }

    /// Through `setpriv`, which makes the server end with the test process, also a killed one.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        if let Some(User { uid, gid }) = &self.user {
            command
                .arg(format!("--reuid={uid}"))
                .arg(format!("--regid={gid}"))
                .arg("--clear-groups");
        }
        command.args(["--pdeathsig=QUIT", "--"]).arg(self.binaries.join(program));
        command.current_dir(self.directory.path()).stdin(Stdio::null()).env("LC_ALL", "C");
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

/// Whom a root process runs the server as, which refuses to run as root.
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// `None` when this process is not root itself.
    fn unprivileged() -> Option<Self> {
        if id(&["-u"])? != 0 {
            return None;
        }
        let named = |name| Some(Self { uid: id(&["-u", name])?, gid: id(&["-g", name])? });
        named("postgres").or_else(|| named("nobody"))
    }

    fn own(&self, path: &Path) -> Result<(), String> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid)).map_err(|e| e.to_string())
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn end(child: &mut Child, signal: &str) {
    let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    let _ = child.wait();
}

fn succeeded(program: &str, output: std::io::Result<Output>) -> Result<(), String> {
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

fn binaries() -> PathBuf {
    find_binaries().expect(
        "PostgreSQL is installed: run scripts/setup, or set LOMBARD_TESTS_WITHOUT_POSTGRES=1 to skip",
    )
}

/// The server's own `psql`, else the one in `PATH`, which may be installed without a server.
fn psql() -> PathBuf {
    let beside = find_binaries().map(|directory| directory.join("psql"));
    beside.filter(|program| program.exists()).unwrap_or_else(|| "psql".into())
}

/// The directory of PostgreSQL's programs: that of `initdb` in `PATH`, behind symbolic links, or the
/// newest where Debian keeps them.
fn find_binaries() -> Option<PathBuf> {
    let path = setting("PATH").unwrap_or_default();
    let initdb = std::env::split_paths(&path)
        .find_map(|directory| fs::canonicalize(directory.join("initdb")).ok());
    initdb.and_then(|program| program.parent().map(Path::to_owned)).or_else(newest_debian)
}

fn newest_debian() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, directory)| directory.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, directory)| directory)
}
