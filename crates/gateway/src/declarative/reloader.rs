//! Keeps the snapshot in step with the directory.

use super::definition::{ApiDefinition, ApiFiles};
use super::directory::{ApiSource, Content, Listing, apis_directory, subscriptions_file};
use super::problem::DefinitionProblem;
use super::subscriptions::Subscriptions;
use crate::config::Config;
use crate::snapshot::{Routes, RoutesBuilder, Snapshot};
use arc_swap::ArcSwap;
use service_kit::health::Gate;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// What came of the latest look at the directory that found a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionsStatus {
    /// Looks that found a change, the first one included.
    pub revision: u64,
    /// Files that are not in force as they stand.
    pub problems: Vec<DefinitionProblem>,
}

/// Reads the directory, remembers the last good state of each file, publishes snapshots.
#[derive(Debug)]
pub(crate) struct Reloader {
    directory: PathBuf,
    peers: BTreeMap<String, String>,
    apis: BTreeMap<String, KnownApi>,
    listing_problem: Option<DefinitionProblem>,
    routes: Arc<Routes>,
    subscriptions: KnownSubscriptions,
    snapshot: Arc<ArcSwap<Snapshot>>,
    status: watch::Sender<DefinitionsStatus>,
    gate: Gate,
    was_complete: bool,
}

/// One API directory.
#[derive(Debug, Default)]
struct KnownApi {
    digest: u64,
    /// What calls are judged by.
    served: Option<Arc<ApiDefinition>>,
    /// What the files say now, where it is usable and not served yet.
    candidate: Option<Arc<ApiDefinition>>,
    problem: Option<DefinitionProblem>,
}

#[derive(Debug, Default)]
struct KnownSubscriptions {
    content: Option<Content>,
    good: Arc<Subscriptions>,
    problem: Option<DefinitionProblem>,
}

impl Reloader {
    /// A reloader that has not looked yet; `gate` opens when every definition was in force once.
    pub(crate) fn new(config: &Config, snapshot: Arc<ArcSwap<Snapshot>>, gate: Gate) -> Self {
        Self {
            directory: config.directory.clone(),
            peers: config.peers.clone(),
            apis: BTreeMap::new(),
            listing_problem: None,
            routes: Arc::default(),
            subscriptions: KnownSubscriptions::default(),
            snapshot,
            status: watch::Sender::default(),
            gate,
            was_complete: false,
        }
    }

    /// Follows what comes of each look.
    pub(crate) fn status(&self) -> watch::Receiver<DefinitionsStatus> {
        self.status.subscribe()
    }

    /// Looks at the directory and takes in what changed.
    pub(crate) fn look(&mut self) {
        let listing = Listing::read(&self.directory);
        let apis_changed = self.take_apis(listing.apis);
        let subscriptions_changed = self.take_subscriptions(listing.subscriptions);
        let is_first = self.status.borrow().revision == 0;
        if apis_changed {
            self.compile_routes();
        }
        if apis_changed || subscriptions_changed || is_first {
            self.publish();
        }
    }

    /// Notes what the API directories hold now; whether that differs from before.
    fn take_apis(&mut self, listed: Result<BTreeMap<String, ApiSource>, String>) -> bool {
        let sources = match listed {
            Ok(sources) => sources,
            Err(message) => {
                let problem =
                    DefinitionProblem::new(&apis_directory(&self.directory), None, message);
                return self.listing_problem.replace(problem.clone()) != Some(problem);
            }
        };
        let recovered = self.listing_problem.take().is_some();
        let known = self.apis.len();
        self.apis.retain(|name, _| sources.contains_key(name));
        let mut changed = recovered || self.apis.len() < known;
        for (name, source) in sources {
            changed |= self.apis.entry(name).or_default().take(&source, &self.peers);
        }
        changed
    }

