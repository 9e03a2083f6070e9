//! The server under test: a process of the same binary on a data directory of its own.

use super::BenchError;
use super::cpu_clock::ProcessTimes;
use super::load::Cost;
use crate::data_directory::DataDirectory;
use crate::files::{read_text, read_text_if_present};
use crate::process::Role;
use crate::ready_file::ReadyUrls;
use certificates::ServiceRole;
use service_kit::outbound::ServiceIdentity;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
const LONGEST_START: Duration = Duration::from_mins(1);
/// For threads to come to rest, after which their CPU time is exact.
const REST: Duration = Duration::from_millis(20);
const FREE_PORTS: [&str; 5] = [
    "listeners.identity.bind=\"127.0.0.1:0\"",
    "listeners.key_manager_internal.bind=\"127.0.0.1:0\"",
    "listeners.api.bind=\"127.0.0.1:0\"",
    "listeners.events.bind=\"127.0.0.1:0\"",
    "operations.bind=\"127.0.0.1:0\"",
];

/// A serving process; killed and removed when dropped. All settings are the defaults but the ports
/// and what the benchmark names; it logs to a file, as much as it does everywhere.
#[derive(Debug)]
pub struct ServerProcess {
    temporary: TempDir,
    directory: DataDirectory,
    process: Child,
}

impl ServerProcess {
    /// Starts `role` under `settings`, `key=value` as `--set` takes them, with databases migrated.
    pub async fn start(role: Role, settings: &[String]) -> Result<Self, BenchError> {
        Self::start_in(temporary()?, role, settings).await
    }

    /// Starts `role` as a process of the same installation as `first`: its certificates and keys are
    /// the same.
    pub async fn start_beside(
        first: &Self,
        role: Role,
        settings: Vec<String>,
    ) -> Result<Self, BenchError> {
        let temporary = temporary()?;
        for shared in ["certs", "keys"] {
            copy(&first.directory.root().join(shared), &temporary.path().join(shared))?;
        }
        Self::start_in(temporary, role, &settings).await
    }

    async fn start_in(
        temporary: TempDir,
        role: Role,
        settings: &[String],
    ) -> Result<Self, BenchError> {
        let directory = DataDirectory::new(temporary.path());
        let migrated = command(&directory, "migrate", role, settings)?.output()?;
        if !migrated.status.success() {
            let log = String::from_utf8_lossy(&migrated.stderr).into_owned();
            return Err(BenchError::ServerEnded { status: migrated.status.to_string(), log });
        }
        let log = std::fs::File::create(temporary.path().join(LOG))?;
        let process = command(&directory, "serve", role, settings)?.stderr(log).spawn()?;
        let mut server = Self { temporary, directory, process };
        server.await_ready().await?;
        Ok(server)
    }

    /// Where its files are.
    pub fn directory(&self) -> &DataDirectory {
        &self.directory
    }

    /// The base URLs of its listeners.
    pub fn urls(&self) -> Result<ReadyUrls, BenchError> {
        let text = read_text(&self.directory.ready_file())?;
        serde_json::from_str(&text).map_err(|error| BenchError::Server(error.into()))
    }

    /// The identity of a role for the internal listeners of its installation.
    pub fn identity(&self, role: ServiceRole) -> Result<ServiceIdentity, BenchError> {
        let certificates = self.directory.certificates();
        let (certificate, key) = certificates.service_files(role);
        Ok(ServiceIdentity {
            chain_pem: read_text(&certificate)?,
            key_pem: read_text(&key)?,
            ca_pem: read_text(&certificates.internal_ca())?,
        })
    }

    /// What `work` costs this process; `work` gives the number of operations.
    pub async fn cost_of<T>(
        &self,
        work: impl Future<Output = Result<(u32, T), BenchError>>,
    ) -> Result<(Cost, T), BenchError> {
        let before = self.times().await?;
        let began = Instant::now();
        let (operations, rest) = work.await?;
        let wall = began.elapsed();
        let cpu = self.times().await?.since(&before);
        Ok((Cost { cpu, wall, operations }, rest))
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it tells about itself now under `name`, a metric without labels; 0 where it is silent.
    pub async fn metric(&self, name: &str) -> Result<f64, BenchError> {
        let url = self.urls()?.operations.unwrap_or_default();
        let address = url.strip_prefix("http://").unwrap_or(&url);
        let mut connection = tokio::net::TcpStream::connect(address).await?;
        let request =
            format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        let value = answer.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok(value.unwrap_or_default())
    }

    /// Its CPU times so far.
    pub async fn times(&self) -> Result<ProcessTimes, BenchError> {
        tokio::time::sleep(REST).await;
        ProcessTimes::read(self.process.id())
    }

    async fn await_ready(&mut self) -> Result<(), BenchError> {
        let began = Instant::now();
        while !self.directory.ready_file().exists() {
            if let Some(status) = self.process.try_wait()? {
                let log = read_text_if_present(&self.temporary.path().join(LOG))?;
                let log = log.unwrap_or_default();
                return Err(BenchError::ServerEnded { status: status.to_string(), log });
            }
            if began.elapsed() > LONGEST_START {
                return Err(io::Error::from(io::ErrorKind::TimedOut).into());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing of it must stay.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn temporary() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("lombard-bench-").tempdir()
}

/// A directory with all that is in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn command(
    directory: &DataDirectory,
    subcommand: &str,
    role: Role,
    settings: &[String],
) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data-dir").arg(directory.root()).arg(subcommand);
    command.arg(role.service().as_str());
    for setting in FREE_PORTS.into_iter().chain(settings.iter().map(String::as_str)) {
        command.args(["--set", setting]);
    }
    // The figures are those of the defaults, whatever the caller's own installation has.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LOMBARD_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(command)
}

const LOG: &str = "bench.log";
