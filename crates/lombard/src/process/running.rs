//! A process that serves: when it is ready, how it stops.

use super::binding::Bound;
use super::{ProcessOptions, StartError};
use crate::data_directory::DataDirectory;
use crate::files::FileError;
use crate::ready_file::{ReadyFile, ReadyUrls};
use actix_web::web;
use service_kit::health::{Gate, Readiness};
use service_kit::operations::{self, OperationsOptions};
use service_kit::shutdown::{Shutdown, StopSignal};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// What the hard deadline adds to the listeners' own grace.
const BEYOND_GRACE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

type Served = (&'static str, io::Result<()>);

/// A process that serves.
#[derive(Debug)]
pub struct Process {
    directory: DataDirectory,
    addresses: Vec<(&'static str, SocketAddr)>,
    urls: ReadyUrls,
    readiness: Readiness,
    serving: Gate,
    ready_file: Option<ReadyFile>,
    public: Listening,
    internal: Listening,
    operations: Shutdown,
    grace: Duration,
}

/// Listeners that stop together.
#[derive(Debug, Default)]
struct Listening {
    shutdown: Shutdown,
    tasks: JoinSet<Served>,
}

/// Why a process ended otherwise than it should.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// Calls under way were cut off.
    #[error("stopping took longer than {0:?}; calls under way were cut off")]
    Deadline(Duration),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A listener failed.
    #[error("the listener {0} has failed: {1}")]
    Listener(&'static str, io::Error),
}

impl Process {
    /// A process that serves nothing yet but its operations listener.
    pub(super) fn new(options: &ProcessOptions, readiness: Readiness) -> Result<Self, StartError> {
        let configuration = &options.configuration;
        let bind = configuration.operations.bind;
        let operations = Shutdown::new();
        let allow_non_loopback = configuration.allow_non_loopback;
        let address = operations::serve(
            OperationsOptions { bind, allow_non_loopback },
            readiness.clone(),
            options.metrics.clone(),
            operations.signal(),
        )
        .map_err(|error| StartError::Operations(bind, error))?;
        let url = format!("http://{address}");
        Ok(Self {
            directory: options.directory.clone(),
            addresses: vec![("operations", address)],
            urls: ReadyUrls { operations: Some(url), ..ReadyUrls::default() },
            serving: readiness.gate("serving"),
            readiness,
            ready_file: None,
            public: Listening::default(),
            internal: Listening::default(),
            operations,
            grace: Duration::from_secs(configuration.limits.shutdown_grace_seconds),
        })
    }

    /// Serves `routes` to the public.
    pub(super) fn serve_public<F>(&mut self, bound: Option<Bound>, routes: F)
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        if let Some(bound) = bound {
            self.announce(&bound);
            self.public.serve(bound, routes);
        }
    }

    /// Serves `routes` to other roles.
    pub(super) fn serve_internal<F>(&mut self, bound: Option<Bound>, routes: F)
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        if let Some(bound) = bound {
            self.announce(&bound);
            self.internal.serve(bound, routes);
        }
    }

    /// Runs a role's background work until stopping begins.
    pub(super) fn spawn<W, F>(&mut self, work: W)
    where
        W: FnOnce(StopSignal) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        // Stopping begins with the public listeners: calls that wait in a role are answered then.
        tokio::spawn(work(self.public.shutdown.signal()));
    }

    /// Waits until every gate is open, then writes `run/ready.json`.
    pub async fn ready(&mut self) -> Result<(), StopError> {
        // This process's own condition: it is not stopping. The roles' conditions are theirs.
        self.serving.open();
        while !self.readiness.closed().is_empty() {
            self.check_listeners()?;
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        self.ready_file = Some(ReadyFile::publish(&self.directory, &self.urls)?);
        for (listener, address) in &self.addresses {
            tracing::info!(listener, %address, "ready");
        }
        Ok(())
    }

    /// Becomes ready, then serves until a listener fails.
    pub async fn serve_until_failure(&mut self) -> StopError {
        match self.ready().await {
            Ok(()) => self.failed().await,
            Err(error) => error,
        }
    }

    /// Waits until a listener fails; for ever where none does.
    async fn failed(&mut self) -> StopError {
        tokio::select! {
            Some(ended) = self.public.tasks.join_next() => failure(ended),
            Some(ended) = self.internal.tasks.join_next() => failure(ended),
            else => std::future::pending().await,
        }
    }

    /// Stops: not ready any more, public listeners drained, then the rest.
    pub async fn stop(mut self) -> Result<(), StopError> {
        self.serving.close("stopping");
        self.ready_file = None;
        let deadline = self.grace + BEYOND_GRACE;
        let drained = async {
            self.public.drain().await?;
            self.internal.drain().await
        };
        let drained = tokio::time::timeout(deadline, drained)
            .await
            .unwrap_or(Err(StopError::Deadline(deadline)));
        self.operations.trigger();
        drained
    }

    fn announce(&mut self, bound: &Bound) {
        self.addresses.push((bound.name, bound.listener.address()));
        let url = Some(bound.url.clone());
        match bound.name {
            "identity" => self.urls.identity = url,
            "directory" => self.urls.directory = url,
            "key_manager_internal" => self.urls.key_manager_internal = url,
            "api" => self.urls.api = url,
            _ => self.urls.events = url,
        }
    }

    fn check_listeners(&mut self) -> Result<(), StopError> {
        let ended = self.public.tasks.try_join_next();
        match ended.or_else(|| self.internal.tasks.try_join_next()) {
            Some(ended) => Err(failure(ended)),
            None => Ok(()),
        }
    }
}

impl Listening {
    fn serve<F>(&mut self, bound: Bound, routes: F)
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let Bound { name, listener, .. } = bound;
        let stop = self.shutdown.signal();
        self.tasks.spawn(async move { (name, listener.serve(routes, stop).await) });
    }

    async fn drain(&mut self) -> Result<(), StopError> {
        self.shutdown.trigger();
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok((name, Err(error))) = ended {
                return Err(StopError::Listener(name, error));
            }
        }
        Ok(())
    }
}

/// A listener's task ends by itself only when something is wrong.
fn failure(ended: Result<Served, JoinError>) -> StopError {
    match ended {
        Ok((name, Err(error))) => StopError::Listener(name, error),
        Ok((name, Ok(()))) => StopError::Listener(name, io::Error::other("it ended")),
        Err(error) => StopError::Listener("?", io::Error::other(error)),
    }
}
