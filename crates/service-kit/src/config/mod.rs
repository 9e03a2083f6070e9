//! Configuration: compiled-in defaults, file, environment, flags; unknown keys are errors.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// Where values come from, weakest first.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// `lombard.toml`, where there is one.
    pub file: Option<&'a Path>,
    /// Environment variables, all of them; those of `LOMBARD__SECTION__KEY` form count.
    pub environment: Vec<(String, String)>,
    /// Flags: dotted key and TOML value.
    pub overrides: Vec<(String, String)>,
}

/// What is wrong, with file, line and key where they are known.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Loads `T`: its `Default` is the bottom layer, its JSON schema says which keys exist.
pub fn load<T>(sources: &Sources<'_>) -> Result<T, ConfigError>
where
    T: DeserializeOwned + Serialize + JsonSchema + Default,
{
    let _ = sources;
    todo!()
}

/// Every key with its default and the first line of its documentation, as a TOML file.
#[must_use]
pub fn reference<T>() -> String
where
    T: Serialize + JsonSchema + Default,
{
    todo!()
}