    fn take_subscriptions(&mut self, content: Option<Content>) -> bool {
        if content == self.subscriptions.content {
            return false;
        }
        let file = subscriptions_file(&self.directory);
        let read = match &content {
            None => Err(DefinitionProblem::new(&file, None, "is no longer there")),
            Some(Err(message)) => Err(DefinitionProblem::new(&file, None, message.clone())),
            Some(Ok(text)) => Subscriptions::read(&file, text),
        };
        self.subscriptions.content = content;
        self.subscriptions.problem = match read {
            Ok(subscriptions) => {
                self.subscriptions.good = Arc::new(subscriptions);
                None
            }
            Err(problem) => Some(problem),
        };
        true
    }

    /// Routes of what is served already, then of what is new; a newcomer that clashes is refused,
    /// and what it would have replaced stays.
    fn compile_routes(&mut self) {
        let mut builder = RoutesBuilder::default();
        for api in self.apis.values().filter(|api| api.candidate.is_none()) {
            if let Some(served) = &api.served {
                // It was accepted with all others that are served.
                let _ = builder.add(served);
            }
        }
        for api in self.apis.values_mut() {
            api.settle(&mut builder);
        }
        self.routes = Arc::new(builder.finish());
    }

    fn publish(&mut self) {
        self.snapshot.store(Arc::new(Snapshot {
            routes: Arc::clone(&self.routes),
            subscriptions: Arc::clone(&self.subscriptions.good),
        }));
        let problems = self.problems();
        for problem in &problems {
            tracing::error!(
                file = %problem.file.display(),
                line = problem.line,
                reason = %problem.message,
                "definition refused, the last good state stays"
            );
        }
        self.judge_readiness(&problems);
        self.status.send_modify(|status| {
            status.revision += 1;
            status.problems = problems;
            tracing::info!(
                revision = status.revision,
                apis = self.apis.len(),
                "definitions taken in"
            );
        });
    }

    /// A later problem does not close the gate: what is in force still is.
    fn judge_readiness(&mut self, problems: &[DefinitionProblem]) {
        match problems.first() {
            None => {
                self.was_complete = true;
                self.gate.open();
            }
            Some(problem) if !self.was_complete => self.gate.close(problem.to_string()),
            Some(_) => {}
        }
    }

    fn problems(&self) -> Vec<DefinitionProblem> {
        let apis = self.apis.values().filter_map(|api| api.problem.clone());
        let others = [&self.listing_problem, &self.subscriptions.problem];
        apis.chain(others.into_iter().flatten().cloned()).collect()
    }
}

impl KnownApi {
    /// Notes what the two files say now; whether that differs from before.
    fn take(&mut self, source: &ApiSource, peers: &BTreeMap<String, String>) -> bool {
        let digest = digest(source);
        if digest == self.digest {
            return false;
        }
        self.digest = digest;
        match read(source, peers) {
            Ok(definition) => {
                self.candidate = Some(Arc::new(definition));
                self.problem = None;
            }
            Err(problem) => {
                self.candidate = None;
                self.problem = Some(problem);
            }
        }
        true
    }

    /// Adds the candidate, or what is served where the candidate clashes. The candidate of a clash
    /// is kept: it is tried again when another file changes.
    fn settle(&mut self, builder: &mut RoutesBuilder) {
        let Some(candidate) = &self.candidate else { return };
        match builder.add(candidate) {
            Ok(()) => {
                self.served = self.candidate.take();
                self.problem = None;
            }
            Err(problem) => {
                self.problem = Some(problem);
                let still_fits = |served: &Arc<ApiDefinition>| builder.add(served).is_ok();
                self.served = self.served.take().filter(still_fits);
            }
        }
    }
}

fn read(
    source: &ApiSource,
    peers: &BTreeMap<String, String>,
) -> Result<ApiDefinition, DefinitionProblem> {
    let text = |file, content: &'_ Content| match content {
        Ok(text) => Ok(text.clone()),
        Err(message) => Err(DefinitionProblem::new(file, None, message.clone())),
    };
    let files = ApiFiles {
        toml_file: &source.toml_file,
        toml: &text(&source.toml_file, &source.toml)?,
        openapi_file: &source.openapi_file,
        openapi: &text(&source.openapi_file, &source.openapi)?,
    };
    ApiDefinition::read(&files, peers)
}

fn digest(source: &ApiSource) -> u64 {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    // Zero is what an API that was never read has.
    hasher.finish().max(1)
}
