//! Configuration: compiled-in defaults, file, environment, flags; unknown keys are errors.
//!
//! A section is a struct with `Serialize`, `Deserialize`, `JsonSchema`, `Default` and
//! `#[serde(default)]`; the first paragraph of a field's documentation is its help. Durations are
//! integers whose key says the unit (`timeout_seconds`); secrets are [`Secret`]s.

mod check;
mod environment;
mod reference;
mod schema;
mod secret;

pub use secret::Secret;

use self::{
    check::{Checked, Place},
    schema::SchemaDocument,
};
use ::config::{Config, File, FileFormat};
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

/// What is wrong, one line a problem, each with file, line and key where they are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct ConfigError {
    problems: Vec<String>,
}

/// Loads `T`: its `Default` is the bottom layer, its JSON schema says which keys exist.
pub fn load<T>(sources: &Sources<'_>) -> Result<T, ConfigError>
where
    T: DeserializeOwned + Serialize + JsonSchema + Default,
{
    let schema = SchemaDocument::of::<T>();
    let mut problems = Vec::new();
    let file = sources.file.map(|path| {
        let checked = check_file(&schema, path);
        problems.extend(checked.problems.iter().cloned());
        checked
    });
    let (variables, in_variables) = environment::variables(&schema, &sources.environment);
    let (overrides, in_overrides) = environment::overrides(&schema, &sources.overrides);
    problems.extend(in_variables.into_iter().chain(in_overrides));
    if !problems.is_empty() {
        return Err(ConfigError { problems });
    }
    let layers = [file.as_ref().map_or("", |file| &file.text), &variables, &overrides];
    merge(&layers).map_err(|error| located(&error, file.as_ref()))
}

/// Checks `file` alone: every problem that [`load`] would find in it.
pub fn check<T>(file: &Path) -> Result<(), ConfigError>
where
    T: DeserializeOwned + Serialize + JsonSchema + Default,
{
    load::<T>(&Sources { file: Some(file), ..Sources::default() }).map(|_| ())
}

/// Every key with its default and the first paragraph of its documentation, as a TOML file that can
/// be loaded; keys without a default and secrets are commented out.
#[must_use]
pub fn reference<T>() -> String
where
    T: Serialize + JsonSchema + Default,
{
    reference::render(&SchemaDocument::of::<T>(), &defaults::<T>())
}

impl ConfigError {
    /// A problem that only the caller can see, such as two keys that contradict each other.
    #[must_use]
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }

    /// The problems, never empty.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

fn check_file(schema: &SchemaDocument, path: &Path) -> Checked {
    match std::fs::read_to_string(path) {
        Ok(text) => check::check(schema, Place::File(path.to_owned()), text),
        Err(error) => Checked::unreadable(format!("{}: {error}", path.display())),
    }
}

fn merge<T>(layers: &[&str]) -> Result<T, ::config::ConfigError>
where
    T: DeserializeOwned + Serialize + Default,
{
    let defaults = toml::to_string(&defaults::<T>())
        .map_err(|error| ::config::ConfigError::Message(error.to_string()))?;
    let mut builder = Config::builder().add_source(File::from_str(&defaults, FileFormat::Toml));
    for layer in layers {
        builder = builder.add_source(File::from_str(layer, FileFormat::Toml));
    }
    builder.build()?.try_deserialize()
}

/// The defaults as TOML, which has no null: absent optional keys are left out.
fn defaults<T: Serialize + Default>() -> toml::Table {
    toml::Table::try_from(T::default()).unwrap_or_default()
}

/// An error of a value that has the right TOML type, found where the value is turned into its own.
fn located(error: &::config::ConfigError, file: Option<&Checked>) -> ConfigError {
    let (key, reason) = schema::key_and_reason(error);
    let line = key.as_deref().and_then(|key| file.and_then(|file| file.place_of(key)));
    let prefix = [line, key].into_iter().flatten().collect::<Vec<_>>();
    ConfigError::new(if prefix.is_empty() {
        reason
    } else {
        format!("{}: {reason}", prefix.join(": "))
    })
}

#[cfg(test)]
mod tests;
