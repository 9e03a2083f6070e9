//! What every command is given: where, when, and chance.

use crate::data_directory::DataDirectory;
use jiff::Timestamp;
use service_kit::{Random, SharedClock, SharedRandom, SystemClock, SystemRandom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DEFAULT_DATA_DIRECTORY: &str = "lombard-data";

/// The surroundings of a command.
#[derive(Debug)]
pub struct Context {
    chosen_directory: Option<PathBuf>,
    /// The clock.
    pub clock: SharedClock,
    /// The source of randomness.
    pub random: SharedRandom,
}

impl Context {
    /// The machine's clock and randomness; the data directory is `directory` or the default one.
    pub fn new(directory: Option<PathBuf>) -> Self {
        let clock = Arc::new(SystemClock);
        Self { chosen_directory: directory, clock, random: Arc::new(SystemRandom) }
    }

    /// The data directory.
    pub fn data_directory(&self) -> DataDirectory {
        let chosen = self.chosen_directory.as_deref();
        DataDirectory::new(chosen.unwrap_or(Path::new(DEFAULT_DATA_DIRECTORY)))
    }

    /// The data directory, if the caller named one.
    pub fn chosen_data_directory(&self) -> Option<DataDirectory> {
        self.chosen_directory.as_deref().map(DataDirectory::new)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of randomness.
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }
}
