//! Why a command failed, and the exit code that says so.

use crate::api_client::CallError;
use crate::bench::BenchError;
use crate::certificate_tree::TreeError;
use crate::data_directory::LockError;
use crate::demo::StepError;
use crate::directory::DirectoryError;
use crate::files::FileError;
use crate::process::{DatabaseProblem, StartError, StopError};
use crate::sandbox::SandboxError;
use crate::signing_keys::KeyProblem;
use crate::subscribing::SubscribingError;
use crate::target::TargetError;
use crate::tpp::TppError;
use crate::tpp_files::TppFilesError;
use service_kit::config::ConfigError;
use service_kit::outbound::PeerError;
use service_kit::telemetry::TelemetryError;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Certificates(#[from] TreeError),
    #[error("{0}")]
    Configuration(#[from] ConfigError),
    #[error(transparent)]
    Database(#[from] DatabaseProblem),
    #[error(transparent)]
    File(#[from] FileError),
    /// A signal came before the end.
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Keys(#[from] KeyProblem),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The running process is not ready.
    #[error("{0}")]
    NotReady(String),
    /// No certificate of that alias is trusted.
    #[error("no certificate is trusted under the name {0}")]
    NotTrusted(String),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
    /// A role did not answer the operator as it should.
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Stop(#[from] StopError),
    /// The demo's curl commands lack something that the story should have brought.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A step of the demo failed; it has been printed.
    #[error("the story did not come to its end")]
    Story,
    #[error(transparent)]
    Subscribing(#[from] SubscribingError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Tpp(#[from] TppError),
    #[error(transparent)]
    TppFiles(#[from] TppFilesError),
    /// The arguments contradict each other or are not what they should be.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// 2 for what the caller must change (arguments, configuration), as clap does; else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
