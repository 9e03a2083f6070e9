//! What is wrong with a file, and where.

use std::path::{Path, PathBuf};

/// Why a file of the gateway's directory is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionProblem {
    /// The file.
    pub file: PathBuf,
    /// The line, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl DefinitionProblem {
    pub(crate) fn new(file: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }

    /// A problem at byte `offset` of `text`.
    pub(crate) fn at(file: &Path, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let line = text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        Self::new(file, Some(line), message)
    }

    /// What the TOML parser objects to.
    pub(crate) fn toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        match error.span() {
            Some(span) => Self::at(file, text, span.start, error.message()),
            None => Self::new(file, None, error.message()),
        }
    }
}

impl std::error::Error for DefinitionProblem {}

impl std::fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}
