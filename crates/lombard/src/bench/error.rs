//! Why a benchmark brought no figures.

use crate::certificate_tree::TreeError;
use crate::files::FileError;
use certificates::IssueError;
use jose::KeyError;
use service_kit::outbound::PeerError;
use std::io;
use tokio::task::JoinError;

/// Why a benchmark brought no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A client's certificate cannot be issued.
    #[error("cannot issue a client's certificate: {0}")]
    Certificate(#[from] IssueError),
    /// The authority of client certificates cannot be read.
    #[error(transparent)]
    Authority(#[from] TreeError),
    /// CPU time cannot be read.
    #[error("cannot read CPU times, which takes Linux with /proc: {0}")]
    Clock(io::Error),
    /// A file of the server cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A client's key is of no use.
    #[error("a client's key: {0}")]
    Key(#[from] KeyError),
    /// This process may not have as many connections as the measurement takes.
    #[error("too few files may be open: {0} are needed; raise the limit with `ulimit -n`")]
    FileLimit(usize),
    /// Polls that should wait do not, or their events do not come.
    #[error("the polls do not wait, or their events do not come")]
    NotWaiting,
    /// The server process cannot be started, called or watched.
    #[error("the server under test: {0}")]
    Server(#[from] io::Error),
    /// The server process ended.
    #[error("the server under test ended with {status}:\n{log}")]
    ServerEnded {
        /// Its exit code.
        status: String,
        /// What it logged.
        log: String,
    },
    /// The operator's calls failed.
    #[error("the operator's call: {0}")]
    Peer(#[from] PeerError),
    /// A part of the load broke off.
    #[error("the load broke off: {0}")]
    Interrupted(#[from] JoinError),
    /// An answer that makes the measurement worthless.
    #[error("expected {expected}, the server answered {status}: {body}")]
    Unexpected {
        /// What all answers must be.
        expected: u16,
        /// What this one was.
        status: u16,
        /// Its body.
        body: String,
    },
}
